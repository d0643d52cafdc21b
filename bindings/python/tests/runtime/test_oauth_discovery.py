"""The way from a refused request to an authorization server: which places are asked in which order, and what ends it."""

from typing import Any

import pytest

from isogloss import McpError
from isogloss.oauth import Authorizer, ClientIdentity, MemoryStore, authorization_code

from .loop import in_loop
from .oauth_guarded import (
    PREFIXED,
    ROOT,
    Guarded,
    Head,
    Refused,
    Request,
    Says,
    age,
    desk,
    guarded,
    reads,
    stays,
    told,
    why,
    yes,
)
from .oauth_server import BACK, PLACE, Client, authority

OPENID = "/.well-known/openid-configuration"


def fresh(g: Guarded, **options: Any) -> Authorizer:
    """A new client, before which no document was asked for."""
    g.places()
    return desk(g, **options)


@in_loop
async def test_the_servers_document_is_where_it_says_else_below_its_path_else_at_the_root() -> None:
    async with authority() as a, guarded() as g:
        place = f"{g.origin}/elsewhere.json"
        for challenge, path, expected in [
            (f'Bearer resource_metadata="{place}"', "/elsewhere.json", ["/elsewhere.json"]),
            ("Bearer", PREFIXED, [PREFIXED]),
            ("Bearer", ROOT, [PREFIXED, ROOT]),
            ('Basic, Bearer error="invalid_token"', ROOT, [PREFIXED, ROOT]),
        ]:
            g.challenge = challenge
            g.documents.clear()
            g.names(a.issuer, path)
            await reads(g, fresh(g))
            assert g.places() == expected
        # Where it says it is it has to be.
        g.challenge = f'Bearer resource_metadata="{place}x"'
        await why(g, fresh(g), "found HTTP 404")
        assert g.places() == ["/elsewhere.jsonx"]


@in_loop
async def test_the_resource_is_sent_as_the_server_spells_it() -> None:
    async with authority() as a, guarded() as g:
        for spelling in (g.origin, f"{g.origin}/", g.origin.replace("http", "HTTP")):
            g.documents[ROOT] = {"resource": spelling, "authorization_servers": [a.issuer]}
            a.seen.clear()
            await reads(g, fresh(g))
            assert a.asked("/authorize", "resource") == [spelling]
            assert a.asked("/token", "resource") == [spelling]


@in_loop
async def test_a_document_that_is_wrong_ends_it() -> None:
    async with authority() as a, guarded() as g:
        good = {"resource": g.url, "authorization_servers": [a.issuer]}
        g.documents[ROOT] = good
        rows: list[tuple[dict[str, Any], str]] = [
            ({"resource": "https://evil.example/mcp"}, "resource: expected"),
            ({"resource": f"{g.origin}/other"}, "resource: expected"),
            ({"resource": f"{g.origin}/mc"}, "resource: expected"),
            ({"resource": f"{g.url}?x=y"}, "resource: expected"),
            ({"resource": f"{g.url}#x"}, "resource: expected"),
            ({"resource": 7}, "of another kind"),
            ({"resource": None}, "resource: the member is missing"),
            ({"authorization_servers": []}, "expected at least one"),
            ({"authorization_servers": None}, "expected at least one"),
            ({"authorization_servers": [7]}, "of another kind"),
            ({"authorization_servers": [None]}, "of another kind"),
            ({"scopes_supported": "all"}, "of another kind"),
            ({"dpop_bound_access_tokens_required": "yes"}, "of another kind"),
            ({"authorization_servers": ["http://a.example"]}, "use https"),
            ({"authorization_servers": [f"{a.issuer}/"]}, "issuer: expected"),
            ({"authorization_servers": ["x" * 10_000]}, "MAX_URI"),
            (
                {"authorization_servers": ["https://xn--0.example"]},
                "https://xn--0.example/.well-known",
            ),
        ]
        for changes, expected in rows:
            g.documents[PREFIXED] = {**good, **changes}
            assert len(await why(g, fresh(g), expected)) < 1000
            assert g.places() == [PREFIXED]
        g.documents[PREFIXED] = "broken"
        await why(g, fresh(g), "503")
        assert a.count("/authorize") == 0
        # A page instead of a document is nothing.
        g.documents[PREFIXED] = "<html>"
        await reads(g, fresh(g))


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("", [PLACE, OPENID]),
        ("/tenant", [f"{PLACE}/tenant", f"{OPENID}/tenant", f"/tenant{OPENID}"]),
    ],
)
def test_an_issuers_document_is_looked_for_in_order_and_has_to_be_its_own(
    path: str, places: list[str]
) -> None:
    @in_loop
    async def run() -> None:
        async with authority() as a, guarded() as g:
            issuer = a.iss = a.issuer + path
            g.names(issuer)
            for i, place in enumerate(places):
                a.metadata.clear()
                a.says(place, issuer=issuer)
                a.seen.clear()
                await reads(g, fresh(g))
                assert [at for at in places if a.count(at)] == places[: i + 1]
            # One that is somebody else's is not passed over for the next.
            for place in places:
                a.says(place, issuer=issuer)
            a.says(places[0], issuer="https://attacker.example")
            a.seen.clear()
            await why(g, fresh(g), "attacker")
            assert [at for at in places if a.count(at)] == places[:1]
            a.metadata.clear()
            await why(g, fresh(g), "no metadata of")

    run()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"token_endpoint": None}, "token_endpoint: required member is missing"),
        ({"token_endpoint": 7}, "token_endpoint: the member"),
        ({"token_endpoint": "http://a.example/token"}, "use https"),
        ({"authorization_endpoint": "ftp://a.example"}, "expected https"),
        ({"grant_types_supported": "all"}, "of another kind"),
    ],
)
def test_an_issuers_document_that_is_wrong_ends_it(changes: dict[str, Any], expected: str) -> None:
    @in_loop
    async def run() -> None:
        async with authority(**changes) as a, guarded() as g:
            g.names(a.issuer)
            await why(g, fresh(g), expected)
            assert a.count("/authorize") + a.count("/register") + a.count("/token") == 0

    run()


