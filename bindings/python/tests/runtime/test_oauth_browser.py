"""The system's browser, and the place of this machine where its user comes back to."""

import asyncio
import sys
from pathlib import Path

import pytest

from isogloss.oauth import Browser, authorization_code
from isogloss.oauth.redirect import Receiver

from .loop import in_loop
from .oauth_guarded import both, reads, sent_on, why


async def ask(port: int, text: str) -> str:
    """What a connection is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    try:
        return (await reader.read()).decode()
    except ConnectionResetError:
        return ""
    finally:
        writer.close()


async def get(address: str, method: str = "GET") -> str:
    host, _, rest = address.removeprefix("http://").partition("/")
    port = int(host.rpartition(":")[2])
    return await ask(port, f"{method} /{rest} HTTP/1.1\r\nHost: {host}\r\n\r\n")


def head_of(answer: str) -> str:
    return answer.partition("\r\n")[0]


@in_loop
async def test_a_user_comes_back_to_this_machine_and_sees_a_page() -> None:
    async with both() as (a, g):
        pages: list[asyncio.Task[str]] = []

        async def open(address: str) -> None:
            pages.append(asyncio.create_task(get(await sent_on(address))))

        authorizer = authorization_code(g.url, Browser(open=open))
        for tool in ("read", "write", "burn"):
            await reads(g, authorizer, tool)
        for page in pages:
            text = await page
            assert head_of(text) == "HTTP/1.1 200 OK"
            assert (
                "You can close this page" in text
                and "code" not in text.lower().partition("\r\n\r\n")[2]
            )
            assert "referrer-policy: no-referrer" in text.lower()
        # The place stayed the same, and the client with it.
        assert a.count("/register") == 1
        assert len(set(a.asked("/authorize", "redirect_uri"))) == 1


@in_loop
async def test_whatever_else_comes_is_turned_away_and_ends_nothing() -> None:
    receiver = Receiver()
    await receiver.listen(0)
    try:
        uri = receiver.redirect_uri
        assert head_of(await get(f"{uri}?state=")) == "HTTP/1.1 400 Bad Request"
        receiver.state = "right"
        for address, status in [
            (f"{uri}?state=wrong&code=c", 400),
            (f"{uri}?code=c", 400),
            (f"{uri}/more?state=right", 404),
            (f"http://127.0.0.1:{receiver.port}/?state=right", 404),
        ]:
            assert head_of(await get(address)).startswith(f"HTTP/1.1 {status} ")
        assert head_of(await get(f"{uri}?state=right", "POST")).startswith("HTTP/1.1 405 ")
        for nonsense in ("\r\n\r\n", "x\r\n\r\n", "GET\r\n\r\n", "\xff" * 30 + "\r\n\r\n"):
            assert head_of(await ask(receiver.port, nonsense)).startswith("HTTP/1.1 404 ")
        waiting = asyncio.create_task(receiver.receive())
        # Too long a head, and one that never ends, are no answer.
        assert await ask(receiver.port, "GET /" + "x" * 200_000) == ""
        _, silent = await asyncio.open_connection("127.0.0.1", receiver.port)
        assert not waiting.done()
        assert head_of(await get(f"{uri}?state=right&code=c")) == "HTTP/1.1 200 OK"
        assert await waiting == f"{uri}?state=right&code=c"
        silent.close()
    finally:
        await receiver.close()
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", int(uri.split(":")[2].split("/")[0]))


@in_loop
async def test_further_connections_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.oauth.redirect.MAX_REDIRECTS", 1)
    receiver = Receiver()
    await receiver.listen(0)
    try:
        receiver.state = "s"
        _, first = await asyncio.open_connection("127.0.0.1", receiver.port)
        first.write(b"GET /callback")
        await first.drain()
        second = asyncio.create_task(get(f"{receiver.redirect_uri}?state=s"))
        while len(receiver._serving) < 2:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not second.done()
        first.close()
        assert head_of(await second) == "HTTP/1.1 200 OK"
    finally:
        await receiver.close()


@in_loop
async def test_a_port_that_is_taken_is_told() -> None:
    taken = Receiver()
    await taken.listen(0)
    try:
        async with both() as (_, g):
            browser = Browser(port=taken.port)
            await why(g, authorization_code(g.url, browser), f"port {taken.port} of this machine")
    finally:
        await taken.close()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="xdg-open is of other systems")
def test_the_systems_browser_gets_the_address_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = tmp_path / "address"
    command = tmp_path / "xdg-open"
    command.write_text(f'#!/bin/sh\nprintf %s "$1" > "{fifo}.new"; mv "{fifo}.new" "{fifo}"\n')
    command.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    @in_loop
    async def run() -> None:
        async with both(scopes_supported=["a;b", "$(c)"]) as (a, g):
            authorizer = authorization_code(g.url, Browser(), scopes=["$(c)", "`d`", "'e'"])
            reading = asyncio.create_task(reads(g, authorizer))
            while not fifo.exists():
                assert not reading.done()
                await asyncio.sleep(0.01)
            page = await get(await sent_on(fifo.read_text()))
            assert head_of(page) == "HTTP/1.1 200 OK"
            await reading
            assert a.asked("/authorize", "scope") == ["notes:read $(c) `d` 'e'"]

    run()


def test_a_machine_without_a_browser_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    @in_loop
    async def run() -> None:
        async with both() as (_, g):
            await why(g, authorization_code(g.url, Browser()), "no browser could be opened")

    run()
