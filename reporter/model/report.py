"""What is told, as values: the report writers get these and nothing else, and give back bytes or text.

Here too is where every row of a roster went: the account that a run closes before it says anything. A row read has one
of five fates. What was not read as rows at all (a sheet, a block, a line) stands beside them.

And here is what an office writes beside a duty in its workbook, with the key that finds it again: whose duty it is, how
it stood when the row was written, and a seal over what was written, so that a change by the office is told from what
the program put there; and what it keeps to show that a filing was tried while a service was down.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from math import floor
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
from msgspec import Struct, field
from msgspec.structs import asdict, force_setattr, replace
from numpy.typing import NDArray
from pandas import DataFrame, Series, Timestamp

from reporter.errors import SettingsError, StoreError, refused
from reporter.model.levels import AT_RISK
from reporter.model.rulebook import Words
from reporter.model.shapes import (
    CAUSES,
    DEPARTED,
    EVIDENCE,
    OPEN,
    OPEN_FATES,
    WHY,
    institution_part,
    people_part,
    shape,
)
from reporter.text.formats import decimal, number

LIGHT, DARK = "#FFFFFF", "#1B2733"
"""The two inks; whichever reads better stands on the office's colour."""
ACCENT = "#1F3A57"
READABLE = 4.5  # contrast of text that is read by everybody, as the accessibility guidelines count it
BYTES_AT_MOST, SIDE_AT_MOST = 100_000, 2_000
SHOWN_WIDTH, SHOWN_HEIGHT = 240, 72  # pixels of the mail; Outlook's Word engine obeys the attributes only
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})

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
LEFT = shape("LEFT")
"""What the office wrote that stands beside no finding; the words of it are kept all the same."""

FATES = ("assessed", "superseded", "repeated", "set_aside", "excluded")
"""What becomes of a row read: the words of ROWS.outcome."""

SHARED = "id_shared"
"""The rule by which rows are set aside whose number stands beside two names: each of them is a person."""


class NotRead(Struct, frozen=True):
    """A part of a roster that was not read as rows: in which sheet, how many rows it seems to hold, and why.

    `why` is the code of a sentence in problems/roster.toml, or `roster_unread`; an empty `sheet` is the whole of a text
    file. Without any rows nobody can say how many there are: the file could not be read.
    """

    source: str
    sheet: str
    rows: int
    why: str


class Account(Struct, frozen=True):
    """The row account: every row read has exactly one of the fates; what was not read stands beside it."""

    read: int
    assessed: int
    set_aside: int
    excluded: int
    excluded_by_rule: Mapping[str, int] = field(default_factory=dict)
    superseded: int = 0  # another row of the same person governs
    repeated: int = 0  # another row says the same
    not_read: tuple[NotRead, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """The rosters, and files of one, that could not be read at all: whoever stands there is in no count."""
        return tuple(part.source for part in self.not_read if not part.rows)

    @property
    def balances(self) -> bool:
        """True when no row has vanished."""
        fates = (self.assessed, self.superseded, self.repeated, self.set_aside, self.excluded)
        return self.read == sum(fates)


class Logo(Struct, frozen=True):
    """A picture that travels inside each mail; `width` and `height` are those it is shown at."""

    content: bytes
    kind: str  # png or jpeg
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Tells this picture from any other part of a mail."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """Its file name, in the mail and beside the digests."""
        return "logo.png" if self.kind == "png" else "logo.jpg"

    @property
    def cid(self) -> str:
        """Its name inside a mail, which the HTML points at."""
        return f"logo.{self.sha256[:16]}@office"


def logo_of(content: bytes) -> Logo:
    """The picture of these bytes. Raises: SettingsError saying what is wrong with it."""
    if len(content) > BYTES_AT_MOST:
        raise refused(SettingsError, "stop_logo_bytes", most=partial(number, BYTES_AT_MOST))
    kind, (width, height) = _size(content)
    if not 0 < max(width, height) <= SIDE_AT_MOST or not min(width, height):
        most = partial(number, SIDE_AT_MOST)
        raise refused(SettingsError, "stop_logo_size", width=width, height=height, most=most)
    scale = min(1.0, SHOWN_WIDTH / width, SHOWN_HEIGHT / height)
    return Logo(content, kind, max(1, round(width * scale)), max(1, round(height * scale)))


def ink_on(paper: str) -> str:
    """The ink to write with on this colour. Raises: SettingsError - it is no colour, or neither can be read."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", paper):
        raise refused(SettingsError, "stop_colour", paper=paper, such=ACCENT)
    best = max((LIGHT, DARK), key=lambda ink: contrast(ink, paper))
    if (found := contrast(best, paper)) < READABLE:
        told = partial(decimal, floor(found * 10) / 10)
        raise refused(
            SettingsError,
            "stop_colour_unreadable",
            paper=paper,
            ink=best,
            found=told,
            needed=partial(decimal, READABLE),
        )
    return best


