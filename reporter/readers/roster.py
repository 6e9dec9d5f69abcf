"""The door of this room for rosters: a book of sheets in, people and their permits out, every row accounted for.

Pure: no files, no clock. What is wrong with a cell is a Problem; what is wrong with the whole file is a RosterError.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace
from pandas import DataFrame, Series

from reporter.errors import RosterError, refused
from reporter.model.problem import Problem, letter
from reporter.model.report import NotRead
from reporter.model.shapes import CELLS, ROSTER, ROWS, require
from reporter.readers.book import Book
from reporter.readers.dates import (
    RECEIPTS,
    DateColumn,
    DateEvidence,
    DateRules,
    date_evidence,
    on_days_of,
    on_utc,
    read_dates,
    row_zones,
)
from reporter.readers.headers import (
    BoundColumn,
    bind_headers,
    declared_order,
    declares_utc,
    is_other_document,
    kinds_like,
)
from reporter.readers.mapped_table import (
    MappedTable,
    ReadOptions,
    RosterEvidence,
    excluded_rows,
    excluded_texts,
    id_counts,
    misshapen_rows,
    not_temporary,
)
from reporter.readers.people import (
    Sheetful,
    exported_ids,
    made_ids,
    person_ids,
    principal_ids,
    repeated_people,
    roster_rows,
    without_person,
)
from reporter.readers.table import FoundTable, find_tables
from reporter.readers.values import (
    DIGIT,
    LISTED,
    Truth,
    allowed_words,
    is_blank_word,
    lookup,
    matches,
    one_of,
    quoted,
    read_words,
    says_settled,
    tidy_column,
    truth,
)
from reporter.readers.warnings import GOVERNING, counts_days, date_doubts, require_end, unread_problems

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
    return told | (dates[bound.column].as_read(place) if bound.column in dates else {})


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
SETTLED_ROW = "citizen_or_permanent_resident"
UNMADE = {
    "application_outcome": ("application_filed_at", "application_filed"),
    "second_application_outcome": ("second_application_filed_at",),
}
"""The columns of the filings that each column of outcomes is about."""
LETTERS = ("letter_dated_on", "letter_due_on")
SAMPLES = 5
TWO_WORDS = r"\S[ ,]+\S"
MADE, MADE_HEADER = -1, "name and unit"  # the column of keys that no sheet has, in front of the others
LEFT = "sheet_with_table_left"
Said = tuple[dict[str, Series], list[Problem]]


class MappedColumn(Struct, frozen=True):
    """One column that is read: its field, its header, its letter, why, and a few of its values.

    `how` is alias, settings, or profile (a known system's own name). A dropped column shows no values.
    """

    field: str
    header: str
    column: str
    how: str
    samples: tuple[str, ...] = ()


class RosterReading(Struct, frozen=True):
    """A roster read. `roster` is ROSTER, `rows` is ROWS with every row of the table once.

    `notes` tell how the table was found; `date_orders` is dmy or mdy for each field
    whose column proves it; `originals` are the rows set aside, with the cells as they stood
    (index `source_row`), without the columns that are dropped, and `lines` are all rows so;
    `cells` are those of the person that the options want shown, as CELLS;
    `not_read` is what of the file was not read as rows at all.
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
    not_read: tuple[NotRead, ...] = ()
    lines: DataFrame = field(default_factory=DataFrame)

    def with_rows(self, rows: DataFrame, roster: DataFrame, told: Sequence[Problem]) -> "RosterReading":
        """The reading with other fates of its rows: those set aside leave the roster and are kept as they stood."""
        aside = rows.loc[rows["outcome"] == "set_aside", "source_row"]
        return replace(
            self,
            rows=require(rows, ROWS),
            roster=roster[~roster["source_row"].isin(aside)].reset_index(drop=True),
            problems=in_place((*self.problems, *told)),
            originals=self.lines[self.lines.index.isin(aside)],
        )


def read_roster(book: Book, options: ReadOptions = ReadOptions()) -> RosterReading:  # noqa: B008 - frozen
    """The first table of a book alone, for a book that is known to hold one; see read_tables.

    Raises: RosterError.
    """
    return read_tables(book, options)[0]


def read_tables(book: Book, options: ReadOptions = ReadOptions()) -> tuple[RosterReading, ...]:  # noqa: B008 - frozen
    """The people of a book and their permits, with the account of every row and everything doubtful.

    Each table of the roster's form (a campus, a year, a block) is a reading; what was not read stands with the first.

    Raises: RosterError when there is no table, no person_id, no date, or a header that only the office can explain.
    """
    parts, not_read, left = _parts(book, options)
    if not (options.evidence and options.evidence.says_dates):
        _refuse_undated(parts)
    readings = [_reading(part) for part in parts]
    told = [Problem(book.source, code, value=value) for code, value in book.notes]
    told += [Problem(p.source, p.why, p.sheet, value=p.sheet, details={"count": str(p.rows)}) for p in left]
    return (replace(readings[0], not_read=tuple(not_read), problems=(*told, *readings[0].problems)), *readings[1:])


def roster_evidence(book: Book, options: ReadOptions) -> RosterEvidence:
    """What one file of a roster shows, for all its files to be read by. Raises: RosterError - as `read_tables`."""
    return reduce(RosterEvidence.joined, map(_evidence, _parts(book, options)[0]))


def _evidence(part: "Part") -> RosterEvidence:
    page, among = part.page, part.sound
    dates: dict[tuple[str, str], DateEvidence] = {}
    for bound in page.binding.bound:
        if bound.column in part.dates:
            key, found = (bound.field, bound.kind), date_evidence(part.dates[bound.column], among)
            dates[key] = dates[key].joined(found) if key in dates else found
    beside = page.table.rows.notna().to_numpy().sum(axis=1) != 1
    return RosterEvidence(dates, id_counts(page, beside), _says_dates(part), bool(among.any()))


def _parts(book: Book, options: ReadOptions) -> tuple[list["Part"], list[NotRead], list[NotRead]]:
    """The tables of the roster in the book, with their dates read; what of the book is not read; and what of that has
    not been told. Raises: RosterError - as `read_tables`."""
    wanted = {name: header for name, header in options.columns.items() if header}
    named = [h for name, h in wanted.items() if name not in ("ignored", "dropped")]
    found = find_tables(book, sheet=options.sheet, header_row=options.header_row, wanted=named)
    first, *others = found.tables
    pages, left = [_page(first, wanted, options)], []
    for table in others:
        try:
            pages.append(_page(table, wanted, options))
        except RosterError as error:
            log.info("a table is not read: %s", type(error).__name__)
            left.append(NotRead(book.source, table.sheet.name, len(table.rows), LEFT))
    parts = _in_one_order([_part(page, book.is_1904) for page in pages], book.is_1904)
    return parts, [*found.not_read, *left], left


class Part(Struct, frozen=True):
    """One table with its dates read, and what is known of its rows before their other cells are.

    `excluded` is the rule that takes a row out, `misshapen` the problem of a row whose cells may stand one column
    off: both by the sheet's row numbers, and empty where nothing is amiss.
    """

    page: MappedTable
    excluded: Series
    misshapen: Series
    problems: list[Problem]
    dates: dict[int, DateColumn]

    @property
    def sound(self) -> Truth:
        """The rows whose cells may be read."""
        return np.asarray((self.excluded == "") & (self.misshapen == ""))

    @property
    def orders(self) -> dict[str, str]:
        """The order of day and month, for each field whose column proves one."""
        bound = (b for b in self.page.binding.bound if b.column in self.dates)
        return {self.page.name(b): order for b in bound if (order := self.dates[b.column].proven)}


def _page(table: FoundTable, wanted: Mapping[str, str], options: ReadOptions) -> MappedTable:
    """The table with its columns bound; where the settings ask for it, with a column of keys made of name and unit."""
    if not options.person_id_from:
        page = MappedTable(table, bind_headers(table.heading.texts, wanted, table.where, table.is_numbered), options)
    else:
        blank = table.with_column(MADE, MADE_HEADER, Series(pd.NA, index=table.rows.index, dtype="str"))
        chosen = {**wanted, "person_id": MADE_HEADER}
        binding = bind_headers(blank.heading.texts, chosen, table.where, blank.is_numbered)
        bare = MappedTable(blank, binding, options)
        named = [b.column for name in ("full_name", "family_name", "given_names") for b in bare.bound(name)]
        if not named:
            raise refused(RosterError, "stop_no_names", where=table.where)
        units = bare.of("unit")
        none = Series(pd.NA, index=bare.index, dtype="str")
        ids = made_ids(bare.cells[named], none if units is None else units, table.rows.notna().sum(axis=1))
        page = MappedTable(table.with_column(MADE, MADE_HEADER, ids), binding, options)
    require_end(page)
    return page


def _part(page: MappedTable, is_1904: bool) -> Part:
    excluded = excluded_rows(page)
    misshapen, told = misshapen_rows(page, np.asarray(excluded == ""))
    sound = np.asarray((excluded == "") & (misshapen == ""))
    dates = _dates(page, is_1904, sound)
    settled = not_temporary(page, DataFrame({c: dates[c].says("state", "date") for c in dates}, index=page.index))
    excluded = excluded.mask(sound & settled, SETTLED_ROW)
    return Part(page, excluded, misshapen, told, dates)


def _in_one_order(parts: list[Part], is_1904: bool) -> list[Part]:
    """The tables of one roster, each with the order of day and month that another proves, where none proves another."""
    proven: dict[str, set[str]] = {}
    for part in parts:
        for name, order in part.orders.items():
            proven.setdefault(name, set()).add(order)
    shared = {name: next(iter(orders)) for name, orders in proven.items() if len(orders) == 1}
    return [part if part.orders == shared else _in_order(part, shared, is_1904) for part in parts]


def _in_order(part: Part, shared: Mapping[str, str], is_1904: bool) -> Part:
    orders = {**shared, **part.orders, **part.page.options.date_orders}
    return _part(replace(part.page, options=replace(part.page.options, date_orders=orders)), is_1904)


def _refuse_undated(parts: list[Part]) -> None:
    """A list in which no cell says anything of a date is no roster: nobody in it could be told of anything."""
    if any(_says_dates(part) for part in parts) or not any(part.sound.any() for part in parts):
        return
    page, dates = parts[0].page, parts[0].dates
    headers = ", ".join(bound.header for bound in page.binding.bound if bound.column in dates)
    code = "stop_dates_empty" if headers else "stop_no_dates"
    raise refused(RosterError, code, where=page.table.where, headers=headers)


def _says_dates(part: Part) -> bool:
    says = any((~column.says("state", "missing")[part.sound]).any() for column in part.dates.values())
    return says or bool(part.page.broken["column"].isin(list(part.dates)).any())


def _reading(part: Part) -> RosterReading:
    page, dates, excluded, among = part.page, part.dates, part.excluded, part.sound
    ids = person_ids(page.cells[page.bound("person_id")[0].column])
    nobody, no_person = without_person(page, ids, among)
    broken, cells = _broken(page, among)
    doubts = date_doubts(page, dates, among)
    others, of_others = _of_other_documents(page, dates, among)
    aside = _first_reason(part.misshapen, nobody, broken, others, doubts.code)
    texts, strange = _words(page, among & np.asarray(others == ""))
    texts["person_id"] = ids
    for bound in page.bound("principal_id"):
        texts["principal_id"] = principal_ids(page.cells[bound.column])
    texts, headed = _with_group_units(page, texts, excluded)
    texts, contrary = _without_contradiction(page, texts, dates, among)
    texts = _with_letters(page, texts, dates)
    texts, dates, unmade = _without_unmade(page, texts, dates, among)
    repeated, twice = repeated_people(page, ids, among & np.asarray(aside == ""))
    zones = row_zones(texts.get("time_zone"), texts.get("province"), page.options.time_zone, page.index)
    keep = among & np.asarray(aside == "") & ~repeated
    roster = _roster(Sheetful(page, texts, dates, zones), keep, doubts.careful)
    problems = [
        *_file(page),
        *excluded_texts(page, excluded),
        *part.problems,
        *no_person,
        *exported_ids(page, ids, among),
        *_ids_like_names(page, ids, among & np.asarray(nobody == "")),
        *cells,
        *doubts.problems,
        *of_others,
        *strange,
        *contrary,
        *_settled_with_end(page, excluded, dates),
        *unmade,
        *headed,
        *twice,
    ]
    lines = _lines(page)
    reading = RosterReading(
        roster=roster,
        rows=_account(page, texts, excluded, aside, repeated),
        problems=in_place(problems),
        mapping=tuple(_mapped(page, bound) for bound in page.binding.bound),
        unmapped=tuple((header, letter(column)) for header, column in page.binding.unmapped),
        sheet=page.table.sheet.name,
        header_row=page.table.heading.row,
        notes=page.table.notes,
        originals=lines[np.asarray(aside != "")],
        lines=lines,
        cells=shown_cells(page, ids, dates, aside, excluded, page.options.shown),
        date_orders=part.orders,
    )
    log.info("roster: %d rows read, %d set aside, %d excluded", len(among), (aside != "").sum(), (excluded != "").sum())
    return reading


def _first_reason(*codes: Series) -> Series:
    """Of each row, the first reason to set it aside."""
    first, *others = codes
    for code in others:
        first = first.where(first != "", code)
    return first


def _dates(page: MappedTable, is_1904: bool, among: Truth) -> dict[int, DateColumn]:
    """Every date column, each decided by the whole of itself, over all files; rows that are excluded prove nothing."""
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
            whole=page.options.evidence.dates.get((bound.field, bound.kind)) if page.options.evidence else None,
        )
        column = read_dates(cells, rules)
        column = on_utc(column) if declares_utc(bound.header) else column
        read[bound.column] = on_days_of(column, page.options.time_zone) if counts_days(bound.field) else column
    return read


