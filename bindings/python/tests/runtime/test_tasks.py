"""Tools that run as tasks, as text on the wire: how they begin, ask, end, and are forgotten."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import isogloss
from isogloss import Context, Server, ToolError, form, protocol_error
from isogloss.claims import Claims
from isogloss.tasks import AsTask, StoredTask
from isogloss.tasks.store import InMemory
from tests.runtime.by_hand import Outlet, Peer, modern_meta, text_of
from tests.runtime.loop import in_loop, pass_time

TASKS = "io.modelcontextprotocol/tasks"
KNOWS: dict[str, Any] = {"extensions": {TASKS: {}}, "elicitation": {}}


@dataclass
class Yes:
    yes: bool


class Job:
    """A handler that waits until it is let go, and tells how it ended."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.ended: list[str] = []
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
        return "done"


def jobs(task: bool | AsTask = True, **options: Any) -> tuple[Server, Job]:
    mcp, job = Server("jobs", **options), Job()

    @mcp.tool(task=task)
    async def work() -> str:
        return await job()

    return mcp, job


async def begun(peer: Peer, name: str = "work", **arguments: Any) -> str:
    created = await peer.call(name, **arguments)
    assert created["resultType"] == "task", created
    id: str = created["taskId"]
    return id


async def until(peer: Peer, id: str, is_so: Callable[[Any], bool]) -> Any:
    while True:
        state = await peer.ask("tasks/get", taskId=id)
        if is_so(state):
            return state
        await asyncio.sleep(0)


async def ended(peer: Peer, id: str) -> Any:
    return await until(peer, id, lambda state: state["status"] not in ("working", "input_required"))


def answer(**content: Any) -> Any:
    return {"action": "accept", "content": content}


@in_loop
async def test_a_call_becomes_a_task_for_a_client_that_knows_tasks_and_a_result_for_others() -> (
    None
):
    mcp, job = jobs(AsTask(ttl=60, poll_interval=0.25))
    peer = Peer(mcp, KNOWS)
    created = await peer.call("work")
    id = created["taskId"]
    assert len(bytes.fromhex(id)) == 16
    facts = {name: created[name] for name in ("resultType", "status", "ttlMs", "pollIntervalMs")}
    assert facts == {
        "resultType": "task",
        "status": "working",
        "ttlMs": 60_000,
        "pollIntervalMs": 250,
    }
    assert created["createdAt"].endswith("Z")
    assert (await peer.ask("tasks/get", taskId=id))["status"] == "working"
    job.go.set()
    state = await ended(peer, id)
    assert state["status"] == "completed"
    assert state["resultType"] == state["result"]["resultType"] == "complete"
    assert state["result"]["structuredContent"] == {"result": "done"}
    assert "done" in text_of(await Peer(mcp).call("work"))
    legacy = Peer(mcp)
    await legacy.open("2025-11-25")
    assert "done" in text_of(await legacy.legacy("tools/call", name="work"))
    assert (await legacy.legacy("tasks/get", taskId=id))["code"] == -32601
    assert mcp.task_count == 1


@in_loop
async def test_a_tool_that_is_a_task_alone_refuses_who_knows_no_tasks() -> None:
    mcp, _ = jobs(AsTask(required=True))
    refused = await Peer(mcp).call("work")
    assert refused["code"] == -32021
    assert refused["data"] == {"requiredCapabilities": {"extensions": {TASKS: {}}}}
    legacy = Peer(mcp)
    await legacy.open("2025-11-25")
    told = await legacy.legacy("tools/call", name="work")
    assert told["isError"]
    assert TASKS in text_of(told)
    assert (await Peer(mcp).ask("tasks/get", taskId="x"))["code"] == -32021


@in_loop
async def test_what_is_done_at_once_is_no_task() -> None:
    mcp = Server("prompt")

    @mcp.tool(task=True)
    async def double(of: int) -> int:
        return 2 * of

    peer = Peer(mcp, KNOWS)
    assert (await peer.call("double", of=2))["structuredContent"] == {"result": 4}
    assert (await peer.call("double", of="two"))["isError"]
    assert mcp.task_count == 0


