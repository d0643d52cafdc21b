"""What the server is told of an offer and the client is not: tags, the scopes that it takes, whether it is on."""

from collections.abc import Iterable


class About:
    """What is known of an offer besides its definition."""

    __slots__ = ("_enabled", "guarded", "scopes", "tags")

    def __init__(
        self, tags: Iterable[str] = (), scopes: Iterable[str] = (), enabled: bool = True
    ) -> None:
        self.tags = frozenset(tags)
        """What a policy goes by."""
        self.scopes = tuple(scopes)
        """What credentials have to be good for."""
        self._enabled = enabled
        self.guarded = not enabled or bool(self.scopes)
        """Whether there is anything to look at before it is used."""

    @property
    def enabled(self) -> bool:
        """Whether it is listed and used."""
        return self._enabled

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._enabled = on
        self.guarded = not on or bool(self.scopes)

    def copy(self) -> "About":
        """The same for another server, which has a switch of its own."""
        return About(self.tags, self.scopes, self._enabled)