def _told_order(page: MappedTable, bound: BoundColumn) -> str | None:
    """The order of day and month that somebody told: for this field, for the roster, or in the header itself."""
    field_order = page.options.date_orders.get(page.name(bound))
    return field_order or page.options.date_order or declared_order(bound.header)


def _words(page: MappedTable, among: Truth) -> Said:
    """The columns of text: as written, or in the words of a closed list; what is in no list is told once."""
    texts = {b.field: page.cells[b.column] for b in page.binding.bound if b.field in AS_WRITTEN}
    problems: list[Problem] = []
    for name in (*LISTED, "time_zone"):
        for bound in page.bound(name):
            cells = page.cells[bound.column].where(among)
            texts[name], strange = read_words(cells, lookup(name, page.values))
            problems += _strange(page, bound, strange)
    if page.bound("sign_in_method"):
        texts["sign_in_method"] = texts["sign_in_method"].fillna("unknown")
    for name, word in (("population", page.options.population), ("school_level", page.options.school_level)):
        if word:
            default = Series(word, index=page.index, dtype="str")
            texts[name] = texts[name].fillna(default) if name in texts else default
    return _with_filed(page, texts), problems


def _of_other_documents(
    page: MappedTable, dates: Mapping[int, DateColumn], among: Truth
) -> tuple[Series, list[Problem]]:
    """The rows of a list of documents that are no permit's: of a passport's row, the end is not that of a stay."""
    code, kinds = Series("", index=page.index, dtype="str"), page.of("permit_kind")
    ends = [bound for bound in page.bound("permit_expires_on") if not bound.kind]
    if kinds is None or not ends:
        return code, []
    known = lookup("permit_kind", page.values)
    others = [text for text in kinds.dropna().unique() if known(text) is None and is_other_document(text)]
    at = page.index[among & truth(kinds.isin(others)) & dates[ends[0].column].says("state", "date")]
    code[at] = "other_document"
    return code, page.problems("other_document", at.tolist(), page.bound("permit_kind")[0])


