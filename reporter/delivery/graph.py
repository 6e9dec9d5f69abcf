"""Mail by Microsoft Graph: one POST of the finished message, with a token of the application's own.

The answer 202 means taken, whatever else it says: such a mail is never sent again. A POST that was begun and not
answered for may have been taken.
"""

import base64
import time
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx2

from reporter.delivery.answers import answered, broken, without_addresses
from reporter.model.mail import Envelope, HandOver, Outcome

TOKEN_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
GRAPH_URL = "https://graph.microsoft.com/v1.0"
SCOPE = "https://graph.microsoft.com/.default"
LARGEST = 3_000_000
"""Bytes of a message; more than this Graph takes only in pieces, and not as a finished message."""
EARLY_SECONDS = 120.0
"""A token is renewed so long before it ends."""
LATER = (429, 503)
NOT_ALLOWED = (401, 403)
NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class GraphServer:
    """The mailbox that sends, and the application that may send for it. `secret` is never shown."""

    mailbox: str
    client_id: str
    secret: str = field(repr=False)
    token_url: str
    graph_url: str = GRAPH_URL
    phase_seconds: float = 60.0
    post_seconds: float = 600.0


class GraphTransport:
    """One mailbox; the token is fetched with the first mail, and again before it ends."""

    name = "graph"

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self._client = httpx2.Client(follow_redirects=False)
        self._token, self._ends = "", 0.0

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Hand one mail over; `on_handover` is called just before the POST that may be the last step."""
        if len(content) > LARGEST:
            return Outcome("refused", why="too_large", phase="size", said=f"SIZE {LARGEST}")
        if time.monotonic() >= self._ends and (failed := self._fetch_token()):
            return failed
        on_handover()
        url = f"{self.server.graph_url}/users/{quote(self.server.mailbox)}/sendMail"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "text/plain"}
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
        self._token, self._ends = "", 0.0
        self._client.close()

    def _fetch_token(self) -> Outcome | None:
        """Get a token; else what became of it. No mail has been named yet."""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.server.client_id,
            "client_secret": self.server.secret,
            "scope": SCOPE,
        }
        try:
            answer = self._client.post(self.server.token_url, data=asked, timeout=self.server.phase_seconds)
            if answer.status_code in (400, 401, 403):
                return broken("login", why="no_token", said=f"HTTP {answer.status_code}")
            if answer.status_code != 200:
                return broken("login", why="server_refuses_us", said=f"HTTP {answer.status_code}")
            told = answer.json()
            self._token = str(told["access_token"])
            self._ends = time.monotonic() + max(0.0, float(told.get("expires_in", 0)) - EARLY_SECONDS)
        except httpx2.HTTPError as error:
            return broken("connect", said=type(error).__name__)
        except (ValueError, KeyError, TypeError):
            return broken("login", why="no_token", said="not a token")
        return None

    def _said(self, answer: httpx2.Response) -> Outcome:
        """What an answer means; where it does not plainly say yes or no, the mail may have been taken."""
        code = answer.status_code
        if code == 202:
            return Outcome("sent", phase="dot", code=code)
        said = without_addresses(answer.text)
        if code in NOT_ALLOWED:
            self._ends = 0.0
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
