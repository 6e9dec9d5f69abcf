"""Tokens that let a program send mail without a password; each provider has a module of its own.

A token is kept in memory for one run, never written to the disk, never shown and never logged.
"""

import json
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from reporter.delivery.policy import broken_talk
from reporter.errors import SettingsError, refused
from reporter.model.mail import Outcome
from reporter.resources import library


class TokenSource(Protocol):
    """Where tokens come from. `token` gives one that still holds, or what became of asking; no mail is named yet."""

    def token(self) -> str | Outcome: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


class Tokens:
    """The tokens of one application; tells one that has lapsed from one that was never any good."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._given, self._accepted = "", ""

    def token(self) -> str | Outcome:
        """A token that still holds; else what became of asking for one."""
        given = self._source.token()
        self._given = given if isinstance(given, str) else ""
        return given

    def accepted(self) -> None:
        """A server has let us in with the last token."""
        self._accepted = self._given

    def has_lapsed(self) -> bool:
        """Whether the token that was refused just now had been taken before: then another one is worth a try, once."""
        if not self._given or self._given != self._accepted:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Ask for another one next time."""
        self._source.forget()
        self._given, self._accepted = "", ""

    def close(self) -> None:
        """Let go of the token and of the connection it came by."""
        self.forget()
        self._source.close()


def session(ca_file: str | None, seconds: float, extra: str) -> Any:
    """A `requests` session that gives up after so many seconds. Raises: SettingsError - it is not installed.

    NOTE: said with each request, our own authority holds; said of the session, REQUESTS_CA_BUNDLE would go before it.
    """
    made = library("requests", extra).Session()
    made.request = partial(made.request, timeout=seconds, verify=ca_file)
    return made


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
            return broken_talk("connect", said=type(error).__name__)
        except self._faults.RefreshError as error:
            why = "server_refuses_us" if error.retryable else "no_token_google"
            return broken_talk("login", why=why, said=_error(error))
        except self._faults.GoogleAuthError as error:
            return broken_talk("login", why="no_token_google", said=type(error).__name__)
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


AUTHORITY = "https://login.microsoftonline.com"
SMTP_SCOPE = "https://outlook.office365.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
PEM = "-----BEGIN "
MICROSOFT_EXTRA = "microsoft"


class MicrosoftTokens:
    """One application in one tenant; `secret` is its secret, or a PEM with its private key and its certificate."""

    def __init__(
        self,
        authority: str,
        client_id: str,
        secret: str,
        scope: str,
        *,
        ca_file: str | None = None,
        seconds: float = 60.0,
    ) -> None:
        self._msal, self._requests = library("msal", MICROSOFT_EXTRA), library("requests", MICROSOFT_EXTRA)
        self._faults = library("msal.exceptions", MICROSOFT_EXTRA)
        self._authority, self._client_id, self._scope = authority, client_id, scope
        self._credential = _credential(secret)
        self._session = session(ca_file, seconds, MICROSOFT_EXTRA)
        self._application: Any = None

    def token(self) -> str | Outcome:
        """The kept one while it holds, else a new one."""
        try:
            answer = self._made().acquire_token_for_client(scopes=[self._scope])
        except (self._requests.HTTPError, self._faults.MsalServiceError) as error:
            return broken_talk("login", why="server_refuses_us", said=type(error).__name__)
        except self._requests.RequestException as error:
            return broken_talk("connect", said=type(error).__name__)
        except ValueError as error:  # no such tenant, a key that is none, an answer that is no JSON
            return broken_talk("login", why="no_token", said=type(error).__name__)
        if "access_token" not in answer:
            codes = " ".join(str(code) for code in answer.get("error_codes", ()))
            return broken_talk("login", why="no_token", said=f"{answer.get('error', '')} {codes}".strip())
        return str(answer["access_token"])

    def forget(self) -> None:
        """Let go of the token with all that was learned on the way."""
        self._application = None

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _made(self) -> Any:
        if self._application is None:
            self._application = self._msal.ConfidentialClientApplication(
                self._client_id,
                client_credential=self._credential,
                authority=self._authority,
                instance_discovery=False,
                http_client=self._session,
            )
        return self._application


def _credential(secret: str) -> str | dict[str, str]:
    if PEM not in secret:
        return secret
    if "PRIVATE KEY-----" not in secret or f"{PEM}CERTIFICATE-----" not in secret:
        raise refused(SettingsError, "stop_pem", where="mail")
    return {"private_key": secret, "public_certificate": secret}
