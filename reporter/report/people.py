"""Who needs seeing to: one line a person, from which every first screen is told. Pure.

Headline, to-do, subject, terminal and workbook count these people and show them in this order: by consequence, then by
the day of the next action. Here too is what they need to know of a single duty, and how a roster's text and a feed's
address become fit to show.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Timedelta, Timestamp

from reporter.model.levels import AT_RISK, BY_NAME, RANK, STILL_TO_FILE
from reporter.model.report import Report
from reporter.model.shapes import INSTITUTION
from reporter.text.time_zones import zone

STATES = ("ended", "late", "refused", "doubtful", "careful", "hours", "down", "waiting", "unread")
"""How a person stands, the gravest first; STATE_HOLDS says of each what makes it so."""
URGENT = ("ended", "late", "refused", "doubtful", "careful", "to_file", "critical")
"""What a headline tells of the urgent, in its order: those who can still file in time stand apart."""
WEEK_DAYS = 7  # by the calendar where the person is, as the judgements count
TODAY = frozenset({"ended", "late", "refused", "doubtful", "careful", "hours", "down", "unread"})
"""In these the next action is today's, whatever the calendar says."""

SOON_HOURS = 72  # below this, what is left is told in hours of filing time; above, in days
COLUMNS = (
    "level", "person_id", "deadline", "title", "closes_on", "closes_at", "closes_local", "last_safe_at",
    "last_safe_local", "left_hours", "usable_hours", "reason", "action", "cite", "link", "is_past", "is_filed",
    "is_weekend", "is_unverified", "date_certainty", "full_name", "unit", "lost_72h", "relief",
    "quiet_until", "holder", "over_on", "over_local", "is_over", "left_days", "past_days",
    "disposition", "is_down", "is_down_confirmed", "covers_close", "who", "outages", "time_zone", "is_weighed_first",
)  # fmt: skip
OUTAGE_COLUMNS = ("outage_id", "title", "kind", "services", "began_at", "ended_at", "verification", "source_url",
                  "precision")  # fmt: skip
Fact = dict[str, Any]


def _is_ended(duty: Fact) -> bool:
    return bool(duty["disposition"] == "missed" and has_filing_hour(duty))


def _is_doubtful(duty: Fact) -> bool:
    return is_date_uncertain(duty) and (duty["disposition"] == "late" or _is_ended(duty))


STATE_HOLDS: dict[str, Callable[[Fact], bool]] = {
    "unread": lambda duty: bool(duty["level"] == "data_problem"),  # asked first: such a date is not to be relied on
    "doubtful": _is_doubtful,  # ended or late, if the date is read right: nobody says that it is
    "late": lambda duty: bool(duty["disposition"] == "late"),  # filed after the last day
    "refused": lambda duty: duty["disposition"] in ("refused", "refused_early", "returned"),
    "ended": _is_ended,  # past by every reading, and nothing filed
    "careful": lambda duty: bool(duty["is_past"] and duty["disposition"] == "open" and has_filing_hour(duty)),
    "hours": lambda duty: is_open(duty) and has_filing_hour(duty) and duty["left_hours"] <= SOON_HOURS,
    # of somebody with more than a week, the way in that is down has its own line
    "down": lambda duty: is_open(duty) and bool(duty["is_down"]) and is_within_week(duty),
}
"""What makes a duty so, in the order in which it is asked; a duty of none of them is waiting."""


class PersonAtRisk(Struct, frozen=True):
    """One person, or one duty of the institution, with everything of theirs that is at risk.

    `lead` is the duty the person is told by; its `place` is its number in the findings, and it is empty for somebody
    none of whose rows could be read.
    """

    person_id: str
    level: str
    state: str  # one of STATES, of the lead
    act_on: Timestamp  # civil day of the next action; missing where no date is known
    who: str  # whose turn it is, in the reader's language
    lead: Fact
    duties: tuple[Fact, ...]  # the lead first, all others at risk after it
    is_own: bool = False  # a duty of the institution itself

    @property
    def is_critical(self) -> bool:
        """Whether any duty of theirs is critical."""
        return self.level == "critical"

    @property
    def is_urgent(self) -> bool:
        """Whether it is told in the headline: critical, or high with 72 hours left or less."""
        return self.is_critical or (self.level == "high" and self.state == "hours")

    @property
    def is_to_file(self) -> bool:
        """Whether the lead can still be filed in time, and has a week at most."""
        lead = self.lead
        return is_open(lead) and has_filing_hour(lead) and is_within_week(lead)

    @property
    def file_by(self) -> Timestamp:
        """The last day on which a filing of the lead is dependable; missing where no date is known."""
        return _last_day(self.lead)

    @property
    def urgency(self) -> str:
        """As what the headline tells of somebody urgent: one of URGENT."""
        if self.state in URGENT:
            return self.state
        return "to_file" if self.is_to_file else "critical"

    @property
    def has_lost_time(self) -> bool:
        """Whether an outage took filing time in the last 72 hours of any duty of theirs."""
        return any(duty["lost_72h"] > 0 for duty in self.duties)


