"""A mail that would be too large is made smaller in steps, says so, and loses nothing."""

import io
import logging
import re
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path

import msgspec
import openpyxl
import pytest
from made_runs import roster, run
from msgspec.structs import replace
from pandas import Series
from sample_report import sample_report

from reporter.delivery.secrets import unseal
from reporter.model.shapes import EVENTS
from reporter.pipeline.run.mail_package import BARE, CALENDAR, SHORT, WHOLE, Lock, Packaging, Packer, fit
from reporter.pipeline.send.plan import finished
from reporter.report.calendar import agenda
from reporter.report.workbook import Stock
from reporter.settings import MailSettings, Settings

STEPS = (WHOLE, SHORT, CALENDAR, BARE)
WORD = "correct horse battery"
STAMP = 400  # bytes; the library writes the machine's time into each workbook, which is zipped to more or less
ATTACHED = {
    WHOLE: {"unit-1.xlsx", "unit-1.ics"},
    SHORT: {"unit-1.xlsx", "unit-1.ics"},
    CALENDAR: {"unit-1.ics"},
    BARE: set(),
}
SAID = {
    (SHORT, "en"): "without the sheets Everyone, Evidence",
    (SHORT, "fr"): "n’a pas les feuilles Tout le monde, Preuves",
    (CALENDAR, "en"): "even with fewer sheets, and is not attached",
    (CALENDAR, "fr"): "même avec moins de feuilles, et n’est pas joint",
    (BARE, "en"): "Nothing is attached",
    (BARE, "fr"): "Rien n’est joint",
}


@cache
def packer(language="en", **more):
    report = sample_report(language, unit="Engineering", people=24)
    findings = report.findings.assign(occurrence=0)
    readers = Series("unit-1", index=findings.index, dtype="str")
    held = agenda(findings, readers, report.run.as_of, EVENTS.empty())
    return Packer(report, held, Stock.of(report), more.pop("lock", Lock()), **more)


def office(**mail):
    return Packaging.of(Settings(sender="r@example.org", mail=MailSettings(**mail)))


@cache
def sizes(language="en"):
    """How large the mail is at each step."""
    made, known = packer(language), office()
    return {
        parcel.step: len(
            finished(known.identity, made.report, made.reader, parcel.bodies, parcel.attachments).letter.content
        )
        for parcel in made.parcels()
    }


def fitted(step, language="en", **more):
    """What is made where the limit is what the mail has at that step, give or take the hour that the workbook notes."""
    return fit(office(max_bytes=sizes(language)[step] + STAMP), packer(language, **more), lambda *_: 0)


def read(post):
    mail = message_from_bytes(post.letter.content, policy=default)
    bodies = [" ".join(mail.get_body((kind,)).get_content().split()) for kind in ("plain", "html")]
    return {one.get_filename(): one.get_content() for one in mail.iter_attachments()}, bodies


def test_each_step_is_smaller_than_the_one_before():
    """Else it would be none."""
    found = sizes()

    assert STEPS == tuple(found)
    assert sorted(found.values(), reverse=True) == list(found.values())


@pytest.mark.parametrize("step", STEPS)
def test_the_first_step_that_fits_is_taken(step):
    """Counted as it goes over the wire; what is attached is what that step leaves."""
    made = fitted(step)

    assert step == made.parcel.step
    assert abs(sizes()[step] - len(made.post.letter.content)) <= STAMP
    assert ATTACHED[step] == set(read(made.post)[0])


@pytest.mark.parametrize(("step", "language"), SAID)
def test_a_smaller_mail_says_what_is_missing_and_where_it_is(step, language):
    """In both bodies and in the reader's language; the file it names is among those that are written."""
    made = fitted(step, language)
    bodies = read(made.post)[1]

    assert all(SAID[step, language] in body for body in bodies)
    assert all("/digests/unit-1-whole.xlsx" in body for body in bodies)
    assert "Everyone" in openpyxl.load_workbook(io.BytesIO(whole(made))).sheetnames or language == "fr"


def whole(made):
    return made.parcel.files["unit-1-whole.xlsx"]


