"""One recipient's rows never cost another the digest, and the processes change no byte of it."""

import json
from email import message_from_bytes, policy
from io import BytesIO

import openpyxl
import pytest
from made_runs import outages, roster, run

from reporter.errors import DeliveryError, Exit
from reporter.pipeline.send import plan

CONTACTS = 14  # enough for several processes


def _person(key, contact, expires_on):
    unit, address = f"Unit {contact:02d}", f"hr{contact}@example.org"
    return key, f"Ana Invented{key}", unit, address, "ON", "Work permit", expires_on


@pytest.fixture
def files(tmp_path):
    people = [_person(f"{n:04d}", n % CONTACTS, f"2026-09-{n:02d}") for n in range(1, 29)]
    down = {"services": "ircc_secure_account", "began_at": "2026-09-08T10:00:00Z", "ended_at": "2026-09-08T16:00:00Z"}
    return [roster(tmp_path / "staff.csv", people)], [outages(tmp_path / "outages.json", [down])]


def written(folder):
    """Every file of the run but the manifest; of a workbook its cells, since the library stamps it with the time."""
    return {
        path.name: _without_stamps(path.read_bytes(), path.suffix)
        for path in sorted((folder / "out").rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def _without_stamps(content, suffix):
    if suffix == ".xlsx":
        return [list(sheet.iter_rows(values_only=True)) for sheet in openpyxl.load_workbook(BytesIO(content))]
    if suffix == ".eml":
        mail = message_from_bytes(content, policy=policy.default)
        parts = [(part.get_filename() or "", part.get_content()) for part in mail.walk() if not part.is_multipart()]
        return [
            mail["Subject"],
            [_without_stamps(body, ".xlsx") if name.endswith(".xlsx") else body for name, body in parts],
        ]
    return content


@pytest.mark.slow
def test_several_processes_write_what_one_writes(tmp_path, files, monkeypatch):
    """Cell by cell and byte by byte, however many processes the machine has room for."""
    monkeypatch.setattr("reporter.pipeline.run.tell.SHARED", 0)
    monkeypatch.setattr("reporter.pipeline.run.workers.worker_count", lambda: 1)
    run(tmp_path, *files)
    alone = written(tmp_path)
    monkeypatch.setattr("reporter.pipeline.run.workers.worker_count", lambda: 3)
    (tmp_path / "reporter.db").unlink()
    run(tmp_path, *files)

    assert alone == written(tmp_path)
    assert CONTACTS == sum(name.endswith(".eml") for name in alone)


@pytest.mark.parametrize(
    ("hands", "fault"), [(1, DeliveryError("refused", where="somebody")), (3, KeyError("Ana Invented5"))]
)
def test_a_fault_in_one_recipients_rows_costs_only_their_digest(tmp_path, files, monkeypatch, hands, fault, caplog):
    """The others are written, the exit code says that one is missing, and nothing names a person."""
    known = plan.message

    def message(recipient, *arguments, **more):
        if recipient.title == "Unit 05":
            raise fault
        return known(recipient, *arguments, **more)

    monkeypatch.setattr("reporter.pipeline.run.tell.SHARED", 0)
    monkeypatch.setattr("reporter.pipeline.run.workers.worker_count", lambda: hands)
    monkeypatch.setattr(plan, "message", message)
    outcome = run(tmp_path, *files)

    assert (Exit.NOT_DELIVERED, CONTACTS - 1) == (outcome.exit_code, len(list(tmp_path.rglob("*.eml"))))
    assert CONTACTS == len(json.loads((tmp_path / "out" / "manifest.json").read_text())["recipients"])
    assert "Ana" not in " ".join(map(str, outcome.failures)) + caplog.text
