"""Goes through the reference surface of any server with FastMCP's client.

One JSON line a step on stdout; 0 when it got to the end, whatever failed, and 1 when it could not
connect. It checks what came back, not how it came: the wire is FastMCP's business.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp import MCPError
from mcp_types import PromptReference

STEP_TIMEOUT_SECONDS = 5
# Connecting starts a program, on a machine that may be busy.
CONNECT_TIMEOUT_SECONDS = 30
# Long enough that a call which is never cancelled runs into the step's timeout.
CANCELLED_CALL_MS = 30_000
CANCEL_AFTER_SECONDS = 0.3
MODERN_REVISION = "2026-07-28"
TOOLS = {"add", "echo_any", "fail", "slow", "cancels", "ask_name", "big"}
PAYLOAD = json.loads(r"""{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}""")

Outcome = tuple[bool, Any]


def text_of(result: Any) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)


def text_of_error(error: BaseException) -> str:
    """Task groups wrap what went wrong; what they wrap is what to report."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(text_of_error(inner) for inner in error.exceptions)
    if isinstance(error, MCPError):
        return f"error {error.code}: {error.message}"
    return f"{type(error).__name__}: {error}"


async def answer_name(message: str, response_type: Any, params: Any, context: Any) -> dict[str, str]:
    return {"name": "Zoë"}


class Steps:
    """One method a step: whether it went as the reference surface says, and what was seen."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cancels_before = 0

    async def call(self, name: str, arguments: dict[str, Any], **options: Any) -> Any:
        return await self.client.call_tool(name, arguments, raise_on_error=False, **options)

    async def list_tools(self) -> Outcome:
        names = sorted(tool.name for tool in await self.client.list_tools())
        return TOOLS <= set(names), names

    async def add(self) -> Outcome:
        result = await self.call("add", {"a": 2, "b": 3})
        return result.structured_content == {"sum": 5}, result.structured_content

    async def echo_payload(self) -> Outcome:
        result = await self.call("echo_any", {"payload": PAYLOAD})
        equal = result.structured_content == {"echo": PAYLOAD}
        return equal, "equal" if equal else result.structured_content or text_of(result)

    async def fail(self) -> Outcome:
        result = await self.call("fail", {})
        return result.is_error and "boom" in text_of(result), text_of(result)

    async def unknown_tool(self) -> Outcome:
        try:
            result = await self.call("no_such_tool", {})
        except MCPError as error:
            return True, error.code
        return False, {"isError": result.is_error, "text": text_of(result)}

    async def wrong_args(self) -> Outcome:
        try:
            result = await self.call("add", {"a": "x", "b": 3})
        except MCPError as error:
            return error.code == -32602, error.code
        return result.is_error, "isError" if result.is_error else result.structured_content

    async def progress(self) -> Outcome:
        seen: list[Any] = []

        async def note(progress: float, total: float | None, message: str | None) -> None:
            seen.append([progress, total, message])

        result = await self.call("slow", {"ms": 150}, progress_handler=note)
        wanted = [[step, 3, f"step {step}"] for step in (1, 2, 3)]
        return seen == wanted and text_of(result) == "done", seen

    async def cancel(self) -> Outcome:
        self.cancels_before = await self.cancels()
        with anyio.move_on_after(CANCEL_AFTER_SECONDS):
            result = await self.call("slow", {"ms": CANCELLED_CALL_MS})
            return False, text_of(result)
        return True, "cancelled"

    async def cancel_srv(self) -> Outcome:
        while (count := await self.cancels()) <= self.cancels_before:
            await anyio.sleep(0.1)
        return True, count

    async def cancels(self) -> int:
        return int(text_of(await self.call("cancels", {})))

    async def ask_name(self) -> Outcome:
        result = await self.call("ask_name", {})
        return not result.is_error and text_of(result) == "Hello, Zoë!", text_of(result)

    async def resource(self) -> Outcome:
        (content,) = await self.client.read_resource("text://greeting")
        seen = [getattr(content, "text", None), content.mime_type]
        return seen == ["héllo wörld ✓", "text/plain"], seen

    async def template(self) -> Outcome:
        (content,) = await self.client.read_resource("item://caf%C3%A9%20%E2%9C%93")
        text = getattr(content, "text", None)
        return text == "item café ✓", text

    async def res_missing(self) -> Outcome:
        try:
            contents = await self.client.read_resource("text://missing")
        except MCPError as error:
            return True, error.code
        return False, len(contents)

    async def prompt(self) -> Outcome:
        return await self.greet("greet")

    async def complete(self) -> Outcome:
        completion = await self.client.complete(PromptReference(name="greet"), {"name": "name", "value": "Al"})
        return sorted(completion.values) == ["Alan", "Alice"], completion.values

    async def big(self) -> Outcome:
        text = text_of(await self.call("big", {"n": 2048}))
        return text == "x" * (2048 * 1024), len(text)

    async def prompt_uni(self) -> Outcome:
        return await self.greet("grüß 日本")

    async def greet(self, prompt: str) -> Outcome:
        messages = (await self.client.get_prompt(prompt, {"name": "Ann"})).messages
        seen = [[message.role, getattr(message.content, "text", None)] for message in messages]
        return seen == [["user", "Greet Ann"]], seen


STEPS = (
    "list_tools add echo_payload fail unknown_tool wrong_args progress cancel cancel_srv ask_name"
    " resource template res_missing prompt complete big prompt_uni"
).split()


async def step(name: str, run: Callable[[], Awaitable[Outcome]]) -> bool:
    limit = CONNECT_TIMEOUT_SECONDS if name == "connect" else STEP_TIMEOUT_SECONDS
    try:
        async with asyncio.timeout(limit):
            ok, detail = await run()
    except TimeoutError:
        ok, detail = False, f"no answer within {limit} s"
    except Exception as error:
        ok, detail = False, text_of_error(error)
    print(json.dumps({"step": name, "ok": ok, "detail": detail}, ensure_ascii=False), flush=True)
    return ok


async def main(transport: str, era: str, target: list[str]) -> int:
    only = os.environ.get("ISOGLOSS_STEPS")
    wanted = [name for name in STEPS if only is None or name in only.split(",")]
    # Kept alive, a server would outlive the client.
    server = (
        StdioTransport(target[0], target[1:], keep_alive=False)
        if transport == "stdio"
        else StreamableHttpTransport(target[0])
    )
    mode = MODERN_REVISION if era == "modern" else era
    client = Client(server, mode=mode, elicitation_handler=answer_name)
    stack = AsyncExitStack()

    async def connect() -> Outcome:
        await stack.enter_async_context(client)
        revision, info = client.protocol_version, client.server_info
        if era == "modern":
            # A pinned client sends nothing when it connects; asking makes it prove the revision.
            discovered = await client.session.send_discover(MODERN_REVISION)
            meta = discovered.get("_meta", {}).get("io.modelcontextprotocol/serverInfo", {})
            return MODERN_REVISION in discovered["supportedVersions"], {"revision": revision, "server": meta.get("name")}
        return True, {"revision": revision, "server": info.name if info else None}

    async def close() -> Outcome:
        await stack.aclose()
        return True, None

    if not await step("connect", connect):
        await stack.aclose()
        return 1
    steps = Steps(client)
    for name in wanted:
        await step(name, getattr(steps, name))
    await step("close", close)
    return 0
