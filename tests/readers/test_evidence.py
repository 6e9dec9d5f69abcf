"""A roster in several files is read as the one list that it is: what a column proves, it proves over all of them."""

import itertools
import random
from functools import reduce

import pytest
from made_rosters import book
from msgspec.structs import replace

from reporter.errors import RosterError
from reporter.readers.mapped_table import ReadOptions, RosterEvidence
from reporter.readers.roster import read_tables, roster_evidence

HEADINGS = ["Employee No.", "Name", "Permit type", "Permit expiry", "Permit issued", "Application received"]
ENDS = [
    "2026-09-30", "2026-09-08 00:00:00", "2026-11-07 00:00:00", "03/04/2026", "13/09/2026", "09/13/2026", "26-10-05",
    "05-10-27", "2026-9-1", "2026-10-01", "2026-10-02", "2026-10-03", "1999-01-01", "2041-05-05", "n/a?", "Citizen",
    "end of August 2026", "46280", "in process", "31/12/2099",
]  # fmt: skip
ISSUED = ["2024-01-02", "02/03/2024", "13/03/2024", "1958-05-05"]
RECEIVED = ["2026-08-01 14:30", "2026-08-02", "03/08/2026 9:05 pm", "yes", ""]


def rows_of(draw):
    """Some rows whose columns hold a few ways to write dates, so that little things decide."""
    ways = [draw.sample(cells, draw.randint(1, 5)) for cells in (ENDS, ISSUED * 2, RECEIVED)]
    ids = [f"E{n}" if draw.random() < 0.6 else "ABCDEFGHIJKLMN"[n] * 3 for n in range(draw.randint(4, 14))]
    return [[one, f"Person {one}", "Work permit", *map(draw.choice, ways)] for one in ids]


def facts(readings):
    """What was made of the rows, wherever they stand."""
    rows = [row for one in readings for row in one.rows[["person_id", "outcome", "rule"]].fillna("").values.tolist()]
    kept = [one.roster.drop(columns="source_row").astype("object").fillna("").values.tolist() for one in readings]
    return rows, [row for part in kept for row in part]


@pytest.mark.parametrize("seed", range(4, 16))
def test_the_files_of_a_roster_are_read_as_the_one_list_that_they_are(seed):
    """Cut anywhere, a list says of everybody what it says in one file."""
    draw = random.Random(seed)
    rows = rows_of(draw)
    ends = sorted({0, len(rows), *(draw.randint(1, len(rows)) for _ in range(draw.randint(1, 3)))})
    files = [book([HEADINGS, *rows[start:end]]) for start, end in itertools.pairwise(ends)]
    whole = read_one(book([HEADINGS, *rows]))
    if whole is None:
        pytest.skip("a list that is none")
    shown = reduce(RosterEvidence.joined, [roster_evidence(one, ReadOptions()) for one in files])
    told = [read_tables(one, replace(ReadOptions(), evidence=shown))[0] for one in files]

    assert facts([whole]) == facts(told)


def read_one(one):
    try:
        return read_tables(one, ReadOptions())[0]
    except RosterError:
        return None


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([["2026-05-04 00:00:00", "2026-06-07 00:00:00"], ["2026-08-09 00:00:00", "31/03/2026"]], "date_swapped"),
        ([["2026-05-04 00:00:00", "2026-06-07 00:00:00"], ["2026-08-19 00:00:00", "31/03/2026"]], ""),
        ([["2026-09-01", "2026-09-02"], ["2026-09-03", "2026-09-1"]], "date_cut"),
        ([["2026-09-01", "2026-09-02"], ["2026-9-3", "2026-09-1"]], ""),
        ([["2026-09-01", "2026-09-02"], ["2026-09-03", "1990-09-04"]], "date_out_of_line"),
        ([["03/04/2026"], ["13/04/2026"]], ""),
        ([["03/04/2026"], ["03/05/2026"]], "date_ambiguous"),
    ],
)
def test_a_doubt_is_raised_by_what_other_files_hold(files, code):
    """Three dates of one file make the fourth of another doubtful, and a date of another proves the order of days."""
    books = [
        book([HEADINGS, *([f"E{n}{m}", "P", "Work permit", cell, None, None] for m, cell in enumerate(cells))])
        for n, cells in enumerate(files)
    ]
    shown = reduce(RosterEvidence.joined, [roster_evidence(one, ReadOptions()) for one in books])
    told = [read_tables(one, replace(ReadOptions(), evidence=shown))[0] for one in books]

    assert {code} - {""} == {
        problem.code for one in told for problem in one.problems if problem.code.startswith("date")
    }
