"""The steps of PEER.md for every peer in this language: what each asks for and expects, its time, and its line
of output. How an SDK's client does what a step asks for is the peer's part, a `Caller`. It checks what came back,
not how it came: the wire is the SDK's business.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

STEP_SECONDS = 5
# Connecting starts a program, on a machine that may be busy.
CONNECT_SECONDS = 30
# Long enough that a call which is never cancelled runs into the step's time.
CANCELLED_CALL_MS = 30_000
CANCEL_AFTER_SECONDS = 0.3
POLL_SECONDS = 0.1
INVALID_PARAMS = -32602

STEPS = (
    "ping list_tools add echo_payload fail unknown_tool wrong_args progress cancel cancel_srv ask_name"
    " resource template res_missing prompt complete big prompt_uni"
).split()
TOOLS = {"add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"}
PAYLOAD = json.loads(r"""{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}""")
USER = "Zoë"
"""What the user answers who is asked for a name."""

Outcome = tuple[bool, Any]
"""Whether a step went as the reference surface says, and what was seen."""
OnProgress = Callable[[float, float | None, str | None], None]


class Caller(Protocol):
    """An SDK's client, as the steps use it. Results have the members' names that all SDKs of this language give them."""

    async def connect(self) -> tuple[str, str | None]:
        """Connects; the revision agreed on and the server's name."""

    async def close(self) -> None:
        """Closes, also after `connect` failed."""

    async def ping(self) -> None:
        """Pings. Called where ISOGLOSS_STEPS names it alone, so an SDK's peer may be without."""

    async def list_tools(self) -> list[Any]: ...

    async def call_tool(
        self, name: str, arguments: dict[str, Any] | None = None, on_progress: OnProgress | None = None
    ) -> Any: ...

    async def read_resource(self, uri: str) -> list[Any]:
        """The contents."""

    async def get_prompt(self, name: str, arguments: dict[str, str]) -> list[Any]:
        """The messages."""

    async def complete(self, prompt: str, argument: str, value: str) -> list[str]:
        """The values."""

    def code_of(self, error: BaseException) -> int | None:
        """The code, if it is an error of JSON-RPC."""


def text_of(result: Any) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)