@in_loop
async def test_the_extension_is_there_if_a_tool_runs_as_a_task() -> None:
    mcp, _ = jobs()
    peer = Peer(mcp, KNOWS)
    assert (await peer.ask("server/discover"))["capabilities"]["extensions"] == {TASKS: {}}
    plain = Peer(Server("plain"), KNOWS)
    assert "extensions" not in (await plain.ask("server/discover"))["capabilities"]
    for method in ("tasks/get", "tasks/cancel"):
        assert (await plain.ask(method, taskId="x"))["code"] == -32601
    # What was an experiment of another revision is not served.
    for method in ("tasks/list", "tasks/result"):
        assert (await peer.ask(method, taskId="x"))["code"] == -32601


@in_loop
async def test_a_task_asks_without_running_again_and_a_wrong_answer_leaves_the_question() -> None:
    mcp, job = jobs()

    @mcp.tool(task=True)
    async def ask(context: Context) -> list[bool]:
        job.runs += 1
        both = await asyncio.gather(
            *(context.ask(form(f"{key}?", Yes), key) for key in ("one", "two"))
        )
        last = await context.ask(form("three?", Yes))
        return [each.accepted().yes for each in (*both, last)]

    peer = Peer(mcp, KNOWS)
    id = await begun(peer, "ask")
    state = await until(peer, id, lambda state: state["status"] == "input_required")
    assert state["inputRequests"].keys() == {"one", "two"}
    assert state["inputRequests"]["one"]["params"]["message"] == "one?"
    wrong = {"one": answer(yes="perhaps")}
    refused = await peer.ask("tasks/update", taskId=id, inputResponses=wrong)
    assert refused["code"] == -32602
    assert "params.inputResponses.one" in refused["message"]
    # Answers to what nobody asks are passed over, whatever they are.
    some = {"one": answer(yes=True), "nobody": {"x": 1}}
    assert (await peer.ask("tasks/update", taskId=id, inputResponses=some)).keys() <= {
        "resultType",
        "_meta",
    }
    state = await peer.ask("tasks/get", taskId=id)
    assert state["inputRequests"].keys() == {"two"}
    await peer.ask("tasks/update", taskId=id, inputResponses={"two": answer(yes=False)})
    state = await until(peer, id, lambda state: "question-1" in state.get("inputRequests", {}))
    await peer.ask("tasks/update", taskId=id, inputResponses={"question-1": answer(yes=True)})
    assert (await ended(peer, id))["result"]["structuredContent"] == {"result": [True, False, True]}
    assert job.runs == 1
    assert (await peer.ask("tasks/update", taskId=id, inputResponses=some))["resultType"]


@in_loop
async def test_answers_that_nobody_asks_for_are_passed_over_with_middleware_too() -> None:
    mcp, _ = jobs()
    seen: list[str] = []

    @mcp.middleware
    async def note(context: Context, call_next: Any) -> Any:
        seen.append(context.method)
        return await call_next()

    peer = Peer(mcp, KNOWS)
    id = await begun(peer)
    done = await peer.ask("tasks/update", taskId=id, inputResponses={"x": 1})
    assert done["resultType"] == "complete"
    assert seen == ["tools/call", "tasks/update"]
    assert (await peer.ask("tasks/update", taskId=id, inputResponses=1))["code"] == -32602
    await mcp.close()


@in_loop
async def test_a_task_says_how_far_it_has_got_also_from_a_thread() -> None:
    mcp, job = jobs()
    loop = asyncio.get_running_loop()

    @mcp.tool(task=True, in_thread=True)
    def count(context: Context) -> None:
        context.progress(1, 2, "half")
        context.log("error", "nobody hears this")
        asyncio.run_coroutine_threadsafe(job.go.wait(), loop).result(10)

    peer = Peer(mcp, KNOWS)
    id = await begun(peer, "count")
    state = await until(peer, id, lambda state: "statusMessage" in state)
    assert (state["status"], state["statusMessage"]) == ("working", "half")
    job.go.set()
    assert (await ended(peer, id))["status"] == "completed"


