"""What the page of the house says of modules is so: the ways through it."""

import ast
from pathlib import Path

import pytest
from house_page import WAYS

import reporter

HOME = Path(reporter.__file__).parent
MAIL_AT_MOST = 8  # modules from a run to the bytes of a reader's mail


def module(name):
    return HOME / f"{name.replace('.', '/')}.py"


def imported(name):
    """The modules of ours that it imports, by their names below `reporter`."""
    for node in ast.walk(ast.parse(module(name).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reporter."):
            below = node.module.removeprefix("reporter.")
            yield from (below, *(f"{below}.{alias.name}" for alias in node.names))


@pytest.mark.parametrize("title", WAYS)
def test_each_step_asks_or_is_asked_by_one_before_it(title):
    """But for a form of outages, which the door knows by its name alone."""
    steps = list(WAYS[title])
    asked = {name: {*imported(name)} for name in steps}
    alone = [
        name
        for n, name in enumerate(steps)
        if n and not any(name in asked[before] or before in asked[name] for before in steps[:n])
    ]

    assert [name for name in steps if name.startswith("outages.adapters.")][:1] == alone


def test_a_mail_is_followed_through_few_modules():
    """From the order of a run to the bytes that go on the wire."""
    assert MAIL_AT_MOST >= len(WAYS["The mail of a reader"])
