"""The office's colour, sign, signature and disclaimer reach every mail and workbook."""

import io
import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import openpyxl
import pytest
from made_runs import outages, roster, run
from makers import png

from reporter.delivery.folder import FolderTransport
from reporter.errors import SettingsError
from reporter.model.mail import Envelope
from reporter.model.rulebook import Words
from reporter.pipeline.assemble.inputs import offices_of
from reporter.report.mail.template_fixtures import check_templates
from reporter.settings import OfficeSettings, RecipientSettings, Settings, load_settings
from reporter.text.catalogue import words

OWN = Words("Our own policy 7 applies.", "Notre politique 7 s’applique.")
SIGNED = Words("Jane Example\nOffice of Invention", "Jane Example\nBureau des inventions")
PEOPLE = [
    ("1", "Ana Diaz", "Arts", "a@example.org", "ON", "Work permit", "2026-09-15"),
    ("2", "Bo Chen", "Law", "b@example.org", "ON", "Work permit", "2026-09-30"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One run of an office with a sign, and a payroll that sees dates only."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "sign.png").write_bytes(png())
    office = OfficeSettings(
        name="Office of Invention",
        address="office@example.org",
        logo="sign.png",
        accent="#7A1F3D",
        signature=SIGNED,
        disclaimer=OWN,
    )
    run(
        folder,
        [roster(folder / "staff.csv", PEOPLE)],
        [outages(folder / "r.json", [])],
        office=office,
        recipients=(RecipientSettings("pay@example.org", "payroll", language="fr"),),
    )
    return folder / "out" / "digests"


def mails(folder):
    return [BytesParser(EmailMessage, policy=default).parsebytes(path.read_bytes()) for path in folder.glob("*.eml")]


def test_the_sign_travels_inside_each_mail_beside_its_html(made):
    """As a related part that the HTML points at; the plain text stays the other choice, and nothing is fetched."""
    found = mails(made)
    for mail in found:
        page = mail.get_body(("html",)).get_content()
        sign = [part for part in mail.walk() if part.get_content_type() == "image/png"]

        assert ["inline"] == [part.get_content_disposition() for part in sign]
        assert png() == sign[0].get_content()
        assert [f"cid:{sign[0]['Content-ID'].strip('<>')}"] == re.findall(r'<img src="([^"]*)"', page)
        assert ["text/plain", "multipart/related"] == [p.get_content_type() for p in mail.get_payload()[0].iter_parts()]
    assert len(found) == 4  # three readers, and the office


def test_the_sign_is_shown_from_disk(made):
    """The page of each mail points at the picture beside it; the page of all mails shows those pages."""
    pages = [path.read_text("utf-8") for path in made.glob("*.html") if path.name != "index.html"]

    assert {"logo.png"} == {src for page in pages for src in re.findall(r'<img src="([^"]*)"', page)}
    assert png() == (made / "logo.png").read_bytes()


@pytest.mark.parametrize("suffix", ["html", "txt"])
def test_the_words_of_the_office_stand_in_the_language_of_the_reader_and_after_ours(made, suffix):
    """Its own disclaimer takes nothing away from ours."""
    texts = {path.name: " ".join(path.read_text("utf-8").split()) for path in made.glob(f"*.{suffix}")}
    texts.pop("index.html", None)
    for name, text in texts.items():
        language = "fr" if name.startswith("payroll") else "en"
        ours = words("digest", language)["disclaimer"].split("{date}")[1].strip()[-40:]

        assert text.index(" ".join(ours.split())) < text.index(OWN.of(language))
        assert SIGNED.of(language).splitlines()[1] in text


def test_the_colour_is_that_of_the_band(made):
    """Of a week with people at risk; the other weeks keep their own, which mean something."""
    page = next(made.glob("arts-*.html")).read_text("utf-8")

    assert 'bgcolor="#7A1F3D"' in page


@pytest.mark.parametrize(("name", "sheets"), [("arts-*", [0]), ("payroll-*", [0])])
def test_the_workbook_has_signature_and_disclaimer_on_its_first_sheet(made, name, sheets):
    """That of a role that sees dates only has one sheet, with both."""
    book = openpyxl.load_workbook(io.BytesIO(next(made.glob(f"{name}.xlsx")).read_bytes()), read_only=True)
    language = "fr" if name.startswith("payroll") else "en"
    for place in sheets:
        rows = book[book.sheetnames[place]].iter_rows(values_only=True)
        text = " ".join(str(value) for row in rows for value in row if value)

        assert OWN.of(language) in text
        assert SIGNED.of(language).splitlines()[1] in text


def test_templates_are_tried_with_the_office_of_the_settings(tmp_path):
    """One that cannot show this office's sign is found before a run."""
    (tmp_path / "own").mkdir()
    foot = "{% block foot %}{{ 1 // (brand.logo.width - 60) }}{% endblock %}"
    (tmp_path / "own" / "digest.txt.j2").write_text('{% extends "ours/digest.txt.j2" %}' + foot)
    (tmp_path / "sign.png").write_bytes(png(60, 20))
    known = Settings(folder=str(tmp_path), office=OfficeSettings(logo="sign.png"))

    assert check_templates(None, offices_of(known)) == check_templates(None)
    with pytest.raises(SettingsError, match="ZeroDivisionError"):
        check_templates(tmp_path / "own", offices_of(known))


def test_a_folder_gets_the_sign_beside_the_page(made, tmp_path):
    """What is put into a share instead of being mailed shows the same."""
    mail = next(made.glob("arts-*.eml")).read_bytes()
    FolderTransport(tmp_path).deliver(mail, Envelope("s@example.org", "r@example.org", "arts", "<w.1@x>"), lambda: None)
    page = next((tmp_path / "arts").glob("*.html")).read_text("utf-8")

    assert png() == (tmp_path / "arts" / re.search(r'<img src="([^"]*)"', page)[1]).read_bytes()


@pytest.mark.parametrize(("accent", "message"), [("#8A8A8A", "too close to both inks"), ("blue", "is not a colour")])
def test_a_colour_nobody_can_read_on_is_refused_with_its_key(tmp_path, accent, message):
    """Before anything is read."""
    (tmp_path / "r.toml").write_text(f'[office]\naccent = "{accent}"\n')
    with pytest.raises(SettingsError, match=message) as fault:
        load_settings(tmp_path / "r.toml")

    assert "r.toml: office.accent" == fault.value.where


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), (b"text", "neither a PNG")])
def test_a_sign_that_cannot_be_used_stops_the_run_before_it_writes(tmp_path, content, message):
    """No file, or no picture."""
    if content is not None:
        (tmp_path / "sign.png").write_bytes(content)
    people = roster(tmp_path / "staff.csv", PEOPLE)
    with pytest.raises(SettingsError, match=message) as fault:
        run(tmp_path, [people], [outages(tmp_path / "r.json", [])], office=OfficeSettings(logo="sign.png"))

    assert "office.logo: sign.png" == fault.value.where
    assert not (tmp_path / "out").exists()


def test_one_text_holds_for_both_languages_and_a_table_names_both(tmp_path):
    """A table that lacks one is refused."""
    (tmp_path / "r.toml").write_text('[office]\nsignature = "J. Example"\ndisclaimer = {en = "x"}\n')
    with pytest.raises(SettingsError, match="fr"):
        load_settings(tmp_path / "r.toml")