EAGER: Any = getattr(asyncio, "eager_task_factory", None)


@pytest.mark.skipif(EAGER is None, reason="before 3.12 no task begins at once")
@in_loop
async def test_a_task_ends_also_in_a_loop_whose_tasks_begin_at_once() -> None:
    asyncio.get_running_loop().set_task_factory(EAGER)
    mcp, job = jobs()
    peer = Peer(mcp, KNOWS)
    id = await begun(peer)
    assert (await peer.ask("tasks/cancel", taskId=id))["resultType"] == "complete"
    assert (await ended(peer, id))["status"] == "cancelled"
    assert job.ended == ["cancelled"]


@in_loop
async def test_a_task_that_is_cancelled_cancels_its_handler() -> None:
    mcp, job = jobs()
    peer = Peer(mcp, KNOWS)
    id = await begun(peer)
    for _ in range(2):
        done = await peer.ask("tasks/cancel", taskId=id)
        assert done["resultType"] == "complete"
        state = await peer.ask("tasks/get", taskId=id)
        assert (state["status"], state["statusMessage"]) == ("cancelled", "cancelled by the client")
    assert job.ended == ["cancelled"]


@in_loop
async def test_a_call_that_is_cancelled_before_it_is_a_task_cancels_its_handler() -> None:
    mcp, job = jobs(AsTask(later=True))
    peer = Peer(mcp, KNOWS)
    peer.send(id=7, method="tools/call", params={"_meta": peer.meta, "name": "work"})
    while not job.runs:
        await asyncio.sleep(0)
    peer.send(method="notifications/cancelled", params={"requestId": 7})
    while not job.ended:
        await asyncio.sleep(0)
    assert (job.ended, mcp.task_count) == (["cancelled"], 0)
    # Its place is free again: only so many are there.
    assert (await peer.ask("server/discover"))["resultType"] == "complete"


@in_loop
async def test_a_task_ends_as_its_handler_does(caplog: pytest.LogCaptureFixture) -> None:
    mcp, job = jobs()

    @mcp.tool(task=True)
    async def fail(how: str) -> None:
        await job.go.wait()
        match how:
            case "tool":
                raise ToolError("no luck")
            case "protocol":
                raise protocol_error(-32099, "not so", {"why": 1})
        raise RuntimeError("secret")

    peer = Peer(mcp, KNOWS)
    ids = {how: await begun(peer, "fail", how=how) for how in ("tool", "protocol", "bug")}
    job.go.set()
    tool, protocol, bug = [await ended(peer, id) for id in ids.values()]
    assert (tool["status"], tool["result"]["isError"]) == ("completed", True)
    assert text_of(tool["result"]) == "no luck"
    assert protocol["status"] == bug["status"] == "failed"
    assert protocol["error"] == {"code": -32099, "message": "not so", "data": {"why": 1}}
    assert bug["error"] == {"code": -32603, "message": "internal error"}
    assert "secret" in caplog.text


@in_loop
async def test_a_task_is_forgotten_when_its_time_is_over_done_or_not() -> None:
    mcp, job = jobs(AsTask(ttl=5))
    peer = Peer(mcp, KNOWS)
    id = await begun(peer)
    pass_time(5)
    while mcp.task_count or not job.ended:
        await asyncio.sleep(0)
    assert job.ended == ["cancelled"]
    gone = await peer.ask("tasks/get", taskId=id)
    assert gone == await peer.ask("tasks/get", taskId="never")
    assert gone["code"] == -32602
    with pytest.raises(ValueError, match="max_task_ttl"):
        AsTask(ttl=100_000)
    with pytest.raises(ValueError, match="poll_interval"):
        AsTask(poll_interval=0)


