"""A session pairs requests with responses over a transport, in both directions, with timeouts and cancellation.

It knows nothing of tools, and of methods only how requests are cancelled.
"""

import asyncio
import inspect
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, KeysView
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Raw

from . import jsonrpc
from .error import ErrorCode, ErrorKind, McpError, answerable, protocol_error
from .jsonrpc import Id, Invalid, Message, Notification, Request, Response, Unusable
from .protocol.handlers import Answer
from .protocol.limits import CHILD_GRACE, MAX_RUNNING, REQUEST_TIMEOUT
from .transport import Incoming, TooLong, Transport, most_sent

log = logging.getLogger("isogloss")

CANCELLED = "notifications/cancelled"

T = TypeVar("T")

OPENING = ("initialize", "server/discover")
"""Requests that are not cancelled: who does not answer them may not know what that means."""


class Outlet(Protocol):
    """The way to whoever waits for the answer of a request."""

    def notify(self, method: str, params: bytes | None, /) -> None:
        """Sends a notification; `params` is JSON."""
        ...

    async def call(self, method: str, params: bytes | None, timeout: float | None = None, /) -> Raw:
        """Sends a request and waits for its result."""
        ...

    async def drain(self) -> None:
        """Waits while too much is queued."""
        ...

    def hang_up(self) -> bool:
        """Closes the connection over which the request is answered, if its client can come back for the rest."""
        ...


class Way(Protocol):
    """Where the answer of a request goes that did not come over the transport, and what is told on the way."""

    def send(self, text: bytes, /) -> None:
        """Sends what belongs to the request."""
        ...

    def answer(self, text: bytes | None, /) -> None:
        """Sends the answer; None if the request was cancelled."""
        ...

    def failed(self, error: Exception, /) -> None:
        """Hears why a request fails, before the answer that says so."""
        ...

    async def drain(self) -> None:
        """Waits while too much is queued."""
        ...

    def require_asking(self) -> None:
        """Raises ToolError where the client cannot be asked anything."""
        ...

    def hang_up(self) -> bool:
        """Closes the connection, if the client can come back for the rest."""
        ...


