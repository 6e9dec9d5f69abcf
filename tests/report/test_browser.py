"""The pages and mails as a browser shows them: for those who see little, use no mouse, or have a phone in hand.

One browser serves all of it, from disk and without a network. The rules are those of WCAG 2.1, levels A and AA; none is
left out. What is in a frame of the preview page is a mail, which is looked at as a page of its own.
"""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from makers import png
from msgspec.structs import replace
from playwright.sync_api import sync_playwright
from sample_report import quiet_report, sample_report

from reporter.model.report import Recipient, ink_on, logo_of
from reporter.report.mail.digest import MailStock, digest
from reporter.report.mail.short_mails import brief
from reporter.report.mail.template_fixtures import map_specimen, sheet_specimen
from reporter.report.mail.templates import PreviewEntry, from_disk, preview, render
from reporter.report.stress_map import MAP

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: pages and mails are NOT tried in a browser"
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"], "iframes": False}
READERS = {"unit-1": ("Engineering", "en"), "unit-2": ("Computer Science", "fr"), "unit-3": ("Arts & Lettres", "en")}
PHONE = {"width": 380, "height": 800}
DESK = {"width": 1280, "height": 720}


def of(unit, language, slug, role=""):
    report = sample_report(language, unit=unit)
    return replace(report, recipient=Recipient(slug, f"{slug}@example.org", language, unit, role))


def branded(language):
    """A report of an office with a colour, a sign, a signature and a disclaimer of its own."""
    report = of("Engineering", language, "unit-1")
    own = {"accent": "#F2B600", "ink": ink_on("#F2B600"), "logo": logo_of(png()), "signature": ("A", "B")}
    return replace(report, office=replace(report.office, **own, disclaimer="Own."))


