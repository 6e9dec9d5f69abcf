"""What the pages promise of privacy, sending and deletion is tied to tests, sentence by sentence (`promises.toml`)."""

import ast
import re
import tomllib
from functools import cache

from walk import ROOT

SECTIONS = (
    ("SECURITY.md", "What it does with personal data"),
    ("SECURITY.md", "What it does with hostile files"),
    ("docs/explanation.md", "Privacy"),
    ("README.md", "What it does not do"),
)
PROMISES = tomllib.loads((ROOT / "tests/docs/promises.toml").read_text("utf-8"))["promise"]
UNTIED = 8
"""Advice to the reader, and what others do or decide: sentences that no test can hold."""


def sentences(page, heading):
    """The sentences of a section, without its tables; each item of a list begins one."""
    text = (ROOT / page).read_text("utf-8").split(f"## {heading}\n", 1)[1]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n|^- ", prose, flags=re.MULTILINE)]
    return [one for part in parts for one in re.split(r"(?<=[.;])\s+(?=[A-Z`0-9“])", part) if one]


@cache
def held_in(file):
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_sentence_is_tied():
    """One that is new or says something else has to be looked at: which test holds it?"""
    written = [(page, said) for page, heading in SECTIONS for said in sentences(page, heading)]

    assert written == [(one["page"], one["says"]) for one in PROMISES]
    assert UNTIED >= sum(not one["tests"] for one in PROMISES)


def test_every_test_that_is_named_is_there():
    """A test that was renamed or taken out leaves its promise untied."""
    named = [(test, one["says"]) for one in PROMISES for test in one["tests"]]

    assert [] == [(test, says) for test, says in named if test.split("::")[1] not in held_in(test.split("::")[0])]
