"""Makes the benchmark's files: rosters of several sizes and an outage record. Seeded, invented people."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from pandas import DataFrame, Series
from rustpy_xlsxwriter import write_worksheet

SEED = 20260909
AS_OF = pd.Timestamp("2026-09-09T13:00Z")
OUTAGES = 1_000
AHEAD = 8
SYLLABLES = ("ba", "cor", "del", "fi", "gan", "ho", "jul", "ka", "lem", "mi", "nor", "pe", "ros", "su", "tav", "wen")
GIVEN = ("Amina", "Bruno", "Chloé", "Dmitri", "Esi", "Farid", "Giulia", "Hana", "Iván", "Jae", "Kwame", "Linh")
PROVINCES = ("ON", "QC", "BC", "AB", "MB", "NS")
SERVICES = ("ircc_secure_account", "gckey", "ircc_portal", "epay", "eta_form", "status_tracker")


def roster(people: int, readers: int) -> DataFrame:
    """People with 14 columns, each with a name of their own; expiries run from two months ago to three years ahead."""
    rng = np.random.default_rng(SEED)
    number = Series(range(people))
    expires_on = _days(rng, people, start=-60, stop=1_095)
    contact = number % min(readers, people)
    return DataFrame(
        {
            "Employee No.": number.map("E{:07d}".format),
            "Legal name": Series(rng.choice(GIVEN, people)) + " " + number.map(family),
            "E-mail": number.map("person{:07d}@example.org".format),
            "Department": contact.map("Unit {:03d}".format),
            "HR contact e-mail": contact.map("contact{:03d}@example.org".format),
            "Language": np.where(contact % 4 == 0, "fr", "en"),
            "Province": rng.choice(PROVINCES, people),
            "Permit type": rng.choice(["Work permit", "Study permit"], people, p=[0.6, 0.4]),
            "Permit no.": number.map("U{:09d}".format),
            "Issue date": expires_on - pd.to_timedelta(rng.integers(365, 1_095, people), unit="D"),
            "Permit expiry": expires_on,
            "Passport expiry": expires_on + pd.to_timedelta(rng.integers(200, 2_000, people), unit="D"),
            "Renewal filed on": _filings(rng, expires_on),
            "Login": rng.choice(["GCKey", "Sign-In Partner", ""], people, p=[0.6, 0.3, 0.1]),
        }
    )


def family(number: int) -> str:
    """A family name for each number."""
    return "".join(SYLLABLES[number // len(SYLLABLES) ** place % len(SYLLABLES)] for place in range(5)).capitalize()


def outages() -> DataFrame:
    """Twenty years of outages, most of a few hours, and the announced maintenance of the next 40 days."""
    rng = np.random.default_rng(SEED + 1)
    began_at = Series(AS_OF - pd.to_timedelta(rng.integers(60, 20 * 365 * 24 * 60, OUTAGES), unit="min"))
    began_at.iloc[:AHEAD] = AS_OF + pd.to_timedelta(rng.integers(60, 40 * 24 * 60, AHEAD), unit="min")
    is_ahead = began_at > AS_OF
    kind = Series(rng.choice(["unplanned", "planned", "degraded"], OUTAGES, p=[0.4, 0.5, 0.1])).mask(
        is_ahead, "planned"
    )
    ended_at = began_at + pd.to_timedelta(rng.lognormal(4.8, 0.9, OUTAGES).clip(5, 3_000).round(), unit="min")
    announced_at = began_at.mask(kind == "planned", began_at - pd.Timedelta(days=42))
    record = DataFrame(
        {
            "services": rng.choice(SERVICES, OUTAGES, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1]),
            "began_at": began_at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ended_at": ended_at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "kind": kind,
            "verification": rng.choice(["official", "press"], OUTAGES, p=[0.8, 0.2]),
            "status": np.where(is_ahead, "announced", "resolved"),
            "announced_at": announced_at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "source_url": "https://example.org/outages",
            "title": "Invented outage",
            "note": "",
        }
    ).sort_values("began_at", ignore_index=True)
    record.insert(0, "outage_id", record.index.map("bench-{:05d}".format))
    return record


def _days(rng: Generator, count: int, *, start: int, stop: int) -> Series:
    midnight = AS_OF.tz_localize(None).normalize()
    return Series(midnight + pd.to_timedelta(rng.integers(start, stop, count), unit="D"))


def _filings(rng: Generator, expires_on: Series) -> Series:
    """Nine in ten of those whose permit ends within 40 days have filed, a few weeks before."""
    soon = expires_on < AS_OF.tz_localize(None) + pd.Timedelta(days=40)
    filed_at = expires_on - pd.to_timedelta(rng.integers(41, 90, len(expires_on)), unit="D") + pd.Timedelta(hours=15)
    return filed_at.where(soon & (rng.random(len(expires_on)) < 0.9)).dt.strftime("%Y-%m-%d %H:%M").fillna("")


def main() -> None:
    """Write the outage record and a roster of each size asked for, unless they are there already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sizes", nargs="+", help="people/readers")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if not (record := asked.folder / "outages.csv").exists():
        outages().to_csv(record, index=False)
    for people, readers in (map(int, size.split("/")) for size in asked.sizes):
        if not (path := asked.folder / f"roster-{people}-{readers}.xlsx").exists():
            write_worksheet(roster(people, readers), str(path), sheet_name="Staff")


if __name__ == "__main__":
    main()
