"""Nobody's rows in somebody else's mail: the look-up of everybody's identifiers, and what each reader may see of it.

Who gets whom is told here once more, from the rows themselves and by other means than those that cut the digests: a
fault there must not be repeated here. Three parts:

- `guard`: from the rosters of a run to that look-up.
- `own_words`: words that are nobody's, which the leak scan takes for no person. They are read off mails that are really
  made, of invented reports that name nobody, and of the catalogues for the sentences that those do not come to: a new
  sheet, font or sentence is known without being listed. `told_to_all` are those that the settings tell to everybody.
- `FreeText`: what stands in a reader's own rows and names a stranger. A department named after somebody, a note that
  says which colleague to ask: free text of a roster must not keep a whole unit from being told. The text makes room for
  a plain mark, in that mail alone, and the office is told of the cell.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter import resources
from reporter.delivery.leak_scan import (
    CONTACT,
    DIGITS_AT_LEAST,
    ID,
    INITIALS,
    LETTERS_AT_LEAST,
    LOOSE_LETTERS,
    MAIL,
    NAME,
    PERMIT,
    SURNAME,
    UNSPACED,
    Identifiers,
    Leak,
    MarkIndex,
    OurTexts,
    Reach,
    Whose,
    holds_leak,
)
from reporter.delivery.mail_texts import (
    EDGE,
    XLSX,
    Opened,
    fold_all,
    fold_column,
    shown,
    squeeze,
    squeeze_column,
    tags,
    texts,
)
from reporter.delivery.message import Attachment, Bodies, message
from reporter.model.problem import Problem
from reporter.model.report import Office, Recipient, Report, reader_key
from reporter.model.shapes import EVENTS
from reporter.report.calendar import agenda, calendar
from reporter.report.mail.digest import digest
from reporter.report.mail.short_mails import brief
from reporter.report.mail.template_fixtures import LANGUAGES, specimens
from reporter.report.mail.templates import Digest
from reporter.report.recipients import SOURCE_ROW, is_email, only_seen, roles
from reporter.report.workbook import Stock, dates_workbook, workbook
from reporter.report.workbook.records import Pairs
from reporter.report.workbook.sheet import Table
from reporter.settings import Settings
from reporter.text import formats
from reporter.text.catalogue import problem_sentences, words
from reporter.text.time_zones import OTTAWA, zone

SEEN_AS = {ID: "person_id", NAME: "full_name", MAIL: "email", PERMIT: "permit_number"}
TAIL = re.compile(r"[^\sa-zß-öø-ÿ]\S*(?:\s+\S+)*?\s+((?:[a-zß-öø-ÿ][^\s,]*\s+)+\S.*)")
"""A family name of several words in a full one: from its first word in small letters on, as in `van der Berg`."""
HALF = re.compile(r"[\s-]")
"""Where a family name is cut: people are called by its first word or by its last."""
FIRST = re.compile(r"(?:[^,]*,\s*)?([^\W\d_])")
"""The first letter of the given name: behind a comma, else at the beginning."""
DATE = re.compile(rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
LETTERS_BEHIND_INITIAL = 3
MARK, WHOLE = "m", "w"
KINDS = (ID, NAME, SURNAME, INITIALS, MAIL, PERMIT, CONTACT)
TELLING = (ID, NAME, MAIL, PERMIT)
"""What tells of one person alone."""
NAME_COLUMNS = ("full_name", "given_names", "family_name")
NOBODY = -1
NAMED_AT_ONCE = 20_000  # people: what they are called stands in memory as texts of Python meanwhile
FEW_NAMES = 4  # so many are turned, and so written, in different ways
Said = tuple[str, pa.BinaryArray, NDArray[np.intp]]
"""Identifiers of one kind, folded, and the number of whom each belongs to."""

OF_ROSTER = ("full_name", "given_names", "family_name", "email", "unit", "contact_email", "application_number")
OF_NOTES = ("owner", "note")
TEXT_LEFT_OUT = "text_left_out"
NAMED = ["source_row", "field", "text"]
Change = Callable[[str], str]
Held = dict[str, list[tuple[str, str, Leak]]]
"""By text: the source row, the field and the leak of each cell that it fills."""


class Guard(Struct, frozen=True):
    """Everybody in the run, the reach of each reader by number, and how many people no scan can find: `unseen` at all,
    `half_seen` by a family name standing alone.

    `rows` are the source rows, `parts` the part of the roster that each stands in.
    """

    people: Identifiers
    reaches: tuple[Reach, ...]
    rows: Series
    parts: NDArray[np.intp]
    unseen: int = 0
    half_seen: int = 0

    def rows_of(self, reach: Reach) -> Series:
        """The source rows of the reader who has that reach."""
        return self.rows[np.isin(self.parts, list(reach.parts))]


class RunIdentifiers(Struct, frozen=True):
    """Everybody's identifiers before anything is taken from them: the part of each row, and whose each part is."""

    people: Identifiers
    parts: NDArray[np.intp]
    pairs: Sequence[tuple[str, str]]  # the address and the unit of each part
    unseen: int
    half_seen: int


