"""An office left alone for weeks: what it keeps on the disk, and what each week's work costs.

Invented people whose permits end evenly spread, so that every week looks like every other: what grows is our own doing.
Each week a roster is exported, a file of an outage is put into the inbox, and the unattended run is looked after by
nobody; hours later it is asked again, as a timer does, when nothing is due.
"""

import argparse
import csv
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pandas as pd
from sqlalchemy import event
from sqlalchemy.engine import Engine

from reporter.settings import (
    InboxSettings,
    MailSettings,
    OfficeSettings,
    OutageSettings,
    RetentionSettings,
    RosterSettings,
    Settings,
    WeeklySettings,
)
from reporter.weekly import once

HEADER = ("Employee No.", "Legal name", "Department", "HR contact email", "Province", "Permit type", "Permit expiry")
FIRST = pd.Timestamp("2026-09-07T13:00:00Z").as_unit("us")
"""A Monday, two hours after the report is due."""
AHEAD, BEHIND = timedelta(days=400), timedelta(days=30)
"""Whose permit is on a roster: from a month after it ended to so long before."""
SYLLABLES = ("ba", "cor", "del", "fi", "gan", "ho", "jul", "ka", "lem", "mi", "nor", "pe", "ros", "su", "tav", "wen")


@dataclass(frozen=True)
class Office:
    """A simulated office: how many people at a time, how many readers, and where all of it stands."""

    folder: Path
    people: int
    readers: int
    retention: RetentionSettings

    @property
    def settings(self) -> Settings:
        """Those of its weekly report: mails go to a folder, and it waits for no person."""
        mail = MailSettings(
            transport="folder", share="share", allow=("example.org",), first_time_limit=self.readers + 1,
            most=3 * self.readers + 3,
        )  # fmt: skip
        return Settings(
            folder=str(self.folder),
            office=OfficeSettings(name="Invented", address="office@example.org"),
            roster=(RosterSettings(path="staff.csv"),),
            outages=(OutageSettings(path="outages.json"),),
            inbox=InboxSettings(path="inbox"),
            mail=mail,
            weekly=WeeklySettings(),
            retention=self.retention,
        )

    def begin(self) -> None:
        """Its folders."""
        for name in ("inbox", "share"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def week(self, number: int) -> pd.Timestamp:
        """What comes in before the report of that week, 0 for the first; the instant at which it is made."""
        at = FIRST + pd.Timedelta(weeks=number)
        with (self.folder / "staff.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(self._people(at.date()))
        (self.folder / "outages.json").write_text(json.dumps(_record(at)), "utf-8")
        began_at = at - pd.Timedelta(days=2, hours=number % 7)
        seen = {"outage_id": f"seen-{number}", "services": "gckey", "title": f"Seen {number}",
                "began_at": _text(began_at), "ended_at": _text(began_at + pd.Timedelta(hours=3)),
                "kind": "unplanned", "verification": "official", "status": "resolved"}  # fmt: skip
        (self.folder / "inbox" / f"seen-{number}.json").write_text(json.dumps({"outages": [seen]}), "utf-8")
        return at

    def _people(self, today: date) -> Iterator[tuple[str, ...]]:
        """Whoever's permit ends within the window: one leaves as another comes."""
        every = (AHEAD + BEHIND) / self.people
        first = (today - BEHIND - FIRST.date()) // every
        for n in range(first, first + self.people):
            ends_on = FIRST.date() + every * n
            unit = n % self.readers
            name = "".join(SYLLABLES[n // len(SYLLABLES) ** k % len(SYLLABLES)] for k in range(4)).capitalize()
            yield (f"E{n + 100_000:06d}", f"Ana {name}", f"Unit {unit:03d}", f"hr{unit:03d}@example.org", "ON",
                   "Work permit", ends_on.isoformat())  # fmt: skip


def _text(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _record(at: pd.Timestamp) -> dict[str, object]:
    """The outages of the last half year, one a week, on the same days before each report."""
    began = [at - pd.Timedelta(days=3 + 7 * n) for n in range(26)]
    rows = [
        {"outage_id": f"o-{one:%Y%m%d}", "services": "ircc_secure_account", "title": "Invented outage",
         "began_at": _text(one), "ended_at": _text(one + pd.Timedelta(hours=6)), "kind": "unplanned",
         "verification": "official", "status": "resolved", "source_url": "https://example.org/outages"}
        for one in began
    ]  # fmt: skip
    return {"outages": rows, "complete_to": _text(at)}


@dataclass
class Work:
    """What a stretch of work came to: nothing in it hangs on the machine but `seconds`."""

    statements: int = 0
    steps: int = 0  # of SQLite, in thousands
    calls: int = 0  # of functions, where they were counted
    seconds: float = 0.0


@contextmanager
def counted_work(*, calls: bool = False) -> Iterator[Work]:
    """While it lasts, what is asked of the store is counted, and the calls of functions where that is wanted."""
    work, began = Work(), time.process_time()
    lot = 1_000

    def step() -> int:
        work.steps += 1
        return 0

    def connect(connection: object, *_: object) -> None:
        connection.set_progress_handler(step, lot)  # type: ignore[attr-defined]

    def execute(*_: object) -> None:
        work.statements += 1

    def call(_: object, what: str, __: object) -> None:
        work.calls += what == "call"

    event.listen(Engine, "connect", connect)
    event.listen(Engine, "before_cursor_execute", execute)
    if calls:
        sys.setprofile(call)
    try:
        yield work
    finally:
        sys.setprofile(None)
        event.remove(Engine, "connect", connect)
        event.remove(Engine, "before_cursor_execute", execute)
        work.seconds = time.process_time() - began


def sizes(office: Office) -> Counter[str]:
    """Bytes on the disk: of the store, of the run folders, of captured pages."""
    found: Counter[str] = Counter()
    for path in office.folder.rglob("*"):
        if path.is_file():
            top = path.relative_to(office.folder).parts[0]
            found["store" if top.startswith("reporter.db") else top] += path.stat().st_size
    return found


def weeks(office: Office, count: int, *, calls: Collection[int] = ()) -> Iterator[tuple[int, Work, Work]]:
    """Each week in turn, with the work of its report and of the look some hours later that finds nothing to do.

    Takes: calls - the weeks, 0 for the first, of which calls of functions are counted too.
    """
    office.begin()
    known = office.settings
    for number in range(count):
        at = office.week(number)
        with counted_work(calls=number in calls) as report:
            done = once(known, clock=lambda at=at: at)
        assert done.made is not None and done.code == 0, f"week {number}: exit code {done.code}"
        with counted_work(calls=number in calls) as idle:
            once(known, clock=lambda at=at: at + pd.Timedelta(hours=5))
        yield number, report, idle


def main() -> None:
    """Simulate so many weeks and print one line for each that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty folder")
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--readers", type=int, default=300)
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--every", type=int, default=1, help="print each so-many-th week")
    parser.add_argument("--calls", action="store_true", help="count calls of functions too, at twice the time")
    parser.add_argument("--retention", type=json.loads, default={}, help="the settings, as JSON: of runs, digests …")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    retention = msgspec.convert(asked.retention, RetentionSettings)
    office = Office(asked.folder.resolve(), asked.people, asked.readers, retention)
    print(f"{'week':>4}{'CPU s':>8}{'SQL':>7}{'k steps':>9}{'k calls':>9}{'idle s':>8}{'SQL':>5}{'k steps':>9}"
          f"{'store MB':>10}{'runs MB':>9}{'captures':>10}", flush=True)  # fmt: skip
    for number, report, idle in weeks(office, asked.weeks, calls=range(asked.weeks) if asked.calls else ()):
        if number % asked.every and number != asked.weeks - 1:
            continue
        on_disk = sizes(office)
        thousands = report.calls / 1e3
        print(f"{number + 1:>4}{report.seconds:>8.2f}{report.statements:>7,}{report.steps:>9,}{thousands:>9,.0f}"
              f"{idle.seconds:>8.2f}{idle.statements:>5,}{idle.steps:>9,}{on_disk['store'] / 1e6:>10.2f}"
              f"{on_disk['reporter-out'] / 1e6:>9.1f}{on_disk['captures'] / 1e6:>10.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
