"""docs/extend.md, "Add an outage source": what the page says is done to a copy of the program, and works there."""

import json

import pytest
from extending import answers, ask, blocks, copy_of_the_program

TITLE = "Add an outage source"
LOG = "gckey DOWN 2026-09-08T10:15:00Z\ngckey UP 2026-09-08T11:45:00Z\nepay DOWN 2026-09-09T01:00:00Z\n"


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the file and the line of the page."""
    return copy_of_the_program(tmp_path_factory.mktemp("extended"), TITLE)


def test_the_page_adds_one_file_and_one_line():
    """Nothing else has to be touched."""
    (_, _, code), (_, _, lines) = blocks(TITLE)

    assert (True, 1) == ("ADAPTERS" in code, sum(line.startswith("+") for line in lines.splitlines()))


def test_the_source_of_the_page_is_read_by_the_door(extended):
    """Told from its content, with its services and both its ends."""
    (extended / "guard.log").write_text(LOG, "utf-8")
    store = "sqlite:///s.db"
    (code, entered, fault), (_, listed, _) = answers(
        extended,
        ["outages", "import", "guard.log", "--store", store, "--as-of", "2026-09-10T09:00Z", "--json"],
        ["outages", "list", "--store", store, "--json"],
    )

    assert (0, 2) == (code, json.loads(entered)["added"]), fault
    assert [
        ("gckey", "2026-09-08T10:15:00Z", "2026-09-08T11:45:00Z"),
        ("epay", "2026-09-09T01:00:00Z", None),
    ] == [(one["services"], one["began_at"], one["ended_at"] or None) for one in json.loads(listed)]


def test_a_misspelt_kind_names_the_new_one_too(extended):
    """The list of kinds is that of the registry."""
    (extended / "guard.log").write_text(LOG, "utf-8")
    asked = ask(extended, "outages", "import", "guard.log", "--kind", "gaurd-log", "--store", "sqlite:///t.db")

    assert (3, True) == (asked.returncode, "guard-log" in asked.stderr)
