"""Tasks: calls of tools that are answered before they are done, and asked about until they are.

Here is what a program says of them. How one runs is in `task`, what its handler sees in `talk`, which calls become
tasks and what clients ask about them in `calls`. The experimental tasks of revision 2025-11-25 are not served.
https://modelcontextprotocol.io/extensions/tasks/overview
"""

from typing import Final

from msgspec import Struct

from ..protocol.limits import MAX_TASK_TTL, TASK_POLL_INTERVAL, TASK_TTL
from .store import StoredTask, TaskStore

__all__ = ["TASKS_EXTENSION", "AsTask", "StoredTask", "TaskStore"]

TASKS_EXTENSION: Final = "io.modelcontextprotocol/tasks"
"""What both sides declare."""


class AsTask(Struct, frozen=True, kw_only=True):
    """How a tool runs as a task, for a client that has declared the extension; others wait for its result.

    A call that is done in the turn of the loop in which it began is answered at once: wrong arguments make no
    task. In a task `Context.ask` waits for its answer where it is, and the handler does not run again; the
    message of `Context.progress` is what the task says of itself. The handler is cancelled with the task, when
    the task's time is over, and with the server.
    """

    required: bool = False
    """Refuses clients without the extension."""

    later: bool = False
    """Has the handler say when it becomes a task, with `Context.begin_task`. Until then it is an ordinary call, and
    asks as one."""

    ttl: float = TASK_TTL
    """Seconds that a task may run, and be asked about, from its creation on; then it is dropped, done or not."""

    poll_interval: float = TASK_POLL_INTERVAL
    """Seconds that a client is asked to leave between two looks at a task."""

    def __post_init__(self) -> None:
        if not 0 < self.ttl <= MAX_TASK_TTL:
            limit = f"{MAX_TASK_TTL:g} s (max_task_ttl)"
            raise ValueError(f"ttl: expected more than 0 and at most {limit}, found {self.ttl:g} s")
        if self.poll_interval <= 0:
            raise ValueError(f"poll_interval: expected more than 0, found {self.poll_interval:g} s")
