"""How this SDK's client does what the steps of interop-tests/steps/python ask for."""

import os
from contextlib import AsyncExitStack
from typing import Any

from isogloss import Client, McpError, connect
from isogloss.client import EraMode
from isogloss.protocol.types import (
    ElicitRequestFormParams,
    ElicitResult,
    Implementation,
    ProgressNotificationParams,
)
from steps import USER, OnProgress, go_through


def answer(_: ElicitRequestFormParams) -> ElicitResult:
    """The user, who answers with a name."""
    return ElicitResult(action="accept", content={"name": USER})


class Caller:
    """A client of the server at this address, or of this command."""

    client: Client

    def __init__(self, era: EraMode, server: str | list[str]) -> None:
        self.stack = AsyncExitStack()
        self.connecting = connect(
            server if isinstance(server, str) else None,
            command=None if isinstance(server, str) else server,
            era=era,
            revision=os.environ.get("ISOGLOSS_REVISION") if era == "legacy" else None,
            info=Implementation(name="isogloss-python-peer", version="0.1.0"),
            on_elicit=answer,
        )

    async def connect(self) -> tuple[str, str | None]:
        self.client = await self.stack.enter_async_context(self.connecting)
        return self.client.revision.value, self.client.server.name

    async def close(self) -> None:
        await self.stack.aclose()

    async def ping(self) -> None:
        await self.client.ping()

    async def list_tools(self) -> list[Any]:
        return await self.client.list_tools()

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        def note(told: ProgressNotificationParams) -> None:
            if on_progress:
                on_progress(told.progress, told.total or None, told.message or None)

        return await self.client.call_tool(
            name, arguments, on_progress=note if on_progress else None
        )

    async def read_resource(self, uri: str) -> list[Any]:
        return (await self.client.read_resource(uri)).contents

    async def get_prompt(self, name: str, arguments: dict[str, str]) -> list[Any]:
        return (await self.client.get_prompt(name, arguments)).messages

    async def complete(self, prompt: str, argument: str, value: str) -> list[str]:
        return await self.client.complete(argument, value, prompt=prompt)

    def code_of(self, error: BaseException) -> int | None:
        return error.code if isinstance(error, McpError) else None


async def run(era: EraMode, server: str | list[str]) -> int:
    return await go_through(Caller(era, server))
