"""Who waits for a token, how long, and what becomes of it when nobody waits any more."""

import asyncio

import pytest

from isogloss import McpError
from isogloss.oauth import Browser, Unattended, UserAgent, authorization_code

from .loop import in_loop
from .oauth_guarded import Refused, Request, both, call, desk, reads, sent_on, told, why
from .oauth_server import BACK


@pytest.mark.parametrize("denied", ["access_denied", ""])
def test_who_waits_for_a_user_shares_what_they_say(denied: str) -> None:
    @in_loop
    async def run() -> None:
        async with both() as (a, g):
            a.denied = denied
            away, answer = asyncio.Event(), asyncio.Event()

            async def show(address: str) -> str:
                away.set()
                await answer.wait()
                return await sent_on(address)

            authorizer = authorization_code(g.url, Unattended(BACK, show))
            await authorizer.authorize(Request(g.url))

            async def wait() -> str:
                try:
                    assert await authorizer.answered(Request(g.url), Refused())
                except McpError as error:
                    return told(error, denied)
                return ""

            waiting = [asyncio.create_task(wait()) for _ in range(5)]
            await away.wait()
            answer.set()
            assert [bool(said) for said in await asyncio.gather(*waiting)] == [bool(denied)] * 5
            assert a.count("/authorize") == 1
            if not denied:
                # One who was refused before, and hears of it only now.
                assert await wait() == ""
                assert a.count("/authorize") == 1

    run()


@in_loop
async def test_a_call_that_is_given_up_does_not_lose_the_token() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        a.expires_in = 0
        await reads(g, authorizer)
        a.expires_in = 3600
        a.gate.clear()
        a.came.clear()
        given = asyncio.create_task(reads(g, authorizer))
        # The authorization server has the request before it may answer.
        await a.came.wait()
        given.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given
        a.gate.set()
        await reads(g, authorizer)
        # What was renewed meanwhile was kept.
        assert a.count("/authorize") == 1


async def _never(_: str) -> str:
    await asyncio.Event().wait()
    return ""


@pytest.mark.parametrize("agent", [Unattended(BACK, _never), Browser(open=lambda _: None)])
def test_a_user_who_does_not_come_back_is_waited_for_no_longer_than_was_said(
    agent: UserAgent,
) -> None:
    @in_loop
    async def run() -> None:
        async with both() as (_, g):
            authorizer = authorization_code(g.url, agent, login_timeout=0.01)
            await why(g, authorizer, "the user's way back: nothing within 0.01 s (login_timeout)")

    run()


@in_loop
async def test_a_browser_that_cannot_be_opened_says_so() -> None:
    async with both() as (_, g):

        async def broken(_: str) -> None:
            raise OSError("there is no screen")

        await why(g, authorization_code(g.url, Browser(open=broken)), "there is no screen")


@in_loop
async def test_closing_ends_the_attempt_that_is_under_way() -> None:
    async with both() as (a, g):
        away, ended = asyncio.Event(), asyncio.Event()

        async def show(_: str) -> str:
            away.set()
            try:
                return await _never("")
            finally:
                ended.set()

        async with authorization_code(g.url, Unattended(BACK, show)) as authorizer:
            calling = asyncio.create_task(call(g.url, authorizer, "read"))
            await away.wait()
        assert ended.is_set()
        with pytest.raises(McpError) as caught:
            await calling
        told(caught.value, "it was closed")
        await why(g, authorizer, "it was closed")
        assert a.count("/token") == 0


@in_loop
async def test_an_authorization_server_that_says_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("isogloss.authority.sender.AUTH_FETCH_TIMEOUT", 0.01)
    async with both() as (a, g):
        a.gate.clear()
        try:
            await why(g, desk(g), "no answer within 0.01 s (AUTH_FETCH_TIMEOUT)")
        finally:
            a.gate.set()
