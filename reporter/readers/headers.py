"""Which column is which: headers bound to the roster's fields, by the settings first, then by known names.

A column is never bound by likeness: a header that fits two fields stops the file, with the settings line that
decides. Likeness only suggests, in a message. Pure: no files, no clock.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import tomli
from msgspec import Struct, field
from msgspec.structs import replace

from reporter.errors import ReporterError, RosterError, RulebookError, SettingsError, refused
from reporter.model.problem import letter
from reporter.model.rulebook import earliest_of, hour_of
from reporter.model.shapes import ROSTER, column_words
from reporter.readers.values import LISTED, NUMBER_SIGN, WORD_BREAK, spelled, spelling_key, unaccented, value_list
from reporter.text.catalogue import words
from reporter.text.formats import nearest

PARTED = re.compile(r"[/|•·;()\[\]]|\s[-–—]\s")
MOST_WORDS = 16  # of a header in two languages; a longer text is a sentence
DATE_OF_HOUR = {hour_of(name): name for name in ROSTER.of_kind("date") if hour_of(name) in ROSTER.names}
"""The date whose cell tells the hour, for each column that keeps one: a heading of the hour is one of the date."""
EARLIEST = frozenset(earliest_of(name) for name in ROSTER.of_kind("instant")) & frozenset(ROSTER.names)
OWN_COLUMNS = EARLIEST | {"permit_expires_state", "date_certainty", "reading", "source_row", *DATE_OF_HOUR}
"""Columns that reading makes, and no file gives."""
PSEUDO_FIELDS = frozenset(["application_filed", "dropped", "ignored"])
"""What a column can be bound to beside the roster's own."""
PERSONS = frozenset(["person_id", "full_name", "family_name", "given_names"])
PERMIT = "permit"
"""Among the documents, a permit of whatever kind."""
DATE_WORDS = frozenset(["date", "dates", "dt"])
EMPTY_WORDS = DATE_WORDS | frozenset(
    ["of", "the", "d", "de", "du", "des", "la", "les", "l", "en", "required", "obligatoire"]
)
OPEN_WORDS = frozenset(["of", "d", "de", "du"])
"""What says something at the end of a header: `Spouse of` is another's number, `Permis valide du` its beginning."""
HINTS = {
    "ymd": re.compile(r"\b(?:yyyy|aaaa|yy|aa|a|y)[-/. ]?m{1,3}[-/. ]?(?:dd|jj|d|j)\b"),
    "dmy": re.compile(r"\b(?:dd|jj|d|j)[-/. ]?m{1,3}[-/. ]?(?:yyyy|aaaa|yy|aa|a|y)\b"),
    "mdy": re.compile(r"\bm{1,3}[-/. ]?(?:dd|jj|d|j)[-/. ]?(?:yyyy|aaaa|yy|aa|a|y)\b"),
}
E_MAIL = re.compile(r"\be[- ]mail\b")
LENGTH = re.compile(r"(?:max(?:imum)? )?\d{1,2} (?:digits?|chiffres?|characters?|caracteres?|letters?|lettres?)")
"""How long the values are: a hint in numbers, which no list could name."""
MOST_HINTED = 6  # words of a hint
NUMBERED = re.compile(r"^\s*q?\d{1,2}\s?[.):]\s+|[¹²³⁰-⁹]+\s*$", re.IGNORECASE)
"""The number of a question, or that of a footnote: `4. Permit expiry`, `Permit expiry¹`."""
VALUES_BEHIND = re.compile(r"(?P<name>[^()\[\]:]+?)\s*(?:\((?P<a>[^()]+)\)|\[(?P<b>[^\[\]]+)\]|:\s*(?P<c>.+))\s*")
BETWEEN_VALUES = re.compile(r"\s*[,;/|]\s*|\s+(?:or|ou|and|et)\s+")
AND_SO_ON = frozenset(["", "…", "etc", "na", "n a", "s o", "other", "autre"])
FEWEST_VALUES = 2
UTC = re.compile(r"\((?:utc|gmt)\)")
ASIDE = re.compile(r"\((?:y ?/ ?n|o ?/ ?n|yes ?/ ?no|oui ?/ ?non|utc|gmt|required|obligatoire|optional|facultatif)\)")