class Steps:
    """One method a step."""

    def __init__(self, caller: Caller, revision: str) -> None:
        self.caller = caller
        self.revision = revision
        self.cancels_before = 0

    async def ping(self) -> Outcome:
        await self.caller.ping()
        return True, None

    async def list_tools(self) -> Outcome:
        names = sorted(tool.name for tool in await self.caller.list_tools())
        return TOOLS <= set(names), names

    async def add(self) -> Outcome:
        data = await self.data_of("add", {"a": 2, "b": 3})
        return data == {"sum": 5}, data

    async def echo_payload(self) -> Outcome:
        data = await self.data_of("echo_any", {"payload": PAYLOAD})
        equal = data == {"echo": PAYLOAD}
        return equal, "equal" if equal else data

    async def fail(self) -> Outcome:
        result = await self.caller.call_tool("fail")
        return bool(result.is_error) and "boom" in text_of(result), text_of(result)

    async def unknown_tool(self) -> Outcome:
        return await self.refused(self.text("no_such_tool"))

    async def wrong_args(self) -> Outcome:
        refused, seen = await self.refused(self.caller.call_tool("add", {"a": "x", "b": 3}))
        if refused:
            return seen == INVALID_PARAMS, seen
        return bool(seen.is_error), "isError" if seen.is_error else text_of(seen)

    async def progress(self) -> Outcome:
        seen: list[Any] = []
        result = await self.caller.call_tool("slow", {"ms": 150}, lambda *told: seen.append(self.as_told(*told)))
        wanted = [self.as_told(step, 3, f"step {step}") for step in (1, 2, 3)]
        return seen == wanted and text_of(result) == "done", seen

    async def cancel(self) -> Outcome:
        self.cancels_before = await self.cancels()
        try:
            async with asyncio.timeout(CANCEL_AFTER_SECONDS):
                return False, await self.text("slow", {"ms": CANCELLED_CALL_MS})
        except TimeoutError:
            return True, "cancelled"

    async def cancel_srv(self) -> Outcome:
        while (count := await self.cancels()) <= self.cancels_before:
            await asyncio.sleep(POLL_SECONDS)
        return True, count

    async def ask_name(self) -> Outcome:
        text = await self.text("ask_name")
        return text == f"Hello, {USER}!", text

    async def resource(self) -> Outcome:
        (content,) = await self.caller.read_resource("text://greeting")
        seen = [getattr(content, "text", None), content.mime_type or None]
        return seen == ["héllo wörld ✓", "text/plain"], seen

    async def template(self) -> Outcome:
        (content,) = await self.caller.read_resource("item://caf%C3%A9%20%E2%9C%93")
        text = getattr(content, "text", None)
        return text == "item café ✓", text

    async def res_missing(self) -> Outcome:
        refused, seen = await self.refused(self.caller.read_resource("text://missing"))
        return refused, seen if refused else len(seen)

    async def prompt(self) -> Outcome:
        return await self.greet("greet")

    async def complete(self) -> Outcome:
        values = await self.caller.complete("greet", "name", "Al")
        return sorted(values) == ["Alan", "Alice"], values

    async def big(self) -> Outcome:
        text = await self.text("big", {"n": 2048})
        return text == "x" * (2048 * 1024), len(text)

    async def prompt_uni(self) -> Outcome:
        return await self.greet("grüß 日本")

    async def text(self, tool: str, arguments: dict[str, Any] | None = None) -> str:
        return text_of(await self.caller.call_tool(tool, arguments))

    async def data_of(self, tool: str, arguments: dict[str, Any]) -> Any:
        """What a tool gave as data; before 2025-06-18, which has none, the JSON of its text."""
        result = await self.caller.call_tool(tool, arguments)
        if self.revision < "2025-06-18":
            return json.loads(text_of(result))
        return result.structured_content or text_of(result)

    async def cancels(self) -> int:
        return int(await self.text("cancels"))

    async def greet(self, prompt: str) -> Outcome:
        messages = await self.caller.get_prompt(prompt, {"name": "Ann"})
        seen = [[message.role, getattr(message.content, "text", None)] for message in messages]
        return seen == [["user", "Greet Ann"]], seen

    async def refused(self, call: Awaitable[Any]) -> Outcome:
        """A call that is to be refused with an error of JSON-RPC."""
        try:
            return False, await call
        except Exception as error:
            if (code := self.caller.code_of(error)) is None:
                raise
            return True, code

    def as_told(self, progress: float, total: float | None, message: str | None) -> list[Any]:
        """Progress has had messages since 2025-03-26."""
        return [progress, total] if self.revision < "2025-03-26" else [progress, total, message]


def in_words(caller: Caller, error: BaseException) -> str:
    """What task groups wrap is what to report."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(in_words(caller, inner) for inner in error.exceptions)
    code = caller.code_of(error)
    return f"{type(error).__name__}: {error}" if code is None else f"error {code}: {error}"


async def report(caller: Caller, step: str, seconds: float, run: Callable[[], Awaitable[Outcome]]) -> bool:
    """Runs a step within its time and prints its line."""
    try:
        # Not a scope of anyio: connecting may open one that outlives the step.
        async with asyncio.timeout(seconds):
            ok, detail = await run()
    except TimeoutError:
        ok, detail = False, f"no answer within {seconds} s"
    except Exception as error:
        ok, detail = False, in_words(caller, error)
    print(json.dumps({"step": step, "ok": ok, "detail": detail}, ensure_ascii=False), flush=True)
    return ok


async def go_through(caller: Caller) -> int:
    """Connects, goes through the steps that are asked for, and closes. The exit status: 0 when it got to the end,
    whatever failed, and 1 when it could not connect.
    """
    revision = ""

    async def connect() -> Outcome:
        nonlocal revision
        revision, server = await caller.connect()
        return True, {"revision": revision, "server": server}

    async def close() -> Outcome:
        await caller.close()
        return True, None

    if not await report(caller, "connect", CONNECT_SECONDS, connect):
        with suppress(Exception):
            async with asyncio.timeout(STEP_SECONDS):
                await caller.close()
        return 1
    steps = Steps(caller, revision)
    only = os.environ.get("ISOGLOSS_STEPS")
    for name in STEPS[1:] if only is None else [name for name in STEPS if name in only.split(",")]:
        await report(caller, name, STEP_SECONDS, getattr(steps, name))
    await report(caller, "close", STEP_SECONDS, close)
    return 0
