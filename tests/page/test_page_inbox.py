"""The page to hand notices in: as a browser shows it and a person uses it, and as nobody else may.

One server on loopback and one browser serve all of it. The page is driven as an adviser would: paste, drop, look, put
right, confirm; what came of it is asked of the ledger.
"""

import re
import threading
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx2
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from loopback import Server
from makers import png

from reporter.page.inbox import Inbox
from reporter.page.server import LocalServer
from reporter.pipeline.upkeep.record_outages import OpenLedger
from reporter.rules.load import load_rulebook, service_names
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger import outages_known_at
from reporter.store.ledger_items import complete_to, open_items, source_ages

pytestmark = pytest.mark.enable_socket
NOW = pd.Timestamp("2026-11-29T22:00Z").as_unit("us")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
ENGLISH = (
    "The IRCC secure account will be unavailable on Tuesday, December 8, 2026 from midnight to 5:30 a.m. Eastern Time."
)
FRENCH = "CléGC sera hors service le mercredi 9 décembre 2026, de 22 h à 23 h 30 (heure de l’Est)."
SAVED = f"<!doctype html><html lang=en><title>Notices</title><main><h1>Notices</h1><p>{ENGLISH}</p></main></html>"
TABLE = "services,began_at,ended_at,source_url\ngckey,2026-11-20T10:00Z,2026-11-20T11:00Z,https://example.org/1\n"


@pytest.fixture(scope="module")
def book():
    return load_rulebook(None, None)


@pytest.fixture
def office(tmp_path, book):
    """An inbox being served, with the ledger behind it."""
    store = open_store(f"sqlite:///{tmp_path}/reporter.db")
    captures = captures_beside(store, tmp_path)
    page = Inbox(OpenLedger(store, captures, service_names(book)), book.services, (), lambda: NOW, "R. Adviser")
    server = LocalServer(page.routes(), "inbox", language="en")
    thread = threading.Thread(target=server.run)
    thread.start()
    yield SimpleNamespace(address=server.address, store=store, captures=captures, thread=thread)
    server.stop()
    thread.join(10)
    store.close()
    assert not thread.is_alive()


@pytest.fixture
def show(browser, office):
    """Opens the page in that language, light or dark, of some width; what it asked for is in `asked`."""
    contexts = []

    def opened(language="en", **look):
        contexts.append(browser.new_context(**look))
        page = contexts[-1].new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{office.address}{language}/")
        return page

    yield opened
    for context in contexts:
        context.close()


def hand_in(page, text="", page_url="", files=()):
    """Fill in the form and send it."""
    page.fill("#text", text)
    page.fill("#page", page_url)
    if files:
        page.set_input_files("#files", [{"name": n, "mimeType": "", "buffer": content} for n, content in files])
    page.press("#page", "Enter")
    page.wait_for_load_state()


def press(page, ending):
    page.click(f"form[action$={ending}] button")


def test_a_notice_is_read_put_right_and_confirmed(show, office):
    """Pasted, shown as it was read, one hour put right; the same words once more are neither a draft nor a version."""
    page = show()
    hand_in(page, ENGLISH, "https://www.canada.ca/en/immigration-refugees-citizenship.html")
    read = page.input_value("#began_at"), page.input_value("#ended_at"), page.locator("[name=services]:checked").count()
    waiting = open_items(office.store)["fate"].tolist()
    page.fill("#ended_at", "2026-12-08T07:00")
    press(page, "confirm")
    told = page.inner_text(".said >> nth=0")
    hand_in(page, ENGLISH, "https://www.canada.ca/en/immigration-refugees-citizenship.html")
    known = outages_known_at(office.store).iloc[0]

    assert ("2026-12-08T00:00", "2026-12-08T05:30", 1) == read
    assert ["draft"] == waiting
    assert [] == open_items(office.store)["item_id"].tolist()
    assert ["pasted.txt"] == source_ages(office.store, NOW)["source"].tolist()  # the page was not looked at
    assert ("ircc_secure_account", "official", 1) == (known["services"], known["verification"], known["versions"])
    assert (pd.Timestamp("2026-12-08T05:00Z"), pd.Timestamp("2026-12-08T12:00Z")) == (
        known["began_at"],
        known["ended_at"],
    )
    assert "On record" in told
    assert "known already" in page.inner_text(".said")


