"""The e-mail a contact reads on Monday: subject, HTML and text, all three from one set of finished facts.

Pure: no file but the templates, no clock, nothing sent. The facts are put into words once, in `facts()`, and
both bodies print the same words, so that the reader of plain text is told neither less nor more. A quiet week,
a record out of date, no record and a roster nobody could read each have their own headline and colour.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pandas import Timestamp

from reporter.model.levels import AT_RISK, NAMES
from reporter.model.report import Report
from reporter.report import sentences
from reporter.report.headline import account_said, headline
from reporter.report.mail.templates import Digest, filled_in, fitting, foot, in_two, monday, of_files, week
from reporter.report.record_context import amended_lines, looked_line, trust_notes
from reporter.report.sentences import OUTAGES, ROWS, AtRisk, Fact, badge, one_line
from reporter.text import formats
from reporter.text.catalogue import count_sentence, counted, words
from reporter.text.time_zones import zone

DIGEST = ("digest.subject.txt.j2", "digest.html.j2", "digest.txt.j2")
FEWER = ((ROWS, OUTAGES), (12, 5), (5, 2), (1, 1))
FEWER_IN_TWO = ((10, 5), (5, 2), (1, 1))
"""How many rows and outages are shown: the first of these with which the mail is not cut off."""
CELLS = 5  # how many addresses of rows set aside are written out
AMENDED = 8  # facts amended since the last report
CHANGES = ("new", "worse", "better", "gone")
SYMBOLS = {"at_risk": "", "quiet": "○", "stale": "!", "no_record": "!", "unread": "✕"}


def digest(
    report: Report,
    *,
    templates: Path | None = None,
    known: AtRisk | None = None,
    also: tuple[Report, AtRisk | None] | None = None,
) -> Digest:
    """The digest of one report, in its language; with `also`, the same report in another, one part for each.

    Takes:  templates - a folder whose files stand before ours; known - see `duties.at_risk`.
    Raises: SettingsError when a template cannot be used.
    """

    def of(rows: int, outages: int) -> Digest:
        told = digest_facts(report, known, rows=rows, outages=outages)
        if also:
            return in_two(DIGEST, told, digest_facts(*also, rows=rows, outages=outages), templates)
        return filled_in(DIGEST, told, language=report.language, templates=templates)

    return fitting(of, FEWER_IN_TWO if also else FEWER)


def digest_facts(report: Report, known: AtRisk | None = None, *, rows: int = ROWS, outages: int = OUTAGES) -> Fact:
    """Everything a template may use, as words and whole numbers; it holds no name and no document number.

    Takes: how many rows and outages are told one by one.
    """
    w = words("digest", report.language)
    at_risk, relied_on = sentences.at_risk(report, known), len(report.outages)
    shown = [duty for duty in at_risk if not sentences.is_quiet(duty)]
    table = sentences.duty_lines(shown, report, rows)
    return {
        "w": w,
        "language": report.language,
        "state": state(report),
        "symbol": SYMBOLS[state(report)],
        "unit": one_line(report.recipient.title) if report.recipient else "",
        "office": one_line(report.office.name),
        **_heading(report, at_risk, w),
        "notices": [*_notices(report, w), *_quiet(at_risk, report, w), *of_files(report)],
        "amended": amended_lines(report, AMENDED),
        "beside": words("beside", report.language),
        "levels": _levels(report),
        "changes": _changes(report, w),
        "first": sentences.do_first(shown, report),
        "rows": table,
        "more_rows": _more(len(shown) - len(table), report, w),
        "sources": sentences.provisions(table),
        "has_weekend": any(w["weekend"] in row["marks"] for row in table),
        "outages": (told := sentences.outages_relied_on(report, outages)),
        "more_outages": _more(relied_on - len(told), report, w),
        "evidence": [w[key] for key in sorted(w) if re.fullmatch(r"evidence_\d", key)] if relied_on else [],
        "account": _account(report, w),
        **foot(report, w),
    }


def state(report: Report) -> str:
    """Which of five weeks this is: unread, at_risk, no_record, stale or quiet; the first that holds."""
    if report.is_farewell:
        return "quiet"
    if report.is_unread:
        return "unread"
    if any(report.people_by_level.get(level) for level in AT_RISK) or _own_at_risk(report):
        return "at_risk"
    if not report.run.has_outage_record:
        return "no_record"
    return "stale" if report.run.is_record_doubtful else "quiet"


def _own_at_risk(report: Report) -> int:
    """How many of the institution's own duties are at risk."""
    return int(report.of_institution["level"].isin(AT_RISK).sum())


