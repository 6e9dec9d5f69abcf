"""Tells what a file is from its bytes: an extension is a wish, the content decides.

Pure: looks at bytes, opens nothing. What cannot be a roster is refused with what it is and what to do.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from zipfile import ZipInfo

from reporter.readers.delimited import HEAD, UTF16_MARKS, looks_wide
from reporter.readers.preflight import open_archive, unpack
from reporter.readers.refusal import refuse

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a compressed archive (gzip)"),
    (b"7z\xbc\xaf", "a compressed archive (7z)"),
    (b"Rar!", "a compressed archive (RAR)"),
    (b"SQLite format 3", "a database (SQLite)"),
)
WEB_PAGE = re.compile(
    r"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style|div)\b", re.I | re.S
)
MAIL_PAGE = re.compile(r"\s*(?:mime-version|content-type):", re.I)
XML_PAGE = re.compile(r"\s*<\?xml\b", re.I)
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x00"))
FILE_PASSWORD, DATE_SYSTEM, END_OF_GLOBALS = 0x2F, 0x22, 0x0A


@dataclass(frozen=True)
class LegacyFacts:
    """What the first records of an .xls tell: whether it is encrypted, and whether it counts days from 1904."""

    is_encrypted: bool = False
    is_1904: bool = False


def kind_of(source: str, content: bytes) -> str:
    """Whether the content is `xlsx`, `xls`, `ods` or `text`, so that the right reader gets it.

    Raises: FileRefusedError for anything else, for a password and for an empty file.
    """
    if not content.strip(b"\x00 \t\r\n\x1a"):
        raise refuse(source, "file_empty")
    if content.startswith(OLE):
        return _kind_of_ole(source, content)
    if content.startswith(ZIP):
        return _kind_of_zip(source, content)
    for magic, found in OTHERS:
        if content.startswith(magic):
            raise refuse(source, "file_not_a_spreadsheet", found=found)
    return _kind_of_text(source, content)


def legacy_facts(content: bytes) -> LegacyFacts:
    """Walk the opening records of an .xls, as far as they lie together, for the password and the date system."""
    start = content.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    place, facts = start, dict[int, bytes]()
    while place >= 0 and place + 6 <= len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        facts.setdefault(kind, content[place + 4 : place + 4 + length])
        if kind in (END_OF_GLOBALS, 0):
            break
        place += 4 + length
    return LegacyFacts(FILE_PASSWORD in facts, facts.get(DATE_SYSTEM, b"")[:1] == b"\x01")


def _kind_of_ole(source: str, content: bytes) -> str:
    """An .xls, or the wrapping of an encrypted workbook."""
    if "EncryptedPackage".encode("utf-16-le") in content or legacy_facts(content).is_encrypted:
        raise refuse(source, "file_password")
    if "Workbook".encode("utf-16-le") in content or "Book\0".encode("utf-16-le") in content:
        return "xls"
    raise refuse(source, "file_not_a_spreadsheet", found="another kind of Office document")


def _kind_of_zip(source: str, content: bytes) -> str:
    """An .xlsx or .ods by the parts it has."""
    members = open_archive(source, content)
    names = {member.filename for member in members}
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise refuse(source, "file_binary_workbook")
    if b"opendocument.spreadsheet" in content[:200]:
        return _kind_of_open_document(source, content, members)
    raise refuse(source, "file_not_a_spreadsheet", found="an archive without a workbook in it")


def _kind_of_open_document(source: str, content: bytes, members: list[ZipInfo]) -> str:
    """An .ods, unless its list of parts says that they are encrypted."""
    manifest = next((member for member in members if member.filename == "META-INF/manifest.xml"), None)
    try:
        opening = next(unpack(content, manifest), b"") if manifest else b""
    except zlib.error as e:
        raise refuse(source, "file_damaged") from e
    if b"encryption-data" in opening:
        raise refuse(source, "file_password")
    return "ods"


def _kind_of_text(source: str, content: bytes) -> str:
    """Text in rows, unless it is a page, an XML document or no text at all."""
    head = content[:HEAD]
    is_wide = head.startswith(UTF16_MARKS) or looks_wide(head) != ""
    if not is_wide and len(head.translate(None, CONTROL)) < 0.98 * len(head):
        raise refuse(source, "file_not_a_spreadsheet", found="a file of an unknown kind")
    opening = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").decode("latin-1")
    if WEB_PAGE.match(opening) or MAIL_PAGE.match(opening):
        raise refuse(source, "file_web_page")
    if XML_PAGE.match(opening):
        is_page = re.search(r"<html\b", opening, re.I)
        raise refuse(source, "file_web_page") if is_page else refuse(source, "file_xml")
    return "text"
