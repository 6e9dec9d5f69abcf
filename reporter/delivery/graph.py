"""Mail by Microsoft Graph: one POST of the finished message, with a token of the application's own.

The answer 202 means taken, whatever else it says: such a mail is never sent again. A POST that was begun and not
answered for may have been taken.
"""

import base64
import logging
import ssl
from dataclasses import dataclass
from urllib.parse import quote

import httpx2

from reporter.delivery.answers import answered, broken, without_addresses
from reporter.delivery.tokens import Tokens
from reporter.model.mail import Envelope, HandOver, Outcome

GRAPH_URL = "https://graph.microsoft.com/v1.0"
LARGEST = 3_000_000
"""Bytes of a message; more than this Graph takes only in pieces, and not as a finished message."""
LAPSED = 401
LATER = (429, 503)
NOT_ALLOWED = (401, 403)
NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class GraphServer:
    """The mailbox that sends, and where."""

    mailbox: str
    url: str = GRAPH_URL
    ca_file: str | None = None
    phase_seconds: float = 60.0
    post_seconds: float = 600.0


class GraphTransport:
    """One mailbox; the token is fetched with the first mail, and again before it ends."""

    name = "graph"

    def __init__(self, server: GraphServer, tokens: Tokens) -> None:
        self.server, self.tokens = server, tokens
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, and the mailbox is in them
        trust = ssl.create_default_context(cafile=server.ca_file)
        self._client = httpx2.Client(follow_redirects=False, verify=trust)

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Hand one mail over; `on_handover` is called just before the POST that may be the last step."""
        if len(content) > LARGEST:
            return Outcome("refused", why="too_large", phase="size", said=f"SIZE {LARGEST}")
        token = self.tokens.token()
        if isinstance(token, Outcome):
            return token
        on_handover()
        outcome = self._posted(content, token)
        if outcome.code == LAPSED and self.tokens.has_lapsed():  # such an answer has taken nothing
            token = self.tokens.token()
            outcome = self._posted(content, token) if isinstance(token, str) else token
        if outcome.state == "sent":
            self.tokens.accepted()
        return outcome

    def _posted(self, content: bytes, token: str) -> Outcome:
        url = f"{self.server.url}/users/{quote(self.server.mailbox)}/sendMail"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
        timeout = httpx2.Timeout(self.server.post_seconds, connect=self.server.phase_seconds)
        try:
            answer = self._client.post(url, content=base64.b64encode(content), headers=headers, timeout=timeout)
        except NOT_BEGUN:
            return broken("connect")
        except httpx2.HTTPError as error:
            return broken("dot", said=type(error).__name__)
        return self._said(answer)

    def close(self) -> None:
        """Let go of the connection and the token."""
        self.tokens.close()
        self._client.close()

    def _said(self, answer: httpx2.Response) -> Outcome:
        """What an answer means; where it does not plainly say yes or no, the mail may have been taken."""
        code = answer.status_code
        if code == 202:
            return Outcome("sent", phase="dot", code=code)
        said = without_addresses(answer.text)
        if code in NOT_ALLOWED:
            return Outcome(
                "refused", why="graph_forbids", phase="login", code=code, said=said, is_general=True, is_final=True
            )
        if code in LATER:
            asked = answer.headers.get("Retry-After", "")
            wait = float(asked) if asked.isdigit() else 0.0
            return Outcome("deferred", why="later", phase="dot", code=code, said=said, wait_seconds=wait)
        if 400 <= code < 500 and code != 408:
            return answered("dot", 552 if code == 413 else 550, said)
        return Outcome("ambiguous", why="no_answer", phase="dot", code=code, said=said)
