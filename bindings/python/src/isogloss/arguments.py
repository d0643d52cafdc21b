"""What is said when the arguments of a call are wrong: all of it at once, each with its path, for a model to mend."""

from collections.abc import Sequence

from .protocol.limits import MAX_ERROR_TEXT


class WrongArguments(Exception):
    """All that is wrong with the arguments of a call, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(_lines(problems))


def _lines(problems: Sequence[str]) -> str:
    """The problems, as far as an error may say them: a name can be a megabyte long."""
    text = ""
    for told, problem in enumerate(problems):
        if len(text) > MAX_ERROR_TEXT:
            return f"{text}\nand {len(problems) - told} more"
        cut = problem if len(problem) <= MAX_ERROR_TEXT else f"{problem[:MAX_ERROR_TEXT]}…"
        text += f"\n{cut}" if told else cut
    return text
