"""The dialogue that ends in an office's settings: what is asked, what an answer does, and what is written.

The terminal and the page ask these questions in this order and know nothing else. Those about a roster come from what
reading it tells: see roster_questions.py.
"""

import json
import os
import re
from collections.abc import Callable, Generator, Iterable, Mapping, MutableMapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import msgspec
import tomlkit
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import Timestamp
from tomlkit import TOMLDocument

from reporter.errors import ReporterError, SettingsError, refused
from reporter.model.report import Rhythm
from reporter.pipeline.assemble.inputs import read_alone
from reporter.pipeline.assemble.report_identity import settle_identity
from reporter.pipeline.run.run import FinishedRun, run
from reporter.pipeline.upkeep.roster_questions import (
    Choice,
    Question,
    Way,
    answer_of,
    look_over,
    open_questions,
    with_choice,
)
from reporter.readers.roster import RosterReading
from reporter.settings import RosterSettings, Settings, load_settings
from reporter.settings_text import leaves, read_typed, spelled_way
from reporter.store.captures import write_whole
from reporter.text.catalogue import words

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv")
OFFICE = ("name", "address", "time_zone", "licensed_contact")
USUAL_ZONE = "America/Toronto"
FIRST_LOOK = "first-look"
"""The folder of the first report, beside the settings."""
UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""What no name of a file that is kept may hold, on whatever system."""
QUOTES = "\"' "
"""What stands about a path that was copied."""
OUTAGES = {"outages": "path", "sources": "url"}
WANTED = {"https": (), "http": (), "ftp": (), "file": (), "sftp": ("host_key",)}
"""What an address of a roster asks for beside it, by how it begins; any other is that of a database."""
BY_QUERY = ("query",)
KEPT = ("password_env", "password_file", "password_keyring", "key_file")
"""Where a password may stand, as the settings call it; a key is for SFTP alone."""
Reading = tuple[tuple[RosterReading, ...], ReporterError | None]
Read = Callable[[Settings, Timestamp], Iterable[RosterReading]]


class SettledRoster(Struct, frozen=True):
    """A roster about which nothing more is asked: how it is read, and what still stops it."""

    name: str
    readings: tuple[RosterReading, ...]
    stop: ReporterError | None


Dialogue = Generator[Question | SettledRoster, str, None]


class GivenAnswers(Struct, frozen=True):
    """What the command line says already; a change is any key of the settings with its value."""

    language: str = ""
    office: Mapping[str, str] = field(default_factory=dict)
    rosters: tuple[Path, ...] = ()
    outages: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[tuple[tuple[str | int, ...], Any], ...] = ()


class Setup:
    """The settings of one office while they are asked for. Nothing is written before `write`.

    Takes: clock - the instant by which a roster is read and the first report is made.
    """

    def __init__(
        self, config: Path, given: GivenAnswers, clock: Callable[[], Timestamp], read: Read = read_alone
    ) -> None:
        self.config, self.home = config, config.absolute().parent
        self._given, self._clock, self.read = given, clock, read
        known = load_settings(config) if config.exists() else None
        self._before = read_typed(config).text if known else ""
        self._usual_language = given.language or (known.language if known else "")
        self.language = self._usual_language
        self._read: dict[str, Reading] = {}
        self.document = tomlkit.document()

    @property
    def text(self) -> str:
        """The settings file as it would be written."""
        return tomlkit.dumps(self.document)

    def dialogue(self, spoken: str = "") -> Dialogue:
        """Every question in its order, in the language spoken, else in the office's; an answer is sent in.

        It begins anew each time it is called; what is read of a roster is kept meanwhile.
        """
        self.language = self._usual_language or (yield from _language(spoken))
        spoken = spoken or self.language
        self.document = tomlkit.parse(self._before or words("setup", self.language)["outline"])
        if self._given.language:
            _put(self.document, ("language",), self._given.language)
        yield from self._office(spoken)
        names = yield from self._rosters(spoken)
        for way, value in self._given.changes:
            _put(self.document, way, value)
        draft = self.draft()
        readings: list[RosterReading] = []
        for name in names:
            readings += yield from self._roster(name, draft, spoken)
        yield from self._units(readings, spoken)
        yield from self._outages(spoken)
        yield from self._readers(spoken)
        self.draft()  # refuses what cannot be used before it is written

    def draft(self, text: str = "") -> Settings:
        """The settings so far, or of that text, checked as a run checks them, without touching the file.

        Raises: SettingsError - an answer cannot be used.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / self.config.name
            path.write_text(text or self.text, "utf-8")
            known = load_settings(path)
        return replace(known, folder=str(self.home))

    def write(self) -> None:
        """Write the settings file, whole or not at all."""
        self.home.mkdir(parents=True, exist_ok=True)
        write_whole(self.config, self.text.encode())

    def first_look(self) -> FinishedRun:
        """A first report beside the settings, with a database that is thrown away: it is no week, nobody is told."""
        known = settle_identity(self.draft())
        with TemporaryDirectory() as folder:
            known = replace(known, store=f"sqlite:///{folder}/try.db")
            return run(known, self._clock(), out=self.home / FIRST_LOOK)

    def keep(self, name: str, content: bytes) -> bool:
        """Keep a roster that was handed over in the settings' folder; False where another of that name is there."""
        path = self.home / UNSAFE.sub("_", name)
        if path.exists():
            return path.read_bytes() == content
        self.home.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return True

    def _office(self, spoken: str) -> Dialogue:
        """What stands at the head of the report, and who is behind it."""
        w, table = words("setup", spoken), self.document.get("office", {})
        for key in OFFICE:
            before = str(table.get(key, USUAL_ZONE if key == "time_zone" else ""))
            question = Question(
                f"office {key}",
                "office",
                w[f"office_{key}"],
                usual=before,
                is_settled=bool(before and self._before),
                complaint=self._refused_as(("office", key), spoken),
            )
            value = self._given.office.get(key) or (yield question).strip()
            if value != before or key in table:
                _put(self.document, ("office", key), value)

    def _refused_as(self, way: Way, spoken: str) -> Callable[[str], str]:
        """What the settings would say of that value there."""

        def complaint(typed: str) -> str:
            if not typed and way[-1] == "address":
                return ""
            trial = tomlkit.parse(self.text)
            _put(trial, way, typed)
            return self._refusal(trial, spoken)

        return complaint

    def _refusal(self, trial: TOMLDocument, spoken: str) -> str:
        """Why those settings could not be used; nothing where they can."""
        try:
            self.draft(tomlkit.dumps(trial))
        except SettingsError as error:
            return error.in_language(spoken)
        return ""

    def _rosters(self, spoken: str) -> Generator[Question | SettledRoster, str, list[str]]:
        """The names of the rosters to be looked at, each put into the settings."""
        if not self._given.rosters:
            return (yield from self._typed_rosters(spoken))
        names = [self._from_home(path.absolute()) for path in self._given.rosters]
        for name in names:
            _put_roster(self.document, {"path": name})
        return names

    def _typed_rosters(self, spoken: str) -> Generator[Question | SettledRoster, str, list[str]]:
        """One file or address after the other, until none is named any more."""
        w = words("setup", spoken)
        named = [str(one["path"]) for one in self.document.get("roster", [])]
        there = [name for name in _spreadsheets(self.home) if name not in named]
        found = {"rosters_named": named, "rosters_there": there}
        notes = [w[key].format(names=", ".join(names)) for key, names in found.items() if names]
        notes.append(w["roster_address"])
        usual = there[0] if len(there) == 1 and not named else ""
        names: list[str] = []
        while True:
            is_first = not (names or named)
            left = [one for one in (*named, *there) if one not in names]
            question = Question(
                f"roster {len(names) + 1}",
                "rosters",
                w["roster_first" if is_first else "roster_next"],
                choices=tuple(Choice(one, (), one) for one in left),
                usual=usual if is_first else "",
                blank=w["blank_first" if is_first else "blank_rosters"],
                notes=() if names else tuple(notes),
                is_file=True,
                complaint=partial(self._no_roster, w, named, spoken),
            )
            if not (typed := (yield question).strip(QUOTES)):
                return names
            if "://" in typed:
                entry = yield from self._elsewhere(typed, f"roster {len(names) + 1}", w)
            else:
                entry = {"path": typed if typed in named else self._from_home(self.home / typed)}
            _put_roster(self.document, entry, words("setup", self.language)["comment_address"])
            names.append(entry["path"])

    def _no_roster(self, w: Mapping[str, str], named: Sequence[str], spoken: str, typed: str) -> str:
        """Why that is no roster: there is no such file, or the settings refuse the address."""
        if "://" in typed:
            address = typed.strip(QUOTES)
            trial = tomlkit.parse(self.text)
            _put_roster(trial, {"path": "new", "address": address, **dict.fromkeys(_wanted(address), "?")})
            return self._refusal(trial, spoken)
        is_there = typed in named or ("*" in Path(typed).name and any(self.home.glob(typed)))
        return "" if is_there else self._missing(w, typed)

    def _elsewhere(
        self, address: str, key: str, w: Mapping[str, str]
    ) -> Generator[Question | SettledRoster, str, dict[str, Any]]:
        """The table of a roster that is fetched for each reading: what its address wants beside it, one question each.

        NOTE: a password is never asked for, only where it stands.
        """
        entry = {"path": _name_of(address, [str(one["path"]) for one in self.document.get("roster", [])])}
        entry["address"] = address
        needed: Callable[[str], str] = lambda typed: "" if typed.strip() else w["needed"]  # noqa: E731
        for name in _wanted(address):
            entry[name] = (yield Question(f"{key} {name}", "rosters", w[f"roster_{name}"], complaint=needed)).strip()
        ways = KEPT if urlsplit(address).scheme == "sftp" else KEPT[:-1]
        kept = Question(
            f"{key} password",
            "rosters",
            w["roster_password"],
            tuple(Choice(w[f"kept_{name}"], (name,), name) for name in ways),
            blank=w["blank_password"],
            is_free=False,
        )
        if choice := kept.chosen((yield kept)):
            where = Question(
                f"{key} {choice.value}", "rosters", w["kept_where"].format(how=choice.label), complaint=needed
            )
            entry[str(choice.value)] = (yield where).strip(QUOTES)
        return entry

    def _missing(self, w: Mapping[str, str], typed: str) -> str:
        path = self.home / typed.strip(QUOTES)
        return "" if not typed or "://" in typed or path.is_file() else w["no_such_file"].format(path=path)

    def _from_home(self, path: Path) -> str:
        """The path as the settings name it: from their folder where it is below, with strokes that no TOML eats."""
        return (path.relative_to(self.home) if path.is_relative_to(self.home) else path).as_posix()

    def _roster(
        self, name: str, draft: Settings, spoken: str
    ) -> Generator[Question | SettledRoster, str, Sequence[RosterReading]]:
        """Settle one roster with whoever answers, and put it into the document."""
        entry = _without_defaults(next(msgspec.to_builtins(one) for one in draft.roster if one.path == name))
        asked: set[str] = set()
        while True:
            readings, stop = self._reading(draft, entry)
            question = next((q for q in open_questions(readings, stop, spoken) if q.key not in asked), None)
            is_last = question is None
            question = question or look_over(readings, len(asked), spoken)
            if question is None:
                break
            asked.add(question.key)
            question = replace(question, key=f"{name} {question.key}", roster=name, readings=readings)
            if choice := (yield from answer_of(question, spoken)):
                entry = with_choice(entry, choice)
            elif is_last:
                break
        yield SettledRoster(name, readings, stop)
        _put_roster(self.document, entry)
        return readings

    def _reading(self, draft: Settings, entry: dict[str, Any]) -> Reading:
        """The roster as that table of the settings has it read, once for each such table and each state of the file."""
        path = self.home / entry["path"]
        state = (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else ()
        key = json.dumps([entry, state], sort_keys=True)
        if key not in self._read:
            known = replace(draft, roster=(msgspec.convert(entry, RosterSettings),))
            try:
                self._read[key] = tuple(self.read(known, self._clock())), None
            except ReporterError as error:
                self._read[key] = (), error
        return self._read[key]

    def _units(self, readings: Sequence[RosterReading], spoken: str) -> Dialogue:
        """Who gets the rows of a unit that name nobody: one question a unit, with how many rows hang on it."""
        w = words("setup", spoken)
        for name, address in self._given.units.items():
            _put(self.document, ("units", name, "address"), address)
        owned = {unit for one in self.document.get("recipients", []) for unit in one.get("units", [])}
        for unit, count in _uncontacted_units(readings).items():
            if unit in owned or unit in self._given.units:
                continue
            way = ("units", unit, "address")
            before = str(self.document.get("units", {}).get(unit, {}).get("address", ""))
            question = Question(
                f"unit {unit}",
                "units",
                w["unit_address"].format(unit=unit, count=count),
                usual=before,
                blank=w["blank_unit"],
                is_settled=bool(before),
                complaint=self._refused_as(way, spoken),
            )
            if (address := (yield question).strip()) != before:
                _put(self.document, way, address)

    def _outages(self, spoken: str) -> Dialogue:
        """Outage records: a file is read by each run, an address by `outages fetch`."""
        w, n = words("setup", spoken), 1
        for text in self._given.outages:
            self._put_outages(text if "://" in text else self._from_home(Path(text).absolute()))
        while not self._given.outages:
            named = [str(one[key]) for table, key in OUTAGES.items() for one in self.document.get(table, [])]
            question = Question(
                f"outages {n}",
                "outages",
                w["outages_next" if named else "outages_from"],
                blank=w["blank_outages" if named else "blank_none"],
                notes=(w["outages_named"].format(names=", ".join(named)),) if named else (),
                is_file=True,
                complaint=partial(self._missing, w),
            )
            if not (typed := (yield question).strip(QUOTES)):
                return
            self._put_outages(typed if "://" in typed else self._from_home(self.home / typed))
            n += 1

    def _put_outages(self, value: str) -> None:
        table = "sources" if "://" in value else "outages"
        if table not in self.document:
            self.document.append(table, tomlkit.aot())
        if value not in [one[OUTAGES[table]] for one in self.document[table]]:
            self.document[table].append(tomlkit.item({OUTAGES[table]: value}))

    def _readers(self, spoken: str) -> Dialogue:
        """How often readers hear, and whether between two reports too. What is as usual is not written."""
        w, mine = words("setup", spoken), words("setup", self.language)
        rhythms = {name: w[f"rhythm_{name}"] for name in get_args(Rhythm)}
        usual = yield from self._one_of(("mail", "rhythm"), "weekly", w["usual_rhythm"], rhythms, mine["comment_mail"])
        left, n = [str(name) for name, one in self.document.get("units", {}).items() if one.get("address")], 1
        while left:
            choices = tuple(Choice(name, (), name) for name in left)
            question = self._asked_once(f"rhythm {n}", w["unit_rhythm"], choices, w["blank_rhythm"])
            if (unit := question.chosen((yield question))) is None:
                break
            text = w["rhythm_of"].format(unit=unit.label)
            yield from self._one_of(("units", str(unit.value), "rhythm"), usual, text, rhythms)
            left.remove(str(unit.value))
            n += 1
        answers = {False: w["alerts_off"], True: w["alerts_on"]}
        yield from self._one_of(("alerts", "on"), False, w["alerts"], answers, mine["comment_alerts"])

    def _asked_once(self, key: str, text: str, choices: tuple[Choice, ...], blank: str) -> Question:
        """One about readers, which an office that is set up already is not asked by the page."""
        return Question(key, "readers", text, choices, blank=blank, is_free=False, is_settled=bool(self._before))

    def _one_of(
        self, way: Way, usual: Any, text: str, labels: Mapping[Any, str], comment: str = ""
    ) -> Generator[Question | SettledRoster, str, Any]:
        """One key with few values; what stands there stays unless another is chosen. Returns what holds."""
        table: Any = self.document
        for part in way[:-1]:
            table = table.get(part, {})
        before = table.get(way[-1], usual)
        choices = tuple(Choice(label, (), value) for value, label in labels.items())
        question = self._asked_once(".".join(way), text, choices, labels.get(before, str(before)))
        chosen = question.chosen((yield question))
        if chosen is None or chosen.value == before:
            return before
        if comment and way[0] not in self.document:
            self.document[way[0]] = _commented(comment)
        _put(self.document, way, chosen.value)
        return chosen.value


def _wanted(address: str) -> tuple[str, ...]:
    """The keys that the settings want beside that address."""
    return WANTED.get(urlsplit(address).scheme.lower(), BY_QUERY)


def _name_of(address: str, taken: Sequence[str]) -> str:
    """The name that a roster of that address goes by: its file's, else one that says what comes of it."""
    file = unquote(PurePosixPath(urlsplit(address).path).name)
    is_file = Path(file).suffix.lower() in SPREADSHEETS and _wanted(address) != BY_QUERY
    name = file if is_file else "roster.csv" if _wanted(address) == BY_QUERY else "roster.xlsx"
    stem, suffix = Path(name).stem, Path(name).suffix
    others = (f"{stem}-{n}{suffix}" for n in range(2, len(taken) + 3))
    return next(one for one in (name, *others) if one not in taken)


def _commented(comment: str) -> Any:
    """A new table whose first lines say what it is for."""
    table = tomlkit.table()
    for line in comment.splitlines():
        table.add(tomlkit.comment(line))
    return table


def _language(spoken: str) -> Generator[Question, str, str]:
    usual = spoken or ("fr" if os.environ.get("LANG", "").startswith("fr") else "en")
    choices = tuple(Choice(words("page", one)["name"], (), one) for one in ("en", "fr"))
    question = Question(
        "language", "office", words("setup", usual)["office_language"], choices, usual=usual, is_free=False
    )
    chosen = question.chosen((yield question))
    return str(chosen.value) if chosen else usual


def _spreadsheets(home: Path) -> list[str]:
    if not home.is_dir():
        return []
    return sorted(one.name for one in home.iterdir() if one.suffix.lower() in SPREADSHEETS and one.name[0] not in ".~")


def _uncontacted_units(readings: Iterable[RosterReading]) -> dict[str, int]:
    """How many rows of each unit name nobody who gets them."""
    counts: dict[str, int] = {}
    for reading in readings:
        rows = reading.roster
        alone = rows.loc[rows["unit"].notna() & rows["contact_email"].isna(), "unit"]
        for unit, count in alone.value_counts().sort_index().items():
            counts[str(unit)] = counts.get(str(unit), 0) + int(count)
    return counts


def _without_defaults(entry: dict[str, Any]) -> dict[str, Any]:
    usual = RosterSettings(path="")
    return {key: value for key, value in entry.items() if value != getattr(usual, key)}


def _put_roster(document: TOMLDocument, entry: dict[str, Any], comment: str = "") -> None:
    """The roster's table with every setting of it; a new one at the end of the others, with a word on an address."""
    if "roster" not in document:
        document.append("roster", tomlkit.aot())
    tables = document["roster"]
    number = next((n for n, one in enumerate(tables) if one["path"] == entry["path"]), len(tables))
    if number == len(tables):
        tables.append(_commented(comment if entry.get("address") else ""))
    for way, value in leaves(entry):
        _put(document, ("roster", number, *way), value)
    columns = tables[number].get("columns", {})
    for name in set(columns) - set(entry.get("columns", columns)):
        del columns[name]  # its heading means something else now


def _put(document: TOMLDocument, way: Sequence[str | int], value: Any) -> None:
    """Set one key; tables on the way are made, and a value that is the same stays as it was typed.

    Raises: SettingsError - the way goes through a table that would not be the next one, or through a value.
    """
    table: Any = document
    for part, following in pairwise(way):
        if isinstance(part, str) and isinstance(table, MutableMapping) and part not in table:
            table[part] = tomlkit.aot() if isinstance(following, int) else tomlkit.table()
        elif isinstance(part, int) and isinstance(table, list) and part == len(table):
            table.append(tomlkit.table())
        try:
            table = table[part]
        except (LookupError, TypeError) as error:
            raise refused(SettingsError, "stop_no_place", where=spelled_way(tuple(way))) from error
    if not isinstance(table, MutableMapping) or not isinstance(way[-1], str):
        raise refused(SettingsError, "stop_no_place", where=spelled_way(tuple(way)))
    if table.get(way[-1]) != value:
        table[way[-1]] = value
