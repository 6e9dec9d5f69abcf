"""docs/extend.md, "Add a line to the digest": what the page says is done to a copy of the program, and works there."""

import pytest
from extending import ask, copy_of_the_program, python

PRINT = """
from reporter.report.mail.digest import digest
from reporter.report.mail.template_fixtures import specimens
for language in ("en", "fr"):
    told = digest(dict(specimens(language))["at_risk"])
    print(*(SENTENCE[language] in " ".join(body.split()) for body in (told.text, told.html)))
"""
SENTENCE = {"en": "11 of these outages are not over yet.", "fr": "11 de ces pannes ne sont pas encore terminées."}


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with the line of the page, and its mails made again."""
    home = copy_of_the_program(tmp_path_factory.mktemp("digest"), "Add a line to the digest")
    made = python(home, "templates/make_mails.py")
    assert 0 == made.returncode, made.stderr
    return home


def test_the_line_stands_in_both_bodies_and_both_languages(extended):
    """The specimen has eleven outages that are not over."""
    told = python(extended, "-c", f"SENTENCE = {SENTENCE!r}\n{PRINT}")

    assert ["True True"] * 2 == told.stdout.splitlines(), told.stderr


def test_the_templates_are_sound(extended):
    """Every one, in every state of a report: also where there is nothing to say."""
    checked = ask(extended, "templates", "check", "templates")

    assert 0 == checked.returncode, checked.stderr
