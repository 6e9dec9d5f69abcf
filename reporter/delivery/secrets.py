"""Where a password comes from, and a workbook behind one. A password is never in the settings, and never shown.

It comes from the keyring, a file, or the environment. The workbook is encrypted as Excel and LibreOffice ask for it:
the agile encryption of Office files. The library calls its own writing of such files young. So each is opened again
with the password, and what comes out is held against what went in, byte for byte, before anybody gets it.
"""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reporter.errors import DeliveryError, SettingsError, refused
from reporter.resources import library

SHORTEST, LONGEST = 8, 255  # letters of a password; Excel takes no more


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
        raise refused(SettingsError, "stop_password_places", where=key.rpartition(".")[0], names=", ".join(named))
    if keyring_service:
        return _from_keyring(keyring_service, user, f"{key}keyring")
    if file is not None:
        return _from_file(file, f"{key}file")
    if variable:
        if not environ.get(variable):
            raise refused(SettingsError, "stop_password_env", where=f"{key}env", name=variable)
        return environ[variable]
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


def from_environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ


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
