"""Tokens of an application that sends mail, had from its organisation's sign-in server for its secret."""

import time

import httpx2

from reporter.delivery.answers import broken
from reporter.model.mail import Outcome

TOKEN_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
SMTP_SCOPE = "https://outlook.office365.com/.default"
EARLY_SECONDS = 120.0
"""A token is renewed so long before it ends."""


class Tokens:
    """The token of one application, fetched when it is first needed, and again before it ends. Never shown."""

    def __init__(self, url: str, client_id: str, secret: str, scope: str, seconds: float) -> None:
        self.url, self.seconds = url, seconds
        self._asked = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "scope": scope,
        }
        self._token, self._ends = "", 0.0

    def token(self) -> str | Outcome:
        """A token that still holds; else what became of asking for one. No mail has been named yet."""
        if time.monotonic() < self._ends:
            return self._token
        try:
            with httpx2.Client(follow_redirects=False, timeout=self.seconds) as client:
                answer = client.post(self.url, data=self._asked)
            if answer.status_code != 200:
                why = "no_token" if answer.status_code in (400, 401, 403) else "server_refuses_us"
                return broken("login", why=why, said=f"HTTP {answer.status_code}")
            told = answer.json()
            self._token = str(told["access_token"])
            self._ends = time.monotonic() + max(0.0, float(told.get("expires_in", 0)) - EARLY_SECONDS)
        except httpx2.HTTPError as error:
            return broken("connect", said=type(error).__name__)
        except (ValueError, KeyError, TypeError):
            return broken("login", why="no_token", said="not a token")
        return self._token

    def forget(self) -> None:
        """Fetch another one next time."""
        self._token, self._ends = "", 0.0
