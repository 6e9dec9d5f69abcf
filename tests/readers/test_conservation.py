"""No row vanishes: whatever stands in a roster, every row has one outcome, and every assessed row is in the roster."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rosters import book, sheet

from reporter.model.report import FATES
from reporter.model.shapes import ROSTER, require
from reporter.readers.roster import ReadOptions, RosterReading, read_roster, read_tables

HEADERS = [
    "Employee ID",
    "Name",
    "Population",
    "Study permit expiry",
    "Work permit expiry",
    "Date submitted",
    "Passport expiry",
]
ODD = [
    None,
    "",
    " ",
    "N/A",
    "?",
    "-",
    "PR",
    "Citizen",
    "Total",
    "Total : 12",
    "#REF!",
    "D/S",
    "pending",
    "note to self",
    "Employee ID",
]
DATES = [
    "2026-03-31",
    "2026-03-31 00:00:00",
    "03/04/2026",
    "13/04/2026",
    "04/13/2026",
    "31/02/2026",
    "31-Mar-26",
    "46112",
    "done 8/22/2026",
    "8/10/2026?",
    "mars 2027",
    "26-03-31",
    "9999-12-31 00:00:00",
    "1 janv. 2026 / 2 janv. 2027",
    "1990-01-01",
]
IDS = ["1", "00123", "1.2E+11", "１", "A-7", "x y"]
cells = st.sampled_from([*ODD, *DATES, *IDS]) | st.text(max_size=6)
row = st.tuples(
    st.sampled_from([*IDS, *IDS, *ODD]),
    st.sampled_from(["Ana", "Zoé", None]),
    st.sampled_from(["student", "worker", "x", None]),
    st.sampled_from([*DATES, *ODD]),
    st.sampled_from([*DATES, *ODD]),
    st.sampled_from([*DATES, None]),
    cells,
)
noise = st.lists(cells, min_size=0, max_size=7).map(tuple)
repeated = st.just(tuple(HEADERS))
rows = st.lists(row | row | row | noise | repeated | st.just(()), max_size=12)


ANCHOR = ("Z-9", "Zoe", "worker", None, "2026-03-31", None, None)
"""One row with a date, since a list without any is refused."""


def check(read: RosterReading, expected: int) -> None:
    """The law, and what hangs on it."""
    counts = read.rows["outcome"].value_counts()
    assessed = read.rows[read.rows["outcome"] == "assessed"]
    rest = read.rows[read.rows["outcome"] != "assessed"]
    shown = set(read.roster["source_row"])

    assert expected == len(read.rows) or (expected > len(read.rows) and read.not_read)  # rows of words may head a table
    assert len(read.rows) == sum(counts.get(o, 0) for o in FATES)
    assert read.rows["source_row"].is_unique
    assert shown == set(assessed["source_row"])
    assert shown.isdisjoint(rest["source_row"]) and (rest["rule"] != "").all() and (assessed["rule"] == "").all()
    assert list(read.originals.index) == list(read.rows["source_row"][read.rows["outcome"] == "set_aside"])
    assert require(read.roster, ROSTER)["person_id"].notna().all()
    assert (read.roster["permit_expires_on"].notna() == (read.roster["permit_expires_state"] == "date")).all()
    assert all(p.message("en") and p.message("fr") for p in (*read.problems, *read.notes))


def filled_rows(made: list[tuple[str | None, ...]]) -> int:
    """The rows up to the last one with something in it."""
    filled = [n for n, cells in enumerate(made, start=1) if any(cell for cell in cells)]
    return max(filled, default=0)


@given(rows.map(lambda made: [ANCHOR, *made]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_every_row_has_one_outcome(made):
    """Random rosters: rows read are the rows of the sheet, each with one fate and its rule."""
    frame = sheet([HEADERS, *made])
    empty = frame.cells.mask(frame.cells == "")
    whole = sheet([])
    made_book = book(type(whole)("Staff", empty))

    check(read_roster(made_book), filled_rows(made))


@given(
    rows.map(lambda made: [ANCHOR, *made]),
    st.sampled_from([None, "dmy", "mdy", "ymd"]),
    st.sets(st.integers(2, 12)),
    st.booleans(),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_no_setting_makes_a_row_vanish(made, order, hidden, skip):
    """Whatever the options, hidden rows and spreadsheet errors."""
    frame = sheet([HEADERS, *made])
    marked = sheet(
        [HEADERS, *made], hidden_rows=frozenset(hidden), errors={(3, 3): "#N/A"}, uncomputed=frozenset({(4, 4)})
    )
    clean = type(marked)(
        "Staff",
        frame.cells.mask(frame.cells == ""),
        False,
        marked.hidden_rows,
        frozenset(),
        False,
        marked.errors,
        marked.uncomputed,
    )
    read = read_roster(book(clean), ReadOptions(date_order=order, skip_hidden_rows=skip))

    check(read, max(filled_rows(made), 2 if len(made) >= 2 else 0))


@given(st.lists(row, min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_the_order_of_the_rows_does_not_matter(made, shuffle):
    """The same people with the same dates come out, whatever the order; notes at the end are not among them."""
    safe = [ANCHOR, *((f"P{n}", "Ana", *cells[2:]) for n, cells in enumerate(made))]
    mixed = list(safe)
    shuffle.shuffle(mixed)
    order = ["person_id", "permit_kind", "reading", "permit_expires_on"]
    one, two = (
        read_roster(book([HEADERS, *some])).roster.drop(columns="source_row").sort_values(order, ignore_index=True)
        for some in (safe, mixed)
    )

    pd.testing.assert_frame_equal(one, two)


FORMS = (
    (("Employee ID", "person"), ("Name", "name"), ("Work permit expiry", "ends")),
    (
        ("Work permit expiry date", "ends"),
        ("Employee number", "person"),
        ("Department", "other"),
        ("Full name", "name"),
    ),
    (("Student ID", "person"), ("Name", "name"), ("Study permit expiry", "ends")),
    (("Emp. code", "person"), ("Nm", "name"), ("WP exp", "ends")),
)
"""The headings of a table and what each holds: the first two are of one form, the others of others."""
blocks = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=3)
books = st.lists(st.tuples(st.booleans(), blocks), min_size=1, max_size=3)


def day_of(person: str) -> str:
    """The day on which that person's permit ends."""
    number = int(person[1:])
    return f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}"


