"""Makes the pictures of the README again: the demo in a temporary folder, its workbook and two digests drawn.

    python docs/make_pictures.py

LibreOffice draws the workbook, pdftoppm cuts it, Chromium draws the digests. A missing one is named, and
the pictures that need it stay as they are. The demo has a fixed clock, so the pictures change with the program only.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

PICTURES = Path(__file__).parent / "pictures"
LARGEST_BYTES = 300_000
WIDTH = 760  # of a digest, in CSS pixels
DESK = 1280  # of the page to look digests over
DIGESTS = {"digest.png": ("mechatronics-*", 1000), "digest-fr.png": ("faculte-des-sciences-ac*", 900)}
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
            for picture, (pattern, height) in DIGESTS.items():
                page = next((demo / "digests").glob(f"{pattern}.html"))
                draw_page(browser, page, PICTURES / picture, WIDTH, height, home)
            draw_page(browser, demo / "digests" / "index.html", PICTURES / "preview.png", DESK, 720, home)
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


def draw_page(browser: str, page: Path, picture: Path, width: int, height: int, home: Path) -> None:
    """The top of one digest or page, as a mail program or a browser shows it."""
    flags = [f"--user-data-dir={home / 'browser'}", f"--window-size={width},{height}", f"--screenshot={picture}"]
    subprocess.run([browser, *CALM, *flags, page.as_uri()], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
