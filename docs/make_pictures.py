"""Makes the pictures of the README again: the demo in a temporary folder, its workbook and digests drawn.

    python docs/make_pictures.py

LibreOffice draws the workbook, pdftoppm cuts it, Chromium draws the digests. A missing one is named, and
the pictures that need it stay as they are. The demo has a fixed clock, so the pictures change with the program only.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

PICTURES = Path(__file__).parent / "pictures"
LARGEST_BYTES = 300_000
DESK = 1280  # of the page to look digests over, in CSS pixels
PHONE = 390


@dataclass(frozen=True)
class Shot:
    """One picture of a digest: whose, on how wide a page, how much of it, and whether the reader's screen is dark."""

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
NARROWEST = 500  # a browser's window; a phone is a frame inside it
FRAME = (
    "<!doctype html><style>body{{margin:0;background:#B7C0C9}}"
    "iframe{{border:0;width:{width}px;height:{height}px}}</style>"
    '<iframe src="{page}"></iframe>'
)
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
            draw_workbook(office, cutter, demo / "risk.xlsx", home)
        if browser:
            for picture, shot in SHOTS.items():
                draw_page(browser, next((demo / "digests").glob(f"{shot.digest}.html")), PICTURES / picture, shot, home)
            index = demo / "digests" / "index.html"
            draw_page(browser, index, PICTURES / "preview.png", Shot("index", DESK, 720), home)
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


def draw_workbook(office: str, cutter: str, book: Path, home: Path) -> None:
    """The top of the first sheet, as it prints."""
    profile = f"-env:UserInstallation={(home / 'office').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(home), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    page = ["-png", "-singlefile", "-f", "1", "-l", "1", "-r", str(SHEET_DPI)]
    cut = [word for flag, size in zip("xyWH", SHEET_CUT, strict=True) for word in (f"-{flag}", str(size))]
    target = PICTURES / "workbook"
    subprocess.run([cutter, *page, *cut, str(home / f"{book.stem}.pdf"), str(target)], check=True)


def draw_page(browser: str, page: Path, picture: Path, shot: Shot, home: Path) -> None:
    """The top of one digest or page, as a mail program or a browser shows it on a screen of that width."""
    width, frame = max(shot.width, NARROWEST), home / "frame.html"
    if shot.width < NARROWEST:
        frame.write_text(FRAME.format(width=shot.width, height=shot.height, page=page.as_uri()))
    shown = frame if shot.width < NARROWEST else page
    look = ["--blink-settings=preferredColorScheme=0"] if shot.is_dark else []
    flags = [f"--user-data-dir={home / 'browser'}", f"--window-size={width},{shot.height}", f"--screenshot={picture}"]
    subprocess.run([browser, *CALM, *look, *flags, shown.as_uri()], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
