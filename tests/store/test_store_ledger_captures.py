"""Captured files beside the database."""

import hashlib
import sys

import pytest

from reporter.errors import StoreError
from reporter.store.database import open_store
from reporter.store.ledger import Captures, captures_beside

PAGE = b"<p>en panne</p>"


@pytest.fixture
def captures(tmp_path):
    return Captures(tmp_path / "captures")


def test_a_captured_file_comes_back(captures):
    """Under the SHA-256 of its bytes."""
    sha256 = captures.keep(PAGE)

    assert (hashlib.sha256(PAGE).hexdigest(), PAGE) == (sha256, captures.read(sha256))


def test_the_same_bytes_are_kept_once(captures):
    """And nothing half-written is left behind."""
    assert captures.keep(PAGE) == captures.keep(PAGE)
    assert 1 == len(list(captures.folder.iterdir()))


def test_a_captured_file_is_for_its_owner_only(captures):
    """Like the database it stands beside."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such rights")
    path = captures.folder / captures.keep(PAGE)

    assert (0o600, 0o700) == (path.stat().st_mode & 0o777, captures.folder.stat().st_mode & 0o777)


def test_a_changed_capture_is_found(captures):
    """Reading it says so instead of giving it out."""
    sha256 = captures.keep(PAGE)
    (captures.folder / sha256).write_bytes(b"all was well")
    with pytest.raises(StoreError, match="changed after it was captured"):
        captures.read(sha256)


@pytest.mark.parametrize("name", ["0" * 64, "../reporter.db", ""])
def test_what_was_not_captured_is_not_read(captures, name):
    """Neither a file that is gone nor any other file."""
    with pytest.raises(StoreError):
        captures.read(name)


def test_captures_stand_beside_an_sqlite_file(tmp_path):
    """In the folder of the database."""
    store = open_store(f"sqlite:///{tmp_path}/reporter.db")
    store.close()

    assert tmp_path / "captures" == captures_beside(store, tmp_path / "elsewhere").folder
