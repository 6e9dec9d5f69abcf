"""resources.py: folders beside the modules, else at the top of the checkout, and the libraries of the extras."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import reporter
from reporter.delivery.secrets import seal
from reporter.errors import DeliveryError, OutageFileError, SettingsError
from reporter.resources import folder, library

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("where", ["reporter/templates", "templates"])
def test_the_folder_is_found_in_a_wheel_and_in_a_checkout(tmp_path, where):
    """Either place will do."""
    (tmp_path / "reporter").mkdir()
    (tmp_path / where).mkdir()

    assert tmp_path / where == folder("templates", package=tmp_path / "reporter")


def test_the_packaged_folder_stands_before_the_other(tmp_path):
    """An installed package never picks up a folder that happens to lie beside it."""
    (tmp_path / "reporter" / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()

    assert tmp_path / "reporter" / "templates" == folder("templates", package=tmp_path / "reporter")


def test_an_installation_without_the_folder_is_told(tmp_path):
    """The fault says what is missing."""
    with pytest.raises(SettingsError, match="templates"):
        folder("templates", package=tmp_path)


def test_a_library_of_an_extra_is_named_in_both_languages(monkeypatch):
    """The reader learns what to install."""
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(OutageFileError) as caught:
        library("feedparser", "feeds", kind=OutageFileError, where="feed.xml")

    assert str(caught.value).startswith("feed.xml: this needs a library more")
    assert all("reporter[feeds]" in caught.value.in_language(language) for language in ("en", "fr"))


def test_an_encrypted_mail_without_the_extra_is_not_sent(monkeypatch):
    """The fault is that of one mail, and nothing leaves in the clear."""
    monkeypatch.setitem(sys.modules, "msoffcrypto.exceptions", None)
    with pytest.raises(DeliveryError, match=r"reporter\[encrypt\]"):
        seal(b"PK", "password")


def names_of(requirements):
    """The bare names of requirements."""
    return {re.match(r"[\w.-]+", one)[0].lower().replace("_", "-") for one in requirements}


def test_what_is_imported_is_installed_with_the_program():
    """Nothing of an extra is imported but by `library`; and the program needs few others.

    The local page takes names from a library that its server has asked for before.
    """
    needed = names_of(PROJECT["dependencies"])
    homes = packages_distributions()
    used = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
        for path in Path(reporter.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } - {"reporter", "", "starlette"}
    missing = {name for name in used - sys.stdlib_module_names if not names_of(homes.get(name, [name])) & needed}

    assert {"markupsafe", "numpy"} >= missing  # they come with jinja2 and pandas
    assert 25 >= len(needed)


def test_every_extra_stands_in_the_reference():
    """An office finds what each is for."""
    section = (ROOT / "docs/reference.md").read_text("utf-8").split("\n## Extras\n")[1].split("\n## ")[0]

    assert set(PROJECT["optional-dependencies"]) == set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))


def test_the_container_runs_without_root_and_copies_what_there_is():
    """Every file it takes is in the checkout and let through, and its last user is nobody of power."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]

    assert [] == [name for name in copied if not (ROOT / name).exists() or name not in allowed]
    assert ["USER 10001"] == [line for line in lines if line.startswith("USER")]
    assert "VOLUME /data" in lines


def test_nobody_is_told_to_install_a_stranger():
    """On the index, the program's own name is another project's."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "reporter" / "text").rglob("*.toml")]
    wrong = re.compile(r"(?:pip|pipx|tool) (?:install|inject) (?:--\S+ )*['\"\\\\]*reporter\b")

    assert [] == [page.name for page in pages if wrong.search(page.read_text("utf-8"))]
    assert "ircc-outage-reporter" == PROJECT["name"]
