"""A session as clients have it: typed calls in the revision that was agreed on, and what a server sends.

How the revision is agreed on is not decided here.
"""

import copy
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..context import encode_params, read_result
from ..jsonrpc import Notification, Request
from ..protocol.handlers import Answer, answer, take
from ..protocol.limits import MAX_ROUNDS
from ..protocol.methods import CREATE_MESSAGE, ELICIT, LIST_ROOTS, PROGRESS_NOTIFICATION, Method
from ..protocol.revisions import Era, codec
from ..protocol.shapes import resolve
from ..protocol.types.base import RequestMetaObject
from ..protocol.types.lifecycle import ClientCapabilities, Implementation
from ..protocol.types.messages import InputRequiredResult
from ..protocol.types.notifications import ProgressNotificationParams
from ..revision import NEWEST_MODERN
from ..session import Outlet
from ..wire.shape import Record
from ..wire.value import Object
from .answers import Answers
from .link import Link
from .rounds import retry, too_many

log = logging.getLogger("isogloss")

OnProgress: TypeAlias = Callable[[ProgressNotificationParams], Answer[None]]
"""Hears how far a call has got."""

_QUESTIONS = frozenset(method.name for method in (ELICIT, CREATE_MESSAGE, LIST_ROOTS))


@dataclass(frozen=True)
class Identity:
    """What a client says of itself."""

    info: Implementation
    capabilities: ClientCapabilities


class _ResultType(msgspec.Struct, rename="camel"):
    result_type: Raw | UnsetType = UNSET


class ClientSession:
    """What a client says, hears and answers."""

    link: Link
    """The way to the server; it is made with this session, which hears what the server sends."""

    def __init__(self, identity: Identity, answers: Answers, timeout: float) -> None:
        self.identity = identity
        self.timeout = timeout
        """Seconds that a call waits for its answer, where it says nothing else."""
        self.revision = NEWEST_MODERN
        """The revision of the calls that follow."""
        self.context: Any = None
        """What handlers are told: the client."""
        self._answers = answers
        self._listeners: dict[object, OnProgress] = {}
        self._tokens = 0

    # ---- a Caller, for the typed calls ----

    async def call(
        self,
        method: Method,
        params: Object | None,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        repeatable: bool = False,
    ) -> Any:
        """Sends a request and waits for its result; questions are answered on the way, if anybody answers.

        `repeatable` says that it does no harm to send it twice, whatever its method.
        """
        token: int | UnsetType = UNSET
        if on_progress is not None:
            self._tokens += 1
            self._listeners[token := self._tokens] = on_progress
        try:
            result = await self._ask(method, params, timeout, token, repeatable)
            if type(result) is not InputRequiredResult or not self._answers.answers:
                return result
            return await self._settle(method, params, result, timeout, token, repeatable)
        finally:
            if on_progress is not None:
                self._listeners.pop(token, None)

    async def _settle(
        self,
        method: Method,
        params: Object | None,
        result: Any,
        timeout: float | None,
        token: int | UnsetType,
        repeatable: bool,
    ) -> Any:
        """Makes a request until its result asks nothing any more."""
        assert params is not None
        for _ in range(MAX_ROUNDS):
            params = await retry(method, params, result, self._answers, self.context)
            result = await self._ask(method, params, timeout, token, repeatable)
            if type(result) is not InputRequiredResult:
                return result
        raise too_many(method)

    async def _ask(
        self,
        method: Method,
        params: Object | None,
        timeout: float | None,
        token: int | UnsetType,
        repeatable: bool,
    ) -> Any:
        text = self._params(method, params, token)
        limit = self.timeout if timeout is None else timeout
        return self._read(method, await self.link.call(method, text, limit, repeatable=repeatable))

    def notify(self, method: Method, params: Object | None) -> Awaitable[None]:
        """Sends a notification."""
        return self.link.notify(method, encode_params(method, params, self.revision))

    def _read(self, method: Method, result: Raw) -> Any:
        if self.revision.era is Era.MODERN:
            result = _with_result_type(result)
        return read_result(method, result, self.revision)

    def _params(
        self, method: Method, params: Object | None, token: int | UnsetType
    ) -> bytes | None:
        """Params as JSON, with what `_meta` must say."""
        meta = RequestMetaObject(progress_token=token)
        own = getattr(params, "meta", UNSET)
        if own is not UNSET:
            meta.extra = own.extra
            for name in ("client_capabilities", "client_info", "log_level", "progress_token"):
                if getattr(meta, name) is UNSET:
                    setattr(meta, name, getattr(own, name, UNSET))
        if self.revision.era is Era.MODERN:
            meta.protocol_version = self.revision.value
            meta.client_info = self.identity.info
            meta.client_capabilities = self.identity.capabilities
        elif meta == RequestMetaObject():
            return encode_params(method, params, self.revision)
        if params is None:
            said = codec(RequestMetaObject).encode(meta, self.revision)
            encode_params(method, None, self.revision)
            return b'{"_meta":%b}' % said
        return encode_params(method, self._with_meta(params, meta), self.revision)

    def _with_meta(self, params: Object, meta: RequestMetaObject) -> Object:
        shape = resolve(type(params).__name__)
        assert isinstance(shape, Record)
        copied: Any = copy.copy(params)
        member = shape.named.get("_meta")
        if member is not None and member.revs & self.revision.bit:
            copied.meta = meta
        else:
            # Older schemas have it with requests as such, not with each of them.
            said = codec(RequestMetaObject).encode(meta, self.revision)
            copied.extra = {"_meta": Raw(said), **params.extra}
        result: Object = copied
        return result

    # ---- what the server sends ----

    def anew(self) -> None:
        """A session that the server had forgotten was opened anew: what it told meanwhile was missed."""

    def request(self, request: Request, _: Outlet) -> Answer[bytes]:
        """Answers the server."""
        if request.method == "ping":
            return b"{}"
        handler = self._answers if request.method in _QUESTIONS else self._answers.handler
        return answer(handler, self.context, request.method, request.params, self.revision)

    def notification(self, notification: Notification) -> Answer[None]:
        """Hears the server."""
        name, params = notification.method, notification.params
        if name == PROGRESS_NOTIFICATION.name:
            told = codec(ProgressNotificationParams).decode(params or b"{}", self.revision)
            listener = self._listeners.get(told.progress_token)
            if listener is not None:
                heard = listener(told)
                return heard if inspect.isawaitable(heard) else None
        return take(self._answers.handler, self.context, name, params, self.revision)


def _with_result_type(result: Raw) -> Raw:
    """A result that does not say what it is, is complete."""
    try:
        if msgspec.json.decode(result, type=_ResultType).result_type is not UNSET:
            return result
    except msgspec.DecodeError:
        return result
    rest = bytes(result)[1:].lstrip()
    return Raw(b'{"resultType":"complete"' + (rest if rest[:1] == b"}" else b"," + rest))
