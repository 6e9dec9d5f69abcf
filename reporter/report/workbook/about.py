"""The last sheet: which run this was, what it read, by which rules and settings, and who gets what."""

from itertools import chain

from pandas import DataFrame

from reporter.model.report import Report
from reporter.report.headline import local
from reporter.report.roles import roles
from reporter.report.workbook.sheet import Column, Sheet, Table, sheet, table
from reporter.text.catalogue import words
from reporter.text.formats import day

ABOUT_COLUMNS = (
    Column("part", "text", 26, "about_part"),
    Column("name", "text", 44, "about_name"),
    Column("value", "text", 84, "about_value"),
)


def about_rows(report: Report, *, is_office: bool) -> Table:
    """One row a fact. An input is known again by its SHA-256.

    Takes: is_office - who gets a digest, and under which name, is told in the office's own workbook only.
    """
    w = words("workbook", report.language)
    parts = {
        "run": _run(report),
        "inputs": [(name, f"SHA-256 {sha256}") for name, sha256 in report.run.inputs],
        "versions": list(report.run.versions.items()),
        "rules": [(w["about_rulebook"], f"SHA-256 {report.run.rulebook_sha256}")],
        "settings": list(report.run.settings.items()),
        "readers": _readers(report) if is_office else [],
        "signature": [("", line) for line in report.office.signature],
        "disclaimer": [("", text) for text in (_disclaimer(report), report.office.disclaimer) if text],
    }
    told = ((w[f"about_{part}"], name, value) for part, pairs in parts.items() for name, value in pairs)
    frame = DataFrame(list(told), columns=["part", "name", "value"], dtype="str")
    return table(frame, ABOUT_COLUMNS, report.language)


def about(report: Report, rows: Table) -> Sheet:
    """The sheet of the run."""
    return sheet(report, "about", rows, tab="#4A5560", frozen_columns=1)


def _run(report: Report) -> list[tuple[str, str]]:
    w, run = words("workbook", report.language), report.run
    instants = {"as_of": run.as_of, "about_previous": run.previous_as_of, "about_complete": run.record_complete_to}
    told = [
        (w[key], "–" if at is None else f"{local(report, at)} ({at:%Y-%m-%dT%H:%M:%SZ})")
        for key, at in instants.items()
    ]
    due = "–" if run.next_report_on is None else day(run.next_report_on, report.language, weekday=True)
    return [(w["about_id"], run.run_id), *told, (w["about_next"], due)]


def _readers(report: Report) -> list[tuple[str, str]]:
    w = words("workbook", report.language)
    every = ((w["about_office"], w["about_everything"]),)
    named = (
        (
            one.title or one.address,
            f"{roles()[one.role].title.of(report.language) if one.role else w['about_contact']} · {one.slug}",
        )
        for one in report.readers
    )
    return list(chain(every, named))


def _disclaimer(report: Report) -> str:
    w = words("workbook", report.language)
    contact = report.office.licensed_contact
    return f"{w['disclaimer']} {w['contact'].format(contact=contact)}." if contact else w["disclaimer"]
