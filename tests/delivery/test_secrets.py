"""A password comes from the one place that is named, and is shown nowhere."""

import io
import shutil
import subprocess

import keyring
import msoffcrypto
import openpyxl
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from reporter.delivery import secrets
from reporter.delivery.secrets import password, password_text, seal, unseal
from reporter.errors import DeliveryError, SettingsError

WORD = "Ärger mit 7 Türen"
SOFFICE = shutil.which("soffice")


class Ring(KeyringBackend):
    """A keyring of this process alone; locked when it has nothing."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {("reporter", "desk"): "s3cret-word"}

    def get_password(self, service, username):
        if not self.kept:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def found(**place):
    return password("desk", **place)


def test_the_keyring_is_asked_for_the_user(ring):
    """Under the service that the settings name."""
    assert "s3cret-word" == found(keyring_service="reporter")


@pytest.mark.parametrize(("text", "expected"), [("s3cret-word\n", "s3cret-word"), (" two words \r\n", " two words ")])
def test_a_file_is_read_to_the_end_of_its_line(tmp_path, text, expected):
    """The line end that an editor adds is none of the password; a blank may be."""
    (tmp_path / "word").write_text(text, newline="")

    assert expected == found(file=tmp_path / "word")


def test_the_environment_is_read(monkeypatch):
    """For containers, which have little else."""
    monkeypatch.setenv("MAIL_WORD", "s3cret-word")

    assert "s3cret-word" == found(variable="MAIL_WORD")


def test_without_a_place_there_is_none():
    """Some servers take mail from known machines without a login."""
    assert "" == found()


def test_two_places_are_refused(tmp_path):
    """Nobody could tell which one is used; both keys are named."""
    with pytest.raises(SettingsError, match="password_file, password_env"):
        found(file=tmp_path / "word", variable="MAIL_WORD")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_password_is_refused_by_its_key(tmp_path, content):
    """Missing, empty, or not text."""
    if content is not None:
        (tmp_path / "word").write_bytes(content)
    with pytest.raises(SettingsError, match=r"mail\.password_file"):
        found(file=tmp_path / "word")


def test_letters_that_no_mail_server_can_be_told_are_refused():
    """Without showing them."""
    with pytest.raises(SettingsError, match="letters") as refused:
        password_text("mot-clé")

    assert ("clé" not in str(refused.value), "word") == (True, password_text("word"))


def test_a_variable_that_is_not_set_is_refused_by_its_key():
    """Its name is told."""
    with pytest.raises(SettingsError, match=r"mail\.password_env.*MAIL_WORD"):
        found(variable="MAIL_WORD")


@pytest.mark.parametrize("kept", [{}, {("reporter", "other"): "x"}])
def test_a_keyring_that_is_locked_or_has_none_says_what_to_do(ring, kept):
    """A timer of the system often has no way into it."""
    ring.kept = kept
    with pytest.raises(SettingsError, match=r"mail\.password_keyring.*(use a file|keyring set)"):
        found(keyring_service="reporter")


def book(text="E0001"):
    made, buffer = openpyxl.Workbook(), io.BytesIO()
    made.active.cell(1, 1, text)
    made.save(buffer)
    return buffer.getvalue()


def test_it_is_encrypted_as_office_programs_expect():
    """The agile encryption, of which another reader than ours can make the workbook again."""
    opened = io.BytesIO()
    file = msoffcrypto.OfficeFile(io.BytesIO(seal(book(), WORD)))
    file.load_key(password=WORD, verify_password=True)
    file.decrypt(opened, verify_integrity=True)

    assert ("agile", True) == (file.type, file.is_encrypted())
    assert "E0001" == openpyxl.load_workbook(opened).active["A1"].value


def test_nothing_of_it_can_be_read_without_the_password():
    """No text, no name of a part, and no zip."""
    sealed = seal(book("Ana Invented"), WORD)

    assert not any(part in sealed for part in (b"Ana Invented", b"sheet1.xml", b"PK\3\4", WORD.encode()))


@pytest.mark.parametrize("word", ["", "another password", WORD.lower()])
def test_another_password_does_not_open_it(word):
    """It is refused, and the refusal shows no password."""
    with pytest.raises(DeliveryError) as refused:
        unseal(seal(book(), WORD), word)

    assert WORD not in str(refused.value)


def test_a_byte_that_was_changed_is_noticed():
    """The seal of integrity does not hold any more."""
    sealed = bytearray(seal(book(), WORD))
    place = len(sealed) // 2
    sealed[place] ^= 1

    with pytest.raises(DeliveryError):
        unseal(bytes(sealed), WORD)


def test_a_workbook_that_comes_out_otherwise_is_refused(monkeypatch):
    """What a faulty library writes goes to nobody."""
    monkeypatch.setattr(secrets, "unseal", lambda sealed, password: b"something else")

    with pytest.raises(DeliveryError, match="does not come out"):
        seal(book(), WORD)


def test_what_is_no_workbook_is_refused():
    """Instead of being encrypted as something nobody can open."""
    with pytest.raises(DeliveryError):
        seal(b"no zip at all", WORD)


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed: the lock is NOT tried in it")
@pytest.mark.parametrize(("is_sealed", "expected"), [(False, ["E0001"]), (True, None)])
def test_libreoffice_shows_nothing_without_the_password(tmp_path, is_sealed, expected):
    """The workbook is read as it was before, and not at all once it is sealed."""
    (tmp_path / "book.xlsx").write_bytes(seal(book(), WORD) if is_sealed else book())
    command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "csv"]
    subprocess.run([*command, "book.xlsx"], cwd=tmp_path, capture_output=True, timeout=120, check=False)
    made = tmp_path / "book.csv"

    assert expected == (made.read_text("utf-8").split() if made.exists() else None)
