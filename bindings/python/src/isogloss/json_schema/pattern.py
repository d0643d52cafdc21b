"""Patterns of JSON Schema: what ECMA-262 and RE2 both have, with the meaning that ECMA-262 gives it, by code points.

Python's `re` goes back without end on some texts. Here all possibilities are walked side by side, so that the time is
the product of the lengths of pattern and text whatever they say; what a character leads to is remembered, so that
mostly it is one look-up a character. `pattern_syntax` reads patterns.
"""

from typing import Final, NamedTuple

from .pattern_syntax import Both, Either, Here, Node, OneOf, Ranges, Repeated, read_pattern

_MOST_STEPS: Final = 10_000
"""The most steps that a pattern may become, repetitions written out."""

_MOST_KEPT: Final = 5_000
"""How many transitions are remembered before all are forgotten."""


class _Fork(NamedTuple):
    first: int
    second: int


class _State:
    """Where a walk may stand between two characters."""

    __slots__ = ("after", "before", "places")

    def __init__(self, places: frozenset[int], before: str) -> None:
        self.places = places
        self.before = before
        """What the character before it is: `start`, `word` or `other`."""
        self.after: dict[str, _State | None] = {}
        """What a character leads to; None: the pattern has matched before it."""


class Pattern:
    """A pattern, ready to be looked for in texts."""

    def __init__(self, source: str) -> None:
        """Raises ValueError if it is none, or not one that everybody reads alike."""
        self.source = source
        self._steps: list[OneOf | Here | _Fork | None] = []
        try:
            self._write(read_pattern(source))
            self._add(None)
        except ValueError as error:
            raise ValueError(f'the pattern "{source}": {error}') from None
        self._forget()

    def matches(self, text: str) -> bool:
        """Whether any part of a text is as the pattern says."""
        state = self._start
        for character in text:
            try:
                following = state.after[character]
            except KeyError:
                following = self._follow(state, character)
            if following is None:
                return True
            state = following
        return self._waiting(state, None) is None

    def _forget(self) -> None:
        self._states: dict[tuple[frozenset[int], str], _State] = {}
        self._kept = 0
        self._start = _State(frozenset({0}), "start")

    def _follow(self, state: _State, character: str) -> _State | None:
        """What a character leads to."""
        waiting = self._waiting(state, character)
        self._kept += 1
        if waiting is None:
            state.after[character] = None
            return None
        code = ord(character)
        places = {place + 1 for place, ranges in waiting if _is_in(ranges, code)}
        key = frozenset({0, *places}), "word" if _is_word(character) else "other"
        if self._kept > _MOST_KEPT:
            self._forget()
            return self._states.setdefault(key, _State(*key))
        following = self._states.get(key) or self._states.setdefault(key, _State(*key))
        state.after[character] = following
        return following

    def _waiting(self, state: _State, character: str | None) -> list[tuple[int, Ranges]] | None:
        """The steps that wait for the next character, None for the end; None if the pattern has matched."""
        rest = list(state.places)
        reached = set(rest)
        waiting = []
        while rest:
            place = rest.pop()
            step = self._steps[place]
            if step is None:
                return None
            if isinstance(step, OneOf):
                waiting.append((place, step.ranges))
                continue
            for following in self._beyond(place, step, state, character):
                if following not in reached:
                    reached.add(following)
                    rest.append(following)
        return waiting

    @staticmethod
    def _beyond(
        place: int, step: Here | _Fork, state: _State, character: str | None
    ) -> tuple[int, ...]:
        """The places that a step leads to without reading on."""
        if isinstance(step, _Fork):
            return step
        return (place + 1,) if _is_here(step.what, state.before, character) else ()

    # ---- from syntax to steps ----

    def _add(self, step: OneOf | Here | _Fork | None) -> int:
        if len(self._steps) >= _MOST_STEPS:
            raise ValueError(f"with its repetitions it is longer than {_MOST_STEPS} steps")
        self._steps.append(step)
        return len(self._steps) - 1

    def _write(self, node: Node) -> None:
        match node:
            case Both():
                for part in node.parts:
                    self._write(part)
            case Either():
                self._write_either(node.parts)
            case Repeated():
                self._write_repeated(node)
            case _:
                self._add(node)

    def _write_either(self, parts: list[Node]) -> None:
        ends = []
        for part in parts[:-1]:
            fork = self._add(_Fork(0, 0))
            self._write(part)
            ends.append(self._add(_Fork(0, 0)))
            self._steps[fork] = _Fork(fork + 1, len(self._steps))
        self._write(parts[-1])
        for end in ends:
            self._steps[end] = _Fork(len(self._steps), len(self._steps))

    def _write_repeated(self, node: Repeated) -> None:
        for _ in range(node.least):
            self._write(node.part)
        forks = []
        for _ in range(1 if node.most is None else node.most - node.least):
            forks.append(self._add(_Fork(0, 0)))
            self._write(node.part)
        if node.most is None:
            self._add(_Fork(forks[0], forks[0]))
        for fork in forks:
            self._steps[fork] = _Fork(fork + 1, len(self._steps))


def _is_in(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _is_word(character: str | None) -> bool:
    return character is not None and (
        character == "_" or (character.isascii() and character.isalnum())
    )


def _is_here(what: str, before: str, character: str | None) -> bool:
    if what == "^":
        return before == "start"
    if what == "$":
        return character is None
    is_boundary = (before == "word") != _is_word(character)
    return is_boundary == (what == "b")