@in_loop
async def test_a_server_of_the_first_revision_is_its_own_authorization_server() -> None:
    async with authority() as a, guarded() as g:
        a.iss = g.origin
        a.says(issuer=g.origin)
        g.documents[PLACE] = a.metadata[PLACE]
        await reads(g, fresh(g))
        assert g.places() == [PREFIXED, ROOT, PLACE]
        assert a.asked("/authorize", "resource") == [g.url]
        # Without any document its endpoints are at fixed places.
        g.documents.clear()
        assert "/register" in await why(g, fresh(g), "names no authorization server")
        assert g.places() == [PREFIXED, ROOT, PLACE, "/register"]


@in_loop
async def test_a_server_that_changes_its_authorization_server_takes_nothing_of_the_old_one_there() -> (
    None
):
    async with authority() as old, authority() as other, guarded() as g:
        old.clients["desk"] = Client("client_secret_basic", "hunter2", (BACK,))
        registered = fresh(g)
        given = fresh(g, client=ClientIdentity("desk", secret="hunter2"))
        g.takes(old)
        await reads(g, registered)
        await reads(g, given)
        g.takes(other)
        await reads(g, registered)
        assert "hunter2" not in await why(g, given, "belongs to")
        # Nobody renewed there what was got here.
        assert other.asked("/token", "grant_type") == ["authorization_code"]
        assert (other.count("/register"), other.count("/authorize"), old.count("/token")) == (
            1,
            1,
            2,
        )


@in_loop
async def test_a_token_that_was_kept_and_is_over_is_got_anew_where_the_server_says() -> None:
    async with authority() as a, guarded() as g:
        g.challenge = f'Bearer resource_metadata="{g.origin}/elsewhere.json"'
        g.names(a.issuer, "/elsewhere.json")
        a.refreshes = False
        store = MemoryStore()
        for visits in (1, 1, 2):
            if visits == 2:
                await age(store, g.url, is_over=True)
            await reads(g, desk(g, store=store))
            assert a.count("/authorize") == visits
        assert set(g.places()) == {"/elsewhere.json"}


@in_loop
async def test_a_server_that_always_wants_more_is_not_given_more_for_ever() -> None:
    async with authority() as a, guarded() as g:
        g.names(a.issuer)
        wanted = 0

        def judge(head: Head) -> Says:
            nonlocal wanted
            if head.authorization is None:
                return Says(401, "Bearer")
            wanted += 1
            return Says(403, f'Bearer error="insufficient_scope", scope="s{wanted}"')

        g.judge = judge
        await stays(g, fresh(g), 403)
        assert a.asked("/authorize", "scope") == [None, "s1", "s1 s2", "s1 s2 s3"]


@pytest.mark.parametrize(
    "place",
    [
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://[::ffff:127.0.0.1]/",
        "https://x.localhost/",
        "http://127.0.0.1/",
    ],
)
def test_a_server_elsewhere_names_no_address_of_this_machine(place: str) -> None:
    @in_loop
    async def run() -> None:
        elsewhere = "https://mcp.example.com/mcp"
        authorizer = authorization_code(elsewhere, yes())
        refusal = Refused(f'Bearer resource_metadata="{place}"')
        with pytest.raises(McpError) as caught:
            await authorizer.answered(Request(elsewhere), refusal)
        told(caught.value, "this machine")

    run()
