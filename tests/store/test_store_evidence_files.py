"""The list of what was filed for a person, which only grows."""

import pandas as pd
import pytest

from reporter.errors import StoreError
from reporter.store.captures import evidence_beside, evidence_of, file_evidence
from reporter.store.tables import evidence_files

FILED_AT = pd.Timestamp("2026-09-09T12:00Z")


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