def test_a_screenshot_is_kept_and_its_words_are_the_persons(show, office):
    """Dropped on the page: shown again, kept by its hash, and on record with what somebody read off it."""
    page, picture = show(), png()
    page.evaluate(
        """bytes => { const dropped = new DataTransfer();
        dropped.items.add(new File([new Uint8Array(bytes)], "screen.png"));
        document.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true})); }""",
        list(picture),
    )
    page.wait_for_selector("img")
    shown = page.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    page.check("[name=services][value=gckey]")
    page.fill("#began_at", "2026-11-29T12:00")
    press(page, "confirm")
    known = outages_known_at(office.store).iloc[0]

    assert 400 == shown
    assert ("gckey", "own_capture", "unverified") == (known["services"], known["source_kind"], known["verification"])
    assert picture in [path.read_bytes() for path in office.captures.folder.iterdir()]
    assert 0 == len(open_items(office.store))


def test_notices_of_both_languages(show, office):
    """English and French, handed in as a saved page and as text, are each confirmed by one button."""
    page = show("fr")
    hand_in(page, files=[("notice.html", SAVED.encode())])
    press(page, "confirm")
    hand_in(page, FRENCH)
    press(page, "confirm")

    assert {"ircc_secure_account", "gckey"} == set(outages_known_at(office.store)["services"])
    assert 0 == len(open_items(office.store))


def send(office, place, files=(), **fields):
    """What the page answers to that form."""
    origin = office.address.rpartition("/")[0].rpartition("/")[0]
    sent = [("files", file) for file in files]
    return httpx2.post(f"{office.address}en/{place}", data=fields, files=sent or None, headers={"Origin": origin})


def told(office):
    """The page after that, without its marks."""
    return re.findall(r'class="said" role="status">([^<]*)', httpx2.get(f"{office.address}en/").text)


def only_item(office):
    (item,) = open_items(office.store)["item_id"]
    return item


def test_what_is_back_ends_the_outage_it_is_about(office):
    """A notice without a time begins at the capture; `is back` asks which outage is over, and since when."""
    send(office, "offer", text="GCKey is currently unavailable.")
    send(office, f"item/{only_item(office)}/confirm", began_at="2026-11-29T17:00", services="gckey", kind="unplanned")
    send(office, "offer", text="GCKey is available again. The issue is resolved.")
    outage_id = outages_known_at(office.store)["outage_id"].iloc[0]
    shown = httpx2.get(f"{office.address}en/item/{only_item(office)}").text
    send(office, f"item/{only_item(office)}/end", outage=outage_id, ended_at="2026-11-29T18:30")
    known = outages_known_at(office.store).iloc[0]

    assert f'<option value="{outage_id}">' in shown
    assert (pd.Timestamp("2026-11-29T23:30Z"), 2) == (known["ended_at"], known["versions"])
    assert 0 == len(open_items(office.store))


def test_a_table_goes_on_record_and_the_rest_is_told(office):
    """Several things at once: a table is entered, a file that nobody can read waits, and both are told."""
    send(office, "offer", [("outages.csv", TABLE.encode()), ("notice.pdf", b"%PDF-1.7 x")])

    assert ["outages.csv", "notice.pdf"] == [line.split(":")[0] for line in told(office)]
    assert [1] == outages_known_at(office.store)["versions"].tolist()
    assert ["intake_unread"] == open_items(office.store)["code"].tolist()


def test_a_link_is_read_as_a_fetch_reads_it(office):
    """Its page of notices becomes a draft of that address; one that is not there is told, and nothing waits."""
    web = Server()
    web.answers = {"/notices": (200, {}, SAVED.encode()), "/gone": (404, {}, b"")}
    sent = [send(office, "offer", text=web.url(place)) for place in ("/notices", "/gone")]
    web.close()

    assert [303, 303] == [answer.status_code for answer in sent]
    assert [web.url("/notices")] == open_items(office.store)["source"].tolist()
    assert "404" in told(office)[-1]


def test_setting_aside_asks_for_a_reason(office):
    """Without one nothing is written; with one, the item is closed."""
    send(office, "offer", text="Good morning to all of you.")
    codes = [send(office, f"item/{only_item(office)}/settle", why=why).status_code for why in (" ", "A greeting")]

    assert [400, 303] == codes
    assert 0 == len(open_items(office.store))


def test_a_look_that_misses_nothing_is_noted(office):
    """One button says that the notices were read; a notice that was handed in says no such thing."""
    send(office, "offer", text=ENGLISH)
    before = complete_to(office.store, NOW)
    send(office, f"item/{only_item(office)}/confirm", began_at="2026-12-08T00:00", services="gckey")
    send(office, "looked")

    assert (None, NOW) == (before, complete_to(office.store, NOW))
    assert "office" in source_ages(office.store, NOW)["source"].tolist()


