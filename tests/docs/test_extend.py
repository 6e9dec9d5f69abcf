"""The page on extending does what it says: what it adds is added, by the files it names and no other."""

import ast
import re
import shutil
import tomllib

import pandas as pd
import pytest
from makers import RULEBOOK, findings, instant, one, outages, roster
from walk import ROOT

from reporter.rules.load import load_rulebook

PAGE = (ROOT / "docs" / "extend.md").read_text("utf-8")
RULES = ROOT / "reporter" / "rules"
PART = re.compile(r"<!-- (\w+) -->\n```toml\n(.*?)```", re.DOTALL)
BLOCKS = dict(PART.findall(PAGE))


@pytest.fixture
def extended(tmp_path):
    """The rulebook with the page's entry behind the last of deadlines.toml."""
    home = shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (home / "deadlines.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + BLOCKS["deadline"])
    return load_rulebook(home)


def test_the_new_deadline_kind_has_duties(extended):
    """Each case of the page holds with nothing changed but one entry of one file."""
    for case in tomllib.loads(BLOCKS["cases"])["case"]:
        person = {key: pd.Timestamp(value) if key.endswith("_on") else value for key, value in case["person"].items()}
        people = roster([{**person, "person_id": "a"}])
        found = findings(people, outages([]), instant(case["as_of"].isoformat()), rulebook=extended)
        expects = dict(case["expects"])
        row = one(found, expects.pop("deadline"))

        assert expects == {name: row[name] for name in expects}, case["name"]


def test_no_code_names_a_kind_a_judgement_or_a_state():
    """Rules are data: none of their names stands in the engine, the readers, or what is told."""
    named = {*RULEBOOK.deadlines, *RULEBOOK.states, *(risk.id for risk in RULEBOOK.risks if "-" in risk.id)}
    named -= {"travel", "restoration"}  # words of the field as well: a group, a kind of application
    found = [
        f"{path.relative_to(ROOT)}: {node.value}"
        for room in ("engine", "readers", "rules", "report", "pipeline")
        for path in sorted((ROOT / "reporter" / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in named
    ]

    assert [] == found


def test_no_group_of_duties_decides_in_the_engine():
    """What a group means is said by the judgements; the engine compares none."""
    groups = {deadline.group for deadline in RULEBOOK.deadlines.values()} - {"status", "unknown", "restoration"}
    found = [
        f"{path.name}: {node.value}"
        for room in ("engine", "readers")
        for path in sorted((ROOT / "reporter" / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in groups
    ]

    assert [] == found
