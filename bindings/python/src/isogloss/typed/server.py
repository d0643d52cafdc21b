"""What a generated server is made with: items that are offered as the contract has them, and what answers them."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import UNSET, Raw, structs

from ..arguments import WrongArguments
from ..content import Block, Contents, Media, block
from ..context import Context
from ..contract import hash_of
from ..error import ErrorCode, ErrorKind, McpError, ToolError, protocol_error
from ..mirrored import mirrored_in
from ..protocol.revisions import NEWEST, codec
from ..protocol.types.content import TextContent
from ..protocol.types.lifecycle import Implementation
from ..protocol.types.prompts import GetPromptResult, Prompt, PromptMessage
from ..protocol.types.resources import Resource, ResourceTemplate
from ..protocol.types.tools import CallToolResult, Tool
from ..registry import About, PromptEntry, ResourceEntry, TemplateEntry, ToolEntry
from ..registry.uri_template import UriTemplate
from ..server import Server
from ..values import failure, prompt_result, resource_contents, tool_result
from ..wire.error import DecodeError
from .rules import Rules
from .value import Object, read, write

if TYPE_CHECKING:
    from ..registry import Registry

log = logging.getLogger("isogloss")

Said: TypeAlias = CallToolResult | Block | Media | str | list[Block | Media | str] | None
"""What a tool gives whose contract says nothing of that: text, content, a result."""

Readable: TypeAlias = str | bytes | Contents | list[Contents]
"""What a resource holds."""

Filled: TypeAlias = GetPromptResult | PromptMessage | str | list[PromptMessage | str]
"""What a prompt is filled in with."""


class Offered:
    """A server that offers the items of a contract, word for word.

    When it begins to serve, the log is told where what it offers is not what the contract says.
    """

    def __init__(self, server: Server | None, about: str) -> None:
        """The items are added to a `server`, or to a new one that says of itself what the contract does (`about`)."""
        self.server = _server_of(about) if server is None else server
        """The server."""
        self._expected = self.server._offer.expected = {}

    def tool(
        self,
        item: str,
        run: Callable[..., Awaitable[Any]],
        arguments: Any = None,
        *,
        wrapped: bool = False,
        extra: bool = False,
    ) -> None:
        """Offers a tool. Its `arguments` are of this type, whose members the function gets by their names.

        Members that the type does not know are handed over as `extra`, if they are to be. What it gives is held to
        the output schema, if there is one; it stands in the member `result` if it is `wrapped`.
        """
        told, definition = self._told("tools", "name", item, Tool)
        call = _Call(told, run, arguments, wrapped, extra)
        mirrored = mirrored_in(told["inputSchema"])
        entry = ToolEntry(definition, call.answer, About(), mirrored)
        self._registry.tools.add(told["name"], entry, as_is=True)

    def resource(self, item: str, run: Callable[[Context], Awaitable[Readable]]) -> None:
        """Offers a resource."""
        told, definition = self._told("resources", "uri", item, Resource)
        mime_type = _text(told, "mimeType")

        async def answer(uri: str, context: Context) -> list[Any]:
            context.uri = uri
            return resource_contents(await run(context), uri, mime_type)

        entry = ResourceEntry(definition, answer, About())
        self._registry.resources.add(told["uri"], entry, as_is=True)

    def template(
        self, item: str, run: Callable[..., Awaitable[Readable]], parameters: Mapping[str, str]
    ) -> None:
        """Offers a resource template; `parameters` are those of the function, by the variables that they are."""
        told, definition = self._told("resourceTemplates", "uriTemplate", item, ResourceTemplate)
        mime_type, uri_template = _text(told, "mimeType"), told["uriTemplate"]

        async def answer(uri: str, variables: dict[str, Any], context: Context) -> list[Any]:
            context.uri = uri
            given = {parameters[name]: value for name, value in variables.items()}
            return resource_contents(await run(context, **given), uri, mime_type)

        entry = TemplateEntry(definition, _template_of(uri_template), answer, About())
        self._registry.templates.add(uri_template, entry, as_is=True)

    def prompt(
        self, item: str, run: Callable[..., Awaitable[Filled]], parameters: Mapping[str, str]
    ) -> None:
        """Offers a prompt; `parameters` are those of the function, by the arguments that they are."""
        told, definition = self._told("prompts", "name", item, Prompt)
        description = _text(told, "description")
        rules = _rules_of_prompt(told)

        async def answer(given: dict[str, str], context: Context) -> GetPromptResult:
            problems = rules.problems(msgspec.json.encode(given))
            if problems:
                lines = "\n".join(f"params.arguments.{line}" for line in problems)
                raise protocol_error(ErrorCode.INVALID_PARAMS, lines)
            named = {parameters[name]: value for name, value in given.items()}
            return prompt_result(await run(context, **named), description)

        entry = PromptEntry(definition, answer, About())
        self._registry.prompts.add(told["name"], entry, as_is=True)

    @property
    def _registry(self) -> "Registry":
        return self.server._offer.registry

    def _told(self, of: str, key: str, item: str, type: Any) -> tuple[dict[str, Any], Any]:
        """An item as JSON and as the protocol has it. Raises DecodeError if it is none."""
        told: dict[str, Any] = msgspec.json.decode(item)
        self._expected.setdefault(of, {})[told[key]] = hash_of(told)
        return told, _definition(type, told)


def _definition(of: Any, told: Mapping[str, Any]) -> Any:
    """An item as the protocol has it; members that are not as it says stay as they are, and are sent so.

    Raises DecodeError if it cannot do without one of those.
    """
    odd: dict[str, Any] = {}
    while True:
        right = {name: value for name, value in told.items() if name not in odd}
        if "inputSchema" in odd:
            right["inputSchema"] = {"type": "object"}
        try:
            definition = codec(of).decode(msgspec.json.encode(right), NEWEST)
            break
        except DecodeError as error:
            name = str(error.keys[0]) if error.keys else ""
            if name in odd or name not in told:
                raise
            odd[name] = told[name]
    for field in structs.fields(of):
        if field.encode_name in odd:
            setattr(definition, field.name, odd[field.encode_name])
    return definition


def _text(told: Mapping[str, Any], member: str) -> str | None:
    value = told.get(member)
    return value if isinstance(value, str) else None


def _server_of(about: str) -> Server:
    told = msgspec.json.decode(about, type=dict[str, Raw])
    info = codec(Implementation).decode(told["server"], NEWEST)
    instructions = told.get("instructions")
    server = Server(info.name, info.version)
    # Also what no revision knows.
    server._offer.introduce(
        info, None if instructions is None else msgspec.json.decode(instructions, type=str)
    )
    return server


class _Call:
    """A tool that is called."""

    def __init__(
        self,
        told: dict[str, Any],
        run: Callable[..., Awaitable[Any]],
        of: Any,
        wrapped: bool,
        extra: bool,
    ) -> None:
        self._run = run
        self._of = of
        self._wrapped = wrapped
        self._extra = extra
        name = told["name"]
        self._input = Rules(told["inputSchema"], "argument", f"inputSchema of tool {name}")
        self._output: Rules | None = None
        if "outputSchema" in told:
            self._output = Rules(told["outputSchema"], "member", f"outputSchema of tool {name}")

    async def answer(self, arguments: Raw | bytes, context: Context) -> CallToolResult:
        text = bytes(arguments)
        try:
            problems = self._input.problems(text)
            if problems:
                raise WrongArguments(problems)
            value = await self._run(context, **self._given(text))
        except (DecodeError, WrongArguments, ToolError) as error:
            return failure(error)
        if self._output is None or isinstance(value, CallToolResult):
            return tool_result(_content(value))
        return self._result(value, self._output)

    def _given(self, text: bytes) -> dict[str, Any]:
        """The arguments of the function: those that are there."""
        if self._of is None:
            return {}
        value = read(self._of, msgspec.json.decode(text))
        # By the type that is said: a value of one of several may be a struct, too.
        if not (isinstance(self._of, type) and issubclass(self._of, Object)):
            return {"arguments": value}
        named = {name: getattr(value, name) for name in value.__struct_fields__}
        if not self._extra:
            del named["extra"]
        return {name: one for name, one in named.items() if one is not UNSET}

    def _result(self, value: Any, rules: Rules) -> CallToolResult:
        given = write(value)
        try:
            text = msgspec.json.encode({"result": given} if self._wrapped else given)
            rules.require(text)
        except (DecodeError, TypeError) as error:
            raise McpError(ErrorKind.ENCODE, f"a tool's result: {error}") from None
        said = TextContent(text=text.decode())
        return CallToolResult(content=[said], structured_content=Raw(text))


def _content(value: Any) -> Any:
    """Texts as content: where the contract says nothing of a result, they are no structured content."""
    if isinstance(value, str):
        return block(value)
    return [block(one) for one in value] if isinstance(value, list) else value


def _rules_of_prompt(told: dict[str, Any]) -> Rules:
    listed = told.get("arguments")
    arguments = [
        one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    ]
    schema = {
        "type": "object",
        "properties": {one["name"]: {"type": "string"} for one in arguments},
        "required": [one["name"] for one in arguments if one.get("required") is True],
        "additionalProperties": False,
    }
    return Rules(schema, "argument", f"prompt {told['name']}")


def _template_of(text: str) -> UriTemplate:
    """A template, which may be one of others: these are loaded where there are any."""
    try:
        return UriTemplate(text)
    except ValueError:
        from .expressions import AnyTemplate, Beginning
    try:
        return AnyTemplate(text)
    except ValueError as error:
        log.warning("%s: it is taken for the beginning of addresses", error)
        return Beginning(text)
