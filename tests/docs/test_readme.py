"""The README shows what the program prints, and what the demo writes is what the pages say."""

import csv
import json
import re
import tomllib

import pytest
from walk import ROOT, Command, steps

from reporter.errors import Exit

README = ROOT / "README.md"
LARGEST_BYTES = 300_000
PNG = b"\x89PNG\r\n\x1a\n"


def section(title):
    """The README's text under that heading."""
    return README.read_text("utf-8").split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_readme_shows_what_the_demo_prints(demo):
    """The block under `make demo` is what the demo prints, blanks at the ends of lines aside."""
    shown = next(s for s in steps(README) if isinstance(s, Command) and s.words == ("make", "demo"))

    assert list(shown.printed) == [line.rstrip() for line in demo[0].splitlines()]


def test_every_file_of_the_readme_is_made_by_the_demo(demo):
    """Each file that the table of readers names is in the folder of a run."""
    named = re.findall(r"`([^`]+\.[^`]+)`", section("Who reads what"))

    assert [] == [name for name in named if not list(demo[1].glob(name))]


def test_the_reference_names_every_key_of_the_manifest(demo):
    """The keys of a real manifest are those that the reference explains."""
    meanings = tomllib.loads((ROOT / "docs" / "meanings.toml").read_text("utf-8"))
    manifest = json.loads((demo[1] / "manifest.json").read_text("utf-8"))

    assert list(meanings["manifest"]) == list(manifest)


@pytest.mark.parametrize("name", ["findings.csv", "problems.csv"])
def test_the_reference_names_every_column_of_a_table(demo, name):
    """The columns of a real table are those that the reference explains, in their order."""
    text = (ROOT / "docs" / "reference.md").read_text("utf-8").split(f"### {name}\n")[1].split("\n### ")[0]
    with (demo[1] / name).open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))

    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) == columns


def test_each_exit_code_of_the_readme_is_one_of_the_program_and_met_by_a_test():
    """No number is promised that nothing answers, and none answered that is not told."""
    listed = {int(code) for code in re.findall(r"^\| (\d) \|", section("Exit codes"), flags=re.MULTILINE)}
    met = "".join(
        path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_readme.py"
    )

    assert listed == set(map(int, Exit))
    assert [] == [name for name in Exit.__members__ if not re.search(rf"Exit\.{name}\b", met)]


def test_the_make_commands_of_the_readme_are_in_the_makefile():
    """The README names no target that the Makefile does not have."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ )make (\w+)", README.read_text("utf-8")))

    assert set() == named - targets


def test_the_exit_codes_of_the_readme_are_the_program_s():
    """Every code stands in the README, and no other."""
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), flags=re.MULTILINE)}

    assert {code.value for code in Exit} == named


@pytest.mark.parametrize("name", ["workbook.png", "digest.png", "digest-fr.png"])
def test_the_pictures_are_there_and_small(name):
    """Each picture is a PNG of less than 300 kB."""
    content = (ROOT / "docs" / "pictures" / name).read_bytes()

    assert content.startswith(PNG)
    assert LARGEST_BYTES > len(content)
