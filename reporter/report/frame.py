"""What every mail has around what it tells: the week it is of, the files that go with it, and its foot. Pure."""

from collections.abc import Mapping

from pandas import Timedelta, Timestamp

from reporter.model.report import Report
from reporter.report.brand import brand
from reporter.report.duties import Fact, plain
from reporter.text import formats
from reporter.text.time_zones import zone


def monday(report: Report) -> Timestamp:
    """The same as a date, which is written alike in both languages where one subject tells both."""
    local = report.run.as_of.tz_convert(zone(report.office.time_zone)).tz_localize(None)
    return local - Timedelta(days=local.day_of_week)


def week(report: Report) -> str:
    """The Monday of the week of `as_of`, on the office's calendar."""
    text = formats.day(monday(report), report.language)
    # NOTE: an English subject without a no-break space is plain ASCII, and is not sent encoded
    return text if report.language == "fr" else text.replace(formats.NBSP, " ")


def of_files(report: Report) -> list[Fact]:
    """What is to be known of the files that go with the mail."""
    return [{"symbol": "–", "text": text} for text in report.about_files]


def foot(report: Report, w: Mapping[str, str]) -> Fact:
    """What stands under every mail: whom to refer to, what this is not, why it came, and the run."""
    office, run = report.office, report.run
    local = run.as_of.tz_convert(zone(office.time_zone))
    return {
        "contact": w["contact"].format(contact=plain(office.licensed_contact)) if office.licensed_contact else "",
        "disclaimer": w["disclaimer"].format(date=formats.day(local, report.language)),
        "why_you": w["why_you"].format(office=plain(office.name) or w["the_office"]),
        "address": plain(office.address),
        "both": None,
        "also": None,
        "brand": brand(office),
        "run": w["run_value"].format(run=plain(run.run_id), rulebook=run.rulebook_sha256[:12]),
    }
