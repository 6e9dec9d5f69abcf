"""From the settings to what lets the program in elsewhere: passwords and the tokens of its application.

Whatever asks a server for something, a mail or a roster, is let in by the same.
"""

from urllib.parse import urlsplit

from reporter.delivery.secrets import AUTHORITY, MicrosoftTokens, Tokens, password, password_text
from reporter.errors import SettingsError, refused
from reporter.settings import MailSettings, RosterSettings, Settings


def mail_password(settings: Settings) -> str:
    """The password of the mail server, or the application's secret. Raises: SettingsError - there is none."""
    mail = settings.mail
    found = kept_password(settings, mail, mail.user or mail.client_id or settings.sending_mailbox, "mail")
    if not found:
        raise refused(SettingsError, "stop_password_unnamed", where="mail.user" if mail.user else "mail")
    return password_text(found)


def kept_password(settings: Settings, kept: MailSettings | RosterSettings, user: str, table: str) -> str:
    """The password from the one place that this table of the settings names; empty where it names none."""
    file = settings.path(kept.password_file) if kept.password_file else None
    return password(user, kept.password_keyring, file, kept.password_env, key=f"{table}.password_")


def microsoft_tokens(settings: Settings, scope: str, secret: str = "") -> Tokens:
    """The tokens of the application of `[mail]`, by its own secret where none is given. Raises: SettingsError."""
    mail = settings.mail
    if not mail.client_id or not mail.tenant:
        raise refused(SettingsError, "stop_application", where="mail")
    authority = f"{safe_url('authority', mail.authority or AUTHORITY).rstrip('/')}/{mail.tenant}"
    known, ca_file = secret or mail_password(settings), authority_file(settings)
    return Tokens(MicrosoftTokens(authority, mail.client_id, known, scope, ca_file=ca_file, seconds=mail.phase_seconds))


def authority_file(settings: Settings) -> str | None:
    """The certificates that are trusted, where the office has its own. Raises: SettingsError - the file is missing."""
    if not settings.mail.ca_file:
        return None
    path = settings.path(settings.mail.ca_file)
    if not path.is_file():
        raise refused(SettingsError, "stop_no_file", where="mail.ca_file")
    return str(path)


def safe_url(name: str, url: str) -> str:
    """The address of that key of `[mail]`. Raises: SettingsError - others could read along."""
    if urlsplit(url).scheme != "https":
        raise refused(SettingsError, "stop_not_https", where=f"mail.{name}")
    return url
