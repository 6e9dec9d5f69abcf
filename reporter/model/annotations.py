"""What an office writes beside a duty in its workbook: status, owner, date and note, and the key that finds it again.

The key stands in the workbook beside each row. It says whose duty it is, how the duty stood when the row was
written, and a seal over what was written, so that a change by the office is told from what the program put there.
"""

import hashlib
import re
from dataclasses import dataclass

from reporter.model.shapes import shape

STATUSES = ("open", "in_progress", "filed", "acknowledged", "snoozed", "not_ours", "look_again")
DECISIONS = ("filed", "acknowledged", "snoozed", "not_ours")
"""The statuses that no longer hold once the duty has another date."""
QUIETING = ("acknowledged", "snoozed")
"""The statuses that, with a date, take the duty out of the digest until then."""
KEY_HEADER = "reporter: key"
"""The header of the key's column, the same in every language."""
LONGEST = {"owner": 200, "note": 8_000}  # characters kept
NOTHING = "-"  # the seal of a row with nothing written in it
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
LEFT = shape(
    "LEFT",
    """
    person_id text   whose duty it was, empty when the key is gone
    deadline  text   entry of deadlines.toml
    closes_on date   the last day, when it was written
    status    text   one of STATUSES, or empty
    owner     text   as written
    due_on    date   as written
    note      text   as written
    why       text   gone, other (somebody else wrote another thing about the same duty) or unknown (no key)
    source    text   the workbook it stood in
    note_key  text   see NoteKey
    """,
)
"""What the office wrote that stands beside no finding; the words of it are kept all the same."""


@dataclass(frozen=True)
class NoteFields:
    """What stands beside one duty; `status` is a code, `due_on` as 2026-03-31."""

    status: str = ""
    owner: str = ""
    due_on: str = ""
    note: str = ""

    @property
    def is_blank(self) -> bool:
        """True when nothing is written."""
        return not (self.status or self.owner or self.due_on or self.note)

    @property
    def seal(self) -> str:
        """The same for the same words, whatever the language of the workbook."""
        if self.is_blank:
            return NOTHING
        text = "\x1f".join((self.status, self.owner, self.due_on, self.note))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True)
class NoteKey:
    """Which duty, and how it stood in the run (`as_of`, 20260331T1200) that wrote the row.

    `kind` is finding, or why the row stood beside none (see LEFT).
    """

    person_id: str = ""
    deadline: str = ""
    occurrence: int = 0
    closes_on: str = ""
    level: str = ""
    kind: str = "unknown"
    as_of: str = ""
    seal: str = NOTHING

    def __str__(self) -> str:
        parts = (self.deadline, self.occurrence, self.closes_on, self.level, self.kind, self.as_of, self.seal)
        return "|".join(map(str, (bare(self.person_id), *parts)))


@dataclass(frozen=True)
class Note:
    """One row as the office gave it back."""

    key: NoteKey
    said: NoteFields
    source: str = ""

    @property
    def is_edited(self) -> bool:
        """True when the office changed the row since the program wrote it."""
        return self.said.seal != self.key.seal


def read_key(text: str) -> NoteKey | None:
    """The key that a cell holds, or None when it holds none of ours."""
    parts = text.strip().rsplit("|", 7)
    if len(parts) != 8 or not parts[2].isdecimal():
        return None
    return NoteKey(bare(parts[0]), parts[1], int(parts[2]), *parts[3:])


def bare(text: str) -> str:
    """The text without control characters and marks that turn the reading direction; lines stay apart."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
