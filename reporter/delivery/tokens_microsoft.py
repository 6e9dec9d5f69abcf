"""Tokens of an application registered with Microsoft 365, for its secret or its certificate, by the `msal` library.

NOTE: msal looks a host up with Microsoft before it trusts it, unless told not to; the settings name ours, so it is
told. It reads the tenant's description from the net when it is made, so it is made with the first mail.
"""

from typing import Any

from reporter.delivery.answers import broken
from reporter.delivery.tokens import library, session
from reporter.errors import SettingsError, refused
from reporter.model.mail import Outcome

AUTHORITY = "https://login.microsoftonline.com"
SMTP_SCOPE = "https://outlook.office365.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
PEM = "-----BEGIN "
EXTRA = "microsoft"


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
        self._msal, self._requests = library("msal", EXTRA), library("requests", EXTRA)
        self._faults = library("msal.exceptions", EXTRA)
        self._authority, self._client_id, self._scope = authority, client_id, scope
        self._credential = _credential(secret)
        self._session = session(ca_file, seconds, EXTRA)
        self._application: Any = None

    def token(self) -> str | Outcome:
        """The kept one while it holds, else a new one."""
        try:
            answer = self._made().acquire_token_for_client(scopes=[self._scope])
        except (self._requests.HTTPError, self._faults.MsalServiceError) as error:
            return broken("login", why="server_refuses_us", said=type(error).__name__)
        except self._requests.RequestException as error:
            return broken("connect", said=type(error).__name__)
        except ValueError as error:  # no such tenant, a key that is none, an answer that is no JSON
            return broken("login", why="no_token", said=type(error).__name__)
        if "access_token" not in answer:
            codes = " ".join(str(code) for code in answer.get("error_codes", ()))
            return broken("login", why="no_token", said=f"{answer.get('error', '')} {codes}".strip())
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
