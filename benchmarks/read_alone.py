"""Reading alone: `fastexcel` by itself, and the same file into ROSTER with every check, as one line of JSON."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

TRIES = 3


def floor(path: Path) -> None:
    """What the library takes to hand over the cells."""
    import fastexcel

    fastexcel.read_excel(path).load_sheet(0, header_row=None).to_arrow()


def ours(path: Path) -> None:
    """The reading process, the checks and the account of every row."""
    from reporter.readers.book import open_book
    from reporter.readers.roster import read_roster

    read_roster(open_book(path))


def best(read: Callable[[Path], None], path: Path) -> float:
    """The shortest of a few tries: the first also loads the libraries."""
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        read(path)
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    roster = parser.parse_args().roster
    print(json.dumps({"floor": best(floor, roster), "ours": best(ours, roster)}))
