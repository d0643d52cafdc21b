"""Tasks, the client's side: followed to their ends, given up, held, watched and answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from isogloss import Client, Context, McpError, Server, ToolFailed, connect, form, protocol_error
from isogloss.client.tasks import TaskHandle
from isogloss.jsonrpc import Request, parse
from isogloss.middleware import CallNext
from isogloss.protocol.types import (
    CallToolResult,
    CompletedTaskResult,
    CreateTaskResult,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredTaskResult,
)
from isogloss.tasks import AsTask
from isogloss.transport import Transport, memory_pair
from tests.runtime.loop import in_loop, pass_time

QUICK = AsTask(poll_interval=0.1)


@dataclass
class Yes:
    yes: bool


class Jobs(Server):
    """A server whose tools run as tasks."""

    def __init__(self) -> None:
        super().__init__("jobs")
        self.go = asyncio.Event()
        self.ended: list[str] = []
        self.asked: list[str] = []

        @self.middleware
        async def note(context: Context, call_next: CallNext) -> Any:
            self.asked.append(context.method)
            return await call_next()

        @self.tool(task=QUICK)
        async def work() -> str:
            try:
                await self.go.wait()
            except asyncio.CancelledError:
                self.ended.append("cancelled")
                raise
            return "done"

        @self.tool(task=QUICK)
        async def ask(context: Context) -> bool:
            context.progress(1, 2, "half")
            first = (await context.ask(form("First?", Yes), "first")).accepted()
            second = (await context.ask(form("Second?", Yes), "second")).accepted()
            return first.yes and second.yes

        @self.tool(task=QUICK)
        async def fail(kind: str) -> str:
            await asyncio.sleep(0)  # what is done at once is no task
            if kind == "protocol":
                raise protocol_error(-32099, "not so", {"why": 1})
            raise RuntimeError

        @self.tool(task=True)
        async def prompt() -> str:
            return "at once"

    async def settled(self, *ended: str) -> None:
        """Waits until these have ended."""
        while self.ended != list(ended):
            await asyncio.sleep(0.001)


@asynccontextmanager
async def client_of(server: Jobs, **options: Any) -> AsyncIterator[Client]:
    async with connect(server, tasks=True, era="modern", **options) as client:
        yield client
    await server.close()


@in_loop
async def test_a_call_waits_for_the_end_of_its_task() -> None:
    server = Jobs()
    async with client_of(server) as client:
        call = asyncio.ensure_future(client.call("work"))
        while not server.task_count:
            await asyncio.sleep(0)
        server.go.set()
        assert await call == "done"
        assert await client.call("prompt", output=str) == "at once"
        assert server.task_count == 1
    async with connect(server) as plain:
        assert await plain.call("work") == "done"
        assert server.task_count == 0
        result = await plain.begin_tool("work")
        assert isinstance(result, CallToolResult)


@in_loop
async def test_what_a_task_asks_is_answered_once_each() -> None:
    server, asked = Jobs(), []

    async def on_elicit(params: ElicitRequestFormParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"yes": True})

    async with client_of(server, on_elicit=on_elicit) as client:
        assert await client.call("ask") is True
    assert asked == ["First?", "Second?"]


@in_loop
async def test_a_task_that_fails_is_the_error_of_its_call() -> None:
    server = Jobs()
    async with client_of(server) as client:
        with pytest.raises(McpError, match="not so") as failed:
            await client.call("fail", {"kind": "protocol"})
        assert (failed.value.code, failed.value.data) == (-32099, {"why": 1})
        with pytest.raises(McpError, match="internal error"):
            await client.call("fail", {"kind": "bug"})
        # It cannot be asked, so that the tool fails where it asks.
        with pytest.raises((ToolFailed, McpError), match="elicitation"):
            await client.call("ask")


@in_loop
async def test_a_call_that_is_given_up_cancels_its_task_and_a_handle_that_is_let_go_of_does_not() -> (
    None
):
    server = Jobs()
    async with client_of(server) as client:
        call = asyncio.ensure_future(client.call("work"))
        while "tasks/get" not in server.asked:
            await asyncio.sleep(0.001)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await server.settled("cancelled")
        server.asked.clear()
        call = asyncio.ensure_future(client.call("work", timeout=5))
        while "tasks/get" not in server.asked:
            await asyncio.sleep(0.001)
        pass_time(5)
        with pytest.raises(McpError, match="within 5 s") as late:
            await call
        assert late.value.kind == "timeout"
        await server.settled("cancelled", "cancelled")
        task = await client.begin_tool("work")
        assert isinstance(task, TaskHandle)
        waiting = asyncio.ensure_future(task.result())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await task.state()).status == "working"
        again = client.task(task.id)
        await again.cancel()
        with pytest.raises(McpError, match="cancelled by the client") as gone:
            await task.result()
        assert gone.value.kind == "cancelled"


@in_loop
async def test_a_task_can_be_held_watched_and_answered() -> None:
    server = Jobs()
    async with client_of(server, on_elicit=lambda _: ElicitResult(action="cancel")) as client:
        task = await client.begin_tool("ask")
        assert isinstance(task, TaskHandle)
        seen = []
        async for state in task.states():
            seen.append((state.status, state.status_message))
            if isinstance(state, InputRequiredTaskResult):
                yes = ElicitResult(action="accept", content={"yes": True})
                await task.answer(dict.fromkeys(state.input_requests, yes))
            elif isinstance(state, CompletedTaskResult):
                assert state.result["structuredContent"] == {"result": True}
        assert seen[0] == ("input_required", "half")
        assert seen[-1][0] == "completed"
        result = await client.task(task.id).result()
        assert result.structured_content == {"result": True}
        with pytest.raises(McpError, match="unknown task"):
            await client.task("never").state()


class Fake:
    """A server by hand whose one task never ends."""

    def __init__(self, **created: Any) -> None:
        self.created = {"resultType": "task", "taskId": "t", "status": "working", **created}
        self.created |= {"createdAt": "2026-01-01T00:00:00Z"}
        self.created |= {"lastUpdatedAt": "2026-01-01T00:00:00Z"}
        self.asked: list[str] = []

    def in_memory(self) -> Transport:
        here, there = memory_pair()
        here.served_by = asyncio.ensure_future(self._serve(there))
        return here

    async def _serve(self, transport: Transport) -> None:
        discovered = {
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "ttlMs": 0,
            "cacheScope": "private",
        }
        while batch := await transport.receive():
            for text in batch:
                assert isinstance(text, bytes)
                request = parse(text)
                if not isinstance(request, Request):
                    continue  # a look that is given up is cancelled
                self.asked.append(request.method)
                result: dict[str, Any] = {"resultType": "complete"}
                match request.method:
                    case "server/discover":
                        result |= discovered
                    case "tools/call":
                        result = self.created
                    case "tasks/get":
                        result = {**self.created, **result}
                answer = {"jsonrpc": "2.0", "id": request.id, "result": result}
                transport.send(json.dumps(answer).encode())


@in_loop
async def test_a_server_is_looked_at_within_bounds_and_not_for_ever() -> None:
    async def hurry() -> None:
        while True:
            pass_time(0.005)
            await asyncio.sleep(0)

    server = Fake(pollIntervalMs=0, ttlMs=1500)
    async with connect(server, tasks=True, era="modern") as client:
        hurrying = asyncio.ensure_future(hurry())
        with pytest.raises(McpError, match=r"within 1\.5 s") as late:
            await client.call("work")
        hurrying.cancel()
        assert late.value.kind == "timeout"
        while "tasks/cancel" not in server.asked:
            await asyncio.sleep(0)
    looks = server.asked.count("tasks/get")
    assert 1 <= looks <= 1500 / 100, server.asked


@in_loop
async def test_a_task_that_is_kept_for_ever_is_followed_for_a_day_at_most() -> None:
    created = {"createdAt": "", "lastUpdatedAt": "", "taskId": "t", "status": "working"}
    async with connect(Jobs(), tasks=True) as client:
        for ttl in (None, 10**12):
            said = CreateTaskResult(
                created_at=created["createdAt"],
                last_updated_at=created["lastUpdatedAt"],
                status="working",
                task_id="t",
                ttl_ms=ttl,
                poll_interval_ms=10**9,
            )
            task = TaskHandle(client._session, "t", said)
            assert (task._ttl, task._interval) == (86400, 60)


@in_loop
async def test_a_task_that_was_not_asked_for_is_no_result() -> None:
    async with connect(Fake(), era="modern") as client:
        with pytest.raises(McpError) as wrong:
            await client.call("work")
        assert wrong.value.kind == "decode"
    async with connect(Fake(taskId=1), tasks=True, era="modern") as client:
        with pytest.raises(McpError, match="taskId") as wrong:
            await client.call("work")
        assert wrong.value.kind == "decode"