def people_at_risk(duties: Iterable[Fact], today: Timestamp) -> tuple[PersonAtRisk, ...]:
    """Each person once, the gravest first, then by the day of the next action.

    Takes: duties - those at risk, see `people.at_risk`; today - the civil day on the office's calendar.
    """
    whose: dict[tuple[bool, str], list[Fact]] = {}
    for duty in duties:
        whose.setdefault((is_of_institution(duty), duty["person_id"]), []).append(duty)
    people = [_person(theirs, today, is_own=is_own) for (is_own, _), theirs in whose.items()]
    return tuple(sorted(people, key=_order))


def of_urgency(people: Iterable[PersonAtRisk], name: str) -> list[PersonAtRisk]:
    """Those of the urgent whom a headline tells under that name, one of URGENT."""
    return [person for person in people if person.is_urgent and person.urgency == name]


def today_of(report: Report) -> Timestamp:
    """The civil day of the report on the office's calendar."""
    return civil_day(report.run.as_of, report.office.time_zone)


@lru_cache(maxsize=16)  # every line of every mail of a run asks for the same day
def civil_day(at: Timestamp, time_zone: str) -> Timestamp:
    """The civil day of an instant on the calendar of a place."""
    return at.tz_convert(zone(time_zone)).tz_localize(None).normalize()


def is_within_week(duty: Fact) -> bool:
    """Whether the last day is at most a week ahead, or past."""
    return bool(duty["left_days"] <= WEEK_DAYS)


def state_of(duty: Fact) -> str:
    """How one duty stands: one of STATES."""
    return next((state for state, holds in STATE_HOLDS.items() if holds(duty)), "waiting")


def _person(duties: list[Fact], today: Timestamp, *, is_own: bool) -> PersonAtRisk:
    lead, *others = sorted(duties, key=gravity)
    level, state = lead["level"], STATES[gravity(lead)[1]]
    who = one_line(lead["who"])
    act_on = today if level == "critical" or state in TODAY else _act_on(lead, today)
    return PersonAtRisk(str(lead["person_id"]), level, state, act_on, who, lead, (lead, *others), is_own)


def _act_on(duty: Fact, today: Timestamp) -> Timestamp:
    """The last day on which a filing is dependable; today where that day has gone by."""
    last_day = _last_day(duty)
    return last_day if pd.isna(last_day) else max(last_day, today)


def _last_day(duty: Fact) -> Timestamp:
    """The person's own calendar day of the last dependable hour, never after the last day itself."""
    closes_on, last_safe_at, place = duty["closes_on"], duty["last_safe_at"], duty["time_zone"]
    if pd.isna(closes_on) or pd.isna(last_safe_at) or not isinstance(place, str):
        return Timestamp(closes_on)
    return _day_before(last_safe_at, closes_on, place)


@lru_cache(maxsize=20_000)  # of a hundred thousand people, most share their days
def _day_before(at: Timestamp, closes_on: Timestamp, place: str) -> Timestamp:
    before = (at - Timedelta(seconds=1)).tz_convert(zone(place))  # an hour of midnight ends the day before
    return Timestamp(min(closes_on, before.tz_localize(None).normalize()))


def gravity(duty: Fact) -> tuple[int, int, int, float, str]:
    """By what the duties of a person, and people, are put in order, the gravest first; worked out once of each."""
    if "gravity" not in duty:
        at, lost = duty["closes_at"], duty["lost_72h"]
        state = STATES.index(state_of(duty))
        # of two that close together, the one that lost more leads
        hours_kept: float = 0.0 if pd.isna(lost) else -float(lost)
        duty["gravity"] = (
            RANK[duty["level"]],
            state,
            at.value if not pd.isna(at) else 1 << 62,
            hours_kept,
            str(duty["deadline"]),
        )
    return duty["gravity"]  # type: ignore[no-any-return]


