"""A connection to a server: what can be asked of it, in short. `calls` has all that the protocol has."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from ..protocol.calls import ServerCalls
from ..protocol.methods import CALL_TOOL, GET_PROMPT, READ_RESOURCE
from ..protocol.revisions import Era, Revision
from ..protocol.types.base import PaginatedRequestParams, RequestParams
from ..protocol.types.completion import (
    CompleteRequestParams,
    CompletionArgument,
    CompletionContext,
)
from ..protocol.types.lifecycle import Implementation, ServerCapabilities
from ..protocol.types.prompts import (
    GetPromptRequestParams,
    GetPromptResult,
    Prompt,
    PromptReference,
)
from ..protocol.types.resources import (
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
)
from ..protocol.types.tools import CallToolRequestParams, CallToolResult, Tool
from .negotiation import Greeting
from .rounds import completed
from .session import ClientSession, OnProgress

T = TypeVar("T")
R = TypeVar("R")


class Client:
    """A connection to a server, made by `connect`."""

    server: Implementation
    """What the server says of itself. For display, never for trust."""

    capabilities: ServerCapabilities
    """What the server can do."""

    instructions: str | None
    """How the server says it is used well, if it does."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        session.context = self
        self.calls = ServerCalls(session)
        """Every call that the protocol has, with its params."""

    def greeted(self, greeting: Greeting) -> None:
        """Takes what the server says of itself."""
        self.server = greeting.server
        self.capabilities = greeting.capabilities
        self.instructions = greeting.instructions

    @property
    def revision(self) -> Revision:
        """The revision that both sides speak."""
        return self._session.revision

    async def close(self) -> None:
        """Ends the connection. A server that was started for it is ended, too."""
        await self._session.link.close()

    # ---- tools ----

    async def list_tools(self) -> list[Tool]:
        """All tools of the server."""
        return await self._all(self.calls.list_tools, lambda page: page.tools)

    async def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        repeatable: bool = False,
    ) -> CallToolResult:
        """Calls a tool. A tool that failed says so in `is_error` of the result.

        `repeatable` says that it does no harm to call it twice, where an answer was lost on its way.
        Cancelling the task that waits cancels the call on the server, too.
        """
        params = CallToolRequestParams(
            name=name, arguments=UNSET if arguments is None else dict(arguments)
        )
        outcome = await self._session.call(
            CALL_TOOL, params, timeout=timeout, on_progress=on_progress, repeatable=repeatable
        )
        result: CallToolResult = completed(CALL_TOOL, outcome)
        return result

    # ---- resources ----

    async def list_resources(self) -> list[Resource]:
        """All resources of the server."""
        return await self._all(self.calls.list_resources, lambda page: page.resources)

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """All resource templates of the server."""
        return await self._all(
            self.calls.list_resource_templates, lambda page: page.resource_templates
        )

    async def read_resource(self, uri: str) -> ReadResourceResult:
        """Reads a resource."""
        outcome = await self._session.call(READ_RESOURCE, ReadResourceRequestParams(uri=uri))
        result: ReadResourceResult = completed(READ_RESOURCE, outcome)
        return result

    # ---- prompts ----

    async def list_prompts(self) -> list[Prompt]:
        """All prompts of the server."""
        return await self._all(self.calls.list_prompts, lambda page: page.prompts)

    async def get_prompt(
        self, name: str, arguments: Mapping[str, str] | None = None
    ) -> GetPromptResult:
        """Fills in a prompt."""
        given = UNSET if arguments is None else dict(arguments)
        params = GetPromptRequestParams(name=name, arguments=given)
        outcome = await self._session.call(GET_PROMPT, params)
        result: GetPromptResult = completed(GET_PROMPT, outcome)
        return result

    async def complete(
        self,
        argument: str,
        value: str,
        *,
        prompt: str | None = None,
        template: str | None = None,
        given: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Suggestions for an argument of a prompt, or a variable of a resource template."""
        if prompt is not None:
            ref: PromptReference | ResourceTemplateReference = PromptReference(name=prompt)
        elif template is not None:
            ref = ResourceTemplateReference(uri=template)
        else:
            raise TypeError("an argument belongs to either a prompt or a template")
        params = CompleteRequestParams(
            argument=CompletionArgument(name=argument, value=value),
            ref=ref,
            context=UNSET if given is None else CompletionContext(arguments=dict(given)),
        )
        return (await self.calls.complete(params)).completion.values

    async def ping(self) -> None:
        """Checks that the server is there. A modern one is asked to describe itself instead."""
        if self.revision.era is Era.MODERN:
            await self.calls.discover(RequestParams())
        else:
            await self.calls.ping(RequestParams())

    async def _all(
        self,
        page: Callable[[PaginatedRequestParams], Awaitable[R]],
        items: Callable[[R], list[T]],
    ) -> list[T]:
        found: list[T] = []
        cursors: set[object] = set()
        cursor: str | UnsetType = UNSET
        while cursor not in cursors:
            cursors.add(cursor)
            result: Any = await page(PaginatedRequestParams(cursor=cursor))
            found += items(result)
            cursor = result.next_cursor
            if cursor is UNSET:
                break
        return found
