"""A server: ordinary functions become tools, resources and prompts, and any number of clients is served."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

from msgspec import UNSET

from .changes import Updated
from .connection import Connection
from .lifespan import SetUp
from .offer import Offer
from .policy import Policy
from .protocol.limits import CACHE_TTL, MAX_MESSAGE, MAX_TASKS, PAGE_SIZE
from .protocol.types.content import Icon
from .protocol.types.lifecycle import Implementation
from .registry import CacheScope, PromptEntry, TemplateEntry
from .registry.told import OfferOptions
from .registry.tools import ToolOptions, tool_of
from .schema import Coercion
from .transport import Transport, memory_pair

if TYPE_CHECKING:
    from .claims import Guard
    from .http_server import Answers, AsgiApp, EventStore
    from .middleware import Middleware
    from .registry.resources import ResourceOptions
    from .tasks import TaskStore


class HttpOptions(TypedDict, total=False):
    """How a server is reached over HTTP; `Server.asgi` says what each means."""

    guard: "Guard | None"
    allowed_hosts: Sequence[str]
    allowed_origins: Sequence[str]
    max_message: int
    stateless: bool
    answers: "Answers"
    max_sessions: int
    session_idle: float
    sse_keep_alive: float
    sse_retry: float
    event_store: "EventStore | None"


F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound="Middleware")


class Server:
    """Offers what is added to it. It may be added to while it serves."""

    def __init__(
        self,
        name: str,
        version: str = "0.0.0",
        *,
        title: str | None = None,
        description: str | None = None,
        website_url: str | None = None,
        icons: list[Icon] | None = None,
        instructions: str | None = None,
        lifespan: SetUp | None = None,
        policy: Policy | None = None,
        page_size: int = PAGE_SIZE,
        cache_ttl: float = CACHE_TTL,
        cache_scope: CacheScope | None = None,
        in_threads: bool = False,
        coercion: Coercion = "off",
        state_key: bytes | None = None,
        task_store: "TaskStore | None" = None,
        max_tasks: int = MAX_TASKS,
    ) -> None:
        """A server of a name. `instructions` tell the model how to use it well.

        `lifespan` makes a context manager that is entered before the first request is answered and left at the
        end; it gets the server, and handlers find what it gives as `Context.state`. `policy` decides who sees
        and who uses what. For `cache_ttl` seconds modern clients may keep lists and what a server says of
        itself; `cache_scope` says who may share them, only the client itself (`private`) unless there is no
        policy. With `in_threads`, functions that are not `async` run in threads, unless their offer says
        otherwise. With `coercion` arguments that models send as strings are taken for what they spell where no
        string is wanted (`on`), and the log is told of it (`report`).

        `state_key`, 32 bytes, signs what a modern client brings back with its answers to questions; processes
        that answer the same clients share it. Without one it is drawn, and ends with the process.

        Tasks are kept in `task_store`, in memory unless there is one, and `max_tasks` of them at once, those
        that have ended among them. At the limit a call that could be a task is answered as an ordinary one, or
        refused if it has to be one.

        Raises ValueError if a page has no room for anything.
        """
        if page_size < 1:
            raise ValueError(f"page_size is {page_size}: expected 1 or more")
        info = Implementation(
            name=name,
            version=version,
            title=title or UNSET,
            description=description or UNSET,
            website_url=website_url or UNSET,
            icons=icons or UNSET,
        )
        self._in_threads = in_threads
        self._offer = Offer(
            self,
            info,
            instructions=instructions,
            page_size=page_size,
            state_key=state_key,
            policy=policy,
            coercion=coercion,
            cache_ttl=cache_ttl,
            cache_scope=cache_scope,
            set_up=lifespan,
            task_store=task_store,
            max_tasks=max_tasks,
        )

    @property
    def name(self) -> str:
        """Its name."""
        return self._offer.info.name

    @property
    def version(self) -> str:
        """Its version."""
        return self._offer.info.version

    # ---- adding ----

    @overload
    def tool(
        self, function: F, /, *, name: str | None = None, **options: Unpack[ToolOptions]
    ) -> F: ...
    @overload
    def tool(self, name: str | None = None, **options: Unpack[ToolOptions]) -> Callable[[F], F]: ...
    def tool(self, given: Any = None, /, **options: Any) -> Any:  # type: ignore[misc]
        """Adds a tool: `@mcp.tool`, `@mcp.tool()`, `@mcp.tool("name", title="…")` or `mcp.tool(function)`.

        Its name, description and schemas are those of the function: its name, docstring and type
        hints. A parameter of type `Context` gets the context of the call. The function may be `async`;
        one that is not runs in the loop, and should not take long, unless it is to run `in_thread`.

        Wrong arguments are answered with all that is wrong, without a call. A `ToolError` is a result
        that says so, or the one that it was given; any other exception is answered `internal error`.
        With `confirm` the user is asked this before it runs, if its arguments are right; without a yes it
        does not. `tags` are for a policy, `scopes` what credentials have to be good for. One that is not `enabled` is neither listed
        nor called. With `task` it runs as a task where a client knows tasks: `True`, or `AsTask(…)` says how.
        `replace` puts it in the place of the one of that name. With an `input_schema` written by
        hand the function gets a dict; what it gives is held to its return type, or to an `output_schema`.

        Raises TypeError if a type cannot be told in JSON, ValueError if there is a tool of the name, or a
        schema cannot be held, or the tool could not be sent.
        """
        return self._decorator(self._add_tool, given, options)

    def _add_tool(self, function: Callable[..., Any], name: str, options: ToolOptions) -> None:
        tool = tool_of(function, name, options)
        self._offer.registry.tools.add(name, tool, options.get("replace", False))

    def resource(self, uri: str, **options: "Unpack[ResourceOptions]") -> Callable[[F], F]:
        """Adds a resource, or with variables in its URI (`item://{id}`) a template of many.

        The function gets the variables, percent-decoded and as its parameters' types, and returns text,
        bytes, contents, or any value that has a JSON form; `Context.uri` is the URI as it was asked for.
        Modern clients may keep what they have read for `cache_ttl` seconds, not at all unless it is set.
        What else can be said is that of `tool`.

        Raises ValueError if the template is not understood, the function's parameters are not its
        variables, there is one of the URI, or it could not be sent.
        """
        from .registry.resources import resource_of

        options.setdefault("in_thread", self._in_threads)

        def add(function: F) -> F:
            offer = resource_of(function, uri, options)
            registry, replace = self._offer.registry, options.get("replace", False)
            if isinstance(offer, TemplateEntry):
                registry.templates.add(uri, offer, replace)
            else:
                registry.resources.add(uri, offer, replace)
            return function

        return add

    @overload
    def prompt(
        self, function: F, /, *, name: str | None = None, **options: Unpack[OfferOptions]
    ) -> F: ...
    @overload
    def prompt(
        self, name: str | None = None, **options: Unpack[OfferOptions]
    ) -> Callable[[F], F]: ...
    def prompt(self, given: Any = None, /, **options: Any) -> Any:  # type: ignore[misc]
        """Adds a prompt: `@mcp.prompt`, `@mcp.prompt()`, `@mcp.prompt("name", title="…")` or `mcp.prompt(function)`.

        The function's parameters are the prompt's arguments. It returns text of the user, messages, a list
        of these, or a GetPromptResult. What else can be said is that of `tool`.

        Raises ValueError if there is a prompt of the name, or it could not be sent.
        """
        return self._decorator(self._add_prompt, given, options)

    def _add_prompt(self, function: Callable[..., Any], name: str, options: OfferOptions) -> None:
        from .registry.prompts import prompt_of

        prompt = prompt_of(function, name, options)
        self._offer.registry.prompts.add(name, prompt, options.get("replace", False))

    def _decorator(self, add: Callable[..., None], given: Any, options: dict[str, Any]) -> Any:
        """A decorator that is one itself, or makes one."""
        named = options.pop("name", None)
        options.setdefault("in_thread", self._in_threads)

        def decorate(function: Any) -> Any:
            add(function, named or function.__name__, options)
            return function

        if callable(given):
            return decorate(given)
        named = given or named
        return decorate

    def completion(
        self, argument: str, *, prompt: str | None = None, template: str | None = None
    ) -> Callable[[F], F]:
        """Has an argument of a prompt, or a variable of a resource template, completed.

        The function gets what has been typed so far and, if it has a second parameter, the arguments
        that were given already; it returns suggestions, best first. A parameter of type `Context` gets the
        context.

        Raises ValueError if there is no such prompt or template, or it does not take the argument.
        """
        if (prompt is None) == (template is None):
            raise ValueError("an argument belongs to either a prompt or a template")
        from .registry.prompts import completer_of

        registry = self._offer.registry

        def add(function: F) -> F:
            owner: PromptEntry | TemplateEntry | None
            if prompt is not None:
                owner = registry.prompts.get(prompt)
            else:
                owner = registry.templates.get(str(template))
            if owner is None:
                what = f"prompt {prompt!r}" if prompt else f"resource template {template!r}"
                raise ValueError(f"there is no {what}: add it before its completions")
            registry.complete(owner, argument, completer_of(function))
            return function

        return add

    def middleware(self, function: M) -> M:
        """Puts a function around every request, of all methods but the handshake, both eras and all transports.

        It gets the context and `call_next`, and gives the result. What is added first is outermost.
        """
        self._offer.middleware.append(function)
        return function

    def mount(self, server: "Server", namespace: str = "") -> None:
        """Offers what another server offers now, under a namespace.

        A tool or prompt `x` is `namespace_x` here, a resource `scheme://rest` is `scheme://namespace/rest`; an
        empty namespace keeps the names. The other server's state comes along, its middleware and its policy do
        not: what is asked here is answered by this server's rules.

        Raises ValueError if there is one of such a name already; then nothing is taken over.
        """
        from .mount import take_over

        take_over(self._offer.registry, namespace, server._offer.registry, server._offer)
        self._offer.lifespan.others.append(server._offer.lifespan)

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
        self._offer.registry.shelf_of(uri).remove(uri)

    def enable_tool(self, name: str, on: bool = True) -> bool:
        """Switches a tool on or off: one that is off is neither listed nor called. Tells whether that changed anything.

        Raises KeyError if there is none of that name.
        """
        return self._offer.registry.tools.enable(name, on)

    def enable_prompt(self, name: str, on: bool = True) -> bool:
        """Switches a prompt on or off. Tells whether that changed anything.

        Raises KeyError if there is none of that name.
        """
        return self._offer.registry.prompts.enable(name, on)

    def enable_resource(self, uri: str, on: bool = True) -> bool:
        """Switches a resource on or off, or the template of many. Tells whether that changed anything.

        Raises KeyError if there is none of that address.
        """
        return self._offer.registry.shelf_of(uri).enable(uri, on)

    def resource_updated(self, uri: str) -> None:
        """Tells the clients that want to know that what a resource says has changed."""
        self._offer.changes.tell(Updated(uri))

    # ---- serving ----

    def contract(self) -> str:
        """The contract of this server: the file that `isogloss pull` writes of it, from which clients are made.

        It says all that is offered now and switched on. Whom a policy shows what is not looked at.
        """
        from .contract import contract_of

        offer = self._offer
        return contract_of(offer.info, offer.capabilities(), offer.instructions, offer.registry)

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
        any free one is taken. `on_listening` is told the address. `options` are those of `asgi`; of them `stdio`
        has `max_message`, too.
        """
        if transport == "stdio":
            with suppress(KeyboardInterrupt):
                asyncio.run(self.serve_stdio(options.get("max_message", MAX_MESSAGE)))
        else:
            self.asgi(**options).run(host=host, port=port, on_listening=on_listening)

    async def run_async(
        self,
        *,
        transport: Literal["stdio", "http"] = "stdio",
        host: str = "127.0.0.1",
        port: int = 8000,
        on_listening: Callable[[str], object] | None = None,
        **options: Unpack[HttpOptions],
    ) -> None:
        """The same, in a loop that runs already."""
        if transport == "stdio":
            await self.serve_stdio()
        else:
            app = self.asgi(**options)
            await app.serve(host=host, port=port, on_listening=on_listening)

    def asgi(self, path: str = "/mcp", **options: Unpack[HttpOptions]) -> "AsgiApp":
        """The server over HTTP at a path, as an ASGI application: for any ASGI server, or mounted in another.

        A `guard` looks at every request before anything of it is read, and says who asks (`Context.claims`).
        `allowed_hosts` are names under which it is reached besides `localhost`, `*` is any; pages of
        `allowed_origins` may ask it. A body has at most `max_message` bytes;
        raised, it lets larger answers out, too. A `stateless` server keeps no
        legacy sessions, so that any process can answer any request, and legacy clients are asked nothing.
        `answers` is `fitting` (JSON where nothing is told before the answer), `json` alone, for platforms that cannot
        stream, which costs progress, logs and the questions to legacy clients, or always a `stream`.
        At most `max_sessions` are kept, each until it was unused for `session_idle` seconds. After
        `sse_keep_alive` seconds a silent stream gets a comment, and an answer that is not there becomes a
        stream; `sse_retry` seconds a legacy client waits before it resumes one, from `event_store`.

        Raises ValueError if the path is none.
        """
        from .http_server import AsgiApp

        return AsgiApp(self._offer, path, **options)

    async def serve_stdio(self, max_message: int = MAX_MESSAGE) -> None:
        """The same, in a loop that runs already. What the program prints goes to standard error.

        A program that was started with the one argument `--contract` prints its `contract` instead, and serves nobody.
        """
        if sys.argv[1:] == ["--contract"]:
            sys.stdout.buffer.write(self.contract().encode())
            sys.stdout.flush()
            return
        from .stdio import FileTransport, standard_files

        with standard_files() as (read_from, write_to):
            try:
                await self.serve(FileTransport(read_from, write_to, max_message))
            finally:
                # Nobody is left to ask about them.
                if self._offer.has_tasks is not None:
                    await self._offer.has_tasks.close()

    async def serve(self, transport: Transport) -> None:
        """Serves one connection until it ends, and closes it.

        What the lifespan has set up ends with the last connection. Raises McpError if the connection did not end
        in good order.
        """
        self._offer.begins()
        span = self._offer.lifespan
        span.hold()
        try:
            await Connection(self._offer, transport).run()
        finally:
            await transport.close()
            await span.release()

    @property
    def task_count(self) -> int:
        """How many tasks there are, those that have ended and are still kept among them."""
        tasks = self._offer.has_tasks
        return 0 if tasks is None else tasks.count

    async def end_tasks(self, within: float) -> None:
        """Lets tasks finish for so many seconds, and cancels them then; those that wait for an answer at once."""
        await self._offer.end_tasks(within)

    async def close(self) -> None:
        """Ends all tasks and subscriptions, and what the lifespan has set up: that of mounted servers, too."""
        if self._offer.has_tasks is not None:
            await self._offer.has_tasks.close()
        self._offer.changes.end()
        await self._offer.lifespan.end()

    def in_memory(self) -> Transport:
        """The client's end of a connection to this server, which is served in the running loop."""
        here, there = memory_pair()
        task = asyncio.ensure_future(self.serve(there))
        # The loop holds tasks weakly; the transport that it serves keeps this one.
        here.served_by = task
        return here
