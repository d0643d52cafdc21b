"""What was found out about tokens, remembered for a while."""

import time
from typing import TypeAlias

from ..claims import Claims

Finding: TypeAlias = Claims | str
"""What a token says, or why it is no good."""


class Remembered:
    """Findings, for so many seconds and so many at most. Tokens are not kept, their SHA-256 is."""

    def __init__(self, lifetime: float, capacity: int) -> None:
        self._lifetime = lifetime
        self._capacity = capacity
        # Those that end first stand in front.
        self._findings: dict[bytes, tuple[Finding, float]] = {}

    def __len__(self) -> int:
        return len(self._findings)

    def get(self, token: bytes) -> Finding | None:
        """What was found out."""
        finding, until = self._findings.get(token, ("", 0.0))
        return finding if until > time.monotonic() else None

    def put(self, token: bytes, finding: Finding) -> None:
        """Remembers a finding; the oldest is forgotten where there is no room."""
        if self._lifetime <= 0:
            return
        now = time.monotonic()
        self._findings.pop(token, None)
        while self._findings:
            oldest = next(iter(self._findings))
            if self._findings[oldest][1] > now and len(self._findings) < self._capacity:
                break
            del self._findings[oldest]
        self._findings[token] = (finding, now + self._lifetime)
