"""From the rosters of a run to the look-up of everybody's identifiers, and what each reader may see of it.

Who gets whom is told here once more, from the rows themselves and by other means than those that cut the digests: a
fault there must not be repeated here.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

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
    OurTexts,
    Reach,
    Whose,
)
from reporter.delivery.mail_texts import fold_all, squeeze
from reporter.model.report import Recipient, Report, reader_key
from reporter.pipeline.run.own_words import names_told_to_all, own_words, told_to_all
from reporter.report.recipients import is_email, roles
from reporter.settings import Settings

SEEN_AS = {ID: "person_id", NAME: "full_name", MAIL: "email", PERMIT: "permit_number"}
TURNED = (
    (r"^(.*\S)\s+(\S+)$", r"\2 \1"),
    (r"^(\S+)\s+(.*)$", r"\2 \1"),
    (r"^(\S+)\s.*\s(\S+)$", r"\1 \2"),
    (r"^(\S+)\s.*\s(\S+)$", r"\2 \1"),
    (r"^\S+\s+(\S+\s.*)$", r"\1"),
)
"""A name with its last word first, or its first word last; of three words and more also the outer two, and all but the
first."""
LAST_WORD = r"^(?:([^,]*\S)\s*,.*|\S.*\s(\S+))$"
"""The family name in a full one: what stands before a comma, else the last of several words."""
TAIL = r"^[^\sa-zß-öø-ÿ]\S*(?:\s+\S+)*?\s+((?:[a-zß-öø-ÿ][^\s,]*\s+)+\S.*)$"
"""A family name of several words in a full one: from its first word in small letters on, as in `van der Berg`."""
HALVES = (r"^([^\s-]+)[\s-]", r"[\s-]([^\s-]+)$")
"""The first and the last word of a family name of several: people are called by one of them."""
FIRST = r"^(?:[^,]*,\s*)?([^\W\d_])"
"""The first letter of the given name: behind a comma, else at the beginning."""
DATE = re.compile(rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
LETTERS_BEHIND_INITIAL = 3
MARK, WHOLE = "mark", "whole"


@dataclass(frozen=True)
class Guard:
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


@dataclass(frozen=True)
class RunIdentifiers:
    """Everybody's identifiers before anything is taken from them: the part of each row, and whose each part is."""

    people: Identifiers
    parts: NDArray[np.intp]
    pairs: Sequence[tuple[str, str]]  # the address and the unit of each part
    unseen: int
    half_seen: int


def guard(
    settings: Settings, rows: DataFrame, roster: DataFrame, recipients: Sequence[Recipient], wholes: Sequence[Report]
) -> Guard:
    """Made once a run. Takes: ROWS, ROSTER; the reports on everybody, for the words that are told to all."""
    known, logo, run = everybody(settings, rows, roster), wholes[0].office.logo, wholes[0].run
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
    parts, pairs = pd.factorize(pd.MultiIndex.from_arrays([owner, unit]))
    person = rows["person_id"].fillna(rows["source_row"])
    table = _identifiers(person, Series(parts, index=rows.index), rows, roster)
    is_contact = (table["kind"] == MAIL) & table["said"].str.strip().str.casefold().isin(set(owner))
    table = table.assign(kind=table["kind"].mask(is_contact, CONTACT))
    contacts = DataFrame({"said": owner, "kind": CONTACT, "person": person, "part": parts}).drop_duplicates("said")
    people, unseen, half_seen = _people(pd.concat([table, contacts], ignore_index=True))
    return RunIdentifiers(people, parts, list(pairs), unseen, half_seen)


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
    """Each identifier as it is written, its kind, its bearer, and each part of the roster that the bearer stands in."""
    bearer = Series(person.to_numpy(), index=rows["source_row"])
    bearer = bearer[~bearer.index.duplicated()]
    of_roster = roster["source_row"].map(bearer)
    name, given, family = roster["full_name"], roster["given_names"], roster["family_name"]
    turned = [name.str.replace(form, into, regex=True) for form, into in TURNED]
    last = name.str.extract(LAST_WORD)
    columns = [(ID, rows["person_id"], person)]
    columns += [(NAME, said, of_roster) for said in (name, *turned, given + " " + family, family + " " + given)]
    surname = family.fillna(last[0]).fillna(last[1])
    halves = [family.str.extract(half)[0] for half in HALVES]
    columns += [(SURNAME, said, of_roster) for said in (surname, name.str.extract(TAIL)[0], *halves)]
    first = given.fillna(name).str.extract(FIRST)[0]
    first = first.where((first.str.upper() != first.str.lower()) & (surname.str.len() >= LETTERS_BEHIND_INITIAL))
    columns += [(INITIALS, said, of_roster) for said in (first + " " + surname, surname + " " + first)]
    columns += [(MAIL, roster["email"], of_roster), (PERMIT, roster["permit_number"], of_roster)]
    frames = [DataFrame({"said": said, "kind": kind, "person": bearers}) for kind, said, bearers in columns]
    said = pd.concat(frames, ignore_index=True).dropna()
    places = DataFrame({"person": person, "part": parts}).drop_duplicates()
    return said.drop_duplicates().merge(places, on="person")


def _people(table: DataFrame) -> tuple[Identifiers, int, int]:
    """The look-up, of how many people it holds nothing, and of how many a family name that is too short to tell."""
    codes, said = pd.factorize(table["said"])
    folded = fold_all(said.tolist())
    marks, bearers = _marks(table, [folded[code] for code in codes.tolist()])
    sorts = {mark: _sort(mark, bearers[place][1]) for mark, place in marks.items()}
    told = {mark: place for mark, place in marks.items() if sorts[mark] == MARK}
    whole = {mark.replace(b" ", b""): place for mark, place in marks.items() if sorts[mark] == WHOLE}
    is_found = np.array([sorts.get(mark) == MARK for mark in folded], dtype=bool)[codes]
    known = table["kind"].isin([ID, NAME, MAIL, PERMIT]) & is_found
    unseen = table["person"].nunique() - table.loc[known, "person"].nunique()
    is_surname = table["kind"] == SURNAME
    half_seen = table.loc[is_surname, "person"].nunique() - table.loc[is_surname & is_found, "person"].nunique()
    return Identifiers(tuple(told), tuple(told.values()), bearers, whole), int(unseen), int(half_seen)


def _marks(table: DataFrame, folded: Sequence[bytes]) -> tuple[dict[bytes, int], tuple[Whose, ...]]:
    """Each identifier folded, with the place of whom it belongs to; most belong to one part, as one kind."""
    kind, kinds = pd.factorize(table["kind"])
    pair, pairs = pd.factorize(table["part"].to_numpy() * len(kinds) + kind)
    parts = [divmod(number, len(kinds)) for number in pairs.tolist()]
    marks: dict[bytes, int] = {}
    shared: dict[bytes, set[int]] = {}
    for mark, place in zip(folded, pair.tolist(), strict=True):
        if (first := marks.setdefault(mark, place)) != place:
            shared.setdefault(mark, {first}).add(place)
    marks.pop(b"", None)
    bearers = [(frozenset([part]), frozenset([kinds[n]])) for part, n in parts]
    for mark in shared.keys() & marks.keys():
        several, of = zip(*(bearers[place] for place in shared[mark]), strict=True)
        marks[mark] = len(bearers)
        bearers.append((frozenset().union(*several), frozenset().union(*of)))
    return marks, tuple(bearers)


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
