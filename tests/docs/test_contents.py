"""The contents of a page, and what the pages promise of privacy: each tied to what is so."""

import re
from pathlib import Path

import pytest

from reporter.errors import Exit

ROOT = Path(__file__).parents[2]
HOW_TO = sorted((ROOT / "docs").glob("how-to-*.md"))


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", HOW_TO, ids=lambda path: path.name)
def test_each_recipe_stands_once_in_the_contents_and_in_its_order(page):
    """Nothing is missing, nothing stands twice, no line leads nowhere, and the page goes as its contents do."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = re.findall(r"^- \[.*\]\(#([\w-]+)\)$", text[: text.index("\n## ")], re.MULTILINE)

    assert [anchor(heading) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)] == named


def test_each_recipe_is_found_by_who_asks():
    """The first page names each of them under somebody."""
    index = (ROOT / "docs/how-to.md").read_text("utf-8")
    recipes = [
        f"]({page.name}#{anchor(heading)})"
        for page in HOW_TO
        for heading in re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
    ]

    assert [] == [one for one in recipes if one not in index]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_heading_has_a_blank_line_before_it(page):
    """Without one, some readers of Markdown take it for text."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)

    assert [] == re.findall(r"[^\n>]\n(#{2,} .+)", text)


def test_one_name_for_the_settings_file():
    """A recipe that calls it otherwise is tried on a file that is not there."""
    text = "".join(page.read_text("utf-8") for page in HOW_TO)

    assert "--config office.toml" not in text
    assert "--config reporter.toml" not in text


def test_the_readme_lists_every_exit_code():
    """All of them, and no other."""
    table = (ROOT / "README.md").read_text("utf-8").split("## Exit codes")[1].split("\n## ")[0]

    assert sorted({code.value for code in Exit}) == [
        int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
    ]


@pytest.mark.parametrize("page", ["docs/explanation.md", "README.md", "SECURITY.md"])
@pytest.mark.parametrize(
    "untrue", ["sends no mail", "Nothing about a person leaves", "exactly one recipient", "deletes nothing by itself."]
)
def test_what_is_no_longer_so_is_not_said(page, untrue):
    """Mails are sent, roles get a part of a row, and a purge deletes."""
    assert untrue not in (ROOT / page).read_text("utf-8")