def _without_contradiction(
    page: MappedTable, texts: dict[str, Series], dates: dict[int, DateColumn], among: Truth
) -> Said:
    """A kind that says `no permit` beside the date on which one ends: the date counts, and the row is told."""
    kinds = texts.get("permit_kind")
    if kinds is None:
        return texts, []
    left, problems = kinds, _unlike_headings(page, kinds, dates, among)
    for bound in page.bound("permit_expires_on"):
        ends = dates[bound.column]["on"]
        at = page.index[among & truth(kinds == "none") & ends.notna().to_numpy()]
        left = left.mask(kinds.index.isin(at))
        said = page.bound("permit_kind")[0]
        for row in at:
            told = {"header": said.header, "other": bound.header, "first": f"{ends[row]:%Y-%m-%d}"}
            value = page.cells[said.column][row]
            problems.append(page.problem("kind_contradicts", row, said.column, value, **told))
    return texts | {"permit_kind": left}, problems


def _unlike_headings(page: MappedTable, kinds: Series, dates: Mapping[int, DateColumn], among: Truth) -> list[Problem]:
    """A kind beside ends that stand under the headings of other kinds alone, each once with its first row."""
    ends = page.bound("permit_expires_on")
    if not any(bound.kind for bound in ends):
        return []
    filled = {bound: dates[bound.column].says("state", "date") for bound in ends}
    alike = [filled[bound] & truth(kinds.isin(kinds_like(bound.kind)) | (not bound.kind)) for bound in ends]
    is_told = truth(kinds.notna() & (kinds != "none")) & np.any([*filled.values()], axis=0) & among
    odd = kinds[is_told & ~np.any(alike, axis=0)]
    said = page.bound("permit_kind")[0]
    problems = []
    for row, kind in odd.drop_duplicates().items():
        other = " / ".join(bound.header for bound in ends if filled[bound][page.index.get_loc(row)])
        told = {"header": said.header, "other": other, "count": str(int((odd == kind).sum()))}
        problems.append(page.problem("kind_unlike_heading", row, said.column, page.cells[said.column][row], **told))
    return problems


