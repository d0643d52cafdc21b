"""What headers repeat of a modern message, so that gateways can route it without reading it.

They are its revision, its method, its name, and those arguments of a tool that its definition marks.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata
"""

import logging
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..headers import METHOD, NAME, PARAM, PROTOCOL_VERSION, encode_header
from ..mirrored import KEYWORD, Mirrored, mirrored_in
from ..protocol.methods import CALL_TOOL, Method
from ..protocol.revisions import Era
from ..revision import known

log = logging.getLogger("isogloss")


class _Meta(msgspec.Struct):
    revision: Any = msgspec.field(default=None, name="io.modelcontextprotocol/protocolVersion")


class _Params(msgspec.Struct):
    """What HTTP repeats of params."""

    meta: _Meta | None = msgspec.field(default=None, name="_meta")
    name: Any = None
    uri: Any = None
    task_id: Any = msgspec.field(default=None, name="taskId")
    arguments: Raw | UnsetType = UNSET


class _Page(msgspec.Struct):
    tools: list[Raw]


class _Tool(msgspec.Struct, rename="camel"):
    name: str
    input_schema: dict[str, Any]


_read: Final = msgspec.json.Decoder(_Params).decode


class Mirrors:
    """The arguments that headers repeat, of those tools that mark any."""

    def __init__(self) -> None:
        self._tools: dict[str, tuple[Mirrored, ...]] = {}

    def headers(self, method: Method, params: bytes | None) -> dict[str, str]:
        """What the headers of a message say: nothing of a legacy one."""
        if params is None:
            return {}
        said = _read(params)
        revision = None if said.meta is None else known(said.meta.revision)
        if revision is None or revision.era is not Era.MODERN:
            return {}
        headers = {PROTOCOL_VERSION: revision.value, METHOD: encode_header(method.name)}
        if method.name_header is None:
            return headers
        name = said.task_id if method.name_header == "taskId" else getattr(said, method.name_header)
        if not isinstance(name, str):
            return headers
        headers[NAME] = encode_header(name)
        marked = self._tools.get(name) if method is CALL_TOOL else None
        if marked:
            arguments = None if said.arguments is UNSET else msgspec.json.decode(said.arguments)
            for one in marked:
                value = one.value_in(arguments)
                if value is not None:
                    headers[PARAM + one.header.lower()] = encode_header(value)
        return headers

    def learn(self, page: Raw) -> Raw:
        """Learns from a page of a list of tools.

        Gives the page without those tools that mark their arguments wrongly: they cannot be called as they
        want to be.
        """
        # Most servers mark nothing: their lists are looked into no further.
        if not self._tools and b'"%b"' % KEYWORD.encode() not in bytes(page):
            return page
        try:
            tools = msgspec.json.decode(page, type=_Page).tools
        except msgspec.DecodeError:
            return page  # for whoever decodes it
        kept = [tool for tool in tools if self._takes(tool)]
        if len(kept) == len(tools):
            return page
        members = msgspec.json.decode(page, type=dict[str, Raw])
        return Raw(msgspec.json.encode({**members, "tools": kept}))

    def _takes(self, text: Raw) -> bool:
        try:
            tool = msgspec.json.decode(text, type=_Tool)
        except msgspec.DecodeError:
            return True  # what is no tool is for whoever decodes it
        self._tools.pop(tool.name, None)
        try:
            marked = mirrored_in(tool.input_schema)
        except ValueError as error:
            log.warning("left out the tool %r: %s", tool.name, error)
            return False
        if marked:
            self._tools[tool.name] = marked
        return True
