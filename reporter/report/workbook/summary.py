"""The first sheet: what an officer has to know before opening any other."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec.structs import replace
from pandas import DataFrame

from reporter.model.levels import LEVELS, NAMES, level_word
from reporter.model.report import Report
from reporter.report.headline import account_said, headline, is_doubtful, looked_line, office_clock, record_sentence
from reporter.report.mail.rows import remarks_beside, stands
from reporter.report.people import PersonAtRisk
from reporter.report.recipients import roles
from reporter.report.workbook.findings import SHOWN, Counts
from reporter.report.workbook.sheet import (
    NAVY,
    TONES,
    BannerLine,
    BookSheet,
    ChartPlan,
    ChartSeries,
    Table,
    TableColumn,
    clean,
    columns_of,
    scope,
    sheet,
    table,
)
from reporter.text.catalogue import counted, words
from reporter.text.formats import day, days, number

LABEL, LEVEL, WHO = 0.22, 0.12, 0.26  # shares of the banner's width
MOST_FIRST = 8  # people with a line of their own
FIRST_LEVELS = ("critical", "high")
ABSENT = ("off_roster", "unread")  # changes that are no work done


def summary_sheet(report: Report, by_unit: Counts, people: Sequence[PersonAtRisk]) -> BookSheet:
    """Sentence, doubts, account and first things to do over a table of people by level, and a chart under it."""
    w = words("workbook", report.language)
    table = counts(report, by_unit)
    kinds = {w["col_level"]: ("level", 19), w["difference"]: ("difference", 14)}
    columns = tuple(TableColumn(header, *kinds.get(header, ("count", 14))) for header in table)
    lines = (*_heading(report, people), *_first_things(report, people), *_facts(report), *_foot(report))
    sheet = BookSheet(
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


def _heading(report: Report, people: Sequence[PersonAtRisk]) -> tuple[BannerLine, ...]:
    w = words("workbook", report.language)
    told, tone = headline(report, [duty for person in people for duty in person.duties])
    utc = f"{report.run.as_of:%Y-%m-%d %H:%M} UTC"
    under = f"{w['as_of']} {office_clock(report, report.run.as_of)} ({utc}) · {w['run']} {report.run.run_id}"
    return (
        BannerLine.of(" · ".join([w["title"], *scope(report)]), "title"),
        BannerLine.of(under, "subtitle"),
        BannerLine.of(f"{TONES[tone].symbol} {' '.join(told)}", tone),
        *(BannerLine.of(f"! {text}", "doubt") for text in report.about_files),
    )


def _facts(report: Report) -> list[BannerLine]:
    w = words("workbook", report.language)
    told, tone = record_sentence(report)
    pairs = [
        (w["record"], f"{TONES[tone].symbol} {told}", tone),
        *_looked(report),
        (w["rows"], *_account(report)),
        (w["since"], _since(report), "plain"),
        (w["interval"], _period(report), "plain"),
    ]
    return [BannerLine(((label, "label", LABEL), (text, tone, 1 - LABEL))) for label, text, tone in pairs]


def _looked(report: Report) -> list[tuple[str, str, str]]:
    """How old the sources of the record are; the sheet Sources has each."""
    told = looked_line(report)
    tone = "doubt" if any(map(is_doubtful, report.beside.looked_rows)) else "good"
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
    absent = [w[f"changes_{key}"].format(n=number(int(found[key]), report.language)) for key in ABSENT if key in found]
    return f"{'; '.join([w['changes_count'].format(**told), *absent])}."


def _period(report: Report) -> str:
    w, told = words("workbook", report.language), _covered(report)
    missed = days(report.run.missed_on, report.language)
    return w["period_missed"].format(period=told, days=missed) if missed else told


def _covered(report: Report) -> str:
    w, run = words("workbook", report.language), report.run
    following = day(report.next_report_on, report.language, weekday=True) if report.next_report_on is not None else ""
    if run.previous_as_of is None:
        return w["period_first"].format(next=following) if following else w["period_only"]
    key = "period" if following else "period_no_next"
    was, now = office_clock(report, run.previous_as_of), office_clock(report, run.as_of)
    return w[key].format(was=was, now=now, next=following)


def _first_things(report: Report, everyone: Sequence[PersonAtRisk]) -> list[BannerLine]:
    """The gravest people, one line each, and how many more there are; nobody critical is left uncounted."""
    w = words("workbook", report.language)
    people = [one for one in everyone if one.level in FIRST_LEVELS]
    told = [_thing(person, report) for person in people[:MOST_FIRST]] or _nothing_first(report)
    return [BannerLine.of(w["first_things"], "heading"), *told, *_more(people[MOST_FIRST:], report)] if told else []


def _more(people: Sequence[PersonAtRisk], report: Report) -> list[BannerLine]:
    """How many people there was no line for, by level."""
    if not people:
        return []
    w, levels = words("workbook", report.language), [person.level for person in people]
    of_levels = words("digest", report.language)
    each = [counted(of_levels, n, levels.count(n), report.language) for n in FIRST_LEVELS if n in levels]
    return [BannerLine.of(w["first_more"].format(levels=", ".join(each), sheet=w["sheet_at_risk"]), "label")]


def _nothing_first(report: Report) -> list[BannerLine]:
    """Nobody stands out: then what keeps the report from knowing comes first, if anything does."""
    is_open = record_sentence(report)[1] == "doubt"
    key = "first_mend" if report.account.assessed == 0 else "first_record" if is_open else ""
    return [BannerLine.of(words("workbook", report.language)[key], "doubt")] if key else []


def _thing(person: PersonAtRisk, report: Report) -> BannerLine:
    """One person as in the to-do of a mail: how grave, who, how the worst of their duties stands, and what to do."""
    lead = person.lead
    standing = ", ".join([stands(lead, report), *remarks_beside(person, lead, report)])
    whose = (_short(_text(lead["full_name"])), person.person_id, _short(_text(lead["unit"])))
    said = " ".join([f"{lead['title']}{words('digest', report.language)['colon']} {standing}.", _text(lead["action"])])
    return BannerLine(
        (
            (level_word(person.level, report.language), f"level_{person.level}", LEVEL),
            (" · ".join(part for part in whose if part), "plain", WHO),
            (said, "plain", 1 - LEVEL - WHO),
        )
    )


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _foot(report: Report) -> tuple[BannerLine, ...]:
    w = words("workbook", report.language)
    told = w["disclaimer"]
    if report.office.licensed_contact:
        told = f"{told} {w['contact'].format(contact=report.office.licensed_contact)}."
    people = counted(w, "people", report.people, report.language)
    own = [report.office.disclaimer, " · ".join(report.office.signature)]
    small = [BannerLine.of(text, "small") for text in (told, *own) if text]
    return *small, BannerLine.of(w["counts"].format(people=people), "heading")


def _chart(report: Report, sheet: BookSheet) -> ChartPlan:
    """The levels of people with something ahead: those with nothing would hide the others behind one bar."""
    w = words("workbook", report.language)
    names = [w["now"], w["last_run"]] if has_previous(report) else [w["now"]]
    levels = [f"{one.word(report.language)}: {number(report.people_by_level.get(one.name, 0), report.language)}"
              for one in LEVELS[:-1]]  # fmt: skip
    return ChartPlan(
        title=w["chart"],
        told=f"{w['chart']}. {'; '.join(levels)}.",
        axis=w["chart_axis"],
        categories=w["col_level"],
        series=tuple(ChartSeries(name, colour) for name, colour in zip(names, (NAVY, "#9AA7B5"), strict=False)),
        rows=len(LEVELS) - 1,
        row=sheet.header_row + len(sheet.cells) + 2,
    )


def about_rows(report: Report, *, is_office: bool) -> Table:
    """One row a fact. An input is known again by its SHA-256.

    Takes: is_office - who gets a digest, and under which name, is told in the office's own workbook only.
    """
    w = words("workbook", report.language)
    parts = {
        "run": _run(report),
        "inputs": [(name, f"SHA-256 {sha256}") for name, sha256 in report.run.inputs],
        "versions": list(report.run.versions.items()),
        "rules": [(w["about_rulebook"], f"SHA-256 {report.run.rulebook_sha256}")],
        "settings": list(report.run.settings.items()),
        "readers": _readers(report) if is_office else [],
        "signature": [("", line) for line in report.office.signature],
        "disclaimer": [("", text) for text in (_disclaimer(report), report.office.disclaimer) if text],
    }
    told = ((w[f"about_{part}"], name, value) for part, pairs in parts.items() for name, value in pairs)
    frame = DataFrame(list(told), columns=["part", "name", "value"], dtype="str")
    return table(frame, columns_of("about"), report.language)


def about(report: Report, rows: Table) -> BookSheet:
    """The sheet of the run."""
    return sheet(report, "about", rows, tab="#4A5560", frozen_columns=1)


def _run(report: Report) -> list[tuple[str, str]]:
    w, run = words("workbook", report.language), report.run
    instants = {"as_of": run.as_of, "about_previous": run.previous_as_of, "about_complete": run.record_complete_to}
    told = [
        (w[key], "–" if at is None else f"{office_clock(report, at)} ({at:%Y-%m-%dT%H:%M:%SZ})")
        for key, at in instants.items()
    ]
    due = "–" if report.next_report_on is None else day(report.next_report_on, report.language, weekday=True)
    return [(w["about_id"], run.run_id), *told, (w["about_next"], due)]


def _readers(report: Report) -> list[tuple[str, str]]:
    w = words("workbook", report.language)
    every = ((w["about_office"], w["about_everything"]),)
    named = (
        (
            one.title or one.address,
            f"{roles()[one.role].title.of(report.language) if one.role else w['about_contact']} · {one.slug}",
        )
        for one in report.readers
    )
    return list(chain(every, named))


def _disclaimer(report: Report) -> str:
    w = words("workbook", report.language)
    contact = report.office.licensed_contact
    return f"{w['disclaimer']} {w['contact'].format(contact=contact)}." if contact else w["disclaimer"]