class Meaning(Struct, frozen=True):
    """What one header says: a field, the kind of permit its name implies, or the fields it hangs between.

    `how` is `alias`, or `profile` when it is a known system's own column name. Between fields, it is `then` where one
    of the fields of `beside` has a column of its own, and `behind_person` where it stands behind the number or the name
    of a person. `is_hinted` where words that change nothing were set aside: it gives way to any other column of the
    same field.
    """

    field: str = ""
    kind: str = ""
    how: str = "alias"
    fields: tuple[str, ...] = ()
    strict: bool = False
    beside: tuple[str, ...] = ()
    then: str = ""
    otherwise: str = ""
    behind_person: str = ""
    is_hinted: bool = False


def header_key(header: str) -> str:
    """The header without what makes no difference: accents, case, punctuation, `date`, `of`, a format in brackets."""
    return full_key(header).removesuffix(" date")


@lru_cache(maxsize=4096)  # every known name is asked for three times, in three tables
def full_key(header: str) -> str:
    """The same, ending in `date` when the header says so: `Date filed` is not `Filed`."""
    text = E_MAIL.sub("email", ASIDE.sub(" ", unaccented(WORD_BREAK.sub(" ", NUMBERED.sub("", header)))))
    for hint in HINTS.values():
        text = hint.sub(" ", text)
    words = spelling_key(NUMBER_SIGN.sub(" no ", text)).split()
    kept = [word for word in words if word not in EMPTY_WORDS]
    if kept and words[-1] in OPEN_WORDS and words[-2] not in DATE_WORDS:
        kept.append(words[-1])
    says_date = bool(kept) and not DATE_WORDS.isdisjoint(words)
    return " ".join((kept or words) + ["date"] * says_date)


def declared_order(header: str) -> str | None:
    """`dmy`, `mdy` or `ymd` when the header itself says how its dates are written: `Expiry (JJ/MM/AAAA)`."""
    text = unaccented(header)
    return next((order for order, hint in HINTS.items() if hint.search(text)), None)


def declares_utc(header: str) -> bool:
    """Whether the header says that its hours are those of UTC: `Submitted at (UTC)`."""
    return UTC.search(unaccented(header)) is not None


def meaning(header: str) -> Meaning | None:
    """What the header stands for, or None when it is not known; `Name / Nom` says one thing in two languages."""
    return _meaning(header) or _said_twice(header) or _without_values(header) or _without_hint(full_key(header))


def _meaning(header: str) -> Meaning | None:
    profile = _profile().get(header.strip().casefold())
    if profile:
        return Meaning(profile, how="profile")
    full = full_key(header)
    short = full.removesuffix(" date")
    return alias_table().get(full) or alias_table().get(short) or _of_document(short)


@cache
def _hints() -> Mapping[str, tuple[str, ...]]:
    """The fields of each hint that a heading may have; `any` stands for all of them."""
    said = [(header_key(hint), field) for field, hints in _source()["hints"].items() for hint in hints]
    return {hint: tuple(field for other, field in said if other == hint) for hint, _ in said}


def _without_hint(full: str) -> Meaning | None:
    """What is left of `Name (Last, First)` or `Matricule - 7 chiffres`: the brackets, dash or line break are gone."""
    words, date = full.removesuffix(" date").split(), " date" * full.endswith(" date")
    for place in range(max(1, len(words) - MOST_HINTED), len(words)):
        hint = " ".join(words[place:])
        if fields := ("any",) if LENGTH.fullmatch(hint) else _hints().get(hint):
            return _hinted(" ".join(words[:place]) + date, fields)
    before = next((n for n in range(1, len(words)) if "any" in _hints().get(" ".join(words[:n]), ())), 0)
    return _hinted(" ".join(words[before:]) + date, ("any",)) if before else None


def is_of_others(label: str) -> bool:
    """Whether a label over several columns says that they are about somebody else, or about another time."""
    return ":" not in label and meaning(label) is None and not _others().isdisjoint(header_key(label).split())


@cache
def _others() -> frozenset[str]:
    return frozenset(header_key(word) for word in _source()["bands"]["others"])


def _without_values(header: str) -> Meaning | None:
    """What is left of `Province (ON, QC, BC)`: the values that may stand in the column say which field it is."""
    if not (parts := VALUES_BEHIND.fullmatch(header)) or not (told := meaning(parts["name"])):
        return None
    values = {spelled(value) for value in BETWEEN_VALUES.split(parts["a"] or parts["b"] or parts["c"])} - AND_SO_ON
    lists = {name: "yes_no" if name == "application_filed" else name for name in (told.field, *told.fields)}
    able = [name for name, of in lists.items() if of in (*LISTED, "yes_no") and values <= value_list(of).keys()]
    if len(able) != 1 or len(values) < FEWEST_VALUES:
        return None
    return replace(told, is_hinted=True) if told.field else Meaning(able[0], is_hinted=True)


