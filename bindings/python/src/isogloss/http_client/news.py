"""What a legacy server tells that is about no request: a stream of the session's own, by GET, in the background.

A server may have none.
"""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..error import ErrorKind, McpError
from ..headers import LAST_EVENT_ID
from ..protocol.limits import LISTEN_GRACE, RESUME_ATTEMPTS
from ..protocol.recovery import Failed
from ..transport import TooLong
from .asked import messages_in
from .broken import Broken
from .deadline import Deadline
from .events import BEGINNING, Events, Place
from .exchange import is_of, is_success
from .legacy import Opened
from .refused import beginning_of, failure

if TYPE_CHECKING:
    from .link import HttpLink

log = logging.getLogger("isogloss")


async def open_stream(
    link: "HttpLink", session: Opened, place: Place, deadline: Deadline
) -> Events:
    """Opens a stream of a session, from where another one had come to.

    Raises Broken if there was no answer or the session is lost, and McpError if there is no such stream:
    the status alone counts, whatever the body says, for it is about no request.
    """
    headers = dict(session.headers)
    if place.last_event_id:
        headers[LAST_EVENT_ID] = place.last_event_id
    response = await link.sender.send("GET", headers, None, deadline)
    coding = response.headers.get("content-encoding", "identity")
    if is_success(response) and is_of(response, "text/event-stream") and coding == "identity":
        return Events(response, link.sender.max_message, place)
    status = response.status_code
    error = failure(link.sender.shown, status, await beginning_of(response))
    if status == 404 and session.id is not None:
        raise Broken(Failed.SESSION_LOST, True, error)
    raise error


async def hear_news(link: "HttpLink", session: Opened) -> None:
    """Hears in the background what a session has to tell, until the session or the client ends.

    It returns when it is heard, or is not yet but will be: a server may open the stream no sooner than it has
    something to say.
    """
    opened = asyncio.Event()
    link.background(_listen(link, session, opened))
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_GRACE):
            await opened.wait()


async def _listen(link: "HttpLink", session: Opened, opened: asyncio.Event) -> None:
    try:
        await _hear(link, session, opened)
    except Exception as error:
        if not link.is_closed:
            log.warning("nothing more is heard from the server: %s", error)
    finally:
        opened.set()


class _Heard(NamedTuple):
    """What has come of one stream."""

    reached: Place
    news: bool
    """Whether anything came."""

    why: str | None
    """Why it ended; None where there will be no other."""


async def _hear(link: "HttpLink", session: Opened, opened: asyncio.Event) -> None:
    """Opens the stream again and again, until it is refused or brings nothing any more."""
    place, still = BEGINNING, 0
    while True:
        place, news, why = await _hear_once(link, session, place, opened)
        if why is None:
            return
        if news:
            still = 0
        if still == RESUME_ATTEMPTS:
            words = f"{why}; it was opened {still} times without anything new (RESUME_ATTEMPTS)"
            raise McpError(ErrorKind.CLOSED, words)
        still += 1
        await asyncio.sleep(place.retry)


async def _hear_once(
    link: "HttpLink", session: Opened, place: Place, opened: asyncio.Event
) -> _Heard:
    """Hears one stream to its end. Raises McpError if there cannot be another."""
    anew = Place(retry=place.retry)
    try:
        async with link.within("the server's stream", link.timeout) as deadline:
            events = await open_stream(link, session, place, deadline)
            opened.set()
            # There is no telling how long it may be silent.
            deadline.unlimit()
            try:
                news = await _take_all(link, events)
            finally:
                await events.close()
        why = events.why or "the stream ended"
        return _Heard(events.place, news or events.has_moved, why)
    except Broken as broken:
        if broken.failed is Failed.SESSION_LOST:
            session.is_lost = True
            return _Heard(place, False, None)
        # What cannot be continued is begun anew.
        return _Heard(anew, False, broken.error.message)
    except McpError as error:
        if error.kind is ErrorKind.CLOSED:
            raise
        if error.status == 405:
            return _Heard(place, False, None)  # there is none, which is the server's right
        if error.kind is ErrorKind.HTTP and not place.last_event_id:
            raise
        return _Heard(anew, False, error.message)


async def _take_all(link: "HttpLink", events: Events) -> bool:
    """Takes what comes on a stream; gives whether anything did."""
    news = False
    while (item := await events.next()) is not None:
        news = True
        if isinstance(item, TooLong):
            link.asked.left_out(item)
            continue
        for message in messages_in(item):
            await link.asked.take(message)
    return news
