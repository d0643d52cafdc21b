"""What is kept from one run to the next."""

import asyncio
import json
import logging
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isogloss.oauth import FileStore, MemoryStore, TokenStore

from .loop import in_loop
from .oauth_guarded import both, desk, reads, why


@in_loop
async def test_what_is_kept_is_used_in_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "of" / "desk"
    async with both() as (a, g):
        for run, visits in enumerate((1, 1, 2)):
            authorizer = desk(g, store=FileStore(folder))
            await reads(g, authorizer)
            assert a.count("/authorize") == visits
            assert a.count("/register") == 1
            if run == 1:
                await authorizer.forget()
        files = list(folder.iterdir())
        assert len(files) == 2
        if sys.platform != "win32":
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_a_store_keeps_what_was_saved_last(kind: str, tmp_path: Path) -> None:
    store: TokenStore = MemoryStore() if kind == "memory" else FileStore(tmp_path)

    @in_loop
    async def run() -> None:
        assert await store.load("../a") is None
        await store.save("../a", None)
        await store.save("../a", "one")
        await store.save("b", "other")
        await store.save("../a", "two")
        assert (await store.load("../a"), await store.load("b")) == ("two", "other")
        await store.save("../a", None)
        assert await store.load("../a") is None
        texts = [str(i % 10) * 5000 for i in range(20)]
        await asyncio.gather(*(store.save("c", text) for text in texts))
        # Whichever was last: it is whole.
        assert await store.load("c") in texts

    run()


@in_loop
async def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="below"):
        await FileStore(file / "below").save("a", "b")


def _change(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda kept: {**kept, **changes}


def _of(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda kept: {**kept, "client": {**kept["client"], **changes}}


@pytest.mark.parametrize(
    "spoilt",
    [
        "{",
        "null",
        "[]",
        "{}",
        '{"access":7}',
        _change(access="a\nb"),
        _change(issuer=""),
        _change(requested=[7]),
        _of(given=True),
        _of(method="tls_client_auth"),
    ],
)
def test_what_is_kept_and_cannot_be_used_is_as_if_it_were_not_there(spoilt: Any) -> None:
    @in_loop
    async def run() -> None:
        async with both() as (a, g):
            key, store = f"token {g.url}", MemoryStore()
            await reads(g, desk(g, store=store))
            kept = json.loads(await store.load(key) or "")
            text = spoilt if isinstance(spoilt, str) else json.dumps(spoilt(kept))
            await store.save(key, text)
            await reads(g, desk(g, store=store))
            assert a.count("/authorize") == 2

    run()


class Odd:
    """A store that fails."""

    def __init__(self, load: Exception | None = None, save: Exception | None = None) -> None:
        self._load, self._save = load, save

    async def load(self, _: str, /) -> str | None:
        if self._load is not None:
            raise self._load
        return None

    async def save(self, _: str, value: str | None, /) -> None:  # noqa: ARG002
        if self._save is not None:
            raise self._save


@in_loop
async def test_a_store_that_keeps_nothing_is_told_of_and_one_that_cannot_be_read_ends_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with both() as (_, g):
        with caplog.at_level(logging.WARNING, "isogloss"):
            await reads(g, desk(g, store=Odd(save=OSError("the disk is full"))))
        assert "the disk is full" in caplog.text
        await why(g, desk(g, store=Odd(load=OSError("it is locked"))), "it is locked")
