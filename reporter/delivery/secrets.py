"""Passwords and tokens, and a workbook behind a password; none of them is ever in the settings, shown or logged.

A password comes from the keyring, a file, or the environment. A token lets a program send mail without one, and is kept
in memory for one run. A workbook is encrypted as Excel and LibreOffice ask for it, by the agile encryption of Office
files. The library calls its own writing of such files young. So each is opened again with the password, and what comes
out is held against what went in, byte for byte, before anybody gets it.
"""

import io
import json
import os
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from reporter.delivery.policy import broken_talk
from reporter.errors import DeliveryError, SettingsError, refused
from reporter.model.mail import Outcome
from reporter.resources import library

SHORTEST, LONGEST = 8, 255  # letters of a password; Excel takes no more


def password(
    user: str, keyring_service: str = "", file: Path | None = None, variable: str = "", *, key: str = "mail.password_"
) -> str:
    """The password from the one place that is named; empty when none is.

    Takes:  key - how the settings' keys of the places begin: what follows is keyring, file or env.
    Raises: SettingsError - several places are named, or there is no password in it. It shows no password, nor the user.
    """
    places = (("keyring", keyring_service), ("file", file), ("env", variable))
    named = [f"{key}{name}".rpartition(".")[2] for name, value in places if value]
    if len(named) > 1:
        raise refused(SettingsError, "stop_password_places", where=key.rpartition(".")[0], names=", ".join(named))
    if keyring_service:
        return _from_keyring(keyring_service, user, f"{key}keyring")
    if file is not None:
        return _from_file(file, f"{key}file")
    if variable:
        if not os.environ.get(variable):
            raise refused(SettingsError, "stop_password_env", where=f"{key}env", name=variable)
        return os.environ[variable]
    return ""


def password_text(text: str) -> str:
    """The password itself. Raises: SettingsError - a mail server cannot be told it."""
    if not text.isascii():
        raise refused(SettingsError, "stop_password_letters", where="mail.password")
    return text


def _from_keyring(service: str, user: str, where: str) -> str:
    keyring = library("keyring", "keyring", where=where)
    try:
        kept: str | None = keyring.get_password(service, user)
    except (keyring.errors.KeyringError, RuntimeError) as error:
        raise refused(SettingsError, "stop_keyring", where=where, what=type(error).__name__) from error
    if not kept:
        raise refused(SettingsError, "stop_keyring_empty", where=where, service=service)
    return str(kept)


def _from_file(file: Path, where: str) -> str:
    try:
        text = file.read_text("utf-8-sig")  # an editor's mark is no part of a password
    except (OSError, UnicodeDecodeError) as error:
        raise refused(SettingsError, "stop_password_file", where=where, name=file.name) from error
    if not text.rstrip("\r\n"):
        raise refused(SettingsError, "stop_password_empty", where=where, name=file.name)
    return text.rstrip("\r\n")


def seal(content: bytes, password: str) -> bytes:
    """The workbook encrypted; another salt each time, and so other bytes.

    Raises: DeliveryError - it cannot be encrypted, or does not come out again as it went in.
    """
    faults, ooxml = _part("exceptions"), _part("format.ooxml")
    sealed = io.BytesIO()
    try:
        ooxml.OOXMLFile(io.BytesIO(content)).encrypt(password, sealed)
    except (faults.EncryptionError, faults.FileFormatError, ValueError, OSError) as error:
        raise refused(DeliveryError, "mail_not_encrypted", what=type(error).__name__) from None
    if unseal(sealed.getvalue(), password) != content:
        raise refused(DeliveryError, "mail_encrypted_otherwise")
    return sealed.getvalue()


def unseal(sealed: bytes, password: str) -> bytes:
    """What is in an encrypted workbook; its seal of integrity tells a wrong password as well.

    Raises: DeliveryError - another password, or not such a workbook.
    """
    faults, opened = _part("exceptions"), io.BytesIO()
    wrong = (faults.InvalidKeyError, faults.DecryptionError, faults.FileFormatError, ValueError, OSError)
    try:
        book = library("msoffcrypto", "encrypt", kind=DeliveryError, where="").OfficeFile(io.BytesIO(sealed))
        book.load_key(password=password)
        book.decrypt(opened, verify_integrity=True)
    except wrong as error:
        raise refused(DeliveryError, "mail_not_opened", what=type(error).__name__) from None
    return opened.getvalue()


def _part(name: str) -> Any:
    """A part of the library, which few offices need: it brings a library of ciphers along."""
    return library(f"msoffcrypto.{name}", "encrypt", kind=DeliveryError, where="")


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