def _heading(report: Report, at_risk: list[Fact], w: Mapping[str, str]) -> Fact:
    (first, *more), _ = headline(report, at_risk)
    return {
        "subject": w["subject"].format(counts=_subject_counts(report, w), week=week(report)),
        "subject_short": w["subject_short"].format(counts=_subject_counts(report, w, most=2)),
        "monday": f"{monday(report):%Y-%m-%d}",
        "headline": first,
        "sentence": " ".join([*more, _sentence(report, at_risk, w)]),
        "as_of": _glance(report, w),
    }


def _glance(report: Report, w: Mapping[str, str]) -> str:
    """One line under the sentence: when, of which time, on which record, and when the next report comes."""
    told = [
        (w["rows"], account_said(report.account, report.language)),
        (w["record"], _record(report, w)),
        *_interval(report, w),
    ]
    parts = [w["as_of"].format(when=_clock(report.run.as_of, report)), *(f"{a}{w['colon']} {b}" for a, b in told)]
    return " · ".join(parts)


def _subject_counts(report: Report, w: Mapping[str, str], most: int = 3) -> str:
    """The worst levels with their counts, as many as told, and what keeps a reader from trusting them."""
    if report.is_farewell:
        return w["subject_left"]
    if state(report) == "unread":
        return w["subject_unread"]
    top = [_count(level, report, w) for level in AT_RISK[:3] if report.people_by_level.get(level)][:most]
    medium = [_count("medium", report, w)] if report.people_by_level.get("medium") and not top else []
    record = [w["subject_no_record"]] if not report.run.has_outage_record else []
    doubt = [w[key]] if report.run.has_outage_record and (key := _doubt(report)) else []
    own = [_noun("subject_own", number, report, w)] if (number := _own_at_risk(report)) else []
    return ", ".join([*([*(top or medium), *own] or [w["subject_quiet"]]), *record, *doubt])


def _doubt(report: Report) -> str:
    """What the subject says of the record: nothing of one that is whole."""
    run = report.run
    if run.open_items or run.ledger_faults:
        return "subject_open"
    return "subject_stale" if run.is_record_stale else ""


def _sentence(report: Report, at_risk: list[Fact], w: Mapping[str, str]) -> str:
    week, run = state(report), report.run
    if report.is_farewell:
        return w["sentence_left"]
    if week == "at_risk":
        return _sentence_at_risk(report, at_risk, w)
    if week == "stale" and (run.open_items or run.ledger_faults):
        return w["sentence_open"].format(people=_people(report.people, report, w))
    missing = "_unknown" if week in ("quiet", "stale") and run.record_complete_to is None else ""
    complete = _clock(run.record_complete_to, report) if run.record_complete_to is not None else ""
    return w[f"sentence_{week}{missing}"].format(people=_people(report.people, report, w), complete=complete)


def _sentence_at_risk(report: Report, at_risk: list[Fact], w: Mapping[str, str]) -> str:
    counts = ", ".join(_count(level, report, w) for level in AT_RISK if report.people_by_level.get(level))
    people = [w["sentence_at_risk"].format(people=_people(report.people, report, w), counts=counts)] if counts else []
    number, next_hour = _own_at_risk(report), sentences.next_to_run_out(at_risk, report.run.as_of)
    own = [count_sentence(w, "sentence_own", number, report.language)] if number else []
    return " ".join([*people, *own, *([w["sentence_next"].format(when=next_hour)] if next_hour else [])])


def _notices(report: Report, w: Mapping[str, str]) -> list[Fact]:
    """What keeps a reader from taking silence for safety: shown above everything else."""
    run, aside = report.run, report.rows_set_aside
    found = trust_notes(report)
    if not run.has_outage_record:
        found.append(w["notice_no_record"])
    elif state(report) == "stale":
        pass  # the headline says it already
    elif run.is_record_stale and run.record_complete_to is not None:
        found.append(w["notice_stale"].format(complete=_clock(run.record_complete_to, report)))
    elif run.is_record_stale:
        found.append(w["notice_stale_unknown"])
    if aside:
        found.append(count_sentence(w, "notice_set_aside", aside, report.language))
    return [{"symbol": "!", "text": text} for text in found]


