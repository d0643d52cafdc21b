"""Gets clients their access tokens: from the authorization server that a protected server names, renewed before they end.

Whether a server may be used at all is for the program to decide; what a token allows is the server's
business. A user is asked in a browser, and comes back to this machine:

    async with authorization_code("https://mcp.example.com/mcp", Browser()) as authorizer:
        async with connect(http("https://mcp.example.com/mcp", authorizer=authorizer)) as client:

A program that acts for itself says who it is instead (`client_credentials`), shows what its platform says of
it (`jwt_bearer`), or what an enterprise says of its user (`enterprise`).

Authorization servers are asked with HTTP/1.1 and the certificates that come with httpx, through no proxy;
redirects are not followed. An answer may take `AUTH_FETCH_TIMEOUT` and be as long as `MAX_AUTH_DOCUMENT`.
What a user does, or a store, may take `login_timeout`. It needs `isogloss[oauth]`.
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from .authorizer import Authorizer
from .browser import Browser
from .flows import authorization_code, client_credentials, enterprise, jwt_bearer
from .identity import Assertion, ClientIdentity, IdentityProvider
from .private_key import PrivateKey
from .store import FileStore, MemoryStore, TokenStore
from .user_agent import Unattended, UserAgent, Visit

__all__ = [
    "Assertion",
    "Authorizer",
    "Browser",
    "ClientIdentity",
    "FileStore",
    "IdentityProvider",
    "MemoryStore",
    "PrivateKey",
    "TokenStore",
    "Unattended",
    "UserAgent",
    "Visit",
    "authorization_code",
    "client_credentials",
    "enterprise",
    "jwt_bearer",
]
