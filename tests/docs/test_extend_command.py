"""docs/extend.md, "Add a command": what the page says is done to a copy of the program, and works there."""

import json

import pytest
from extending import ask, copy_of_the_program
from makers import RULEBOOK


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the file of the page and its two lines."""
    return copy_of_the_program(tmp_path_factory.mktemp("command"), "Add a command")


def test_the_command_is_offered(extended):
    """Its first sentence stands in the list of all."""
    assert "services" in ask(extended, "--help").stdout


def test_the_command_answers_in_the_office_s_language(extended):
    """Every service, with its title."""
    told = ask(extended, "services", "--lang", "fr", "--json")

    assert {key: service.title.fr for key, service in RULEBOOK.services.items()} == json.loads(told.stdout), told.stderr
