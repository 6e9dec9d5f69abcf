"""A workbook that asks for its password, and comes out as it went in."""

import io
import shutil
import subprocess

import msoffcrypto
import openpyxl
import pytest

from reporter.delivery import encryption
from reporter.delivery.encryption import seal, unseal
from reporter.errors import DeliveryError

WORD = "Ärger mit 7 Türen"
SOFFICE = shutil.which("soffice")


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
    monkeypatch.setattr(encryption, "unseal", lambda sealed, password: b"something else")

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
