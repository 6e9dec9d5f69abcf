"""From the rosters of a run to the look-up of everybody's identifiers, and what each reader may see of it.

Who gets whom is told here once more, from the rows themselves and by other means than those that cut the digests: a
fault there must not be repeated here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from pandas import DataFrame, Series

from reporter.delivery.leak_scan import Identifiers, Reach, scan_words
from reporter.model.report import Recipient, Report
from reporter.report.recipients import is_email, roles
from reporter.settings import Settings

ID, NAME, MAIL, PERMIT = "id", "name", "mail", "permit"
SEEN_AS = {ID: "person_id", NAME: "full_name", MAIL: "email", PERMIT: "permit_number"}
LETTERS_AT_LEAST, DIGITS_AT_LEAST = 5, 5
TURNED = (r"^(.*\S)\s+(\S+)$", r"^(\S+)\s+(.*)$")
"""A name with its last word first, or its first word last."""
ANY_LENGTH = 2 * LETTERS_AT_LEAST  # longer than this, blanks and all, it has letters enough


@dataclass(frozen=True)
class Guard:
    """Everybody in the run, and the reach of each reader by number."""

    people: Identifiers
    reaches: tuple[Reach, ...]


def guard(
    settings: Settings, rows: DataFrame, roster: DataFrame, recipients: Sequence[Recipient], wholes: Sequence[Report]
) -> Guard:
    """Made once a run. Takes: ROWS, ROSTER; the reports on everybody, for the words that are told to all."""
    owner, unit = _owners(settings, rows), rows["unit"].fillna("").astype(str)
    parts, pairs = pd.factorize(pd.MultiIndex.from_arrays([owner, unit]))
    person = rows["person_id"].fillna(rows["source_row"])
    table = _identifiers(person, Series(parts, index=rows.index), rows, roster)
    table = table[~((table["kind"] == MAIL) & table["said"].str.strip().str.casefold().isin(set(owner)))]
    people = _people(table, _common(settings, wholes), wholes[0].outages["title"].dropna())
    logo = wholes[0].office.logo
    people = replace(people, pictures=frozenset({logo.sha256} if logo else ()))
    places = list(enumerate(pairs))
    own = frozenset(scan_words(f"{wholes[0].run.run_id} {' '.join(one.slug for one in recipients)}"))
    return Guard(people, tuple(_reach(settings, one, places, own) for one in recipients))


def _owners(settings: Settings, rows: DataFrame) -> Series:
    """The address that gets each row: its contact's, else its unit's, else the office's."""
    of_unit = {name: one.address for name, one in settings.units.items()}
    for one in settings.recipients:
        if roles()[one.role].owns:
            of_unit |= dict.fromkeys(one.units, one.address)
    said = rows["contact_email"].where(is_email(rows["contact_email"]))
    found = said.fillna(rows["unit"].map(of_unit).astype("str")).fillna(settings.office.address)
    return found.astype(str).str.strip().str.casefold()


def _identifiers(person: Series, parts: Series, rows: DataFrame, roster: DataFrame) -> DataFrame:
    """Each identifier as it is written, its kind, and each part of the roster that its bearer stands in."""
    bearer = Series(person.to_numpy(), index=rows["source_row"])
    bearer = bearer[~bearer.index.duplicated()]
    of_roster = roster["source_row"].map(bearer)
    name, given, family = roster["full_name"], roster["given_names"], roster["family_name"]
    turned = [name.str.replace(form, r"\2 \1", regex=True) for form in TURNED]
    names = [name, *turned, given + " " + family, family + " " + given]
    columns = [(ID, rows["person_id"], person)]
    columns += [(NAME, said, of_roster) for said in names]
    columns += [(MAIL, roster["email"], of_roster), (PERMIT, roster["permit_number"], of_roster)]
    said = pd.concat(
        [DataFrame({"said": said, "kind": kind, "person": bearers}) for kind, said, bearers in columns],
        ignore_index=True,
    ).dropna()
    places = DataFrame({"person": person, "part": parts}).drop_duplicates()
    return said.drop_duplicates().merge(places, on="person")[["said", "kind", "part"]]


