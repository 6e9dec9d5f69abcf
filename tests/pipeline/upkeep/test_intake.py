"""What people hand in: read by the one way in, each thing in one transaction, and an end for each that is told."""

from email.message import EmailMessage

import pandas as pd
import pytest
from made_runs import roster, settings
from makers import png
from msgspec.structs import replace

from reporter.errors import Exit
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.upkeep.intake import look
from reporter.pipeline.upkeep.record_outages import IntakeResult, OpenLedger
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import InboxSettings, MailboxSettings, load_settings
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger import outages_known_at
from reporter.store.ledger_items import open_items

NOW = pd.Timestamp("2026-11-29T22:00Z").as_unit("us")
NOTICE = "CléGC sera hors service le mercredi 9 décembre 2026, de 22 h à 23 h 30 (heure de l’Est)."
TABLE = "services,began_at,ended_at,source_url\ngckey,2026-11-20T10:00Z,2026-11-20T11:00Z,https://example.org/1\n"
NAMES = service_names(load_rulebook(None, None))


@pytest.fixture
def office(tmp_path):
    """An office with a watched folder: looks at it, and gives the ledger."""
    (tmp_path / "reporter.toml").write_text('[inbox]\npath = "drop"\n', "utf-8")
    settings = load_settings(tmp_path / "reporter.toml")
    (tmp_path / "drop").mkdir()
    store = open_store(settings.store_url)
    captures = captures_beside(store, tmp_path)

    class Office:
        home, ledger = tmp_path / "drop", store

        def look(self) -> tuple[IntakeResult, ...]:
            return look(OpenLedger(store, captures, NAMES), settings, at=NOW)

        def held(self):
            return [path.read_bytes() for path in captures.folder.iterdir()]

    yield Office()
    store.close()


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_each_file_of_the_folder_ends_somewhere_with_a_note(office):
    """A notice is a draft, a table on record, a picture kept and waiting; what is still being written is left alone."""
    (office.home / "notice.txt").write_text(NOTICE, "utf-8")
    (office.home / "outages.csv").write_text(TABLE, "utf-8")
    (office.home / "screen.png").write_bytes(png())
    (office.home / "page.html.crdownload").write_bytes(b"<html>")
    done = {one.name: (one.imported.added, one.drafts, one.left.get("refused", 0)) for one in office.look()}

    assert {"notice.txt": (0, 1, 0), "outages.csv": (1, 0, 0), "screen.png": (0, 0, 1)} == done
    assert files(office.home) == [
        "done/notice.txt", "done/notice.txt.txt", "done/outages.csv", "done/outages.csv.txt", "page.html.crdownload",
        "refused/screen.png", "refused/screen.png.txt",
    ]  # fmt: skip
    assert "1 notice to confirm" in (office.home / "done/notice.txt.txt").read_text("utf-8")
    assert "nobody guesses at its words" in (office.home / "refused/screen.png.txt").read_text("utf-8")
    assert png() in office.held()


def test_a_saved_mail_is_taken_in_with_what_is_attached(office):
    """Its words are a draft, the picture beside them is kept and waits; so the mail lies where somebody looks."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "Avis"
    made.set_content(NOTICE)
    made.add_attachment(png(), maintype="image", subtype="png", filename="screen.png")
    (office.home / "alert.eml").write_bytes(made.as_bytes())
    done = [(one.name, one.drafts) for one in office.look()]

    assert [("screen.png", 0), ("alert.eml", 1)] == done
    assert files(office.home) == ["refused/alert.eml", "refused/alert.eml.txt"]
    assert png() in office.held()


def test_a_file_that_is_there_again_changes_nothing(office):
    """Put back, as after a stop between the ledger and the move: one draft, one version, and another name beside."""
    for _ in range(2):
        (office.home / "notice.txt").write_text(NOTICE, "utf-8")
        (office.home / "outages.csv").write_text(TABLE, "utf-8")
        office.look()

    assert ["draft"] == open_items(office.ledger)["fate"].tolist()
    assert [1] == outages_known_at(office.ledger)["versions"].tolist()
    assert {"done/notice.txt", "done/notice-1.txt"} <= set(files(office.home))


def test_a_folder_that_is_gone_is_told(office):
    """A share that is not there is no quiet week."""
    office.home.rmdir()
    (gone,) = office.look()

    assert not gone.is_accounted_for
    assert "drop" in gone.why.in_language("fr")


def test_a_mailbox_and_a_folder_that_could_not_be_looked_at_are_owed(tmp_path):
    """Nobody was told of an alert, and the week says so until both can be read."""
    staff = ("1", "Ana Invented", "Lab", "lab@example.org", "ON", "Work permit", "2029-01-01")
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", [staff])], inbox=InboxSettings(path="drop"))
    known = replace(known, mailbox=MailboxSettings(host="localhost", port=1))

    def week(at):
        store = open_store(known.store_url)
        look(OpenLedger(store, captures_beside(store, tmp_path), NAMES), known, at=at)
        store.close()
        made = pipeline.run(known, at, clock=lambda: at)
        return made.exit_code, {one["cause"] for one in made.manifest["owed"]}

    first = week(NOW)
    (tmp_path / "drop").mkdir()

    assert (Exit.RECORD_STALE, {"source:mailbox", "source:inbox"}) == first
    assert (Exit.RECORD_STALE, {"source:mailbox"}) == week(NOW + pd.Timedelta(hours=1))
