"""The page that asks for the settings: the whole of it in a browser, by keyboard alone, and then once more."""

import re
import threading
from types import SimpleNamespace

import httpx2
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from reporter.page.server import LocalServer
from reporter.page.setup import SetupPage
from reporter.pipeline.upkeep.setup import GivenAnswers, Setup
from reporter.settings import load_settings

pytestmark = pytest.mark.enable_socket
NOW = pd.Timestamp("2026-11-30T12:00Z").as_unit("us")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
ROWS = (
    "Emp no,Nom,Dept,Permit type,Expiry\n"
    "1,Ada Inventée,Génie,Bring-a-friend permit,03/04/2027\n2,Bo Inventé,Génie,Work permit,05/12/2026\n"
)
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def served(tmp_path):
    """The page of one office, and who serves it; again when the settings are there already."""
    running = []

    def serve(**given):
        setup = Setup(tmp_path / "reporter.toml", GivenAnswers(**given), lambda: NOW)
        server = LocalServer(
            SetupPage(setup, lambda: ["timer.service", "to switch it on"]).routes(), "setup", language="en"
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        return server.address

    yield SimpleNamespace(home=tmp_path, serve=serve)
    for server, thread in running:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


class Typist:
    """Somebody at the keyboard; each page is looked at on the way for what stands in a reader's way."""

    def __init__(self, page):
        self.page, self.asked, self.faults, self.widths = page, [], {}, []

    def look(self):
        found = Axe().run(self.page, options=RULES).response["violations"]
        self.faults |= {one["id"]: one["nodes"][0]["html"] for one in found}
        self.widths.append(self.page.evaluate("document.documentElement.scrollWidth"))

    def keys(self, *keys):
        """These keys, where the cursor stands when the page opens; the last one leads to another page."""
        self.asked.append(self.page.inner_text("h1"))
        for key in keys[:-1]:
            self.page.keyboard.press(key) if key in ("Tab", "Space", "ArrowDown") else self.page.keyboard.type(key)
        with self.page.expect_navigation():
            self.page.keyboard.press(keys[-1])


def test_the_whole_of_it_by_the_keyboard(browser, served):
    """In French, on a dark phone: a file dropped, a heading, a value, the dates, a unit; tried, then written.

    What a run takes is in the file, the first report stands beside it, and no page asks anything of another machine.
    """
    context = browser.new_context(color_scheme="dark", **PHONE)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    address = served.serve()
    page.goto(f"{address}fr/")
    typist = Typist(page)
    typist.keys("Enter")  # French, as the page is
    typist.keys("Mobilité", "Enter")
    typist.keys("rh@nord.example", "Enter")
    typist.keys("Enter")  # the usual zone
    typist.keys("R. Exemple", "Enter")
    with page.expect_navigation():
        page.evaluate(
            """text => { const dropped = new DataTransfer();
            dropped.items.add(new File([text], "liste.csv"));
            document.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, cancelable: true})); }""",
            ROWS,
        )
    typist.keys("Tab", "Tab", "Enter")  # no more rosters
    typist.look()
    typist.keys("Space", "Enter")  # the first: when the permit ends
    typist.keys("Space", "ArrowDown", "Enter")  # the second: a work permit
    typist.keys("Space", "Enter")  # day first
    shown = page.inner_text("table >> nth=1")
    typist.keys("Tab", "Tab", "Enter")  # every column is right
    typist.keys("genie@nord.example", "Enter")
    typist.keys("Tab", "Tab", "Enter")  # no outages
    typist.keys("ArrowDown", "ArrowDown", "Enter")  # mails every other week
    typist.keys("Tab", "Tab", "Enter")  # of every unit
    typist.look()
    typist.keys("ArrowDown", "Enter")  # alerts between two reports
    before = (served.home / "reporter.toml").exists()
    typist.keys("Enter")  # a first report
    typist.look()
    told = page.inner_text("main")
    typist.keys("Enter")  # write
    known = load_settings(served.home / "reporter.toml")
    (roster,) = known.roster
    context.close()

    assert ({}, {390}) == (typist.faults, set(typist.widths))
    assert [] == [url for url in asked if not url.startswith((address, "data:"))]
    assert ("3 avril 2027", False) == (re.search(r"3 avril 2027", shown.replace("\xa0", " "))[0], before)
    assert "Prolongation du permis de travail" in told
    assert (served.home / "first-look" / "risk.xlsx").is_file()
    assert ("fr", "Mobilité", "rh@nord.example", "R. Exemple") == (
        known.language,
        known.office.name,
        known.office.address,
        known.office.licensed_contact,
    )
    assert ({"permit_expires_on": "Expiry"}, "dmy") == (dict(roster.columns), roster.date_order)
    assert "work" == dict(roster.values)["permit_kind"]["Bring-a-friend permit"]
    assert "genie@nord.example" == known.units["Génie"].address
    assert ("fortnightly", True) == (known.mail.rhythm, known.alerts.on)
    assert not (served.home / "reporter.db").exists()


def test_run_again_it_changes_one_answer_and_keeps_the_rest(served):
    """Known answers are not asked again; one is changed, one refused with its reason; a file is not written over."""
    (served.home / "staff.csv").write_text(ROWS, "utf-8")
    text = '[office]\nname = "North"  # since 2019\n[[roster]]\npath = "staff.csv"\ncolumns.unit = "Dept"\n# the end\n'
    (served.home / "reporter.toml").write_text(text, "utf-8")
    address = served.serve()
    origin = {"Origin": address.rpartition("/")[0].rpartition("/")[0]}

    def get(place=""):
        return httpx2.get(f"{address}en/{place}").text

    def send(place, files=None, **fields):
        return httpx2.post(f"{address}en/{place}", data=fields, files=files, headers=origin)

    first = get()
    send("answer", key="office address", typed="")
    refused = send("answer", key="office time_zone", typed="Canada/Nowhere")
    send("answer", key="office time_zone", typed="America/Halifax")
    send("answer", key="office licensed_contact", typed="")
    kept = send("answer", {"file": ("staff.csv", b"another")}, key="roster 1")
    late = send("answer", key="no such question", typed="x")
    send("answer", key="roster 1", blank="1")
    send("answer", key="outages 1", typed="https://status.example/feed")
    send("answer", key="outages 2", blank="1")
    review, again = get(), get("question/1")
    send("answer", key="office name", typed="South")
    early = send("timer").status_code, "timer.service" in get()
    send("write")
    send("timer")
    after = get()
    written = (served.home / "reporter.toml").read_text("utf-8")

    assert "e-mail address" in re.search("<h1.*", first)[0]  # the name is known
    assert (400, True) == (refused.status_code, "not a time zone" in refused.text)
    assert (400, True, ROWS) == (kept.status_code, "another file" in kept.text, (served.home / "staff.csv").read_text())
    assert (303, 303, False) == (late.status_code, *early)
    assert "Everything is answered" in review and 'value="North"' in again and "to switch it on" in after
    assert [
        *text.replace("North", "South").splitlines()[:2],
        'time_zone = "America/Halifax"',
    ] == [line for line in written.splitlines() if line][:3]
    assert "# the end" in written and 'columns.unit = "Dept"' in written and "https://status.example/feed" in written
