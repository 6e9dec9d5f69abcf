"""Digests put into a folder that their readers can open, such as a share, instead of being mailed.

Files are written beside and renamed, so that nobody opens half of one. One that somebody has open cannot be replaced
on Windows: it gets a name of its own then, once, and that is said.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from reporter.model.mail import ALERT, Envelope, HandOver, Outcome


class FolderTransport:
    """A folder with one below it for each recipient; a digest of the same week takes the place of the one before."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Write the digest's files; `on_handover` is called before the first takes its name.

        NOTE: the folder itself is never made: where a share is not mounted, its path is one on this machine.
        """
        if (missing := self.greet()) is not None:
            return missing
        own = self.folder / envelope.slug
        beside: dict[Path, Path] = {}
        try:
            own.mkdir(exist_ok=True)
            for name, data in _files(content, envelope).items():
                beside[own / name] = _written_beside(own / name, data)
            on_handover()
            mark = hashlib.sha256(content).hexdigest()[:8]
            named = [_put(path, target, mark) for target, path in beside.items()]
        except OSError as error:  # to put the same files there once more does no harm
            return Outcome("deferred", why="not_written", phase="dot", said=type(error).__name__, is_general=True)
        finally:
            for path in beside.values():
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        others = [name for name, target in zip(named, beside, strict=True) if name != target.name]
        return Outcome("sent", why="locked" if others else "", phase="dot", said=", ".join(others))

    def greet(self) -> Outcome | None:
        """Whether the folder is there."""
        return None if self.folder.is_dir() else Outcome("deferred", why="no_folder", phase="connect", is_general=True)

    def close(self) -> None:
        """Nothing is open."""


def _files(content: bytes, envelope: Envelope) -> Mapping[str, bytes]:
    """The digest's page and what is attached to it, named after the recipient and the week."""
    mail = BytesParser(EmailMessage, policy=default).parsebytes(content)
    period, _, rest = envelope.message_id.lstrip("<").partition(".")
    stem = f"{envelope.slug}-{period}"
    if envelope.channel == ALERT:  # several of a week, none of which takes the place of the digest
        stem += f"-alert-{int(rest.partition('@')[0].partition('.')[2] or 0) + 1}"
    page = mail.get_body(("html", "plain"))
    files: dict[str, bytes] = {}
    text = str(page.get_content()) if page is not None else ""
    for shown in (part for part in mail.walk() if part["Content-ID"]):
        name = stem + Path(shown.get_filename() or "").suffix
        text = text.replace(f"cid:{shown['Content-ID'].strip('<>')}", name)
        files[name] = shown.get_content()
    if page is not None:
        suffix = ".html" if page.get_content_subtype() == "html" else ".txt"
        files[stem + suffix] = text.encode()
    for attached in mail.iter_attachments():
        data = attached.get_content()
        suffix = Path(attached.get_filename() or "").suffix
        files[stem + suffix] = data if isinstance(data, bytes) else str(data).encode()
    return files


def _written_beside(target: Path, data: bytes) -> Path:
    path = target.with_name(f".{target.name}.tmp")
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def _put(path: Path, target: Path, mark: str) -> str:
    """Give the file its name, or one beside it where that one is held by somebody who has it open."""
    try:
        path.replace(target)
    except PermissionError:
        target = target.with_stem(f"{target.stem}-{mark}")
        path.replace(target)
    return target.name
