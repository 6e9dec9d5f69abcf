"""The first sentence of the workbook: how the week is, in words a busy officer can act on.

A quiet week, a stale or absent outage record and a roster nobody could read never sound alike.
"""

from pandas import DataFrame, Timestamp

from reporter.model.places import zone
from reporter.model.report import Report
from reporter.model.speech import clock, day, number
from reporter.report.words import words

NEEDED = ("person_id", "level", "closes_on", "lost_hours", "is_past", "is_filed")


def headline(report: Report) -> tuple[str, str]:
    """The sentence, and the tone (a key of looks.TONES) that goes with it."""
    if report.account.assessed == 0:
        return _nobody_assessed(report)
    people = _worst_of_each(report.findings[list(NEEDED)])
    urgent = people[people["level"] == "critical"]
    told, tone = _critical(urgent, report) if len(urgent) else _below_critical(people, report)
    unknown = report.people_by_level.get("data_problem", 0)
    if unknown:
        told = f"{told} {_say('data', unknown, report)}"
        tone = "watch" if tone == "calm" else tone
    return told, tone


def record(report: Report) -> tuple[str, str]:
    """What is known of the outage record, and the tone that goes with it."""
    w, run = words("workbook", report.language), report.run
    if not run.has_outage_record:
        return w["record_absent"], "doubt"
    if run.record_complete_to is None:
        return w["record_undated"], "doubt"
    to = local(report, run.record_complete_to)
    key, tone = ("record_stale", "doubt") if run.is_record_stale else ("record_fresh", "good")
    return w[key].format(to=to, utc=f"{run.record_complete_to:%Y-%m-%d %H:%M}"), tone


def local(report: Report, at: Timestamp) -> str:
    """An instant on the office's clock, with its zone."""
    return clock(at, zone(report.office.time_zone), report.language)


def _nobody_assessed(report: Report) -> tuple[str, str]:
    if report.account.set_aside:
        return _say("unreadable", report.account.set_aside, report), "unread"
    return words("workbook", report.language)["empty"], "unread"


def _worst_of_each(findings: DataFrame) -> DataFrame:
    """Each person's duties at that person's worst level; the frame stands worst first."""
    findings = findings[findings["level"].isin(["critical", "high", "medium"])]
    worst = findings.drop_duplicates("person_id").set_index("person_id")["level"]
    return findings[findings["level"] == findings["person_id"].map(worst)]


def _critical(urgent: DataFrame, report: Report) -> tuple[str, str]:
    still = urgent[~urgent["is_past"] & ~urgent["is_filed"]]
    past = urgent[urgent["is_past"]]["person_id"]
    late = past[~past.isin(still["person_id"])].nunique()
    told = [_must_act(still, report)] if len(still) else []
    told += [_say("past", late, report)] if late else []
    return " ".join(told) or _say("must_now", urgent["person_id"].nunique(), report) + ".", "act"


def _must_act(still: DataFrame, report: Report) -> str:
    each = still.sort_values("closes_on", na_position="first").drop_duplicates("person_id")
    lost = still["person_id"][still["lost_hours"] > 0].nunique()
    if each["closes_on"].isna().any():
        return _say("must_now", len(each), report) + _lost(lost, len(each), report)
    first, last = each["closes_on"].min(), each["closes_on"].max()
    told = _say("must", len(each), report, last=_day(last, report))
    if first < last:
        told += words("workbook", report.language)["must_first"].format(first=_day(first, report))
    return told + _lost(lost, len(each), report)


def _lost(lost: int, people: int, report: Report) -> str:
    w = words("workbook", report.language)
    if not report.run.has_outage_record:
        return "."  # nobody looked: to say that nothing was lost would be a guess
    if lost and people == 1:
        return w["lost_self"]
    if lost == people:
        return w["lost_all"]
    return _say("lost", lost, report) if lost else w["lost_none"]


def _below_critical(people: DataFrame, report: Report) -> tuple[str, str]:
    w = words("workbook", report.language)
    high = people[people["level"] == "high"]
    if len(high):
        first = high["closes_on"].min()
        shown = _day(first, report) if first == first else "?"  # NaT is not equal to itself
        return _say("high", high["person_id"].nunique(), report, first=shown), "high"
    medium = people[people["level"] == "medium"]["person_id"].nunique()
    if medium:
        return _say("medium", medium, report), "watch"
    if not report.run.has_outage_record:
        return w["absent"], "unknown"
    if report.run.is_record_stale or report.run.record_complete_to is None:
        return w["stale"], "unknown"
    return _say("quiet", report.people, report), "calm"


def _day(on: Timestamp, report: Report) -> str:
    return day(on, report.language, weekday=True)


def _say(key: str, n: int, report: Report, **more: str) -> str:
    """The sentence for one or for many: French counts zero as one."""
    is_one = n < 2 if report.language == "fr" else n == 1
    sentence = words("workbook", report.language)[f"{key}_{'one' if is_one else 'many'}"]
    return sentence.format(n=number(n, report.language), **more)
