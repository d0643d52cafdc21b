"""What an authorization server says of itself: where its keys are, and where it can be asked about a token.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery
"""

import json
from typing import Any

from ..authority import Failure
from ..authority.address import checked, places
from ..authority.sender import Sender


async def endpoint(sender: Sender, issuer: str, name: str) -> str:
    """The address that an issuer's metadata has under this name. Raises Failure if none does."""
    failures = []
    for place in places(checked("issuer", issuer)):
        try:
            found = await _endpoint_at(sender, issuer, place, name)
        except Failure as failure:
            failures.append(str(failure))
            continue
        if found is None:
            raise Failure(f"the metadata of {issuer} names no {name}")
        return found
    raise Failure(f"no metadata of {issuer}: {'; '.join(failures)}")


async def _endpoint_at(sender: Sender, issuer: str, place: str, name: str) -> str | None:
    metadata = await sender.get(place)
    # Metadata of somebody else would make somebody else's tokens good.
    if metadata.get("issuer") != issuer:
        found = _shown(metadata.get("issuer"))
        raise Failure(f"{place}: issuer: expected {json.dumps(issuer)}, found {found}")
    text = metadata.get(name)
    if not isinstance(text, str):
        return None
    try:
        address = checked(name, text)
    except ValueError as error:
        raise Failure(f"{place}: {error}") from None
    if address.is_this_machine and not checked("issuer", issuer).is_loopback:
        what = f"{place}: {name} {json.dumps(text)}"
        raise Failure(f"{what}: an issuer elsewhere cannot name an address of this machine")
    return text


def _shown(value: Any) -> str:
    """A value as far as an error quotes it."""
    text = "nothing" if value is None else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
