"""docs/extend.md, "Add a command": what the page says is done to a copy of the program, and works there."""

import json
import re

import pytest
from extending import ROOT, ask, blocks, copy_of_the_program
from makers import RULEBOOK

TITLE = "Add a command"


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the function of the page and its three lines."""
    return copy_of_the_program(tmp_path_factory.mktemp("command"), TITLE)


def test_the_command_stands_with_its_like(extended):
    """In a module that is there, and under a heading that is there."""
    shown = ask(extended, "--all").stdout

    assert [] == [name for name, _, _ in blocks(TITLE) if not (ROOT / name).is_file()]
    assert re.search(r"^  services\b", shown, re.MULTILINE)
    assert "Others" not in shown


def test_the_command_answers_in_the_office_s_language(extended):
    """Every service, with its title."""
    told = ask(extended, "services", "--lang", "fr", "--json")

    assert {key: service.title.fr for key, service in RULEBOOK.services.items()} == json.loads(told.stdout), told.stderr