def contrast(one: str, other: str) -> float:
    """How far two colours are apart for an eye: 1 for the same, 21 for black and white."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _size(content: bytes) -> tuple[str, tuple[int, int]]:
    """Kind, width and height, as the picture's own header tells them; the name of a file says nothing."""
    if content.startswith(PNG) and content[12:16] == b"IHDR" and len(content) >= 24:
        return "png", (int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))
    for marker, body in _segments(content) if content.startswith(JPEG) else ():
        if marker in JPEG_FRAMES and len(body) >= 5:
            return "jpeg", (int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
    raise refused(SettingsError, "stop_logo_kind")


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker of a JPEG with what it holds, up to the picture itself."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2:
            return
        yield content[at + 1], content[at + 4 : at + 2 + length]
        at += 2 + length


_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/?#]*@", re.IGNORECASE)
Rhythm = Literal["daily", "weekly", "fortnightly", "monthly"]
KINDS = ("none", "unknown", "extension", "re_invitation", "other_channel_accepted", "other_channel_refused")


class Relief(Struct, frozen=True):
    """One measure: its kind (a word of KINDS), until which day, whom it covers and whom not, and where that is written.

    Nothing is presumed: an outage without a Relief is one of which nobody has said anything.
    """

    kind: str
    until_on: dt.date | None = None
    scope: str = ""
    reference: str = ""
    source: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise refused(StoreError, "relief_kind", where="relief", kind=self.kind, names=", ".join(KINDS))
        if self.kind == "extension" and self.until_on is None:
            raise refused(StoreError, "relief_no_day", where="relief")
        for name in ("scope", "reference", "source", "limits"):
            force_setattr(self, name, without_credentials(getattr(self, name)))

    def is_over(self, on: dt.date) -> bool:
        """Whether the day to which it goes has passed by that day; never, where no day is named."""
        return self.until_on is not None and self.until_on < on


def without_credentials(text: str) -> str:
    """The text with its addresses, but without the name and password that may stand in one."""
    return _CREDENTIALS.sub(r"\1", text)


def relief_text(relief: Relief) -> str:
    """The measure as the ledger writes it."""
    return json.dumps(asdict(relief) | {"until_on": str(relief.until_on or "")}, sort_keys=True, ensure_ascii=False)


def relief_of(text: str) -> Relief | None:
    """The measure that a row of the ledger carries; None when nothing was said."""
    if not text:
        return None
    kept = json.loads(text)
    until_on = dt.date.fromisoformat(kept["until_on"]) if kept["until_on"] else None
    return Relief(**kept | {"until_on": until_on})


LOOKED = shape("LOOKED")
AMENDED = shape("AMENDED")


NEVER = "~"  # sorts behind every instant


class RecordContext(Struct, frozen=True, dict=True):
    """What stands beside the outages of one report.

    `granted` by outage id, of those of which somebody said something; `counts` has a row for each outage (by its id)
    and a column for each of the `yardsticks` (titles by key), with the answers of rules/materiality.py. `relied` are
    the outages that each reader's last report relied on, by what tells the reader apart (see `reader_key`). `open` is
    what the sources offer and is not on record.
    """

    looked: DataFrame = field(default_factory=LOOKED.empty)
    amended: DataFrame = field(default_factory=AMENDED.empty)
    granted: Mapping[str, Relief] = field(default_factory=dict)
    counts: DataFrame = field(default_factory=DataFrame)
    yardsticks: Mapping[str, Words] = field(default_factory=dict)
    relied: Mapping[str, frozenset[str]] = field(default_factory=dict)
    open: DataFrame = field(default_factory=OPEN.empty)
    person_look: tuple[Timestamp, str] | None = None  # when somebody read the notices last, and who; for the office
    pages: tuple[str, ...] = ()  # where they stand, to be read when nobody did
    is_answered: bool = False  # whether an answer to the office's mail is read

    def of(
        self, slug: str, outage_ids: Iterable[str], closes_at: Mapping[str, Timestamp] | None = None
    ) -> "RecordContext":
        """What one recipient may see: amendments that touch a finding on their people, then or now.

        Takes: closes_at - by outage, the last cut-off of the findings that rely on it.
        """
        if self.amended.empty:
            return self.outside
        theirs = {*outage_ids, *self.relied.get(reader_key(slug), ())}
        told = self.amended["outage_id"].isin(theirs) & _touches(self.amended, closes_at or {})
        return replace(self.outside, amended=self.amended[told])

    @cached_property
    def outside(self) -> "RecordContext":
        """As recipients see it: of a source on the web, only its host, since an address can hold a key."""
        both = (self.open, self.looked)
        left, looked = (rows.assign(source=rows["source"].map(_host).astype("str")) for rows in both)
        return replace(self, looked=looked, relied={}, open=left, person_look=None)

    @cached_property
    def looked_rows(self) -> list[dict[str, Any]]:
        """The rows of LOOKED by column name; of most runs the same for every reader."""
        columns = {str(name): self.looked[name].tolist() for name in self.looked}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _touches(amended: DataFrame, closes_at: Mapping[str, Timestamp]) -> "Series[bool]":
    """Whether an amendment can bear on a finding: hours that lie behind its last cut-off, then and now, do not."""
    texts = {key: f"{at:%Y-%m-%dT%H:%M:%S}" for key, at in closes_at.items()}
    ends = amended["outage_id"].map(lambda key: texts.get(key, NEVER)).astype("str")
    hours = amended["column"].isin(["began_at", "ended_at"])
    first = amended[["was", "now"]].replace("", "9999").min(axis=1)
    return ~(hours & (first >= ends))


def reader_key(slug: str) -> str:
    """What stays of a recipient's slug when the unit gets another name."""
    return slug.rpartition("-")[2]


def _host(source: str) -> str:
    return (urlsplit(source).hostname or source) if "://" in source else source


class Office(Struct, frozen=True):
    """Who sends the report, from the settings, in the words of the report's language."""

    name: str = ""
    address: str = ""
    time_zone: str = "America/Toronto"
    licensed_contact: str = ""
    paper: str = "letter"  # or a4
    accent: str = ACCENT
    ink: str = LIGHT  # what is written on the accent
    logo: Logo | None = None
    signature: tuple[str, ...] = ()
    disclaimer: str = ""  # the office's own, which stands after ours


OLD, AHEAD, SAME = "old", "ahead", "same"


class RosterDate(Struct, frozen=True):
    """How old a roster is: what it goes by from week to week, its file, and what is known of its day."""

    name: str
    file: str
    dated_on: dt.date | None  # of a dated export
    same_since: Timestamp | None  # the first of the reports that read these very bytes
    days: int = 0  # from dated_on
    verdict: str = ""  # OLD, AHEAD or SAME; empty where there is nothing to say


class Run(Struct, frozen=True):
    """One run: its clock, its inputs and what it relied on."""

    run_id: str
    as_of: Timestamp
    account: Account
    rulebook_sha256: str
    inputs: tuple[tuple[str, str], ...] = ()  # (file name, sha256)
    rosters: tuple[str, ...] = ()  # the names of the inputs that are rosters
    roster_dates: tuple[RosterDate, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    record_complete_to: Timestamp | None = None  # up to when the outage record is known to be complete
    is_record_stale: bool = False
    has_outage_record: bool = True  # False: no outage file at all, nobody looked
    previous_as_of: Timestamp | None = None
    next_report_on: Timestamp | None = None
    settings: Mapping[str, str] = field(default_factory=dict)  # those that move a level or a date, by key
    missed_on: tuple[Timestamp, ...] = ()  # the days of reports that were due before and never made
    items: Mapping[str, int] = field(default_factory=dict)  # how what the outage sources offer ended, see FATES
    ledger_faults: int = 0  # places where the outage ledger is not what was written

    @property
    def open_items(self) -> int:
        """What the sources offer that nobody has seen to."""
        return sum(self.items.get(fate, 0) for fate in OPEN_FATES)

    @property
    def old_rosters(self) -> tuple[RosterDate, ...]:
        """Those whose people may not be who they are by now."""
        return tuple(one for one in self.roster_dates if one.verdict in (OLD, AHEAD))

    @property
    def is_record_doubtful(self) -> bool:
        """Whether quiet may not be taken for safety: the record is old, something of it is open, or it was changed."""
        return bool(self.is_record_stale or self.open_items or self.ledger_faults)


OFFICE_SLUG = "office"


class Recipient(Struct, frozen=True):
    """One reader: `slug` names files and message ids, and holds no personal data."""

    slug: str
    address: str
    language: str = "en"
    title: str = ""  # the unit or office, as shown in the heading
    role: str = ""  # entry of roles.toml; empty for a contact, who gets rows whole
    also: str = ""  # the language of a second part of the mail, which says the same
    called: str = "id"  # how the text of the mail calls people: id, initials or name
    quiet: str = "line"  # the mail of a quiet week: send (as any other), line (one line) or skip (none)
    rhythm: Rhythm = "weekly"  # how often a report is sent: daily, weekly, fortnightly or monthly
    next_on: Timestamp | None = None  # when the next is due by that rhythm, where it is not the run's own
    formerly: str = ""  # the address under which this reader was first told, where it is another

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of the mail, in the order of its parts; files are in the first."""
        return (self.language, self.also) if self.also else (self.language,)


class Edition(Struct, frozen=True, order=True):
    """What the reports of several readers have in common: their language, and the earlier run they go by."""

    language: str
    baseline: str = ""  # which of the run's comparisons, by its name; empty for a first report


class Report(Struct, frozen=True, dict=True):
    """Everything a reader in one language and one scope may see.

    `findings` is TOLD, of people and of the institution, `set_aside` SET_ASIDE, `changes` CHANGES (with `title` and
    `full_name` beside), `outages` OUTAGES (only those relied on), `rules` RULES, `left` LEFT with `title` and `holder`
    beside, and `departed` DEPARTED with `title` beside.
    `people_by_level` counts each person once, by the worst level; a person all of whose rows were set aside counts
    under data_problem.
    """

    language: str
    office: Office
    run: Run
    account: Account  # of this scope, of the rows about people
    recipient: Recipient | None  # None: the office's own report on everybody
    findings: DataFrame
    outages: DataFrame
    set_aside: DataFrame
    changes: DataFrame
    rules: DataFrame
    service_titles: Mapping[str, str]
    people: int
    people_by_level: Mapping[str, int]
    why: DataFrame = field(default_factory=WHY.empty)  # WHY, on the index of the findings it is about
    previous_people_by_level: Mapping[str, int] = field(default_factory=dict)  # of this scope; empty on a first run
    beside: RecordContext = field(default_factory=RecordContext)
    law_foot: str = ""  # that the words under a rule changed and nobody read them again
    law_note: str = ""  # to which day the law was read, and how many rules nobody has signed
    causes: DataFrame = field(default_factory=CAUSES.empty)  # CAUSES, on the rows of the changes; empty: not known
    evidence: DataFrame = field(default_factory=EVIDENCE.empty)  # EVIDENCE of the whole, by numbers of findings
    evidence_left_out: int = 0  # pairs of a duty and an outage beyond what is shown
    readers: tuple[Recipient, ...] = ()  # who gets what; of the office's own report only
    left_over: int = 0  # rows that no other reader gets; of the office's own mail alone
    duties_account: Account | None = None  # of the institution's own duties; None: no sheet of them, or none for them
    has_duties: bool = True  # whether a sheet of the institution's own duties was read at all
    alerted: tuple[tuple[Timestamp, int], ...] = ()  # alerts since the report before: when, and of how many people
    about_files: tuple[str, ...] = ()  # what the mail says of the files that go with it, in words
    left: DataFrame = field(default_factory=lambda: LEFT.empty().assign(title="", holder=""))
    departed: DataFrame = field(default_factory=lambda: DEPARTED.empty().assign(title=""))

    @property
    def next_report_on(self) -> Timestamp | None:
        """When its reader hears again."""
        own = self.recipient.next_on if self.recipient else None
        return own if own is not None else self.run.next_report_on

    def outages_at(self, places: "NDArray[np.intp]") -> DataFrame:
        """The outages at these places; readers who rely on the same ones share a frame."""
        key = places.tobytes()
        if key not in self._shared:
            self._shared[key] = self.outages.iloc[places]
        return self._shared[key]

    @cached_property
    def _shared(self) -> dict[bytes, DataFrame]:
        return {}

    @property
    def is_farewell(self) -> bool:
        """Whether its reader has no row any more, and is told so once; the office has the roster, whoever is on it."""
        reader, rows = self.recipient, self.account.read + self._duties.read
        return reader is not None and reader.slug != OFFICE_SLUG and not reader.role and not rows

    @property
    def is_unread(self) -> bool:
        """Whether nothing that was read could be assessed; who has duties of the institution alone has no people."""
        return not self.account.assessed and not (self._duties.assessed and not self.account.read)

    @property
    def rows_set_aside(self) -> int:
        """How many rows were set aside, whoever they tell of."""
        return self.account.set_aside + self._duties.set_aside

    @cached_property
    def of_people(self) -> DataFrame:
        """The findings about people."""
        return people_part(self.findings) if self.has_duties else self.findings

    @cached_property
    def of_institution(self) -> DataFrame:
        """The findings about the institution's own duties."""
        return institution_part(self.findings) if self.has_duties else self.findings.iloc[:0]

    @cached_property
    def own_at_risk(self) -> int:
        """How many of the institution's own duties are at risk."""
        return int(self.of_institution["level"].isin(AT_RISK).sum()) if self.has_duties else 0

    @property
    def _duties(self) -> Account:
        return self.duties_account or Account(0, 0, 0, 0)


class NoteFields(Struct, frozen=True):
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


class NoteKey(Struct, frozen=True):
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


class Note(Struct, frozen=True):
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


class FiledEvidence(Struct, frozen=True):
    """One file an office filed for a person: its bytes stand in the folder of evidence under their SHA-256."""

    number: int
    kind: str  # a word of EVIDENCE_KINDS in cli/explain.py
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


class Proof(Struct, frozen=True):
    """One outage with all that the ledger holds of it; `versions` is empty for one that only stands in a file."""

    outage: Mapping[str, Any]  # a row of OUTAGES
    versions: tuple[Mapping[str, str], ...] = ()
    relief: Relief | None = None
    captures: tuple[str, ...] = ()  # the names of the captured files in the pack
    lost: tuple[str, ...] = ()  # the SHA-256 of captured files that are gone or were changed
    raw_text: str = ""
    n_left: int = 0  # captured files that changed no hour, and stay with the office
