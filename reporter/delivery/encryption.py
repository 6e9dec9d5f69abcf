"""A workbook behind a password, as Excel and LibreOffice ask for it: the agile encryption of Office files. Pure.

The library calls its own writing of such files young. So each is opened again with the password, and what comes out
is held against what went in, byte for byte, before anybody gets it.
"""

import io

from reporter.errors import DeliveryError, refused

SHORTEST, LONGEST = 8, 255  # letters of a password; Excel takes no more


def seal(content: bytes, password: str) -> bytes:
    """The workbook encrypted; another salt each time, and so other bytes.

    Raises: DeliveryError - it cannot be encrypted, or does not come out again as it went in.
    """
    # Imported here: few offices need it, and it brings a library of ciphers along.
    from msoffcrypto.exceptions import EncryptionError, FileFormatError
    from msoffcrypto.format.ooxml import OOXMLFile

    sealed = io.BytesIO()
    try:
        OOXMLFile(io.BytesIO(content)).encrypt(password, sealed)
    except (EncryptionError, FileFormatError, ValueError, OSError) as error:
        raise refused(DeliveryError, "mail_not_encrypted", what=type(error).__name__) from None
    if unseal(sealed.getvalue(), password) != content:
        raise refused(DeliveryError, "mail_encrypted_otherwise")
    return sealed.getvalue()


def unseal(sealed: bytes, password: str) -> bytes:
    """What is in an encrypted workbook; its seal of integrity tells a wrong password as well.

    Raises: DeliveryError - another password, or not such a workbook.
    """
    from msoffcrypto import OfficeFile
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

    opened = io.BytesIO()
    try:
        book = OfficeFile(io.BytesIO(sealed))
        book.load_key(password=password)
        book.decrypt(opened, verify_integrity=True)
    except (InvalidKeyError, DecryptionError, FileFormatError, ValueError, OSError) as error:
        raise refused(DeliveryError, "mail_not_opened", what=type(error).__name__) from None
    return opened.getvalue()
