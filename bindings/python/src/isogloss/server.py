"""A server: ordinary functions become tools, resources and prompts, and any number of clients is served."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Unpack,
    get_type_hints,
    overload,
)

from msgspec import UNSET, Raw

from .arguments import WrongArguments
from .changes import Updated
from .connection import Connection, Offer, then
from .context import Context
from .error import ErrorCode, ToolError, protocol_error
from .mirrored import mirrored_in
from .protocol.limits import PAGE_SIZE
from .protocol.types.content import Icon
from .protocol.types.lifecycle import Implementation
from .protocol.types.prompts import Prompt, PromptArgument
from .protocol.types.resources import Resource, ResourceTemplate
from .protocol.types.tools import CallToolResult, Tool, ToolAnnotations
from .registry import Given, PromptEntry, ResourceEntry, ToolEntry, UriTemplate
from .schema import Parameters
from .transport import Transport, memory_pair
from .values import failed, output_schema, prompt_result, resource_contents, tool_result

if TYPE_CHECKING:
    from .claims import Guard
    from .http_server import AsgiApp, EventStore


class HttpOptions(TypedDict, total=False):
    """How a server is reached over HTTP; `Server.asgi` says what each means."""

    guard: "Guard | None"
    allowed_hosts: Sequence[str]
    allowed_origins: Sequence[str]
    max_message: int
    stateless: bool
    max_sessions: int
    session_idle: float
    sse_keep_alive: float
    sse_retry: float
    event_store: "EventStore | None"


F = TypeVar("F", bound=Callable[..., Any])


class Server:
    """Offers what is added to it. It may be added to while it serves."""

    def __init__(
        self,
        name: str,
        version: str = "0.0.0",
        *,
        title: str | None = None,
        instructions: str | None = None,
        icons: list[Icon] | None = None,
        page_size: int = PAGE_SIZE,
        state_key: bytes | None = None,
    ) -> None:
        """A server of a name. `instructions` tell the model how to use it well.

        `state_key`, 32 bytes, signs what a modern client brings back with its answers to questions; processes
        that answer the same clients share it. Without one it is drawn, and ends with the process.
        """
        info = Implementation(
            name=name, version=version, title=title or UNSET, icons=icons or UNSET
        )
        self._offer = Offer(info, instructions, page_size, state_key)

    # ---- adding ----

    @overload
    def tool(self, function: F, /) -> F: ...
    @overload
    def tool(
        self,
        name: str | None = None,
        /,
        *,
        title: str | None = None,
        description: str | None = None,
        annotations: ToolAnnotations | None = None,
        icons: list[Icon] | None = None,
        meta: dict[str, Any] | None = None,
    ) -> Callable[[F], F]: ...
    def tool(self, name: Any = None, /, **options: Any) -> Any:
        """Adds a tool: `@mcp.tool`, `@mcp.tool()` or `@mcp.tool("name", title="…")`.

        Its name, description and schemas are those of the function: its name, docstring and type
        hints. A parameter of type `Context` gets the context of the call. The function may be `async`;
        one that is not runs in the loop, and should not take long.

        Wrong arguments are answered with all that is wrong, without a call. A `ToolError` is a result
        that says so; any other exception is answered `internal error`.

        Raises TypeError if a type cannot be told in JSON, ValueError if there is a tool of the name.
        """
        if callable(name):
            return self._add_tool(name, name.__name__, {})
        return lambda function: self._add_tool(function, name or function.__name__, options)

    def _add_tool(self, function: F, name: str, options: dict[str, Any]) -> F:
        parameters = Parameters(function, Context)
        returned = get_type_hints(function, include_extras=True).get("return", Any)
        about = options.pop("description", None) or inspect.getdoc(function)
        given = {key: value for key, value in options.items() if value is not None}
        definition = Tool(
            name=name,
            description=about or UNSET,
            input_schema=parameters.schema,
            output_schema=output_schema(returned) or UNSET,
            **given,
        )

        def run(arguments: Raw | bytes, context: Context) -> Given[CallToolResult]:
            try:
                value = function(**parameters.read(arguments, context))
            except (WrongArguments, ToolError) as error:
                return failed(str(error))
            return _later(value) if hasattr(type(value), "__await__") else tool_result(value)

        self._offer.registry.tools.add(
            name, ToolEntry(definition, run, mirrored_in(parameters.schema))
        )
        return function

    def resource(
        self,
        uri: str,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        mime_type: str | None = None,
    ) -> Callable[[F], F]:
        """Adds a resource, or with variables in its URI (`item://{id}`) a template of many.

        The function gets the variables, percent-decoded, and returns text, bytes or contents.

        Raises ValueError if the template is not understood, the function's parameters are not its
        variables, or there is one of the URI.
        """

        def add(function: F) -> F:
            template = UriTemplate(uri)
            parameters = Parameters(function, Context)
            _same_names(uri, template.names, parameters)
            about: dict[str, Any] = {
                "name": name or function.__name__,
                "title": title or UNSET,
                "description": description or inspect.getdoc(function) or UNSET,
                "mime_type": mime_type or UNSET,
            }

            def read(asked: str, variables: dict[str, str], context: Context) -> Given[list[Any]]:
                arguments = _from_texts(parameters, variables, context, "params.uri")
                return then(
                    function(**arguments), lambda value: resource_contents(value, asked, mime_type)
                )

            registry = self._offer.registry
            if template.names:
                entry = ResourceEntry(ResourceTemplate(uri_template=uri, **about), read)
                registry.templates.add(uri, (template, entry))
            else:
                registry.resources.add(uri, ResourceEntry(Resource(uri=uri, **about), read))
            return function

        return add

    @overload
    def prompt(self, function: F, /) -> F: ...
    @overload
    def prompt(
        self,
        name: str | None = None,
        /,
        *,
        title: str | None = None,
        description: str | None = None,
    ) -> Callable[[F], F]: ...
    def prompt(self, name: Any = None, /, **options: Any) -> Any:
        """Adds a prompt: `@mcp.prompt`, `@mcp.prompt()` or `@mcp.prompt("name", title="…")`.

        The function's parameters are the prompt's arguments. It returns text of the user, messages,
        or a GetPromptResult.

        Raises ValueError if there is a prompt of the name.
        """
        if callable(name):
            return self._add_prompt(name, name.__name__, {})
        return lambda function: self._add_prompt(function, name or function.__name__, options)

    def _add_prompt(self, function: F, name: str, options: dict[str, Any]) -> F:
        parameters = Parameters(function, Context)
        about = options.get("description") or inspect.getdoc(function)
        descriptions = parameters.descriptions()
        arguments = [
            PromptArgument(
                name=argument,
                required=argument in parameters.required,
                description=descriptions.get(argument, UNSET),
            )
            for argument in parameters.names
        ]
        definition = Prompt(
            name=name,
            title=options.get("title") or UNSET,
            description=about or UNSET,
            arguments=arguments or UNSET,
        )

        def fill(given: dict[str, str], context: Context) -> Given[Any]:
            values = _from_texts(parameters, given, context, "params.arguments")
            return then(function(**values), lambda value: prompt_result(value, about))

        self._offer.registry.prompts.add(name, PromptEntry(definition, fill))
        return function

    def completion(
        self, argument: str, *, prompt: str | None = None, template: str | None = None
    ) -> Callable[[F], F]:
        """Has an argument of a prompt, or a variable of a resource template, completed.

        The function gets what has been typed so far and, if it has a second parameter, the arguments
        that were given already; it returns suggestions, best first.
        """
        if (prompt is None) == (template is None):
            raise ValueError("an argument belongs to either a prompt or a template")
        kind = "ref/prompt" if prompt is not None else "ref/resource"
        owner = prompt if prompt is not None else template

        def add(function: F) -> F:
            wants_others = len(inspect.signature(function).parameters) > 1

            def complete(value: str, others: dict[str, str]) -> Given[list[str]]:
                return function(value, others) if wants_others else function(value)  # type: ignore[no-any-return]

            self._offer.registry.completers[kind, str(owner), argument] = complete
            return function

        return add

    # ---- changing ----

    def remove_tool(self, name: str) -> None:
        """Removes a tool; clients are told.

        Raises KeyError if there is none of that name.
        """
        self._offer.registry.tools.remove(name)

    def remove_prompt(self, name: str) -> None:
        """Removes a prompt; clients are told.

        Raises KeyError if there is none of that name.
        """
        self._offer.registry.prompts.remove(name)

    def remove_resource(self, uri: str) -> None:
        """Removes a resource, or the template of many; clients are told.

        Raises KeyError if there is none of that address.
        """
        registry = self._offer.registry
        shelf = registry.templates if registry.templates.get(uri) else registry.resources
        shelf.remove(uri)

    def resource_updated(self, uri: str) -> None:
        """Tells the clients that want to know that what a resource says has changed."""
        self._offer.changes.tell(Updated(uri))

    # ---- serving ----

    def run(
        self,
        *,
        transport: Literal["stdio", "http"] = "stdio",
        host: str = "127.0.0.1",
        port: int = 8000,
        on_listening: Callable[[str], object] | None = None,
        **options: Unpack[HttpOptions],
    ) -> None:
        """Serves until it is told to end.

        Over `stdio`, by default, on the standard input and output of this process, until the input ends.
        Over `http` at `http://{host}:{port}/mcp`, by uvicorn, which `isogloss[http]` installs; at port 0
        any free one is taken. `on_listening` is told the address. `options` are those of `asgi`.
        """
        if transport == "stdio":
            with suppress(KeyboardInterrupt):
                asyncio.run(self.serve_stdio())
        else:
            self.asgi(**options).run(host=host, port=port, on_listening=on_listening)

    def asgi(self, path: str = "/mcp", **options: Unpack[HttpOptions]) -> "AsgiApp":
        """The server over HTTP at a path, as an ASGI application: for any ASGI server, or mounted in another.

        A `guard` looks at every request before anything of it is read, and says who asks (`Context.claims`).
        `allowed_hosts` are names under which it is reached besides `localhost`, `*` is any; pages of
        `allowed_origins` may ask it. A body has at most `max_message` bytes. A `stateless` server keeps no
        legacy sessions, so that any process can answer any request, and legacy clients are asked nothing.
        At most `max_sessions` are kept, each until it was unused for `session_idle` seconds. After
        `sse_keep_alive` seconds a silent stream gets a comment, and an answer that is not there becomes a
        stream; `sse_retry` seconds a legacy client waits before it resumes one, from `event_store`.

        Raises ValueError if the path is none.
        """
        from .http_server import AsgiApp

        return AsgiApp(self._offer, path, **options)

    async def serve_stdio(self) -> None:
        """The same, in a loop that runs already. What the program prints goes to standard error."""
        from .stdio import FileTransport, standard_files

        with standard_files() as (read_from, write_to):
            await self.serve(FileTransport(read_from, write_to))

    async def serve(self, transport: Transport) -> None:
        """Serves one connection until it ends, and closes it.

        Raises McpError if it did not end in good order.
        """
        try:
            await Connection(self._offer, transport).run()
        finally:
            await transport.close()

    def in_memory(self) -> Transport:
        """The client's end of a connection to this server, which is served in the running loop."""
        here, there = memory_pair()
        task = asyncio.ensure_future(self.serve(there))
        # The loop holds tasks weakly; the transport that it serves keeps this one.
        here.served_by = task
        return here


async def _later(value: Awaitable[Any]) -> CallToolResult:
    try:
        return tool_result(await value)
    except ToolError as error:
        return failed(str(error))


def _from_texts(
    parameters: Parameters, given: dict[str, str], context: Context, where: str
) -> dict[str, Any]:
    try:
        return parameters.read_texts(given, context)
    except WrongArguments as error:
        raise protocol_error(ErrorCode.INVALID_PARAMS, f"{where}: {error}") from None


def _same_names(uri: str, variables: tuple[str, ...], parameters: Parameters) -> None:
    for name in variables:
        if name not in parameters.names:
            raise ValueError(f"{uri}: the function has no parameter {name!r}")
    for name in parameters.required:
        if name not in variables:
            raise ValueError(f"{uri}: the parameter {name!r} is no variable of the URI")
