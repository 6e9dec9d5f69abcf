"""The first sentence of the workbook and of the digest, and how far the record behind it can be trusted. Pure.

The sentence says how the week is, in words a busy officer can act on. A quiet week, a stale or absent outage record
and a roster nobody could read never sound alike. Beside the outages stands what was granted, what was amended, and how
old the sources are."""

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.report import FATES, OLD, SAME, Account, NotRead, Relief, Report, RosterDate, relief_of
from reporter.report.people import (
    URGENT,
    Fact,
    PersonAtRisk,
    is_of_institution,
    of_urgency,
    one_line,
    people_at_risk,
    row_dicts,
    today_of,
)
from reporter.report.recipients import roles
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words
from reporter.text.formats import clock, day_in_year, join_phrases, number
from reporter.text.time_zones import OTTAWA, zone

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
    if lost == len(urgent):
        lost_told = w["lost_self" if lost == 1 else "lost_all"].format(people=whole)
    else:
        lost_told = count_sentence(w, "lost", lost, report.language, people=whole)
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
        key, first = ("at_high", _day(min(days), report)) if days else ("at_high_undated", "")
        told = count_sentence(words("people", report.language), key, len(high), report.language, first=first)
        return (one_stop(told),), "high"
    if medium := sum(person.level == "medium" for person in people):
        return (_say("medium", medium, report),), "watch"
    if (limits := levels_asked_for(report)) or not report.people:
        nobody, (doubt, tone) = w["quiet_levels" if limits else "quiet_nobody"], record_sentence(report)
        told = nobody.format(levels=limits)
        calm = "unknown" if report.account.unread else "calm"
        return ((told, doubt), "unknown") if tone == "doubt" else ((told,), calm)
    assessed = report.people - report.people_by_level.get("data_problem", 0)
    if not assessed:  # "nobody was found at risk" is said of those who were looked at
        return (), "calm"
    if not report.run.has_outage_record:
        return (w["absent"],), "unknown"
    if report.run.ledger_faults or report.run.open_items:
        return (w["forged_record" if report.run.ledger_faults else "open_record"],), "unknown"
    if report.run.is_record_stale or report.run.record_complete_to is None:
        return (w["stale"],), "unknown"
    if report.account.unread:
        return (w["part_unread"],), "unknown"
    if assessed < report.people:
        return (_say("nobody", assessed, report),), "calm"
    is_whole = report.departed["is_listed"].all()  # whoever is gone from the roster was at risk, and may be still
    return (_say("quiet" if is_whole else "assessed", assessed, report),), "calm" if is_whole else "unknown"


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


GRANTS = ("extension", "re_invitation", "other_channel_accepted", "other_channel_refused")
SHOWN = 3  # sources named in one line
OPEN_SHOWN, WORDS_SHOWN = 2, 110  # items of the sources told one by one, and how much of the words of each
_CODES = {"kind": "kind", "verification": "sure", "status": "status", "precision": "precision"}


def relief_words(relief: Relief | None, title: str, language: str, on: dt.date | None = None) -> str:
    """What was granted because of one outage, whom it covers and whom not, until when, and where that is written.

    The one reading of a measure, for the workbook, the mails, `explain`, the fact sheet and the findings. `on` is the
    day of the report: a day that has passed by then is told as passed.
    """
    w = words("beside", language)
    if relief is None:
        return w["relief_absent"]
    until = "" if relief.until_on is None else formats.day(Timestamp(relief.until_on), language)
    said = [w[f"relief_{relief.kind}"].format(title=title, until=until)]
    if until and relief.kind != "extension":
        said.append(w["relief_until"].format(until=until))
    if on is not None and relief.is_over(on):
        said.append(w["relief_passed"])
    parts = {name: one_line(getattr(relief, name)).rstrip(".") for name in ("scope", "limits", "reference", "source")}
    said += [w[f"relief_{name}"].format(value=value) for name, value in parts.items() if value]
    if relief.kind in GRANTS:
        said += [w[f"relief_no_{name}"] for name in ("scope", "source") if not parts[name]]
    return " ".join(said)


def day_of_report(report: Report) -> dt.date:
    """The civil day of the report on the office's clock."""
    return report.run.as_of.tz_convert(zone(report.office.time_zone)).date()


