"""Which column is which: headers bound to the roster's fields, by the settings first, then by known names.

A column is never bound by likeness: a header that fits two fields stops the file, with the settings line that
decides. Likeness only suggests, in a message. Pure: no files, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from reporter.errors import ReporterError, RosterError, SettingsError, refused
from reporter.model.shapes import ROSTER
from reporter.readers.aliases import PERMITS, Meaning, header_key, meaning, table
from reporter.readers.grid import letter

OWN = frozenset({"permit_expires_state", "date_certainty", "reading", "source_row"})
PER_PERMIT = ("permit_expires_on", "permit_issued_on", "permit_number")
KIND_FIELDS = {f"{kind}_{name}": (name, kind) for kind in PERMITS for name in PER_PERMIT}
FIELDS = frozenset(ROSTER.names) - OWN | {"application_filed", "dropped", "ignored"} | set(KIND_FIELDS)


@dataclass(frozen=True)
class Bound:
    """One column of the table and the field it holds; `kind` where the header names the kind of permit."""

    field: str
    column: int
    header: str
    how: str
    kind: str = ""


@dataclass(frozen=True)
class Binding:
    """The columns read, those left out, and the headers that could mean two things and were left out for it."""

    bound: tuple[Bound, ...]
    unmapped: tuple[tuple[str, int], ...]
    unclear: tuple[tuple[str, int, Meaning], ...] = field(default=())

    def column(self, name: str, kind: str = "") -> Bound | None:
        """The column of a field, of that kind of permit."""
        return next((b for b in self.bound if b.field == name and b.kind == kind), None)


def bind_headers(headers: Mapping[int, str], wanted: Mapping[str, str], where: str) -> Binding:
    """Every header's field.

    Takes:   headers - column (0 is A) to the header's text; wanted - field to header, from the settings
             (`Expiry [F]` names one of several columns with one header).
    Raises:  RosterError when a header fits two fields, two columns claim one, or there is no person_id.
    """
    labels = _labels(headers)
    chosen = _by_settings(labels, wanted, where)
    known = {c: m for c, h in headers.items() if c not in chosen and (m := meaning(h))}
    sure = {c: m for c, m in known.items() if m.field and m.field not in wanted}
    found = {m.field for m in sure.values()} | {b.field for b in chosen.values()}
    unclear = {c: m for c, m in known.items() if m.fields}
    settled = {c: _settled(m, found, wanted) for c, m in unclear.items()}
    _refuse_unclear({labels[c]: m for c, m in unclear.items() if settled[c] is None and m.strict}, where)
    bound = [
        *chosen.values(),
        *(Bound(m.field, c, headers[c], m.how, m.kind) for c, m in sure.items()),
        *(Bound(name, c, headers[c], "alias") for c, name in settled.items() if name),
    ]
    kept = tuple(sorted((b for b in bound if b.field != "ignored"), key=lambda b: b.column))
    _refuse_doubles(kept, labels, where)
    _require_person(kept, labels, where)
    left = tuple((h, c) for c, h in headers.items() if c not in {b.column for b in bound})
    return Binding(kept, left, tuple((labels[c], c, unclear[c]) for c, name in settled.items() if name is None))


def _labels(headers: Mapping[int, str]) -> dict[int, str]:
    """How the settings name a column: its header, with the column's letter when the header stands twice."""
    texts = [header_key(text) for text in headers.values()]
    return {c: f"{h} [{letter(c)}]" if texts.count(header_key(h)) > 1 else h for c, h in headers.items()}


def _by_settings(labels: Mapping[int, str], wanted: Mapping[str, str], where: str) -> dict[int, Bound]:
    chosen: dict[int, Bound] = {}
    for name, header in wanted.items():
        if name not in FIELDS:
            raise _unknown(SettingsError, "stop_no_field", "[[roster]]", _near(name, FIELDS), name=name)
        for part in header.split(";") if name in ("ignored", "dropped") else [header]:
            column = _find(part, labels, where, name)
            if column in chosen:
                said = {"one": name, "other": chosen[column].field, "header": part}
                raise refused(SettingsError, "stop_column_twice", where="[[roster]]", **said)
            base, kind = KIND_FIELDS.get(name, (name, ""))
            implied = meaning(labels[column])
            kind = kind or (implied.kind if implied and base in PER_PERMIT else "")
            chosen[column] = Bound(base, column, labels[column], "settings", kind)
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
    raise _unknown(RosterError, "stop_no_header", where, _near(header, labels.values()), name=name, header=header)


def _unknown(kind: type[ReporterError], code: str, where: str, near: str, **said: object) -> ReporterError:
    """Nothing is called so; with what is called nearly so, if anything is."""
    if near:
        return refused(kind, f"{code}_near", where=where, near=near, **said)
    return refused(kind, code, where=where, **said)


def _settled(told: Meaning, found: set[str], wanted: Mapping[str, str]) -> str | None:
    """The field an unclear header turns out to hold; `ignored` to leave it; None when nothing settles it."""
    if told.fields[0] in wanted:
        return "ignored"
    if told.beside and told.beside in found:
        return told.then
    return told.otherwise or None


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


def _refuse_doubles(bound: Iterable[Bound], labels: Mapping[int, str], where: str) -> None:
    seen: dict[str, list[Bound]] = {}
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


def _clashing(claims: list[Bound]) -> tuple[Bound, Bound]:
    pairs = (
        (a, b) for i, a in enumerate(claims) for b in claims[i + 1 :] if a.kind == b.kind or not (a.kind and b.kind)
    )
    return next(pairs)


def _exact(labels: Mapping[int, str], one: Bound) -> str:
    label = labels[one.column]
    return label if list(labels.values()).count(label) == 1 else f"{label} [{letter(one.column)}]"


def _require_person(bound: Iterable[Bound], labels: Mapping[int, str], where: str) -> None:
    if any(one.field == "person_id" for one in bound):
        return
    near = max(labels.values(), key=_likeness_to_person)
    raise refused(RosterError, "stop_no_id", where=where, headers=", ".join(map(repr, labels.values())), near=near)


def _likeness_to_person(label: str) -> float:
    """How like an id column's header it is: for a suggestion only."""
    names = (name for name, told in table().items() if told.field == "person_id")
    return max(fuzz.ratio(header_key(label), name) for name in names)


def _near(text: str, among: Iterable[str]) -> str:
    """What is most alike, if anything is. Told, never bound."""
    best = process.extractOne(text, list(among), scorer=fuzz.ratio, score_cutoff=60)
    return str(best[0]) if best else ""
