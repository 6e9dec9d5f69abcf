"""Where a password comes from: the keyring, a file, or the environment. Never from the settings, never shown."""

import os
from collections.abc import Mapping
from pathlib import Path

from reporter.errors import SettingsError


def password(
    *, user: str, keyring_service: str = "", file: Path | None = None, variable: str = "", environ: Mapping[str, str]
) -> str:
    """The password from the one place that is named; empty when none is.

    Raises: SettingsError - several places are named, or there is no password in it.
    """
    named = [name for name, value in _named(keyring_service, file, variable) if value]
    if len(named) > 1:
        raise SettingsError(f"name one place of the password, not several ({', '.join(named)})", where="mail")
    if keyring_service:
        return _from_keyring(keyring_service, user)
    if file is not None:
        return _from_file(file)
    if variable:
        return _found(environ.get(variable, ""), "mail.password_env", f"the environment has no {variable}")
    return ""


def _named(keyring_service: str, file: Path | None, variable: str) -> list[tuple[str, object]]:
    return [("password_keyring", keyring_service), ("password_file", file), ("password_env", variable)]


def _from_keyring(service: str, user: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(service, user)
    except (KeyringError, RuntimeError) as error:
        message = f"the system's keyring cannot be opened ({type(error).__name__}); use password_file"
        raise SettingsError(message, where="mail.password_keyring") from error
    advice = f"the keyring has no password there; store it with: keyring set {service} USER"
    return _found(kept or "", "mail.password_keyring", advice)


def _from_file(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file.name} cannot be read; it holds the password and nothing else, as UTF-8 text"
        raise SettingsError(message, where="mail.password_file") from error
    return _found(text.rstrip("\r\n"), "mail.password_file", f"{file.name} is empty")


def _found(text: str, key: str, otherwise: str) -> str:
    if not text:
        raise SettingsError(otherwise, where=key)
    if not text.isascii():
        raise SettingsError("the password holds letters that a mail server cannot be told; use plain ones", where=key)
    return text


def from_environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ
