"""Whose workbook is encrypted with which password, and what comes of one without."""

import hashlib
import io
from email import message_from_bytes
from email.policy import default

import keyring
import msgspec
import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from keyring.backend import KeyringBackend
from made_runs import at, roster, settings

from reporter.delivery.leak_scan import Identifiers, MarkIndex, Reach, find_leaks
from reporter.delivery.message import Attachment, Bodies, message
from reporter.delivery.secrets import seal, unseal
from reporter.errors import Exit, SettingsError
from reporter.model.report import Recipient
from reporter.pipeline.run import mail_package
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.run.mail_package import locks
from reporter.pipeline.upkeep import doctor
from reporter.pipeline.upkeep.privacy import naming
from reporter.settings import EncryptSettings, MailSettings, RecipientSettings, Settings, UnitSettings, load_settings

WORD, OTHER = "correct horse battery", "payroll's own word"
PEOPLE = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
]
LAB = Recipient("lab-1", "lab@example.org")
PAY = RecipientSettings("pay@example.org", "payroll")


class Ring(KeyringBackend):
    """A keyring of this process alone."""

    priority = 1

    def __init__(self, **kept):
        super().__init__()
        self.kept = kept

    def get_password(self, service, username):
        return self.kept.get(username.partition("@")[0]) if service == "books" else None

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Settings whose mails all have an encrypted workbook, the password in the environment."""
    monkeypatch.setenv("BOOKS", WORD)
    mail = MailSettings(encrypt=EncryptSettings(env="BOOKS"))
    return settings(tmp_path, [roster(tmp_path / "staff.csv", PEOPLE)], mail=mail, sender="r@example.org")


def run(office, **changes):
    return pipeline.run(msgspec.structs.replace(office, **changes), at(), out=office.path("out"))


def mails(outcome):
    """Every mail in the run folder, by the first word of its recipient."""
    paths = (outcome.folder / "digests").glob("*.eml")
    return {path.name.split("-")[0]: message_from_bytes(path.read_bytes(), policy=default) for path in paths}


def book(mail):
    return next(one.get_content() for one in mail.iter_attachments() if one.get_filename().endswith(".xlsx"))


def test_a_workbook_opens_with_the_password_alone_and_the_mail_says_so(office, monkeypatch):
    """In both bodies; the right rows are in it, and the password stands nowhere in the run folder.

    What is said of one recipient, of their own or none, goes before what is said of all. A password that is not there
    costs only its recipient: nothing of that mail is written, the reason names the key, and the others go out.
    """
    monkeypatch.setenv("PAY", OTHER)
    own = msgspec.structs.replace(PAY, encrypt=EncryptSettings(env="PAY"))
    lost = RecipientSettings("boss@example.org", "people_manager", encrypt=EncryptSettings(env="NOT_THERE"))
    lab = UnitSettings("lab@example.org", encrypt=False)
    outcome = run(office, recipients=(own, lost), units={"Lab": lab})
    found = mails(outcome)
    opened = openpyxl.load_workbook(io.BytesIO(unseal(book(found["ops"]), WORD)))
    cells = {cell for sheet in opened for row in sheet.iter_rows(values_only=True) for cell in row}
    told = [" ".join(found["ops"].get_body((kind,)).get_content().split()) for kind in ("plain", "html")]

    assert ("Ana Invented" in cells, "Bo Invented" in cells) == (False, True)
    assert all("asks for a password" in text for text in told)
    assert not [
        path
        for path in outcome.folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in (WORD, OTHER))
    ]
    assert unseal(book(found["payroll"]), OTHER)
    assert openpyxl.load_workbook(io.BytesIO(book(found["lab"]))).sheetnames
    assert "password" not in found["lab"].get_body(("plain",)).get_content()
    assert {"lab", "ops", "payroll"} == set(found)
    assert Exit.NOT_DELIVERED == outcome.exit_code
    assert "recipients[1].encrypt.env" in str(outcome.failures[0])


@pytest.mark.parametrize("place", [{"env": "NOT_THERE"}, {"file": "not-there"}, {"env": "SHORT"}])
def test_a_password_of_all_that_is_not_there_stops_the_run(office, monkeypatch, place):
    """Before anything is read or written; the message shows no password."""
    monkeypatch.setenv("SHORT", "s3cret")
    with pytest.raises(SettingsError, match=r"mail\.encrypt") as refused:
        run(office, mail=MailSettings(encrypt=EncryptSettings(**place)))

    assert not office.path("out").exists()
    assert "s3cret" not in str(refused.value)


def test_a_keyring_holds_a_password_for_each_and_one_for_everybody_else(office, monkeypatch):
    """The entry under the recipient's address goes first."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", Ring(ops=OTHER, everyone=WORD))
    ringed = msgspec.structs.replace(office, mail=MailSettings(encrypt=EncryptSettings(keyring="books")))

    assert [WORD, OTHER] == [lock.password for lock in locks(ringed, [LAB, Recipient("ops-2", "ops@example.org")])]


def test_a_lock_shows_no_password(office):
    """Not where it is printed, in a log or a fault."""
    [lock] = locks(office, [LAB])

    assert (True, False) == (WORD == lock.password, WORD in repr(lock))


def test_the_doctor_says_which_password_is_missing(office):
    """By its key; and that all are there when they are."""
    own = msgspec.structs.replace(PAY, encrypt=EncryptSettings(file="nowhere"))
    lacking = msgspec.structs.replace(office, recipients=(own,))
    told = [check for known in (office, lacking) for check in doctor._locks(known)]

    assert ["locks_good", "refused"] == [check.what for check in told]
    assert "recipients[0].encrypt.file" in told[1].said["message"]


def sealed(text):
    """A mail with an encrypted workbook, and what is in that, by its digest."""
    made, buffer = openpyxl.Workbook(), io.BytesIO()
    made.active.cell(1, 1, text)
    made.save(buffer)
    locked = seal(buffer.getvalue(), WORD)
    files, how = [Attachment("x.xlsx", mail_package.XLSX, locked)], {"sender": "r@example.org", "date": at()}
    mail = message(LAB, Bodies("s", "<p>x</p>", "x"), files, message_id="<1@example.org>", **how)
    return mail, {hashlib.sha256(locked).hexdigest(): buffer.getvalue()}


def test_whom_an_encrypted_mail_names_nobody_can_tell():
    """So it counts as naming everybody when a person is to be erased."""
    assert naming("somebody-else")(sealed("x")[0])


HERS = Identifiers(MarkIndex.of(pa.array([b"e0001"])), np.array([0]), ((frozenset({1}), frozenset({"id"})),))
OTHERS = Reach(frozenset({2}))


@pytest.mark.parametrize(("text", "found"), [("E0001", 1), ("nobody", 0)])
def test_the_scan_looks_behind_the_password_too(text, found):
    """A person of another reader in an encrypted workbook is found."""
    mail, opened = sealed(text)

    assert found == len(find_leaks(mail, HERS, OTHERS, opened))


def test_an_encrypted_workbook_that_was_not_looked_into_does_not_pass():
    """Where nobody says what is in it, it counts as a person outside; so it does with what is in another one."""
    mail, opened = sealed("nobody")

    assert [1, 1] == [
        len(find_leaks(mail, HERS, OTHERS, known)) for known in ({}, dict.fromkeys("x", *opened.values()))
    ]


@pytest.mark.parametrize("said", ['{ file = "a", env = "B" }', "{}", "true"])
def test_a_place_that_is_none_or_two_is_refused(tmp_path, said):
    """When the settings are read, by the key."""
    (tmp_path / "s.toml").write_text(f"[mail]\nencrypt = {said}\n", "utf-8")
    with pytest.raises(SettingsError, match=r"mail\.encrypt"):
        load_settings(tmp_path / "s.toml")


def test_no_lock_is_the_rule():
    """Without a word in the settings nothing is encrypted."""
    assert False is Settings().mail.encrypt
