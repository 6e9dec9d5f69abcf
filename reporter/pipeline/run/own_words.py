"""Words that are nobody's: what our mails and books hold when nobody is in them, and what is told to everybody.

The first is read off mails that are really made, of invented reports that name nobody, and of the catalogues for the
sentences that those do not come to: a new sheet, font or sentence is known without being listed. The leak scan takes
none of it for a person.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import pandas as pd
from pandas import DataFrame, Series

from reporter import resources
from reporter.delivery.mail_texts import EDGE, XLSX, Opened, shown, tags, texts
from reporter.delivery.message import Attachment, Bodies, message
from reporter.model.report import Office, Recipient, Report
from reporter.model.shapes import EVENTS
from reporter.report.calendar import agenda, calendar
from reporter.report.mail.digest import digest
from reporter.report.mail.short_mails import brief
from reporter.report.mail.template_fixtures import LANGUAGES, specimens
from reporter.report.mail.templates import Digest
from reporter.report.recipients import only_seen, roles
from reporter.report.workbook import dates_workbook, workbook
from reporter.settings import Settings
from reporter.text import formats
from reporter.text.catalogue import problem_sentences, words
from reporter.text.time_zones import OTTAWA, zone

CODE = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)
"""What a template does not say."""
BLANK = re.compile(r"\{[^{}]*\}")
"""Where a sentence is filled in."""
YEAR = pd.date_range("2026-01-01", periods=14, freq="27D", tz=OTTAWA)
"""Days of each month and each weekday."""
SENDER, ICS = "specimen@example.org", "text/calendar"


@dataclass(frozen=True)
class OwnWords:
    """Lines and cells that nobody stands in: `sentences` of the catalogues and templates, `shown` what mails and books
    show in their cells and blocks, `markup` what stands between the angle brackets of both.
    """

    sentences: tuple[str, ...]
    shown: tuple[str, ...]
    markup: tuple[str, ...]


@cache
def own_words() -> OwnWords:
    """Once a process: it takes most of a second."""
    pages = [path.read_text("utf-8") for path in sorted(resources.templates().glob("*.j2"))]
    seen: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for content in _mails():
        for passage in texts(content, Opened({})):
            seen[passage.is_markup] |= dict.fromkeys((passage.text or b"").decode().split(EDGE))
    said = [BLANK.sub(" ", text) for text in _sentences()]
    return OwnWords(
        sentences=(*said, *(shown(CODE.sub(" ", page)) for page in pages)),
        shown=(*_dates(), *seen[False]),
        markup=(*seen[True], *(tags(page) for page in pages)),
    )


def _sentences() -> Iterator[str]:
    """Every sentence of the catalogues, in both languages."""
    parts = sorted(path.name.removesuffix(".toml") for path in (files("reporter.text") / "words").iterdir())
    for language in LANGUAGES:
        for part in (name for name in parts if not name.startswith("_")):
            yield from words(part, language).values()
    for entry in problem_sentences().values():
        yield from entry.values()
    for role in roles().values():
        yield from (role.title.en, role.title.fr)


def _dates() -> Iterator[str]:
    """The months and weekdays, in both languages, as mails write them."""
    for language in LANGUAGES:
        for at in YEAR:
            yield formats.clock_in_year(at, YEAR[0], language)
            yield formats.short_clock(at, zone(OTTAWA), language)


def _mails() -> Iterator[bytes]:
    """A digest and the mail of a view in each language, of an invented report that names nobody."""
    role = next(name for name, one in roles().items() if one.sees)
    for language in LANGUAGES:
        _, report = next(specimens(language, Office()))
        view = only_seen(replace(report, recipient=Recipient("specimen", "", language, role=role)), roles()[role])
        yield _mail(report, digest(report), workbook(report), _calendar(report))
        yield _mail(view, brief(view), dates_workbook(view))


def _calendar(report: Report) -> bytes:
    found = report.findings.assign(occurrence=1)
    events = agenda(found, Series("specimen", index=found.index), report.run.as_of, EVENTS.empty())
    return calendar(report, events)


def _mail(report: Report, told: Digest, book: bytes, events: bytes = b"") -> bytes:
    """The mail as it is sent, with its files."""
    assert report.recipient is not None
    attached = [Attachment("specimen.xlsx", XLSX, book), *([Attachment("s.ics", ICS, events)] if events else [])]
    bodies = Bodies(told.subject, told.html, told.text)
    at = report.run.as_of
    return message(report.recipient, bodies, attached, sender=SENDER, message_id=f"<{SENDER}>", date=at)


def told_to_all(settings: Settings, wholes: Sequence[Report]) -> list[str]:
    """Texts that are told to everybody: what stands in them is nobody's secret."""
    office, outages = wholes[0].office, wholes[0].outages
    said = [office.name, office.address, office.licensed_contact, settings.sender, settings.mail.reply_to]
    said += [*settings.units, *outages["outage_id"].dropna(), *outages["source_url"].dropna()]
    for whole in wholes:
        said += [*whole.office.signature, whole.office.disclaimer]
        said += whole.service_titles.values()
        rules: DataFrame = whole.rules.select_dtypes("str")
        said += [text for name in rules for text in rules[name].dropna().unique().tolist()]
    return said


def names_told_to_all(wholes: Sequence[Report]) -> Iterable[str]:
    """Texts in which a name is nobody's secret; a number in them may be an id all the same."""
    yield from (text for name in ("title", "note") for text in wholes[0].outages[name].dropna().unique().tolist())
    for whole in wholes:
        for name in ("title", "action", "cite", "link", "who"):  # what the rules say to do, and where that is written
            yield from whole.findings[name].dropna().unique().tolist()
        zones = {whole.office.time_zone, *whole.findings["time_zone"].dropna().unique().tolist()} - {""}
        yield from (formats.place_word(zone(name), whole.language) for name in sorted(zones))