def guard(
    settings: Settings,
    known: RunIdentifiers,
    rows: DataFrame,
    roster: DataFrame,
    recipients: Sequence[Recipient],
    wholes: Sequence[Report],
) -> Guard:
    """Made once a run. Takes: everybody in ROWS and ROSTER; the reports on them, for the words that are told to all."""
    logo, run = wholes[0].office.logo, wholes[0].run
    people = replace(
        known.people,
        ours=partial(
            our_texts, told_to_all(settings, wholes), list(names_told_to_all(wholes)), [name for name, _ in run.inputs]
        ),
        pictures=frozenset({logo.sha256} if logo else ()),
    )
    own = fold_all([run.run_id, *(one.slug for one in recipients)])
    ids = frozenset(word for one in own for word in one.split())
    spoken, places = words_spoken_in(rows, roster, known.parts), list(enumerate(known.pairs))
    had = _had(wholes)
    reaches = tuple(
        replace(reach_of(settings, one, places, ids, spoken), had=had.get(reader_key(one.slug), frozenset()))
        for one in recipients
    )
    return Guard(people, reaches, rows["source_row"], known.parts, known.unseen, known.half_seen)


def our_texts(told: Sequence[str], names_only: Sequence[str], labels: Sequence[str]) -> OurTexts:
    """What stands in our mails whoever reads them, and what is told to all."""
    ours = own_words()
    return OurTexts([*ours.sentences, *told], ours.markup, [*ours.shown, *names_only], labels)


def _had(wholes: Sequence[Report]) -> dict[str, frozenset[bytes]]:
    """By `reader_key`, the ids of those whom a reader had and is told to have no more."""
    pairs = pd.concat([whole.departed[["reader", "person_id"]] for whole in wholes]).drop_duplicates()
    ids = Series(list(map(squeeze, fold_all(pairs["person_id"].tolist()))), dtype="object", index=pairs.index)
    return {str(reader): frozenset(said) for reader, said in ids.groupby(pairs["reader"].to_numpy())}


