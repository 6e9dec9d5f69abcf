"""Where a password comes from: the keyring, a file, or the environment. Never from the settings, never shown."""

import os
from collections.abc import Mapping
from pathlib import Path

from reporter.errors import SettingsError


def password(
    *,
    user: str,
    keyring_service: str = "",
    file: Path | None = None,
    variable: str = "",
    environ: Mapping[str, str],
    key: str = "mail.password_",
) -> str:
    """The password from the one place that is named; empty when none is.

    Takes:  key - how the settings' keys of the places begin: what follows is keyring, file or env.
    Raises: SettingsError - several places are named, or there is no password in it. It shows no password, nor the user.
    """
    places = (("keyring", keyring_service), ("file", file), ("env", variable))
    named = [f"{key}{name}".rpartition(".")[2] for name, value in places if value]
    if len(named) > 1:
        message = f"name one place of the password, not several ({', '.join(named)})"
        raise SettingsError(message, where=key.rpartition(".")[0])
    if keyring_service:
        return _from_keyring(keyring_service, user, f"{key}keyring")
    if file is not None:
        return _from_file(file, f"{key}file")
    if variable:
        return _found(environ.get(variable, ""), f"{key}env", f"the environment has no {variable}")
    return ""


def plain(text: str, where: str = "mail.password") -> str:
    """The password itself. Raises: SettingsError - a mail server cannot be told it."""
    if not text.isascii():
        message = "the password holds letters that a mail server cannot be told; use plain ones"
        raise SettingsError(message, where=where)
    return text


def _from_keyring(service: str, user: str, where: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(service, user)
    except (KeyringError, RuntimeError) as error:
        message = f"the system's keyring cannot be opened ({type(error).__name__}); use a file"
        raise SettingsError(message, where=where) from error
    advice = f"the keyring has no password there; store it with: keyring set {service} USER"
    return _found(kept or "", where, advice)


def _from_file(file: Path, where: str) -> str:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file.name} cannot be read; it holds the password and nothing else, as UTF-8 text"
        raise SettingsError(message, where=where) from error
    return _found(text.rstrip("\r\n"), where, f"{file.name} is empty")


def _found(text: str, key: str, otherwise: str) -> str:
    if not text:
        raise SettingsError(otherwise, where=key)
    return text


def from_environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ
