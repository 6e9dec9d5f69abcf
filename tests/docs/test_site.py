"""The pages as a site: built from its own lock, every page reached from the first, no link into nothing."""

import json
import os
import re
import subprocess
import sys
import venv
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Page(HTMLParser):
    """What a page links to or shows, the places in it that a link can name, and what it asks of another machine."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places, self.asked = set(), set(), set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.links.add(given["href"])
        address = given.get("src") or (given.get("href") if tag == "link" else "")
        if address:
            self.links.add(address)
        if urlsplit(address or "").netloc and given.get("rel") != "canonical":
            self.asked.add(address)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment of the site's own lock."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=True)
    binary = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    lock = ROOT / "docs" / "site" / "requirements.lock"
    quietly(binary, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", lock)
    return binary


@pytest.fixture(scope="module")
def site(python, tmp_path_factory):
    """Built as `make site` builds it."""
    home = tmp_path_factory.mktemp("site")
    quietly(python, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", home)
    return {path.relative_to(home).as_posix(): Page(path) for path in home.rglob("*.html")}


def quietly(*command):
    known = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_page_of_the_project_is_in_it(site):
    """One for each file of docs/, and the README in front."""
    pages = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}

    assert set() == (pages | {"index.html", "changelog.html"}) - set(site)


def test_no_link_leads_into_nothing(site):
    """Neither a page, nor a heading in it; other places of the network are not asked."""
    broken = []
    for name, page in site.items():
        for link in page.links:
            whole = urlsplit(urljoin(f"http://here/{name}", link))
            target, place = unquote(whole.path).lstrip("/"), unquote(whole.fragment)
            if whole.netloc != "here" or name == "404.html":
                continue
            is_there = target in site or not target.endswith(".html")
            if not is_there or (place and target in site and place not in site[target].places):
                broken.append((name, link))

    assert [] == broken


def test_every_page_is_reached_by_links_in_the_texts(site):
    """From the first page on, and not only by the list at the side: whoever reads is led on."""
    reached, left = set(), ["index.html"]
    while left:
        name = left.pop()
        if name in reached or name not in site:
            continue
        reached.add(name)
        left += text_links(name)

    assert set() == {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} - reached


def text_links(name):
    """The pages to which a text links, as the site calls them."""
    stem = Path(name).stem
    places = (ROOT / "docs" / f"{stem}.md", ROOT / f"{stem.upper()}.md", ROOT / "README.md")
    text = next(path for path in places if path.exists()).read_text("utf-8")
    return [f"{Path(link).stem}.html".lower() for link in re.findall(r"\]\(([^)#:]+\.md)", text)]


def test_the_site_asks_nothing_of_another_machine(site):
    """No picture, script, style or letter comes from elsewhere."""
    assert {} == {name: page.asked for name, page in site.items() if page.asked}


def test_the_workflow_for_three_systems_is_yaml_and_goes_by_the_makefile(python):
    """Its jobs run on three systems and every Python that the package takes, with targets that there are."""
    read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1], encoding='utf-8'))))"
    jobs = json.loads(quietly(python, "-c", read, ROOT / ".github" / "workflows" / "check.yml"))["jobs"]
    steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    matrix = jobs["wheel"]["strategy"]["matrix"]

    assert {"check", "demo"} == {word for run in steps for word in re.findall(r"^make (\w+)", run, re.MULTILINE)}
    assert {"check", "demo"} <= targets
    assert ["macos-latest", "ubuntu-latest", "windows-latest"] == sorted(matrix["system"])
    assert [f"3.{minor}" for minor in range(11, 15)] == matrix["python"]
