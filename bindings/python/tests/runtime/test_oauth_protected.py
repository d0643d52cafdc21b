"""Both halves together: our client gets itself what our own protected server asks for."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from isogloss import McpError, Server, connect, http
from isogloss.auth import Protection, TokenRefusal, TokenVerifier
from isogloss.claims import Claims
from isogloss.client import EraMode
from isogloss.oauth import authorization_code
from isogloss.protocol.types import TextContent

from .loop import in_loop
from .oauth_guarded import told, yes
from .oauth_server import Authority, authority
from .web import served


class Known(TokenVerifier):
    """Knows the tokens of an authorization server of this process."""

    def __init__(self, of: Authority) -> None:
        self._of = of

    @property
    def issuers(self) -> Sequence[str]:
        return [self._of.issuer]

    async def verify(self, token: str, /) -> Claims:
        stands = self._of.tokens.get(token)
        if stands is None:
            raise TokenRefusal("unknown")
        return Claims(
            issuer=self._of.issuer,
            subject="ada",
            client_id=stands.client,
            scopes=frozenset(stands.scope.split()),
            audience=(stands.resource,),
            expires_at=datetime.fromtimestamp(time.time() + 60, UTC),
        )


class Late:
    """An application that is made once its address is known."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


@asynccontextmanager
async def protected(a: Authority) -> AsyncIterator[str]:
    mcp = Server("notes", "1.0.0")

    @mcp.tool
    def read() -> list[TextContent]:
        return [TextContent(text="a note")]

    @mcp.tool(scopes=["notes:burn"])
    def burn() -> list[TextContent]:
        return [TextContent(text="burnt")]

    late = Late()
    async with served(late) as web:
        url = f"http://127.0.0.1:{web.port}/mcp"
        late.app = mcp.asgi(guard=Protection(url, Known(a), scopes=["notes:read"]))
        yield url


@pytest.mark.parametrize("era", ["modern", "legacy", "auto"])
def test_a_client_gets_itself_what_a_protection_asks_for(era: EraMode) -> None:
    @in_loop
    async def run() -> None:
        async with authority() as a, protected(a) as url:
            authorizer = authorization_code(url, yes())
            async with connect(http(url, authorizer=authorizer), era=era) as client:
                for tool, text in (("read", "a note"), ("burn", "burnt"), ("read", "a note")):
                    (content,) = (await client.call_tool(tool)).content
                    assert isinstance(content, TextContent) and content.text == text
            assert a.asked("/authorize", "scope") == ["notes:read", "notes:read notes:burn"]
            assert set(a.asked("/token", "resource")) == {url}
            # A token that nobody knows any more is renewed.
            a.tokens.clear()
            async with connect(http(url, authorizer=authorizer), era=era) as client:
                await client.list_tools()
            assert a.count("/authorize") == 2
            a.tokens.clear()
            a.renewals.clear()
            a.denied = "access_denied"
            with pytest.raises(McpError) as caught:
                async with connect(http(url, authorizer=authorizer), era=era):
                    pass
            told(caught.value, "access_denied")

    run()
