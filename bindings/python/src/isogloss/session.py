"""A session pairs requests with responses over a transport, in both directions, with timeouts and cancellation.

It knows nothing of tools, and of methods only how requests are cancelled.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from . import jsonrpc
from .error import ErrorCode, ErrorKind, McpError, answerable, protocol_error
from .jsonrpc import Id, Invalid, Notification, Request, Response, Unusable
from .protocol.handlers import Answer
from .protocol.limits import CHILD_GRACE, MAX_MESSAGE, REQUEST_TIMEOUT
from .transport import Incoming, TooLong, Transport

log = logging.getLogger("isogloss")

MOST_RUNNING = 1024
"""Requests of the other side that are handled at once. Beyond it reading waits; nothing is refused."""

CANCELLED = "notifications/cancelled"

OPENING = ("initialize", "server/discover")
"""Requests that are not cancelled: who does not answer them may not know what that means."""


class Handler(Protocol):
    """What answers the other side."""

    def request(self, request: Request) -> Answer[bytes]:
        """The result as JSON, or what is awaited for it."""
        ...

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears a notification."""
        ...


class Session:
    """One end of a conversation."""

    def __init__(
        self, transport: Transport, handler: Handler, timeout: float = REQUEST_TIMEOUT
    ) -> None:
        self._transport = transport
        self._handler = handler
        self._timeout = timeout
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
                    if len(self._running) >= MOST_RUNNING:
                        await self._room()
                await self._transport.drain()
        except McpError as error:
            end = error
            raise
        finally:
            self._end(end)
            await self._finish()

    async def _room(self) -> None:
        while len(self._running) >= MOST_RUNNING:
            self._has_room.clear()
            await self._has_room.wait()

    def _end(self, why: McpError) -> None:
        self._ended = why
        for future in self._pending.values():
            if not future.done():
                future.set_exception(why)
        self._pending.clear()

    async def _finish(self) -> None:
        left: list[asyncio.Task[None]] = [*self._running.values(), *self._hearing]
        if left:
            await asyncio.wait(left, timeout=CHILD_GRACE)
        for task in left:
            task.cancel()

    # ---- what comes in ----

    def _take(self, incoming: Incoming) -> None:
        message = _too_long(incoming) if isinstance(incoming, TooLong) else jsonrpc.parse(incoming)
        match message:
            case Request():
                self._serve(message)
            case Notification():
                self._hear(message)
            case Response():
                self._answered(message)
            case Invalid(id, error):
                log.warning("refused a message: %s", error.message)
                self._transport.send(jsonrpc.failure(id, error))
            case Unusable(reason):
                log.warning("ignored a response: %s", reason)

    def _serve(self, request: Request) -> None:
        if request.id in self._running:
            error = "a request with this id is being handled already"
            self._refuse(request, protocol_error(ErrorCode.INVALID_REQUEST, error))
            return
        try:
            answer = self._handler.request(request)
        except Exception as error:
            self._refuse(request, error)
            return
        if isinstance(answer, bytes):
            self._reply(request, answer)
            return
        task = start(self._serve_later(request, answer))
        if not task.done():
            self._running[request.id] = task
            task.add_done_callback(lambda _: self._done(request.id))

    async def _serve_later(self, request: Request, answer: Awaitable[bytes]) -> None:
        try:
            self._reply(request, await answer)
        except asyncio.CancelledError:
            if request.id not in self._cancelled:
                raise
        except Exception as error:
            self._refuse(request, error)

    def _done(self, id: Id) -> None:
        self._running.pop(id, None)
        self._cancelled.discard(id)
        self._has_room.set()

    def _reply(self, request: Request, result: bytes) -> None:
        text = jsonrpc.result(request.id, result)
        if len(text) > MAX_MESSAGE:
            error = protocol_error(ErrorCode.INTERNAL_ERROR, str(TooLong(b"")))
            text = jsonrpc.failure(request.id, error)
        self._transport.send(text)

    def _refuse(self, request: Request, error: Exception) -> None:
        said = answerable(error)
        if said is not error and said.code == ErrorCode.INTERNAL_ERROR:
            log.error("%s failed", request.method, exc_info=error)
        self._transport.send(jsonrpc.failure(request.id, said))

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
        task = self._running.get(id)
        if task is not None:
            self._cancelled.add(id)
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

    async def call(self, method: str, params: bytes | None, timeout: float | None = None) -> Raw:
        """Sends a request and waits for its result, as JSON.

        Raises McpError: the other side's error, or that no answer came in time or the connection
        ended. If the caller is cancelled or the time is up, the other side is told.
        """
        self._next_id += 1
        id = self._next_id
        limit = self._timeout if timeout is None else timeout
        self._send(jsonrpc.request(id, method, params))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Raw] = loop.create_future()
        self._pending[id] = future
        timer = loop.call_later(limit, self._give_up, id, method, limit)
        try:
            return await future
        except asyncio.CancelledError:
            self._tell_cancelled(id, method, "the caller cancelled it")
            raise
        finally:
            timer.cancel()
            self._pending.pop(id, None)

    def notify(self, method: str, params: bytes | None) -> None:
        """Sends a notification."""
        self._send(jsonrpc.notification(method, params))

    def _send(self, text: bytes) -> None:
        if self._ended is not None:
            raise self._ended
        if len(text) > MAX_MESSAGE:
            raise McpError(ErrorKind.ENCODE, str(TooLong(b"")))
        self._transport.send(text)

    def _give_up(self, id: Id, method: str, limit: float) -> None:
        future = self._pending.pop(id, None)
        if future is not None and not future.done():
            self._tell_cancelled(id, method, "it took too long")
            message = f"no answer to {method} within {limit:g} s"
            future.set_exception(McpError(ErrorKind.TIMEOUT, message))

    def _tell_cancelled(self, id: Id, method: str, reason: str) -> None:
        if method not in OPENING and self._ended is None:
            params = msgspec.json.encode({"reason": reason, "requestId": id})
            self._transport.send(jsonrpc.notification(CANCELLED, params))


class _Cancelled(msgspec.Struct, rename="camel"):
    request_id: str | int | float


def _too_long(message: TooLong) -> Invalid | Response:
    """What becomes of a message that was left out: its request is refused, or its call fails."""
    id, is_response = jsonrpc.head(message.start)
    if is_response and id is not None:
        return Response(id, McpError(ErrorKind.DECODE, str(message)))
    return Invalid(id, protocol_error(ErrorCode.INVALID_REQUEST, str(message)))


if sys.version_info >= (3, 12):

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that runs at once as far as it gets, so that what need not wait costs no turn."""
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
else:

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task."""
        return asyncio.create_task(work)