@in_loop
async def test_without_room_a_call_is_answered_as_ever_or_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mcp, job = jobs(max_tasks=1)

    @mcp.tool(task=AsTask(required=True))
    async def alone() -> None: ...

    @mcp.tool(task=True)
    async def large() -> str:
        await job.go.wait()
        return "x" * 100

    peer = Peer(mcp, KNOWS)
    id = await begun(peer)
    assert "max_tasks" in (await peer.call("alone"))["message"]
    job.go.set()
    assert "done" in text_of(await peer.call("work"))
    assert (await ended(peer, id))["status"] == "completed"
    monkeypatch.setattr("isogloss.tasks.running.MAX_TASK_RESULT", 50)
    job.go.clear()
    other = Server("other")
    other.mount(mcp)
    peer = Peer(other, KNOWS)
    id = await begun(peer, "large")
    job.go.set()
    failed = await ended(peer, id)
    assert failed["status"] == "failed"
    assert "max_task_result" in failed["error"]["message"]


@in_loop
async def test_a_tool_may_ask_first_and_become_a_task_then() -> None:
    mcp, job = jobs()
    became: list[bool] = []

    @mcp.tool(task=AsTask(later=True))
    async def order(context: Context) -> str:
        sure = (await context.ask(form("Sure?", Yes), "sure")).accepted()
        became.append(await context.begin_task())
        await job.go.wait()
        return str(sure.yes)

    @mcp.tool(task=True, confirm="Really?")
    async def risk() -> str:
        await job.go.wait()
        return "risked"

    peer = Peer(mcp, KNOWS)
    for name, key, content in (("order", "sure", "yes"), ("risk", "confirm", "confirm")):
        asked = await peer.call(name)
        assert asked["resultType"] == "input_required"
        assert asked["inputRequests"].keys() == {key}
        again = {
            "requestState": asked["requestState"],
            "inputResponses": {key: answer(**{content: True})},
        }
        created = await peer.ask("tools/call", name=name, arguments={}, **again)
        assert created["resultType"] == "task", created
    assert became == [True]
    assert mcp.task_count == 2
    await mcp.close()
    assert mcp.task_count == 0


@in_loop
async def test_whoever_listens_to_a_task_is_told_how_it_is() -> None:
    mcp, job = jobs()
    peer, ear = Peer(mcp, KNOWS), Peer(mcp, KNOWS)
    id = await begun(peer)
    wanted = {"taskIds": [id, "never", id]}
    ear.send(
        id=1, method="subscriptions/listen", params={"_meta": ear.meta, "notifications": wanted}
    )
    assert (await ear.next())["params"]["notifications"] == {"taskIds": [id]}
    told = await ear.next()
    assert (told["method"], told["params"]["status"]) == ("notifications/tasks", "working")
    assert told["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": 1}
    job.go.set()
    told = (await ear.next())["params"]
    assert (told["taskId"], told["status"]) == (id, "completed")
    assert told["result"]["structuredContent"] == {"result": "done"}
    refused = await Peer(mcp).ask("subscriptions/listen", notifications=wanted)
    assert refused["code"] == -32021
    # A legacy client hears nothing of it, and goes on hearing of lists.
    legacy = Peer(mcp)
    await legacy.open("2025-11-25")
    job.go.clear()
    await begun(peer)
    mcp.tool(job.__call__, name="more")
    assert (await legacy.next())["method"] == "notifications/tools/list_changed"
    await mcp.close()


