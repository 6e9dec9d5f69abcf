"""A whole talkative run over sample rosters: nobody stands in logs, errors, names of files, headers, ids, records."""

import os
import re
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from reporter.resources import samples
from reporter.store.database import open_store
from reporter.store.tables import audit, outbox, outbox_attempts, run_leases, runs

pytestmark = pytest.mark.slow  # minutes of whole runs: part of `make check`
ROSTERS = {"employer.xlsx": ("Legal name", "HR contact e-mail", "Permit no."), "messy.xlsx": ("Name", "No.")}
SECRET = "s3cret-word"
SETTINGS = """
store = "sqlite:///r.db"
out = "out"
sender = "reports@example.org"
[mail]
transport = "smtp"
host = "localhost"
user = "desk"
password_env = "MAIL_WORD"
allow = ["example.org", "example.ca"]
"""


def needles():
    """Every name, address and permit number of the sample rosters, as whole words."""
    found = set()
    for file, headings in ROSTERS.items():
        for sheet in openpyxl.load_workbook(samples() / file).worksheets:
            rows = [[str(cell or "").strip() for cell in row] for row in sheet.iter_rows(values_only=True)]
            header = next((n for n, row in enumerate(rows) if headings[0] in row), None)
            if header is not None:
                places = [n for n, text in enumerate(rows[header]) if text in headings]
                found |= {row[n] for row in rows[header + 1 :] for n in places if n < len(row)}
    return {text for text in found if len(text) > 6 and (" " in text or "@" in text or text[-1].isdigit())}


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """The folder of a run, and what its commands said on stderr."""
    home = tmp_path_factory.mktemp("privacy")
    (home / "r.toml").write_text(SETTINGS)
    rosters = [part for file in ROSTERS for part in ("--roster", str(samples() / file))]
    commands = [
        ["run", "--no-deliver", "--past-week", "--as-of", "2026-09-09T09:00-04:00", *rosters],
        ["check", str(samples() / "messy.xlsx")],
        ["explain", "NOBODY", "--as-of", "2026-09-09T09:00-04:00", *rosters],
        ["deliver", "--dry-run"],
        ["purge", "--dry-run", "--older-than", "0"],
        ["doctor"],
    ]
    said = ""
    environment = os.environ | {"MAIL_WORD": SECRET}
    for name, *rest in commands:
        config = [] if name == "check" else ["--config", "r.toml"]
        command = [sys.executable, "-m", "reporter", "-v", name, *rest, *config]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, encoding="utf-8", check=False)
        said += done.stderr
        assert SECRET not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    return home, said


@pytest.fixture(scope="module")
def people():
    """One pattern of all needles."""
    found = needles()
    assert len(found) > 300
    return re.compile("|".join(rf"\b{re.escape(text)}\b" for text in sorted(found)))


def test_logs_and_errors_name_nobody(spoken, people):
    """At its most talkative, and where it refuses something."""
    _, said = spoken

    assert "INFO reporter" in said
    assert [] == people.findall(said)


def test_names_of_files_and_the_manifest_name_nobody(spoken, people):
    """Whatever a run writes goes by slugs and digests."""
    home, _ = spoken
    (manifest,) = home.glob("out/*/manifest.json")
    names = "\n".join(path.relative_to(home).as_posix() for path in home.rglob("*"))

    assert "digests/" in names
    assert [] == people.findall(names + manifest.read_text("utf-8"))


def test_headers_name_nobody_but_the_reader(spoken, people):
    """Subject, ids and the names of attachments; only `To` has an address."""
    home, _ = spoken
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in home.rglob("*.eml")]
    lines = [f"{k}: {v}" for mail in mails for part in mail.walk() for k, v in part.items() if k.lower() != "to"]

    assert any(line.startswith("Subject:") for line in lines)
    assert [] == people.findall("\n".join(lines))


def test_the_store_names_nobody_outside_the_mails(spoken, people):
    """Runs, the ids of mails, attempts, leases and the audit record; addresses and bytes of mails are the exception."""
    home, _ = spoken
    store = open_store(f"sqlite:///{home}/r.db")
    kept = [column for column in outbox.c if column.name not in ("address", "content")]
    with store.begin() as connection:
        queries = [select(*kept), *(select(table) for table in (runs, outbox_attempts, run_leases, audit))]
        texts = [str(tuple(row)) for query in queries for row in connection.execute(query)]
    store.close()

    assert len(texts) > 5
    assert [] == people.findall("\n".join(texts))


@pytest.mark.skipif(os.name != "posix", reason="Windows takes the rights of the folder")
def test_all_that_is_written_is_its_owners_alone(spoken):
    """Files of the run, the store and what stands beside it: no bit for anybody else, whatever the shell's umask."""
    home, _ = spoken
    written = [path for path in home.rglob("*") if path.name != "r.toml"]

    assert [] == [str(Path(path).relative_to(home)) for path in written if path.stat().st_mode & 0o077]
