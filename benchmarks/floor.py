"""The floor: read a roster and write the same cells again, with the fastest reader and writer we know of."""

import argparse
from pathlib import Path

import fastexcel
from rustpy_xlsxwriter import write_worksheet


def main() -> None:
    """Read the first sheet into a frame and write the frame out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    frame = fastexcel.read_excel(asked.roster).load_sheet(0).to_pandas()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    write_worksheet(frame, str(asked.out), sheet_name="Staff")


if __name__ == "__main__":
    main()
