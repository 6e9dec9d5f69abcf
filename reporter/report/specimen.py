"""An invented report in each of its states, on which templates are tried before anybody is told anything. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
from pandas import DataFrame, Timestamp

from reporter.model.levels import NAMES
from reporter.model.report import Account, Logo, Office, Recipient, Report, Run
from reporter.model.shapes import CHANGES, OUTAGES, RULES, SET_ASIDE, TOLD
from reporter.report.duties import ROWS

AS_OF = Timestamp("2026-09-14T11:00Z")
STATES = ("at_risk", "quiet", "stale", "no_record", "unread")


OFFICE = Office(
    "Specimen office",
    "1 Example Street",
    licensed_contact="A. Specimen",
    logo=Logo(b"", "png", 120, 40),
    signature=("A. Specimen", "Specimen office"),
    disclaimer="Specimen disclaimer.",
)


def specimens(language: str, office: Office = OFFICE) -> Iterator[tuple[str, Report]]:
    """A report in each state: with and without a previous run, more duties than are shown, an open outage."""
    whole = _at_risk(language, office)
    yield "at_risk", whole
    nobody = replace(whole, findings=TOLD.empty(), outages=OUTAGES.empty(), set_aside=SET_ASIDE.empty())
    account = Account(1, 1, 0, 0)
    calm = replace(nobody, account=account, people=1, people_by_level=_counts(none=1), previous_people_by_level={})
    yield "quiet", replace(calm, run=replace(whole.run, previous_as_of=None), office=Office())
    yield "stale", replace(calm, run=replace(whole.run, is_record_stale=True))
    yield "no_record", replace(calm, run=replace(whole.run, has_outage_record=False, record_complete_to=None))
    yield "unread", replace(nobody, account=Account(2, 0, 2, 0), set_aside=whole.set_aside)


def _at_risk(language: str, office: Office) -> Report:
    account = Account(ROWS + 4, ROWS + 3, 1, 0)
    return Report(
        language=language,
        office=office,
        run=Run("specimen", AS_OF, account, "0" * 64, previous_as_of=AS_OF - pd.Timedelta(days=7),
                record_complete_to=AS_OF),
        account=account,
        recipient=Recipient("specimen", "specimen@example.org", language, "Specimen unit"),
        findings=_findings(),
        outages=_outages(),
        set_aside=SET_ASIDE.cast(DataFrame([{"source_row": "s.xlsx!S:2", "cell": "S!F2", "severity": "error"}])),
        changes=CHANGES.cast(DataFrame([{"change": "new", "person_id": "S1"}])).assign(title="", full_name=""),
        rules=RULES.empty(),
        service_titles={"gckey": "GCKey"},
        people=ROWS + 3,
        people_by_level=_counts(critical=ROWS + 2, medium=1),
        previous_people_by_level=_counts(critical=1),
    )  # fmt: skip


def _counts(**counts: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, 0) | counts


def _findings() -> DataFrame:
    closes = AS_OF.normalize() + pd.Timedelta(days=6)  # a Sunday
    usual: dict[str, Any] = {
        "level": "critical", "title": "A duty", "closes_on": closes.tz_localize(None) - pd.Timedelta(days=1),
        "closes_at": closes, "last_safe_at": closes, "closes_local": "closes", "last_safe_local": "safe",
        "left_hours": 130.0, "usable_hours": 120.0, "reason": "Why.", "action": "Do.", "cite": "Rule",
        "link": "https://example.org/", "is_past": False, "is_filed": False, "is_weekend": True,
        "is_unverified": True, "date_certainty": "uncertain", "outages": "open;over", "deadline": "specimen",
    }  # fmt: skip
    bare = {"closes_on": None, "closes_at": None, "last_safe_at": None, "closes_local": "", "left_hours": None,
            "reason": "", "action": "", "cite": "", "link": "", "level": "medium"}  # fmt: skip
    past = {"is_past": True, "left_hours": -30.0}
    rows = [usual | {"person_id": f"S{n}"} for n in range(ROWS + 1)]
    rows = [usual | bare | {"person_id": "S98"}, usual | past | {"person_id": "S99"}, *rows]
    blank = {name: 0.0 for kind in ("hours", "days", "share") for name in TOLD.of_kind(kind)}
    blank |= dict.fromkeys(TOLD.of_kind("truth"), False)
    return TOLD.cast(DataFrame([blank | row for row in rows]))


def _outages() -> DataFrame:
    over = {"outage_id": "over", "services": "gckey", "began_at": AS_OF - pd.Timedelta(days=2), "kind": "unplanned",
            "ended_at": AS_OF - pd.Timedelta(days=1), "verification": "official", "status": "resolved",
            "source_url": "https://example.org/", "title": "Over"}  # fmt: skip
    opened = over | {"outage_id": "open", "ended_at": None, "verification": "user_report", "source_url": ""}
    many = [opened | {"outage_id": f"o{n}"} for n in range(10)]
    frame = DataFrame([over, opened, *many])
    return OUTAGES.cast(frame.assign(ended_at=pd.to_datetime(frame["ended_at"], utc=True)))
