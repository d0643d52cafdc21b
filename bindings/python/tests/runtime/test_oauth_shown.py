"""Nothing secret is shown, however a program prints what it has of this package; and what it needs is told."""

import copy
import logging
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

import isogloss.oauth
from isogloss import McpError
from isogloss.oauth import (
    Browser,
    ClientIdentity,
    FileStore,
    IdentityProvider,
    MemoryStore,
    PrivateKey,
    authorization_code,
    client_credentials,
    jwt_bearer,
)

from .loop import in_loop
from .oauth_guarded import Refused, Request, both, desk, reads, yes
from .oauth_jwt import Signer
from .oauth_server import BACK, Client

SOURCES = Path(isogloss.oauth.__file__).parents[2]


def printed(value: Any, depth: int = 0) -> str:
    """A value in all ways in which programs print, with the fields of its fields."""
    texts = [repr(value), str(value), f"{value}", "%s" % (value,)]  # noqa: UP031
    for held in (vars(value) if hasattr(value, "__dict__") else {}), slots(value):
        texts.append(repr(held))
        if depth < 4:
            texts += [printed(one, depth + 1) for one in held.values()]
    return "\n".join(texts)


def slots(value: Any) -> dict[str, Any]:
    # What keeps the text of a secret is the one place where it stands.
    names = [] if type(value).__name__ == "Secret" else getattr(type(value), "__slots__", ())
    return {name: getattr(value, name, None) for name in names}


@in_loop
async def test_nothing_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "isogloss")
    async with both(token_endpoint_auth_methods_supported=["client_secret_post"]) as (a, g):
        a.clients["desk"] = Client("client_secret_post", "hunter2", (BACK,))
        store = MemoryStore()
        signer = Signer()
        identity = ClientIdentity("desk", secret="hunter2", key=PrivateKey(signer.key))
        authorizer = desk(g, client=identity, store=store)
        await reads(g, authorizer)
        request = Request(g.url)
        await authorizer.authorize(request)
        token = request.sent["authorization"].removeprefix("Bearer ")
        kept = await store.load(f"token {g.url}") or ""
        assert token in kept and "hunter2" not in kept
        workload = jwt_bearer(g.url, identity, "statement of the platform")
        provider = IdentityProvider(a.issuer, client=identity, id_token="statement of who")
        a.refuses = {"code": "server_error"}
        with pytest.raises(McpError) as caught:
            await authorizer.answered(request, Refused())
        error = caught.value
        told = "".join(traceback.format_exception(error))
        hidden = [token, "hunter2", "refresh-", "statement of"]
        hidden.append(str(signer.key.private_numbers().private_value))
        values = [authorizer, workload, store, identity, provider, identity.key, Browser(), yes()]
        for value in [*values, FileStore("x"), error, authorizer._session]:
            text = printed(value)
            assert not [one for one in hidden if one in text], text
        assert not [one for one in hidden if one in told or one in caplog.text]


def test_what_is_secret_is_neither_pickled_nor_copied_into_the_open() -> None:
    identity = ClientIdentity("desk", secret="hunter2", key=PrivateKey(Signer().key))
    for value in (identity, identity.key, identity.secret):
        with pytest.raises(TypeError):
            pickle.dumps(value)
        with pytest.raises(TypeError):
            copy.deepcopy(value)


def test_an_authorizer_says_whose_it_is() -> None:
    authorizer = authorization_code("https://mcp.example.com/mcp?key=hunter2", yes())
    assert repr(authorizer) == "Authorizer(https://mcp.example.com/mcp)"
    assert repr(PrivateKey(Signer().key)) == "PrivateKey(ES256, …)"
    assert repr(ClientIdentity("desk", secret="x")) == "ClientIdentity('desk', issuer=None)"


@in_loop
async def test_an_error_names_the_server_without_its_query() -> None:
    address = "http://127.0.0.1:1/mcp?key=hunter2"
    client = ClientIdentity("desk", secret="hunter2")
    with pytest.raises(McpError) as caught:
        await client_credentials(address, client).answered(Request(address), Refused("Bearer"))
    assert "no access token for http://127.0.0.1:1/mcp: " in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("lacking", "code", "told"),
    [
        ("httpx", "client_credentials('https://a.example', ClientIdentity('x'))", "need httpx"),
        ("cryptography", "PrivateKey('x')", "need cryptography"),
    ],
)
def test_what_is_not_installed_is_told_once_it_is_needed(
    lacking: str, code: str, told: str
) -> None:
    program = f"""
import sys
sys.modules[{lacking!r}] = None
from isogloss.oauth import *
print(*[name for name in ("httpx", "cryptography") if sys.modules.get(name)])
try:
    {code}
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported, error = done.stdout.splitlines()
    assert imported == ""
    assert told in error and "install isogloss[oauth]" in error
