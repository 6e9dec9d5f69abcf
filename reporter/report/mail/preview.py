"""digests/index.html: one page to look the digests over before they go, opened from disk without a network. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from reporter.model.levels import NAMES
from reporter.model.report import OFFICE_SLUG, Logo, Recipient
from reporter.report.mail.templates import Digest, rendered_pieces
from reporter.report.sentences import badge, one_line
from reporter.text.catalogue import counted, words


@dataclass(frozen=True)
class PreviewEntry:
    """One recipient with the counts, the mail, and the names of its own files and of what is attached."""

    recipient: Recipient
    people_by_level: Mapping[str, int]
    digest: Digest
    files: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    is_held: bool = False  # it waits until somebody releases it
    is_skipped: bool = False  # it is not sent: its reader wants none of a quiet week


def preview(entries: Sequence[PreviewEntry], *, language: str, templates: Path | None = None) -> bytes:
    """The page: recipients to choose from, and each mail as HTML, from the file beside it, and as text."""
    page, facts = BytesIO(), preview_facts(entries, language)
    for piece in rendered_pieces("preview.html.j2", facts, language=language, templates=templates):
        page.write(piece.encode())
    return page.getvalue()


def from_disk(html: str, logo: Logo | None) -> str:
    """The mail as a file: its picture is the one that stands beside it."""
    return html.replace(f"cid:{logo.cid}", logo.name) if logo else html


def preview_facts(entries: Sequence[PreviewEntry], language: str) -> dict[str, Any]:
    """Everything its template may use."""
    w = words("digest", language)
    count = counted(w, "preview_count", len(entries), language)
    shown = [_shown(entry, w, language) for entry in entries]
    return {"w": w, "language": language, "count": count, "entries": shown}


def _shown(entry: PreviewEntry, w: Mapping[str, str], language: str) -> Mapping[str, Any]:
    recipient, counts = entry.recipient, entry.people_by_level
    return {
        "slug": recipient.slug,
        "title": w["preview_office"] if recipient.slug == OFFICE_SLUG else one_line(recipient.title) or recipient.slug,
        "to": one_line(recipient.address) or "–",
        "language": recipient.language,
        "languages": [language.upper() for language in recipient.languages],
        "subject": entry.digest.subject,
        "page": f"{recipient.slug}.html",
        "text": entry.digest.text,
        "files": entry.files,
        "attached": entry.attached,
        "is_held": entry.is_held and not entry.is_skipped,
        "is_skipped": entry.is_skipped,
        "levels": [{**badge(name, language), "count": counts[name]} for name in NAMES if counts.get(name)],
    }
