"""Small rosters and records on disk, and one run over them."""

import csv
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pandas as pd

from reporter.pipeline.run import run as pipeline
from reporter.settings import OutageSettings, RosterSettings, Settings

HEADER = ("Employee No.", "Legal name", "Department", "HR contact email", "Province", "Permit type", "Permit expiry")
AS_OF = "2026-09-09T13:00:00Z"


def at(text: str = AS_OF) -> pd.Timestamp:
    return pd.Timestamp(text).tz_convert("UTC").as_unit("us")


def roster(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    """A roster as a CSV file; a short row is filled with blanks."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
    return path


def outages(path: Path, rows: Iterable[dict[str, str]], complete_to: str | None = AS_OF) -> Path:
    """An outage record as JSON, complete to the instant of the run."""
    usual = {
        "kind": "unplanned",
        "verification": "official",
        "status": "resolved",
        "source_url": "https://example.org/n",
    }
    record = {"outages": [usual | {"outage_id": f"o{n}", "title": f"Outage {n}"} | row for n, row in enumerate(rows)]}
    path.write_text(json.dumps(record | ({"complete_to": complete_to} if complete_to else {})), "utf-8")
    return path


def settings(folder: Path, rosters: Sequence[Path], records: Sequence[Path] = (), **more: object) -> Settings:
    known = Settings(
        folder=str(folder),
        roster=tuple(RosterSettings(path=str(path)) for path in rosters),
        outages=tuple(OutageSettings(path=str(path)) for path in records),
    )
    return msgspec.structs.replace(known, **more)


def run(folder: Path, rosters: Sequence[Path], records: Sequence[Path] = (), *, as_of: str = AS_OF, **more: object):
    """One run into `folder/out`, with the store beside it."""
    flags = {name: more.pop(name) for name in ("strict", "waivers") if name in more}
    known = settings(folder, rosters, records, **more)
    return pipeline.run(known, at(as_of), out=folder / "out", **flags)


def findings(folder: Path) -> list[dict[str, str]]:
    """findings.csv as it stands on disk."""
    with (folder / "out" / "findings.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def restored(home: Path, kept: Path) -> Path:
    """`home` again as it was when it was kept: what a run made once, each test may change at the same place."""
    shutil.rmtree(home, ignore_errors=True)
    return Path(shutil.copytree(kept, home))