def everybody(settings: Settings, rows: DataFrame, roster: DataFrame) -> RunIdentifiers:
    """The identifiers of all in the run. Takes: ROWS, ROSTER."""
    owner, unit = _owners(settings, rows), rows["unit"].fillna("").astype(str)
    (owners, addresses), (units, names) = pd.factorize(owner), pd.factorize(unit)
    parts, pairs = pd.factorize(owners * len(names) + units)
    whose = [(addresses[pair // len(names)], names[pair % len(names)]) for pair in pairs.tolist()]
    person, _ = pd.factorize(rows["person_id"].fillna(rows["source_row"]))
    said = list(_identifiers(person, rows, roster, frozenset(addresses)))
    firsts = np.unique(owners, return_index=True)[1]  # a contact is told of by the first of their rows
    people, unseen, half_seen = _people(
        said, (CONTACT, fold_column(list(addresses)), person[firsts]), parts[firsts], person, parts
    )
    return RunIdentifiers(people, parts, whose, unseen, half_seen)


def _owners(settings: Settings, rows: DataFrame) -> Series:
    """The address that gets each row: its contact's, else its unit's, else the office's."""
    of_unit = {name: one.address for name, one in settings.units.items()}
    for one in settings.recipients:
        if roles()[one.role].owns:
            of_unit |= dict.fromkeys(one.units, one.address)
    said = rows["contact_email"].where(is_email(rows["contact_email"]))
    found = said.fillna(rows["unit"].map(of_unit).astype("str")).fillna(settings.office.address)
    return found.astype(str).str.strip().str.casefold()


def _identifiers(
    person: NDArray[np.intp], rows: DataFrame, roster: DataFrame, addresses: frozenset[str]
) -> Iterator[Said]:
    """The identifiers, one kind after another. Takes: person - the number of whom each row is of."""
    bearer = dict(zip(reversed(rows["source_row"].tolist()), reversed(person.tolist()), strict=True))
    of_roster = np.array([bearer.get(row, NOBODY) for row in roster["source_row"].tolist()], dtype=np.intp)
    roster, of_roster = roster[of_roster != NOBODY], of_roster[of_roster != NOBODY]
    ids, of_ids = _written_in(rows["person_id"], person)
    yield ID, fold_column(ids), of_ids
    for at in range(0, len(roster), NAMED_AT_ONCE):
        yield from _named(roster.iloc[at : at + NAMED_AT_ONCE], of_roster[at : at + NAMED_AT_ONCE])
    mails, of_mails = _written_in(roster["email"], of_roster)
    is_contact = np.array([said.strip().casefold() in addresses for said in mails], dtype=np.bool_)
    for kind, wanted in ((MAIL, ~is_contact), (CONTACT, is_contact)):
        yield kind, fold_column([mails[n] for n in np.flatnonzero(wanted).tolist()]), of_mails[wanted]
    numbers, of_numbers = _written_in(roster["permit_number"], of_roster)
    yield PERMIT, fold_column(numbers), of_numbers


def _named(roster: DataFrame, bearers: NDArray[np.intp]) -> Iterator[Said]:
    """The names of some people, in every way in which they are written."""
    columns = [roster[name].astype("object").where(roster[name].notna(), None).tolist() for name in NAME_COLUMNS]
    names = map(_names, *columns)
    for kind, said in zip((NAME, SURNAME, INITIALS), zip(*names, strict=True), strict=False):
        yield kind, fold_column(list(chain.from_iterable(said))), np.repeat(bearers, list(map(len, said)))


def _written_in(column: Series, bearers: NDArray[np.intp]) -> tuple[list[str], NDArray[np.intp]]:
    """What is written in a column, and of whom."""
    wanted = column.notna().to_numpy()
    return column[wanted].tolist(), bearers[wanted]


def _names(full: str | None, given: str | None, family: str | None) -> tuple[Sequence[str], ...]:
    """The ways in which a person is named: in full, by the family name, and by that and an initial."""
    words = full.split() if full else []
    surname = _surname(full or "", words) if family is None else family
    names = [] if full is None else [full, *_turns(words)]
    if given is not None and family is not None:
        names += [f"{given} {family}", f"{family} {given}"]
    names = names if len(names) < FEW_NAMES else list(dict.fromkeys(names))
    several = _of_several_words(full or "", words, family or "")
    initial = _initial(given or full or "") if len(surname) >= LETTERS_BEHIND_INITIAL else ""
    initials = (f"{initial} {surname}", f"{surname} {initial}") if initial else ()
    return names, (surname, *several) if surname else several, initials


def _turns(words: Sequence[str]) -> Sequence[str]:
    """A name with its last word first, or its first word last; of three words and more also the outer two, and all but
    the first.
    """
    if len(words) < 2:
        return ()
    first, *middle, last = words
    if not middle:
        return (f"{last} {first}",)
    rest = " ".join(middle)
    return f"{last} {first} {rest}", f"{rest} {last} {first}", f"{first} {last}", f"{last} {first}", f"{rest} {last}"


def _surname(full: str, words: Sequence[str]) -> str:
    """The family name in a full one: what stands before a comma, else the last of several words."""
    before = full.partition(",")[0].strip() if "," in full else ""
    return before or (words[-1] if len(words) > 1 else "")


def _of_several_words(full: str, words: Sequence[str], family: str) -> tuple[str, ...]:
    """A family name of several words in a full one, and the first and the last word of one that is by itself."""
    tail = TAIL.match(full) if len(words) > 2 else None
    halves = HALF.split(family) if "-" in family or not family.isalpha() else []
    return (*([tail[1]] if tail else []), *filter(None, [halves[0], halves[-1]] if len(halves) > 1 else []))


def _initial(name: str) -> str:
    """The first letter of a given name, of a script that has capital ones: behind a comma, else at the beginning."""
    found = name[:1] if "," not in name and name[:1].isalpha() else ""
    if not found and (written := FIRST.match(name)):
        found = written[1]
    return found if found.upper() != found.lower() else ""


def _people(
    said: Sequence[Said],
    contacts: Said,
    of_contacts: NDArray[np.intp],
    person: NDArray[np.intp],
    parts: NDArray[np.intp],
) -> tuple[Identifiers, int, int]:
    """The look-up, of how many people it holds nothing, and of how many a family name that is too short to tell.

    Takes: of_contacts - the part of each contact; the person and the part of each row.
    """
    kinds = np.repeat([KINDS.index(kind) for kind, _, _ in said], [len(names) for _, names, _ in said])
    bearers = np.concatenate([of for _, _, of in said])
    texts = pa.chunked_array([names for _, names, _ in (*said, contacts)]).dictionary_encode().combine_chunks()
    codes, distinct = texts.indices.to_numpy(), texts.dictionary
    which, places = _parts_of_bearers(bearers, person, parts)
    part = np.append(places, of_contacts)
    pair = part * len(KINDS) + np.append(kinds[which], np.full(len(of_contacts), KINDS.index(CONTACT)))
    whose, of_all = _whose(np.append(codes[which], codes[len(bearers) :]), pair, len(distinct))
    sorts = _sorts(distinct, whose, of_all)
    is_found = (sorts == MARK)[codes[: len(bearers)]]
    is_telling, is_surname = np.isin(kinds, [KINDS.index(kind) for kind in TELLING]), kinds == KINDS.index(SURNAME)
    everyone = _distinct(np.append(bearers, contacts[2]))
    unseen = len(everyone) - len(_distinct(bearers[is_telling & is_found]))
    half_seen = len(_distinct(bearers[is_surname])) - len(_distinct(bearers[is_surname & is_found]))
    told, short = np.flatnonzero(sorts == MARK), np.flatnonzero(sorts == WHOLE).tolist()
    whole = {distinct[n].as_py().replace(b" ", b""): int(whose[n]) for n in short}
    return Identifiers(MarkIndex.of(distinct.take(told)), whose[told], of_all, whole), unseen, half_seen


def _parts_of_bearers(
    bearers: NDArray[np.intp], person: NDArray[np.intp], parts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each identifier once for each part of the roster that its bearer stands in: its place, and the part."""
    several = int(parts.max(initial=0)) + 1
    stands = _distinct(person * several + parts)
    counts = np.bincount(stands // several)
    first, times = np.cumsum(counts) - counts, counts[bearers]
    which = np.repeat(np.arange(len(bearers)), times)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    return which, (stands % several)[np.repeat(first[bearers], times) + nth]


def _whose(codes: NDArray[np.intp], pairs: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], tuple[Whose, ...]]:
    """Of each mark, where it stands to whom it belongs; most belong to one part, as one kind."""
    pairs, numbers = pd.factorize(pairs)
    bearers = [(frozenset([n // len(KINDS)]), frozenset([KINDS[n % len(KINDS)]])) for n in numbers.tolist()]
    each = _distinct(codes * len(numbers) + pairs)
    of, pair = each // len(numbers), each % len(numbers)
    places = np.empty(count, dtype=np.intp)
    places[of] = pair
    is_shared = np.bincount(of, minlength=count)[of] > 1
    shared: dict[int, list[int]] = {}
    for mark, place in zip(of[is_shared].tolist(), pair[is_shared].tolist(), strict=True):
        shared.setdefault(mark, []).append(place)
    for mark, several in shared.items():
        places[mark] = len(bearers)
        parts, kinds = zip(*(bearers[place] for place in several), strict=True)
        bearers.append((frozenset().union(*parts), frozenset().union(*kinds)))
    return places, tuple(bearers)


def _distinct(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each number once, in order. The library's own way is ten times as slow where hardly any is there twice."""
    in_order = np.sort(numbers)
    return in_order[np.append(True, in_order[1:] != in_order[:-1])] if len(in_order) else in_order


def _sorts(marks: pa.BinaryArray, places: NDArray[np.intp], bearers: Sequence[Whose]) -> NDArray[np.str_]:
    """What `_sort` says of each; a plain word of five letters and more is a mark, whoever bears it."""
    letters, starts, sizes = squeeze_column(marks)
    highest = np.maximum.reduceat(np.append(letters, np.uint8(0)), starts) if len(starts) else letters
    is_mark = (sizes >= LETTERS_AT_LEAST) & (highest >= ord("a")) & (highest < 0x80)
    found = np.where(is_mark, MARK, np.full(len(marks), "", dtype="<U1"))
    for n in np.flatnonzero(~is_mark & (sizes > 0)).tolist():
        found[n] = _sort(marks[n].as_py(), bearers[places[n]][1])
    return found


def _sort(mark: bytes, kinds: frozenset[str]) -> str:
    """Whether an identifier is a mark wherever it stands, only where it is the whole of a cell, or not to be told."""
    letters = mark.replace(b" ", b"")
    if letters.isdigit():
        is_short = len(letters) < (LOOSE_LETTERS if b" " in mark else DIGITS_AT_LEAST)
        return "" if is_short or DATE.fullmatch(letters) else MARK
    if kinds <= {INITIALS}:
        return MARK
    text = letters.decode("utf-8", "replace")
    if not letters.isascii() and UNSPACED.search(text):
        return MARK if len(text) > 1 + (kinds <= {SURNAME}) else ""
    if len(text) >= LETTERS_AT_LEAST or (len(text) == LETTERS_AT_LEAST - 1 and any(map(str.isdigit, text))):
        return MARK
    return "" if kinds <= {SURNAME} else WHOLE


def words_spoken_in(
    rows: DataFrame, roster: DataFrame, parts: NDArray[np.intp]
) -> Callable[[frozenset[int], frozenset[str]], Iterable[bytes]]:
    """What tells the words of some parts of the roster, for the few mails in which a lone word is in doubt."""
    return partial(spoken_words, rows, roster, parts)


def spoken_words(
    rows: DataFrame, roster: DataFrame, parts: NDArray[np.intp], wanted: frozenset[int], hidden: frozenset[str]
) -> Iterable[bytes]:
    """Every word that the rows of these parts hold, folded, less the kinds that are not to be seen."""
    mine = rows[np.isin(parts, list(wanted))]
    theirs = roster[roster["source_row"].isin(mine["source_row"])]
    columns = [("", mine["unit"]), ("", mine["contact_email"]), (ID, mine["person_id"]), (MAIL, theirs["email"])]
    columns += [(NAME, theirs[name]) for name in ("full_name", "given_names", "family_name")]
    shown = [text for kind, column in columns if kind not in hidden for text in column.dropna().unique().tolist()]
    return {word for text in fold_all(shown) for word in text.split()}


def reach_of(
    settings: Settings,
    one: Recipient,
    places: Sequence[tuple[int, tuple[str, str]]],
    ids: frozenset[bytes],
    spoken: Callable[[frozenset[int], frozenset[str]], Iterable[bytes]],
) -> Reach:
    address = one.address.strip().casefold()
    if not one.role and address == settings.office.address.strip().casefold():
        return Reach(frozenset(n for n, _ in places), ids=ids, spoken=spoken)
    if not one.role:
        return Reach(frozenset(n for n, (owner, _) in places if owner == address), ids=ids, spoken=spoken)
    same = [r for r in settings.recipients if r.role == one.role and r.address.strip().casefold() == address]
    units = {name for reader in same for name in reader.units}
    is_all = any(not reader.units for reader in same)
    parts = frozenset(n for n, (_, unit) in places if is_all or unit in units)
    sees = roles()[one.role].sees
    hidden = frozenset(kind for kind, name in SEEN_AS.items() if sees and name not in sees)
    return Reach(parts, hidden, ids, spoken)


CODE = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)
"""What a template does not say."""
BLANK = re.compile(r"\{[^{}]*\}")
"""Where a sentence is filled in."""
YEAR = pd.date_range("2026-01-01", periods=14, freq="27D", tz=OTTAWA)
"""Days of each month and each weekday."""
SENDER, ICS = "specimen@example.org", "text/calendar"


class OwnWords(Struct, frozen=True):
    """Lines and cells that nobody stands in: `sentences` of the catalogues and templates, `shown` what mails and books
    show in their cells and blocks, `markup` what stands between the angle brackets of both.
    """

    sentences: tuple[str, ...]
    shown: tuple[str, ...]
    markup: tuple[str, ...]


@cache
def own_words() -> OwnWords:
    """Once a process: it takes most of a second."""
    pages = [path.read_text("utf-8") for path in sorted(resources.templates().glob("*.j2"))]
    seen: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for content in _mails():
        for passage in texts(content, Opened({})):
            seen[passage.is_markup] |= dict.fromkeys((passage.text or b"").decode().split(EDGE))
    said = [BLANK.sub(" ", text) for text in _sentences()]
    return OwnWords(
        sentences=(*said, *(shown(CODE.sub(" ", page)) for page in pages)),
        shown=(*_dates(), *seen[False]),
        markup=(*seen[True], *(tags(page) for page in pages)),
    )


def _sentences() -> Iterator[str]:
    """Every sentence of the catalogues, in both languages."""
    parts = sorted(path.name.removesuffix(".toml") for path in (files("reporter.text") / "words").iterdir())
    for language in LANGUAGES:
        for part in (name for name in parts if not name.startswith("_")):
            yield from words(part, language).values()
    for entry in problem_sentences().values():
        yield from entry.values()
    for role in roles().values():
        yield from (role.title.en, role.title.fr)


def _dates() -> Iterator[str]:
    """The months and weekdays, in both languages, as mails write them."""
    for language in LANGUAGES:
        for at in YEAR:
            yield formats.clock_in_year(at, YEAR[0], language)
            yield formats.short_clock(at, zone(OTTAWA), language)


def _mails() -> Iterator[bytes]:
    """A digest and the mail of a view in each language, of an invented report that names nobody."""
    role = next(name for name, one in roles().items() if one.sees)
    for language in LANGUAGES:
        _, report = next(specimens(language, Office()))
        view = only_seen(replace(report, recipient=Recipient("specimen", "", language, role=role)), roles()[role])
        yield _mail(report, digest(report), workbook(report), _calendar(report))
        yield _mail(view, brief(view), dates_workbook(view))


def _calendar(report: Report) -> bytes:
    found = report.findings.assign(occurrence=1)
    events = agenda(found, Series("specimen", index=found.index), report.run.as_of, EVENTS.empty())
    return calendar(report, events)


def _mail(report: Report, told: Digest, book: bytes, events: bytes = b"") -> bytes:
    """The mail as it is sent, with its files."""
    assert report.recipient is not None
    attached = [Attachment("specimen.xlsx", XLSX, book), *([Attachment("s.ics", ICS, events)] if events else [])]
    bodies = Bodies(told.subject, told.html, told.text)
    at = report.run.as_of
    return message(report.recipient, bodies, attached, sender=SENDER, message_id=f"<{SENDER}>", date=at)


def told_to_all(settings: Settings, wholes: Sequence[Report]) -> list[str]:
    """Texts that are told to everybody: what stands in them is nobody's secret."""
    office, outages = wholes[0].office, wholes[0].outages
    said = [office.name, office.address, office.licensed_contact, settings.sender, settings.mail.reply_to]
    said += [*settings.units, *outages["outage_id"].dropna(), *outages["source_url"].dropna()]
    for whole in wholes:
        said += [*whole.office.signature, whole.office.disclaimer]
        said += whole.service_titles.values()
        rules: DataFrame = whole.rules.select_dtypes("str")
        said += [text for name in rules for text in rules[name].dropna().unique().tolist()]
    return said


def names_told_to_all(wholes: Sequence[Report]) -> Iterable[str]:
    """Texts in which a name is nobody's secret; a number in them may be an id all the same."""
    yield from (text for name in ("title", "note") for text in wholes[0].outages[name].dropna().unique().tolist())
    for whole in wholes:
        for name in ("title", "action", "cite", "link", "who"):  # what the rules say to do, and where that is written
            yield from whole.findings[name].dropna().unique().tolist()
        zones = {whole.office.time_zone, *whole.findings["time_zone"].dropna().unique().tolist()} - {""}
        yield from (formats.place_word(zone(name), whole.language) for name in sorted(zones))


class FreeText(Struct, frozen=True):
    """The cells whose text gets into mails as it stands.

    `roster` is ROSTER; `notes` the columns of OF_NOTES with `source_row`, where something is written; `columns` the
    letter of each field's column, by file!sheet and field.
    """

    roster: DataFrame
    notes: DataFrame
    columns: Mapping[tuple[str, str], str]

    def holding(self, rows: Series, report: Report, leaks: Sequence[Leak]) -> Held:
        """Each text among the cells of a reader's own rows that holds a stranger.

        Takes: rows - the source rows of the reader, told by other means than the report was cut by.
        """
        found: Held = {}
        strangers = [one for one in leaks if one.is_stranger]
        for text, cells in self._cells(rows, report).groupby("text", sort=False) if strangers else ():
            leak = next((one for one in strangers if holds_leak(one, str(text))), None)
            if leak:
                pairs = cells[["source_row", "field"]].drop_duplicates().itertuples(index=False, name=None)
                found[str(text)] = [(row, name, leak) for row, name in pairs]
        return found

    def _cells(self, rows: Series, report: Report) -> DataFrame:
        roster = self.roster[self.roster["source_row"].isin(rows)]
        notes = self.notes[self.notes["source_row"].isin(rows)]
        left = report.left.assign(source_row=report.left["source"] + "!:0")
        frames = [_long(roster, OF_ROSTER), _long(notes, OF_NOTES), _long(left, OF_NOTES)]
        aside = report.set_aside[report.set_aside["source_row"].isin(rows)]
        frames += [_long(aside, ("unit", "value")), _places(rows)]
        return pd.concat(frames, ignore_index=True)


def _long(frame: DataFrame, names: Iterable[str]) -> DataFrame:
    parts = [DataFrame({"source_row": frame["source_row"], "field": name, "text": frame[name]}) for name in names]
    filled = pd.concat(parts, ignore_index=True).dropna(subset="text")
    return filled[filled["text"].str.strip() != ""][NAMED]


def _places(rows: Series) -> DataFrame:
    """What the files and the sheets are called."""
    names = rows.str.extract(SOURCE_ROW).drop_duplicates([0, 1])
    files, sheets = names.assign(source_row=names[0] + "!:0"), names.assign(source_row=names[0] + "!" + names[1] + ":0")
    return pd.concat([_long(files.assign(file=files[0]), ["file"]), _long(sheets.assign(sheet=sheets[1]), ["sheet"])])


def marks(texts: Iterable[str], language: str) -> dict[str, str]:
    """What stands in the place of each text; two texts do not become one."""
    mark = words("mail", language)["left_out_mark"]
    return {text: mark if n == 1 else f"{mark[:-1]} {n}{mark[-1]}" for n, text in enumerate(texts, start=1)}


def problems_of(
    found: Held,
    reader: Recipient,
    columns: Mapping[tuple[str, str], str],
    language: str,
) -> tuple[Problem, ...]:
    """One problem for each cell: where it is, whose mail it was left out of and by which rule; never its text."""
    w = words("mail", language)
    problems = []
    for row, name, leak in dict.fromkeys(cell for cells in found.values() for cell in cells):
        source, rest = row.rsplit("!", 1) if "!" in row else (row, ":0")
        sheet, number = rest.rsplit(":", 1)
        column = columns.get((f"{source}!{sheet}", name), w.get(f"field_{name}", name))
        details = {"reader": reader.slug, "rule": w[f"rule_{leak.rule}"]}
        problems.append(Problem(source, TEXT_LEFT_OUT, sheet=sheet, row=int(number), column=column, details=details))
    return tuple(problems)


def leave_out(report: Report, stock: Stock, hidden: Mapping[str, str]) -> tuple[Report, Stock]:
    """The report of one reader and what its files are made of, with a mark in the place of each text."""

    def change(text: str) -> str:
        for one, mark in hidden.items():
            text = text.replace(one, mark)
        return text

    return _of_report(report, change), _of_stock(stock, report, change)


def _of_report(report: Report, change: Change) -> Report:
    run = replace(
        report.run,
        inputs=tuple((change(name), digest) for name, digest in report.run.inputs),
        rosters=tuple(map(change, report.run.rosters)),
    )
    frames: dict[str, Any] = {
        name: _frame(getattr(report, name), change) for name in ("findings", "set_aside", "changes", "left", "why")
    }
    reader = report.recipient and replace(report.recipient, title=change(report.recipient.title))
    return replace(report, run=run, recipient=reader, **frames)


def _of_stock(stock: Stock, report: Report, change: Change) -> Stock:
    """Only the reader's rows, since each is looked at."""
    found = report.findings.index
    rows = {"at_risk": found, "everyone": found, "why": found, "set_aside": report.set_aside.index}
    rows |= {"changes": report.changes.index, "left": report.left.index}
    tables: dict[str, Any] = {name: _table(getattr(stock, name).of(index), change) for name, index in rows.items()}
    evidence: Pairs = stock.evidence.of(found)
    return replace(
        stock,
        **tables,
        duties=stock.duties.told(found, change),
        persons=replace(stock.persons, units=stock.persons.units.map(lambda text: change(str(text)))),
        evidence=replace(evidence, table=_table(evidence.table, change)),
        readers=replace(
            stock.readers, sources=_table(stock.readers.sources, change), about=_table(stock.readers.about, change)
        ),
    )


def _frame(frame: DataFrame, change: Change) -> DataFrame:
    texts: DataFrame = frame.select_dtypes("str")
    return frame.assign(**{name: texts[name].map(change, na_action="ignore").astype("str") for name in texts})


def _table(table: Table, change: Change) -> Table:
    columns = {name: _column(table.cells.column(name), change) for name in table.cells.column_names}
    return replace(table, cells=pa.table(columns))


def _column(values: Any, change: Change) -> Any:
    if not (pa.types.is_large_string(values.type) or pa.types.is_string(values.type)):
        return values
    return pa.array([None if text is None else change(text) for text in values.to_pylist()], type=values.type)
