"""The first sheet: what an officer has to know before opening any other."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from reporter.model.levels import BY_NAME, LEVELS, NAMES
from reporter.model.report import Report
from reporter.report.account import account_said
from reporter.report.beside import is_doubtful, looked_line
from reporter.report.causes import why_changed
from reporter.report.duties import Fact, do_first, most_urgent, records
from reporter.report.headline import headline, local, record
from reporter.report.workbook.banner import Line, clean
from reporter.report.workbook.looks import TONES
from reporter.report.workbook.sheet import Column, Sheet, Table, scope
from reporter.report.workbook.units import SHOWN, Counts
from reporter.text.catalogue import counted, words
from reporter.text.formats import day, days, number

LABEL, LEVEL, WHO = 0.2, 0.14, 0.3  # shares of the banner's width


def summary(report: Report, by_unit: Counts, duties: list[Fact]) -> Sheet:
    """Sentence, doubts, account and first things to do over a table of people by level, and a chart under it."""
    w = words("workbook", report.language)
    table = counts(report, by_unit)
    kinds = {w["col_level"]: ("level", 19), w["difference"]: ("difference", 14)}
    columns = tuple(Column(header, *kinds.get(header, ("count", 14))) for header in table)
    lines = (*_heading(report, duties), *_facts(report), *_first_things(report, duties), *_foot(report))
    sheet = Sheet(
        name=w["sheet_summary"],
        language=report.language,
        lines=lines,
        table=Table(columns, pa.table(table), pd.RangeIndex(len(NAMES)), np.ones(len(NAMES))),
        run_id=report.run.run_id,
        paper=report.office.paper,
        is_frozen=False,
        has_filter=False,
        header_height=47,
    )
    return replace(sheet, charts=(_chart(report, sheet),))


def counts(report: Report, by_unit: Counts) -> dict[str, Any]:
    """People by level, now and (where it is known) at the last run, and by unit where there is more than one.

    Returns: Arrow columns by header, a row for each level.
    """
    w, language = words("workbook", report.language), report.language
    now = [report.people_by_level.get(name, 0) for name in NAMES]
    table: dict[str, list[int]] = {w["now"]: now}
    if has_previous(report):
        was = [report.previous_people_by_level.get(name, 0) for name in NAMES]
        table |= {w["last_run"]: was, w["difference"]: [a - b for a, b in zip(now, was, strict=True)]}
    taken = {name.casefold() for name in (w["col_level"], *table)}
    for name, numbers in _shown(by_unit, language).items():
        header = _short(clean(name))
        while header.casefold() in taken:
            header += "·"  # a unit called as another column, or two that differ by what is not shown
        taken.add(header.casefold())
        table[header] = numbers
    levels = pa.array([f"{level.symbol} {level.word(language)}" for level in LEVELS], type=pa.large_string())
    return {w["col_level"]: levels} | {name: pa.array(numbers, type=pa.int64()) for name, numbers in table.items()}


def has_previous(report: Report) -> bool:
    """True when there was a run before this one."""
    return bool(report.previous_people_by_level)


def _shown(by_unit: Counts, language: str) -> Counts:
    """A column for each unit; beyond six, the rest in one (the sheet Units has them all)."""
    if len(by_unit) < 2:
        return {}
    if len(by_unit) <= SHOWN:
        return by_unit
    first, rest = list(by_unit.items())[: SHOWN - 1], list(by_unit.values())[SHOWN - 1 :]
    name = words("workbook", language)["other_units"].format(n=len(rest))
    return dict(first) | {name: [sum(numbers) for numbers in zip(*rest, strict=True)]}


def _heading(report: Report, duties: list[Fact]) -> tuple[Line, ...]:
    w = words("workbook", report.language)
    told, tone = headline(report, duties)
    utc = f"{report.run.as_of:%Y-%m-%d %H:%M} UTC"
    under = f"{w['as_of']} {local(report, report.run.as_of)} ({utc}) · {w['run']} {report.run.run_id}"
    return (
        Line.of(" · ".join([w["title"], *scope(report)]), "title"),
        Line.of(under, "subtitle"),
        Line.of(f"{TONES[tone].symbol} {' '.join(told)}", tone),
        *(Line.of(f"! {text}", "doubt") for text in report.about_files),
    )


def _facts(report: Report) -> list[Line]:
    w = words("workbook", report.language)
    told, tone = record(report)
    pairs = [
        (w["record"], f"{TONES[tone].symbol} {told}", tone),
        *_looked(report),
        (w["rows"], *_account(report)),
        (w["since"], _since(report), "plain"),
        (w["interval"], _period(report), "plain"),
    ]
    return [Line(((label, "label", LABEL), (text, tone, 1 - LABEL))) for label, text, tone in pairs]


def _looked(report: Report) -> list[tuple[str, str, str]]:
    """How old the sources of the record are; the sheet Sources has each."""
    told = looked_line(report)
    tone = "doubt" if any(map(is_doubtful, records(report.beside.looked))) else "good"
    label = words("beside", report.language)["looked"]
    return [(label, f"{TONES[tone].symbol} {told}", tone)] if told else []


def _account(report: Report) -> tuple[str, str]:
    w, account = words("workbook", report.language), report.account
    told = account_said(account, report.language)
    if account.excluded_by_rule:
        named = {w.get(f"rule_{rule}", rule): n for rule, n in account.excluded_by_rule.items()}
        rules = ", ".join(f"{rule} {number(n, report.language)}" for rule, n in named.items())
        told = f"{told} ({w['excluded_by'].format(rules=rules)})"
    return (told, "plain") if account.balances else (f"{told}. {w['account_wrong']}", "act")


def _since(report: Report) -> str:
    w = words("workbook", report.language)
    if report.run.previous_as_of is None:
        return w["first_run"]
    found = report.changes["change"].value_counts()
    told = {name: number(int(found.get(name, 0)), report.language) for name in ("new", "worse", "better", "gone")}
    return f"{w['changes_count'].format(**told)}. {why_changed(report)}".strip()


def _period(report: Report) -> str:
    w, told = words("workbook", report.language), _covered(report)
    missed = days(report.run.missed_on, report.language)
    return w["period_missed"].format(period=told, days=missed) if missed else told


def _covered(report: Report) -> str:
    w, run = words("workbook", report.language), report.run
    following = day(run.next_report_on, report.language, weekday=True) if run.next_report_on is not None else ""
    if run.previous_as_of is None:
        return w["period_first"].format(next=following) if following else w["period_only"]
    key = "period" if following else "period_no_next"
    was, now = local(report, run.previous_as_of), local(report, run.as_of)
    return w[key].format(was=was, now=now, next=following)


def _first_things(report: Report, duties: list[Fact]) -> list[Line]:
    """Up to five duties at the critical or high level; those that can still be done come first, the soonest on top."""
    w = words("workbook", report.language)
    known = [{name: "" if pd.isna(value) else value for name, value in duty.items()} for duty in most_urgent(duties)]
    hours = [duty["when"] for duty in do_first(duties, report)]
    things = [_thing(duty, hour, report) for duty, hour in zip(known, hours, strict=True)]
    return [Line.of(w["first_things"], "heading"), *(things or [_nothing_first(report)])]


def _nothing_first(report: Report) -> Line:
    """Nobody stands out: then what keeps the report from knowing comes first."""
    w = words("workbook", report.language)
    if report.account.assessed == 0:
        return Line.of(w["first_mend"], "doubt")
    doubtful = record(report)[1] == "doubt"
    return Line.of(w["first_record"], "doubt") if doubtful else Line.of(w["nothing_first"])


def _thing(row: Fact, hour: str, report: Report) -> Line:
    """One line: `hour` says until when a filing can be counted on."""
    w = words("workbook", report.language)
    level = BY_NAME[row["level"]]
    has_date = row["closes_on"] != ""
    on = day(row["closes_on"], report.language, weekday=True) if has_date else ""
    due = w["thing_due" if has_date else "thing_no_date"].format(title=row["title"], on=on, hour=hour)
    who = " · ".join(part for part in (_short(row["full_name"]), row["person_id"], _short(row["unit"])) if part)
    return Line(
        (
            (f"{level.symbol} {level.word(report.language)}", f"level_{level.name}", LEVEL),
            (who, "plain", WHO),
            (f"{due} {row['action']}".strip(), "plain", 1 - LEVEL - WHO),
        )
    )


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _foot(report: Report) -> tuple[Line, ...]:
    w = words("workbook", report.language)
    told = w["disclaimer"]
    if report.office.licensed_contact:
        told = f"{told} {w['contact'].format(contact=report.office.licensed_contact)}."
    people = counted(w, "people", report.people, report.language)
    own = [report.office.disclaimer, " · ".join(report.office.signature)]
    small = [Line.of(text, "small") for text in (told, *own) if text]
    return *small, Line.of(w["counts"].format(people=people), "heading")


def _chart(report: Report, sheet: Sheet) -> dict[str, Any]:
    w = words("workbook", report.language)
    series = [w["now"], w["last_run"]] if has_previous(report) else [w["now"]]
    place = {"row": sheet.header_row + len(sheet.cells) + 2, "col": 0, "width": 860, "height": 240}
    look = {"title": w["chart"], "y_axis": w["chart_axis"], "legend": len(series) > 1, "style": 3}
    return {"type": "column", "series": series, "categories": w["col_level"], **place, **look}