def _with_letters(page: MappedTable, texts: dict[str, Series], dates: Mapping[int, DateColumn]) -> dict[str, Series]:
    """A letter of no known kind, without the day that it asks for, is some other letter: it does not vanish."""
    none = Series(pd.NA, index=page.index, dtype="str")
    cells, kinds = page.of("letter_kind"), texts.get("letter_kind", none)
    said = none if cells is None else cells.mask(cells.map(is_blank_word, na_action="ignore").eq(True))
    is_no = read_words(said, lookup("yes_no"))[0] == "no"
    dated, due = (
        np.any([np.zeros(len(page.index), dtype=bool), *found], axis=0)
        for found in ([dates[b.column].says("state", "date") for b in page.bound(name)] for name in LETTERS)
    )
    is_other = truth(kinds.isna()) & (truth(said.notna()) & ~truth(is_no) | dated) & ~due
    return texts | {"letter_kind": kinds.mask(is_other, "other")} if is_other.any() else texts


def _settled_with_end(page: MappedTable, excluded: Series, dates: Mapping[int, DateColumn]) -> list[Problem]:
    """Citizens and permanent residents beside the end of a permit, of whom one may be neither: told at the first."""
    if not page.bound("permit_kind"):
        return []
    ends = [dates[bound.column].says("state", "date") for bound in page.bound("permit_expires_on")]
    rows = page.index[np.any(ends, axis=0) & np.asarray(excluded == SETTLED_ROW)].tolist() if ends else []
    return page.problems("settled_with_end", rows[:1], page.bound("permit_kind")[0], count=str(len(rows)))