class Handler(Protocol):
    """What answers the other side."""

    def request(self, request: Request, outlet: Outlet, /) -> Answer[bytes]:
        """The result as JSON, or what is awaited for it."""
        ...

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears a notification."""
        ...


class Session:
    """One end of a conversation."""

    def __init__(
        self,
        transport: Transport,
        handler: Handler,
        timeout: float = REQUEST_TIMEOUT,
        on_end: Callable[[], None] | None = None,
        takes_batches: Callable[[], bool] = lambda: False,
    ) -> None:
        """`on_end` is called when the connection has ended, before handlers are waited for.

        `takes_batches` tells whether the sides have agreed on a revision that has batches.
        """
        self._transport = transport
        self._most_sent = most_sent(transport.max_message)
        self._handler = handler
        self._timeout = timeout
        self._on_end = on_end
        self._takes_batches = takes_batches
        self._next_id = 0
        self._pending: dict[Id, asyncio.Future[Raw]] = {}
        self._running: dict[Id, asyncio.Task[None]] = {}
        self._hearing: set[asyncio.Task[None]] = set()
        self._cancelled: set[Id] = set()
        self._has_room = asyncio.Event()
        self._ended: McpError | None = None

    async def run(self) -> None:
        """Reads until the connection ends, then lets the handlers finish for a while.

        Raises McpError if the connection did not end in good order.
        """
        end = McpError(ErrorKind.CLOSED, "the connection ended")
        try:
            while batch := await self._transport.receive():
                for message in batch:
                    self._take(message)
                    if len(self._running) >= MAX_RUNNING:
                        await self.room()
                await self._transport.drain()
        except McpError as error:
            end = error
            raise
        finally:
            self._end(end)
            await self.finish()

    async def room(self) -> None:
        """Waits while as many requests are handled as may be at once."""
        while len(self._running) >= MAX_RUNNING:
            self._has_room.clear()
            await self._has_room.wait()

    def _end(self, why: McpError) -> None:
        self._ended = why
        for future in self._pending.values():
            if not future.done():
                future.set_exception(why)
        self._pending.clear()
        if self._on_end is not None:
            self._on_end()

    def end(self, why: McpError) -> None:
        """Ends one that reads no transport: who waits for an answer fails, and what is answered is cancelled."""
        self._end(why)
        for id, task in self._running.items():
            self._cancelled.add(id)
            task.cancel()
        for task in self._hearing:
            task.cancel()

    async def finish(self) -> None:
        """Lets what is being handled come to its end for a while, and cancels the rest."""
        left: list[asyncio.Task[None]] = [*self._running.values(), *self._hearing]
        if left:
            await asyncio.wait(left, timeout=CHILD_GRACE)
        for task in left:
            task.cancel()

    # ---- what comes in ----

    def _take(self, incoming: Incoming) -> None:
        if isinstance(incoming, TooLong):
            self.take(_too_long(incoming))
            return
        message = jsonrpc.parse(incoming)
        if isinstance(message, Invalid) and jsonrpc.is_batch(incoming):
            self._take_batch(incoming)
        else:
            self.take(message)

    def _take_batch(self, text: bytes) -> None:
        from .batch import Together, messages_of

        try:
            messages = messages_of(text, self._takes_batches())
        except McpError as error:
            self.take(Invalid(None, error))
            return
        together = Together(messages, self._transport.send)
        for message in messages:
            if isinstance(message, Invalid):
                together.next()(jsonrpc.failure(message.id, message.error))
            else:
                is_request = isinstance(message, Request)
                self.take(message, _InBatch(self, together.next()) if is_request else None)

    def take(self, message: Message, way: Way | None = None) -> None:
        """Takes a message; what came over no transport is answered on a way of its own."""
        match message:
            case Request():
                self._serve(message, way)
            case Notification():
                self._hear(message)
            case Response():
                self._answered(message)
            case Invalid(id, error):
                log.warning("refused a message: %s", error.message)
                self._transport.send(jsonrpc.failure(id, error))
            case Unusable(reason):
                log.warning("ignored a response: %s", reason)

    def _serve(self, request: Request, way: Way | None) -> None:
        if request.id in self._running:
            error = "a request with this id is being handled already"
            self._refuse(request, way, protocol_error(ErrorCode.INVALID_REQUEST, error))
            return
        try:
            answer = self._handler.request(request, self if way is None else WayOut(self, way))
        except Exception as error:
            self._refuse(request, way, error)
            return
        if isinstance(answer, bytes):
            text = success(request.id, answer, self._most_sent)
            if way is None:
                self._transport.send(text)
            else:
                way.answer(text)
            return
        task = start(self._serve_later(request, way, answer))
        if not task.done():
            self._running[request.id] = task
            task.add_done_callback(lambda _: self._done(request.id))

    async def _serve_later(
        self, request: Request, way: Way | None, answer: Awaitable[bytes]
    ) -> None:
        try:
            self._reply(request, way, await answer)
        except asyncio.CancelledError:
            if way is not None:
                way.answer(None)
            if request.id not in self._cancelled:
                raise
        except Exception as error:
            self._refuse(request, way, error)

    def _done(self, id: Id) -> None:
        self._running.pop(id, None)
        self._cancelled.discard(id)
        self._has_room.set()

    def _reply(self, request: Request, way: Way | None, result: bytes) -> None:
        self._answer(way, success(request.id, result, self._most_sent))

    def _refuse(self, request: Request, way: Way | None, error: Exception) -> None:
        if way is not None:
            way.failed(error)
        self._answer(way, jsonrpc.failure(request.id, told(request.method, error)))

    def _answer(self, way: Way | None, text: bytes) -> None:
        if way is None:
            self._transport.send(text)
        else:
            way.answer(text)

    def _hear(self, notification: Notification) -> None:
        if notification.method == CANCELLED:
            self._cancel(notification.params)
            return
        try:
            answer = self._handler.notification(notification)
        except Exception as error:
            log.warning("ignored %s: %s", notification.method, error)
            return
        if answer is not None:
            task = start(self._hear_later(notification, answer))
            self._hearing.add(task)
            task.add_done_callback(self._hearing.discard)

    async def _hear_later(self, notification: Notification, answer: Awaitable[None]) -> None:
        try:
            await answer
        except Exception as error:
            log.warning("ignored %s: %s", notification.method, error)

    def _cancel(self, params: Raw | None) -> None:
        try:
            id = msgspec.json.decode(params or b"{}", type=_Cancelled).request_id
        except msgspec.DecodeError as error:
            log.warning("ignored %s: %s", CANCELLED, error)
            return
        self.withdrawn(id)

    @property
    def running(self) -> KeysView[Id]:
        """The requests that are being handled."""
        return self._running.keys()

    def withdrawn(self, id: Id) -> None:
        """Cancels what is being handled for a request, if it still is: nobody waits for its answer."""
        task = self._running.get(id)
        if task is None:
            return
        self._cancelled.add(id)
        if inspect.getcoroutinestate(task.get_coro()) == inspect.CORO_CREATED:  # type: ignore[arg-type]
            # One that has not begun would not get to say that it ended.
            asyncio.get_running_loop().call_soon(task.cancel)
        else:
            task.cancel()

    def _answered(self, response: Response) -> None:
        future = self._pending.pop(response.id, None)
        if future is None:
            log.warning("ignored a response to nothing that was asked: %r", response.id)
        elif future.done():
            return
        elif isinstance(response.result, McpError):
            future.set_exception(response.result)
        else:
            future.set_result(response.result)

    # ---- what goes out ----

    async def call(
        self,
        method: str,
        params: bytes | None,
        timeout: float | None = None,
        send: Callable[[bytes], None] | None = None,
    ) -> Raw:
        """Sends a request and waits for its result, as JSON. `send` is used in the place of the transport.

        Raises McpError: the other side's error, or that no answer came in time or the connection
        ended. If the caller is cancelled or the time is up, the other side is told.
        """
        self._next_id += 1
        id = self._next_id
        limit = self._timeout if timeout is None else timeout
        send = send or self._transport.send
        self._send(jsonrpc.request(id, method, params), send)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Raw] = loop.create_future()
        self._pending[id] = future
        timer = loop.call_later(limit, self._give_up, id, method, limit, send)
        try:
            return await future
        except asyncio.CancelledError:
            self._tell_cancelled(id, method, "the caller cancelled it", send)
            raise
        finally:
            timer.cancel()
            self._pending.pop(id, None)

    def notify(self, method: str, params: bytes | None) -> None:
        """Sends a notification."""
        self._send(jsonrpc.notification(method, params), self._transport.send)

    async def drain(self) -> None:
        """Waits while too much is queued."""
        await self._transport.drain()

    def hang_up(self) -> bool:
        """A transport is there for more than one request."""
        return False

    def _send(self, text: bytes, send: Callable[[bytes], None]) -> None:
        if self._ended is not None:
            raise self._ended
        if len(text) > self._most_sent:
            raise McpError(ErrorKind.ENCODE, str(TooLong(b"", self._most_sent)))
        send(text)

    def _give_up(self, id: Id, method: str, limit: float, send: Callable[[bytes], None]) -> None:
        future = self._pending.pop(id, None)
        if future is not None and not future.done():
            self._tell_cancelled(id, method, "it took too long", send)
            message = f"no answer to {method} within {limit:g} s"
            future.set_exception(McpError(ErrorKind.TIMEOUT, message))

    def _tell_cancelled(
        self, id: Id, method: str, reason: str, send: Callable[[bytes], None]
    ) -> None:
        if method not in OPENING and self._ended is None:
            params = msgspec.json.encode({"reason": reason, "requestId": id})
            send(jsonrpc.notification(CANCELLED, params))


class _InBatch:
    """The way of one request of a batch: what is told meanwhile is no part of the answers."""

    def __init__(self, session: Session, answer: Callable[[bytes | None], None]) -> None:
        self.send = session._transport.send
        self.answer = answer
        self.drain = session._transport.drain
        self.hang_up = session.hang_up

    def require_asking(self) -> None:
        """Whoever has a connection can be asked."""

    def failed(self, error: Exception) -> None:
        """One answer of several says all of it."""


class WayOut:
    """The outlet of a request that has a way of its own: what is asked there is answered over the session."""

    def __init__(self, session: Session, way: Way) -> None:
        self._session = session
        self._way = way

    def notify(self, method: str, params: bytes | None) -> None:
        """Sends a notification."""
        self._session._send(jsonrpc.notification(method, params), self._way.send)

    async def call(self, method: str, params: bytes | None, timeout: float | None = None) -> Raw:
        """Sends a request and waits for its result."""
        self._way.require_asking()
        return await self._session.call(method, params, timeout, self._way.send)

    async def drain(self) -> None:
        """Waits while too much is queued."""
        await self._way.drain()

    def hang_up(self) -> bool:
        """Closes the connection, if the client can come back for the rest."""
        return self._way.hang_up()


def success(id: Id, result: bytes, most: int) -> bytes:
    """The answer to a request; an error if it is longer than `most` bytes."""
    text = jsonrpc.result(id, result)
    if len(text) <= most:
        return text
    return jsonrpc.failure(id, protocol_error(ErrorCode.INTERNAL_ERROR, str(TooLong(b"", most))))


def told(method: str, error: Exception) -> McpError:
    """What is sent for an error; what is not meant for the other side is logged."""
    said = answerable(error)
    if said is not error and said.code == ErrorCode.INTERNAL_ERROR:
        log.error("%s failed", method, exc_info=error)
    return said


class _Cancelled(msgspec.Struct, rename="camel"):
    request_id: str | int | float


def _too_long(message: TooLong) -> Invalid | Response:
    """What becomes of a message that was left out: its request is refused, or its call fails."""
    id, is_response = jsonrpc.head(message.start)
    if id is None:
        id, is_last = jsonrpc.tail(message.end)
        is_response = is_response and is_last
    if is_response and id is not None:
        return Response(id, McpError(ErrorKind.DECODE, str(message)))
    return Invalid(id, protocol_error(ErrorCode.INVALID_REQUEST, str(message)))


if sys.version_info >= (3, 12):

    def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that runs at once as far as it gets, so that what need not wait costs no turn."""
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
else:

    def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task."""
        return asyncio.create_task(work)
