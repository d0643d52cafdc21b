"""The fixtures for tests of servers, used as such a test does."""

from typing import TypedDict

import pytest

from isogloss import Context, McpError, Server, ToolFailed, form, open_url
from isogloss.client import EraMode
from isogloss.testing import ConnectTo, User
from tests.runtime.loop import in_loop


class Order(TypedDict):
    size: str


shop = Server("shop")


@shop.tool
async def order(context: Context) -> str:
    answer = await context.ask(form("Which size?", Order))
    if answer.action != "accept":
        return f"nothing ordered: {answer.action}"
    paid = await context.ask(open_url("Pay.", "https://example.com/pay"))
    return f"ordered in {answer.accepted()['size']}: {paid}"


@in_loop
async def test_a_user_answers_in_both_eras(mcp_client: ConnectTo, mcp_user: User) -> None:
    mcp_user.fills_in(size="M")
    mcp_user.opens()
    async with mcp_client(shop) as client:
        assert await client.call("order", output=str) == "ordered in M: accept"
    assert [question.message for question in mcp_user.asked] == ["Which size?", "Pay."]


@in_loop
async def test_a_user_may_not_want_to(mcp_client: ConnectTo, mcp_user: User) -> None:
    mcp_user.declines()
    mcp_user.cancels()
    async with mcp_client(shop) as client:
        assert await client.call("order", output=str) == "nothing ordered: decline"
        assert await client.call("order", output=str) == "nothing ordered: cancel"


@in_loop
async def test_a_question_that_the_test_did_not_expect_is_told(mcp_client: ConnectTo) -> None:
    async with mcp_client(shop) as client:
        with pytest.raises((McpError, ToolFailed), match="what to answer to 'Which size\\?'"):
            await client.call("order")


@in_loop
async def test_a_client_is_of_the_era_and_may_be_told_more(
    mcp_client: ConnectTo, mcp_era: EraMode
) -> None:
    async with mcp_client(shop, timeout=5.0) as client:
        assert client.revision.era == mcp_era
    async with mcp_client(shop, era="legacy", revision="2024-11-05") as client:
        assert client.revision == "2024-11-05"
