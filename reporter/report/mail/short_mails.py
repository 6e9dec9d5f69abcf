"""The short mails: of a role that sees dates only, and the alert between two reports. Pure.

Made of the same frame as the digest, so that an office that has its own keeps it, and that payroll and a manager are
told the same dates as the office. The alert says which outage, on whose last days, and what to do today; nothing of
anybody else.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter.model.report import Report
from reporter.report.headline import account_said, office_clock, one_stop
from reporter.report.mail.digest import DIGEST
from reporter.report.mail.rows import called, outage_lines, relied_outages, todo
from reporter.report.mail.templates import (
    Digest,
    mail_of,
    monday,
    of_a_subject,
    of_every_mail,
    of_files,
    of_rosters,
    week_said,
)
from reporter.report.people import Fact, PersonAtRisk, at_risk, one_line, people_at_risk, row_dicts, today_of
from reporter.text import formats
from reporter.text.catalogue import count_sentence, counted, words
from reporter.text.time_zones import zone

BRIEF = ("digest.subject.txt.j2", "brief.html.j2", "brief.txt.j2")
SHOWN = 25

ALERTED = 1  # people told with what to do; the others by what they are called and their day
OUTAGES_SHOWN = 2


def brief(report: Report, *, templates: Path | None = None, also: Report | None = None) -> Digest:
    """The mail of one view, in its language; with `also`, the same view in another, one part for each.

    Raises: SettingsError when a template cannot be used.
    """
    rows = SHOWN // 2 if also else SHOWN
    second = role_mail_facts(also, rows=rows) if also else None
    return mail_of(BRIEF, role_mail_facts(report, rows=rows), second, templates)


def role_mail_facts(report: Report, *, rows: int = SHOWN) -> Fact:
    """Everything the templates of this mail may use, as words. Takes: how many people are told one by one."""
    w = {**words("digest", report.language), **words("brief", report.language)}
    dated = soonest(report.findings)
    people = counted(w, "person", len(dated), report.language) if len(dated) else w["brief_none"]
    table = [_row(row, report, w) for row in row_dicts(dated.head(rows))]
    return {
        **of_every_mail(report, w),
        "state": "at_risk" if table else "quiet",
        "symbol": "",
        "subject": w["brief_subject"].format(people=people, week=week_said(report)),
        "subject_short": w["brief_subject_short"].format(people=people),
        "monday": f"{monday(report):%Y-%m-%d}",
        "headline": w["brief_headline" if table else "brief_nobody"].format(people=people),
        "sentence": w["brief_sentence"],
        "trust": w["as_of"].format(when=office_clock(report, report.run.as_of)),
        "notices": [*of_rosters(report), *of_files(report)],
        "rows": table,
        "more_rows": w["brief_more"].format(count=formats.number(len(dated) - rows, report.language))
        if len(dated) > rows
        else "",
        "account": account_said(report.account, report.language, always=()),
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
    return mail_of(BRIEF, _facts(report, place), _facts(also, place) if also else None, templates)


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


class Alert(Struct, frozen=True):
    """What one reader hears: the report on the people concerned and the outages, and what is taken back.

    `taken_back`: when an alert told of an outage that is off the record since, and of how many people.
    """

    report: Report
    taken_back: tuple[tuple[Timestamp, int], ...] = ()
    is_drill: bool = False


def alert_mail(alert: Alert, *, templates: Path | None = None, also: Alert | None = None) -> Digest:
    """The mail, in its language; with `also`, the same in another, one part for each.

    Raises: SettingsError when a template cannot be used.
    """
    return mail_of(DIGEST, alert_mail_facts(alert), alert_mail_facts(also) if also else None, templates)


def alert_mail_facts(alert: Alert) -> Fact:
    """Everything the templates of the digest may use, as words; what an alert has nothing of is empty."""
    report = alert.report
    w = {**words("digest", report.language), **words("people", report.language), **words("alert", report.language)}
    w["product"] = w["alert_product"]
    duties = at_risk(report)
    people = people_at_risk(duties, today_of(report))
    entries, _ = todo(duties, report, ALERTED)
    told, more = outage_lines(report, relied_outages(report), OUTAGES_SHOWN)
    blank = dict.fromkeys(("sentence", "snoozed", "evidence", "since", "to_correct"), "")
    return {
        **of_every_mail(report, w),
        "state": "at_risk",
        "symbol": "",
        **blank,
        **_heading(alert, people, told, w),
        "notices": [{"symbol": "!", "text": text} for text in _notices(alert, w)],
        "first": entries,
        "more_people": _others(people[ALERTED:], report, w),
        "departed": [],
        "outages": told[1:],  # the first is the headline
        "outages_title": w["outages"].format(place=formats.place_word(zone(report.office.time_zone), report.language)),
        "more_outages": more,
        "amended": [],
        "beside": words("beside", report.language),
        "account": [_following(report, w)],
        "why_you": report.law_foot,
    }


def _heading(alert: Alert, people: Sequence[PersonAtRisk], told: Sequence[Fact], w: dict[str, str]) -> Fact:
    report = alert.report
    subject = _subject(alert, people, w)
    unit, marked = one_line(report.recipient.title) if report.recipient else "", "{subject}"
    if alert.is_drill:
        marked = w["drill_subject"]
    when = office_clock(report, report.run.as_of)
    falls = [count_sentence(w, "alert_falls", len(people), report.language)] if people else []
    return {
        "subject": marked.format(subject=f"{subject}{w['subject_join']}{unit}" if unit else subject),
        "subject_short": marked.format(subject=subject),
        "monday": f"{today_of(report):%Y-%m-%d}",
        "headline": w["alert_headline"].format(**told[0]) if told else w["alert_off_headline"],
        "trust": " · ".join([*falls, w["as_of"].format(when=when)]),
    }


def _subject(alert: Alert, people: Sequence[PersonAtRisk], w: dict[str, str]) -> str:
    """How many people, and the first day by which one of them has to have filed; no name and no number of anybody."""
    if not people:
        return w["alert_off_subject"]
    report = alert.report
    days = sorted(one.file_by for one in people if not pd.isna(one.file_by))
    day = formats.day_in_year(days[0], today_of(report), report.language) if days else ""
    told = count_sentence(w, "alert_subject" if day else "alert_subject_undated", len(people), report.language, day=day)
    return of_a_subject(told, report.language)


def _notices(alert: Alert, w: dict[str, str]) -> list[str]:
    report, place = alert.report, zone(alert.report.office.time_zone)
    lines = [w["drill_notice"]] if alert.is_drill else []
    for at, count in alert.taken_back:
        clock = formats.placed_clock(at, place, today_of(report), report.language)
        lines.append(count_sentence(w, "alert_off", count, report.language, at=clock))
    return lines


def _others(people: Sequence[PersonAtRisk], report: Report, w: dict[str, str]) -> str:
    """Everybody else who is concerned, by the day to file by: nobody may have to guess who they are."""
    if not people:
        return ""
    by_day: dict[str, list[str]] = {}
    for one in people:
        known = not pd.isna(one.file_by)
        day = formats.day_in_year(one.file_by, today_of(report), report.language) if known else w["stands_undated"]
        by_day.setdefault(day, []).append(called(one, report))
    told = [w["alert_by_day"].format(day=day, people=", ".join(those)) for day, those in by_day.items()]
    joined = f"{w['semicolon']} ".join(told)
    return one_stop(count_sentence(w, "alert_others", len(people), report.language, people=joined))


def _following(report: Report, w: dict[str, str]) -> str:
    if report.next_report_on is None:
        return w["alert_once"]
    day = formats.day_in_year(report.next_report_on, today_of(report), report.language)
    return one_stop(w["alert_next"].format(day=day))


def in_part(report: Report, outage_ids: Sequence[str]) -> Report:
    """The report with these outages alone."""
    return replace(report, outages=report.outages[report.outages["outage_id"].isin(list(outage_ids))])
