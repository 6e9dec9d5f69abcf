"""Text cells to OUTAGES: every doubt resolved towards more down time, and told. Pure: no files, no clock."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import tomli
from msgspec import Struct, field
from pandas import DataFrame, Series, Timestamp

from reporter.errors import OutageFileError, is_json, nearest_file, refused
from reporter.model.problem import Problem, letter
from reporter.model.shapes import OUTAGES, UNSPECIFIED
from reporter.text.formats import fold_name, old_encoding
from reporter.text.time_zones import OTTAWA, zone


@cache
def outage_words() -> Mapping[str, Mapping[str, list[str]]]:
    """The lists of spellings.toml: the fields of an outage and the words they hold, each with its spellings."""
    return tomli.loads((files("reporter.outages") / "spellings.toml").read_text("utf-8"))


@cache
def by_name(name: str) -> Mapping[str, str]:
    """Each accepted spelling of that list, plain, with the word it stands for."""
    return {fold_name(said): word for word, spellings in outage_words()[name].items() for said in spellings}


_WRITTEN = re.compile(
    r"^'?(?P<day>20\d\d-\d\d-\d\d)"
    r"(?:[T ] ?(?P<clock>\d\d?:\d\d)(?::(?P<seconds>\d\d)(?:[.,]\d+)?)? ?(?P<offset>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$",
    re.IGNORECASE,
)
_ONE_DAY = pd.Timedelta(days=1)
_CLOCK_CHANGE = pd.Timedelta(hours=1)
_FURTHEST_OFFSET = 14 * 60
_LAST_SECOND = 61  # a clock that inserts leap seconds shows them


def read_instants(text: Series, *, is_end: bool = False, clock: str = OTTAWA) -> DataFrame:
    """The column as UTC instants, with what had to be assumed about each, so that it can be told.

    `is_end` reads a bare date as the first instant of the next day, and a doubtful local time as the later. `clock`
    is that of the cells without an offset, as `clock_said` has it; on one that nobody knows they are unreadable.

    Takes:   text - `2026-09-08T05:30-04:00`, `2026-09-08 05:30`, `2026-09-08` or nothing.
    Returns: at (UTC; missing when empty or unreadable), is_day, is_twice, is_skipped, is_unreadable.
    """
    parts = text.str.extract(_WRITTEN)
    minutes = parts["offset"].map({word: _offset(word) for word in parts["offset"].dropna().unique()})
    has_offset, is_day = parts["offset"].notna(), parts["day"].notna() & parts["clock"].isna()
    wall = _wall(parts, is_day & is_end)
    if clock == UNKNOWN_CLOCK:
        wall = wall.where(has_offset)
    earlier, later, is_skipped = _on_clock(wall, clock)
    exact = (wall - pd.to_timedelta(minutes.astype("float64"), unit="min")).dt.tz_localize("UTC")
    at = exact.where(has_offset, later if is_end else earlier)
    return DataFrame(
        {
            "at": at.astype("datetime64[us, UTC]"),
            "is_day": is_day & at.notna(),
            "is_twice": (earlier != later) & wall.notna() & ~has_offset & ~is_skipped,
            "is_skipped": is_skipped & ~has_offset,
            "is_unreadable": (text != "") & at.isna(),
        }
    )


def one_instant(text: str, clock: str = OTTAWA) -> Timestamp | None:
    """The instant a single text says, as `read_instants` has it; None when it says none.

    Without a frame around it: a list of 20,000 is asked one by one.
    """
    said = _WRITTEN.fullmatch(text)
    if said is None:
        return None
    hour, minute = map(int, (said["clock"] or "00:00").split(":"))
    seconds, is_midnight = int(said["seconds"] or 0), (hour, minute) == (24, 0)
    if seconds > _LAST_SECOND:
        return None
    try:
        wall = datetime.fromisoformat(said["day"]).replace(hour=0 if is_midnight else hour, minute=minute)
    except ValueError:
        return None
    wall += timedelta(days=is_midnight, seconds=seconds)
    if said["offset"] is None and clock == UNKNOWN_CLOCK:
        return None
    if said["offset"] is None:
        local = Timestamp(wall).tz_localize(_zone_of(clock), ambiguous=True, nonexistent="shift_forward")
        return local.tz_convert("UTC").as_unit("us")
    minutes = _offset(said["offset"])
    return None if minutes != minutes else (Timestamp(wall, tz="UTC") - pd.Timedelta(minutes=minutes)).as_unit("us")


def _wall(parts: DataFrame, is_whole_day: "Series[bool]") -> Series:
    """What a clock on the wall shows; `24:00` and the end of a whole day are the next day's midnight."""
    is_midnight = is_whole_day | (parts["clock"] == "24:00")
    clock = parts["clock"].fillna("00:00").where(~is_midnight, "00:00")
    shown = parts["day"] + " " + clock + ":" + parts["seconds"].fillna("00")
    wall = pd.to_datetime(shown, format="%Y-%m-%d %H:%M:%S", errors="coerce").astype("datetime64[us]")
    return wall.where(~is_midnight, wall + _ONE_DAY)


def _on_clock(wall: Series, clock: str) -> "tuple[Series, Series, Series[bool]]":
    """The earlier and the later instant at which that clock shows this, and whether it never does."""
    place, first, second = _zone_of(clock), wall.map(lambda _: True), wall.map(lambda _: False)
    is_skipped = wall.dt.tz_localize(place, ambiguous=first.to_numpy(bool), nonexistent="NaT").isna() & wall.notna()
    earlier = wall.dt.tz_localize(place, ambiguous=first.to_numpy(bool), nonexistent="shift_forward")
    later = wall.dt.tz_localize(place, ambiguous=second.to_numpy(bool), nonexistent=_CLOCK_CHANGE)
    return earlier.dt.tz_convert("UTC"), later.dt.tz_convert("UTC"), is_skipped