def relief_of_findings(
    used: Series, outages: DataFrame, granted: Mapping[str, Relief], language: str, on: dt.date | None = None
) -> Series:
    """For each finding, what was granted because of the outages it relies on; empty where nothing was.

    Whom it covers stands in words that no roster answers: the reader is told to check, and nothing is decided.

    Takes: the ids of the outages of each finding, separated by `;`; OUTAGES.
    """
    titles = dict(zip(outages["outage_id"], outages["title"], strict=True))
    told = {
        key: relief_words(relief, one_line(titles.get(key)) or key, language, on)
        for key, relief in granted.items()
        if relief.kind in GRANTS
    }
    check = words("beside", language)["relief_check"]

    def sentence(ids: str) -> str:
        said = [told[key] for key in ids.split(";") if key in told]
        return " ".join([*said, check]) if said else ""

    codes, distinct = pd.factorize(used)
    texts = pd.array([*(sentence(str(ids)) for ids in distinct), ""], dtype="str")
    return Series(texts.take(codes), index=used.index)  # a missing value's code is -1: the last text


def looked_line(report: Report) -> str:
    """One sentence on the sources: those that failed or are old, else since when all were looked at; may be empty."""
    w, looked = words("beside", report.language), report.beside.looked_rows
    if not looked:
        return ""
    worst = sorted(filter(is_doubtful, looked), key=_how_good)
    if not worst:
        first = min(row["looked_at"] for row in looked)
        since = office_clock(report, first)
        return count_sentence(w, "looked", len(looked), report.language, since=since)
    told = [_source(row, report) for row in worst[:SHOWN]]
    more = [w["looked_more"].format(n=len(worst) - SHOWN)] if len(worst) > SHOWN else []
    return w["looked_some"].format(n=len(worst), all=len(looked), told=", ".join([*told, *more]))


def person_look_line(report: Report) -> str:
    """Who of the office read the notices last, and when; empty where nobody ever said so, and for other readers."""
    if report.beside.person_look is None:
        return ""
    at, who = report.beside.person_look
    when = formats.placed_clock(at, zone(report.office.time_zone), today_of(report), report.language)
    w = words("beside", report.language)
    return w["look_by" if who else "look_unnamed"].format(who=one_line(who), when=when)


def ask_to_look(report: Report) -> str:
    """What the office is asked when nobody has looked for too long: which pages to read, and one word to answer."""
    w, last = words("beside", report.language), report.run.record_complete_to
    days = None if last is None else int((report.run.as_of - last) / pd.Timedelta(days=1))
    asked = w["ask_never"] if days is None else count_sentence(w, "ask", days, report.language)
    pages = " · ".join(map(one_line, report.beside.pages)) or w["ask_there"]
    answer = w["ask_mail" if report.beside.is_answered else "ask_command"]
    return " ".join((asked, w["ask_pages"].format(pages=pages), answer))


def is_doubtful(row: Fact) -> bool:
    """Whether a source, a row of LOOKED, failed, is old or was never looked at."""
    return bool(row["is_failed"] or row["is_old"] or pd.isna(row["looked_at"]))


def _how_good(row: Fact) -> tuple[bool, bool, float]:
    """Those that failed stand first; among these and among the others, those of no known age and then the oldest."""
    age = row["age_days"]
    return (not row["is_failed"], *((False, 0.0) if pd.isna(age) else (True, -age)))


def mark(row: Fact, language: str) -> str:
    """How a source stands, in words: looked at, old, not read, never read."""
    w = words("beside", language)
    if pd.isna(row["looked_at"]):
        return w["looked_never"]
    if row["is_failed"]:
        return w["looked_failed"]
    return w["looked_old" if row["is_old"] else "looked_fine"]


def looked_status(status: str, language: str) -> str:
    """What came of the last look, as `outages sources` says it."""
    return words("outages_cli", language).get(status, status)


def trust_notes(report: Report) -> list[str]:
    """What keeps the record from being whole or believed: an old roster, a ledger that was changed, what the sources
    offer besides.
    """
    w, run = words("beside", report.language), report.run
    old = [_roster_age(one, w, report.language) for one in run.roster_dates if one.verdict]
    forged = [count_sentence(w, "ledger_forged", run.ledger_faults, report.language)] if run.ledger_faults else []
    if not run.open_items:
        return [*old, *forged]
    told = [_open_item(row, w) for row in row_dicts(report.beside.open.head(OPEN_SHOWN))]
    more = [w["open_more"].format(n=run.open_items - len(told))] if run.open_items > len(told) else []
    return [*old, *forged, count_sentence(w, "open", run.open_items, report.language, told=", ".join([*told, *more]))]


def _roster_age(one: RosterDate, w: Mapping[str, str], language: str) -> str:
    on = one.same_since if one.verdict == SAME else one.dated_on
    told, key, name = formats.day(Timestamp(on), language) if on else "", f"roster_{one.verdict}", one_line(one.name)
    if one.verdict == OLD:
        return count_sentence(w, key, one.days, language, name=name, day=told)
    return w[key].format(name=name, day=told)