def _people(table: DataFrame, common: Iterable[str], names_of_all: Iterable[str]) -> Identifiers:
    marks, bearers = _marks(table)
    plain = {mark for mark, place in marks.items() if _is_plain(mark, bearers[place][1])}
    told = _without(marks, plain)
    every = Identifiers(told, {}, _longest(told), bearers)
    names = {mark for mark in _found(every, names_of_all) if every.of(mark)[1] <= {NAME}}
    kept = _without(told, _found(every, common) | names)
    return replace(every, marks=kept, plain={mark: marks[mark] for mark in plain if not _is_number(mark)})


def _marks(table: DataFrame) -> tuple[dict[str, int], tuple[tuple[frozenset[int], frozenset[str]], ...]]:
    """Each identifier as words, with the place of whom it belongs to; most belong to one part, as one kind."""
    kind, kinds = pd.factorize(table["kind"])
    pair, pairs = pd.factorize(table["part"].to_numpy() * len(kinds) + kind)
    parts = [divmod(number, len(kinds)) for number in pairs.tolist()]
    marks: dict[str, int] = {}
    shared: dict[str, set[int]] = {}
    for text, place in zip(table["said"].tolist(), pair.tolist(), strict=True):
        mark = " ".join(scan_words(text))
        if (first := marks.setdefault(mark, place)) != place:
            shared.setdefault(mark, {first}).add(place)
    marks.pop("", None)
    bearers = [(frozenset([part]), frozenset([kinds[n]])) for part, n in parts]
    for mark in shared.keys() & marks.keys():
        several, of = zip(*(bearers[place] for place in shared[mark]), strict=True)
        marks[mark] = len(bearers)
        bearers.append((frozenset().union(*several), frozenset().union(*of)))
    return marks, tuple(bearers)


def _is_number(mark: str) -> bool:
    """Short numbers stand everywhere; whoever has one for an id is known by name, address and permit number."""
    return mark.replace(" ", "").isdigit()


def _without(marks: Mapping[str, int], others: set[str]) -> dict[str, int]:
    return {mark: place for mark, place in marks.items() if mark not in others}


def _is_plain(mark: str, kinds: frozenset[str]) -> bool:
    """Whether an identifier cannot be told from a common word or number where it stands among others."""
    if MAIL in kinds or (len(mark) > ANY_LENGTH and not mark.isalpha()):
        return False
    if mark.isalpha():
        return True
    letters = mark.replace(" ", "")
    if _is_number(mark):
        return len(letters) < DIGITS_AT_LEAST
    if not any(letter.isdigit() for letter in letters):
        return " " not in mark or len(letters) < LETTERS_AT_LEAST
    return len(letters) < LETTERS_AT_LEAST - 1


def _longest(marks: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for mark in marks:
        first, *more = mark.split(" ")
        if longest.setdefault(first, 1) <= len(more):
            longest[first] = len(more) + 1
    return longest


def _found(people: Identifiers, texts: Iterable[str]) -> set[str]:
    return {mark for text in texts for mark in people.within(scan_words(text))}


def _common(settings: Settings, wholes: Sequence[Report]) -> list[str]:
    """Texts that are told to everybody: what stands in them is nobody's secret."""
    office = wholes[0].office
    said = [office.name, office.address, office.licensed_contact, settings.sender, settings.mail.reply_to]
    said += [*settings.units]
    for whole in wholes:
        said += [*whole.office.signature, whole.office.disclaimer]
        said += whole.service_titles.values()
        rules: DataFrame = whole.rules.select_dtypes("str")
        said += [text for name in rules for text in rules[name].dropna().unique().tolist()]
    return said


def _reach(
    settings: Settings, one: Recipient, places: Sequence[tuple[int, tuple[str, str]]], own: frozenset[str]
) -> Reach:
    address = one.address.strip().casefold()
    if not one.role:
        return Reach(frozenset(n for n, (owner, _) in places if owner == address), own=own)
    same = [r for r in settings.recipients if r.role == one.role and r.address.strip().casefold() == address]
    units = {name for reader in same for name in reader.units}
    is_all = any(not reader.units for reader in same)
    parts = frozenset(n for n, (_, unit) in places if is_all or unit in units)
    sees = roles()[one.role].sees
    return Reach(parts, frozenset(kind for kind, name in SEEN_AS.items() if sees and name not in sees), own)
