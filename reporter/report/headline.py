"""The first sentence of the workbook and of the digest: how the week is, in words a busy officer can act on.

A quiet week, a stale or absent outage record and a roster nobody could read never sound alike.
"""

from collections.abc import Sequence

import pandas as pd
from pandas import Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.report import FATES, Account, NotRead, Report
from reporter.report.people import URGENT, Fact, PersonAtRisk, is_of_institution, of_urgency, people_at_risk, today_of
from reporter.report.recipients import roles
from reporter.report.record_context import trust_notes
from reporter.text.catalogue import count_sentence, words
from reporter.text.formats import clock, day_in_year, join_phrases, number
from reporter.text.time_zones import zone

GRAVITY = ("calm", "unknown", "unread", "watch", "high", "act")
"""The tones, the gravest last."""
OWN_TONES = {"critical": "act", "high": "high", "data_problem": "watch", "medium": "watch"}


def headline(report: Report, duties: list[Fact], *, is_own_beside: bool = True) -> tuple[tuple[str, ...], str]:
    """The sentence with what has to be added to it, and the tone (a key of looks.TONES) that goes with it.

    Takes: duties - those at risk, see `people.at_risk`; is_own_beside - whether the institution's own duties are told
           also where people are as grave: a mail has them in the line below and in its to-do.
    """
    if report.is_farewell:
        return (words("workbook", report.language)["nobody_left"],), "unknown"
    ours = [duty for duty in duties if is_of_institution(duty)]
    own, own_tone = _of_institution(ours, report)
    if report.duties_account and not (report.account.read or report.is_unread):  # whose duties these are has no people
        return (own, own_tone) if own else _own_quiet(report)
    theirs = [duty for duty in duties if not is_of_institution(duty)]
    said, tone = _of_people(people_at_risk(theirs, today_of(report)), report)
    if own and tone == "calm":  # nobody is at risk, but the week is not quiet
        said = (_say("assessed", report.people, report),)
    if GRAVITY.index(own_tone) > GRAVITY.index(tone):
        return (*own, *said), own_tone
    return ((*said, *own) if is_own_beside else said), tone


def _of_institution(duties: list[Fact], report: Report) -> tuple[tuple[str, ...], str]:
    """The sentence about the institution's own duties at their worst level, where any is at risk."""
    for level, tone in OWN_TONES.items():
        if count := sum(duty["level"] == level for duty in duties):
            return (_say(f"own_{level}", count, report),), tone
    return (), "calm"


def _own_quiet(report: Report) -> tuple[tuple[str, ...], str]:
    """None of them is at risk, as far as the outage record tells."""
    quiet, (told, tone) = words("workbook", report.language)["own_quiet"], record_sentence(report)
    return ((quiet, told), "unknown") if tone == "doubt" else ((quiet,), "calm")


def _of_people(people: Sequence[PersonAtRisk], report: Report) -> tuple[tuple[str, ...], str]:
    if report.account.assessed == 0:
        told, tone = _nobody_assessed(report)
        return (told,), tone
    urgent = [person for person in people if person.is_urgent]
    said, tone = (_of_urgent(urgent, report), "act") if urgent else _high_or_less(people, report)
    unknown = report.people_by_level.get("data_problem", 0)
    if not unknown:
        return said, tone
    doubt = _say("data", unknown, report)
    return ((doubt, *said), "watch") if tone == "calm" else ((*said, doubt), tone)


def _of_urgent(urgent: list[PersonAtRisk], report: Report) -> tuple[str, ...]:
    """A sentence for each way in which the urgent stand, and how many of them an outage cost hours."""
    told = [_say_of(name, people, report) for name in URGENT if (people := of_urgency(urgent, name))]
    lost = sum(person.has_lost_time for person in urgent)
    w = words("people", report.language)
    whole = number(len(urgent), report.language)
    lost_told = w["lost_self"] if len(urgent) == 1 else count_sentence(w, "lost", lost, report.language, people=whole)
    return (*told, *([lost_told] if lost else []))


def record_sentence(report: Report) -> tuple[str, str]:
    """What is known of the outage record, and the tone that goes with it."""
    w, run = words("workbook", report.language), report.run
    notes = trust_notes(report)
    if not run.has_outage_record:
        return " ".join([*notes, w["record_absent"]]), "doubt"
    if run.record_complete_to is None:
        return " ".join([*notes, w["record_undated"]]), "doubt"
    to = office_clock(report, run.record_complete_to)
    key, tone = ("record_stale", "doubt") if run.is_record_stale else ("record_fresh", "good")
    told = w[key].format(to=to, utc=f"{run.record_complete_to:%Y-%m-%d %H:%M}")
    return " ".join([*notes, told]), "doubt" if notes else tone


