"""Which sheets a workbook has, in which order, and the one call that turns them into bytes."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import pandas as pd
from msgspec import Struct
from msgspec.structs import replace

from reporter.model.levels import RANK
from reporter.model.report import Report
from reporter.report.mail.short_mails import permit_standing, soonest
from reporter.report.people import AtRisk, Facts, PersonAtRisk, people_at_risk, row_dicts, today_of
from reporter.report.recipients import roles
from reporter.report.workbook.findings import (
    SHOWN,
    Persons,
    at_risk_rows,
    at_risk_sheet,
    by_unit,
    everyone,
    everyone_rows,
    institution_sheet,
    left_rows,
    own_rows,
    units,
)
from reporter.report.workbook.records import (
    Down,
    Pairs,
    amended_sheet,
    change_rows,
    changes_sheet,
    evidence_rows,
    evidence_sheet,
    outage_rows,
    outages,
    rule_rows,
    rules,
    set_aside_rows,
    source_rows,
    timeline,
    why_rows,
)
from reporter.report.workbook.sheet import (
    HEADER,
    NUMBERS,
    PAPERS,
    ROWS_A_SHEET,
    BannerLine,
    BookSheet,
    Page,
    Print,
    Properties,
    Table,
    TableColumn,
    column_look,
    columns_of,
    entry,
    height_of,
    merges,
    rules_of,
    scope,
    sheet,
    split,
    table,
)
from reporter.report.workbook.summary import about, about_rows, summary_sheet
from reporter.report.workbook.writer import package
from reporter.text.catalogue import words
from reporter.text.formats import day

log = logging.getLogger(__name__)
A_LINE = 12.75  # points
TALLEST = 30  # lines a row may grow to


def page_of(sheet: BookSheet, number: int) -> Page:
    """The sheet as the writer takes it; columns are named by their header.

    Takes: number - of the sheet in its book, which tells two tables apart.
    """
    dressed = _dressed(tuple(sheet.cells.column_names), sheet.table.columns, sheet.language, is_plain=sheet.is_compact)
    return replace(
        dressed,
        name=sheet.name,
        cells=sheet.cells,
        header_row=sheet.header_row,
        widths=sheet.widths,
        merges=merges(sheet.lines, sheet.widths),
        heights=heights(sheet),
        charts=sheet.charts,
        table=f"Table{number}" if sheet.has_filter else "",
        told=sheet.told,
        has_filter=sheet.has_filter,
        frozen=(sheet.header_row + 1, sheet.frozen_columns) if sheet.is_frozen else (0, 0),
        tab=sheet.tab,
        has_gridlines=sheet.is_frozen,
        print=_print(sheet),
    )


@lru_cache(maxsize=64)  # every reader's sheet of a kind has the same columns
def _dressed(headers: tuple[str, ...], columns: tuple[TableColumn, ...], language: str, *, is_plain: bool) -> Page:
    """A page of which only the columns are known: how each looks, and what may be entered in it.

    Takes: is_plain - of a long table only numbers, and what is to be filled in, have a look of their own.
    """
    named = dict(zip(headers, columns, strict=True))
    entries = {header: found for header, c in named.items() if (found := entry(c.kind, language))}
    looking = {h: c for h, c in named.items() if c.kind in NUMBERS or not is_plain}
    return Page(
        name="",
        cells=None,
        header=HEADER,
        looks={header: column_look(c.kind) for header, c in {**looking, **{h: named[h] for h in entries}}.items()},
        rules={header: rule for header, c in named.items() if (rule := rules_of(c.kind, language))},
        entries=entries,
        links=tuple(header for header, c in named.items() if c.kind == "link"),
        numbers_as_text=tuple(header for header, c in named.items() if c.kind == "id"),
        hidden=tuple(header for header, c in named.items() if c.is_folded),
    )


def _print(sheet: BookSheet) -> Print:
    """One page wide, the header on each page, the run and the page in the footer; what has no header is one page."""
    w = words("workbook", sheet.language)
    told = w["footer"].format(run=sheet.run_id).replace("&", "&&")
    return Print(
        paper=PAPERS[sheet.paper],
        is_landscape=not sheet.is_upright,
        tall=0 if sheet.is_frozen else 1,
        footer=f"&L&8{told[:180]}&R&8{w['page']}",
        is_centred=not sheet.is_frozen,
    )


def heights(sheet: BookSheet) -> dict[int, float]:
    """The height each row needs for its longest wrapped text: LibreOffice does not work it out on opening."""
    over = {row: height_of(line, sheet.widths) for row, line in enumerate(sheet.lines)}
    over[sheet.header_row] = sheet.header_height
    if sheet.is_compact:
        return over
    tall = np.minimum(sheet.table.lines, TALLEST) * A_LINE + 1.5
    return over | dict(enumerate(tall.tolist(), start=sheet.header_row + 1))


class Alike(Struct, frozen=True):
    """The tables that are the same for everybody but the office, and those of the office."""

    sources: Table
    about: Table

    @classmethod
    def of(cls, whole: Report, *, is_office: bool) -> "Alike":
        """Both, from the report on everybody."""
        looked = whole.beside.looked if is_office else whole.beside.outside.looked
        return cls(sources=source_rows(looked, whole), about=about_rows(whole, is_office=is_office))


class Stock(Struct, frozen=True):
    """The tables of the whole; the duties at risk and the persons, for counts and sentences."""

    duties: AtRisk
    relied: Facts  # the outages, as the lines of a mail are made of them
    persons: Persons
    at_risk: Table
    everyone: Table
    outages: Table
    set_aside: Table
    changes: Table
    left: Table
    rules: Table
    why: Table
    evidence: Pairs
    own: Table
    down: Down
    office: Alike
    readers: Alike

    @classmethod
    def of(cls, whole: Report) -> "Stock":
        """Everything made, from the report on everybody."""
        language = whole.language
        return cls(
            duties=AtRisk(whole.findings),
            relied=Facts(whole.outages),
            persons=Persons.among(whole.of_people, words("workbook", language)["no_unit"]),
            at_risk=at_risk_rows(whole.findings, language),
            everyone=everyone_rows(whole.of_people, language),
            outages=outage_rows(whole),
            set_aside=set_aside_rows(whole),
            changes=change_rows(whole),
            left=left_rows(whole),
            rules=rule_rows(whole),
            why=why_rows(whole.why, language),
            evidence=evidence_rows(whole),
            own=own_rows(whole.of_institution, language),
            down=Down.among(whole.outages, whole.run.as_of),
            office=Alike.of(whole, is_office=True),
            readers=Alike.of(whole, is_office=False),
        )

    def side_by_side(self, findings: "pd.Index[int]") -> "Stock":
        """The same with the rows of these findings in this order: what one reader gets is then a slice."""
        return replace(self, everyone=self.everyone.of(findings), evidence=self.evidence.of(findings))


LEFT_OUT = ("everyone", "evidence")
"""The sheets that a short workbook does without: the longest. What is to be done stays."""


def workbook(
    report: Report, *, stock: Stock | None = None, rows_a_sheet: int = ROWS_A_SHEET, is_short: bool = False
) -> bytes:
    """What is to be done, as an .xlsx file in the report's language.

    Takes:   stock - of the whole this report was cut from, when there is one;
             rows_a_sheet - the most rows of data one sheet holds; the rest goes to "Everyone 2" and so on;
             is_short - without the sheets named in LEFT_OUT, for a mail that may be no larger.
    Returns: the bytes of the file.
    """
    return _book(report, sheets(report, stock or Stock.of(report), rows_a_sheet, is_short=is_short), "title")


def record_book(report: Report, *, stock: Stock | None = None) -> bytes:
    """What the report rests on, as an .xlsx file for the office: outages, changes, chains, rules and the run."""
    return _book(report, record_sheets(report, stock or Stock.of(report)), "title_record")


def _book(report: Report, parts: Sequence[BookSheet], title: str) -> bytes:
    w = words("workbook", report.language)
    named = " · ".join([w[title], *scope(report), day(report.run.as_of, report.language)])
    about = Properties(named, report.office.name or w["author"], report.language, report.run.as_of)
    content = package([page_of(part, number) for number, part in enumerate(parts, start=1)], about)
    log.debug("workbook: %d findings, %d bytes", len(report.findings), len(content))
    return content


def sheets(
    report: Report, stock: Stock, rows_a_sheet: int = ROWS_A_SHEET, *, is_short: bool = False
) -> list[BookSheet]:
    """Every sheet in the order of the tabs; one that has nothing to show is there only where that says something."""
    found, persons = report.findings.index, report.of_people.index
    people = stock.persons.of(persons)
    counts, pairs = by_unit(report, people), stock.evidence.of(found)
    at_risk = people_at_risk(stock.duties.of(report.findings), today_of(report))
    aside, left = stock.set_aside.of(report.set_aside.index), stock.left.of(report.left.index)
    tables = [
        at_risk_sheet(report, stock.at_risk.of(order_of_people(at_risk))),
        *([] if is_short else [everyone(report, stock.everyone.of(persons), people)]),
        *([sheet(report, "set_aside", aside, tab="#5B3FA0", frozen_columns=1)] if len(aside) else []),
        *([evidence_sheet(report, pairs)] if len(pairs.table) and not is_short else []),
        *institution_sheet(report, stock.own),
        *([units(report, counts)] if len(counts) > SHOWN else []),
        *([sheet(report, "notes_left", left, frozen_columns=1, tab="#5B3FA0")] if len(left) else []),
    ]
    parts = (split(table, report, rows_a_sheet) for table in tables)
    return [summary_sheet(report, counts, at_risk), *chain.from_iterable(parts)]


def order_of_people(people: Sequence[PersonAtRisk]) -> "pd.Index[int]":
    """The numbers of their duties, the worst level first; within one, the people as every first screen has them."""
    duties = [duty for person in people for duty in person.duties]
    places: pd.Index[int] = pd.Index(
        [duty["place"] for duty in sorted(duties, key=lambda duty: RANK[duty["level"]])], dtype="int64"
    )
    return places


def record_sheets(report: Report, stock: Stock) -> list[BookSheet]:
    """What the office keeps for the file, in the order of the tabs."""
    alike = stock.office if report.recipient is None else stock.readers
    why = stock.why.of(report.findings.index)
    tables = [
        outages(report, stock.outages.of(report.outages.index)),
        *timeline(report, stock.down.of(report.outages.index)),
        *([sheet(report, "sources", alike.sources, tab="#B7791F")] if len(alike.sources) else []),
        *amended_sheet(report),
        changes_sheet(report, stock.changes.of(report.changes.index)),
        sheet(report, "why", why, frozen_columns=3, header_height=48, tab="#5B3FA0"),
        rules(report, stock.rules),
        about(report, alike.about),
    ]
    return list(chain.from_iterable(split(table, report, ROWS_A_SHEET) for table in tables))


def dates_workbook(report: Report) -> bytes:
    """The .xlsx file of one view, in its language: only the columns that its role sees."""
    return _book(report, [dates_sheet(report)], "title")


def dates_sheet(report: Report) -> BookSheet:
    """The one sheet; how a permit stands is its last column, where the role sees it."""
    w = words("brief", report.language)
    assert report.recipient is not None
    seen = roles()[report.recipient.role].sees
    found = soonest(report.findings)
    columns = [column for column in columns_of("dates") if column.name in seen]
    if "disposition" in seen:
        found = found.assign(stands=[permit_standing(row, report.language) for row in row_dicts(found)])
        columns.append(TableColumn("stands", "text", 48, header=w["brief_state"]))
    title = " · ".join([w["brief_sheet"], *scope(report)])
    own = [report.office.disclaimer, " · ".join(report.office.signature)]
    small = [BannerLine.of(text, "small") for text in own if text]
    lines = (BannerLine.of(title, "title"), BannerLine.of(w["brief_sentence"], "note"), *small)
    return BookSheet(
        w["brief_sheet"], report.language, lines, table(found, columns, report.language), report.run.run_id
    )
