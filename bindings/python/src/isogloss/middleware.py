"""Middleware: what a program does around every request, whatever the method, the era and the transport."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from .context import Context
from .error import ErrorKind, McpError
from .protocol import methods
from .protocol.handlers import MethodNotFound, ServerHandler
from .protocol.revisions import Era, named_codec
from .wire.error import DecodeError, EncodeError
from .wire.value import Object

CallNext: TypeAlias = Callable[[], Awaitable[Any]]
"""Hands a request on; gives its result, a value of the protocol's type for it."""

Middleware: TypeAlias = Callable[[Context, CallNext], Awaitable[Any]]
"""Stands around every request: it may look at it, answer it itself (with a value of the protocol, or with a
dictionary that is one as JSON), fail it by raising, or hand it on with `call_next()` and look at the result.
"""


async def answered_through(
    layers: Sequence[Middleware], handler: ServerHandler[Context], context: Context
) -> bytes:
    """Answers a request through all middleware, the first outermost: the text of the result.

    Raises McpError of kind `encode` for a result that is none, and what middleware and handler raise.
    """

    async def at(place: int) -> Any:
        if place == len(layers):
            return await _dispatch(handler, context)
        is_handed_on = False

        async def call_next() -> Any:
            nonlocal is_handed_on
            if is_handed_on:
                raise TypeError("middleware: call_next() was called twice for one request")
            is_handed_on = True
            return await at(place + 1)

        return await layers[place](context, call_next)

    return _written(await at(0), context)


async def _dispatch(handler: ServerHandler[Context], context: Context) -> Any:
    method = methods.find(context.method, context.revision)
    if method is None or not method.is_request or not handler.takes(method):
        raise MethodNotFound(context.method)
    function = getattr(handler, method.handler)
    if method.params is None:
        given = function(context)
    else:
        params = context.request.params or b"{}"
        if method is methods.UPDATE_TASK:
            from .tasks.calls import Tasks

            params = Tasks.unread(params)
        given = function(context, named_codec(method.params).decode(params, context.revision))
    return await given if hasattr(type(given), "__await__") else given


def _written(result: Any, context: Context) -> bytes:
    """The text of a result, held to the protocol. Of a method that nobody else knows it is any object."""
    method, revision = methods.find(context.method, context.revision), context.revision
    name = "Result" if method is None or method.result is None else method.result
    codec = named_codec(name)
    try:
        if isinstance(result, dict):
            if revision.era is Era.MODERN:
                result = {"resultType": "complete", **result}
            result = codec.decode(msgspec.json.encode(result), revision)
        elif not isinstance(result, Object):
            what = f"expected a result or a dictionary, found {type(result).__name__}"
            raise EncodeError(what)
        return codec.encode(result, revision)
    except (DecodeError, EncodeError, TypeError) as error:
        why = f"middleware: the result of {context.method}: {error}"
        raise McpError(ErrorKind.ENCODE, why) from error
