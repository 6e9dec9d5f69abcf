"""The one way in for a file of outages, whoever asks: `run --outages`, `outages import`, `lint` or `fetch`.

In: a file or the bytes of an address, and what the caller knows about it. Out: an OutageReading, whichever kind of
source it is (see sources.py). Nobody above this room reads a file of outages in another way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pandas import Timestamp

from reporter.outages.reading import OutageReading
from reporter.outages.records import bytes_of
from reporter.outages.source import SourceDocument
from reporter.outages.sources import KINDS, read_document, require_kind

__all__ = ["KINDS", "Described", "read_bytes", "read_file", "require_kind"]


@dataclass(frozen=True)
class Described:
    """What is known of one source beside its content: see the settings of a source.

    A `trusted` page of notices is put on record as it is read; any other waits for somebody to confirm it.
    """

    kind: str = ""
    services: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    language: str = ""
    trusted: bool = False


def read_file(
    path: Path, names: Mapping[str, str], told: Described | None = None, *, as_of: Timestamp | None = None
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
    told: Described | None = None,
    *,
    as_of: Timestamp | None = None,
) -> OutageReading:
    """The same for bytes that are there already; `name` is how problems call them."""
    told = told or Described()
    source = SourceDocument(name, content, names, told.components, told.columns, told.services, as_of, told.page)
    return read_document(source, told.kind)