def _without_unmade(
    page: MappedTable, texts: dict[str, Series], dates: Mapping[int, DateColumn], among: Truth
) -> tuple[dict[str, Series], dict[int, DateColumn], list[Problem]]:
    """An application that was withdrawn, or is a draft: a filing beside it answers nothing, and is told.

    An outcome in a word that nobody knows is unclear, not pending: `Decision received` may be a refusal.
    """
    texts, dates, problems = dict(texts), dict(dates), []
    for name, filed in UNMADE.items():
        for bound in page.bound(name):
            cells = page.cells[bound.column]
            own, strange = read_words(cells, lookup(name, page.values))
            is_none = truth(read_words(cells, lookup("no_application"))[0].notna() & own.isna())
            texts[name] = texts[name].mask(truth(cells.isin(strange["value"])) & ~is_none, "unclear")
            stands_not = among & is_none
            told = stands_not & truth(texts[name].notna())
            texts[name] = texts[name].mask(stands_not)
            for other in (b for one in filed for b in page.bound(one)):
                column = dates[other.column]
                told |= stands_not & column["on"].notna().to_numpy()
                dates[other.column] = replace(column, codes=np.where(stands_not, -1, column.codes))
            problems += page.problems("filing_unmade", page.index[told].tolist(), bound)
    for bound in page.bound("application_filed"):
        is_no = among & truth(read_words(page.cells[bound.column], lookup("yes_no"))[0] == "no")
        for other in page.bound("application_outcome"):
            rows = is_no & truth(texts["application_outcome"] == "pending")
            texts["application_outcome"] = texts["application_outcome"].mask(rows)
            problems += page.problems("filing_denied", page.index[rows].tolist(), bound, other=other.header)
    return texts, dates, problems


