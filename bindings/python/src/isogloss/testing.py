"""Fixtures of pytest for tests of servers: `pytest_plugins = ["isogloss.testing"]` in a conftest.py.

A client meets a server within the same process: every message goes through the whole of both sides, without
processes, ports and waiting. What runs `async` tests is left to the plugin that does (pytest-asyncio, anyio).
"""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import pytest

from .client import Client, EraMode, InMemory, connect
from .error import ErrorCode, protocol_error
from .protocol.types.elicitation import (
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
)

__all__ = ["ConnectTo", "User", "mcp_client", "mcp_era", "mcp_user"]

ConnectTo: TypeAlias = Callable[..., AbstractAsyncContextManager[Client]]
"""What `mcp_client` is: `connect` to a server of this process, with the test's era and user."""


class User:
    """A user who answers the questions of a server in the order in which a test says how."""

    def __init__(self) -> None:
        self.asked: list[ElicitRequestFormParams | ElicitRequestURLParams] = []
        """The questions so far, as they came."""
        self._answers: deque[ElicitResult] = deque()

    def fills_in(self, **fields: Any) -> None:
        """The next question is a form, which is filled in so."""
        self._answers.append(ElicitResult(action="accept", content=fields))

    def opens(self) -> None:
        """The next question is a page, which is opened."""
        self._answers.append(ElicitResult(action="accept"))

    def declines(self) -> None:
        """The next question is answered with no."""
        self._answers.append(ElicitResult(action="decline"))

    def cancels(self) -> None:
        """The user goes away from the next question."""
        self._answers.append(ElicitResult(action="cancel"))

    def answer(self, question: ElicitRequestFormParams | ElicitRequestURLParams) -> ElicitResult:
        """Answers a client's `on_elicit` and `on_elicit_url`.

        Raises McpError, which the server hears, if the test has not said how.
        """
        self.asked.append(question)
        if not self._answers:
            what = f"the test's user does not know what to answer to {question.message!r}"
            raise protocol_error(ErrorCode.INVALID_REQUEST, what)
        return self._answers.popleft()


@pytest.fixture
def mcp_user() -> User:
    """The user of the test's clients: `mcp_user.fills_in(name="Zoë")`."""
    return User()


@pytest.fixture(params=["modern", "legacy"])
def mcp_era(request: pytest.FixtureRequest) -> EraMode:
    """The era of the test's clients. Each test runs in both; a fixture of this name of your own has one."""
    era: EraMode = request.param
    return era


@pytest.fixture
def mcp_client(mcp_era: EraMode, mcp_user: User) -> ConnectTo:
    """Connects to a server: `async with mcp_client(server) as client`. It takes what `connect` does."""

    def connect_to(server: InMemory, **options: Any) -> AbstractAsyncContextManager[Client]:
        own = {"era": mcp_era, "on_elicit": mcp_user.answer, "on_elicit_url": mcp_user.answer}
        return connect(server, **{**own, **options})

    return connect_to
