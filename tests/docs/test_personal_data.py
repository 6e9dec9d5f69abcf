"""What SECURITY.md says of personal data, row by row, on the files of one run."""

import email
import email.policy
import re
import sqlite3
from contextlib import closing

import openpyxl
import pytest
from walk import ROOT

TABLE = (ROOT / "SECURITY.md").read_text("utf-8").split("## What it does with personal data\n")[1].split("\n\n")[0]
ROWS = re.findall(r"^\| (?!where|---)(.+?) \| (.+) \|$", TABLE, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def people(demo):
    """The names, ids and addresses of everybody in the office's workbook, and the folder of the run."""
    book = openpyxl.load_workbook(demo[1] / "risk.xlsx", read_only=True)
    rows = list(book["Everyone"].iter_rows(values_only=True))
    head = next(row for row in rows if "Person id" in row)
    listed = [(row[head.index("Name")], row[head.index("Person id")]) for row in rows[rows.index(head) + 1 :]]
    names, ids = ({one[n] for one in listed if one[n]} for n in (0, 1))
    return {"names": any_of(names), "ids": any_of(ids), "folder": demo[1]}


def any_of(words):
    return re.compile(r"(?<![\w-])(?:" + "|".join(sorted(map(re.escape, words))) + r")(?![\w-])")


def cells(path):
    book = openpyxl.load_workbook(path, read_only=True)
    return "\n".join(
        str(v) for sheet in book for row in sheet.iter_rows(values_only=True) for v in row if v is not None
    )


def texts(people, pattern):
    return {path.name: path.read_text("utf-8") for path in people["folder"].glob(pattern)}


def holds(people, what, text):
    return bool(people[what].search(text))


def test_a_digest_has_ids_and_a_managers_has_names_and_no_ids(people):
    """And the workbook attached to each has names, save that of payroll."""
    told = texts(people, "digests/*.txt")
    managers = {name for name in told if name.startswith("people-manager")}
    books = {path.stem: holds(people, "names", cells(path)) for path in people["folder"].glob("digests/*.xlsx")}

    assert managers
    assert managers == {name for name, text in told.items() if holds(people, "names", text)}
    assert not [name for name in managers if holds(people, "ids", told[name])]
    assert {name for name, said in books.items() if not said} == {name for name in books if name.startswith("payroll")}


def test_findings_and_the_calendar_hold_no_name_and_no_title_an_id(people):
    """The office's own key of a person stands in the description alone."""
    (calendar,) = texts(people, "calendar.ics").values()
    titles = re.findall(r"^SUMMARY:.*(?:\r?\n .*)*", calendar, flags=re.MULTILINE)
    findings = texts(people, "findings.csv")["findings.csv"]

    assert titles
    assert not [text for text in (calendar, findings) if holds(people, "names", text)]
    assert not [title for title in titles if holds(people, "ids", title)]
    assert holds(people, "ids", findings)


def test_no_file_name_subject_or_message_id_names_anybody(people):
    """Of every file that the run wrote, and of every mail."""
    said = [str(path.relative_to(people["folder"])) for path in people["folder"].rglob("*")]
    for path in people["folder"].glob("digests/*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        said += [str(mail["Subject"]), str(mail["Message-ID"]), *(str(part.get_filename()) for part in mail.walk())]

    assert any("digests" in one for one in said)
    assert not [one for one in said if holds(people, "names", one) or holds(people, "ids", one)]


def test_the_database_holds_no_name_outside_the_outbox(people):
    """Ids, duties and levels; of the audit record not even ids."""
    with closing(sqlite3.connect(f"file:{people['folder'] / 'reporter.db'}?mode=ro", uri=True)) as found:
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = {name: "\n".join(map(str, found.execute(f'SELECT * FROM "{name}"'))) for name in tables}

    assert holds(people, "ids", kept["run_findings"])
    assert not [name for name, text in kept.items() if name != "outbox" and holds(people, "names", text)]
    assert not holds(people, "ids", kept["audit"])


def test_every_row_of_the_table_is_asked_of_a_run():
    """A row more wants a test more. What is dropped on reading, tests/readers ask; the rest says what is there."""
    asked = {"a digest", "`findings.csv`", "`calendar.ics`", "the database", "the audit record"}
    asked |= {"logs, subjects, file names, message ids"}
    told = {"on reading", "`risk.xlsx`, `record.xlsx`", "`set-aside.xlsx`", "`problems.csv`"}

    assert asked | told == {where for where, _ in ROWS}