def _zone_of(clock: str) -> tzinfo:
    """The zone of that name, or that of an offset, `-05:00`."""
    if clock[:1] not in ("+", "-"):
        return zone(OTTAWA if clock == UNKNOWN_CLOCK else clock)
    return timezone(timedelta(minutes=_offset(clock)))


def _ahead(clock: str) -> timedelta:
    """How far a clock is ahead of UTC in winter."""
    return _zone_of(clock).utcoffset(datetime(2026, 1, 1)) or timedelta(0)  # noqa: DTZ001


def _offset(word: str) -> float:
    """The minutes of `-04:00`, `-0400`, `-04` or `Z`; not a number when no place on earth keeps them."""
    if word[0] not in "+-":
        return 0.0
    size = int(word[1:3]) * 60 + int(word[3:].lstrip(":") or 0)
    signed = -size if word[0] == "-" else size
    return float(signed) if size <= _FURTHEST_OFFSET else float("nan")


_BETWEEN = re.compile(r"[;|\n]")
JOINED = re.compile(r"\s+[-–—|]\s+|\s*[/;|&+]\s*|,\s+|\s+(?:and|et)\s+", re.IGNORECASE)
"""What may stand between two names of services: only where each part is one, since a name may hold it too."""


def known_services(names: Mapping[str, str]) -> dict[str, str]:
    """The plain names and, beside them, the ids themselves and `unspecified`."""
    return {fold_name(service): service for service in names.values()} | dict(names) | {UNSPECIFIED: UNSPECIFIED}