def test_a_mail_that_fits_says_nothing_of_its_size():
    """And nothing is kept beside what is sent."""
    made = fitted(WHOLE)

    assert ATTACHED[WHOLE] == set(made.parcel.files)
    assert not any("too large" in body for body in read(made.post)[1])


def test_the_office_says_where_its_folders_are_in_its_own_words():
    """As the settings have it."""
    made = fit(office(max_bytes=sizes()[BARE] + 500), packer(shelf="R:\\permits"), lambda *_: 0)

    assert "is kept in R:\\permits: " in read(made.post)[1][0]


def test_a_mail_too_large_with_nothing_attached_is_told():
    """It is not sent, and not cut."""
    made = fit(office(max_bytes=1000), packer(), lambda *_: 0)

    assert None is made.post
    assert "mail.max_bytes" in str(made.failures[0])


def test_a_folder_takes_any_size():
    """The limit is that of mails."""
    made = fit(office(max_bytes=1000, transport="folder"), packer(), lambda *_: 0)

    assert WHOLE == made.parcel.step


def test_what_is_kept_is_behind_the_password_too():
    """Both the smaller workbook and the whole one."""
    made = fit(office(max_bytes=sizes()[SHORT] + 9000), packer(lock=Lock(WORD)), lambda *_: 0)
    books = [made.parcel.files[name] for name in ("unit-1.xlsx", "unit-1-whole.xlsx")]

    assert SHORT == made.parcel.step
    assert [True, True] == [unseal(book, WORD).startswith(b"PK") for book in books]


@pytest.mark.parametrize(("language", "told"), [("en", "asks for a password"), ("fr", "demande un mot de passe")])
def test_a_locked_workbook_is_told_of_in_the_language_of_the_reader(language, told):
    """In both bodies; which password it is they do not say."""
    said = packer(language, lock=Lock(WORD))._told(WHOLE)

    assert all(told in " ".join(body.split()) and WORD not in body for body in (said.text, said.html))


def test_what_is_left_out_was_looked_into_as_well():
    """A person outside in the whole workbook withholds the mail, though a later step would not show them."""
    seen = []
    made = fit(office(max_bytes=1000), packer(), lambda content, opened: seen.append(content) or len(seen) == 1)

    assert made.leaks


def test_the_log_tells_the_step_and_names_nobody(caplog):
    """One line for each step below the whole."""
    with caplog.at_level(logging.WARNING, "reporter"):
        fitted(CALENDAR)

    assert [f"digest of unit-1: made smaller ({step})" for step in (SHORT, CALENDAR)] == [
        line.partition(",")[0] for line in caplog.messages
    ]


def test_a_role_that_sees_dates_only_goes_from_whole_to_bare():
    """There is nothing in between to leave out."""
    report = packer().report
    view = replace(report, recipient=replace(report.recipient, role="payroll"))
    made = replace(packer(), report=view)

    assert [WHOLE, BARE] == [parcel.step for parcel in made.parcels()]


def test_the_limit_is_one_that_common_servers_take():
    """Encoded, as the settings have it when nothing is said."""
    assert 10_000_000 == msgspec.structs.asdict(MailSettings())["max_bytes"]


def test_every_link_of_the_preview_page_leads_to_a_file_of_the_run(tmp_path):
    """The mail's own files and what is attached, also when the whole workbook is kept; all are in the manifest."""
    person = ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15")
    mail = MailSettings(max_bytes=32_000)
    outcome = run(tmp_path, [roster(tmp_path / "staff.csv", [person])], mail=mail, sender="r@example.org")
    page = (outcome.folder / "digests" / "index.html").read_text("utf-8")
    meta = re.search(r'<p class="meta">(.*?)</p>', page)[1]
    names = re.findall(r'href="([^"#]+)"', meta)
    listed = {Path(output["path"]).name for output in outcome.manifest["outputs"]}

    assert {".eml", ".html", ".txt", ".ics", ".xlsx"} == {Path(name).suffix for name in names}
    assert any(name.endswith("-whole.xlsx") for name in names)
    assert [] == [name for name in names if not (outcome.folder / "digests" / name).is_file() or name not in listed]