def _with_group_units(page: MappedTable, texts: dict[str, Series], excluded: Series) -> Said:
    """The heading over a group of rows as the unit of those that name none, where the list has a column of units."""
    heads = np.asarray(excluded == "group_heading")
    units = texts.get("unit")
    if units is None or not heads.any():
        return texts, []
    first = tidy_column(page.table.rows[heads].bfill(axis=1).iloc[:, 0])
    under = first.reindex(page.index).ffill().where(excluded == "")
    filled = units.isna() & under.notna()
    if not filled.any():
        return texts, []
    bound, row = page.bound("unit")[0], page.index[np.asarray(filled)][0]
    told = page.problem("unit_from_heading", row, bound.column, header=bound.header, count=str(int(filled.sum())))
    return texts | {"unit": units.fillna(under)}, [told]


def _with_filed(page: MappedTable, texts: dict[str, Series]) -> dict[str, Series]:
    """`Renewal filed: yes` is an application whose outcome is pending, unless an outcome is told."""
    for bound in page.bound("application_filed"):
        said = read_words(page.cells[bound.column], lookup("yes_no"))[0]
        pending = Series(pd.NA, index=page.index, dtype="str").mask((said == "yes").fillna(False), "pending")
        told = texts.get("application_outcome")
        texts["application_outcome"] = pending if told is None else told.fillna(pending)
    return texts


