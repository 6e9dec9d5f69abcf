"""The e-mail a contact reads on Monday: subject, HTML and text, all three from one set of finished facts.

Pure: no file but the templates, no clock, nothing sent. The facts are put into words once, in `facts()`, and
both bodies print the same words, so that the reader of plain text is told neither less nor more. A quiet week,
a record out of date, no record and a roster nobody could read each have their own headline and colour.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from msgspec import Struct
from pandas import Timestamp

from reporter.model.levels import AT_RISK, BY_NAME, LEVELS
from reporter.model.report import OFFICE_SLUG, Report
from reporter.report.card import cell_place
from reporter.report.headline import (
    account_said,
    amended_lines,
    ask_to_look,
    headline,
    is_doubtful,
    levels_asked_for,
    looked_line,
    one_stop,
    person_look_line,
    trust_notes,
)
from reporter.report.mail.rows import OUTAGES, SHOWN, needs_evidence, outage_lines, relied_outages, todo
from reporter.report.mail.templates import (
    Digest,
    fitting,
    mail_of,
    monday,
    of_a_subject,
    of_every_mail,
    of_files,
    of_rosters,
    week_said,
)
from reporter.report.people import (
    URGENT,
    AtRisk,
    Fact,
    Facts,
    PersonAtRisk,
    at_risk,
    is_quiet,
    of_urgency,
    one_line,
    people_at_risk,
    row_dicts,
    today_of,
)
from reporter.text import formats
from reporter.text.catalogue import count_sentence, counted, words
from reporter.text.time_zones import zone

DIGEST = ("digest.subject.txt.j2", "digest.html.j2", "digest.txt.j2")
FEWER = ((SHOWN, OUTAGES), (5, 3), (3, 1), (1, 1))
"""How many people and outages are shown: the first of these with which the mail is not cut off."""
CELLS = 2  # how many addresses of rows set aside are written out
AMENDED = 2  # facts amended since the last report
MOST_COUNTS = 3  # counts in the subject
CHANGES = ("new", "worse", "better", "gone", "off_roster", "unread")
DEPARTED_SHOWN = 8  # people who are told one by one; of more, the ids
SYMBOLS = {"at_risk": "", "quiet": "○", "stale": "!", "no_record": "!", "partly": "!", "unread": "✕"}


class MailStock(Struct, frozen=True):
    """What was made once, of the whole, and is only picked for each reader: the duties at risk, and the outages."""

    duties: AtRisk | None = None
    outages: Facts | None = None


ALL_ANEW = MailStock()


def digest(
    report: Report,
    *,
    templates: Path | None = None,
    known: MailStock = ALL_ANEW,
    also: tuple[Report, MailStock] | None = None,
) -> Digest:
    """The digest of one report, in its language; with `also`, the same report in another, one part for each.

    Takes:  templates - a folder whose files stand before ours; known - what was made once, of the whole.
    Raises: SettingsError when a template cannot be used.
    """

    def of(people: int, outages: int) -> Digest:
        told = digest_facts(report, known, people=people, outages=outages)
        second = digest_facts(*also, people=people, outages=outages) if also else None
        return mail_of(DIGEST, told, second, templates)

    return fitting(of, FEWER)


def digest_facts(report: Report, known: MailStock = ALL_ANEW, *, people: int = SHOWN, outages: int = OUTAGES) -> Fact:
    """Everything a template may use, as words and whole numbers; no document number, and no name unless asked for.

    Takes: how many people and outages are told one by one.
    """
    w = {**words("digest", report.language), **words("people", report.language)}
    duties = at_risk(report, known.duties)
    entries, more = todo(duties, report, people)
    relied_on = relied_outages(report, known.outages)
    told, more_outages = outage_lines(report, relied_on, outages)
    is_line = is_quiet_line(report)
    return {
        **of_every_mail(report, w),
        "state": state(report),
        "symbol": SYMBOLS[state(report)],
        **_heading(report, duties, w),
        "notices": [*of_rosters(report), *_notices(report, w), *of_files(report)],
        "first": entries,
        "more_people": more,
        "snoozed": _quiet(duties, report, w),
        "departed": departed_lines(report, w),
        "outages": [] if is_line else told,
        "outages_title": w["outages"].format(place=formats.place_word(zone(report.office.time_zone), report.language)),
        "more_outages": "" if is_line else more_outages,
        "evidence": w["evidence_kept"] if needs_evidence(report, relied_on, entries) else "",
        "amended": amended_lines(report, AMENDED),
        "beside": words("beside", report.language),
        "since": "" if is_line else _since(report, w),
        "to_correct": _set_aside(report, w),
        "account": _account(report, w),
    }


def is_quiet_line(report: Report) -> bool:
    """Whether the reader wants one line of such a week: nobody at risk, nothing to correct and nothing to doubt."""
    wants = report.recipient is not None and report.recipient.quiet != "send"
    return wants and is_nothing_to_tell(report)


def is_nothing_to_tell(report: Report) -> bool:
    """Whether the week is quiet for this reader and looks no different from the last."""
    is_calm = state(report) == "quiet" and not report.is_farewell and not report.rows_set_aside
    is_calm &= not report.run.old_rosters
    is_same = report.changes.empty and report.departed.empty
    return is_calm and is_same and report.beside.amended.empty and not report.account.not_read


def state(report: Report) -> str:
    """Which of six weeks this is: unread, at_risk, no_record, stale, partly read or quiet; the first that holds."""
    if report.is_farewell:
        return "quiet"
    if report.is_unread:
        return "unread"
    if any(report.people_by_level.get(level) for level in AT_RISK) or report.own_at_risk:
        return "at_risk"
    if not report.run.has_outage_record:
        return "no_record"
    if report.run.is_record_doubtful:
        return "stale"
    return "partly" if report.account.unread else "quiet"


def _heading(report: Report, at_risk: list[Fact], w: Mapping[str, str]) -> Fact:
    (first, *more), _ = headline(report, at_risk, is_own_beside=False)
    after = "sentence_left" if report.is_farewell else "sentence_unread" if state(report) == "unread" else ""
    counts = _subject_counts(report, at_risk, w)
    unit = f"{one_line(report.recipient.title)}" if report.recipient else ""
    return {
        "subject": w["subject_unit" if unit else "subject"].format(
            counts=", ".join(counts), week=week_said(report), unit=unit
        ),
        "subject_short": w["subject_short"].format(counts=", ".join(counts[: MOST_COUNTS - 1])),
        "monday": f"{monday(report):%Y-%m-%d}",
        "headline": first,
        "sentence": " ".join([*more, *([w[after]] if after else [])]),
        "trust": _trust(report, w),
    }


def _trust(report: Report, w: Mapping[str, str]) -> str:
    """One line under the headline: whom it is about, what has to be corrected, and until when outages are known."""
    aside, own = report.rows_set_aside, report.own_at_risk
    told = [
        counted(w, "person", report.people, report.language),
        *([counted(w, "own", own, report.language)] if own else []),
        *([counted(w, "to_correct", aside, report.language)] if aside else []),
        _known_to(report, w),
    ]
    return " · ".join(told)


def _known_to(report: Report, w: Mapping[str, str]) -> str:
    run, place = report.run, zone(report.office.time_zone)
    if not run.has_outage_record:
        return w["known_absent"]
    if run.record_complete_to is None:
        return w["known_unknown"]
    local, today = run.record_complete_to.tz_convert(place), today_of(report)
    if local.tz_localize(None).normalize() == today:
        return w["known_to_today"].format(hour=formats.hour(local, report.language))
    when = formats.placed_clock(run.record_complete_to, place, today, report.language)
    return w["known_to"].format(when=when)


def _subject_counts(report: Report, at_risk: list[Fact], w: Mapping[str, str]) -> list[str]:
    """What must be done, the gravest first, and what keeps a reader from trusting the rest."""
    if report.is_farewell:
        return [w["subject_left"]]
    if state(report) == "unread":
        return [w["subject_unread"]]
    people = [one for one in people_at_risk(at_risk, today_of(report)) if not one.is_own]
    urgent = [_urgent(name, told, report, w) for name in URGENT if (told := of_urgency(people, name))]
    told_already = Counter(one.level for one in people if one.is_urgent)
    others = {level: report.people_by_level.get(level, 0) - told_already[level] for level in AT_RISK}
    levels = [_noun(level, number, report, w) for level, number in others.items() if number > 0]
    own = [_noun("subject_own", number, report, w)] if (number := report.own_at_risk) else []
    away = int((~report.departed["is_listed"]).sum()) if len(report.departed) else 0
    off = [_noun("subject_off_roster", away, report, w)] if away else []
    record = [w["subject_no_record"]] if not report.run.has_outage_record else []
    doubt = [w[key]] if report.run.has_outage_record and (key := _doubt(report)) else []
    first = [*urgent, *levels][:MOST_COUNTS]
    part = [w["subject_part_unread"]] if report.account.unread else []
    return [*([*first, *own] or part or [_nothing(report, w)]), *(part if first or own else []), *off, *record, *doubt]


def _nothing(report: Report, w: Mapping[str, str]) -> str:
    """What a subject says where there is nobody to count: of whom it is said."""
    if levels := levels_asked_for(report):
        return w["subject_quiet_levels"].format(levels=levels)
    return w["subject_quiet" if report.people or report.duties_account else "subject_quiet_nobody"]


def _urgent(name: str, people: Sequence[PersonAtRisk], report: Report, w: Mapping[str, str]) -> str:
    """So many have ended, or are to file by that day."""
    by = sorted({one.file_by for one in people if not pd.isna(one.file_by)})
    on = formats.day_in_year(by[0], today_of(report), report.language) if by else ""
    key = f"subject_{'first_to_file' if name == 'to_file' and len(by) > 1 else name}"
    return of_a_subject(count_sentence(w, key, len(people), report.language, on=on), report.language)


def _doubt(report: Report) -> str:
    """What the subject says of the record: nothing of one that is whole."""
    run = report.run
    if run.open_items or run.ledger_faults:
        return "subject_open"
    return "subject_stale" if run.is_record_stale else ""


def _notices(report: Report, w: Mapping[str, str]) -> list[Fact]:
    """What keeps a reader from taking silence for safety: shown above everything else."""
    run = report.run
    found = trust_notes(report)
    if state(report) not in ("no_record", "stale"):  # of these the headline tells
        missing = "notice_stale" if run.has_outage_record else "notice_no_record"
        found += [w[missing]] if run.is_record_stale or not run.has_outage_record else []
    if _is_office(report) and run.is_record_stale:
        found.append(ask_to_look(report))
    told = [{"symbol": "!", "text": text} for text in found]
    left = [count_sentence(w, "left_over", report.left_over, report.language)] if report.left_over else []
    return [*told, *({"symbol": "–", "text": text} for text in left)]


def _is_office(report: Report) -> bool:
    return report.recipient is not None and report.recipient.slug == OFFICE_SLUG


def departed_lines(report: Report, w: Mapping[str, str]) -> list[str]:
    """Whom the last report told this reader of and who is not there any more, by id: no name of theirs is kept."""
    if report.departed.empty:
        return []
    people = row_dicts(report.departed)
    shown, more = people[:DEPARTED_SHOWN], [one_line(one["person_id"]) for one in people[DEPARTED_SHOWN:]]
    lines = [_departed(one, report, w) for one in shown]
    rest = [count_sentence(w, "departed_more", len(more), report.language, people=", ".join(more))] if more else []
    steps = {
        "departed_off_do": not report.departed["is_listed"].all(),
        "departed_moved_do": report.departed["is_listed"].any(),
    }
    return [*lines, *rest, *(w[step] for step, is_due in steps.items() if is_due)]


def _departed(one: Fact, report: Report, w: Mapping[str, str]) -> str:
    last = one["closes_at"] - pd.Timedelta(microseconds=1)
    day = "" if pd.isna(last) else formats.day_in_year(_local(last, report), today_of(report), report.language)
    told = w["departed_moved" if one["is_listed"] else "departed_off"].format(
        person=one_line(one["person_id"]),
        level=BY_NAME[one["level"]].word(report.language).lower(),
        last_day=w["departed_last_day"].format(day=day) if day else "",
    )
    return one_stop(told)


def _quiet(at_risk: list[Fact], report: Report, w: Mapping[str, str]) -> str:
    """How many duties the office asked not to be told of for now: left out of the lines, never of the counts."""
    days = [duty["quiet_until"] for duty in at_risk if is_quiet(duty)]
    if not days:
        return ""
    until = formats.day(min(days), report.language)
    return count_sentence(w, "notice_quiet", len(days), report.language, until=until)


def _since(report: Report, w: Mapping[str, str]) -> str:
    """How many people are at each level, and were in the last report, and what became of their duties."""
    if report.is_farewell:
        return w["changed_left"]
    now, was = report.people_by_level, report.previous_people_by_level
    levels = ", ".join(
        w["levels_was" if was and now.get(name, 0) != was.get(name, 0) else "levels_now"].format(
            level=level.word(report.language).lower(),
            now=formats.number(now.get(name, 0), report.language),
            was=formats.number(was.get(name, 0), report.language),
        )
        for level in LEVELS
        if (name := level.name) in AT_RISK and (now.get(name) or was.get(name))
    )
    return " ".join([*([f"{levels[0].upper()}{levels[1:]}."] if levels else []), _changes(report, w)])


def _changes(report: Report, w: Mapping[str, str]) -> str:
    if report.run.previous_as_of is None:
        return w["first_run"]
    counts = Counter(report.changes["change"].tolist())
    listed = {"off_roster"} if len(report.departed) else set()  # their own lines say it
    told = [
        counted(w, name, counts[name], report.language) for name in CHANGES if name in counts and name not in listed
    ]
    if not told and len(report.departed):
        return ""
    return w["changed" if told else "changed_nothing"].format(counts=", ".join(told))


def _account(report: Report, w: Mapping[str, str]) -> list[str]:
    """The last lines: where every row went, as of when, and when the next report comes."""
    run, own, language = report.run, report.duties_account, report.language
    today = today_of(report)
    lines = [f"{w['rows']}{w['colon']} {account_said(report.account, language, always=())}"]
    if own and (own.read != own.assessed or own.not_read or not report.account.read):
        lines.append(f"{w['own_rows']}{w['colon']} {account_said(own, language, always=())}")
    if aside := _doubtful_rows(report):
        lines.append(count_sentence(w, "doubts", aside, language))
    lines += [_alerted(report, w)] if report.alerted else []
    read = person_look_line(report)
    lines += [read] if read else []
    looked = looked_line(report)
    lines += [looked] if looked and not is_all_well(report) else []
    when = formats.placed_clock(run.as_of, zone(report.office.time_zone), today, language)
    if run.previous_as_of is None:
        told = [w["as_of"].format(when=when)]
    else:
        began = formats.day_in_year(_local(run.previous_as_of, report), today, language)
        told = [w["period"].format(began=began, when=when)]
    told += [f"{w['missed']}{w['colon']} {formats.days(run.missed_on, language)}"] if run.missed_on else []
    if report.next_report_on is not None:
        told.append(w["next_report"].format(day=formats.day_in_year(report.next_report_on, today, language)))
    return [*lines, " · ".join(told)]


def _alerted(report: Report, w: Mapping[str, str]) -> str:
    """What was told between the report before and this one."""
    place, today = zone(report.office.time_zone), today_of(report)
    told = [
        f"{formats.placed_clock(at, place, today, report.language)} ({counted(w, 'person', n, report.language)})"
        for at, n in report.alerted
    ]
    return f"{w['alerted']}{w['colon']} {w['semicolon'].join([*told[:1], *(f' {one}' for one in told[1:])])}"


def is_all_well(report: Report) -> bool:
    """Whether nothing needs to be known of the sources of outages: each was read, and none is old."""
    return not any(map(is_doubtful, report.beside.looked_rows))


def _doubtful_rows(report: Report) -> int:
    aside = report.set_aside
    return int(aside.loc[aside["severity"] != "error", "source_row"].nunique()) if len(aside) else 0


def _set_aside(report: Report, w: Mapping[str, str]) -> str:
    """Where the rows are that have to be corrected; nothing for a role that may not see them."""
    if report.set_aside.empty:
        return ""
    count, rows = report.rows_set_aside, row_dicts(report.set_aside, ("severity", "source_row", "cell"))
    errors: dict[str, str] = {}  # by row, the first cell of it; the row itself where none is named
    for row in rows:
        if row["severity"] == "error":
            cell = row["cell"] or row["source_row"].rpartition(":")[2]
            place = cell if "!" in cell else cell_place(row["source_row"], cell)  # `E2` alone may be of any file
            errors.setdefault(row["source_row"], place)
    cells = [one_line(cell) for cell in list(errors.values())[:CELLS]]
    shown = formats.join_phrases(cells, report.language)
    if not cells or count == len(cells):
        return shown  # the line under the headline counts them
    rest = formats.number(count - len(cells), report.language)
    return w["set_aside_at"].format(
        rows=counted(w, "row", count, report.language), cells=w["set_aside_more"].format(cells=shown, count=rest)
    )


def _noun(noun: str, count: int, report: Report, w: Mapping[str, str]) -> str:
    return of_a_subject(counted(w, noun, count, report.language), report.language)


def _local(at: Timestamp, report: Report) -> Timestamp:
    return at.tz_convert(zone(report.office.time_zone)).tz_localize(None)
