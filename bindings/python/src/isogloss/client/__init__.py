"""A client: connects to a server as a process or in memory, finds what it speaks, and makes typed calls."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol, runtime_checkable

from ..protocol.handlers import ClientHandler
from ..protocol.limits import PROBE_TIMEOUT, REQUEST_TIMEOUT
from ..protocol.revisions import Era
from ..protocol.types.lifecycle import ClientCapabilities, Implementation
from ..revision import NEWEST_LEGACY, known
from ..transport import Transport
from .answers import Answers, OnElicit, OnElicitUrl, OnRoots, OnSample
from .connected import Client
from .link import Link, OverTransport, Remote
from .negotiation import EraMode, negotiate
from .rounds import InputRequired
from .session import ClientSession, Identity, OnProgress

__all__ = ["Client", "EraMode", "InMemory", "InputRequired", "OnProgress", "connect"]

_OWN: Final = Implementation(name="isogloss", version="0.1.0")


@runtime_checkable
class InMemory(Protocol):
    """A server of this process."""

    def in_memory(self) -> Transport:
        """The client's end of a new connection to it."""
        ...


@asynccontextmanager
async def connect(
    target: InMemory | Transport | Remote | str | None = None,
    /,
    *,
    command: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    era: EraMode = "auto",
    revision: str | None = None,
    info: Implementation = _OWN,
    capabilities: ClientCapabilities | None = None,
    on_elicit: OnElicit | None = None,
    on_elicit_url: OnElicitUrl | None = None,
    on_sample: OnSample | None = None,
    on_roots: OnRoots | None = None,
    fill_defaults: bool = False,
    handler: ClientHandler[Client] | None = None,
    timeout: float = REQUEST_TIMEOUT,
    probe_timeout: float = PROBE_TIMEOUT,
) -> AsyncIterator[Client]:
    """Connects to a server: an address, one of this process, a command to start, or whatever a transport leads to.

    An address is `https://example.com/mcp`, or `http(…)` with what its requests carry.

    `env` is added to the environment of a command. `era` forces an era; by default the client asks, and
    takes a server that does not answer within `probe_timeout` seconds for a legacy one. `revision` is
    what a legacy server is offered. A call takes `timeout` seconds at most.

    What the server asks is answered by functions, in whichever era it comes: `on_elicit` puts a form to the
    user, `on_elicit_url` leads the user to an address, `on_sample` has the client's model answer, `on_roots`
    tells what the server may work in. The client declares what there is a function for; `fill_defaults`
    gives a form the defaults of the fields that the user has left out. `handler` answers what there is
    no function for, and hears what a server tells; then `capabilities` say what it can do.

    Raises McpError if the server does not start or nothing is spoken by both.
    """
    offered = NEWEST_LEGACY if revision is None else known(revision)
    if offered is None or offered.era is not Era.LEGACY:
        raise ValueError(f"{revision} is no legacy revision")
    answers = Answers(handler, on_elicit, on_elicit_url, on_sample, on_roots, fill_defaults)
    session = ClientSession(Identity(info, answers.declared(capabilities)), answers, timeout)
    session.link = _link(_target(target, command, env, cwd), session)
    client = Client(session)
    try:
        client.greeted(await negotiate(session, era, offered, probe_timeout))
        yield client
    finally:
        await client.close()


def _link(target: Transport | Remote, session: ClientSession) -> Link:
    if isinstance(target, Transport):
        return OverTransport(target, session)
    return target.dial(session, session.timeout, session.anew)


def _target(
    target: InMemory | Transport | Remote | str | None,
    command: Sequence[str] | None,
    env: Mapping[str, str] | None,
    cwd: str | os.PathLike[str] | None,
) -> Transport | Remote:
    if (target is None) == (command is None):
        raise TypeError("connect() takes either a server or a command")
    if command is not None:
        from ..child import ChildTransport

        return ChildTransport(command, env, cwd)
    assert target is not None
    if isinstance(target, str):
        from ..http_client import http

        return http(target)
    return target.in_memory() if isinstance(target, InMemory) else target