def _strange(page: MappedTable, bound: BoundColumn, strange: DataFrame) -> list[Problem]:
    """The values that no list knows, each once with how often it stands there and the line that would explain it."""
    told = {"field": bound.field, "header": bound.header, "words": ", ".join(allowed_words(bound.field))}
    return [
        page.problem("value_unknown", row, bound.column, value, count=str(count), quoted=quoted(value), **told)
        for value, count, row in strange.itertuples(index=False)
        if not (bound.field == "permit_kind" and says_settled(value, page.values))
        and not (bound.field in UNMADE and lookup("no_application")(value))
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
        bound = fields[column]
        problems.append(page.problem(told, row, column, value, field=page.name(bound), header=bound.header))
    return code, problems


def in_place(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of one reading in the order of its rows."""
    return tuple(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[int, str, str]:
    return problem.row, problem.column, problem.code


def _roster(read: Sheetful, keep: Truth, careful: Truth) -> DataFrame:
    """The ROSTER frame of the rows to keep; a date that another contradicts is held uncertain."""
    roster = roster_rows(read, keep)
    if careful.any():
        doubt = (roster["date_certainty"] == "clear") & Series(careful, index=read.page.index)[roster.index]
        roster = roster.assign(date_certainty=roster["date_certainty"].mask(doubt, "uncertain"))
    return require(roster.reset_index(drop=True), ROSTER)


def _account(
    page: MappedTable, texts: dict[str, Series], excluded: Series, aside: Series, repeated: Truth
) -> DataFrame:
    outcome = np.where(excluded != "", 3, np.where(aside != "", 2, repeated))
    frame = DataFrame(
        {
            "source_row": page.source_rows,
            "person_id": texts["person_id"],
            "unit": texts.get("unit"),
            "contact_email": texts.get("contact_email"),
            "outcome": one_of(("assessed", "repeated", "set_aside", "excluded"), outcome),
            "rule": excluded.where(excluded != "", aside).mask(repeated, "duplicate_row"),
        },
        index=page.index,
    )
    return require(ROWS.cast(frame.reset_index(drop=True)), ROWS)


def _mapped(page: MappedTable, bound: BoundColumn) -> MappedColumn:
    if bound.field == "dropped":
        return MappedColumn("dropped", bound.header, letter(bound.column), bound.how)
    samples = page.cells[bound.column].dropna().iloc[:1000].drop_duplicates().iloc[:SAMPLES]
    shown = tuple(str(one).removesuffix(" 00:00:00") for one in samples)  # a day, as the cell shows it
    return MappedColumn(page.name(bound), bound.header, letter(bound.column), bound.how, shown)


def _lines(page: MappedTable) -> DataFrame:
    """The rows as they stand, under their own headers; dropped columns are not shown."""
    dropped = {b.column for b in page.bound("dropped")}
    texts = {c: t for c, t in page.table.heading.texts.items() if c not in dropped}
    headers = list(texts.values())
    names = [t if headers.count(t) == 1 else f"{t} [{letter(c)}]" for c, t in texts.items()]
    cells = page.table.rows[list(texts)].set_axis(names, axis=1)
    return cells.set_axis(pd.Index(page.source_rows, name="source_row"), axis=0)


def _file(page: MappedTable) -> list[Problem]:
    """What was noticed about the sheet and the headers as a whole."""
    told = [note for note in page.table.notes if note.severity != "info"]
    if page.options.person_id_from:
        told.append(page.problem("ids_made", page.table.heading.row))
    return [*told, *unread_problems(page), *_unclear(page)]


def _ids_like_names(page: MappedTable, ids: Series, among: Truth) -> list[Problem]:
    """The column of ids where it holds several words without a digit: as an id, a name would stand in every mail.

    So would one word that the name beside it has. The column and its first such row are told, never what stands there.
    """
    words = among & truth(ids.notna()) & ~matches(ids, DIGIT)
    if words.any():
        words[words] = truth(ids[words].str.contains(TWO_WORDS)) | _in_name(page, ids[words])
    if not words.any():
        return []
    bound, row = page.bound("person_id")[0], page.index[words][0]
    told = {"header": bound.header, "quoted": quoted(bound.header), "count": str(int(words.sum()))}
    return [page.problem("ids_like_names", row, bound.column, **told)]


def _in_name(page: MappedTable, ids: Series) -> Truth:
    """Whether each id is a word of the name on its row, or the whole of it."""
    found = np.zeros(len(ids), dtype=bool)
    for bound in (b for name in ("full_name", "family_name", "given_names") for b in page.bound(name)):
        names = page.cells.loc[ids.index, bound.column].str.casefold()
        for part in (names, *(column for _, column in names.str.split(r"[ ,]+", regex=True, expand=True).items())):
            found |= truth(part == ids.str.casefold())
    return found


def _unclear(page: MappedTable) -> list[Problem]:
    return [
        page.problem(
            "header_unclear",
            page.table.heading.row,
            column,
            header,
            fields=", ".join(f for f in hung.fields if f != "ignored"),
            field=hung.fields[0],
        )
        for header, column, hung in page.binding.unclear
    ]
