"""One request by POST and its answer.

The answer is JSON that is there at once, or comes on a stream together with what the server asks and tells
meanwhile, which goes on elsewhere where it breaks off and can be resumed.
"""

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import httpx
from msgspec import Raw

from .. import jsonrpc
from ..error import ErrorKind, McpError
from ..jsonrpc import Id, Message, Request, Response, Unusable
from ..protocol.methods import INITIALIZE, LIST_TOOLS, Method
from ..protocol.recovery import Action, Failed
from ..transport import TooLong, most_sent
from ..wire.reader import quoted
from .asked import messages_in
from .broken import Broken, causes_of, fitting, interrupted
from .deadline import Deadline
from .events import BEGINNING, Events, Place
from .exchange import is_of, is_success
from .legacy import Opened, opened_by
from .news import open_stream
from .refused import Refusable, refusal, said_no

if TYPE_CHECKING:
    from .link import HttpLink


class Sending(NamedTuple):
    """What is to be sent; an id is given to each attempt."""

    method: Method
    params: bytes | None
    repeatable: bool
    """It does no harm to send it twice."""


class Asking(NamedTuple):
    """The request whose answer is awaited."""

    id: int
    method: str
    size: int
    session: Opened | None
    """The one that it is sent in."""
    questions: set[Id]
    """What the server has asked on the way to the answer, and still waits for."""

    def wrong(self, what: str) -> McpError:
        """An answer that is none."""
        return McpError(ErrorKind.DECODE, f"the answer to {self.method}: {what}")


async def attempt(link: "HttpLink", sending: Sending, deadline: Deadline) -> Raw:
    """Sends a request and waits for its result, with whatever its stream needs to get there.

    Raises Broken where there is a rule for what happened; anything else is how the call ends.
    """
    method, params, _ = sending
    id = link.next_id()
    text = jsonrpc.request(id, method.name, params)
    most = most_sent(link.sender.max_message)
    if len(text) > most:
        raise McpError(ErrorKind.ENCODE, f"{method.name}: {TooLong(b'', most)}")
    headers, session = link.headers_of(method, params)
    asking = Asking(id, method.name, len(text), session, set())
    try:
        response = await link.sender.send("POST", headers, text, deadline)
        result = await _result(link, asking, response, deadline)
    except asyncio.CancelledError:
        # A modern server sees the response closed.
        if session is not None:
            link.cancelled(
                id, "it took too long" if deadline.is_over else "the caller cancelled it"
            )
            # Nobody reads the stream any more, on which they would be cancelled.
            link.asked.withdraw(asking.questions)
        raise
    if method is INITIALIZE:
        link.session = opened_by(response, result, params) or link.session
    elif method is LIST_TOOLS and session is None:
        result = link.mirrors.learn(result)
    return result


async def _result(
    link: "HttpLink", asking: Asking, response: httpx.Response, deadline: Deadline
) -> Raw:
    """Reads a response to its end, or to the answer that is on its stream."""
    try:
        await _require_body(link, asking, response)
        if not is_of(response, "text/event-stream"):
            return await _read(link, asking, response)
    except BaseException:
        await response.aclose()
        raise
    events = Events(response, link.sender.max_message, BEGINNING)
    return await _follow(link, asking, events, deadline)


async def _require_body(link: "HttpLink", asking: Asking, response: httpx.Response) -> None:
    """Raises what a response means that has no answer in it, as far as its head says so."""
    if not is_success(response):
        in_session = asking.session is not None and asking.session.id is not None
        raise await refusal(
            Refusable(link.sender.shown, asking.id, asking.size, in_session), response
        )
    coding = response.headers.get("content-encoding", "identity")
    if coding != "identity":
        words = f"expected a body without a Content-Encoding, found {quoted(coding[:40])}"
        raise asking.wrong(words)
    if not is_of(response, "text/event-stream") and not is_of(response, "application/json"):
        found = quoted(response.headers.get("content-type", "nothing")[:40])
        words = f"expected JSON or an event stream, found {found} (HTTP {response.status_code})"
        raise asking.wrong(words)


