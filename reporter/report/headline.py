"""The first sentence of the workbook and of the digest: how the week is, in words a busy officer can act on.

A quiet week, a stale or absent outage record and a roster nobody could read never sound alike.
"""

from collections.abc import Iterable

import pandas as pd
from pandas import Timestamp

from reporter.model.report import Account, Report
from reporter.report.record_context import trust_notes
from reporter.report.sentences import SOON_HOURS, Fact, is_open
from reporter.text.catalogue import count_sentence, words
from reporter.text.formats import clock, day
from reporter.text.time_zones import zone


def headline(report: Report, duties: list[Fact]) -> tuple[tuple[str, ...], str]:
    """The sentence with what has to be added to it, and the tone (a key of looks.TONES) that goes with it.

    Takes: duties - those at risk, see `duties.at_risk`.
    """
    if report.is_farewell:
        return (words("workbook", report.language)["nobody_left"],), "unknown"
    if report.account.assessed == 0:
        told, tone = _nobody_assessed(report)
        return (told,), tone
    worst = _worst_of_each(duties)
    urgent = [duty for duty in worst if duty["level"] == "critical"]
    if urgent:
        urgent += [
            duty for duty in worst if duty["level"] == "high" and is_open(duty) and duty["left_hours"] <= SOON_HOURS
        ]
    said, tone = _critical(urgent, report) if urgent else _below_critical(worst, report)
    unknown = report.people_by_level.get("data_problem", 0)
    if not unknown:
        return said, tone
    doubt = _say("data", unknown, report)
    return ((doubt, *said), "watch") if tone == "calm" else ((*said, doubt), tone)


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
    if report.account.set_aside:
        return _say("unreadable", report.account.set_aside, report), "unread"
    return words("workbook", report.language)["empty"], "unread"


def _worst_of_each(duties: list[Fact]) -> list[Fact]:
    """Each person's duties at that person's worst level; they stand worst first."""
    worst: dict[str, str] = {}
    told = [duty for duty in duties if duty["level"] in ("critical", "high", "medium")]
    return [duty for duty in told if worst.setdefault(duty["person_id"], duty["level"]) == duty["level"]]


def _persons(duties: Iterable[Fact]) -> set[str]:
    return {duty["person_id"] for duty in duties}


def _critical(urgent: list[Fact], report: Report) -> tuple[tuple[str, ...], str]:
    still = [duty for duty in urgent if not duty["is_past"] and not duty["is_filed"]]
    late = len(_persons(duty for duty in urgent if duty["is_past"]) - _persons(still))
    told = [_must_act(still, report)] if still else []
    told += [_say("past", late, report)] if late else []
    return tuple(told) or (_say("must_now", len(_persons(urgent)), report) + ".",), "act"


def _must_act(still: list[Fact], report: Report) -> str:
    people = _persons(still)
    lost = len(_persons(duty for duty in still if duty["lost_72h"] > 0))
    if any(pd.isna(duty["closes_on"]) for duty in still):
        return _say("must_now", len(people), report) + _lost(lost, len(people), report)
    soonest: dict[str, Timestamp] = {}
    for duty in sorted(still, key=lambda duty: duty["closes_on"]):
        soonest.setdefault(duty["person_id"], duty["closes_on"])
    first, last = min(soonest.values()), max(soonest.values())
    told = _say("must" if first == last else "must_first", len(people), report, on=_day(first, report))
    return told + _lost(lost, len(people), report)


def _lost(lost: int, people: int, report: Report) -> str:
    w = words("workbook", report.language)
    if not report.run.has_outage_record:
        return "."  # nobody looked: to say that nothing was lost would be a guess
    if lost and people == 1:
        return w["lost_self"]
    if lost == people:
        return w["lost_all"]
    return _say("lost", lost, report) if lost else w["lost_none"]


def _below_critical(duties: list[Fact], report: Report) -> tuple[tuple[str, ...], str]:
    told, tone = _high_or_less(duties, report)
    return (told,), tone


def _high_or_less(duties: list[Fact], report: Report) -> tuple[str, str]:
    w = words("workbook", report.language)
    high = [duty for duty in duties if duty["level"] == "high"]
    if high:
        dated = [duty["closes_on"] for duty in high if not pd.isna(duty["closes_on"])]
        shown = _day(min(dated), report) if dated else "?"
        return _say("high", len(_persons(high)), report, first=shown), "high"
    medium = len(_persons(duty for duty in duties if duty["level"] == "medium"))
    if medium:
        return _say("medium", medium, report), "watch"
    if not report.run.has_outage_record:
        return w["absent"], "unknown"
    if report.run.ledger_faults or report.run.open_items:
        return w["forged_record" if report.run.ledger_faults else "open_record"], "unknown"
    if report.run.is_record_stale or report.run.record_complete_to is None:
        return w["stale"], "unknown"
    assessed = report.people - report.people_by_level.get("data_problem", 0)
    return _say("nobody" if assessed < report.people else "quiet", assessed, report), "calm"


def _day(on: Timestamp, report: Report) -> str:
    return day(on, report.language, weekday=True)


def _say(key: str, n: int, report: Report, **more: str) -> str:
    return count_sentence(words("workbook", report.language), key, n, report.language, **more)


def account_said(account: Account, language: str) -> str:
    """`412 read = 396 assessed + 9 set aside + 7 excluded`, each word in the form its count asks for."""
    w = words("account", language)
    names = ("read", "assessed", "set_aside", "excluded")
    return w["whole"].format(**{name: count_sentence(w, name, getattr(account, name), language) for name in names})
