"""The peer: the same job as a competent analyst would write it in an afternoon, with pandas and openpyxl.

Nothing is slowed down on purpose. Outages that cannot matter to this service are dropped once, the loop stops
early where it can, and dates are compared as plain datetimes, which is several times faster than pandas' own.
"""

import argparse
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

SERVICES = ["ircc_secure_account", "gckey"]


def main() -> None:
    """Read the roster, measure each person against the outages, write one report and one workbook a recipient."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    parser.add_argument("outages", type=Path)
    parser.add_argument("as_of", type=lambda text: pd.Timestamp(text).tz_convert("UTC"))
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    as_of = asked.as_of.to_pydatetime()
    staff = pd.read_excel(asked.roster, engine="openpyxl")
    spans = load_outages(asked.outages)
    measured = staff.apply(lambda row: measure(row, spans, as_of), axis=1, result_type="expand")
    report = pd.concat([staff, measured], axis=1).sort_values(["level", "closes_at", "Employee No."])
    write(report, asked.out)


def load_outages(path: Path) -> list[tuple[datetime, datetime]]:
    """The outages of the services needed to file, overlaps joined, in order of time."""
    record = pd.read_csv(path, parse_dates=["began_at", "ended_at"])
    record = record[record["services"].isin(SERVICES) & (record["kind"] != "degraded")].sort_values("began_at")
    spans: list[tuple[datetime, datetime]] = []
    for began_at, ended_at in zip(record["began_at"], record["ended_at"], strict=True):
        if spans and began_at <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ended_at.to_pydatetime()))
        else:
            spans.append((began_at.to_pydatetime(), ended_at.to_pydatetime()))
    return spans


def lost(spans: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """Hours of outage between two instants."""
    total = timedelta()
    for began_at, ended_at in spans:
        if began_at >= end:
            break
        if ended_at > start:
            total += min(ended_at, end) - max(began_at, start)
    return total.total_seconds() / 3600


def measure(row: pd.Series, spans: list[tuple[datetime, datetime]], as_of: datetime) -> dict[str, object]:
    """What the report says about one person."""
    if pd.isna(row["Permit expiry"]):
        return {"closes_at": None, "level": "9 unknown"}
    closes_at = (row["Permit expiry"] + timedelta(days=1)).tz_localize("UTC").to_pydatetime()
    opens_at = closes_at - timedelta(days=120)
    left_hours = (closes_at - as_of).total_seconds() / 3600
    facts = {
        "closes_at": closes_at.replace(tzinfo=None),
        "left_hours": left_hours,
        "lost_hours": lost(spans, opens_at, closes_at),
        "lost_72h": lost(spans, closes_at - timedelta(hours=72), closes_at),
        "lost_24h": lost(spans, closes_at - timedelta(hours=24), closes_at),
        "usable_hours": max(0.0, left_hours - lost(spans, max(as_of, opens_at), closes_at)),
    }
    return {**facts, "level": level(facts, is_filed=isinstance(row["Renewal filed on"], str))}


def level(facts: dict, *, is_filed: bool) -> str:
    """A level, numbered so that it sorts."""
    if is_filed:
        return "5 low"
    if facts["left_hours"] <= 0 or (facts["left_hours"] <= 24 and facts["lost_24h"] > 0):
        return "1 critical"
    if facts["left_hours"] <= 30 * 24:
        return "2 high"
    if facts["left_hours"] <= 60 * 24:
        return "3 medium"
    return "5 low" if facts["left_hours"] <= 120 * 24 else "6 none"


def write(report: pd.DataFrame, out: Path) -> None:
    """One workbook with everybody, one a recipient with those at risk."""
    out.mkdir(parents=True, exist_ok=True)
    report.to_excel(out / "risk.xlsx", index=False, engine="openpyxl")
    at_risk = report[report["level"] <= "3 medium"]
    for number, (_, rows) in enumerate(at_risk.groupby("HR contact e-mail")):
        rows.to_excel(out / f"recipient-{number:03d}.xlsx", index=False, engine="openpyxl")


if __name__ == "__main__":
    main()
