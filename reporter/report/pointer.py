"""The short mail that says where a reader's report lies, when it was put into a folder. Pure; it names nobody."""

from pathlib import Path

from reporter.model.report import Report
from reporter.report import brief
from reporter.report.duties import Fact, plain
from reporter.report.frame import week
from reporter.report.letter import Digest, filled_in, in_two
from reporter.text.catalogue import words


def pointer(report: Report, place: str, *, templates: Path | None = None, also: Report | None = None) -> Digest:
    """The mail to the report's reader, in the frame of the mail that a role gets.

    Takes:  place - the reader's own folder, as they know it; also - the same report in a second language.
    Raises: SettingsError when a template cannot be used.
    """
    if also:
        return in_two(brief.BRIEF, _facts(report, place), _facts(also, place), templates)
    return filled_in(brief.BRIEF, _facts(report, place), language=report.language, templates=templates)


def _facts(report: Report, place: str) -> Fact:
    w, common = words("parcel", report.language), words("digest", report.language)
    return brief.facts(report) | {
        "state": "at_risk",  # the plain frame: in which state the report is, it says itself
        "subject": w["pointer_subject"].format(week=week(report)),
        "subject_short": w["pointer_short"],
        "headline": w["pointer_headline"],
        "sentence": w["pointer_sentence"].format(place=plain(place)),
        "notices": [],
        "rows": [],
        "more_rows": "",
        "why_you": common["why_you"].format(office=plain(report.office.name) or common["the_office"]),
    }
