"""The table with its columns bound: its cells tidied, and which of its rows are nobody's, or of another shape.

Blank rows, repeated headings, totals, notes and headings of groups are no people; a row with more or fewer cells than
its neighbours may have its dates one column off. Pure: no files, no clock.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from pandas import DataFrame, Series

from reporter.model.problem import Problem, letter
from reporter.readers.dates import DateEvidence, parts_of
from reporter.readers.delimited import DELIMITERS
from reporter.readers.headers import Binding, BoundColumn, meaning
from reporter.readers.table import LONGEST_TEXT, FoundTable, is_date, is_like_id, is_said_again
from reporter.readers.values import (
    DIGIT,
    Truth,
    matches,
    office_values,
    says_settled,
    spelling_key,
    tidy,
    tidy_column,
    truth,
    unaccented,
    value_list,
)

BLOCK = 16  # rows for which a spreadsheet program decides together how many empty cells at the end it writes


def _is_error(text: str) -> bool:
    """Whether a spreadsheet shows this in place of a value: an error, or the signs that fill a column too narrow."""
    return text.casefold() in value_list("cell_error") or (len(text) > 1 and not text.strip("#"))


class ReadOptions(Struct, frozen=True):
    """What the settings say of one roster.

    `columns` binds a field to a header. `date_order` is dmy, mdy or ymd, for columns that do not prove their own;
    `date_orders` is the same for single fields, and goes first.
    `two_digit_pivot`: 49 is 2049 and 50 is 1950 when it is 50. `population`, `school_level` and `time_zone` are for
    rows that say nothing. `person_id_from` is `name and unit` where the list has no numbers.
    `values` says, for a field, what an office's own values mean.
    `ambiguous` knows one answer, `both`: both readings of a date are kept.
    `shown` is the person whose cells are kept as they stand; nobody's, else. `evidence` is what the whole roster shows,
    where it stands in several files.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    date_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    two_digit_pivot: int = 50
    population: str = ""
    school_level: str = ""
    person_id_from: str = ""
    time_zone: str = "America/Toronto"
    skip_hidden_rows: bool = False
    ambiguous: str = "both"
    shown: str = ""
    evidence: "RosterEvidence | None" = None


class RosterEvidence(Struct, frozen=True):
    """What the columns of a roster in several files show together, so that each file is read as the whole would be.

    `dates` is by field and kind of permit; `ids` counts the ids that hold a digit, and all of them; `says_dates` is
    whether any cell says anything of a date.
    """

    dates: Mapping[tuple[str, str], DateEvidence] = field(default_factory=dict)
    ids: tuple[int, int] = (0, 0)
    says_dates: bool = False
    has_people: bool = False

    def joined(self, other: "RosterEvidence") -> "RosterEvidence":
        """What both files show together."""
        both = {key: DateEvidence() for key in (*self.dates, *other.dates)}
        dates = {key: self.dates.get(key, none).joined(other.dates.get(key, none)) for key, none in both.items()}
        ids = (self.ids[0] + other.ids[0], self.ids[1] + other.ids[1])
        return RosterEvidence(dates, ids, self.says_dates or other.says_dates, self.has_people or other.has_people)