def _open_item(row: Fact, w: Mapping[str, str]) -> str:
    text = " ".join(one_line(row["words"]).split())
    shown = text if len(text) <= WORDS_SHOWN else f"{text[: WORDS_SHOWN - 1].rstrip()}…"
    return w[f"open_item_{row['fate']}"].format(words=shown or "–", source=one_line(row["source"]))


def amended_words(report: Report) -> DataFrame:
    """What changed in outages that the last report relied on: outage_id, title, what, was, now (words), recorded_at."""
    rows, w = report.beside.amended, words("beside", report.language)
    columns, titles = rows["column"].tolist(), rows["title"].where(rows["title"] != "", rows["outage_id"]).tolist()
    told = {
        side: [_fact(*fact, report) for fact in zip(columns, rows[side].tolist(), titles, strict=True)]
        for side in ("was", "now")
    }
    return rows.assign(
        title=Series(titles, index=rows.index, dtype="str"),
        what=Series([w.get(f"fact_{name}", name) for name in columns], index=rows.index, dtype="str"),
        **{side: Series(texts, index=rows.index, dtype="str") for side, texts in told.items()},
    )


def amended_lines(report: Report, most: int) -> list[str]:
    """The same as lines of a digest, at most so many and how many more there are."""
    if report.beside.amended.empty:
        return []
    w, rows = words("beside", report.language), amended_words(report)
    lines = [
        w["amended_line"].format(**{name: one_line(row[name]) for name in ("title", "what", "was", "now")})
        for row in row_dicts(rows.head(most))
    ]
    return [*lines, w["amended_more"].format(n=len(rows) - most)] if len(rows) > most else lines


def _source(row: Fact, report: Report) -> str:
    is_stated = row["is_old"] and not row["is_failed"] and pd.notna(row["complete_to"])  # it was looked at, in vain
    at = row["complete_to"] if is_stated else row["looked_at"]
    key: str = "looked_single_never" if pd.isna(at) else "looked_single_old" if is_stated else "looked_single"
    since: str = "" if pd.isna(at) else office_clock(report, at)
    told = words("beside", report.language)[key]
    return told.format(source=one_line(row["source"]), mark=mark(row, report.language), since=since)


def _fact(name: str, text: str, title: str, report: Report) -> str:
    """One fact as the ledger wrote it, in words."""
    w, language = words("beside", report.language), report.language
    if name == "action":
        action, _, into = text.partition(" ")
        return w.get(f"action_{action}", w["action_stands"]).format(into=into)
    if name == "relief":
        return relief_words(relief_of(text), title, language, day_of_report(report))
    if name.endswith("_at"):
        absent = words("workbook", language)["not_ended"] if name == "ended_at" else "–"
        return formats.clock(Timestamp(text), zone(OTTAWA), language) if text else absent
    if name == "services":
        return formats.join_phrases((report.service_titles.get(key, key) for key in text.split(";")), language)
    if name == "source_url":
        text = _shown(text)
    return (
        words("workbook", language).get(
            f"{_CODES.get(name, name)}_{text}", formats.join_phrases(text.split("\n"), language)
        )
        or "–"
    )


def _shown(text: str) -> str:
    """An address without the name and password that may stand in it; any other text as it is."""
    parts = urlsplit(text) if "://" in text and " " not in text else None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts else text


def causes(report: Report) -> dict[str, "Series[int]"]:
    """The steps of level by each cause, on the rows of the report's changes; empty where the causes are not known.

    Up is worse. What the first step was, and so its name, is that of the run: `roster`, `rules`, `roster_or_rules`…
    """
    if report.causes.empty or report.changes.empty:
        return {}
    known = report.causes.reindex(report.changes.index)
    start = str(known["start"].iloc[0]).replace("_", "_or_")
    parts = {start: known["by_start"], "time": known["by_time"]}
    return parts if "outages" in start else parts | {"outages_amended": known["by_outages"]}


def why_changed(report: Report) -> str:
    """The parts and their sum as one sentence; empty where they are not known."""
    parts = {name: int(steps.sum()) for name, steps in causes(report).items()}
    if not parts:
        return ""
    w = words("workbook", report.language)
    told = ", ".join(f"{w[f'cause_{name}']} {_signed(steps, report)}" for name, steps in parts.items())
    return w["cause_told"].format(net=_signed(sum(parts.values()), report), parts=told)


def _signed(steps: int, report: Report) -> str:
    sign = "+" if steps > 0 else "−" if steps < 0 else ""
    return sign + number(abs(steps), report.language)