def _order(person: PersonAtRisk) -> tuple[int, int, int, int, str]:
    rank, state, at, *_ = gravity(person.lead)
    on = person.act_on.value if not pd.isna(person.act_on) else 1 << 62
    return rank, state, on, at, person.person_id


class Facts:
    """The rows of a frame of the whole as plain facts, made once: a recipient's few are picked without a frame.

    Takes: rows - those of one recipient keep their index.
    """

    def __init__(self, rows: DataFrame) -> None:
        places = rows.index.tolist()
        self._facts = {place: {"place": place, **fact} for place, fact in zip(places, row_dicts(rows), strict=True)}

    def of(self, rows: DataFrame) -> list[Fact]:
        """Those among these rows, in their order."""
        return [self._facts[n] for n in rows.index.tolist() if n in self._facts]


class AtRisk(Facts):
    """The findings a reader has to act on. Takes: findings - TOLD."""

    def __init__(self, findings: DataFrame) -> None:
        super().__init__(findings.loc[findings["level"].isin(AT_RISK), list(COLUMNS)])

    def told(self, index: "pd.Index[int]", change: Callable[[str], str]) -> "AtRisk":
        """Those of these numbers alone, every text of theirs changed."""
        few = copy(self)
        few._facts = {
            n: {name: change(value) if isinstance(value, str) else value for name, value in self._facts[n].items()}
            for n in index.tolist()
            if n in self._facts
        }
        return few


def at_risk(report: Report, known: AtRisk | None = None) -> list[Fact]:
    """The findings of one report that a reader has to act on, in its order.

    Takes: known - those of the whole, when they have been gathered already.
    """
    return (known or AtRisk(report.findings)).of(report.findings)


def is_date_uncertain(duty: Mapping[Any, Any]) -> bool:
    """Whether the date that it counts from may be another one: read in two ways, or beside words that are no date."""
    return duty["date_certainty"] in ("uncertain", "ambiguous")


def is_open(duty: Mapping[Any, Any]) -> bool:
    """Whether it can still be filed: not past, not filed, and with a date."""
    is_ahead = not duty["is_past"] and not pd.isna(duty["last_safe_at"])
    return bool(is_ahead and duty["disposition"] in STILL_TO_FILE)


def has_filing_hour(duty: Mapping[Any, Any]) -> bool:
    """Whether there is an hour to file before; for a trip or the end of a passport only the date counts."""
    return bool(one_line(duty["last_safe_local"]))


def is_weighed_first(duty: Mapping[str, Any]) -> bool:
    """Whether a licensed person or counsel says what to ask for: such a duty has a cut-off, and no filing is named."""
    return bool(duty["is_weighed_first"])


def is_of_institution(duty: Fact) -> bool:
    """Whether it is a duty of the institution itself; its id stands where a person's does."""
    return bool(duty["holder"] == INSTITUTION)


def is_quiet(duty: Fact) -> bool:
    """Whether the office asked not to be told of it again for now; its level stands all the same."""
    return not pd.isna(duty["quiet_until"])


def row_dicts(frame: DataFrame, names: Sequence[str] = ()) -> list[Fact]:
    """The rows of a frame, each by column name; quicker than to_dict on a few rows of many columns.

    Takes: names - of the columns, when not all are wanted.
    """
    columns = {str(name): frame[name].tolist() for name in names or frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def one_line(text: object) -> str:
    """Somebody's text on one line, without control characters or marks that turn the reading direction."""
    return _plain(text) if isinstance(text, str) else ""


@lru_cache(maxsize=50_000)  # the same titles, reasons and actions come back in digest after digest
def _plain(text: str) -> str:
    if text.replace("\N{NO-BREAK SPACE}", "").isprintable() and "  " not in text:
        return text.strip(" ")
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") else " " for c in text)
    return re.sub(r"[ ]+", " ", kept).strip(" ")


def badge(name: str, language: str) -> Fact:
    """A level as a reader sees it: symbol, word and colours; the border keeps its shape when colours are lost."""
    level = BY_NAME[name]
    border = level.paper if level.ink == "#FFFFFF" else level.ink
    shown = {"symbol": level.symbol, "word": level.word(language), "ink": level.ink, "paper": level.paper}
    return {"name": name, "border": border, **shown}


def link(url: object) -> str:
    """An address a reader may follow: http or https only, so that a roster or a feed cannot plant a script."""
    text = one_line(url)
    return text if urlsplit(text).scheme in ("http", "https") and " " not in text else ""
