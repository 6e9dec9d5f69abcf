"""Makes the pictures of the README again: the demo in a temporary folder, its workbook and digests drawn.

    python docs/make_pictures.py

LibreOffice draws the workbook, pdftoppm cuts it, Chromium draws the digests, the pages of `outages inbox` and
`init --page` and the public record. A missing one is named, and the pictures that need it stay as they are. All have a
fixed clock, so the pictures change with the program only.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from pandas import Timedelta, Timestamp

from reporter.page.inbox import PASTED, Inbox
from reporter.page.server import LocalServer
from reporter.page.setup import SetupPage
from reporter.pipeline.upkeep.intake import Offer, take_in
from reporter.pipeline.upkeep.publication import PRIVATE_KEY, make_key, publish
from reporter.pipeline.upkeep.record_outages import OpenLedger, confirm_item
from reporter.pipeline.upkeep.setup import GivenAnswers, Setup
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import OfficeSettings, Settings
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger_items import open_items, record_check

PICTURES = Path(__file__).parent / "pictures"
LARGEST_BYTES = 300_000
DESK = 1280  # of the page to look digests over, in CSS pixels
PHONE = 390


@dataclass(frozen=True)
class Shot:
    """One picture of a digest or page: of which, how wide, how much of it, and whether the reader's screen is dark."""

    digest: str
    width: int
    height: int
    is_dark: bool = False


SHOTS = {
    "digest.png": Shot("mechatronics-*", 760, 1000),
    "digest-fr.png": Shot("faculte-des-sciences-ac*", 760, 900),
    "digest-phone.png": Shot("mechatronics-*", PHONE, 844),
    "digest-phone-fr.png": Shot("faculte-des-sciences-ac*", PHONE, 844),
    "digest-dark.png": Shot("mechatronics-*", 760, 900, is_dark=True),
    "digest-phone-dark-fr.png": Shot("faculte-des-sciences-ac*", PHONE, 844, is_dark=True),
}
SEEN_AT = Timestamp("2026-09-09T08:30-04:00").tz_convert("UTC").as_unit("us")
NOTICES = (
    "GCKey is currently unavailable. We are working to restore it.",
    "Le Portail d’IRCC sera hors service le samedi 12 septembre 2026, de 22 h à 23 h 30 (heure de l’Est).",
    "The IRCC secure account will be unavailable on Tuesday, September 15, from midnight to 5:30 a.m. Eastern Time.",
)
INBOX = {
    "inbox.png": ("en/", Shot("inbox", DESK, 1010)),
    "inbox-item.png": ("en/item/{item}", Shot("item", DESK, 810)),
    "inbox-dark-fr.png": ("fr/", Shot("inbox", 760, 1010, is_dark=True)),
}
"""Pictures of the page, by what of it is shown; `item` is the last notice."""
PUBLIC = {
    "public-record.png": ("index.html", Shot("record", 900, 900)),
    "public-record-phone-dark-fr.png": ("index.fr.html", Shot("record", PHONE, 844, is_dark=True)),
}
"""Pictures of the public record, by its page."""
SETUP = Shot("setup", 1000, 1060)
ASKED = {"office address": "mobility@north.example", "office licensed_contact": "R. Example, RCIC", "roster 2": ""}
"""What is answered before the picture of a question about the roster."""
ROSTER = (
    "Emp no,Nom,Dept,Permit type,Permit expiry\n"
    "1041,Ada Inventée,Génie,Bring-a-friend permit,2027-04-03\n1042,Bo Inventé,Droit,Work permit,2026-12-05\n"
    "1043,Cy Inventé,Génie,Work permit,2027-06-30\n"
)
NARROWEST = 500  # a browser's window; a phone is a frame inside it
FRAME = (
    "<!doctype html><style>body{{margin:0;background:#B7C0C9}}"
    "iframe{{display:block;margin:0 auto;border:0;width:{width}px;height:{height}px}}</style>"
    '<iframe src="{page}"></iframe>'
)
PRINTED = {"printed.png": "mechatronics-*", "printed-fr.png": "faculte-des-sciences-ac*"}
"""The sheet At risk of these workbooks, the whole page as it comes out of the printer."""
PAGE_DPI, AT_RISK_PAGE = 80, 2
SHEET_DPI = 110
SHEET_CUT = (90, 40, 1040, 652)  # left, top, width and height of what is kept of the first page, in pixels
CALM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def main() -> int:
    """Draw what can be drawn; 1 when a program is missing or a picture came out too large."""
    office = found("soffice", "libreoffice")
    cutter = found("pdftoppm")
    browser = found("chromium", "chromium-browser", "google-chrome")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        demo = home / "demo"
        subprocess.run([sys.executable, "-m", "reporter", "demo", "--out", str(demo)], check=True, capture_output=True)
        if office and cutter:
            cut = [word for flag, size in zip("xyWH", SHEET_CUT, strict=True) for word in (f"-{flag}", str(size))]
            draw_sheet(cutter, printed(office, demo / "risk.xlsx", home), PICTURES / "workbook.png", 1, SHEET_DPI, *cut)
            for picture, book in PRINTED.items():
                pages = printed(office, next((demo / "digests").glob(f"{book}.xlsx")), home)
                draw_sheet(cutter, pages, PICTURES / picture, AT_RISK_PAGE, PAGE_DPI)
        if browser:
            for picture, shot in SHOTS.items():
                page = next((demo / "digests").glob(f"{shot.digest}.html"))
                draw_page(browser, page.as_uri(), PICTURES / picture, shot, home)
            index = (demo / "digests" / "index.html").as_uri()
            draw_page(browser, index, PICTURES / "preview.png", Shot("index", DESK, 720), home)
            site = published_site(home)
            for picture, (page_name, shot) in PUBLIC.items():
                draw_page(browser, (site / page_name).as_uri(), PICTURES / picture, shot, home)
            with served_inbox(home) as (address, item):
                for picture, (place, shot) in INBOX.items():
                    draw_page(browser, address + place.format(item=item), PICTURES / picture, shot, home)
            with served(setup_page(home), "setup") as address:
                draw_page(browser, address, PICTURES / "setup.png", SETUP, home)
    too_large = [path.name for path in PICTURES.glob("*.png") if path.stat().st_size > LARGEST_BYTES]
    for path in sorted(PICTURES.glob("*.png")):
        click.echo(f"{path.name}  {path.stat().st_size // 1000} kB")
    if too_large:
        click.echo(f"larger than {LARGEST_BYTES // 1000} kB: {', '.join(too_large)}", err=True)
    return 0 if office and cutter and browser and not too_large else 1


