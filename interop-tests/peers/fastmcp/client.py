"""How FastMCP's client does what the steps of interop-tests/steps/python ask for."""

from contextlib import AsyncExitStack
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp import MCPError
from mcp_types import PromptReference
from steps import USER, OnProgress, go_through

MODERN_REVISION = "2026-07-28"


async def answer_name(message: str, response_type: Any, params: Any, context: Any) -> dict[str, str]:
    return {"name": USER}


class Caller:
    """A client of the server of this command or address."""

    def __init__(self, transport: str, era: str, target: list[str]) -> None:
        # Kept alive, a server would outlive the client.
        server = (
            StdioTransport(target[0], target[1:], keep_alive=False)
            if transport == "stdio"
            else StreamableHttpTransport(target[0])
        )
        mode = MODERN_REVISION if era == "modern" else era
        self.era = era
        self.client = Client(server, mode=mode, elicitation_handler=answer_name)
        self.stack = AsyncExitStack()

    async def connect(self) -> tuple[str, str | None]:
        await self.stack.enter_async_context(self.client)
        revision, info = self.client.protocol_version, self.client.server_info
        if self.era != "modern":
            return revision, info.name if info else None
        # A pinned client sends nothing when it connects; asking makes it prove the revision.
        discovered = await self.client.session.send_discover(MODERN_REVISION)
        if MODERN_REVISION not in discovered["supportedVersions"]:
            raise RuntimeError(f"the server speaks {discovered['supportedVersions']}, not {MODERN_REVISION}")
        return revision, discovered.get("_meta", {}).get("io.modelcontextprotocol/serverInfo", {}).get("name")

    async def close(self) -> None:
        await self.stack.aclose()

    async def list_tools(self) -> list[Any]:
        return await self.client.list_tools()

    async def call_tool(
        self, name: str, arguments: dict[str, Any] | None = None, on_progress: OnProgress | None = None
    ) -> Any:
        async def note(progress: float, total: float | None, message: str | None) -> None:
            if on_progress:
                on_progress(progress, total, message)

        return await self.client.call_tool(
            name, arguments or {}, raise_on_error=False, progress_handler=note if on_progress else None
        )

    async def read_resource(self, uri: str) -> list[Any]:
        return await self.client.read_resource(uri)

    async def get_prompt(self, name: str, arguments: dict[str, str]) -> list[Any]:
        return (await self.client.get_prompt(name, arguments)).messages

    async def complete(self, prompt: str, argument: str, value: str) -> list[str]:
        completion = await self.client.complete(PromptReference(name=prompt), {"name": argument, "value": value})
        return completion.values

    def code_of(self, error: BaseException) -> int | None:
        return error.code if isinstance(error, MCPError) else None


async def run(transport: str, era: str, target: list[str]) -> int:
    return await go_through(Caller(transport, era, target))
