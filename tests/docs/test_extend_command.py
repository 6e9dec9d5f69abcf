"""docs/extend.md, "Add a command": what the page says is done to a copy of the program, and works there."""

import json
import re

import pytest
from extending import ROOT, answers, blocks, copy_of_the_program
from makers import RULEBOOK

TITLE = "Add a command"


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """What a copy of the program with the function of the page and its three lines answers."""
    home = copy_of_the_program(tmp_path_factory.mktemp("command"), TITLE)
    return answers(home, ["--all"], ["services", "--lang", "fr", "--json"])


def test_the_command_stands_with_its_like(extended):
    """In a module that is there, and under a heading that is there."""
    _, shown, _ = extended[0]

    assert [] == [name for name, _, _ in blocks(TITLE) if not (ROOT / name).is_file()]
    assert re.search(r"^  services\b", shown, re.MULTILINE)
    assert "Others" not in shown


def test_the_command_answers_in_the_office_s_language(extended):
    """Every service, with its title."""
    _, told, fault = extended[1]

    assert {key: service.title.fr for key, service in RULEBOOK.services.items()} == json.loads(told), fault
