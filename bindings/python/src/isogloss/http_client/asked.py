"""What a server sends beside the answers to calls, on any stream.

Requests, which only a legacy one may send, are answered by POST; notifications are heard.
"""

import logging
from collections.abc import Callable, Iterable, KeysView

from .. import jsonrpc
from ..error import ErrorCode, McpError, protocol_error
from ..jsonrpc import Id, Invalid, Message, Notification, Request, Response, Unusable
from ..session import Handler, Session
from ..transport import Incoming, TooLong, Transport

log = logging.getLogger("isogloss")


class Asked:
    """The server's requests that are being answered."""

    def __init__(
        self,
        handler: Handler,
        timeout: float,
        is_legacy: Callable[[], bool],
        tell: Callable[[bytes], None],
    ) -> None:
        """`tell` sends a message in the background."""
        self._is_legacy = is_legacy
        self._tell = tell
        # It is used for what it does with what comes in.
        self._session = Session(_ByPost(tell), handler, timeout)

    async def take(self, message: Message) -> None:
        """Takes a message that is no answer to the call whose stream it came on.

        It waits while as many requests are answered as may be at once: the stream is not read on.
        """
        match message:
            case Request(_, method) if not self._is_legacy():
                log.warning("only a legacy server may ask by a request of its own: %r", method)
            case Request():
                await self._session.room()
                self._session.take(message)
            case Notification():
                self._session.take(message)
            case Response(id):
                log.warning("ignored a response to nothing that was asked: %r", id)
            case Unusable(reason):
                log.warning("ignored a response: %s", reason)
            case Invalid(id, error):
                log.warning("refused a message: %s", error.message)
                if id is not None and self._is_legacy():
                    self._tell(jsonrpc.failure(id, error))

    @property
    def open(self) -> KeysView[Id]:
        """The server's requests that are being answered."""
        return self._session.running

    def withdraw(self, ids: Iterable[Id]) -> None:
        """Cancels what answers these requests, whose stream nobody reads any more: they cannot be cancelled there."""
        for id in ids:
            self._session.withdrawn(id)

    def left_out(self, message: TooLong) -> None:
        """Reports a message that is too long."""
        log.warning("left out a %s", message)
        id, is_response = jsonrpc.head(message.start)
        if id is not None and not is_response and self._is_legacy():
            error = protocol_error(ErrorCode.INVALID_REQUEST, str(message))
            self._tell(jsonrpc.failure(id, error))

    async def close(self, why: McpError) -> None:
        """Cancels what answers the server."""
        self._session.end(why)
        await self._session.finish()


class _ByPost(Transport):
    """The way that answers go."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        self._tell = tell

    async def receive(self) -> list[Incoming]:
        return []

    def send(self, message: bytes) -> None:
        self._tell(message)

    async def drain(self) -> None:
        pass

    async def close(self) -> None:
        pass


def messages_in(text: bytes) -> list[Message]:
    """The messages that one text holds: one, or a batch of revision 2025-03-26."""
    try:
        batch = jsonrpc.parse_batch(text)
    except McpError:
        batch = None
    # What is no message says what is wrong with it.
    return [jsonrpc.parse(text)] if batch is None else batch
