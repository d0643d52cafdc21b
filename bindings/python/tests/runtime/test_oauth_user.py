"""A client that acts for a user: how it gets a token, and whom it believes.

The server is a real one, and so is the authorization server.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from isogloss import McpError, connect, http
from isogloss.client import EraMode
from isogloss.oauth import (
    ClientIdentity,
    IdentityProvider,
    MemoryStore,
    Unattended,
    authorization_code,
    client_credentials,
    jwt_bearer,
)

from .loop import in_loop
from .oauth_guarded import (
    Request,
    age,
    both,
    call,
    desk,
    reads,
    sent_on,
    stays,
    told,
    why,
    yes,
)
from .oauth_server import BACK, Client


@in_loop
async def test_a_user_is_asked_once_and_everything_names_the_resource() -> None:
    async with both(scopes_supported=["notes:read", "offline_access"]) as (a, g):
        authorizer = desk(g)
        for _ in range(3):
            await reads(g, authorizer)
        assert g.without == 1
        assert a.asked("/authorize", "resource") + a.asked("/token", "resource") == [g.url] * 2
        assert a.asked("/authorize", "scope") == ["notes:read offline_access"]
        assert a.asked("/authorize", "prompt") == ["consent"]
        (registered,) = a.asked("/register", "json")
        assert json.loads(registered or "") == {
            "client_name": "Desk",
            "redirect_uris": [BACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }


@pytest.mark.parametrize("era", ["modern", "legacy", "auto"])
def test_a_client_gets_itself_what_it_needs_in_either_era(era: EraMode) -> None:
    @in_loop
    async def run() -> None:
        async with both() as (a, g):
            authorizer = desk(g)
            async with connect(http(g.url, authorizer=authorizer), era=era) as client:
                for tool in ("read", "write", "read"):
                    assert not (await client.call_tool(tool)).is_error
                assert a.asked("/authorize", "scope") == ["notes:read", "notes:read notes:write"]
                a.denied = "access_denied"
                with pytest.raises(McpError) as caught:
                    await client.call_tool("burn")
                told(caught.value, "access_denied")
                # What there was is still good.
                assert not (await client.call_tool("read")).is_error
            assert a.count("/register") == 1

    run()


@in_loop
async def test_a_user_who_says_no_is_not_asked_again_for_the_other_era() -> None:
    async with both() as (a, g):
        a.denied = "access_denied"
        with pytest.raises(McpError) as caught:
            await call(g.url, desk(g), "read", "auto")
        told(caught.value, "access_denied")
        assert a.count("/authorize") == 1


@in_loop
async def test_several_clients_share_one_authorizer() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        async with asyncio.TaskGroup() as clients:
            for _ in range(8):
                clients.create_task(reads(g, authorizer))
        assert a.count("/authorize") == a.count("/token") == 1


@in_loop
async def test_whoever_does_not_give_a_scope_is_not_asked_for_it_again() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        a.narrowed = "notes:read"
        for _ in range(3):
            await stays(g, authorizer, 403, "write")
        assert a.count("/authorize") == 2
        await reads(g, authorizer)


@in_loop
async def test_who_sends_the_user_back_has_to_be_who_they_were_sent_to() -> None:
    async with both() as (a, g):
        for iss, expected in {
            None: "without iss",
            f"{a.issuer}/": "another issuer",
            "https://evil.example": "another issuer",
        }.items():
            a.iss = iss
            await why(g, desk(g), expected)
        a.iss = a.issuer

        async def other(address: str) -> str:
            return (await sent_on(address)).replace("state=", "state=x", 1)

        await why(g, authorization_code(g.url, Unattended(BACK, other)), "another state")
        assert (a.count("/authorize"), a.count("/token")) == (4, 0)


@pytest.mark.parametrize("methods", [None, ["plain"]])
def test_an_authorization_server_without_s256_is_not_gone_to(methods: list[str] | None) -> None:
    @in_loop
    async def run() -> None:
        async with both(code_challenge_methods_supported=methods) as (a, g):
            await why(g, desk(g), "expected S256")
            assert a.count("/authorize") + a.count("/register") == 0

    run()


@in_loop
async def test_scopes_of_the_program_are_asked_for_from_the_first_time_on() -> None:
    async with both() as (a, g):
        authorizer = desk(g, scopes=["notes:write", "notes:read", "notes:write"])
        await reads(g, authorizer, "write")
        assert a.asked("/authorize", "scope") == ["notes:read notes:write"]


@in_loop
async def test_a_token_goes_to_its_server_alone() -> None:
    async with both() as (a, g):
        authorizer = desk(g)
        await reads(g, authorizer)
        for other in (
            "https://evil.example/mcp",
            g.url.replace("127.0.0.1", "localhost"),
            g.url.replace("http", "https"),
        ):
            request = Request(other)
            with pytest.raises(McpError) as caught:
                await authorizer.authorize(request)
            told(caught.value, "another server")
            assert request.sent == {}
        request = Request(f"{g.origin}/elsewhere?x=y")
        await authorizer.authorize(request)
        token = request.sent["authorization"].removeprefix("Bearer ")
        assert a.tokens[token].resource == g.url


DOCUMENTS = {"client_id_metadata_document_supported": True}
POSTED = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
UNSAID = {"token_endpoint_auth_methods_supported": None}
OWN = "https://desk.example.com/client.json"


@pytest.mark.parametrize(
    ("changes", "known", "id", "registered"),
    [
        (DOCUMENTS, None, OWN, 0),
        ({}, None, "client-1", 1),
        (DOCUMENTS, "client_secret_basic", "desk", 0),
        (POSTED, "client_secret_post", "desk", 0),
        (UNSAID, "client_secret_basic", "desk", 0),
        (POSTED, None, "client-1", 1),
        (UNSAID, None, "client-1", 1),
    ],
)
def test_a_client_is_who_the_authorization_server_can_know_it_as(
    changes: dict[str, Any], known: str | None, id: str, registered: int
) -> None:
    @in_loop
    async def run() -> None:
        async with both(**changes) as (a, g):
            client = None
            if known is not None:
                a.clients["desk"] = Client(known, "s:/ %~*", (BACK,))
                client = ClientIdentity("desk", secret="s:/ %~*", issuer=a.issuer)
            await reads(g, desk(g, client=client, client_metadata=ClientIdentity(OWN)))
            assert a.asked("/authorize", "client_id") == [id]
            assert a.count("/register") == registered

    run()


@in_loop
async def test_a_registration_is_for_one_redirect_address() -> None:
    async with both() as (a, g):
        store = MemoryStore()
        for place in (BACK, f"{BACK}/other", BACK):
            authorizer = authorization_code(g.url, Unattended(place, sent_on), store=store)
            await reads(g, authorizer)
            await authorizer.forget()
        # One is kept, that of the last address.
        assert a.count("/register") == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"registration_endpoint": None}, "name it with client"),
        ({"token_endpoint_auth_methods_supported": ["tls_client_auth"]}, "cannot prove itself"),
        ({"authorization_endpoint": None}, "names no authorization_endpoint"),
    ],
)
def test_a_client_that_cannot_register_says_what_to_do(
    changes: dict[str, Any], expected: str
) -> None:
    @in_loop
    async def run() -> None:
        async with both(**changes) as (_, g):
            await why(g, desk(g), expected)

    run()


@in_loop
async def test_a_programs_client_is_shown_to_its_own_authorization_server_alone() -> None:
    async with both() as (a, g):
        client = ClientIdentity("desk", secret="hunter2", issuer="https://auth.example.com")
        words = await why(g, desk(g, client=client), 'belongs to "https://auth.example.com"')
        assert "hunter2" not in words
        assert a.count("/authorize") + a.count("/token") == 0


@in_loop
async def test_a_registration_that_is_worth_nothing_is_made_anew() -> None:
    async with both() as (a, g):
        store = MemoryStore()
        await reads(g, desk(g, store=store))
        # The authorization server forgets its clients.
        a.clients.clear()
        a.renewals.clear()
        await age(store, g.url, is_over=True)
        await reads(g, desk(g, store=store))
        assert a.count("/register") == 2


def test_what_is_set_up_wrongly_is_said_at_once() -> None:
    good = "https://m.example/mcp"
    client = ClientIdentity("desk")

    def at(server: str = good, **options: Any) -> object:
        return authorization_code(server, yes(), **options)

    rows: list[tuple[Callable[[], object], str]] = [
        (lambda: at("http://mcp.example.com/mcp"), "use https"),
        (lambda: at("mcp.example.com"), "absolute address"),
        (lambda: at(scopes=["a b"]), "is no scope"),
        (lambda: at(client_metadata=ClientIdentity("http://127.0.0.1/c")), "expected https"),
        (lambda: at(client_metadata=ClientIdentity("https://desk.example")), "a path"),
        (lambda: ClientIdentity(""), "expected an id"),
        (lambda: jwt_bearer(good, client, ""), "assertion"),
        (lambda: IdentityProvider("", client=client, id_token="x"), "expected an issuer"),
        (lambda: IdentityProvider("x", client=client, id_token=""), "ID token"),
        (lambda: client_credentials("ftp://m.example", client), "expected https"),
    ]
    for wrong, expected in rows:
        with pytest.raises(ValueError, match=expected):
            wrong()