class MappedTable(Struct, frozen=True, dict=True):
    """The table and its columns, read once: every frame and series here has the sheet's row numbers as index."""

    table: FoundTable
    binding: Binding
    options: ReadOptions

    @property
    def index(self) -> pd.Index:
        """The sheet's row numbers."""
        return self.table.rows.index

    @cached_property
    def cells(self) -> DataFrame:
        """The tidied cells of the columns that are read, by column number; dropped columns are not among them."""
        cells = self._tidied
        if self.broken.empty:
            return cells
        broken = np.zeros(cells.shape, dtype=bool)
        columns = {c: place for place, c in enumerate(cells.columns)}
        broken[self.index.get_indexer(pd.Index(self.broken["row"])), [columns[c] for c in self.broken["column"]]] = True
        return cells.mask(broken)

    @cached_property
    def _tidied(self) -> DataFrame:
        read = [b.column for b in self.binding.bound if b.field != "dropped"]
        return DataFrame({c: tidy_column(self.table.rows[c]) for c in read}, index=self.index)

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        """What the office's own values mean, by field and spelling."""
        return office_values(self.options.values)

    @cached_property
    def broken(self) -> DataFrame:
        """The read cells that hold a spreadsheet error or a formula without its result: row, column, code, value."""
        sheet, cells = self.table.sheet, self._tidied
        found = {place: ("cell_error", error) for place, error in sheet.errors.items()}
        found |= {place: ("formula_uncomputed", "") for place in sheet.uncomputed if place not in found}
        for column in cells.columns.tolist():
            texts = cells[column][matches(cells[column], "^#")]
            found |= {(int(str(r)), int(column)): ("cell_error", str(t)) for r, t in texts.items() if _is_error(str(t))}
        rows = set(self.index.tolist())
        kept = [(r, c, *what) for (r, c), what in sorted(found.items()) if c in cells and r in rows]
        return DataFrame(kept, columns=["row", "column", "code", "value"])

    @cached_property
    def source_rows(self) -> Series:
        """Each row's address: file!sheet:row."""
        prefix = f"{self.table.source}!{self.table.sheet.name}:"
        rows = pc.cast(pa.array(self.index.to_numpy()), pa.string())
        return Series(pd.array(pc.binary_join_element_wise(prefix, rows, ""), dtype="str"), index=self.index)

    def bound(self, name: str) -> tuple[BoundColumn, ...]:
        """The columns of a field; more than one only where they name different kinds of permit."""
        return tuple(b for b in self.binding.bound if b.field == name)

    def of(self, name: str) -> Series | None:
        """The tidied cells of a field's (first) column."""
        found = self.bound(name)
        return self.cells[found[0].column] if found else None

    def problem(self, code: str, row: int = 0, column: int | None = None, value: str = "", **details: str) -> Problem:
        """A problem at a cell of this table."""
        where = "" if column is None else letter(column)
        return Problem(self.table.source, code, self.table.sheet.name, int(row), where, value, details)

    def problems(self, code: str, rows: Iterable[int], bound: BoundColumn, **details: str) -> list[Problem]:
        """The same problem at several cells of one column, each with its value."""
        cells, name = self.cells[bound.column], self.name(bound)
        at = list(rows)
        values = cells.loc[at].fillna("")
        return [
            self.problem(code, r, bound.column, v, field=name, header=bound.header, **details)
            for r, v in zip(at, values, strict=True)
        ]

    def name(self, bound: BoundColumn) -> str:
        """The field as the settings write it: `work_permit_expires_on` where several kinds have a column."""
        several = bound.kind and len(self.bound(bound.field)) > 1
        return f"{bound.kind}_{bound.field}" if several else bound.field


TOTAL = re.compile(
    r"(?:(?:grand|sub|sous|net) ?)?tota(?:l|ls|ux)(?: .*)?"
    r"|(?:nombre|number|count|somme|sum|effectif|compte|nb)(?: (?:of|de|d|total|des).*|\s*\d*)?"
)
COUNTS = re.compile(r"(?:(.*) )?(?:total|totals|totaux|count|nombre|subtotal)|(?:total|nombre|nb|sous total)(?: (.*))?")
"""The line that a spreadsheet program or a pivot table puts under a group: `Sales Count`, `Nombre Ventes`."""
WHOLE = ("", "grand", "general", "overall")
DAY_OF_COUNT = re.compile(r"(?:1899|1900)-\d\d-\d\d(?: 00:00:00)?")  # a count in a column whose format is a date's
MOST_COUNTED = 3  # filled cells of such a line
FIRST = 2  # the columns in which a note stands
FEWEST_CELLS = 3  # of a row that stands in one cell
FEWEST_GROUPS = 2  # lone texts between people that make headings of them
LONGEST_NAME = 5  # blanks in a name that ends in a period
FAMILY_FIRST = re.compile(r"[^\W\d]+, [^\W\d]+(?: [^\W\d]+)*")
LISTED = ("note", "total", "group_heading")