def service_ids(text: str, known: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The ids separated by `;`, and the names nobody knows, which count as `unspecified`: never as none."""
    parts = [part for piece in _BETWEEN.split(text) for part in _pieces(piece, known)]
    unknown = tuple(part for part in parts if fold_name(part) not in known)
    ids = dict.fromkeys(known.get(fold_name(part), UNSPECIFIED) for part in parts)
    return ";".join(ids) or UNSPECIFIED, unknown


def _pieces(piece: str, known: Mapping[str, str]) -> list[str]:
    """The piece as one name if it is one; else what stands between its commas, and the names joined in each."""
    pieces = [piece] if fold_name(piece) in known else piece.split(",")
    parted = [(part, JOINED.split(part)) for part in pieces if fold_name(part)]
    return [
        one.strip()
        for part, names in parted
        for one in (names if all(fold_name(n) in known for n in names) else [part])
    ]


FIELDS = tuple(outage_words()["fields"])
LARGEST_BYTES = 64_000_000
_HEADER_ROWS = 30  # a header row stands among these, under whatever banner
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_FIELD_OF = by_name("fields")
INSTANTS = ("began_at", "ended_at", "announced_at")
UNKNOWN_CLOCK = "?"
_PIPED = re.compile(r"\s*[^|\s][^|\n]*\||(?:[^\n]*\n){1,30}?[ \t]*[^|\s][^|\n]*\|[^|\n]+\|")
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_FROM_UTC = re.compile(
    r"\b(?:UTC|GMT) ?(?P<sign>[+−–-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?\b", re.IGNORECASE
)
_LIKE_A_ZONE = re.compile(r"[A-Z]{1,4}T|.*\b(?i:time|heure|zone|fuseau|clock|local|locale)\b.*")
_ONE_FORM = re.compile(r"\b(?:[ecmpan]dt|[cmpan]st|hn[ercpat]|ha[ercpat])\b|(?<!\bl )\best\b")
"""Standard or daylight time alone; `l'est` is a point of the compass."""
_NO_TAIL = frozenset(["at", "ha", "hr", "z"])
"""Zones in brackets, and words of another meaning at the end of a heading: `Started at`."""


_EITHER_END = (("began_at", "ended_at"), ("ended_at", "began_at"))


class HeadingClock(Struct, frozen=True):
    """The clock that a heading says for its cells: a zone, an offset from UTC, or one that nobody knows."""

    field: str
    heading: str
    name: str

    @property
    def is_one_form(self) -> bool:
        """Whether it says `EST` or `EDT` where the clock of the place changes between the two."""
        return len(_ONE_FORM.findall(fold_name(self.heading))) == 1


@lru_cache(maxsize=1024)
def clock_said(heading: str) -> str:
    """The zone that a heading says in brackets or at its end; `?` for what is like one and no known one; else nothing.

    `Start (UTC)` is on UTC's clock, `Fin (heure de l'Est)` on Ottawa's, `Start (UTC-5)` five hours behind.
    """
    if behind := _FROM_UTC.search(heading):
        sign = "+" if behind["sign"] == "+" else "-"
        offset = f"{sign}{int(behind['hours']):02d}:{behind['minutes'] or '00'}"
        return offset if _offset(offset) == _offset(offset) else UNKNOWN_CLOCK
    asides, words = _ASIDE.findall(heading), fold_name(_ASIDE.sub(" ", heading)).split()
    tails = [tail for place in range(1, len(words)) if (tail := " ".join(words[place:])) not in _NO_TAIL]
    known = [name for said in (*asides, *tails) if (name := by_name("clocks").get(fold_name(said)))]
    if known:
        return known[0]
    is_odd = any(
        _LIKE_A_ZONE.fullmatch(said.strip()) and fold_name(said) not in by_name("clockless") for said in asides
    )
    return UNKNOWN_CLOCK if is_odd else ""


@lru_cache(maxsize=4096)
def field_said(heading: str) -> str:
    """The field that a heading of the office's own table names; that of an instant may say its zone."""
    if known := _FIELD_OF.get(fold_name(heading)):
        return known
    bare = _ASIDE.sub(lambda aside: " " if _is_of_a_clock(aside[1]) else aside[0], _FROM_UTC.sub(" ", heading))
    words = fold_name(bare).split()
    for place in range(len(words), 0, -1):
        field, tail = _FIELD_OF.get(" ".join(words[:place])), " ".join(words[place:])
        if field in INSTANTS and (not tail or (tail in by_name("clocks") and tail not in _NO_TAIL)):
            return field
    return ""


_HOURS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|heures?)(?![a-z])")
_MINUTES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:m|mins?|minutes?)(?![a-z])")
_SECONDS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:s|secs?|seconds?|secondes?)(?![a-z])")
_DAYS = re.compile(r"(\d+)\s*(?:d|days?|j|jours?)(?![a-z])")
_HOURS_MINUTES = re.compile(r"(\d{1,4})(?::|\s?h\s?)(\d\d)(?::(\d\d))?")
BARE_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_UNITS = {
    1 / 60: ("s", "sec", "secs", "second", "seconds", "seconde", "secondes"),
    60.0: ("h", "hr", "hrs", "hour", "hours", "heure", "heures"),
    1.0: ("m", "min", "mins", "minute", "minutes"),
}


def unit_said(heading: str) -> float | None:
    """How many minutes one is of the unit that a heading names; none where it names none."""
    words = {*fold_name(heading).split()}
    return next((size for size, names in _UNITS.items() if words & {*names}), None)


def length_said(text: str, heading: str) -> pd.Timedelta | None:
    """How long it lasted: `4 h 12 min`, `1h30m`, `3 h 30`, `01:30:00`, or a number in its heading's unit or minutes."""
    folded = text.lower()
    if clock := _HOURS_MINUTES.fullmatch(folded):
        return pd.Timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3] or 0))
    if BARE_NUMBER.fullmatch(folded):
        return pd.Timedelta(minutes=_number(folded) * (unit_said(heading) or 1.0))
    told = [
        sum(map(_number, pattern.findall(folded))) * one_of
        for pattern, one_of in ((_DAYS, 1440), (_HOURS, 60), (_MINUTES, 1), (_SECONDS, 1 / 60))
    ]
    return pd.Timedelta(minutes=sum(told)) if any(told) else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def is_length_column(heading: str) -> bool:
    """Whether the cells under it say how long an outage lasted."""
    words = fold_name(_ASIDE.sub(" ", heading))
    return any(by_name("monitor_fields").get(one) == "lasted" for one in (words, words.partition(" ")[0]))


def is_zone_column(heading: str) -> bool:
    """Whether the cells under it say the zone of the instants beside them."""
    return fold_name(heading) in by_name("zone_columns")


def clock_in(cell: str) -> str:
    """The clock that such a cell names; `?` for one that nobody knows, nothing where it is empty."""
    return (clock_said(f"({cell})") or UNKNOWN_CLOCK) if fold_name(cell) else ""


def _is_of_a_clock(aside: str) -> bool:
    folded = fold_name(aside)
    return folded in by_name("clocks") or folded in by_name("clockless") or bool(_LIKE_A_ZONE.fullmatch(aside.strip()))


def heading_clocks(headings: Mapping[str, str]) -> tuple[HeadingClock, ...]:
    """The clocks that the headings of the instants say, by field."""
    said = ((name, headings[name]) for name in INSTANTS if name in headings)
    return tuple(HeadingClock(name, text, clock) for name, text in said if (clock := clock_said(text)))


class Cells(Struct, frozen=True):
    """A file's records: `frame` has FIELDS as text ('' when empty) and `row`; `letters` names the columns.

    `clock` of a record is that of its own instants, where it says one.
    """

    source: str
    sha256: str
    frame: DataFrame
    sheet: str = ""
    letters: tuple[tuple[str, str], ...] = ()
    complete_to: str = ""
    problems: tuple[Problem, ...] = ()
    clocks: tuple[HeadingClock, ...] = ()

    def clock(self, name: str) -> str:
        """The clock of a column's cells: Ottawa's where its heading says none.

        Where that of the other end says one, the one of the two by which no down time is lost.
        """
        said = {clock.field: clock.name for clock in self.clocks}
        other = said.get(dict(_EITHER_END).get(name, ""), UNKNOWN_CLOCK)
        if name in said or other == UNKNOWN_CLOCK:
            return said.get(name, OTTAWA)
        is_ahead = _ahead(other) > _ahead(OTTAWA)
        return other if is_ahead == (name == "began_at") else OTTAWA


def bytes_of(path: Path) -> bytes:
    """The file as it is. Raises OutageFileError when it cannot be opened."""
    try:
        return path.read_bytes()
    except FileNotFoundError as e:
        near = nearest_file(path)
        code = "file_missing_near" if near else "file_missing"
        raise refused(OutageFileError, code, where=path.name, folder=path.absolute().parent, near=near) from e
    except OSError as e:
        raise refused(OutageFileError, "stop_outage_unopened", where=path.name, what=e.strerror) from e


def cells_in(content: bytes, name: str) -> Cells:
    """A file's records as text. Raises OutageFileError when there is no table of outages in it."""
    if len(content) > LARGEST_BYTES:
        raise refused(OutageFileError, "stop_outage_large", where=name)
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith(b"PK"):
        return _from_workbook(content, name, sha256)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(OutageFileError, "stop_outage_old_book", where=name)
    if name.lower().endswith(".json") or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _from_json(content, name, sha256)
    return _from_csv(content, name, sha256)


def is_contract_json(whole: object) -> bool:
    """Whether it is a list of outages in the contract's words, or an object that holds one."""
    if isinstance(whole, dict):
        return isinstance(whole.get("outages"), list)
    listed = whole[:50] if isinstance(whole, list) else []
    return any(isinstance(item, dict) and "began_at" in _fields(item) for item in listed)


def is_contract_csv(content: bytes, source: str) -> bool:
    """Whether one of the first rows names a beginning and something else of the contract."""
    text = decode_record(content, source)[0]
    return any(_header_row(split_rows(text, separator)[0]) is not None for separator in separators(text))


def json_in(content: bytes) -> Any:
    """The JSON in these bytes; of JSON Lines, one object a line, the list of them. Raises ValueError.

    The fault told is that of the line that holds it: a last line that breaks off is a file that was cut off.
    """
    text = content.decode(json.detect_encoding(content)).lstrip("\ufeff")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") for _, line in lines) and is_json(lines[0][1]):
        return [_json_line(number, line) for number, line in lines]
    return json.loads(text, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a key that stands twice would lose what stands under the first. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if any(key == one for one, _ in pairs[:number]))
        raise ValueError(f"{twice[:40]!r} stands there twice")
    return found


def _json_line(number: int, line: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=_once_each)
    except ValueError as e:
        raise ValueError(f"line {number}: {e}") from e


def _from_json(content: bytes, source: str, sha256: str) -> Cells:
    try:
        whole = json_in(content)
    except (ValueError, RecursionError) as e:
        raise refused(OutageFileError, "stop_outage_not_json", where=source, fault=e) from e
    complete_to = _text(whole.get("complete_to")) if isinstance(whole, dict) else ""
    records = whole.get("outages") if isinstance(whole, dict) else whole
    if not isinstance(records, list):
        raise refused(OutageFileError, "stop_outage_no_outages", where=source)
    rows = {row: _fields(item) for row, item in enumerate(records, 1) if isinstance(item, dict)}
    odd = [
        Problem(source, "outage_not_a_record", row=row, value=_text(item)[:80])
        for row, item in enumerate(records, 1)
        if row not in rows
    ]
    unused = sorted(
        {
            key
            for item in records
            if isinstance(item, dict)
            for key in item
            if fold_name(key) not in _FIELD_OF and not is_zone_column(key) and not is_length_column(key)
        }
    )
    odd += [Problem(source, "outage_column_unused", column=key[:80], value=key[:80]) for key in unused]
    odd += [Problem(source, "source_list_unread", value=key[:80]) for key in _further_lists(whole)]
    texts = {field: [row.get(field, "") for row in rows.values()] for field in FIELDS}
    items = [item for item in records if isinstance(item, dict)]
    zones = [next((_text(value) for key, value in item.items() if is_zone_column(key)), "") for item in items]
    lengths = [
        next(((key, _text(one)) for key, one in item.items() if is_length_column(key)), ("", "")) for item in items
    ]
    frame = DataFrame(texts, dtype="str").assign(row=list(rows), clock=list(map(clock_in, zones)))
    frame = frame.assign(lasted=[text for _, text in lengths], unit=[key for key, _ in lengths])
    return Cells(source, sha256, frame, complete_to=complete_to, problems=tuple(odd))


def _further_lists(whole: object) -> list[str]:
    """The keys beside `outages` under which more records with a beginning stand."""
    beside = whole.items() if isinstance(whole, dict) else ()
    return [
        str(key) for key, value in beside if key != "outages" and isinstance(value, list) and is_contract_json(value)
    ]


def _fields(item: dict[str, Any]) -> dict[str, str]:
    return {_FIELD_OF[fold_name(key)]: _text(value) for key, value in item.items() if fold_name(key) in _FIELD_OF}


def _from_workbook(content: bytes, source: str, sha256: str) -> Cells:
    sheets = sheets_in(content, source)
    headers = {name: header for name, grid in sheets.items() if (header := _header_row(grid)) is not None}
    if not headers:
        raise _no_table(source)
    name, *others = headers
    notes = [Problem(source, "source_sheet_unread", other, value=other) for other in others]
    return _from_grid(sheets[name], headers[name], source, sha256, sheet=name, notes=notes)


def sheets_in(content: bytes, source: str) -> dict[str, list[list[Any]]]:
    """The rows of each sheet of a workbook. Raises OutageFileError when it cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > 4 * LARGEST_BYTES:
                raise refused(OutageFileError, "stop_outage_unpacked", where=source)
        sheets = pd.read_excel(
            io.BytesIO(content), engine="calamine", sheet_name=None, header=None, dtype=object, na_filter=False
        )
        return _with_merged(
            content,
            {
                str(name): [list(row) for row in sheet.itertuples(index=False, name=None)]
                for name, sheet in sheets.items()
            },
        )
    except OutageFileError:
        raise
    except Exception as e:  # a broken workbook fails in as many ways as it has parts
        raise refused(OutageFileError, "stop_outage_book", where=source) from e


def _with_merged(content: bytes, grids: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """A cell merged over several rows holds for each of them: a file keeps it in the first alone."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name, grid in grids.items():
        for (first, column), (last, _) in book.get_sheet_by_name(name).merged_cell_ranges or ():
            for row in grid[first + 1 : last + 1]:
                row[column : column + 1] = grid[first][column : column + 1]
    return grids


def _from_csv(content: bytes, source: str, sha256: str) -> Cells:
    text, notes = decode_record(content, source)
    for separator in separators(text):
        grid, is_patched = split_rows(text, separator)
        if (header := _header_row(grid)) is not None:
            if is_patched:
                notes = (*notes, Problem(source, "outage_quotes"))
            return _from_grid(grid, header, source, sha256, notes=notes)
    raise _no_table(source)


def decode_record(content: bytes, source: str) -> tuple[str, tuple[Problem, ...]]:
    """The text of a file in any of the encodings offices use, and a word where it had to be guessed."""
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what a spreadsheet program calls Unicode text
            return content.decode("utf-16"), ()
        if b"\x00" in content:
            raise refused(OutageFileError, "stop_outage_not_text", where=source)
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        encoding = old_encoding(content)
        return content.decode(encoding, errors="replace"), (Problem(source, f"outage_read_as_{encoding}"),)


def separators(text: str) -> tuple[str, ...]:
    """What may stand between the cells of a text; `|` only where the first line has one, or one under it two."""
    return (",", ";", "\t", "|") if _PIPED.match(text) else (",", ";", "\t")


def split_rows(text: str, separator: str) -> tuple[list[list[str]], bool]:
    """The rows of cells; a quote that is never closed would swallow all rows after it, so it costs only its own."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)), False
    except csv.Error:
        lines = text.splitlines()
        return [next(csv.reader([line[:100_000]], delimiter=separator), []) for line in lines], True


def _header_row(grid: Sequence[Sequence[object]]) -> int | None:
    """The first row that names a beginning and something else of the contract."""
    for number, row in enumerate(grid[:_HEADER_ROWS]):
        named = {field_said(_text(cell)) for cell in row} - {""}
        if "began_at" in named and len(named) > 1:
            return number
    return None


def _no_table(source: str) -> OutageFileError:
    return refused(OutageFileError, "stop_outage_no_table", where=source, names=", ".join(FIELDS))


def _from_grid(
    grid: list[list[Any]], header: int, source: str, sha256: str, *, sheet: str = "", notes: Iterable[Problem] = ()
) -> Cells:
    """The rows under the header, by field; empty rows are passed over, nothing else is."""
    headings = [_text(cell) for cell in grid[header]]
    width = len(headings)
    below, joined = with_days(headings, grid[header + 1 :])
    rows = {number: row for number, row in enumerate(below, header + 2) if any(_text(c) for c in row)}
    used, odd = _columns(headings, list(rows.values()), joined, source, sheet, header + 1)
    columns = {field: [row[at] if at < len(row) else "" for row in rows.values()] for field, at in used.items()}
    beyond = [
        Problem(source, "outage_cells_beyond", sheet, number, letter(width), _text(" | ".join(map(_text, row[width:]))))
        for number, row in rows.items()
        if any(_text(cell) for cell in row[width:])
    ]
    began, ended = (columns.get(field, [""] * len(rows)) for field in ("began_at", "ended_at"))
    pairs = [_bare_midnights(*pair) for pair in zip(began, ended, strict=True)]
    columns = columns | {"began_at": [a for a, _ in pairs], "ended_at": [b for _, b in pairs]}
    texts = {field: [_text(cell) for cell in columns.get(field, [""] * len(rows))] for field in FIELDS}
    letters = tuple((field, letter(at)) for field, at in used.items())
    zones, lengths = (_cells_under(headings, rows.values(), is_one) for is_one in (is_zone_column, is_length_column))
    unit = next(filter(is_length_column, headings), "")
    frame = DataFrame(texts, dtype="str").assign(row=list(rows), clock=list(map(clock_in, zones)), lasted=lengths)
    frame = frame.assign(unit=unit)
    clocks = heading_clocks({field: headings[at] for field, at in used.items()})
    told = (*notes, *odd, *beyond)
    return Cells(source, sha256, frame, sheet=sheet, letters=letters, problems=told, clocks=clocks)


def _cells_under(headings: Sequence[str], rows: Iterable[Sequence[Any]], is_one: Callable[[str], bool]) -> list[str]:
    """The cells under the first heading that is one; empty texts where none is."""
    at = next((at for at, heading in enumerate(headings) if is_one(heading)), None)
    return ["" if at is None or at >= len(row) else _text(row[at]) for row in rows]


def _columns(
    headers: list[str], rows: Sequence[Sequence[Any]], joined: Collection[int], source: str, sheet: str, row: int
) -> tuple[dict[str, int], list[Problem]]:
    """Where each field stands: under the first of its headings, but an instant where there is a digit in a cell."""
    used: dict[str, int] = {}
    said = {at: field for at, name in enumerate(headers) if (field := field_said(name))}
    for at, field in said.items():
        if field not in used or (field in INSTANTS and not _has_digit(rows, used[field]) and _has_digit(rows, at)):
            used[field] = at
    odd = [
        Problem(
            source, "outage_header_twice" if at in said else "outage_column_unused", sheet, row, letter(at), name[:80]
        )
        for at, name in enumerate(headers)
        if name and used.get(said.get(at, "")) != at and at not in joined
        if not is_zone_column(name) and not is_length_column(name)
    ]
    return used, odd


def _has_digit(rows: Iterable[Sequence[Any]], at: int) -> bool:
    return any(at < len(row) and re.search(r"\d", _text(row[at])) for row in rows)


_TIME_ALONE = re.compile(
    r"(?P<hour>\d{1,2})(?:(?::| ?h ?)(?P<minute>[0-5]\d)(?::[0-5]\d)?| ?h|(?= ?[ap]\.? ?m))"
    r"(?: ?(?P<half>[ap])\.? ?m\.?)?",
    re.IGNORECASE,
)
_DAY_ALONE = re.compile(r"20\d\d-\d\d-\d\d")
_NOON = 12


def with_days(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], places: Mapping[str, int] | None = None
) -> tuple[list[list[Any]], frozenset[int]]:
    """The rows with an instant in place of a time of day, where its day stands in a column of its own.

    `Date | Start | End`, or `Start date | Start time`. An end without a day of its own is of the day of its beginning,
    or of the next where it would come before it. `places` are the columns of the fields that the caller knows.
    Returns the columns that were joined too.
    """
    fields = {at: field_said(heading) for at, heading in enumerate(headings)}
    fields |= {at: field for field, at in (places or {}).items()}
    began, ended = ([at for at, field in fields.items() if field == name] for name in ("began_at", "ended_at"))
    also = {
        name: [at for at, heading in enumerate(headings) if _page_field(heading) == name] for name in ("day", "hours")
    }
    days = [at for at in also["day"] if fields[at] not in ("ended_at", "announced_at")]
    began = began + [at for at in also["hours"] if not fields[at]] if days else began
    if not days and len(began) == 1:
        return [list(row) for row in rows], frozenset()
    found = [_with_days(list(row), began, ended, days) for row in rows]
    is_joined = any(new != list(row) for new, row in zip(found, rows, strict=True))
    return found, frozenset((*began, *ended, *days) if is_joined else ())


def _with_days(row: list[Any], began: Sequence[int], ended: Sequence[int], days: Sequence[int]) -> list[Any]:
    day, clock = _day_in(row, (*began, *days)), _time_in(row, began)
    end_day, end_clock = _day_in(row, ended), _time_in(row, ended)
    if day and clock:
        row = [f"{day} {clock}" if at in began and _is_part(cell) else cell for at, cell in enumerate(row)]
    if end_clock and not end_day and day:
        next_day = pd.Timestamp(day) + (_ONE_DAY if end_clock <= clock else pd.Timedelta(0))
        end_day = f"{next_day:%Y-%m-%d}"
    if end_clock and end_day:
        row = [f"{end_day} {end_clock}" if at in ended and _is_part(cell) else cell for at, cell in enumerate(row)]
    return row


def _is_part(cell: Any) -> bool:
    """Whether a cell is a day alone or a time of day alone."""
    return bool(_day_in([cell], [0]) or _time_in([cell], [0]))


def _page_field(heading: str) -> str:
    return by_name("page_fields").get(fold_name(heading), "")


def _day_in(row: Sequence[Any], places: Iterable[int]) -> str:
    """The first of these cells that is a day and nothing else."""
    cells = (row[at].date() if _is_midnight(row[at]) else row[at] for at in places if at < len(row))
    return next((text for text in map(_text, cells) if _DAY_ALONE.fullmatch(text)), "")


def _time_in(row: Sequence[Any], places: Iterable[int]) -> str:
    """The first of these cells that is a time of day and nothing else, as `18:30`."""
    said = (_TIME_ALONE.fullmatch(_text(row[at])) for at in places if at < len(row))
    for one in filter(None, said):
        hour, half = int(one["hour"]), (one["half"] or "").lower()
        if hour <= (_NOON if half else 2 * _NOON) and not (half and not hour):
            hour = hour % _NOON + (_NOON if half == "p" else 0) if half else hour
            return f"{hour:02d}:{one['minute'] or '00'}"
    return ""


def _bare_midnights(began: Any, ended: Any) -> tuple[Any, Any]:
    """A workbook's date and its midnight look the same: it is a time when the row's other instant has one."""
    if _is_midnight(began) and not _is_midnight(ended) and ":" in _text(ended):
        return began, ended
    if _is_midnight(ended) and not _is_midnight(began) and ":" in _text(began) and _text(began) < _text(ended):
        return began, ended
    return tuple(cell.date() if _is_midnight(cell) else cell for cell in (began, ended))


def _is_midnight(cell: object) -> bool:
    return isinstance(cell, datetime) and cell == datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001


def _text(cell: object) -> str:
    """A cell as text; a real date and time to the second, a list with semicolons between."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return (
            cell.strip()
            if cell.isprintable()
            else _CONTROL.sub(" ", cell.replace("\xa0", " ").replace("\r", "")).strip()
        )
    if isinstance(cell, datetime):
        return pd.Timestamp(cell).round("s").isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, list):
        return "; ".join(_text(item) for item in cell)
    return str(cell)


_LONGEST_VALUE, _LONGEST_RECORD = 120, 500
_TELLING = ("services", "began_at", "title")
"""What a record without an id goes by: not its end, its status or its words, which are written as it goes on."""
_EXAMPLE = r"(?i)[\s(\[]*(?:e\.\s?g\b|p\.\s?ex\b|ex\.\s|ex[ae]mple\b)"
"""How a row begins that only shows how the list is filled in."""
_REFUSALS = (
    "outage_example",
    "outage_began_missing",
    "outage_began_unreadable",
    "outage_ends_before_it_begins",
    "outage_services_missing",
)


class _Notes(Struct):
    """Collects the problems of one file, each with the address of its row."""

    cells: Cells
    found: list[Problem] = field(default_factory=list)

    def at(self, rows: "Series[bool]", code: str, column: str, **details: Series | str) -> None:
        """One problem for each row that holds; a detail is a column of words, or one word for all."""
        if not rows.any():
            return
        place = dict(self.cells.letters).get(column, column)
        touched = rows.index[rows.to_numpy(bool)]
        numbers, values = (self.cells.frame.loc[touched, name].tolist() for name in ("row", column))
        for index, number, value in zip(touched, numbers, values, strict=True):
            words = {key: text if isinstance(text, str) else str(text[index]) for key, text in details.items()}
            words |= self._record(index) if code in _REFUSALS else {}
            self.found.append(
                Problem(self.cells.source, code, self.cells.sheet, number, place, value[:_LONGEST_VALUE], words)
            )

    def _record(self, index: int) -> dict[str, str]:
        """All that the record says, and what it goes by, to know it again at another place and with other words."""
        said = dict(zip(FIELDS, self.cells.frame.loc[[index], list(FIELDS)].to_numpy()[0], strict=True))
        whole, telling = self._joined(said, FIELDS), self._joined(said, _TELLING)
        return {"record": whole, "record_id": str(said["outage_id"]) or telling or whole}

    @staticmethod
    def _joined(said: Mapping[str, str], names: Sequence[str]) -> str:
        texts = (" ".join(str(said[name]).split()) for name in names)
        return " · ".join(text for text in texts if text)[:_LONGEST_RECORD]

    def clocks(self) -> None:
        """What is doubtful in the zones that the headings say."""
        said = {clock.field: clock for clock in self.cells.clocks}
        for clock in said.values():
            if clock.name == UNKNOWN_CLOCK:
                self._of_heading("outage_clock_unknown", clock)
            elif clock.is_one_form:
                self._of_heading("outage_clock_one_form", clock)
        for name, other in _EITHER_END:
            alone = said.get(name) if other not in said and (self.cells.frame[other] != "").any() else None
            if alone and alone.name not in (OTTAWA, UNKNOWN_CLOCK):
                self._of_heading("outage_clock_of_one", alone, used=self.cells.clock(other))

    def _of_heading(self, code: str, clock: HeadingClock, **details: str) -> None:
        place, value = dict(self.cells.letters).get(clock.field, clock.field), clock.heading[:_LONGEST_VALUE]
        self.found.append(Problem(self.cells.source, code, self.cells.sheet, 0, place, value, details))

    def once(self, count: int, code: str, column: str, used: str = "") -> None:
        """One problem for the file as a whole, with how many rows it touches; none when it touches none."""
        if count:
            words = {"count": str(count), "column": column, "used": used}
            self.found.append(Problem(self.cells.source, code, self.cells.sheet, column=column, details=words))


def read_records(
    cells: Cells, names: Mapping[str, str], as_of: Timestamp | None = None
) -> tuple[DataFrame, tuple[Problem, ...]]:
    """The records as outages, with a problem for all that was refused, assumed or replaced.

    Takes:   FIELDS as text and `row`; `names` maps plain service names to ids.
    Returns: OUTAGES in the order of the file, ids not yet unique, and the problems.
    """
    notes = _Notes(cells)
    notes.clocks()
    when = _times(cells.frame, notes)
    frame, when = cells.frame[when["is_kept"]], when[when["is_kept"]]
    source_url = _links(frame["source_url"], notes)
    outages = frame.assign(
        services=_services(frame["services"], names, notes),
        began_at=when["began_at"],
        ended_at=when["ended_at"],
        kind=_words(frame["kind"], "unplanned", notes),
        verification=_verification(frame["verification"], source_url, notes),
        status=_status(frame, when, as_of, notes),
        announced_at=_announced(frame["announced_at"], notes),
        source_url=source_url,
        precision=when["is_day"].map({True: "day", False: "minute"}),
        source_row=_place(cells) + frame["row"].astype("str"),
    )
    unplaced = frame["services"].where(outages["services"] == UNSPECIFIED, "")
    return OUTAGES.cast(outages.assign(outage_id=_ids(outages, unplaced, notes))), tuple(notes.found)


def _place(cells: Cells) -> str:
    return f"{cells.source}!{cells.sheet}:" if cells.sheet else f"{cells.source}:"


def _times(frame: DataFrame, notes: _Notes) -> DataFrame:
    """began_at, ended_at, is_day, and is_kept: a record without a beginning, or that ends before it, is refused."""
    clocks = {column: notes.cells.clock(column) for column in ("began_at", "ended_at")}
    began = _read_on_clocks(frame, "began_at", clocks["began_at"])
    ended = _read_on_clocks(frame, "ended_at", clocks["ended_at"], is_end=True)
    ended["at"] = ended["at"].mask(frame["ended_at"] == "", began["at"] + _lengths(frame, notes))
    is_inverted = ended["at"] < began["at"]
    notes.at(frame["began_at"] == "", "outage_began_missing", "began_at")
    notes.at(began["is_unreadable"], "outage_began_unreadable", "began_at")
    notes.at(ended["is_unreadable"], "outage_end_unreadable", "ended_at")
    notes.at(is_inverted, "outage_ends_before_it_begins", "ended_at", began=frame["began_at"])
    is_example = pd.concat([frame[name].str.match(_EXAMPLE) for name in _SHOWN_IN], axis=1).any(axis=1)
    notes.at(is_example, "outage_example", "outage_id")
    is_kept = began["at"].notna() & ~is_inverted & ~is_example
    notes.at(is_kept & (ended["at"] == began["at"]), "outage_zero_length", "ended_at")
    for column, read in (("began_at", began), ("ended_at", ended)):
        for sign in ("is_day", "is_twice", "is_skipped"):
            code = {"is_day": "outage_bare_date", "is_twice": "outage_hour_twice", "is_skipped": "outage_hour_skipped"}
            elsewhere = "" if clocks[column] == OTTAWA else "_elsewhere"
            notes.at(is_kept & read[sign], code[sign] + elsewhere, column, used=_iso(read["at"]))
    is_day = began["is_day"] | ended["is_day"]
    return DataFrame({"began_at": began["at"], "ended_at": ended["at"], "is_day": is_day, "is_kept": is_kept})


def _lengths(frame: DataFrame, notes: _Notes) -> Series:
    """How long each lasted that is over, where its row says so: of one that goes on, a length is that so far."""
    missing = pd.Series(pd.NaT, index=frame.index, dtype="timedelta64[us]")
    if "lasted" not in frame or (frame["lasted"] == "").all():
        return missing
    is_on = frame["status"].map(lambda text: by_name("status").get(fold_name(text)) == "ongoing")
    is_told = (frame["lasted"] != "") & (frame["ended_at"] == "") & ~is_on
    found = missing.copy()
    for row in frame.index[is_told]:
        found[row] = length_said(frame["lasted"][row], frame["unit"][row])
    notes.at(is_told & found.isna(), "source_length_unreadable", "lasted")
    is_bare = is_told & frame["lasted"].str.fullmatch(BARE_NUMBER.pattern) & frame["unit"].map(unit_said).isna()
    notes.once(int(is_bare.sum()), "source_unit_assumed", "lasted")
    return found.where(found > pd.Timedelta(0))


def _read_on_clocks(frame: DataFrame, column: str, clock: str, *, is_end: bool = False) -> DataFrame:
    """The column as `read_instants` has it, each record on its own clock where it says one."""
    if "clock" not in frame or (frame["clock"] == "").all():
        return read_instants(frame[column], is_end=is_end, clock=clock)
    groups = frame[column].groupby(frame["clock"])
    return pd.concat([read_instants(cells, is_end=is_end, clock=own or clock) for own, cells in groups]).loc[
        frame.index
    ]


def _iso(at: Series) -> "Series[str]":
    text: Series[str] = at.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text


def _announced(text: Series, notes: _Notes) -> Series:
    read = read_instants(text, clock=notes.cells.clock("announced_at"))
    notes.at(read["is_unreadable"], "outage_announced_unreadable", "announced_at")
    return read["at"]


def _services(text: Series, names: Mapping[str, str], notes: _Notes) -> Series:
    known = known_services(names)
    read = {raw: service_ids(raw, known) for raw in text.unique()}
    unknown = text.map({raw: "; ".join(odd) for raw, (_, odd) in read.items()})
    notes.at(_folded(text) == "", "outage_services_missing", "services")
    notes.at(unknown != "", "outage_services_unknown", "services", unknown=unknown)
    return text.map({raw: ids for raw, (ids, _) in read.items()})


def _folded(text: Series) -> "Series[str]":
    """Each text as `fold_name` has it; a record says few different ones."""
    folded: Series[str] = text.map({raw: fold_name(raw) for raw in text.unique()}).astype("str")
    return folded


def _words(text: Series, fallback: Series | str, notes: _Notes) -> Series:
    """The column in the words of the contract; an unknown one is told, with the allowed ones, and replaced."""
    column, wanted = str(text.name), _folded(text)
    words = wanted.map(by_name(column))
    used = fallback if isinstance(fallback, Series) else pd.Series(fallback, index=text.index, dtype="str")
    notes.at(
        words.isna() & (wanted != ""),
        "outage_word_unknown",
        column,
        allowed=", ".join(outage_words()[column]),
        used=used,
    )
    told = fallback if isinstance(fallback, str) else " / ".join(sorted(used[wanted == ""].unique()))
    notes.once(int((wanted == "").sum()), "outage_word_missing", column, told)
    return words.where(words.notna(), used)


def _status(frame: DataFrame, when: DataFrame, as_of: Timestamp | None, notes: _Notes) -> Series:
    """Told, or read off the instants; an outage that is over but does not say since when stays open.

    One that is called off in the first word of its title or note is so where its status says nothing else.
    """
    fallback = when["ended_at"].isna().map({True: "ongoing", False: "resolved"})
    if as_of is not None:
        fallback = fallback.mask(when["ended_at"] > as_of, "ongoing").mask(when["began_at"] > as_of, "announced")
    spoken = {name: frame[name].map({text: _spoken_off(text) for text in frame[name].unique()}) for name in _TOLD_IN}
    is_off = (spoken["title"] == _CLEARLY) | (spoken["note"] == _CLEARLY)
    status = _words(frame["status"], fallback.mask(is_off, CANCELLED), notes)
    for name, said in spoken.items():
        notes.at((said == _CLEARLY) & (status == CANCELLED) & (frame["status"] == ""), "outage_called_off", name)
        notes.at((said != "") & (status != CANCELLED), "outage_not_called_off", name, used=status)
    notes.at((status == "resolved") & when["ended_at"].isna(), "outage_resolved_without_end", "ended_at")
    return status


CANCELLED = "cancelled"
_TOLD_IN = ("title", "note")
_CLEARLY, _PERHAPS = "clearly", "perhaps"
_SHOWN_IN = ("outage_id", "services", *_TOLD_IN)
_FIRST_WORD = re.compile(r"\W*(\w+)\s*(?:[^\w\s]|$)")  # and nothing but a sign behind it: `CANCELLED: …`, `[Annulé] …`
_WORD = re.compile(r"\w+")


def _spoken_off(text: str) -> str:
    """How far a text calls off: its first word does and is a mark, or its first or last does in a sentence."""
    words, mark = _WORD.findall(text), _FIRST_WORD.match(text)
    ends = [by_name("status").get(fold_name(word)) == CANCELLED for word in (words[:1] + words[-1:])]
    return "" if not any(ends) else _CLEARLY if mark and ends[0] else _PERHAPS


def _links(text: Series, notes: _Notes) -> Series:
    is_link = text.str.match(r"https?://\S+$", case=False)
    notes.at(~is_link & (text != ""), "outage_not_a_link", "source_url")
    return text.where(is_link, "")


def _verification(text: Series, source_url: Series, notes: _Notes) -> Series:
    words = _words(text, "unverified", notes)
    is_bare = words.isin(["official", "press"]) & (source_url == "")
    notes.at(is_bare, "outage_without_source", "verification")
    return words.mask(is_bare, "unverified")


def _ids(outages: DataFrame, unplaced: Series, notes: _Notes) -> Series:
    """The ids as written; where there is none, one made of the services, the beginning and the title.

    The words of services that nobody knows tell two apart that would be one by `unspecified`.
    """
    is_missing = outages["outage_id"] == ""
    notes.once(int(is_missing.sum()), "outage_ids_made", "outage_id")
    bare = outages[is_missing]
    seeds = bare["services"] + "|" + _iso(bare["began_at"]) + "|" + _folded(bare["title"])
    words = _folded(unplaced[is_missing])
    seeds += ("|" + words).mask(words.isin(["", UNSPECIFIED]), "")
    made = seeds.map(lambda seed: "out-" + hashlib.sha256(seed.encode()).hexdigest()[:12])
    return outages["outage_id"].where(~is_missing, made)
