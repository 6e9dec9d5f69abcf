"""The parcel floor: the least that anybody can do who writes each reader's rows into a workbook of their own.

The roster is read as an Arrow table, written once as the office's book, put in the order of the readers once, and cut
where the reader changes: one plain sheet each, with the cells as they were.
"""

import argparse
from pathlib import Path

import fastexcel
import numpy as np
import pyarrow as pa
from rvgsrust_xlsxwriter import Workbook

READER = "HR contact e-mail"


def book(table: pa.Table) -> bytes:
    """A workbook of one sheet."""
    made = Workbook()
    made.add_worksheet("Staff").write_dataframe(0, 0, table)
    return made.save_to_buffer()


def main() -> None:
    """Read, write, order, cut, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    staff = pa.table(fastexcel.read_excel(asked.roster).load_sheet(0).to_arrow())
    (asked.out / "office.xlsx").write_bytes(book(staff))
    codes = staff.column(READER).combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    staff, codes = staff.take(order), codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    for n, (start, end) in enumerate(zip(starts, [*starts[1:], len(codes)], strict=True)):
        (asked.out / f"{n:03d}.xlsx").write_bytes(book(staff.slice(start, end - start)))


if __name__ == "__main__":
    main()
