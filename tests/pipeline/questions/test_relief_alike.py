"""A relief is read once: whoever tells of it tells the same."""

import datetime as dt
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from made_runs import at, roster, run, settings
from makers import outages as record
from makers import record_check

from reporter.cli import cli
from reporter.model.report import Relief
from reporter.pipeline.questions.evidence import PackRequest, make_pack
from reporter.report.headline import relief_words
from reporter.store.database import open_store
from reporter.store.ledger import Provenance, amend, import_outages

NOW = "2026-09-09T13:00:00Z"
ONE = {"outage_id": "one", "services": "ircc_secure_account", "title": "Account down", "source_url": "https://e.org/1",
       "began_at": "2026-09-08T10:00Z", "ended_at": "2026-09-08T16:00Z"}  # fmt: skip
WORK = ("01", "Ana Invented", "Mill", "mill@example.org", "ON", "Work permit", "2026-09-15")


def plain(text):
    """Words and single blanks only: each place has its own typography and line breaks."""
    return " ".join(str(text).split())


def said_in(path):
    """All the text of a workbook's cells."""
    book = openpyxl.load_workbook(BytesIO(path.read_bytes()))
    return plain(
        " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    )


@pytest.mark.parametrize(("language", "until"), [("en", dt.date(2026, 9, 20)), ("fr", dt.date(2026, 9, 1))])
def test_workbook_mail_explain_and_fact_sheet_tell_one_relief_alike(tmp_path, monkeypatch, language, until):
    """What, for whom, for whom not, until when and whether that has passed, by which source, without its password."""
    people = [roster(tmp_path / "staff.csv", [WORK])]
    relief = Relief("extension", until, "work permits of Ontario", "visitors", "PN-1", "https://u:secret@e.org/r")
    store = open_store(f"sqlite:///{tmp_path}/reporter.db")
    import_outages(store, record([ONE]), source=Provenance(address="page.json"), recorded_at=at(NOW))
    amend(store, "one", {}, relief=relief, recorded_at=at(NOW))
    record_check(store, "https://status.example.org/", at(NOW), complete_to=at(NOW))
    store.close()
    run(tmp_path, people, as_of=NOW, language=language)
    known = settings(tmp_path, people, language=language)
    monkeypatch.chdir(tmp_path)
    asked = [
        "explain",
        "01",
        "--full",
        "--roster",
        "staff.csv",
        "--as-of",
        NOW,
        "--store",
        known.store_url,
        "--lang",
        language,
    ]
    explained = CliRunner().invoke(cli, asked, env={"COLUMNS": "4000"}).output
    pack = make_pack(known, at(NOW), PackRequest("01"), out=tmp_path / "pack")
    told = {
        "risk.xlsx": said_in(tmp_path / "out/risk.xlsx"),
        "record.xlsx": said_in(tmp_path / "out/record.xlsx"),
        "mail": plain(next((tmp_path / "out/digests").glob("mill*.txt")).read_text("utf-8")),
        "explain": plain(explained),
        "fact sheet": plain((pack.folder / "fact-sheet.txt").read_text("utf-8")),
    }
    expected = plain(relief_words(relief, "Account down", language, pd.Timestamp(NOW).date()))

    assert [] == [place for place, text in told.items() if expected not in text]
    assert [] == [place for place, text in told.items() if "secret" in text]