def excluded_rows(page: MappedTable) -> Series:
    """The rule that takes a row out, empty where none does: blank, repeated_header, group_heading, total, note…"""
    blank = _blank(page)
    rule = Series("", index=page.index, dtype="str")
    totals, lone = _totals(page), lone_texts(page) & ~_unparted(page)
    rule[lone & _is_after_people(~blank & ~totals & ~lone)] = "note"
    rule[_group_headings(page, blank, totals, lone)] = "group_heading"
    rule[totals] = "total"
    rule[_repeated(page)] = "repeated_header"
    if page.options.skip_hidden_rows:
        rule[page.index.isin(sorted(page.table.sheet.hidden_rows))] = "hidden_by_choice"
    rule[blank] = "blank"
    rule[page.index.isin(list(page.table.sheet.stray))] = ""
    return rule


def excluded_texts(page: MappedTable, rule: Series) -> list[Problem]:
    """What stood in the rows that were taken for no person, so that an officer sees when one was."""
    told = []
    shown = _shown(page)[rule.isin(LISTED).to_numpy(dtype=bool)].astype("object")
    for row, line in zip(shown.index, shown.to_numpy(), strict=True):
        texts = " · ".join(tidy(text) for text in line if isinstance(text, str))
        told.append(page.problem(f"excluded_{rule[row]}", row, None, texts[:LONGEST_TEXT]))
    return told


def _shown(page: MappedTable) -> pd.DataFrame:
    """The table's rows without the columns that are dropped."""
    return page.table.rows.drop(columns=[b.column for b in page.bound("dropped")])


def _blank(page: MappedTable) -> Truth:
    read = page.cells.notna().to_numpy().any(axis=1)
    ids = page.bound("person_id")[0].column
    broken = page.broken[(page.broken["code"] == "cell_error") | (page.broken["column"] == ids)]
    read |= page.index.isin(broken["row"])
    others = page.table.rows.loc[~read].drop(columns=list(page.cells.columns))
    if others.empty:
        return ~read
    said = [tidy_column(others[c]).notna() for c in others if not _numbers_lines(page.table.rows[c])]
    read[~read] = np.column_stack([np.zeros(len(others), dtype=bool), *said]).any(axis=1)
    return ~read


def _numbers_lines(cells: Series) -> bool:
    """Whether a column that is not read counts the lines, also those that wait for somebody."""
    numbers = pd.to_numeric(cells.dropna(), errors="coerce")
    return len(numbers) > 1 and bool((numbers.diff().iloc[1:] == 1).all())


def _repeated(page: MappedTable) -> Truth:
    """The headings again, as page breaks leave them, or once more in the other language of a bilingual list."""
    ids = page.of("person_id")
    assert ids is not None
    column = page.bound("person_id")[0].column
    codes, words = pd.factorize(ids.mask(matches(ids, DIGIT)))
    own = page.table.heading.texts[column].lower()
    is_header = np.array([word.lower() == own or meaning(word) is not None for word in words] + [False])
    maybe = is_header[codes]
    bound = [b.column for b in page.binding.bound if b.field != "dropped"]
    lines = page.cells.loc[maybe, bound].astype("object").to_numpy()
    texts = [{c: text for c, text in zip(bound, line, strict=True) if isinstance(text, str)} for line in lines]
    maybe[maybe] = [is_said_again(page.table.heading, cells) for cells in texts]
    return maybe


def _totals(page: MappedTable) -> Truth:
    """Lines that count: `Total`, `Sous-total :`, `Nombre d'employés`, with no date where a permit's would be."""
    ids = page.of("person_id")
    assert ids is not None
    says = _says_total(ids)
    without = truth(ids.isna())
    if without.any():
        says[without] = _says_total(_first_filled(page, without))
    if says.any():
        says[says] = ~_holds_date(page, says) & ~_is_a_persons(page, says)
    return says | _counts_of_groups(page)


