"""The sheet of evidence: each duty at risk beside each outage it relies on; and that of the chain behind a level."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas import DataFrame

from reporter.model.levels import AT_RISK
from reporter.model.report import Report
from reporter.report.workbook.sheet import (
    BookSheet,
    Places,
    Table,
    TableColumn,
    code_words,
    level_words,
    put_words,
    sheet,
    table,
)
from reporter.text.catalogue import words
from reporter.text.formats import clock_alone, join_phrases, number
from reporter.text.time_zones import OTTAWA, zone

EVIDENCE_COLUMNS = (
    TableColumn("level", "level", 12),
    TableColumn("full_name", "text", 17),
    TableColumn("person_id", "id", 9.5),
    TableColumn("title", "text", 26),
    TableColumn("outage_title", "text", 30),
    TableColumn("verification", "sure", 13),
    TableColumn("outage_began", "text", 17.5, "began_local"),
    TableColumn("outage_ended", "text", 17.5, "ended_local"),
    TableColumn("hours", "hours", 8, "shared_hours"),
    TableColumn("hours_72h", "hours", 8, "shared_72h"),
    TableColumn("hours_24h", "hours", 8, "shared_24h"),
    TableColumn("covers_close", "text", 8.5, "shared_close"),
    TableColumn("kind", "text", 12, is_folded=True),
    TableColumn("closes_local", "text", 22, is_folded=True),
    TableColumn("outage_id", "id", 20, is_folded=True),
    TableColumn("began_at", "instant", 17, "shared_began", is_folded=True),
    TableColumn("ended_at", "instant", 17, "shared_ended", is_folded=True),
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
    """Every pair of a duty at risk in words: who has nothing to do needs no proof of it."""
    pairs, language = report.evidence, report.language
    at_risk = report.findings.index[report.findings["level"].isin(AT_RISK)]
    pairs = pairs[pairs["finding"].isin(at_risk) & pairs["outage_id"].isin(report.outages["outage_id"])]
    w = words("workbook", language)
    duties = report.findings.loc[pairs["finding"], ["level", "person_id", "full_name", "title", "closes_local"]]
    known = report.outages.set_index("outage_id").reindex(pairs["outage_id"]).set_axis(pairs.index)
    shown = pairs.assign(
        **duties.set_axis(pairs.index),
        outage_title=known["title"],
        kind=code_words(known["kind"], "kind", language),
        verification=code_words(known["verification"], "sure", language),
        outage_began=put_words(known["began_at"], lambda at: clock_alone(at, zone(OTTAWA), language)),
        outage_ended=put_words(known["ended_at"], lambda at: clock_alone(at, zone(OTTAWA), language), w["not_ended"]),
        covers_close=put_words(pairs["covers_close"], lambda covers: w["yes"] if covers else w["no"]),
        **{name: pairs[name].round(2) for name in ("hours", "hours_72h", "hours_24h")},
    )
    told = shown.assign(level=level_words(shown["level"], language))
    numbers = pairs["finding"].to_numpy(dtype=np.intp)
    return Pairs(table(told, EVIDENCE_COLUMNS, language), numbers, pd.Index(pairs["outage_id"]))


def evidence_sheet(report: Report, pairs: Pairs) -> BookSheet:
    """The sheet; it says loudly what it leaves out."""
    w = words("workbook", report.language)
    left = report.evidence_left_out
    more = w["evidence_left_out"].format(n=number(left, report.language)) if left else ""
    note = f"{w['note_evidence']} {more}".strip()
    return sheet(
        report, "evidence", pairs.table, note=note, frozen_columns=2, header_height=43, tab="#B7791F", is_upright=True
    )


WHY_COLUMNS = (
    TableColumn("level", "level", 17),
    TableColumn("person_id", "id", 12),
    TableColumn("title", "text", 24),
    TableColumn("cell", "text", 24, "why_cell"),
    TableColumn("counted_on", "date", 13, "why_counted_on"),
    TableColumn("date_certainty", "text", 14, "why_date_certainty"),
    TableColumn("in_force", "text", 26, "why_in_force"),
    TableColumn("law", "text", 20, "why_law"),
    TableColumn("stay", "text", 40, "why_stay"),
    TableColumn("closes_at", "instant", 19),
    TableColumn("closes_local", "text", 18),
    TableColumn("last_safe_local", "text", 18),
    TableColumn("outages", "text", 24),
    TableColumn("rule", "text", 22, "why_rule"),
    TableColumn("conditions", "text", 48, "why_conditions"),
    TableColumn("also", "text", 24, "why_also"),
    TableColumn("cite", "text", 16),
    TableColumn("link", "link", 30),
)


def why_rows(why: DataFrame, language: str) -> Table:
    """The chain of each duty at risk in words."""
    w = words("workbook", language)
    shown = why.assign(
        level=level_words(why["level"], language),
        date_certainty=put_words(why["date_certainty"], lambda code: w.get(f"certainty_{code}", code)),
        outages=why["outages"].str.replace(";", join_phrases(("", ""), language)),
    )
    return table(shown, WHY_COLUMNS, language)


def reasons_sheet(report: Report, rows: Table) -> BookSheet:
    """One row for each duty at risk, up to the limit that the note tells."""
    return sheet(report, "why", rows, frozen_columns=3, header_height=48, tab="#5B3FA0")