@in_loop
async def test_a_task_belongs_to_the_principal_of_its_call() -> None:
    mcp, _ = jobs()
    meta = modern_meta(KNOWS)

    async def ask(claims: Claims | None, method: str, **params: Any) -> Any:
        from isogloss.jsonrpc import Request, parse
        from isogloss.protocol.revisions import NEWEST
        from isogloss.session import told

        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": {"_meta": meta, **params},
        }
        request = parse(json.dumps(message).encode())
        assert isinstance(request, Request)
        try:
            given = mcp._offer.answer(request, Outlet(), NEWEST, None, claims)
            return json.loads(given if isinstance(given, bytes) else await given)
        except Exception as error:
            return told(method, error).code

    ann, bob = (Claims(issuer="i", subject=name) for name in ("ann", "bob"))
    id = (await ask(ann, "tools/call", name="work"))["taskId"]
    assert (await ask(ann, "tasks/get", taskId=id))["status"] == "working"
    for other in (bob, None, Claims(issuer="i", subject="ann", client_id="c")):
        for method in ("tasks/get", "tasks/cancel"):
            assert await ask(other, method, taskId=id) == -32602
        assert await ask(other, "tasks/update", taskId=id, inputResponses={}) == -32602
    assert (await ask(ann, "tasks/get", taskId=id))["status"] == "working"
    await mcp.close()


class Shared(InMemory):
    """A store that several servers share, and that may be out of order."""

    is_broken = False

    async def put(self, task: StoredTask) -> None:
        if self.is_broken:
            raise OSError("no space")
        await super().put(task)


@in_loop
async def test_a_store_may_be_shared_and_what_it_does_not_keep_is_no_task() -> None:
    store = Shared()
    mcp, job = jobs(task_store=store)
    other, _ = jobs(task_store=store)
    peer, second = Peer(mcp, KNOWS), Peer(other, KNOWS)
    id = await begun(peer)
    assert (await second.ask("tasks/get", taskId=id))["status"] == "working"
    await second.ask("tasks/cancel", taskId=id)
    assert (await peer.ask("tasks/get", taskId=id))["status"] == "working"
    job.go.set()
    await ended(second, id)
    store.is_broken = True
    job.go.clear()
    assert (await peer.call("work"))["code"] == -32603
    assert job.ended == ["done", "cancelled"]
    while mcp.task_count > 1:
        await asyncio.sleep(0)


@in_loop
async def test_tasks_finish_while_a_server_ends_and_those_that_ask_do_not() -> None:
    mcp, job = jobs()

    @mcp.tool(task=True)
    async def ask(context: Context) -> None:
        await context.ask(form("?", Yes))

    peer = Peer(mcp, KNOWS)
    work, asks = await begun(peer), await begun(peer, "ask")
    ending = asyncio.ensure_future(mcp.end_tasks(10))
    state = await ended(peer, asks)
    assert (state["status"], state["statusMessage"]) == ("cancelled", "the server was shut down")
    assert not ending.done()
    job.go.set()
    await ending
    assert (await ended(peer, work))["status"] == "completed"
    job.go.clear()
    work = await begun(peer)
    await mcp.end_tasks(0)
    assert (await ended(peer, work))["status"] == "cancelled"


@in_loop
async def test_what_a_lifespan_has_set_up_stays_while_a_task_runs() -> None:
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    order: list[str] = []

    @asynccontextmanager
    async def span(_: Server) -> AsyncIterator[str]:
        yield "state"
        order.append("torn down")

    mcp, job = jobs(lifespan=span)

    @mcp.tool(task=True)
    async def use(context: Context) -> None:
        await job.go.wait()
        order.append(context.state)

    peer = Peer(mcp, KNOWS)
    await begun(peer, "use")
    await peer.end.close()
    job.go.set()
    while len(order) < 2:
        await asyncio.sleep(0)
    assert order == ["state", "torn down"]


PROGRAM = """
import asyncio, sys
from isogloss import Server

mcp = Server("jobs")

@mcp.tool(task=True)
async def work() -> None:
    try:
        await asyncio.sleep(60)
    finally:
        print("cleaned up", file=sys.stderr)

mcp.run()
"""


@in_loop
async def test_over_stdio_tasks_end_with_the_input() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(isogloss.__file__).parents[1])},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    params = {"_meta": modern_meta(KNOWS), "name": "work"}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    process.stdin.write(json.dumps(call).encode() + b"\n")
    assert json.loads(await process.stdout.readline())["result"]["resultType"] == "task"
    process.stdin.close()
    _, said = await process.communicate()
    assert (process.returncode, said) == (0, b"cleaned up\n")