def _counts_of_groups(page: MappedTable) -> Truth:
    """Lines of a group's own value with a word for a total, and of counts, also where one stands for a person's number.

    The value stands in that column on another row too, or the line is of the whole.
    """
    filled = page.table.rows.notna().to_numpy().sum(axis=1)
    found: Truth = (filled > 1) & (filled <= MOST_COUNTED)
    if not found.any():
        return found
    lines = _shown(page).loc[found].astype("object")
    found[found] = [_counts_a_group(page, line) for line in lines.to_dict("records")]
    return found


def _counts_a_group(page: MappedTable, line: Mapping[Hashable, object]) -> bool:
    texts = {column: str(cell) for column, cell in line.items() if isinstance(cell, str)}
    labels = {column: spelling_key(text) for column, text in texts.items() if not _is_count(text)}
    if len(labels) != 1 or len(texts) == 1:
        return False
    column, label = labels.popitem()
    said = COUNTS.fullmatch(label)
    if said is None:
        return False
    group = said[1] or said[2] or ""
    return group in WHOLE or group in map(spelling_key, page.table.rows[column].dropna().unique())


def _is_a_persons(page: MappedTable, which: Truth) -> Truth:
    """Of lines that begin with a word for a total, those of a person called so: with words beside it and no count.

    A kind of permit, a word in place of a date, or `Total, Marie` under the names is nobody's count.
    """
    said = {b.column for name in ("permit_kind", "permit_expires_on") for b in page.bound(name)}
    named = _name_columns(page)
    found = []
    for line in page.cells.loc[which].astype("object").to_dict("records"):
        texts = {c: str(v) for c, v in line.items() if isinstance(v, str)}
        words_beside = [
            c for c, text in texts.items() if not TOTAL.fullmatch(spelling_key(text)) and not _is_count(text)
        ]
        has_count = any(_is_count(text) for text in texts.values())
        is_named = any(FAMILY_FIRST.fullmatch(text) for c, text in texts.items() if c in named)
        found.append(is_named or any(c in said for c in words_beside) or (bool(words_beside) and not has_count))
    return np.array(found, dtype=bool)


def _is_count(text: str) -> bool:
    return bool(DAY_OF_COUNT.fullmatch(text)) or (text[:1].isdigit() and not parts_of(unaccented(text)))


def _says_total(cells: Series) -> Truth:
    found = truth(cells.str.match(r"(?i)(?:grand|sub|sous|net|tota|nombre|number|count|somme|sum|effectif|compte|nb)"))
    found[found] = [bool(TOTAL.fullmatch(spelling_key(text))) for text in cells[found]]
    return found


def _first_filled(page: MappedTable, which: Truth) -> Series:
    """The first text of each of these rows, in any column of the table."""
    lines = _shown(page).loc[which].astype("object")
    return lines.bfill(axis=1).iloc[:, 0].astype("str").str.strip()