def pages(home: Path) -> dict[str, Path]:
    """Each page as a file, the preview with the files that it leads to."""
    entries = []
    for slug, (unit, language) in READERS.items():
        report = of(unit, language, slug)
        files = [f"{slug}.{suffix}" for suffix in ("eml", "html", "txt", "xlsx", "ics")]
        for name in files:
            (home / name).write_text(digest(report).html if name.endswith(".html") else name, "utf-8")
        entries.append(
            PreviewEntry(report.recipient, report.people_by_level, digest(report), tuple(files[:3]), tuple(files[3:]))
        )
    made = {
        "preview": preview(entries, language="en").decode(),
        "digest": digest(of("Engineering", "en", "unit-1")).html,
        "digest-fr": digest(of("Computer Science", "fr", "unit-2")).html,
        "brief": brief(of("Engineering", "en", "payroll", "payroll")).html,
        "quiet": digest(quiet_report("fr")).html,
        "signed": from_disk(digest(branded("en")).html, branded("en").office.logo),
        "two": digest(branded("fr"), also=(branded("en"), MailStock())).html,
        "evidence": render("evidence.html.j2", sheet_specimen("fr"), language="fr"),
        "stress": f"<!doctype html><html lang=en><title>Map</title>{render(MAP, map_specimen('en', 7), language='en')}",
    }
    logo = branded("en").office.logo
    (home / logo.name).write_bytes(logo.content)
    for name, page in made.items():
        (home / f"page-{name}.html").write_text(page, "utf-8")
    return {name: home / f"page-{name}.html" for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser without a network, one page of it, and the files to look at."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = started.new_context(offline=True).new_page()
        page.on("request", lambda request: page.asked.append(request.url))
        yield SimpleNamespace(page=page, pages=pages(tmp_path_factory.mktemp("pages")))
        started.close()


@pytest.fixture
def show(browser):
    """Opens a file, in light or dark and of some width; what it asked for is in `asked`. A page costs a process."""

    def opened(name, *, color_scheme="light", viewport=DESK):
        page = browser.page
        page.asked = []
        page.emulate_media(color_scheme=color_scheme)
        page.set_viewport_size(viewport)
        page.goto("about:blank")
        page.goto(browser.pages[name].as_uri())
        return page

    return opened


def faults(page):
    return {fault["id"]: fault["nodes"][0]["html"] for fault in Axe().run(page, options=RULES).response["violations"]}


def chosen(page):
    """The recipient marked in the list, and the mail that is shown."""
    marked = page.locator("#list a[aria-current=true]").get_attribute("href").lstrip("#")
    return marked, page.locator("article:not([hidden])").get_attribute("id")


LIGHT = ("preview", "digest", "digest-fr", "brief", "quiet", "two", "evidence", "stress")


@pytest.mark.parametrize("name, look", [*((name, "light") for name in LIGHT), ("preview", "dark"), ("two", "dark")])
def test_nothing_stands_in_the_way_of_a_reader(show, name, look):
    """Contrast, names of what can be used, tables, headings, languages."""
    assert {} == faults(show(name, color_scheme=look))


def test_what_stands_in_the_way_is_seen(show):
    """Text of too little contrast and a page without a language are found: the check itself works."""
    page = show("digest")
    page.evaluate("document.documentElement.lang = ''; document.querySelector('h1').style.color = '#2b4a6b'")

    assert {"html-has-lang", "color-contrast"} == set(faults(page))


def test_the_sign_of_the_office_is_shown_and_nothing_is_asked_for(show):
    """The mail as a file shows the picture beside it, and asks for nothing else."""
    page = show("signed")
    sign = page.locator("img")
    sign.wait_for()

    assert 400 == sign.evaluate("image => image.naturalWidth")
    assert [] == [url for url in page.asked[1:] if not url.startswith("file:")]


def test_no_page_asks_for_anything(show):
    """Nothing is fetched from the web when a mail is shown or looked for; only the mail beside the page is read."""
    page = show("preview")
    page.fill("#find", "computer")
    page.wait_for_timeout(50)

    assert [] == [url for url in page.asked if not url.startswith("file:")]
    assert {"html"} == {url.rpartition(".")[2] for url in page.asked}
    assert [] == show("digest").asked[1:]


@pytest.mark.parametrize(
    ("words", "expected"),
    [("computer", ["unit-2"]), ("UNIT-3@EXAMPLE", ["unit-3"]), ("permits eng", ["unit-1"]), ("nobody", [])],
)
def test_the_search_leaves_those_that_match(show, words, expected):
    """By unit, address and subject, each word somewhere; the first that is left is shown, and the count is told."""
    page = show("preview")
    page.fill("#find", words)
    left = page.locator("#list li:not([hidden]) a")

    assert expected == [link.get_attribute("href").lstrip("#") for link in left.all()]
    assert f"{len(expected)} / 3" == page.locator("#found").inner_text()
    assert page.locator("#none").is_visible() is (not expected)
    assert not expected or (expected[0], expected[0]) == chosen(page)


def test_the_keyboard_is_enough(show):
    """Slash to search, arrows to choose, Enter to read, Escape to clear; Tab comes to the links of the files."""
    page = show("preview")
    page.keyboard.press("/")
    page.keyboard.type("permi")
    page.keyboard.press("ArrowDown")
    down = chosen(page)
    page.keyboard.press("ArrowUp")
    up = chosen(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    focused = [page.evaluate("document.activeElement.id")]
    page.keyboard.press("Tab")
    focused.append(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Escape")

    assert (("unit-2", "unit-2"), ("unit-1", "unit-1")) == (down, up)
    assert ["unit-2", "unit-2.xlsx"] == focused
    assert "" == page.input_value("#find")


def test_a_mail_is_opened_from_the_list_by_tab_and_enter(show):
    """The links of the list are reached one by one, and Enter shows the mail."""
    page = show("preview")
    page.focus("#find")
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)

    assert ("unit-2", "unit-2") == chosen(page)


@pytest.mark.parametrize("name", ["preview", "digest-fr", "brief", "evidence"])
def test_a_phone_shows_it_without_moving_sideways(show, name):
    """At 380 pixels nothing is wider than the screen."""
    page = show(name, viewport=PHONE)

    assert 380 == page.evaluate("document.documentElement.scrollWidth")


def test_every_link_to_a_file_leads_to_one(show, browser):
    """The mail's own files and what is attached, of every recipient."""
    links = show("preview").locator("article .meta a").all()
    names = [link.get_attribute("href") for link in links]

    assert 15 == len(names)
    assert [] == [name for name in names if not (browser.pages["preview"].parent / name).is_file()]


def test_each_mail_is_shown_as_html_and_as_text_side_by_side(show):
    """What stands in the frame is the mail; at the width of a desk the text is beside it."""
    page = show("preview", viewport={"width": 1400, "height": 900})
    frame, text = page.locator("#unit-1 iframe"), page.locator("#unit-1 pre")

    assert "Permit" in page.frame_locator("#unit-1 iframe").locator("h1, p").first.inner_text()
    assert "TO DO" in text.inner_text()
    assert frame.bounding_box()["y"] == text.bounding_box()["y"]
    assert frame.bounding_box()["x"] < text.bounding_box()["x"]
