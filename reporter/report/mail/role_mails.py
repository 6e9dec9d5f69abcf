"""The mail of a role that sees dates only: who, until when, and no reason. Pure.

Made of the same frame as the digest, so that payroll and a manager are told the same dates as the office.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pandas import DataFrame

from reporter.model.report import Report
from reporter.report.headline import account_said
from reporter.report.mail.templates import Digest, filled_in, foot, in_two, monday, of_files, week_said
from reporter.report.sentences import Fact, one_line, row_dicts
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

BRIEF = ("digest.subject.txt.j2", "brief.html.j2", "brief.txt.j2")
SHOWN = 25


def brief(report: Report, *, templates: Path | None = None, also: Report | None = None) -> Digest:
    """The mail of one view, in its language; with `also`, the same view in another, one part for each.

    Raises: SettingsError when a template cannot be used.
    """
    if also:
        return in_two(
            BRIEF, role_mail_facts(report, rows=SHOWN // 2), role_mail_facts(also, rows=SHOWN // 2), templates
        )
    return filled_in(BRIEF, role_mail_facts(report), language=report.language, templates=templates)


def role_mail_facts(report: Report, *, rows: int = SHOWN) -> Fact:
    """Everything the templates of this mail may use, as words. Takes: how many people are told one by one."""
    w = {**words("digest", report.language), **words("brief", report.language)}
    dated = soonest(report.findings)
    people = counted(w, "person", len(dated), report.language) if len(dated) else w["brief_none"]
    table = [_row(row, report, w) for row in row_dicts(dated.head(rows))]
    return {
        "w": w,
        "language": report.language,
        "state": "at_risk" if table else "quiet",
        "symbol": "",
        "unit": one_line(report.recipient.title) if report.recipient else "",
        "office": one_line(report.office.name),
        "subject": w["brief_subject"].format(people=people, week=week_said(report)),
        "subject_short": w["brief_subject_short"].format(people=people),
        "monday": f"{monday(report):%Y-%m-%d}",
        "headline": w["brief_headline" if table else "brief_nobody"].format(people=people),
        "sentence": w["brief_sentence"],
        "trust": w["as_of"].format(
            when=formats.clock(report.run.as_of, zone(report.office.time_zone), report.language)
        ),
        "notices": of_files(report),
        "rows": table,
        "more_rows": w["brief_more"].format(count=formats.number(len(dated) - rows, report.language))
        if len(dated) > rows
        else "",
        "account": account_said(report.account, report.language),
        **foot(report, w),
        "why_you": w["brief_why_you"].format(office=one_line(report.office.name) or w["the_office"]),
    }


def soonest(findings: DataFrame) -> DataFrame:
    """One row a person with the first last day, soonest first; whoever has no date comes first of all."""
    key = "person_id" if findings["person_id"].notna().any() else "source_row"
    in_order = findings.sort_values(["closes_on", "source_row"], na_position="first", kind="stable")
    return in_order.drop_duplicates(key)


def permit_standing(row: Mapping[str, Any], language: str) -> str:
    """How a person's permit stands according to the roster, where the role sees it; empty where it does not."""
    w = words("brief", language)
    if pd.isna(row["title"]) or pd.isna(row["disposition"]):
        return ""
    return w["stands_careful" if row["disposition"] == "open" and row["is_past"] else f"stands_{row['disposition']}"]


def _row(row: Mapping[str, Any], report: Report, w: Mapping[str, str]) -> Fact:
    has_date = not pd.isna(row["closes_on"])
    named = [one_line(row[name]) for name in ("full_name", "person_id", "unit")]
    return {
        "who": " · ".join(name for name in named if name),
        "what": one_line(row["title"]),
        "last_day": formats.day(row["closes_on"], report.language, weekday=True) if has_date else w["no_date"],
        "stands": permit_standing(row, report.language),
    }


def pointer(report: Report, place: str, *, templates: Path | None = None, also: Report | None = None) -> Digest:
    """The mail to the report's reader, in the frame of the mail that a role gets.

    Takes:  place - the reader's own folder, as they know it; also - the same report in a second language.
    Raises: SettingsError when a template cannot be used.
    """
    if also:
        return in_two(BRIEF, _facts(report, place), _facts(also, place), templates)
    return filled_in(BRIEF, _facts(report, place), language=report.language, templates=templates)


def _facts(report: Report, place: str) -> Fact:
    w, common = words("parcel", report.language), words("digest", report.language)
    return role_mail_facts(report) | {
        "state": "at_risk",  # the plain frame: in which state the report is, it says itself
        "subject": w["pointer_subject"].format(week=week_said(report)),
        "subject_short": w["pointer_short"],
        "headline": w["pointer_headline"],
        "sentence": w["pointer_sentence"].format(place=one_line(place)),
        "notices": [],
        "rows": [],
        "more_rows": "",
        "why_you": common["why_you"].format(office=one_line(report.office.name) or common["the_office"]),
    }
