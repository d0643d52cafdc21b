"""Goes through the reference surface of any server, one JSON line a step on standard output."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

from isogloss import Client, ClientHandler, McpError, connect
from isogloss.client import EraMode
from isogloss.protocol.types import (
    CallToolResult,
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequestParams,
    ElicitResult,
    Implementation,
    TextContent,
    TextResourceContents,
)

STEP_SECONDS = 5
CONNECT_SECONDS = 30
# Long enough that a call which is never cancelled runs into the step's time.
CANCELLED_CALL_MS = 30_000
CANCEL_AFTER_SECONDS = 0.3

STEPS = [
    "ping",
    "list_tools",
    "add",
    "echo_payload",
    "fail",
    "unknown_tool",
    "wrong_args",
    "progress",
    "cancel",
    "cancel_srv",
    "ask_name",
    "resource",
    "template",
    "res_missing",
    "prompt",
    "complete",
    "big",
    "prompt_uni",
]
TOOLS = {"add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"}
PAYLOAD = json.loads(r"""{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c",
  "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere",
  "constructor": {"prototype": null}, "_meta": {"progressToken": "x"}, "type": "nonsense",
  "__proto__": {"polluted": true}
}""")

Outcome = tuple[bool, Any]


class Answers(ClientHandler[Client]):
    """The user, who is called Zoë."""

    def elicit(self, _: Client, _params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Zoë"})


def text_of(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


def structured(result: CallToolResult) -> Any:
    """Before 2025-06-18 there is only the text."""
    return result.structured_content or json.loads(text_of(result))


class Steps:
    """One method a step: whether it went as the reference surface says, and what was seen."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cancels_before = 0

    async def ping(self) -> Outcome:
        await self.client.ping()
        return True, None

    async def list_tools(self) -> Outcome:
        names = sorted(tool.name for tool in await self.client.list_tools())
        return set(names) >= TOOLS, names

    async def add(self) -> Outcome:
        result = structured(await self.client.call_tool("add", {"a": 2, "b": 3}))
        return result == {"sum": 5}, result

    async def echo_payload(self) -> Outcome:
        result = structured(await self.client.call_tool("echo_any", {"payload": PAYLOAD}))
        return result == {"echo": PAYLOAD}, "equal" if result == {"echo": PAYLOAD} else result

    async def fail(self) -> Outcome:
        result = await self.client.call_tool("fail")
        return bool(result.is_error) and "boom" in text_of(result), text_of(result)

    async def unknown_tool(self) -> Outcome:
        try:
            return False, text_of(await self.client.call_tool("no_such_tool"))
        except McpError as error:
            return error.code is not None, error.code or str(error)

    async def wrong_args(self) -> Outcome:
        try:
            result = await self.client.call_tool("add", {"a": "x", "b": 3})
        except McpError as error:
            return error.code == -32602, error.code or str(error)
        return bool(result.is_error), "isError" if result.is_error else text_of(result)

    async def progress(self) -> Outcome:
        seen: list[Any] = []
        result = await self.client.call_tool(
            "slow", {"ms": 150}, on_progress=lambda p: seen.append([p.progress, p.total, p.message])
        )
        # Revision 2024-11-05 has no messages.
        texts = self.client.revision != "2024-11-05"
        ok = len(seen) == 3 and all(
            [progress, total] == [i, 3] and (message == f"step {i}" or not texts)
            for i, (progress, total, message) in enumerate(seen, 1)
        )
        return ok and text_of(result) == "done", [[p, t, m or None] for p, t, m in seen]

    async def cancel(self) -> Outcome:
        self.cancels_before = await self.cancels()
        try:
            async with asyncio.timeout(CANCEL_AFTER_SECONDS):
                return False, text_of(
                    await self.client.call_tool("slow", {"ms": CANCELLED_CALL_MS})
                )
        except TimeoutError:
            return True, "cancelled"

    async def cancel_srv(self) -> Outcome:
        while (count := await self.cancels()) <= self.cancels_before:
            await asyncio.sleep(0.1)
        return True, count

    async def cancels(self) -> int:
        return int(text_of(await self.client.call_tool("cancels")))

    async def ask_name(self) -> Outcome:
        result = await self.client.call_tool("ask_name")
        return not result.is_error and text_of(result) == "Hello, Zoë!", text_of(result)

    async def resource(self) -> Outcome:
        (content,) = (await self.client.read_resource("text://greeting")).contents
        seen = [getattr(content, "text", None), content.mime_type or None]
        return seen == ["héllo wörld ✓", "text/plain"], seen

    async def template(self) -> Outcome:
        (content,) = (await self.client.read_resource("item://caf%C3%A9%20%E2%9C%93")).contents
        text = content.text if isinstance(content, TextResourceContents) else None
        return text == "item café ✓", text

    async def res_missing(self) -> Outcome:
        try:
            return False, len((await self.client.read_resource("text://missing")).contents)
        except McpError as error:
            return error.code is not None, error.code or str(error)

    async def prompt(self) -> Outcome:
        return await self.greet("greet")

    async def complete(self) -> Outcome:
        values = await self.client.complete("name", "Al", prompt="greet")
        return sorted(values) == ["Alan", "Alice"], values

    async def big(self) -> Outcome:
        text = text_of(await self.client.call_tool("big", {"n": 2048}))
        return text == "x" * (2048 * 1024), len(text)

    async def prompt_uni(self) -> Outcome:
        return await self.greet("grüß 日本")

    async def greet(self, prompt: str) -> Outcome:
        messages = (await self.client.get_prompt(prompt, {"name": "Ann"})).messages
        seen = [[message.role, getattr(message.content, "text", None)] for message in messages]
        return seen == [["user", "Greet Ann"]], seen


async def report(step: str, seconds: float, run: Callable[[], Awaitable[Outcome]]) -> bool:
    """Runs a step within its time and prints its line."""
    try:
        async with asyncio.timeout(seconds):
            ok, detail = await run()
    except Exception as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    print(json.dumps({"step": step, "ok": ok, "detail": detail}, ensure_ascii=False), flush=True)
    return ok


async def run(era: str, command: list[str]) -> int:
    connecting = connect(
        command=command,
        era=cast(EraMode, era),
        revision=os.environ.get("ISOGLOSS_REVISION") if era == "legacy" else None,
        info=Implementation(name="isogloss-python-peer", version="0.1.0"),
        capabilities=ClientCapabilities(elicitation=ElicitationCapability()),
        handler=Answers(),
    )
    client: Client | None = None

    async def open() -> Outcome:
        nonlocal client
        client = await connecting.__aenter__()
        return True, {"revision": client.revision.value, "server": client.server.name}

    async def close() -> Outcome:
        await connecting.__aexit__(None, None, None)
        return True, None

    if not await report("connect", CONNECT_SECONDS, open) or client is None:
        return 1
    steps = Steps(client)
    only = os.environ.get("ISOGLOSS_STEPS")
    wanted = STEPS[1:] if only is None else [step for step in STEPS if step in only.split(",")]
    for step in wanted:
        await report(step, STEP_SECONDS, getattr(steps, step))
    await report("close", STEP_SECONDS, close)
    return 0


def main(era: str, command: list[str]) -> None:
    sys.exit(asyncio.run(run(era, command)))
