"""The sections of a docstring that are about parameters: those of Google, NumPy and Sphinx."""

import re
from collections.abc import Callable
from typing import Final

_GOOGLE: Final = re.compile(r"(?:Args|Arguments|Parameters|Params):\s*")
_NUMPY: Final = re.compile(r"(?:Other )?Parameters\s*")
_UNDERLINE: Final = re.compile(r"-{3,}\s*")
_SPHINX: Final = re.compile(r":(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?(\*{0,2}\w+)\s*:(.*)")
_TYPE: Final = re.compile(r":type\s+\w+\s*:.*")
_ENTRY: Final = re.compile(r"(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:(.*)")
_NAMES: Final = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")


def read(docstring: str) -> tuple[str, dict[str, str]]:
    """Takes a docstring apart: its text without these sections, and what they say of each parameter."""
    lines = docstring.expandtabs().splitlines()
    kept: list[str] = []
    told: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        if _GOOGLE.fullmatch(line):
            end = _end_of_block(lines, at + 1)
            found = _google(lines[at + 1 : end])
        elif _NUMPY.fullmatch(line) and at + 1 < len(lines) and _UNDERLINE.fullmatch(lines[at + 1]):
            end = _end_of_section(lines, at + 2)
            found = _numpy(lines[at + 2 : end])
        elif (match := _SPHINX.fullmatch(line)) is not None:
            end = _end_of_block(lines, at + 1)
            found = {match[1]: _joined([match[2], *lines[at + 1 : end]])}
        elif _TYPE.fullmatch(line):
            at = _end_of_block(lines, at + 1)
            continue
        else:
            found, end = {}, at
        if found:
            told.update((name.lstrip("*"), text) for name, text in found.items())
            at = end
        else:
            kept.append(line)
            at += 1
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return text, {name: text for name, text in told.items() if text}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_of_block(lines: list[str], start: int) -> int:
    """Where lines that are indented end."""
    end = start
    for at in range(start, len(lines)):
        if lines[at].strip():
            if not _indent(lines[at]):
                break
            end = at + 1
    return end


def _end_of_section(lines: list[str], start: int) -> int:
    """Where a section of NumPy ends: at the next underlined title."""
    for at in range(start, len(lines) - 1):
        if lines[at].strip() and _UNDERLINE.fullmatch(lines[at + 1]):
            return at
    return len(lines)


def _google(lines: list[str]) -> dict[str, str]:
    """Entries `name (type): text`, continued by lines that are indented deeper."""
    least = min((_indent(line) for line in lines if line.strip()), default=0)
    return _entries(lines, least, _ENTRY, lambda match: ([match[1]], match[2]))


def _numpy(lines: list[str]) -> dict[str, str]:
    """Entries `name : type`, and below them their texts."""
    return _entries(lines, 0, _NAMES, lambda match: (re.split(r"\s*,\s*", match[1]), ""))


def _entries(
    lines: list[str],
    least: int,
    entry: re.Pattern[str],
    of: Callable[[re.Match[str]], tuple[list[str], str]],
) -> dict[str, str]:
    """The texts of entries that begin at an indentation; nothing if one is none."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines:
        if line.strip() and _indent(line) == least:
            match = entry.fullmatch(line.strip())
            if match is None:
                return {}
            names, first = of(match)
            found.update((name, [first]) for name in names)
        else:
            for name in names:
                found[name].append(line)
    return {name: _joined(text) for name, text in found.items()}


def _joined(lines: list[str]) -> str:
    """Lines as one text."""
    return " ".join(" ".join(lines).split())