async def _read(link: "HttpLink", asking: Asking, response: httpx.Response) -> Raw:
    """Reads an answer that is there at once."""
    limit = link.sender.max_message
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in response.aiter_raw():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise asking.wrong(str(TooLong(b"", limit)))
    except httpx.TransportError as cause:
        raise interrupted(f"the answer broke off: {causes_of(cause)}", cause) from None
    result = await _look_through(link, asking, b"".join(pieces))
    if result is None:
        raise asking.wrong("expected a response with the id of the request")
    return result


async def _follow(link: "HttpLink", asking: Asking, events: Events, deadline: Deadline) -> Raw:
    """Reads a stream until the answer is there; a legacy one that ends before that is resumed if it can be."""
    still = 0  # how often it was resumed without anything new
    try:
        while True:
            item = await events.next()
            if item is None:
                await events.close()
                if events.has_moved:
                    still = 0
                events, still = await _resume(link, asking, events, still, deadline)
                continue
            if isinstance(item, TooLong):
                _refuse_long(link, asking, item)
                continue
            result = await _look_through(link, asking, item)
            if result is not None:
                break
    except (McpError, Broken):
        # The answer was there, and said no: the connection may be of use.
        link.background(events.linger())
        raise
    except BaseException:
        await events.close()
        raise
    link.background(events.linger())
    return result


def _refuse_long(link: "HttpLink", asking: Asking, message: TooLong) -> None:
    """An event that is too long fails the call if it may be its answer; any other is only reported."""
    id, is_response = jsonrpc.head(message.start)
    if is_response and id in (None, asking.id):
        raise asking.wrong(str(message))
    link.asked.left_out(message)


async def _look_through(link: "HttpLink", asking: Asking, text: bytes) -> Raw | None:
    """Takes what one text holds; gives the answer if it is there."""
    found = None
    for message in messages_in(text):
        answer = _answer_in(asking, message)
        if answer is None:
            await link.asked.take(message)
            if isinstance(message, Request):
                asking.questions.add(message.id)
                asking.questions.intersection_update(link.asked.open)
        else:
            found = answer
    return found


def _answer_in(asking: Asking, message: Message) -> Raw | None:
    """The answer that a message is, if it is the awaited one.

    Raises the error that it says, or what is wrong with it: on the way of one request, what names no other
    is about this one.
    """
    match message:
        case Response(id, result) if id == asking.id:
            if isinstance(result, McpError):
                raise said_no(result)
            return result
        case Unusable(reason):
            raise asking.wrong(reason)
    return None


async def _resume(
    link: "HttpLink", asking: Asking, ended: Events, still: int, deadline: Deadline
) -> tuple[Events, int]:
    """The continuation of a stream that ended before its answer, and how often it was resumed without anything new.

    Raises what the end of the call is if there is none.
    """
    place: Place = ended.place
    why = "the stream ended before the answer"
    if ended.why is not None:
        why = f"the stream broke off before the answer: {ended.why}"
    row = fitting(Failed.STREAM_ENDED, True, False)
    session = asking.session
    if session is None or not place.last_event_id or row is None or row.action is not Action.RESUME:
        raise interrupted(why)
    while still < row.at_most:
        # Never before the server wants it.
        await asyncio.sleep(place.retry)
        still += 1
        try:
            return await open_stream(link, session, place, deadline), still
        except Broken as broken:
            if broken.failed is Failed.SESSION_LOST:
                raise
            why = broken.error.message
        except McpError as error:
            if error.kind is not ErrorKind.HTTP:
                raise
            raise interrupted(f"{why}, and cannot be resumed: {error.message}", error) from None
    words = f"{why}, and was resumed {still} times without anything new (RESUME_ATTEMPTS)"
    raise Broken(Failed.STREAM_ENDED, True, McpError(ErrorKind.CLOSED, words))
