"""Tokens for a Google Workspace mailbox, by the `google-auth` library.

The secret is the JSON key of a service account that may act for the mailbox (domain-wide delegation), or the JSON of
one user who has agreed once, with a refresh token.
"""

import json
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from reporter.delivery.answers import broken
from reporter.delivery.tokens import library, session
from reporter.errors import SettingsError, refused
from reporter.model.mail import Outcome

SCOPE = "https://mail.google.com/"
EXTRA = "google"
TOKEN_URL = "https://oauth2.googleapis.com/token"


class GoogleTokens:
    """Tokens that let in `mailbox`; where they are asked for stands in the key."""

    def __init__(self, secret: str, mailbox: str, *, ca_file: str | None = None, seconds: float = 60.0) -> None:
        self._faults = library("google.auth.exceptions", EXTRA)
        self._key, self._mailbox = _key(secret), mailbox
        self._credentials = self._made()
        self._session = session(ca_file, seconds, EXTRA)
        # NOTE: only `refresh` is called: the library's other ways look up the account's region on the net as well
        request = library("google.auth.transport.requests", EXTRA).Request(session=self._session)
        self._request = partial(request, timeout=seconds)

    def token(self) -> str | Outcome:
        """The kept one while it holds, else a new one."""
        try:
            if not self._credentials.valid:
                self._credentials.refresh(self._request)
        except self._faults.TransportError as error:
            return broken("connect", said=type(error).__name__)
        except self._faults.RefreshError as error:
            why = "server_refuses_us" if error.retryable else "no_token_google"
            return broken("login", why=why, said=_error(error))
        except self._faults.GoogleAuthError as error:
            return broken("login", why="no_token_google", said=type(error).__name__)
        return str(self._credentials.token)

    def forget(self) -> None:
        """Let go of the token."""
        self._credentials = self._made()

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _made(self) -> Any:
        try:
            if self._key.get("type") == "service_account":
                module = library("google.oauth2.service_account", EXTRA)
                return module.Credentials.from_service_account_info(self._key, scopes=[SCOPE], subject=self._mailbox)
            return library("google.oauth2.credentials", EXTRA).Credentials(
                None,
                refresh_token=self._key["refresh_token"],
                token_uri=self._key.get("token_uri", TOKEN_URL),
                client_id=self._key["client_id"],
                client_secret=self._key["client_secret"],
                scopes=[SCOPE],
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _not_a_key() from None  # its text could quote the key


def _key(secret: str) -> dict[str, Any]:
    try:
        key = json.loads(secret)
    except ValueError:
        raise _not_a_key() from None
    if not isinstance(key, dict) or urlsplit(str(key.get("token_uri", TOKEN_URL))).scheme != "https":
        raise _not_a_key()
    return key


def _not_a_key() -> SettingsError:
    return refused(SettingsError, "stop_google_key", where="mail")


def _error(error: Exception) -> str:
    """What the server calls it, such as `invalid_grant`; its sentences may name the mailbox."""
    told = next((part for part in error.args if isinstance(part, dict)), {})
    return str(told.get("error", type(error).__name__))
