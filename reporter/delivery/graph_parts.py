"""A finished mail taken apart, so that Graph takes it in pieces: what is read, and what is attached. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

PIECE = 10 * 320 * 1024
"""Bytes sent at a time; Graph takes less than 4 MB, in multiples of 320 KiB."""


@dataclass(frozen=True)
class Attachment:
    """One file of a mail."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class Parts:
    """The mail without its attached files, headers as they were, and the files."""

    rest: bytes
    attached: tuple[Attachment, ...]


def taken_apart(content: bytes) -> Parts:
    """The mail's parts; one that has no files attached is all rest."""
    mail = BytesParser(EmailMessage, policy=SMTP.clone(refold_source="none")).parsebytes(content)
    files = list(mail.iter_attachments()) if mail.get_content_type() == "multipart/mixed" else []
    attached = tuple(
        Attachment(part.get_filename() or "file", part.get_content_type(), bytes(part.get_payload(decode=True) or b""))
        for part in files
    )
    if files:
        mail.set_payload([part for part in mail.iter_parts() if part not in files])
    return Parts(mail.as_bytes(), attached)


def pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file piece by piece, each with its `Content-Range`."""
    for begin in range(0, len(data), PIECE):
        piece = data[begin : begin + PIECE]
        yield f"bytes {begin}-{begin + len(piece) - 1}/{len(data)}", piece
