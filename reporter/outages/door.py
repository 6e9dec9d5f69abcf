"""The one way in for a file of outages, whoever asks: `run --outages`, `outages import`, `lint` or `fetch`.

In: a file or the bytes of an address, and what the caller knows about it. Out: an OutageReading, whichever kind of
source it is (see sources.py). Nobody above this room reads a file of outages in another way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pandas import Timestamp

from reporter.errors import OutageFileError, refused
from reporter.outages.reading import OutageReading
from reporter.outages.records import bytes_of, decode_record
from reporter.outages.source import SourceDocument
from reporter.outages.sources import KINDS, read_document, require_kind, source_kind

__all__ = [
    "KINDS",
    "DescribedSource",
    "kind_of_offer",
    "kind_of_page",
    "read_bytes",
    "read_file",
    "require_kind",
    "text_of_page",
]
PAGES = ("notice", "page")
_NO_PAGE = (b"{", b"[{", b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"<rss", b"<feed", b"BEGIN:VCAL")
"""How a document begins that no page of notices is."""
_FIRST = 1_000  # bytes in which a page says that it is one
_TABLES = ("web-table", "monitor", "mapped")


@dataclass(frozen=True)
class DescribedSource:
    """What is known of one source beside its content: see the settings of a source.

    A `trusted` page of notices is put on record as it is read; any other waits for somebody to confirm it. A `private`
    source may stand in the office's own network. Of a record somebody publishes, `key` is the publisher's, and `mark`
    where it stood when it was last read.
    """

    kind: str = ""
    services: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    language: str = ""
    trusted: bool = False
    private: bool = False
    key: str = ""
    mark: str = ""


def read_file(
    path: Path, names: Mapping[str, str], told: DescribedSource | None = None, *, as_of: Timestamp | None = None
) -> OutageReading:
    """The outages of one file of any kind, told by its content where `told` does not say.

    `names` maps plain service names, aliases and ids (see text/folding.py) to ids.

    Raises: OutageFileError when it cannot be used as a whole; SettingsError when what was said of it cannot.
    """
    return read_bytes(path.name, bytes_of(path), names, told, as_of=as_of)


def read_bytes(
    name: str,
    content: bytes,
    names: Mapping[str, str],
    told: DescribedSource | None = None,
    *,
    as_of: Timestamp | None = None,
) -> OutageReading:
    """The same for bytes that are there already; `name` is how problems call them."""
    told = told or DescribedSource()
    return read_document(_source(name, content, names, told, as_of), told.kind)


def kind_of_page(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, *, as_of: Timestamp | None
) -> str:
    """What a web page is read as: as stated, but a table of outages is one even where notices are due; else notices."""
    if told.kind and told.kind not in PAGES:
        return told.kind
    shown = source_kind(_source(name, content, names, told, as_of))
    return shown if shown in _TABLES else "notice"


def kind_of_offer(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, *, as_of: Timestamp | None
) -> str:
    """What somebody hands in is read as: what it shows itself to be; else, where it is a text or a page, a notice.

    Raises: OutageFileError when it is neither.
    """
    found = source_kind(_source(name, content, names, told, as_of))
    if found and found != "notice":
        return found
    text_of_page(name, content)
    return "notice"


def text_of_page(name: str, content: bytes) -> str:
    """The text of what should be a page of notices, in HTML or plain. Raises OutageFileError when it can be neither."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_NO_PAGE) or (start.startswith(b"<?xml") and b"<html" not in start[:_FIRST]):
        raise refused(OutageFileError, "stop_outage_not_a_page", where=name)
    return decode_record(content, name)[0]


def _source(
    name: str, content: bytes, names: Mapping[str, str], told: DescribedSource, as_of: Timestamp | None
) -> SourceDocument:
    return SourceDocument(
        name, content, names, told.components, told.columns, told.services, as_of, told.page, told.key, told.mark
    )
