"""What becomes of a call that was broken off: the table of `protocol.recovery`, put into practice."""

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from ..error import ErrorKind, McpError
from ..protocol.limits import CONNECT_PAUSE, MAX_PAGES
from ..protocol.methods import INITIALIZE, INITIALIZED_NOTIFICATION, LIST_TOOLS
from ..protocol.recovery import Action, Failed
from .attempt import Sending, attempt
from .broken import Broken, fitting, outcome_unknown
from .deadline import Deadline
from .legacy import Opened
from .news import hear_news

if TYPE_CHECKING:
    from .link import HttpLink

log = logging.getLogger("isogloss")


class _Meta(msgspec.Struct):
    meta: Raw = msgspec.field(default=Raw(b"{}"), name="_meta")


class _Page(msgspec.Struct, rename="camel"):
    next_cursor: str | None = None


async def recovering(link: "HttpLink", sending: Sending, deadline: Deadline) -> Raw:
    """Sends a request until it is answered, or nothing more is to be done about it."""
    happened: dict[Failed, int] = {}
    while True:
        session = link.session
        try:
            if session is not None and session.is_lost:
                raise session.known_to_be_lost()
            return await attempt(link, sending, deadline)
        except Broken as caught:
            broken = caught
        times = happened.get(broken.failed, 0)
        happened[broken.failed] = times + 1
        await _recover(link, sending, broken, times, session, deadline)


async def _recover(
    link: "HttpLink",
    sending: Sending,
    broken: Broken,
    times: int,
    session: Opened | None,
    deadline: Deadline,
) -> None:
    """Does what has to be done before the request is sent again. Raises how the call ends if it is not to be."""
    row = fitting(broken.failed, broken.sent, sending.repeatable)
    ending = broken.error
    if row is not None and row.outcome_unknown:
        ending = outcome_unknown(sending.method.name, broken.error)
    if row is None or times >= row.at_most:
        raise ending
    match row.action:
        case Action.SEND_AGAIN:
            if broken.failed is Failed.UNREACHABLE:
                # A server that is being started is there soon.
                await asyncio.sleep(CONNECT_PAUSE * 2**times)
        case Action.OPEN_SESSION | Action.ONLY_OPEN_SESSION:
            if session is not None:
                session.is_lost = True
                await _reopen(link, session, deadline)
            if row.action is Action.ONLY_OPEN_SESSION:
                raise ending
        case Action.LIST_TOOLS:
            await _list_tools(link, sending, deadline)
        case _:
            # A stream is resumed where it is read, and a call is cancelled where it is over.
            raise ending


async def _reopen(link: "HttpLink", lost: Opened, deadline: Deadline) -> None:
    """Opens a session in the place of one that is lost, unless another call has done it."""
    async with link.reopening:
        if link.session is not lost:
            return
        log.info("the server has forgotten the session: a new one is opened")
        await attempt(link, Sending(INITIALIZE, lost.params, True), deadline)
        opened = link.session
        if opened is lost or opened is None or opened.revision != lost.revision:
            raise McpError(
                ErrorKind.NEGOTIATION,
                "the server has forgotten the session, and opens none in the same revision: connect again",
            )
        await link.post(INITIALIZED_NOTIFICATION, b"{}")
        await hear_news(link, opened)
        link.anew()


async def _list_tools(link: "HttpLink", about: Sending, deadline: Deadline) -> None:
    """Lists the tools, to learn which of their arguments headers repeat."""
    meta = msgspec.json.decode(about.params or b"{}", type=_Meta).meta
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        params: dict[str, object] = {"_meta": meta}
        if cursor is not None:
            params["cursor"] = cursor
        text = msgspec.json.encode(params)
        page = await attempt(link, Sending(LIST_TOOLS, text, True), deadline)
        try:
            following = msgspec.json.decode(page, type=_Page).next_cursor
        except msgspec.DecodeError:
            return
        # One that gives out the same cursor again is asked no more.
        if following is None or following == cursor:
            return
        cursor = following