def _quiet(at_risk: list[Fact], report: Report, w: Mapping[str, str]) -> list[Fact]:
    """How many duties the office asked not to be told of for now: left out of the lines, never of the counts."""
    days = [duty["quiet_until"] for duty in at_risk if sentences.is_quiet(duty)]
    if not days:
        return []
    until = formats.day(min(days), report.language)
    return [{"symbol": "–", "text": count_sentence(w, "notice_quiet", len(days), report.language, until=until)}]


def _levels(report: Report) -> list[Fact]:
    was = report.previous_people_by_level
    return [
        {
            **badge(name, report.language),
            "now": report.people_by_level.get(name, 0),
            "was": was.get(name, 0) if was else None,
            "is_at_risk": name in AT_RISK,
        }
        for name in NAMES
    ]


def _changes(report: Report, w: Mapping[str, str]) -> str:
    if report.is_farewell:
        return w["changed_left"]
    if report.run.previous_as_of is None:
        return w["first_run"]
    when = _clock(report.run.previous_as_of, report)
    counts = Counter(report.changes["change"].tolist())
    told = [counted(w, change, counts[change], report.language) for change in CHANGES if change in counts]
    return w["changed" if told else "changed_nothing"].format(when=when, counts=", ".join(told))


def _account(report: Report, w: Mapping[str, str]) -> list[tuple[str, str]]:
    """The last block: where every row went, how far the outage record reaches, what is covered."""
    rows = account_said(report.account, report.language)
    own = report.duties_account
    of_duties = [(w["own_rows"], account_said(own, report.language))] if own else []
    lines = [(w["rows"], rows), *of_duties, (w["set_aside"], _set_aside(report, w))]
    aside = report.set_aside
    if len(aside) and (doubtful := aside.loc[aside["severity"] != "error", "source_row"].nunique()):
        lines.append((w["doubts"], count_sentence(w, "doubts", doubtful, report.language)))
    looked = [(words("beside", report.language)["looked"], line)] if (line := looked_line(report)) else []
    return [*lines, (w["record"], _record(report, w)), *looked, *_interval(report, w)]


def _set_aside(report: Report, w: Mapping[str, str]) -> str:
    count = report.rows_set_aside
    if not count:
        return w["set_aside_none"]
    errors = report.set_aside[report.set_aside["severity"] == "error"].drop_duplicates("source_row")
    cells = [one_line(cell) for cell in errors["cell"].where(errors["cell"] != "", errors["source_row"]).head(CELLS)]
    shown = ", ".join(cells)
    if count > len(cells):
        rest = formats.number(count - len(cells), report.language)
        shown = w["set_aside_more"].format(cells=shown, count=rest)
    return w["set_aside_at"].format(rows=counted(w, "row", count, report.language), cells=shown)


def _record(report: Report, w: Mapping[str, str]) -> str:
    run = report.run
    if not run.has_outage_record:
        return w["record_absent"]
    if run.record_complete_to is None:
        return w["record_stale_unknown" if run.is_record_stale else "record_unknown"]
    form = w["record_stale" if run.is_record_stale else "record_complete"]
    return form.format(when=_clock(run.record_complete_to, report))


def _interval(report: Report, w: Mapping[str, str]) -> list[tuple[str, str]]:
    run = report.run
    ended = _clock(run.as_of, report)
    began = "" if run.previous_as_of is None else _clock(run.previous_as_of, report)
    covered = w["interval_from" if began else "interval_first"].format(began=began, ended=ended)
    known = [] if run.next_report_on is None else [(w["next_report"], _day(run.next_report_on, report))]
    missed = [(w["missed"], formats.days(run.missed_on, report.language))] if run.missed_on else []
    return [(w["interval"], covered), *missed, *known]


def _more(count: int, report: Report, w: Mapping[str, str]) -> str:
    return count_sentence(w, "more", count, report.language) if count > 0 else ""


def _count(level: str, report: Report, w: Mapping[str, str]) -> str:
    return _noun(level, report.people_by_level[level], report, w)


def _noun(noun: str, count: int, report: Report, w: Mapping[str, str]) -> str:
    # NOTE: a plain space in English keeps the subject plain ASCII
    text = counted(w, noun, count, report.language)
    return text if report.language == "fr" else text.replace(formats.NBSP, " ")


def _people(count: int, report: Report, w: Mapping[str, str]) -> str:
    return counted(w, "person", count, report.language)


def _clock(at: Timestamp, report: Report) -> str:
    return formats.clock(at, zone(report.office.time_zone), report.language)


def _day(on: Timestamp, report: Report) -> str:
    return formats.day(on, report.language, weekday=True)
