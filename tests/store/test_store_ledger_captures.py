"""Captured files beside the database."""

import hashlib
import sys

import pandas as pd
import pytest

from reporter.errors import StoreError
from reporter.store.captures import Captures, captures_beside, evidence_beside, evidence_of, file_evidence
from reporter.store.database import open_store
from reporter.store.tables import evidence_files

PAGE = b"<p>en panne</p>"

FILED_AT = pd.Timestamp("2026-09-09T12:00Z")


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


def put(store, person="A1", **changes):
    said = {"suffix": ".PNG", "size": 3, "happened_at": None, "recorded_at": FILED_AT, "note": "é"} | changes
    return file_evidence(store, person, "screenshot", "a" * 64, **said)


def test_what_was_filed_comes_back(store):
    """Of that person only, in the order of filing, with both instants and the note."""
    first, _, last = put(store, happened_at=FILED_AT), put(store, "B2"), put(store)

    assert (first, last) == evidence_of(store, "A1")
    assert (FILED_AT, None, "é") == (first.happened_at, last.happened_at, first.note)


@pytest.mark.parametrize("suffix", ["/../x", ".ana bel", ".\\x", ".toolongsuffix"])
def test_a_name_keeps_nothing_of_the_file_it_came_from(store, suffix):
    """Number, kind and hash; a suffix only when it is a plain one."""
    kept = put(store, suffix=suffix)

    assert f"{kept.number:04d}-screenshot-{'a' * 12}" == kept.name


@pytest.mark.parametrize("statement", [evidence_files.delete(), evidence_files.update().values(note="x")])
def test_the_list_only_grows(store, statement):
    """The database itself refuses to change or take out a line."""
    put(store)
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(statement)

    assert 1 == len(evidence_of(store, "A1"))


def test_the_files_stand_beside_the_captures(store, tmp_path):
    """In a folder of their own, readable by the owner only."""
    folder = evidence_beside(store, tmp_path)
    sha256 = folder.keep(b"x")

    assert ("evidence", 0o700, 0o600) == (
        folder.folder.name,
        folder.folder.stat().st_mode & 0o777,
        (folder.folder / sha256).stat().st_mode & 0o777,
    )
