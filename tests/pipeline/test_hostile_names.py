"""A roster that somebody wrote to do harm, through a whole run to a mail server: each mail is whole, and for one."""

import csv
import logging
import re
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import openpyxl
import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY, MailServer

from reporter.errors import Exit
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.run_folder import verify_run
from reporter.settings import MailSettings, OfficeSettings

pytestmark = [pytest.mark.enable_socket, pytest.mark.slow]
HOSTILE = [
    '=HYPERLINK("http://spy.example","y")',
    "Ana\r\nBcc: spy@example.org\r\n\r\nHello",
    "Ana\u2028Bcc: spy@example.org\u202e\u200f\u2066x",
    "\U0001f642 Ana \U0001f469\u200d\U0001f52c =?utf-8?q?=0ABcc=3A_spy=40example=2Eorg?=",
    "{{ 7 * 191 }}{% for x in range(9) %}x{% endfor %}{{ w.__class__ }}",
    "</style><script>alert(1)</script><img src=x onerror=alert(1)>",
    "Ana" * 100,
    "../../etc/passwd",
]
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "list-id",
    "in-reply-to", "references", "mime-version", "content-type", "reply-to",
}  # fmt: skip


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """One run over the roster: its outcome, what was logged, and the mails as the server took them."""
    folder, said = tmp_path_factory.mktemp("hostile"), []
    AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
    rows = [
        (f"E{n:03}{text}"[:300], text, text, f"unit{n}@example.org", "Ontario", "Work permit", "2026-09-15")
        for n, text in enumerate(HOSTILE)
    ]
    rows.append(("E900", "Cy Invented", "Lab", "lab@example.org\r\nBcc: spy@example.org", *rows[0][4:]))
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.getLogger("reporter")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    with MailServer() as server:
        mail = MailSettings(allow=("example.org",), first_time_limit=99, transport="smtp", host="localhost",
                            port=server.port, ca_file="ca.pem")  # fmt: skip
        known = settings(folder, [roster(folder / "staff.csv", rows)], sender="reports@example.org", mail=mail,
                         office=OfficeSettings(name="Invented", address="desk@example.org"))  # fmt: skip
        try:
            outcome = pipeline.run(known, at(), clock=at)
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)
        yield outcome, said, list(server.mails)


def parsed(sent):
    return [(to, message_from_bytes(content, policy=default)) for _, to, content in sent[2]]


def test_each_reader_gets_one_mail_and_nobody_else_any(sent):
    """A contact that is no address goes to the office, and adds no reader."""
    outcome, _, mails = sent

    assert Exit.DONE == outcome.exit_code
    assert sorted([("desk@example.org",), *((f"unit{n}@example.org",) for n in range(len(HOSTILE)))]) == sorted(
        to for _, to, _ in mails
    )


def test_no_header_was_slipped_in(sent):
    """Each header is one of ours, stands once, and To names the one who gets the mail; a subject may name the unit."""
    for (to,), mail in parsed(sent):
        names = [name.lower() for name in mail]

        assert set(names) <= HEADERS
        assert len(names) == len(set(names))
        assert to == mail["To"]
        assert "spy" not in "".join(str(value) for name, value in mail.items() if name != "Subject")


def test_nothing_of_the_roster_runs_in_a_mail(sent):
    """No script, no template of theirs, and none of the letters that turn a line around."""
    for _, mail in parsed(sent):
        html = mail.get_body(("html",)).get_content()
        text = mail.get_body(("plain",)).get_content()

        assert not [word for word in ("<script", "<img src=x", "1337", "&lt;class") if word in html.casefold()]
        assert not set("\u202e\u2066\u2028\u200f\x00") & set(html + text)
        assert "1337" not in text


def test_nothing_of_the_roster_is_a_formula_in_a_workbook(sent):
    """Every cell holds what was written in the roster, as text."""
    names = set()
    for _, mail in parsed(sent):
        for part in mail.iter_attachments():
            assert part.get_filename().isascii()
            assert "/" not in part.get_filename()
            if part.get_filename().endswith(".xlsx"):
                book = openpyxl.load_workbook(BytesIO(part.get_content()))
                cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
                assert not [cell for cell in cells if cell.data_type == "f" and "spy" in str(cell.value)]
                names |= {str(cell.value) for cell in cells}

    assert {HOSTILE[0], HOSTILE[4], HOSTILE[5]} <= names


def test_nothing_of_the_roster_is_a_formula_in_a_table(sent):
    """A spreadsheet that opens findings.csv or problems.csv runs nothing of it."""
    folder = sent[0].folder
    cells = [
        cell
        for name in ("findings.csv", "problems.csv")
        for row in csv.reader((folder / name).read_text("utf-8-sig").splitlines())
        for cell in row
    ]

    assert any("HYPERLINK" in cell for cell in cells)
    assert [] == [cell for cell in cells if re.match(r"[=+@\t\r]|-\D", cell)]


def test_the_run_folder_is_whole_and_its_names_are_plain(sent):
    """No file stands outside the folder, and no name holds anything of the roster."""
    folder = sent[0].folder

    assert verify_run(folder).is_intact
    assert [] == [path.name for path in folder.rglob("*") if not path.name.isascii() or "passwd" in path.suffix]
    assert [] == list(folder.parent.parent.rglob("passwd*"))


def test_the_log_says_none_of_it(sent):
    """No person is logged, a unit only by the plain letters of its slug, and no line of the log is broken."""
    assert sent[1]
    for line in sent[1]:
        assert line.isascii()
        assert line.isprintable()
        assert not [word for word in ("E00", "HYPERLINK", "Hello", "@", "<", "{") if word in line]
