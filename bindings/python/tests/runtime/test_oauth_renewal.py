"""How a token is renewed, and when the user is asked again."""

import asyncio

from isogloss.oauth import Authorizer, MemoryStore

from .loop import in_loop
from .oauth_guarded import Head, Says, age, both, desk, reads, stays, why
from .oauth_server import Authority


def used(a: Authority) -> list[str | None]:
    """What tokens were renewed with."""
    return [token for token in a.asked("/token", "refresh_token") if token is not None]


@in_loop
async def test_a_token_that_ends_is_renewed_once_for_all_and_each_by_the_newest() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        a.expires_in = 0
        await reads(g, authorizer)
        a.expires_in = 3600
        before = a.count("/token")
        async with asyncio.TaskGroup() as calls:
            for _ in range(20):
                calls.create_task(reads(g, authorizer))
        assert a.asked("/token", "grant_type")[before:] == ["refresh_token"]
        # One that was used is worth nothing any more: the authorization server refuses it.
        a.expires_in = 0
        await authorizer.forget()
        for _ in range(4):
            await reads(g, authorizer)
        # Once, and once after the token was forgotten.
        assert a.count("/authorize") == 2
        assert len(used(a)) >= 4 and len(set(used(a))) == len(used(a))
        assert set(a.asked("/token", "resource")) == {g.url}


@in_loop
async def test_where_a_token_cannot_be_renewed_the_user_is_asked_again() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        a.expires_in = 0
        await reads(g, authorizer)
        a.refuses = {"code": "invalid_grant"}
        await why(g, authorizer, "invalid_grant")
        assert a.count("/authorize") == 2
        a.refuses = {"code": "server_error", "description": "\x1b[2J"}
        await why(g, authorizer, r'"server_error": "\u001b[2J"')
        # A server that is ill has nobody asked.
        assert a.count("/authorize") == 2
        a.refuses = {}
        await reads(g, authorizer)


@in_loop
async def test_what_renews_once_may_renew_again() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        a.rotates, a.expires_in = False, 0
        for _ in range(4):
            await reads(g, authorizer)
        assert a.count("/authorize") == 1
        assert len(used(a)) >= 4 and len(set(used(a))) == 1


@in_loop
async def test_a_renewed_token_that_is_refused_is_renewed_again_only_if_it_was_taken_before() -> (
    None
):
    async with both() as (a, g):
        judge, refused, last, is_new = g.judge, set[str | None](), "", False

        def picky(head: Head) -> Says | None:
            nonlocal last
            header = head.authorization
            if is_new and header and header != last:
                refused.add(header)
            last = header or ""
            return Says(401, "Bearer") if header in refused else judge(head)

        g.judge = picky
        store = MemoryStore()
        await reads(g, desk(g, store=store))
        await age(store, g.url, is_over=False)
        authorizer = desk(g, store=store)
        await reads(g, authorizer)  # renewed, and taken
        refused.add(last)
        await reads(g, authorizer)
        expected = ["authorization_code", "refresh_token", "refresh_token"]
        assert a.asked("/token", "grant_type") == expected
        # What is renewed and never taken is got anew, and that not for ever.
        refused.add(last)
        is_new = True
        await stays(g, authorizer, 401)
        assert a.asked("/token", "grant_type")[3:] == ["refresh_token", "authorization_code"]


@in_loop
async def test_a_token_that_cannot_be_renewed_now_is_used_as_long_as_it_lasts() -> None:
    async with both() as (a, g):
        store = MemoryStore()
        await reads(g, desk(g, store=store))
        for is_over in (False, True):
            await age(store, g.url, is_over=is_over)
            a.broken = 502
            authorizer = desk(g, store=store)

            async def expect(is_over: bool, authorizer: Authorizer = authorizer) -> None:
                if is_over:
                    await why(g, authorizer, "502")
                else:
                    await reads(g, authorizer)

            async with asyncio.TaskGroup() as calls:
                for _ in range(5):
                    calls.create_task(expect(is_over))
            a.broken = 0
        await reads(g, desk(g, store=store))
        assert a.count("/authorize") == 1


@in_loop
async def test_a_token_that_is_refused_though_it_is_new_is_not_got_again() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        g.judge = lambda _: Says(401, "Bearer")
        for _ in range(3):
            await stays(g, authorizer, 401)
        assert a.count("/authorize") == 1
        # Whoever mended it says so.
        await authorizer.forget()
        await stays(g, authorizer, 401)
        assert a.count("/authorize") == 2
