"""Where the states of tasks are kept: in memory, or where a program says, so that processes answer for one another."""

from typing import Protocol

from msgspec import Struct


class StoredTask(Struct, frozen=True, kw_only=True):
    """The state of a task, as it is kept."""

    id: str
    """Whoever knows it may ask about a task that belongs to nobody, so it is a secret."""

    owner: str
    """Whom the task belongs to, as far as credentials said so; empty for nobody."""

    tool: str
    """The tool that was called."""

    expires_at: float
    """When the task is to be forgotten, in seconds since 1970."""

    state: str
    """The state as `tasks/get` tells it, as JSON: its status, its questions, its result or its error."""


class TaskStore(Protocol):
    """Where the states of tasks are kept. An answer is waited for as long as for a request (`request_timeout`).

    A handler runs where it was called, whatever the store: another process can tell how a task is, but cannot
    answer its questions. Requests about a task carry its id in the header `Mcp-Name`, so that a gateway sends
    them where the task runs.
    """

    async def put(self, task: StoredTask, /) -> None:
        """Keeps the state of a task in the place of what was known of it.

        When it is done, `get` has to find it: a client is told of a task only then.
        """
        ...

    async def get(self, id: str, /) -> StoredTask | None:
        """The state of a task; None if it is not known, or was to be forgotten."""
        ...

    async def remove(self, id: str, /) -> None:
        """Forgets a task: it is too old.

        Not called for tasks of a process that ended before, so a store looks at `expires_at` itself.
        """
        ...


class InMemory:
    """The store of a server that is told no other. How much it keeps is bounded where tasks begin and end."""

    def __init__(self) -> None:
        self._kept: dict[str, StoredTask] = {}

    async def put(self, task: StoredTask) -> None:
        """Keeps the state of a task."""
        self._kept[task.id] = task

    async def get(self, id: str) -> StoredTask | None:
        """The state of a task."""
        return self._kept.get(id)

    async def remove(self, id: str) -> None:
        """Forgets a task."""
        self._kept.pop(id, None)
