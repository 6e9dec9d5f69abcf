"""Mails in both languages by setting: for an address, a role, or everybody who says nothing else."""

import io
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import openpyxl
import pytest
from made_runs import outages, roster, run
from sample_report import sample_report

from reporter.errors import SettingsError
from reporter.report.mail.short_mails import pointer
from reporter.report.recipients import roles
from reporter.settings import RecipientSettings, UnitSettings, load_settings
from reporter.text.catalogue import words

PEOPLE = [
    ("1", "Ana Diaz", "Arts", "", "ON", "Work permit", "2026-09-15"),
    ("2", "Bo Chen", "Law", "", "ON", "Work permit", "2026-09-12"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Arts reads French first, Law English alone; payroll reads both."""
    folder = tmp_path_factory.mktemp("two")
    run(
        folder,
        [roster(folder / "staff.csv", PEOPLE)],
        [outages(folder / "r.json", [])],
        units={"Arts": UnitSettings("arts@example.org", language="fr+en"), "Law": UnitSettings("law@example.org")},
        recipients=(RecipientSettings("pay@example.org", "payroll", language="both"),),
    )
    return folder / "out" / "digests"


def mail(folder, name):
    path = next(folder.glob(f"{name}-*.eml"))
    return BytesParser(EmailMessage, policy=default).parsebytes(path.read_bytes())


@pytest.mark.parametrize(("name", "languages"), [("arts", ["fr", "en"]), ("law", ["en"]), ("payroll", ["en", "fr"])])
def test_each_reader_gets_the_languages_of_the_setting_in_its_order(made, name, languages):
    """Both bodies, and the header that names them."""
    found = mail(made, name)
    ours = [" ".join(words("digest", one)["disclaimer"].split("{date}")[1].split())[-60:] for one in languages]
    for kind in ("plain", "html"):
        body = found.get_body((kind,))
        text = " ".join(body.get_content().split())

        assert ", ".join(languages) == body["Content-Language"]
        assert sorted(ours, key=text.index) == ours
        assert len(languages) == sum(
            words("digest", one)["disclaimer"].split("{date}")[0].split(" on ")[0][:20] in text for one in ("en", "fr")
        )


def test_each_part_calls_the_role_in_its_language(made):
    """The French one is not headed by an English word."""
    lines = mail(made, "payroll").get_body(("plain",)).get_content().splitlines()

    assert all(
        f"{words('digest', one)['product']} - {roles()['payroll'].title.of(one)}" in lines for one in ("en", "fr")
    )


def test_the_workbook_is_one_and_in_the_first_language(made):
    """What the office writes into it comes back from one place."""
    books = [part for part in mail(made, "arts").iter_attachments() if part.get_filename().endswith(".xlsx")]
    sheets = openpyxl.load_workbook(io.BytesIO(books[0].get_content()), read_only=True).sheetnames

    assert 1 == len(books)
    assert words("workbook", "fr")["sheet_summary"] == sheets[0]


def test_the_page_to_look_them_over_says_which_are_in_both(made):
    """Beside the address."""
    page = (made / "index.html").read_text("utf-8")

    assert page.count("FR + EN") == 1
    assert page.count("EN + FR") == 1


def test_the_mail_that_says_where_a_report_lies_is_in_both_too():
    """Each part names the folder, and so does the line that lists of mails show."""
    first, second = (sample_report(language, unit="Engineering") for language in ("en", "fr"))
    told = pointer(first, "S:\\permits\\lab", also=second)

    assert told.subject.endswith(" dossier (2026-09-14)")
    assert (2, 2) == (told.html.count("S:\\permits\\lab"), told.text.count("S:\\permits\\lab"))


@pytest.mark.parametrize(("said", "first", "also"), [
    ("en", "en", ""), ("fr", "fr", ""), ("both", "en", "fr"), ("en+fr", "en", "fr"), ("fr+en", "fr", "en"),
])  # fmt: skip
def test_the_office_has_a_first_language_and_may_have_a_second(tmp_path, said, first, also):
    """Files and messages are in the first; readers who say nothing else get both."""
    (tmp_path / "r.toml").write_text(f'language = "{said}"\n')
    known = load_settings(tmp_path / "r.toml")

    assert (first, also) == (known.language, known.also)


@pytest.mark.parametrize("line", ['language = "de"', 'also = "fr"', '[units."A"]\naddress = "a@b.ca"\nlanguage = "x"'])
def test_any_other_language_is_refused(tmp_path, line):
    """And so is the name the program gives the second."""
    (tmp_path / "r.toml").write_text(line + "\n")
    with pytest.raises(SettingsError):
        load_settings(tmp_path / "r.toml")