@pytest.mark.parametrize(("language", "look"), [("en", "light"), ("fr", "dark")])
def test_nothing_stands_in_the_way_of_a_reader(show, office, language, look):
    """Contrast, names, headings, languages of the list, a draft and a picture; a phone need not move sideways.

    And all of it came from this machine.
    """
    page = show(language, color_scheme=look, viewport={"width": 390, "height": 844})
    places = [f"{office.address}{language}/"]
    for content in ({"files": [("screen.png", png())]}, {"text": "GCKey is currently unavailable."}):
        page.goto(places[0])
        hand_in(page, **content)
        places.append(page.url)
    found, widths = {}, []
    for place in places:
        page.goto(place)
        found |= {one["id"]: one["nodes"][0]["html"] for one in Axe().run(page, options=RULES).response["violations"]}
        widths.append(page.evaluate("document.documentElement.scrollWidth"))

    assert {} == found
    assert [390, 390, 390] == widths
    assert [] == [url for url in page.asked if not url.startswith((office.address, "data:"))]


def test_the_keyboard_is_enough_and_the_page_closes(show, office):
    """The cursor stands in the box; Tab and Enter send, confirm and close; then nobody answers, the style is kept."""
    page = show()
    page.keyboard.type(ENGLISH)
    for key in ("Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#began_at")
    page.focus("#source_url")
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#text")
    page.focus("nav button")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")
    office.thread.join(10)

    assert 1 == len(outages_known_at(office.store))
    assert "The page is closed" == page.inner_text("h1")
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.querySelector('header')).backgroundColor")
    with pytest.raises(httpx2.TransportError):
        httpx2.get(office.address)


def asked(address, method="GET", place="en/", **headers):
    return httpx2.request(method, f"{address}{place}", headers=headers, timeout=5)


def announced(origin, url, size):
    """The code of the answer to a form that is said to be so long, before any of it has come."""
    parts = urlsplit(url)
    talk = HTTPConnection(parts.hostname, parts.port, timeout=5)
    talk.putrequest("POST", parts.path)
    talk.putheader("Origin", origin)
    talk.putheader("Content-Length", size)
    talk.endheaders()
    code = talk.getresponse().status
    talk.close()
    return code


def test_nobody_else_is_answered(office):
    """A wrong token, another name for this machine, another origin or none, a question sent by another page."""
    origin = office.address.rpartition("/")[0].rpartition("/")[0]
    foreign = {"Origin": "https://example.org"}
    port = origin.rpartition(":")[2]
    codes = {
        "right": asked(office.address).status_code,
        "no token": asked(f"{origin}/").status_code,
        "wrong token": asked(f"{office.address[:-2]}/").status_code,
        "rebound name": asked(office.address, Host=f"rebound.example.org:{port}").status_code,
        "foreign link": asked(office.address, **{"Sec-Fetch-Site": "cross-site"}).status_code,
        "right form": asked(office.address, "POST", "en/looked", Origin=origin).status_code,
        "foreign form": asked(office.address, "POST", "en/looked", **foreign).status_code,
        "form without origin": asked(office.address, "POST", "en/looked").status_code,
        "form too large": announced(origin, f"{office.address}en/offer", "9" * 9),
        "form by link": asked(office.address, "GET", "en/looked").status_code,
        "other language": asked(office.address, "GET", "de/").status_code,
        "other file": asked(office.address, "GET", "file/server.py").status_code,
    }
    expected = {"right": 200, "no token": 404, "wrong token": 404, "rebound name": 421, "foreign link": 403,
                "right form": 303, "foreign form": 403, "form without origin": 403, "form too large": 413,
                "form by link": 405, "other language": 404, "other file": 404}  # fmt: skip

    assert expected == codes
    assert 1 == len(source_ages(office.store, NOW))


def test_what_a_page_may_do_is_said_with_every_answer(office):
    """No script, style, frame or form of anybody else, nothing kept, nothing told to another site."""
    for place in ("en/", "en/item/nobody", "nowhere"):
        headers = asked(office.address, "GET", place).headers

        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])


def test_an_item_that_is_gone_is_told_in_its_language(office):
    """Seen to meanwhile, in another window: a page that says so, and a way back."""
    answer = asked(office.address, "GET", "fr/item/nobody")

    assert 400 == answer.status_code
    assert "rien n’attend sous cet identifiant" in answer.text


def test_the_page_holds_no_script_of_a_notice(office):
    """Words that are markup stand as words."""
    words = "<b>GCKey</b> is currently unavailable <script>alert(1)</script> <img src=x onerror=alert(1)>"
    answer = send(office, "offer", text=words)
    shown = httpx2.get(f"{office.address}en/").text

    assert 303 == answer.status_code
    assert "GCKey" in shown
    assert "<script>alert" not in shown and "<img src=x" not in shown
