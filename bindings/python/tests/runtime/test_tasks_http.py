"""Tasks over HTTP: headers, the statuses of refusals, news on a stream, and the end of the application."""

import asyncio
from typing import Any

from isogloss import Server
from isogloss.http_server import AsgiApp
from isogloss.protocol.limits import DRAIN_TIMEOUT
from tests.runtime.loop import in_loop, pass_time
from tests.runtime.test_tasks import KNOWS, jobs
from tests.runtime.web import Response, Web, served

META = {"io.modelcontextprotocol/clientCapabilities": KNOWS}


async def ask(web: Web, method: str, **params: Any) -> Response:
    headers = {} if "taskId" not in params else {"Mcp_Name": params["taskId"]}
    return await web.ask(method, headers, _meta=META, **params)


async def begun(web: Web) -> str:
    created = (await (await ask(web, "tools/call", name="work")).json())["result"]
    assert created["resultType"] == "task"
    id: str = created["taskId"]
    return id


@in_loop
async def test_a_task_outlives_the_request_that_began_it() -> None:
    mcp, job = jobs()
    async with served(mcp.asgi()) as web:
        id = await begun(web)
        web.leave()
        state = (await (await ask(web, "tasks/get", taskId=id)).json())["result"]
        assert state["status"] == "working"
        job.go.set()
        while state["status"] == "working":
            state = (await (await ask(web, "tasks/get", taskId=id)).json())["result"]
        assert state["result"]["structuredContent"] == {"result": "done"}


@in_loop
async def test_requests_about_a_task_are_routed_by_its_id() -> None:
    mcp, _ = jobs()
    async with served(mcp.asgi()) as web:
        id = await begun(web)
        other = await web.ask("tasks/get", {"Mcp_Name": "other"}, _meta=META, taskId=id)
        assert (other.status, (await other.json())["error"]["code"]) == (400, -32020)
        none = await web.ask("tasks/get", _meta=META, taskId=id)
        assert (none.status, (await none.json())["error"]["code"]) == (400, -32020)
        undeclared = await web.ask("tasks/get", {"Mcp_Name": id}, taskId=id)
        assert (undeclared.status, (await undeclared.json())["error"]["code"]) == (400, -32021)
        done = await ask(web, "tasks/cancel", taskId=id)
        assert (done.status, (await done.json())["result"]["resultType"]) == (200, "complete")


@in_loop
async def test_a_client_that_listens_to_a_task_is_told_how_it_goes_on() -> None:
    mcp, job = jobs()
    async with served(mcp.asgi()) as web:
        id = await begun(web)
        stream = await ask(web, "subscriptions/listen", notifications={"taskIds": [id]})
        acknowledged = await stream.event()
        assert acknowledged["params"]["notifications"] == {"taskIds": [id]}
        assert (await stream.event())["params"]["status"] == "working"
        job.go.set()
        told = await stream.event()
        assert told["method"] == "notifications/tasks"
        assert (told["params"]["taskId"], told["params"]["status"]) == (id, "completed")
        assert told["params"]["result"]["structuredContent"] == {"result": "done"}


class Life:
    """An application's life, as a server of ASGI leads it."""

    def __init__(self, app: AsgiApp) -> None:
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.over = asyncio.ensure_future(
            app({"type": "lifespan"}, self._messages.get, self.sent.put)
        )

    async def begin(self) -> None:
        self._messages.put_nowait({"type": "lifespan.startup"})
        assert (await self.sent.get())["type"] == "lifespan.startup.complete"

    def end(self) -> None:
        self._messages.put_nowait({"type": "lifespan.shutdown"})

    async def ended(self) -> None:
        assert (await self.sent.get())["type"] == "lifespan.shutdown.complete"
        await self.over


@in_loop
async def test_a_task_finishes_while_the_application_ends() -> None:
    mcp, job = jobs()
    app = mcp.asgi()
    life = Life(app)
    await life.begin()
    async with served(app) as web:
        await begun(web)
        life.end()
        for _ in range(20):
            await asyncio.sleep(0)
        assert life.sent.empty()
        job.go.set()
        await life.ended()
    assert job.ended == ["done"]


@in_loop
async def test_what_calls_have_taken_of_the_drain_timeout_tasks_do_not_get() -> None:
    mcp, job = jobs()
    app = mcp.asgi()
    life = Life(app)
    await life.begin()
    async with served(app) as web:
        await begun(web)
        app.end_news()
        # The server waits for its calls: so much later, by the loop's clock, it ends the application.
        pass_time(DRAIN_TIMEOUT)
        life.end()
        await life.ended()
    assert job.ended == ["cancelled"]


@in_loop
async def test_a_server_without_such_tools_knows_nothing_of_tasks() -> None:
    async with served(Server("plain").asgi()) as web:
        refused = await ask(web, "tasks/get", taskId="x")
        assert (refused.status, (await refused.json())["error"]["code"]) == (404, -32601)