def _holds_date(page: MappedTable, which: Truth) -> Truth:
    columns = [b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    lines = page.cells.loc[which, columns]
    return np.array(
        [any(parts_of(unaccented(v)) for v in line if isinstance(v, str)) for line in lines.to_numpy(dtype=object)]
    )


def _is_after_people(people: Truth) -> Truth:
    """The rows under the last that may be a person's."""
    found = np.flatnonzero(people)
    after: Truth = np.arange(len(people)) > (found[-1] if len(found) else -1)
    return after


def _group_headings(page: MappedTable, blank: Truth, totals: Truth, lone: Truth) -> Truth:
    """Lone texts that head groups: merged over several columns, or several, each with a person's row under it."""
    people = ~blank & ~totals & ~lone
    heads = lone & ~totals & ~_is_after_people(people)
    bands = heads & np.asarray(page.index.isin(sorted(page.table.sheet.bands)))
    if heads.sum() < FEWEST_GROUPS:
        return bands
    filled = page.table.rows.loc[heads].notna().to_numpy().argmax(axis=1)
    places = np.flatnonzero(~blank & ~totals)
    following = dict(pairwise(places.tolist()))
    is_head_of_people = all(people[following[place]] for place in np.flatnonzero(heads).tolist())
    is_one_column = len(set(filled.tolist())) == 1
    return heads if is_head_of_people and is_one_column else bands


def _name_columns(page: MappedTable) -> set[int]:
    return {b.column for name in ("full_name", "family_name", "given_names") for b in page.bound(name)}


def lone_texts(page: MappedTable) -> Truth:
    """Rows whose one filled cell, in the first columns, is no id, name or date: a note, a heading between groups."""
    filled = page.table.rows.notna().to_numpy()
    lone: Truth = filled.sum(axis=1) == 1
    if not lone.any():
        return lone
    column, columns = page.bound("person_id")[0].column, list(page.table.heading.texts)
    named = _name_columns(page)
    with_digit, count = page.options.evidence.ids if page.options.evidence else id_counts(page, ~lone)
    coded = with_digit * 2 > count
    places = np.flatnonzero(lone)
    spots = filled[places].argmax(axis=1)
    texts = page.table.rows.iloc[places].to_numpy(dtype=object)[np.arange(len(places)), spots]
    for place, spot, written in zip(places, spots.tolist(), texts, strict=True):
        at, text = columns[spot], tidy(str(written))
        is_id = at == column and is_like_id(text, bool(coded))
        is_name = at in named and not _is_remark(text)
        lone[place] = (at == column or spot < FIRST) and not is_id and not is_name and _is_text(text)
    return lone


def _unparted(page: MappedTable) -> Truth:
    """Rows that stand in one cell, parted by another sign than the others: a number first, a date among the rest."""
    filled = page.table.rows.notna().to_numpy()
    found: Truth = filled.sum(axis=1) == 1
    if found.any():
        texts = page.table.rows[found].bfill(axis=1).iloc[:, 0]
        found[found] = [any(_is_record(str(text).split(sign)) for sign in DELIMITERS) for text in texts]
    return found


def _is_record(cells: list[str]) -> bool:
    return (
        len(cells) >= FEWEST_CELLS and is_like_id(tidy(cells[0]), coded=True) and any(is_date(tidy(c)) for c in cells)
    )


def id_counts(page: MappedTable, among: Truth) -> tuple[int, int]:
    """How many ids of these rows hold a digit, and how many there are: those that stand beside something.

    A line that counts has no id, or a list with a subtotal under each group would seem to number nobody.
    """
    ids = page.cells.loc[among, page.bound("person_id")[0].column].dropna()
    ids = ids[~_says_total(ids)]
    return int(matches(ids, DIGIT).sum()), len(ids)


def _is_text(text: str) -> bool:
    found = parts_of(unaccented(text))
    return any(c.isalpha() for c in text) and (found is None or bool(found.note))


def _is_remark(text: str) -> bool:
    """What no name is like: a footnote, a sentence, a line that says where a list comes from. In doubt it is a name."""
    is_labelled = any(f"{spelling_key(text)} ".startswith(f"{word} ") for word in value_list("remark"))
    is_sentence = text.endswith(".") and text.count(" ") > LONGEST_NAME
    return is_labelled or is_sentence or text[:1] in "*†‡#(" or any(c.isdigit() for c in text)


def not_temporary(page: MappedTable, dated: pd.DataFrame) -> Truth:
    """Citizens and permanent residents, who have no permit to watch: the status says so, or every expiry cell does.

    Takes: dated - for each column of permit expiries, by column number, whether the cell is a date.
    """
    kinds = page.of("permit_kind")
    said: Truth = np.zeros(len(page.index), dtype=bool) if kinds is None else _says_settled(kinds, page)
    columns = [b.column for b in page.bound("permit_expires_on")]
    if not columns:
        return said
    each = np.column_stack([_says_settled(page.cells[c], page) for c in columns])
    return said | (each.any(axis=1) & ~dated[columns].to_numpy().any(axis=1))


def _says_settled(cells: Series, page: MappedTable) -> Truth:
    codes, uniques = pd.factorize(cells)
    settled = np.array([says_settled(text, page.values) for text in uniques] + [False])
    return settled[codes]


def misshapen_rows(page: MappedTable, among: Truth) -> tuple[Series, list[Problem]]:
    """Each row's problem code, empty where its shape is right; and the problems.

    Takes: among - the rows that are not excluded.
    """
    code = Series("", index=page.index, dtype="str")
    beyond = _beyond(page)
    code[_holds_date_beyond(beyond)] = "record_shifted"
    widths = _widths(page)
    if widths is not None:
        allowed = _heading_width(page)
        is_filled = beyond[[c for c in beyond if int(str(c)) >= allowed]].notna().to_numpy().any(axis=1)
        odd = _stands_alone(page)
        usual = Counter(widths[widths > 0].tolist()).most_common(1)
        is_wide = odd & (widths > max(allowed, usual[0][0] if usual else 0))
        code[is_filled | is_wide] = "record_long"
        code[odd & (widths > 0) & (widths <= _last_date(page))] = "record_short"
    code[_unparted(page)] = "record_short"
    code[page.index.isin(list(page.table.sheet.stray))] = "quote_stray"
    code = code.where(among, "")
    return code, [_problem(page, int(str(row)), str(name)) for row, name in code[code != ""].items()]


def _problem(page: MappedTable, row: int, code: str) -> Problem:
    sheet = page.table.sheet
    found = sheet.widths[row - 1] if sheet.widths else 1
    details = {"line": str(sheet.stray.get(row, row)), "found": str(found), "allowed": str(_heading_width(page))}
    cells = page.table.rows.loc[row].dropna()
    return page.problem(code, row, None, " · ".join(map(str, cells)) if code == "quote_stray" else "", **details)


def _widths(page: MappedTable) -> "np.ndarray[tuple[int], np.dtype[np.int64]] | None":
    """How many cells each row's record has; None where nothing tells."""
    written = page.table.sheet.widths
    return np.array(written, dtype=np.int64)[page.index.to_numpy() - 1] if written else None


def _heading_width(page: MappedTable) -> int:
    written = page.table.sheet.widths
    return written[page.table.heading.row - 1] if written else max(page.table.heading.texts) + 1


def _last_date(page: MappedTable) -> int:
    """The last column that holds dates, or -1."""
    return max((b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))), default=-1)


