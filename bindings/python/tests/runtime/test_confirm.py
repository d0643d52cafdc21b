"""Tools that want a yes, in both eras: nothing but a yes is one."""

from typing import Any

import pytest

from isogloss import Server
from tests.runtime.by_hand import Peer, text_of
from tests.runtime.loop import in_loop

CAN: dict[str, Any] = {"elicitation": {}}


def bank(log: list[int]) -> Server:
    server = Server("bank")

    @server.tool(confirm="Really?")
    def pay(amount: int) -> str:
        log.append(amount)
        return "paid"

    return server


@pytest.mark.parametrize(
    ("answer", "said", "paid"),
    [
        ({"action": "accept", "content": {"confirm": True}}, '{"result":"paid"}', [7]),
        ({"action": "accept", "content": {"confirm": False}}, "did not confirm", []),
        ({"action": "decline"}, "did not confirm", []),
        ({"action": "cancel"}, "did not confirm", []),
    ],
)
@in_loop
async def test_a_tool_asks_before_it_runs(answer: Any, said: str, paid: list[int]) -> None:
    log: list[int] = []
    modern = Peer(bank(log), CAN)
    call: dict[str, Any] = {"name": "pay", "arguments": {"amount": 7}}
    asked = await modern.ask("tools/call", **call)
    assert asked["inputRequests"]["confirm"]["params"]["message"] == "Really?"
    assert log == []
    state = asked["requestState"]
    result = await modern.ask(
        "tools/call", **call, requestState=state, inputResponses={"confirm": answer}
    )
    assert said in text_of(result)
    assert (log, result.get("isError", False)) == (paid, not paid)

    log.clear()
    legacy = Peer(bank(log))
    await legacy.open("2025-11-25", CAN)
    legacy.send(id=9, method="tools/call", params=call)
    question = await legacy.next()
    assert question["method"] == "elicitation/create"
    legacy.send(id=question["id"], result=answer)
    assert said in text_of((await legacy.next())["result"])
    assert log == paid


@in_loop
async def test_a_tool_that_asks_fails_closed_and_only_asks_about_calls_that_would_run() -> None:
    log: list[int] = []
    able, unable = Peer(bank(log), CAN), Peer(bank(log))
    assert text_of(await able.call("pay", amount="x")) == "amount: expected integer, found string"
    assert (await unable.call("pay", amount=7))["code"] == -32021
    await unable.open("2025-11-25")
    result = await unable.legacy("tools/call", name="pay", arguments={"amount": 7})
    assert text_of(result) == "the client cannot be asked: it has not declared elicitation"
    for answer in ({"action": "accept", "content": {"confirm": "yes"}}, {"action": "accept"}):
        refused = await able.ask(
            "tools/call", name="pay", arguments={"amount": 7}, inputResponses={"confirm": answer}
        )
        assert refused["code"] == -32602
    assert log == []
