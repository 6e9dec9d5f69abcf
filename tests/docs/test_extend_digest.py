"""docs/extend.md, "Add a line to the digest": what the page says is done to a copy of the program, and works there."""

import pytest
from extending import copy_of_the_program, python

PRINT = """
from click.testing import CliRunner
from reporter.cli import cli
from reporter.report.mail.digest import digest
from reporter.report.mail.template_fixtures import specimens
for language in ("en", "fr"):
    told = digest(dict(specimens(language))["at_risk"])
    print(*(SENTENCE[language] in " ".join(body.split()) for body in (told.text, told.html)))
checked = CliRunner().invoke(cli, ["templates", "check", "templates"])
print(checked.exit_code, checked.stderr)
"""
SENTENCE = {"en": "11 of these outages are not over yet.", "fr": "11 de ces pannes ne sont pas encore terminées."}


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """What a copy of the program with the line of the page says once its mails were made again: a line a language, and
    what its check says of all templates."""
    home = copy_of_the_program(tmp_path_factory.mktemp("digest"), "Add a line to the digest")
    made = python(home, "templates/make_mails.py")
    assert 0 == made.returncode, made.stderr
    said = python(home, "-c", f"SENTENCE = {SENTENCE!r}\n{PRINT}")
    assert 0 == said.returncode, said.stderr
    return said.stdout.splitlines()


def test_the_line_stands_in_both_bodies_and_both_languages(extended):
    """The specimen has eleven outages that are not over."""
    assert ["True True"] * 2 == extended[:2]


def test_the_templates_are_sound(extended):
    """Every one, in every state of a report: also where there is nothing to say."""
    assert ["0"] == [line.strip() for line in extended[2:]]