def person_rows(form: int, ids: list[str]) -> list[list[str]]:
    """The rows of these people under one form, each with a day of its own."""
    cells = [{"person": p, "name": f"N {p}", "ends": day_of(p), "other": "Sales"} for p in ids]
    return [[one[part] for _, part in FORMS[form]] for one in cells]


@given(books)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_each_person_of_a_book_is_read_or_named_with_their_sheet(made):
    """Sheets hidden or not, blocks under one another, known headings and others: everybody has one place."""
    number, sheets, whose = 0, [], {}
    for n, (is_hidden, parts) in enumerate([(False, [(0, 1)]), *made]):
        rows: list[list[str]] = []
        for form, count in parts:
            ids = [f"P{number + k}" for k in range(count)]
            number += count
            rows += [[h for h, _ in FORMS[form]], *person_rows(form, ids), []]
            whose |= {person: (f"S{n}", day_of(person)) for person in ids}
        sheets.append(sheet(rows[:-1], f"S{n}", is_hidden=is_hidden))
    readings = read_tables(book(*sheets))
    rows_read = pd.concat([one.rows for one in readings])
    roster = pd.concat([one.roster for one in readings])
    not_read = readings[0].not_read

    for person, row, day in zip(roster["person_id"], roster["source_row"], roster["permit_expires_on"], strict=True):
        assert whose[person] == (row.partition("!")[2].partition(":")[0], f"{day:%Y-%m-%d}")
    assert rows_read["source_row"].is_unique and rows_read["person_id"].is_unique
    for n, one in enumerate(sheets):
        read_here = rows_read["source_row"].str.contains(f"!{one.name}:", regex=False).sum()
        left_here = sum(part.rows for part in not_read if part.sheet == one.name)
        assert read_here + left_here >= sum(at == f"S{n}" for at, _ in whose.values())


@pytest.mark.parametrize(
    "odd",
    [
        ["N/A", "N/A", "N/A", ":", None],
        ["-", "N/A", "s/o", ":", "…"],
        ["Toronto", "Bo Roy", "pending", "$", None],
        ["Student", "Study permit", None, None, None],
    ],
)
def test_a_row_that_says_nothing_heads_no_table(odd):
    """`N/A` after a blank row is no heading, and `Student · Study permit` none: who is under it is read."""
    header = ["Population", "Permit kind", "Employee ID", "Permit expiry", "Unit"]
    rows = [header, ["Student", "Study permit", "1", "2026-03-31", "Law"], [], odd]
    rows += [["Student", "Study permit", "2", "2026-04-30", "Art"], ["Worker", "Work permit", "3", "2026-05-31", "Art"]]
    read = read_roster(book(rows))

    assert ["1", "2", "3"] == list(read.roster["person_id"]) and (5, ()) == (len(read.rows), read.not_read)


SAFE = ["6", "Zoe", "2026-03-31", "Law"]
said = st.sampled_from(["N/A", "n/a", ":", "-", "s/o", "Student", "Study permit", "Worker", "Ana Roy", "Permit", None])


@given(st.lists(st.lists(said, min_size=4, max_size=4) | st.just([]), max_size=6), st.integers(0, 6))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_rows_of_words_take_nobody_with_them(odd, place):
    """Whatever words stand between people, each row is read with a fate or told as not read, and people are read."""
    people = [["7", "Ana", "2026-03-31", "Law"], ["8", "Bo", "2026-04-30", "Art"]]
    rows = [*odd[:place], people[0], *odd[place:], people[1]]
    readings = read_tables(book([["Student ID", "Name", "Study permit expiry", "Unit"], SAFE, *rows]))
    read = sum(len(one.rows) for one in readings)
    seen = {person for one in readings for person in one.rows["person_id"].dropna()}
    left = readings[0].not_read

    assert 1 + len(rows) == read or left
    assert {"7", "8"} <= seen or left
