"""A digest is put into a folder whole, once, and not over a file that somebody has open."""

from pathlib import Path

import msgspec
import pytest
from made_runs import at, roster, settings

from reporter.delivery.folder import FolderTransport
from reporter.delivery.message import Attachment, Bodies, message
from reporter.errors import DeliveryError
from reporter.model.mail import Envelope
from reporter.model.report import Recipient
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings

ENVELOPE = Envelope("r@example.org", "lab@example.org", "lab-1", "<2026-W37.abc@example.org>")


def mail(workbook=b"cells"):
    return message(
        Recipient("lab-1", "lab@example.org"), Bodies("Digest", "<p>é</p>", "é"),
        [Attachment("lab-1.xlsx", "application/octet-stream", workbook),
         Attachment("lab-1.ics", "text/calendar", b"x")],
        sender="r@example.org", message_id="<2026-W37.abc@example.org>", date=at(),
    )  # fmt: skip


def put(folder, content=None, on_handover=lambda: None):
    return FolderTransport(folder).deliver(content or mail(), ENVELOPE, on_handover)


def there(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_page_the_workbook_and_the_calendar_are_put_there(tmp_path):
    """In a folder of the recipient, named after the week; nothing is left beside them."""
    outcome = put(tmp_path)

    assert ("sent", "") == (outcome.state, outcome.why)
    stem = "lab-1/lab-1-2026-W37"
    assert {f"{stem}.html", f"{stem}.xlsx", f"{stem}.ics"} == set(there(tmp_path))
    assert b"cells" == there(tmp_path)[f"{stem}.xlsx"]
    assert "<p>é</p>" == there(tmp_path)[f"{stem}.html"].decode().strip()


def test_to_put_it_there_twice_leaves_what_once_leaves(tmp_path):
    """An attempt that is repeated after a crash makes no second file."""
    put(tmp_path)
    once = there(tmp_path)
    put(tmp_path)

    assert once == there(tmp_path)


def test_a_file_that_is_open_is_left_and_the_new_one_stands_beside_it(tmp_path, monkeypatch):
    """It is tried under one other name, which is told, and is the same name when it is tried again."""
    put(tmp_path)
    whole = Path.replace
    tried = []

    def held(path, target):
        tried.append(target)
        if target.name == "lab-1-2026-W37.xlsx":
            raise PermissionError(13, "in use")
        return whole(path, target)

    monkeypatch.setattr(Path, "replace", held)
    outcomes = [put(tmp_path, mail(b"new")) for _ in range(2)]
    books = {name: data for name, data in there(tmp_path).items() if name.endswith(".xlsx")}

    assert {("sent", "locked")} == {(outcome.state, outcome.why) for outcome in outcomes}
    assert 2 == len(books)
    assert b"cells" == books["lab-1/lab-1-2026-W37.xlsx"]
    assert outcomes[0].said in str(sorted(books))
    assert 8 == len(tried)


def test_a_share_that_is_not_mounted_is_not_made(tmp_path):
    """The digests wait for it; they are not put onto this machine's disk."""
    outcome = put(tmp_path / "share")

    assert ("deferred", "no_folder", True) == (outcome.state, outcome.why, outcome.is_general)
    assert not (tmp_path / "share").exists()


def test_nothing_is_put_there_when_another_has_the_mail(tmp_path):
    """No file takes its name unless that was written down first, and none is left half-made."""

    def taken():
        raise DeliveryError("taken over")

    with pytest.raises(DeliveryError):
        put(tmp_path, on_handover=taken)

    assert {} == there(tmp_path)


def test_a_run_delivers_into_the_folder_to_those_on_the_list_only(tmp_path):
    """The same list and the same outbox as for mails."""
    rows = [("01", "Ana Invented", unit, address, "Ontario", "Work permit", "2026-09-15")
            for unit, address in (("Lab", "lab@example.org"), ("Far", "far@example.net"))]  # fmt: skip
    (tmp_path / "share").mkdir()
    mail = MailSettings(transport="folder", share="share", allow=("example.org",), first_time_limit=9)
    known = msgspec.structs.replace(settings(tmp_path, [roster(tmp_path / "staff.csv", rows)]), mail=mail)
    outcome = pipeline.run(known, at(), clock=at)

    assert 1 == outcome.round.sent
    assert ["not_allowed"] == [entry.why for entry in outcome.round.outstanding]
    assert ["lab"] == [path.name.split("-")[0] for path in (tmp_path / "share").iterdir()]