def _stands_alone(page: MappedTable) -> Truth:
    """Rows whose block of the file has records of several widths: a slip, not a program's way of writing."""
    widths = Series(page.table.sheet.widths)
    of_block = widths.groupby(widths.index // BLOCK)
    is_mixed: Truth = (of_block.transform("max") > of_block.transform("min")).to_numpy(dtype=bool)
    mine: Truth = is_mixed[page.index.to_numpy() - 1]
    return mine


def _beyond(page: MappedTable) -> DataFrame:
    """The cells right of the last heading, up to the next that has one."""
    sheet, heading = page.table.sheet, page.table.heading
    last = max(heading.texts)
    over = sheet.cells.iloc[int(sheet.cells.index.get_indexer(pd.Index([heading.row]))[0])].tolist()
    free = []
    for column in range(last + 1, len(sheet.cells.columns)):
        text = over[column]
        if isinstance(text, str) and tidy(text):
            break
        free.append(column)
    return sheet.cells.loc[page.index, free]


def _holds_date_beyond(beyond: DataFrame) -> Truth:
    """Rows with a date in the first column without a heading, where few rows have one: it came from its neighbour."""
    if beyond.shape[1] == 0:
        return np.zeros(len(beyond), dtype=bool)
    first = beyond.iloc[:, 0]
    codes, texts = pd.factorize(first)
    dated = np.array([is_date(text) for text in texts] + [False])
    found: Truth = dated[codes]
    return found if found.sum() * 2 <= len(found) else np.zeros(len(beyond), dtype=bool)