def office_clock(report: Report, at: Timestamp) -> str:
    """An instant on the office's clock, with its zone."""
    return clock(at, zone(report.office.time_zone), report.language)


def _nobody_assessed(report: Report) -> tuple[str, str]:
    if report.rows_set_aside:
        return _say("unreadable", report.rows_set_aside, report), "unread"
    return words("workbook", report.language)["empty"], "unread"


def _say_of(key: str, people: list[PersonAtRisk], report: Report) -> str:
    """The sentence on these people; of those who can still file, with the days by which they must."""
    by = sorted({person.file_by for person in people if not pd.isna(person.file_by)})
    if key == "to_file" and len(by) > 1:
        key = "first_to_file"
    if key == "critical":
        key = "other_critical"
    first, last = (_day(by[place], report) if by else "" for place in (0, -1))
    told = count_sentence(words("people", report.language), key, len(people), report.language, on=first, last=last)
    return one_stop(told)


def _high_or_less(people: Sequence[PersonAtRisk], report: Report) -> tuple[tuple[str, ...], str]:
    w = words("workbook", report.language)
    if high := [person for person in people if person.level == "high"]:
        days = [person.act_on for person in high if not pd.isna(person.act_on)]
        key, first = ("none_critical_high", _day(min(days), report)) if days else ("none_critical_high_undated", "")
        told = count_sentence(words("people", report.language), key, len(high), report.language, first=first)
        return (one_stop(told),), "high"
    if medium := sum(person.level == "medium" for person in people):
        return (_say("medium", medium, report),), "watch"
    if (limits := levels_asked_for(report)) or not report.people:
        nobody, (doubt, tone) = w["quiet_levels" if limits else "quiet_nobody"], record_sentence(report)
        told = nobody.format(levels=limits)
        calm = "unknown" if report.account.unread else "calm"
        return ((told, doubt), "unknown") if tone == "doubt" else ((told,), calm)
    if not report.run.has_outage_record:
        return (w["absent"],), "unknown"
    if report.run.ledger_faults or report.run.open_items:
        return (w["forged_record" if report.run.ledger_faults else "open_record"],), "unknown"
    if report.run.is_record_stale or report.run.record_complete_to is None:
        return (w["stale"],), "unknown"
    if report.account.unread:
        return (w["part_unread"],), "unknown"
    assessed = report.people - report.people_by_level.get("data_problem", 0)
    return (_say("nobody" if assessed < report.people else "quiet", assessed, report),), "calm"


def levels_asked_for(report: Report) -> str:
    """The levels that a role is told of, in words, where that is not all: of the others its report knows nothing."""
    levels = roles()[report.recipient.role].levels if report.recipient and report.recipient.role else ()
    return ", ".join(BY_NAME[name].word(report.language).lower() for name in levels)


def one_stop(sentence: str) -> str:
    """The sentence with one stop at its end, where it ends with a month cut short: `le lundi 30 nov.`"""
    return f"{sentence.rstrip('.')}." if sentence.endswith("..") else sentence


def _day(on: Timestamp, report: Report) -> str:
    return day_in_year(on, today_of(report), report.language)


def _say(key: str, n: int, report: Report, **more: str) -> str:
    return count_sentence(words("workbook", report.language), key, n, report.language, **more)


ALWAYS = ("assessed", "set_aside", "excluded")
"""The fates that a record names also where no row has them; the others are named where one has."""


def account_said(account: Account, language: str, *, always: Sequence[str] = ALWAYS) -> str:
    """`412 read = 396 assessed + 9 set aside + 7 excluded`, each word in the form its count asks for.

    What was not read as rows at all stands after it, so that the sum is never taken for everybody.

    Takes: always - the fates that are named also where no row has them.
    """
    w = words("account", language)
    parts = [(fate, getattr(account, fate)) for fate in FATES]
    fates = [
        count_sentence(w, fate, count, language)
        for fate, count in parts
        if count or fate in always or fate == "assessed"
    ]
    whole = w["whole"].format(read=count_sentence(w, "read", account.read, language), fates=" + ".join(fates))
    if not account.not_read:
        return whole
    places = [_place(part, language) for part in account.not_read]
    return w["beside"].format(whole=whole, places=join_phrases(places, language))


def _place(part: NotRead, language: str) -> str:
    w = words("account", language)
    name = w["sheet"].format(sheet=part.sheet, source=part.source) if part.sheet else part.source
    if not part.rows:
        return w["all_of_it"].format(place=name)
    return count_sentence(w, "seems", part.rows, language, place=name)
