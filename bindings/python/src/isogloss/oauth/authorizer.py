"""What gives a client's requests their tokens, and learns from the answers.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#error-handling
"""

from types import TracebackType

from ..authority import Failure
from ..authority.address import Address
from ..authorizer import AnswerHead, SentHead
from .address import address_in
from .attempt import Need, Reason
from .challenge import Challenge
from .dpop import NONCE, PROOF
from .session import Session
from .setup import Setup
from .token import Held


class Authorizer:
    """Has access tokens for one server, got when it asks for them. Several clients may share one.

    The server's authorization server is found by what the server says of itself; a token is shown to this
    server alone, and asked for with the resource that the server names, letter by letter. Tokens are renewed
    before they end, one attempt at a time for all calls; a call that the server refuses for want of scopes
    gets a token with them and is made again. Its errors are McpErrors of kind AUTHORIZATION.
    """

    def __init__(self, setup: Setup) -> None:
        self._session = Session(setup)
        self._last: Address | None = None
        """The address that was asked last, which is most often that of the next request, too."""

    def __repr__(self) -> str:
        return f"Authorizer({self._session.setup.server.shown})"

    async def __aenter__(self) -> "Authorizer":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the attempt to get a token that is under way, if there is one, and waits for its end.

        None is begun any more. A token that there is is still sent.
        """
        await self._session.close()

    async def forget(self) -> None:
        """Forgets the token, here and where it is kept: whoever asks next is asked for credentials again.

        The authorization server is not told.
        """
        await self._session.known.forget()

    async def authorize(self, request: SentHead, /) -> None:
        """Puts the token on a request."""
        session = self._session
        to = self._address_of(request)
        if to is None or not to.is_of(session.setup.server):
            where = "another address" if to is None else to.shown
            raise session.told(Failure(f"a request to {where} gets none: it is another server"))
        await session.load()
        current = await session.usable()
        if current is None:
            return
        request.set_header("authorization", current.token.header)
        proofs = session.known.proofs_for(current.token.bound)
        if proofs is not None:
            access = current.token.access.reveal()
            request.set_header(PROOF, proofs.prove(request.method, to, access))

    async def answered(self, request: SentHead, answer: AnswerHead, /) -> bool:
        """Learns from an answer, and says whether the request is to be sent again."""
        session, status = self._session, answer.status
        sent = request.header("authorization")
        if sent is None:
            if status != 401:
                return False
            await session.get(Need(Reason.MISSING, None, _challenge(answer)))
            return True
        current = session.known.current
        if current is None or current.token.header != sent:
            # Somebody else got another one in the meantime.
            return status == 401 or (status == 403 and _challenge(answer).wants_scopes)
        if status == 401:
            return await self._refused(current, request, answer)
        current.proven = True
        if status == 403:
            return await self._lacking(current, answer)
        proofs = session.known.proofs_for(current.token.bound)
        to = self._address_of(request)
        if proofs is not None and to is not None:
            proofs.accepted(to, _nonce(answer))
        if 200 <= status < 300:
            session.succeeded()
        return False

    async def _refused(self, current: Held, request: SentHead, answer: AnswerHead) -> bool:
        """The server does not take the token."""
        challenge = _challenge(answer)
        if challenge.error == "use_dpop_nonce":
            proofs = self._session.known.proofs_for(current.token.bound)
            to, proof = self._address_of(request), request.header(PROOF)
            if proofs is None or to is None or proof is None:
                return False
            return proofs.refused(to, proof, _nonce(answer))
        if current.is_hopeless:
            return False
        await self._session.get(Need(Reason.REFUSED, current, challenge))
        return True

    async def _lacking(self, current: Held, answer: AnswerHead) -> bool:
        """The server takes the token, and wants more of it for this."""
        challenge = _challenge(answer)
        # Who was asked for them once and did not give them is not asked again.
        is_new = not set(challenge.scopes) <= set(current.token.requested)
        if not challenge.wants_scopes or not is_new or not self._session.may_step_up():
            return False
        await self._session.get(Need(Reason.LACKING, current, challenge))
        return True

    def _address_of(self, request: SentHead) -> Address | None:
        """Where a request goes; None if that is nowhere that a token may be sent."""
        url = request.url
        if self._last is None or self._last.text != url:
            self._last = address_in(url)
        return self._last


def _challenge(answer: AnswerHead) -> Challenge:
    return Challenge(answer.headers("www-authenticate"))


def _nonce(answer: AnswerHead) -> str | None:
    return next(iter(answer.headers(NONCE)), None)
