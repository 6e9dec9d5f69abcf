"""The sheet of evidence: each duty beside each outage it relies on, linked to the person and to the outage."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from reporter.model.report import Report
from reporter.report.workbook.codes import coded, level_words, put
from reporter.report.workbook.sheet import Column, Places, Sheet, Table, Target, sheet, table
from reporter.text.catalogue import words
from reporter.text.formats import clock, number
from reporter.text.time_zones import OTTAWA, zone

EVIDENCE_COLUMNS = (
    Column("level", "level", 17),
    Column("person_id", "id", 12),
    Column("full_name", "text", 22),
    Column("title", "text", 24),
    Column("closes_local", "text", 18),
    Column("outage_id", "id", 20),
    Column("outage_title", "text", 22),
    Column("kind", "text", 13),
    Column("verification", "sure", 20),
    Column("outage_began", "text", 17, "began_local"),
    Column("outage_ended", "text", 17, "ended_local"),
    Column("hours", "hours", 11, "shared_hours"),
    Column("hours_72h", "hours", 11, "shared_72h"),
    Column("hours_24h", "hours", 11, "shared_24h"),
    Column("covers_close", "text", 11, "shared_close"),
    Column("began_at", "instant", 19, "shared_began"),
    Column("ended_at", "instant", 19, "shared_ended"),
    Column("person", "link", 13, "to_person", shows="person_id"),
    Column("outage", "link", 30, "to_outage", shows="outage_id"),
)


@dataclass(frozen=True)
class Pairs:
    """The rows of the sheet, the number of the finding of each, and its outage."""

    table: Table
    findings: Places
    outages: "pd.Index[str]"

    def of(self, findings: "pd.Index[int]") -> "Pairs":
        """The rows of these findings."""
        places = np.flatnonzero(np.isin(self.findings, findings.to_numpy()))
        return replace(
            self, table=self.table.take(places), findings=self.findings[places], outages=self.outages.take(places)
        )


def evidence_rows(report: Report) -> Pairs:
    """Every pair in words; the links are empty until a workbook has them."""
    pairs, language = report.evidence, report.language
    pairs = pairs[pairs["finding"].isin(report.findings.index) & pairs["outage_id"].isin(report.outages["outage_id"])]
    w = words("workbook", language)
    duties = report.findings.loc[pairs["finding"], ["level", "person_id", "full_name", "title", "closes_local"]]
    known = report.outages.set_index("outage_id").reindex(pairs["outage_id"]).set_axis(pairs.index)
    shown = pairs.assign(
        **duties.set_axis(pairs.index),
        outage_title=known["title"],
        kind=coded(known["kind"], "kind", language),
        verification=coded(known["verification"], "sure", language),
        outage_began=put(known["began_at"], lambda at: clock(at, zone(OTTAWA), language)),
        outage_ended=put(known["ended_at"], lambda at: clock(at, zone(OTTAWA), language), w["not_ended"]),
        covers_close=put(pairs["covers_close"], lambda covers: w["yes"] if covers else w["no"]),
        **{name: pairs[name].round(2) for name in ("hours", "hours_72h", "hours_24h")},
        person="",
        outage="",
    )
    told = shown.assign(level=level_words(shown["level"], language))
    numbers = pairs["finding"].to_numpy(dtype=np.intp)
    return Pairs(table(told, EVIDENCE_COLUMNS, language), numbers, pd.Index(pairs["outage_id"]))


def evidence(report: Report, pairs: Pairs, acts: Target | None = None, outages: Target | None = None) -> Sheet:
    """The sheet, with links where those it leads to are there already; it says loudly what it leaves out."""
    rows = pairs.table
    if acts and outages:
        of_outages = pd.Index(report.outages["outage_id"]).get_indexer(pairs.outages)
        rows = rows.put("person", acts.to(pd.Index(pairs.findings))).put("outage", outages.links(of_outages))
    w = words("workbook", report.language)
    left = report.evidence_left_out
    more = w["evidence_left_out"].format(n=number(left, report.language)) if left else ""
    note = f"{w['note_evidence']} {more}".strip()
    return sheet(report, "evidence", rows, note=note, frozen_columns=3, header_height=63, tab="#B7791F", is_wide=True)


def to_evidence(proof: Target, keys: pd.Index, wanted: pd.Index) -> pa.Array:
    """A link to the first row of evidence of each finding or outage wanted; nothing where there is none.

    Takes: keys - what each row of the sheet is about; none where the sheet is left out.
    """
    first = ~keys.duplicated()
    places = np.flatnonzero(first)[keys[first].get_indexer(wanted)] if len(keys) else np.zeros(len(wanted), np.intp)
    is_there = keys[first].get_indexer(wanted) >= 0
    return proof.links(np.where(is_there, places, -1))
