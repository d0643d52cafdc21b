"""The client of the official conformance suite: each scenario as a user of the SDK would write it.

The suite names the scenario and what goes with it in the environment, and the server's address as the last
argument.
"""

import json
import os
from typing import TYPE_CHECKING, Any

from isogloss import Client, connect, http
from isogloss.protocol.types import (
    ClientCapabilities,
    ElicitRequestFormParams,
    ElicitResult,
    Implementation,
    RootsCapability,
    SamplingCapability,
)
from isogloss.revision import NEWEST_MODERN

from .scenarios import scenario

if TYPE_CHECKING:
    from isogloss.oauth import Authorizer


class User:
    """Agrees to everything, and has something else done while being asked."""

    client: Client

    async def answer(self, form: ElicitRequestFormParams) -> ElicitResult:
        if "confirmed" not in form.requested_schema.properties:
            return ElicitResult(action="accept", content={})
        await self.client.call_tool("test_mrtr_unrelated")
        return ElicitResult(action="accept", content={"confirmed": True})


async def play(url: str) -> None:
    """Goes through the scenario."""
    # What a user of the scenario would know: arguments of tools.
    known: dict[str, Any] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    name = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    user = User()
    connecting = connect(
        http(url, authorizer=authorizer(name, url, known)),
        **leg(),
        info=Implementation(name="isogloss-python-conformance", version="0.1.0"),
        capabilities=ClientCapabilities(roots=RootsCapability(), sampling=SamplingCapability()),
        fill_defaults=True,
        on_elicit=user.answer,
    )
    async with connecting as user.client:
        await scenario(name)(user.client, known)


def authorizer(name: str, url: str, known: dict[str, Any]) -> "Authorizer | None":
    """What gives the requests of a scenario their credentials, where servers ask for any."""
    if not name.startswith("auth/"):
        return None
    from .credentials import credentials

    return credentials(name, url, known)


def leg() -> Any:
    """The revision that the suite's leg is about, if it says so."""
    revision = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION")
    if not revision:
        return {}
    if revision == NEWEST_MODERN:
        return {"era": "modern"}
    return {"era": "legacy", "revision": revision}