def found(*names: str) -> str | None:
    """The path of the first of these programs that is installed; said plainly when there is none."""
    path = next((path for path in map(shutil.which, names) if path), None)
    if path is None:
        click.echo(f"{names[0]} is not installed; the pictures that need it stay as they are", err=True)
    return path


def printed(office: str, book: Path, home: Path) -> Path:
    """The workbook as it prints."""
    profile = f"-env:UserInstallation={(home / 'office').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(home), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return home / f"{book.stem}.pdf"


def draw_sheet(cutter: str, pages: Path, picture: Path, page: int, dpi: int, *cut: str) -> None:
    """One printed page, or what is cut out of it."""
    asked = ["-png", "-singlefile", "-f", str(page), "-l", str(page), "-r", str(dpi)]
    subprocess.run([cutter, *asked, *cut, str(pages), str(picture.with_suffix(""))], check=True)


@contextmanager
def served_inbox(home: Path) -> Iterator[tuple[str, str]]:
    """The address of a page with a few notices that wait, and the last of them."""
    book = load_rulebook(None, None)
    store = open_store(f"sqlite:///{home}/inbox.db")
    ledger = OpenLedger(store, captures_beside(store, home), service_names(book))
    record_check(store, "office", SEEN_AT - Timedelta(days=7), complete_to=SEEN_AT - Timedelta(days=7))
    for text in NOTICES:
        take_in(ledger, Offer(PASTED, text.encode()), at=SEEN_AT)
    page = Inbox(ledger, book.services, (), lambda: SEEN_AT, "office")
    try:
        with served(page, "inbox") as address:
            yield address, str(open_items(store)["item_id"].iloc[-1])
    finally:
        store.close()


def setup_page(home: Path) -> SetupPage:
    """The dialogue of an office's settings, up to a question about its roster."""
    (home / "staff.csv").write_text(ROSTER, "utf-8")
    given = GivenAnswers("en", {"name": "North", "time_zone": "America/Toronto"})
    return SetupPage(Setup(home / "reporter.toml", given, lambda: SEEN_AT), list, ASKED | {"roster 1": "staff.csv"})


@contextmanager
def served(page: Inbox | SetupPage, part: str) -> Iterator[str]:
    """The address of a page while it is served."""
    server = LocalServer(page.routes(), part, language="en")
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join()


def published_site(home: Path) -> Path:
    """The public record of an office that has the history and two notices of its own."""
    settings = Settings(office=OfficeSettings(name="International Office, Example College"), folder=str(home))
    store = open_store(f"sqlite:///{home}/public.db")
    ledger = OpenLedger(store, captures_beside(store, home), service_names(load_rulebook(None, None)))
    make_key(settings.path(PRIVATE_KEY))
    page = "https://www.canada.ca/en/immigration-refugees-citizenship.html"
    for text in NOTICES[:2]:
        take_in(ledger, Offer(PASTED, text.encode(), page), at=SEEN_AT)
    for item in open_items(store)["item_id"]:
        confirm_item(store, item, SEEN_AT)
    record_check(store, "office", SEEN_AT, complete_to=SEEN_AT)
    publish(settings, store, ledger.captures, home / "site", at=SEEN_AT)
    store.close()
    return home / "site"


def draw_page(browser: str, page: str, picture: Path, shot: Shot, home: Path) -> None:
    """The top of one digest or page, as a mail program or a browser shows it on a screen of that width."""
    width, frame = max(shot.width, NARROWEST), home / "frame.html"
    if shot.width < NARROWEST:
        frame.write_text(FRAME.format(width=shot.width, height=shot.height, page=page))
    shown = frame.as_uri() if shot.width < NARROWEST else page
    look = ["--blink-settings=preferredColorScheme=0"] if shot.is_dark else []
    flags = [f"--user-data-dir={home / 'browser'}", f"--window-size={width},{shot.height}", f"--screenshot={picture}"]
    subprocess.run([browser, *CALM, *look, *flags, shown], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