def _hinted(rest: str, fields: tuple[str, ...]) -> Meaning | None:
    """What the rest says, where the hint is one of its field; `Nom (au complet)` is the one name that can be."""
    told = meaning(rest)
    if told is None or {"any", told.field, *told.fields}.isdisjoint(fields):
        return None
    able = [name for name in told.fields if name in fields]
    if len(able) == 1 and not told.strict:
        return Meaning(able[0], is_hinted=True)
    return replace(told, strict=False, is_hinted=True)


def _said_twice(header: str) -> Meaning | None:
    """What both halves of a header say, wherever it is parted: `Permit expiry (Expiration du permis)`."""
    words = PARTED.sub(" ", header).split()
    if len(words) > MOST_WORDS:
        return None
    halves = ((" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words)))
    return next((both for one, other in halves if (both := agreed_meaning(_meaning(one), _meaning(other)))), None)


def agreed_meaning(one: Meaning | None, other: Meaning | None) -> Meaning | None:
    """The one field that two known headers allow; what is unclear gives way to what is not."""
    if not one or not other:
        return None
    sure, less = (one, other) if one.field else (other, one)
    kinds = {one.kind, other.kind} - {""}
    if not sure.field or len(kinds) > 1:
        return one if one == other else None
    return replace(sure, kind="".join(kinds)) if sure.field in (less.field, *less.fields) else None


@cache
def alias_table() -> Mapping[str, Meaning]:
    """Every known header by its key; what is unclear wins over what has a name in common with it."""
    source = _source()
    known = list(_fields())
    known += [(name, Meaning(field)) for field, names in source["is"].items() for name in names]
    known += [(name, Meaning(field)) for name, field in source["alone"].items()]
    known += list(_unclear(source))
    short = {header_key(name): told for name, told in reversed(known)}
    undated = {header_key(name): told for name, told in known if not full_key(name).endswith(" date")}
    return MappingProxyType(short | undated | {full_key(name): told for name, told in known})


def _fields() -> Iterator[tuple[str, Meaning]]:
    """Every column of the roster under its own name, and those of one permit also with the kind before them."""
    for name in ROSTER.names:
        if name not in OWN_COLUMNS:
            yield name, Meaning(name)
    yield from ((hour, Meaning(date)) for hour, date in DATE_OF_HOUR.items())
    yield from ((name, Meaning(part, kind)) for name, (part, kind) in kind_fields().items())


def _of_document(short: str) -> Meaning | None:
    """A document's name before or after a word for its end, issue or number: `expiration permis etudes`."""
    documents, parts = _documents()
    words = short.split()
    for place in range(1, len(words)):
        head, tail = " ".join(words[:place]), " ".join(words[place:])
        for word, document in ((head, tail), (tail, head)):
            if word in parts and document in documents and (told := _part(documents[document], parts[word])):
                return told
    return None


def _part(document: str, part: str) -> Meaning | None:
    if part == "kind":
        return Meaning("permit_kind") if document == PERMIT else None
    if document in (PERMIT, *column_words("permit_kind")):
        return Meaning(_source()["parts"][part], document if document != PERMIT else "")
    return Meaning(_end_of(document)) if part == "expires" else None


@cache
def _documents() -> tuple[Mapping[str, str], Mapping[str, str]]:
    source = _source()
    names = {header_key(name): document for document, names in source["documents"].items() for name in names}
    return names, {header_key(word): part for part, words in source["words"].items() for word in words}


def _unclear(source: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    """The headers between fields; a document's own name tells its kind, or `Work permit / Study permit expiry` would
    be a study permit's."""
    kinds = column_words("permit_kind")
    documents = {header_key(name): kind for kind in kinds for name in source["documents"].get(kind, ())}
    for entry in source["unclear"]:
        rest = {name: entry[name] for name in ("strict", "then", "otherwise", "behind_person") if name in entry}
        told = Meaning(fields=tuple(entry["fields"]), beside=tuple(entry.get("beside", ())), **rest)
        yield from ((name, replace(told, kind=documents.get(header_key(name), ""))) for name in entry["headers"])


@cache
def _profile() -> Mapping[str, str]:
    return {name.casefold(): field for name, field in _source()["profile"].items()}


def documents() -> tuple[str, ...]:
    """The documents that a heading may name; those that are kinds of permit have fields of their own."""
    return tuple(_source()["documents"])


def is_other_document(text: str) -> bool:
    """Whether a text names a document that is no permit of a stay: `Passport`, `CAQ`."""
    return _documents()[0].get(header_key(text), PERMIT) not in (PERMIT, *column_words("permit_kind"))


def implied_kinds() -> Mapping[str, str]:
    """The kind of permit that each population has, where nothing says so."""
    return {str(population): str(kind) for population, kind in _source()["implied"].items()}


def finer_kinds(kind: str) -> tuple[str, ...]:
    """The kinds that a cell may say under the heading of one that is less close."""
    return tuple(_source()["finer"].get(kind, ()))


def kinds_like(kind: str) -> tuple[str, ...]:
    """The kinds that a cell may say beside the heading of one: the same, one less close or one closer."""
    return (kind, *finer_kinds(kind), *(name for name in _source()["finer"] if kind in finer_kinds(name)))


@cache
def _source() -> dict[str, Any]:
    source = tomli.loads((files("reporter.readers") / "aliases.toml").read_text("utf-8"))
    for table, names, allowed in _named(source):
        for name in names:
            if name not in allowed:
                raise refused(RulebookError, "rule_alias", where=f"aliases.toml: {table}", name=name)
    return source


def _named(source: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[str], Container[str]]]:
    """What each table names, and what it may name."""
    fields, kinds = {*ROSTER.names, *PSEUDO_FIELDS}, column_words("permit_kind")
    ended = {name for name in source["documents"] if _end_of(name) in ROSTER.names}
    yield "is", source["is"], fields
    yield from ((table, source[table].values(), fields) for table in ("profile", "alone", "parts"))
    yield from (("unclear", one["fields"], fields) for one in source["unclear"])
    yield "documents", source["documents"], {PERMIT, *kinds, *ended}
    yield "hints", source["hints"], {"any", *fields}
    yield "implied", source["implied"], column_words("population")
    yield "implied", source["implied"].values(), kinds
    yield from ((f"finer.{kind}", (kind, *finer), kinds) for kind, finer in source["finer"].items())


def _end_of(document: str) -> str:
    return f"{document}_expires_on"


PER_PERMIT = ("permit_expires_on", "permit_issued_on", "permit_number")


@cache
def kind_fields() -> Mapping[str, tuple[str, str]]:
    """The fields of one kind of permit, as the settings name them: the column and the kind."""
    kinds = column_words("permit_kind")
    return {f"{kind}_{name}": (name, kind) for kind in documents() if kind in kinds for name in PER_PERMIT}


@cache
def fields_of_roster() -> frozenset[str]:
    """Every field that a column can be bound to."""
    return frozenset(ROSTER.names) - OWN_COLUMNS | PSEUDO_FIELDS | set(kind_fields())


def field_label(field: str, language: str) -> str:
    """A field of the roster as the reader calls it, and its key, by which the settings go."""
    w = words("field_labels", language)
    base, kind = kind_fields().get(field, (field, ""))
    name = ", ".join(part for part in (w.get(base, ""), kind) if part)
    return f"{name} ({field})" if base in w else field


class BoundColumn(Struct, frozen=True):
    """One column of the table and the field it holds; `kind` where the header names the kind of permit."""

    field: str
    column: int
    header: str
    how: str
    kind: str = ""


class Binding(Struct, frozen=True):
    """The columns read, those left out, and the headers that could mean two things and were left out for it.

    `left` are the columns left out as the settings name them: with the letter where a header stands twice.
    """

    bound: tuple[BoundColumn, ...]
    unmapped: tuple[tuple[str, int], ...]
    unclear: tuple[tuple[str, int, Meaning], ...] = field(default=())
    left: tuple[tuple[str, int], ...] = field(default=())

    def column(self, name: str, kind: str = "") -> BoundColumn | None:
        """The column of a field, of that kind of permit."""
        return next((b for b in self.bound if b.field == name and b.kind == kind), None)


def bind_headers(
    headers: Mapping[int, str], wanted: Mapping[str, str], where: str, is_numbered: Callable[[int], bool]
) -> Binding:
    """Every header's field.

    Takes:   headers - column (0 is A) to the header's text; wanted - field to header, from the settings
             (`Expiry [F]` names one of several columns with one header); is_numbered - whether a column holds
             numbers: `Employee` beside a name is a number only where one stands under it.
    Raises:  RosterError when a header fits two fields, two columns claim one, or there is no person_id.
    """
    labels = _labels(headers)
    chosen = _by_settings(labels, wanted, where)
    known = {c: m for c, h in headers.items() if c not in chosen and (m := meaning(h))}
    known = {c: m for c, m in known.items() if not (m.is_hinted and _is_taken(c, m, known, chosen.values()))}
    sure = {c: m for c, m in known.items() if m.field and m.field not in wanted}
    found = {m.field for m in sure.values()} | {b.field for b in chosen.values()}
    persons = [b.column for b in chosen.values() if b.field in PERSONS and b.column >= 0]
    persons += [c for c, m in known.items() if not PERSONS.isdisjoint((m.field, *m.fields))]
    unclear = {c: _unnumbered(_placed(m, c, persons), c, is_numbered) for c, m in known.items() if m.fields}
    last = {c for c, m in unclear.items() if m.otherwise in m.beside}  # what it hangs on may be unclear too
    first = {c: _settled(m, found, wanted) for c, m in unclear.items() if c not in last}
    found |= {name for name in first.values() if name}
    settled = {c: first[c] if c in first else _settled(m, found, wanted) for c, m in unclear.items()}
    _refuse_unclear({labels[c]: m for c, m in unclear.items() if settled[c] is None and m.strict}, where)
    bound = [
        *chosen.values(),
        *(BoundColumn(m.field, c, headers[c], m.how, m.kind) for c, m in sure.items()),
        *(BoundColumn(name, c, headers[c], "alias") for c, name in settled.items() if name),
    ]
    kept = tuple(sorted((b for b in bound if b.field != "ignored"), key=lambda b: b.column))
    _refuse_doubles(kept, labels, where)
    _require_person(kept, labels, where)
    unread = {c for c in headers if c not in {b.column for b in bound}}
    unmapped = tuple((h, c) for c, h in headers.items() if c in unread)
    _refuse_unused_fields(unmapped, where)
    return Binding(
        bound=kept,
        unmapped=unmapped,
        unclear=tuple((labels[c], c, unclear[c]) for c, name in settled.items() if name is None),
        left=tuple((labels[c], c) for c in headers if c in unread),
    )


def _is_taken(column: int, told: Meaning, known: Mapping[int, Meaning], chosen: Iterable[BoundColumn]) -> bool:
    """Whether another column claims the field, or hangs between the same: what is hinted is then left out and told."""
    if told.field in PSEUDO_FIELDS - {"application_filed"}:
        return False
    others = [m for c, m in known.items() if c != column]
    if told.fields:
        return any(m.fields == told.fields for m in others)
    claims = [(m.field, m.kind) for m in others] + [(b.field, b.kind) for b in chosen]
    return any(name == told.field and not (told.kind and kind and kind != told.kind) for name, kind in claims)


def _placed(told: Meaning, column: int, persons: Iterable[int]) -> Meaning:
    """The header with what it means behind the person's own columns, where it stands there."""
    is_behind = told.behind_person and min(persons, default=column) < column
    return replace(told, otherwise=told.behind_person) if is_behind else told


def _unnumbered(told: Meaning, column: int, is_numbered: Callable[[int], bool]) -> Meaning:
    """The header without a number for its meaning where none stands under it: as ids, names would be in every mail."""
    return told if told.then != "person_id" or is_numbered(column) else replace(told, then="")


def _labels(headers: Mapping[int, str]) -> dict[int, str]:
    """How the settings name a column: its header, with the column's letter when the header stands twice."""
    texts = [header_key(text) for text in headers.values()]
    return {c: f"{h} [{letter(c)}]" if texts.count(header_key(h)) > 1 else h for c, h in headers.items()}


def _by_settings(labels: Mapping[int, str], wanted: Mapping[str, str], where: str) -> dict[int, BoundColumn]:
    chosen: dict[int, BoundColumn] = {}
    for name, header in wanted.items():
        if name not in fields_of_roster():
            raise _unknown(SettingsError, "stop_no_field", "[[roster]]", nearest(name, fields_of_roster()), name=name)
        for part in header.split(";") if name in ("ignored", "dropped") else [header]:
            column = _find(part, labels, where, name)
            if column in chosen:
                said = {"one": name, "other": chosen[column].field, "header": part}
                raise refused(SettingsError, "stop_column_twice", where="[[roster]]", **said)
            base, kind = kind_fields().get(name, (name, ""))
            implied = meaning(labels[column])
            kind = kind or (implied.kind if implied and base in PER_PERMIT else "")
            chosen[column] = BoundColumn(base, column, labels[column], "settings", kind)
    return chosen


def _find(header: str, labels: Mapping[int, str], where: str, name: str) -> int:
    same = [c for c, label in labels.items() if label.strip().casefold() == header.strip().casefold()]
    alike = same or [c for c, label in labels.items() if header_key(label) == header_key(header)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        exact = f"{labels[alike[0]]} [{letter(alike[0])}]"
        raise refused(
            RosterError, "stop_headers_alike", where=where, name=name, header=header, n=len(alike), exact=exact
        )
    raise _unknown(RosterError, "stop_no_header", where, nearest(header, labels.values()), name=name, header=header)


def _unknown(kind: type[ReporterError], code: str, where: str, near: str, **said: object) -> ReporterError:
    """Nothing is called so; with what is called nearly so, if anything is."""
    if near:
        return refused(kind, f"{code}_near", where=where, near=near, **said)
    return refused(kind, code, where=where, **said)


def _settled(told: Meaning, found: set[str], wanted: Mapping[str, str]) -> str | None:
    """The field an unclear header turns out to hold; `ignored` to leave it; None when nothing settles it."""
    if told.fields[0] in wanted:
        return "ignored"
    able = (told.then, told.otherwise) if not found.isdisjoint(told.beside) else (told.otherwise,)
    free = [name for name in able if name and name not in found - {"ignored"}]
    return next(iter(free), next(filter(None, able), None) if told.strict else None)


def _refuse_unclear(unclear: Mapping[str, Meaning], where: str) -> None:
    if not unclear:
        return
    header, told = next(iter(unclear.items()))
    named = [name for name in told.fields if name != "ignored"]
    *lines, last = (f'columns.{name} = "{header}"' for name in named)
    said = {"header": header, "last": last, "first": ", ".join(named[:-1]) or named[0]}
    if not lines:
        raise refused(RosterError, "stop_unclear_licence", where=where, **said)
    raise refused(RosterError, "stop_unclear", where=where, lines=", ".join(lines), second=named[-1], **said)


def _refuse_doubles(bound: Iterable[BoundColumn], labels: Mapping[int, str], where: str) -> None:
    seen: dict[str, list[BoundColumn]] = {}
    for one in bound:
        if one.field != "dropped":
            seen.setdefault(one.field, []).append(one)
    for name, claims in seen.items():
        kinds = [one.kind for one in claims]
        if len(claims) > 1 and (len(set(kinds)) < len(kinds) or "" in kinds):
            first, second = _clashing(claims)
            raise refused(
                RosterError,
                "stop_two_claim",
                where=where,
                name=name,
                one=labels[first.column],
                one_at=letter(first.column),
                other=labels[second.column],
                other_at=letter(second.column),
                exact=_exact(labels, first),
            )


def _refuse_unused_fields(left: Iterable[tuple[str, int]], where: str) -> None:
    """A column under the very name of a field is meant for it: left unread, it would be a date lost without a word."""
    for header, _ in left:
        name = header.strip().casefold()
        if name in fields_of_roster():
            raise refused(RosterError, "stop_field_unused", where=where, name=name, header=header)


def _clashing(claims: list[BoundColumn]) -> tuple[BoundColumn, BoundColumn]:
    pairs = (
        (a, b) for i, a in enumerate(claims) for b in claims[i + 1 :] if a.kind == b.kind or not (a.kind and b.kind)
    )
    return next(pairs)


def _exact(labels: Mapping[int, str], one: BoundColumn) -> str:
    label = labels[one.column]
    return label if list(labels.values()).count(label) == 1 else f"{label} [{letter(one.column)}]"


def _require_person(bound: Iterable[BoundColumn], labels: Mapping[int, str], where: str) -> None:
    if any(one.field == "person_id" for one in bound):
        return
    headers = ", ".join(labels.values())
    address = next((labels[one.column] for one in bound if one.field == "email"), "")
    if address:
        quoted = json.dumps(address, ensure_ascii=False)
        raise refused(RosterError, "stop_no_id_but_email", where=where, headers=headers, quoted=quoted)
    raise refused(RosterError, "stop_no_id", where=where, headers=headers)
