"""What stands in a reader's own rows and names a stranger is left out of that reader's mail, and the mail goes.

A department named after somebody, a note that says which colleague to ask: free text of a roster must not keep a whole
unit from being told. The text makes room for a plain mark, in that mail alone, and the office is told of the cell.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame, Series

from reporter.delivery.leak_scan import Leak, holds_leak
from reporter.model.problem import Problem
from reporter.model.report import Recipient, Report
from reporter.report.recipients import SOURCE_ROW
from reporter.report.workbook import Stock
from reporter.report.workbook.records import Pairs
from reporter.report.workbook.sheet import Table
from reporter.text.catalogue import words

OF_ROSTER = ("full_name", "given_names", "family_name", "email", "unit", "contact_email", "application_number")
OF_NOTES = ("owner", "note")
CODE = "text_left_out"
NAMED = ["source_row", "field", "text"]
Change = Callable[[str], str]
Held = dict[str, list[tuple[str, str, Leak]]]
"""By text: the source row, the field and the leak of each cell that it fills."""


@dataclass(frozen=True)
class FreeText:
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
        problems.append(Problem(source, CODE, sheet=sheet, row=int(number), column=column, details=details))
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
