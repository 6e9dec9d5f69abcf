"""A workbook behind a password, as Excel and LibreOffice ask for it: the agile encryption of Office files. Pure.

The library calls its own writing of such files young. So each is opened again with the password, and what comes out
is held against what went in, byte for byte, before anybody gets it.
"""

import io
from typing import Any

from reporter.errors import DeliveryError, refused
from reporter.resources import library

SHORTEST, LONGEST = 8, 255  # letters of a password; Excel takes no more


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
