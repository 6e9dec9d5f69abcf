"""What the workbooks of one language are made of: every table put into words once, however many there are.

A recipient's workbook takes its rows from here by the index of the recipient's frames.
"""

from dataclasses import dataclass

from reporter.model.report import Report
from reporter.report.duties import AtRisk
from reporter.report.workbook.about import about_rows
from reporter.report.workbook.evidence import Pairs, evidence_rows
from reporter.report.workbook.findings import at_risk_rows, everyone_rows
from reporter.report.workbook.notes import left_rows
from reporter.report.workbook.own import own_rows
from reporter.report.workbook.records import change_rows, outage_rows, rule_rows, set_aside_rows, source_rows
from reporter.report.workbook.sheet import Table
from reporter.report.workbook.timeline import Down
from reporter.report.workbook.units import Persons
from reporter.report.workbook.why import why_rows
from reporter.text.catalogue import words


@dataclass(frozen=True)
class Alike:
    """The tables that are the same for everybody but the office, and those of the office."""

    sources: Table
    about: Table

    @classmethod
    def of(cls, whole: Report, *, is_office: bool) -> "Alike":
        """Both, from the report on everybody."""
        looked = whole.beside.looked if is_office else whole.beside.looked_outside
        return cls(sources=source_rows(looked, whole), about=about_rows(whole, is_office=is_office))


@dataclass(frozen=True)
class Stock:
    """The tables of the whole; the duties at risk and the persons, for counts and sentences."""

    duties: AtRisk
    persons: Persons
    at_risk: Table
    everyone: Table
    outages: Table
    set_aside: Table
    changes: Table
    left: Table
    rules: Table
    why: Table
    evidence: Pairs
    down: Down
    office: Alike
    readers: Alike
    own: Table | None = None

    @classmethod
    def of(cls, whole: Report) -> "Stock":
        """Everything made, from the report on everybody."""
        language = whole.language
        return cls(
            duties=AtRisk(whole.findings),
            persons=Persons.among(whole.findings, words("workbook", language)["no_unit"]),
            at_risk=at_risk_rows(whole.findings, language),
            everyone=everyone_rows(whole.findings, language),
            outages=outage_rows(whole),
            set_aside=set_aside_rows(whole),
            changes=change_rows(whole),
            left=left_rows(whole),
            rules=rule_rows(whole),
            why=why_rows(whole.why, language),
            evidence=evidence_rows(whole),
            down=Down.among(whole.outages, whole.run.as_of),
            office=Alike.of(whole, is_office=True),
            readers=Alike.of(whole, is_office=False),
            own=own_rows(whole.own, language) if whole.own else None,
        )
