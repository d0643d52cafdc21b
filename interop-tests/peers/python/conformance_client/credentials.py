"""What a user of each scenario has in hand: credentials, or a browser.

The choice among them is the user's; all that becomes of it is the SDK's.
"""

from typing import Any

import httpx

from isogloss.oauth import (
    Authorizer,
    ClientIdentity,
    IdentityProvider,
    PrivateKey,
    Unattended,
    authorization_code,
    client_credentials,
    enterprise,
    jwt_bearer,
)

# Where the suite's users come back to: nobody listens there, since nobody is sent there.
BACK = "http://localhost:3000/callback"
# What the suite takes for a document of ours.
OWN_DOCUMENT = "https://conformance-test.local/client-metadata.json"


def credentials(scenario: str, url: str, known: dict[str, Any]) -> Authorizer:
    """What gives the requests of a scenario of `auth/` their credentials."""
    client = None
    if "client_id" in known:
        client = ClientIdentity(known["client_id"], secret=known.get("client_secret"))
    match scenario.removeprefix("auth/"), client:
        case "client-credentials-jwt", ClientIdentity(id=id):
            key = PrivateKey(known["private_key_pem"])
            return client_credentials(url, ClientIdentity(id, key=key))
        case "client-credentials-basic", ClientIdentity():
            return client_credentials(url, client)
        case "wif-jwt-bearer", ClientIdentity(id=id):
            return jwt_bearer(url, ClientIdentity(id), known["valid_jwt"])
        case "enterprise-managed-authorization", ClientIdentity():
            provider = IdentityProvider(
                known["idp_issuer"],
                client=ClientIdentity(known["idp_client_id"]),
                id_token=known["idp_id_token"],
                token_endpoint=known["idp_token_endpoint"],
            )
            return enterprise(url, client, provider)
    return authorization_code(
        url,
        Unattended(BACK, sent_back),
        client=client if scenario == "auth/pre-registration" else None,
        client_metadata=ClientIdentity(OWN_DOCUMENT),
    )


async def sent_back(address: str) -> str:
    """Where the authorization server sends its user: the suite's answers at once."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        response = await browser.get(address)
    if "location" not in response.headers:
        raise LookupError(f"expected a redirect, found HTTP {response.status_code}")
    return str(httpx.URL(address).join(response.headers["location"]))
