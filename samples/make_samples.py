"""Makes the sample rosters: seeded, invented people, the same cells on every machine.

python samples/make_samples.py            write them beside this file
python samples/make_samples.py --check    say whether the files on disk are what it would write
"""

import argparse
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from books import employer, messy, small_csv, university
from openpyxl import Workbook
from people import TODAY

HERE = Path(__file__).parent
MADE_AT = f"{TODAY}T00:00:00Z".encode()
STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def make_all() -> dict[str, bytes]:
    """Every sample by its file name."""
    books = {"employer.xlsx": employer(), "messy.xlsx": messy(), "universite.xlsx": university()}
    return {name: settled(book) for name, book in books.items()} | {"universite.csv": small_csv()}


def settled(book: Workbook) -> bytes:
    """The workbook's bytes without the time of day: openpyxl stamps the document and every part of the zip."""
    book.properties.creator = "samples/make_samples.py"
    fresh, still = BytesIO(), BytesIO()
    book.save(fresh)
    with zipfile.ZipFile(fresh) as parts, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():
            part = zipfile.ZipInfo(name, (TODAY.year, TODAY.month, TODAY.day, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(part, STAMP.sub(rb"\g<1>" + MADE_AT, parts.read(name)))
    return still.getvalue()


def cells(name: str, content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """What somebody sees in a file: its rows by sheet, with the sheet's state; for a CSV its lines."""
    if name.endswith(".csv"):
        return {"": [(line,) for line in content.split(b"\r\n")]}
    book = openpyxl.load_workbook(BytesIO(content))
    return {f"{sheet.title} ({sheet.sheet_state})": list(sheet.iter_rows(values_only=True)) for sheet in book}


def differences(folder: Path) -> list[str]:
    """One line for each file in the folder that is absent or has other cells than it should."""
    told = []
    for name, content in make_all().items():
        path = folder / name
        if not path.exists():
            told.append(f"{name}: not there")
        elif cells(name, path.read_bytes()) != cells(name, content):
            told.append(f"{name}: other cells than make_samples.py writes")
    return told


def write(folder: Path) -> None:
    """Write every sample and say what was written."""
    for name, content in make_all().items():
        (folder / name).write_bytes(content)
        sheets = cells(name, content)
        print(
            f"{name}: {sum(map(len, sheets.values()))} rows, {len(content):,} bytes", *filter(None, sheets), sep="\n  "
        )


def main() -> int:
    """Write, or with --check compare; 1 when a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files on disk, write nothing")
    parser.add_argument("--folder", type=Path, default=HERE, help="where the files are (default: beside this script)")
    asked = parser.parse_args()
    if not asked.check:
        write(asked.folder)
        return 0
    told = differences(asked.folder)
    print(*told or ["the samples are what make_samples.py writes"], sep="\n")
    return 1 if told else 0


if __name__ == "__main__":
    raise SystemExit(main())
