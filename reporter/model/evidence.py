"""What an office keeps to show that a filing was tried while a service was down, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line takes KINDS from here before it needs a frame
    from pandas import Timestamp

    from reporter.model.report import Relief
KINDS = ("screenshot", "error_text", "attempt", "confirmation", "other")


@dataclass(frozen=True)
class FiledEvidence:
    """One file an office filed for a person: its bytes stand in the folder of evidence under their SHA-256."""

    number: int
    kind: str  # a word of KINDS
    happened_at: Timestamp | None  # when it was taken or tried
    recorded_at: Timestamp
    sha256: str
    suffix: str
    size: int
    note: str

    @property
    def name(self) -> str:
        """What the file is called in a pack; the name it came with can hold a person's."""
        return f"{self.number:04d}-{self.kind}-{self.sha256[:12]}{self.suffix}"


@dataclass(frozen=True)
class Proof:
    """One outage with all that the ledger holds of it; `versions` is empty for one that only stands in a file."""

    outage: Mapping[str, Any]  # a row of OUTAGES
    versions: tuple[Mapping[str, str], ...] = ()
    relief: Relief | None = None
    captures: tuple[str, ...] = ()  # the names of the captured files in the pack
    lost: tuple[str, ...] = ()  # the SHA-256 of captured files that are gone or were changed
    raw_text: str = ""
    n_left: int = 0  # captured files that changed no hour, and stay with the office
