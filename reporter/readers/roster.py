"""The door of this room for rosters: a book of sheets in, people and their permits out, every row accounted for.

Pure: no files, no clock. What is wrong with a cell is a Problem; what is wrong with the whole file is a RosterError.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from reporter.model.problem import Problem
from reporter.model.shapes import CELLS, ROSTER, ROWS, require
from reporter.readers.date_warnings import GOVERNING, conflicting_rows, date_doubts
from reporter.readers.dates import RECEIPTS, DateColumn, DateRules, read_dates, row_zones
from reporter.readers.grid import Book, letter
from reporter.readers.headers import Binding, BoundColumn, bind_headers, declared_order
from reporter.readers.people import Sheetful, person_ids, repeated_people, roster_rows, without_person
from reporter.readers.table import MappedTable, ReadOptions, Truth, excluded_rows, find_table, not_temporary, truth
from reporter.readers.values import LISTED, lookup, read_words, spelled, value_list

log = logging.getLogger(__name__)


def shown_cells(
    page: MappedTable, ids: Series, dates: Mapping[int, DateColumn], aside: Series, excluded: Series, person: str
) -> DataFrame:
    """Every cell that was read of that person's rows, whatever became of the row.

    Takes:   ids, aside, excluded - by the sheet's row numbers; dates - by column.
    Returns: CELLS, in the order of the sheet.
    """
    if not person:
        return CELLS.empty()
    mine = page.index[truth(ids.str.casefold() == person.strip().casefold())]
    parts = [_cell(page, bound, int(row), dates) for row in mine for bound in page.binding.bound]
    cells = CELLS.cast(DataFrame([part for part in parts if part], columns=["row", *CELLS.names]))
    rows = Series([part["row"] for part in parts if part], dtype="int64")
    rule = rows.map(excluded.where(excluded != "", aside)).astype("str")
    outcome = Series("assessed", index=rows.index, dtype="str").mask(rows.map(aside != "").astype(bool), "set_aside")
    return cells.assign(rule=rule, outcome=outcome.mask(rows.map(excluded != "").astype(bool), "excluded"))


def _cell(page: MappedTable, bound: BoundColumn, row: int, dates: Mapping[int, DateColumn]) -> dict[str, object]:
    if bound.field == "dropped":
        return {}
    place = int(page.index.get_indexer(pd.Index([row]))[0])
    said = page.table.rows[bound.column].array[place]
    told = {
        "row": row,
        "source_row": page.source_rows[row],
        "field": page.name(bound),
        "header": bound.header,
        "address": f"{letter(bound.column)}{row}",
        "said": "" if said is None or said != said else " ".join(str(said).split()).removesuffix(" 00:00:00"),
    }
    return told | (_date(dates[bound.column], place) if bound.column in dates else {})


def _date(column: DateColumn, place: int) -> dict[str, object]:
    fact = column.facts.iloc[int(column.codes[place])].to_dict()
    return {
        "on": fact["on"],
        "other": fact["other"],
        "form": fact["form"] if pd.notna(fact["on"]) else "",
        "order": column.proven,
        "doubt": fact["certainty"],
    }


__all__ = ["MappedColumn", "ReadOptions", "RosterReading", "read_roster"]
AS_WRITTEN = (
    "full_name",
    "given_names",
    "family_name",
    "email",
    "unit",
    "contact_email",
    "application_number",
    "second_application_number",
)
SAMPLES = 5
Said = tuple[dict[str, Series], list[Problem]]


@dataclass(frozen=True)
class MappedColumn:
    """One column that is read: its field, its header, its letter, why, and a few of its values.

    `how` is alias, settings, or profile (a known system's own name). A dropped column shows no values.
    """

    field: str
    header: str
    column: str
    how: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class RosterReading:
    """A roster read. `roster` is ROSTER, `rows` is ROWS with every row of the table once.

    `notes` tell how the table was found; `date_orders` is dmy or mdy for each field
    whose column proves it; `originals` are the rows set aside, with the cells as they stood
    (index `source_row`), without the columns that are dropped; `cells` are those of the person that the options
    want shown, as CELLS.
    """

    roster: DataFrame
    rows: DataFrame
    problems: tuple[Problem, ...]
    mapping: tuple[MappedColumn, ...]
    unmapped: tuple[tuple[str, str], ...]
    sheet: str
    header_row: int
    notes: tuple[Problem, ...]
    originals: DataFrame
    date_orders: Mapping[str, str] = field(default_factory=dict)
    cells: DataFrame = field(default_factory=CELLS.empty)


def read_roster(book: Book, options: ReadOptions = ReadOptions()) -> RosterReading:  # noqa: B008 - frozen
    """The people of a book and their permits, with the account of every row and everything doubtful.

    Raises: RosterError when there is no table, no person_id, or a header that only the office can explain.
    """
    wanted = {name: header for name, header in options.columns.items() if header}
    named = [h for name, h in wanted.items() if name not in ("ignored", "dropped")]
    table = find_table(book, sheet=options.sheet, header_row=options.header_row, wanted=named)
    binding = bind_headers(table.heading.texts, wanted, table.where)
    page = MappedTable(table, binding, options)
    excluded = excluded_rows(page)
    dates = _dates(page, book.is_1904, np.asarray(excluded == ""))
    settled = not_temporary(page, DataFrame({c: dates[c].says("state", "date") for c in dates}, index=page.index))
    excluded = excluded.mask((excluded == "") & settled, "citizen_or_permanent_resident")
    return _reading(book, page, dates, excluded)


def _reading(book: Book, page: MappedTable, dates: dict[int, DateColumn], excluded: Series) -> RosterReading:
    among = np.asarray(excluded == "")
    ids = person_ids(page.cells[page.bound("person_id")[0].column])
    nobody, no_person = without_person(page, ids, among)
    broken, cells = _broken(page, among)
    doubts = date_doubts(page, dates, among)
    aside = nobody.where(nobody != "", broken).pipe(lambda code: code.where(code != "", doubts.code))
    texts, strange = _words(page, among)
    texts["person_id"] = ids
    repeated, twice = repeated_people(page, ids, among & np.asarray(aside == ""))
    zones = row_zones(texts.get("time_zone"), texts.get("province"), page.options.time_zone, page.index)
    keep = among & np.asarray(aside == "") & ~repeated
    roster, row = _roster(Sheetful(page, texts, dates, zones), keep, doubts.careful)
    problems = [
        *_file(book, page, excluded),
        *no_person,
        *cells,
        *doubts.problems,
        *strange,
        *twice,
        *conflicting_rows(page, roster, row),
    ]
    reading = RosterReading(
        roster=roster,
        rows=_account(page, texts, excluded, aside),
        problems=tuple(sorted(problems, key=lambda p: (p.row, p.column, p.code))),
        mapping=tuple(_mapped(page, bound) for bound in page.binding.bound),
        unmapped=tuple((header, letter(column)) for header, column in page.binding.unmapped),
        sheet=page.table.sheet.name,
        header_row=page.table.heading.row,
        notes=page.table.notes,
        originals=_originals(page, aside),
        cells=shown_cells(page, ids, dates, aside, excluded, page.options.shown),
        date_orders={page.name(b): dates[b.column].proven for b in page.binding.bound if _proves(dates, b)},
    )
    log.info("roster: %d rows read, %d set aside, %d excluded", len(among), (aside != "").sum(), (~among).sum())
    return reading


def _dates(page: MappedTable, is_1904: bool, among: Truth) -> dict[int, DateColumn]:
    """Every date column, each decided by the whole of itself; rows that are excluded prove nothing."""
    read = {}
    for bound in page.binding.bound:
        if not bound.field.endswith(("_on", "_at")) and bound.field != "application_filed":
            continue
        cells = page.cells[bound.column].where(among) if not among.all() else page.cells[bound.column]
        if bound.field == "application_filed":
            said = read_words(cells, lookup("yes_no"))[0]
            cells = cells.where(said.isna())
        rules = DateRules(
            order=_told_order(page, bound),
            pivot=page.options.two_digit_pivot,
            is_1904=is_1904,
            is_expiry=bound.field == "permit_expires_on",
            is_receipt=bound.field in (*RECEIPTS, "application_filed"),
        )
        read[bound.column] = read_dates(cells, rules)
    return read


def _told_order(page: MappedTable, bound: BoundColumn) -> str | None:
    """The order of day and month that somebody told: for this field, for the roster, or in the header itself."""
    field_order = page.options.date_orders.get(page.name(bound))
    return field_order or page.options.date_order or declared_order(bound.header)


def _proves(dates: dict[int, DateColumn], bound: BoundColumn) -> bool:
    return bound.column in dates and dates[bound.column].proven != ""


def _words(page: MappedTable, among: Truth) -> Said:
    """The columns of text: as written, or in the words of a closed list; what is in no list is told once."""
    texts = {b.field: page.cells[b.column] for b in page.binding.bound if b.field in AS_WRITTEN}
    problems: list[Problem] = []
    for name in (*LISTED, "time_zone"):
        for bound in page.bound(name):
            cells = page.cells[bound.column].where(among)
            texts[name], strange = read_words(cells, lookup(name))
            problems += _strange(page, bound, strange)
    if page.bound("sign_in_method"):
        texts["sign_in_method"] = texts["sign_in_method"].fillna("unknown")
    if page.options.population:
        default = Series(page.options.population, index=page.index, dtype="str")
        texts["population"] = texts["population"].fillna(default) if "population" in texts else default
    return _with_filed(page, texts), problems


def _with_filed(page: MappedTable, texts: dict[str, Series]) -> dict[str, Series]:
    """`Renewal filed: yes` is an application whose outcome is pending, unless an outcome is told."""
    for bound in page.bound("application_filed"):
        said = read_words(page.cells[bound.column], lookup("yes_no"))[0]
        pending = Series(pd.NA, index=page.index, dtype="str").mask((said == "yes").fillna(False), "pending")
        told = texts.get("application_outcome")
        texts["application_outcome"] = pending if told is None else told.fillna(pending)
    return texts


def _strange(page: MappedTable, bound: BoundColumn, strange: DataFrame) -> list[Problem]:
    settled = value_list("not_temporary") if bound.field == "permit_kind" else {}
    return [
        page.problem("value_unknown", row, bound.column, value, field=bound.field, count=str(count))
        for value, count, row in strange.itertuples(index=False)
        if spelled(value) not in settled
    ]


def _broken(page: MappedTable, among: Truth) -> tuple[Series, list[Problem]]:
    """Spreadsheet errors and formulas without a result, which would otherwise look like empty cells."""
    code = Series("", index=page.index, dtype="str")
    fields = {b.column: b for b in page.binding.bound}
    read = set(page.index[among].tolist())
    problems = []
    for row, column, name, value in page.broken.itertuples(index=False):
        if row not in read:
            continue
        governs = fields[column].field in GOVERNING or fields[column].field == "person_id"
        if governs:
            code[row] = name
        told = name if governs else f"{name}_kept"
        problems.append(page.problem(told, row, column, value, field=page.name(fields[column])))
    return code, problems


def _roster(read: Sheetful, keep: Truth, careful: Truth) -> tuple[DataFrame, Series]:
    """The ROSTER frame, and the sheet's row of each of its rows."""
    roster = roster_rows(read, keep)
    if careful.any():
        doubt = (roster["date_certainty"] == "clear") & Series(careful, index=read.page.index)[roster.index]
        roster = roster.assign(date_certainty=roster["date_certainty"].mask(doubt, "uncertain"))
    rows = Series(roster.index)
    return require(roster.reset_index(drop=True), ROSTER), rows


def _account(page: MappedTable, texts: dict[str, Series], excluded: Series, aside: Series) -> DataFrame:
    outcome = np.where(excluded != "", "excluded", np.where(aside != "", "set_aside", "assessed"))
    frame = DataFrame(
        {
            "source_row": page.source_rows,
            "person_id": texts["person_id"],
            "unit": texts.get("unit"),
            "contact_email": texts.get("contact_email"),
            "outcome": outcome,
            "rule": excluded.where(excluded != "", aside),
        },
        index=page.index,
    )
    return require(ROWS.cast(frame.reset_index(drop=True)), ROWS)


def _mapped(page: MappedTable, bound: BoundColumn) -> MappedColumn:
    if bound.field == "dropped":
        return MappedColumn("dropped", bound.header, letter(bound.column), bound.how)
    samples = page.cells[bound.column].dropna().iloc[:1000].drop_duplicates().iloc[:SAMPLES]
    return MappedColumn(page.name(bound), bound.header, letter(bound.column), bound.how, tuple(samples))


def _originals(page: MappedTable, aside: Series) -> DataFrame:
    """The rows set aside, as they stood, under their own headers; dropped columns are not shown."""
    dropped = {b.column for b in page.bound("dropped")}
    texts = {c: t for c, t in page.table.heading.texts.items() if c not in dropped}
    headers = list(texts.values())
    names = [t if headers.count(t) == 1 else f"{t} [{letter(c)}]" for c, t in texts.items()]
    out = np.asarray(aside != "")
    cells = page.table.rows.loc[out, list(texts)].set_axis(names, axis=1)
    return cells.set_axis(pd.Index(page.source_rows[out], name="source_row"), axis=0)


def _file(book: Book, page: MappedTable, excluded: Series) -> list[Problem]:
    """What was noticed about the file, the sheet and the headers as a whole."""
    told = [Problem(book.source, code, value=value) for code, value in book.notes]
    told += [note for note in page.table.notes if note.severity != "info"]
    below = page.index[excluded == "other_table"]
    if len(below):
        first = page.table.rows.loc[below[0]].dropna().iloc[0]
        told.append(page.problem("table_below", below[0], value=first, count=str(len(below))))
    return [*told, *_unclear(page, page.binding)]


def _unclear(page: MappedTable, binding: Binding) -> list[Problem]:
    return [
        page.problem(
            "header_unclear",
            page.table.heading.row,
            column,
            header,
            fields=", ".join(f for f in told.fields if f != "ignored"),
            field=told.fields[0],
        )
        for header, column, told in binding.unclear
    ]
