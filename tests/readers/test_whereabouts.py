"""Of each person of a messy roster, where they are: in the roster with a day of their own, or told where nobody can.

The oracle knows nothing of the readers: a text that only this person's cells hold is looked for in everything that came
of the file. Slips of quotation marks, delimiters and lines; short, long and repeated rows; notes, totals, groups and
merged cells between people; blocks and sheets under headings known and unknown.
"""

import random
import re
from collections import Counter

import openpyxl
import pandas as pd
import pytest
from made_rosters import book, sheet

from reporter.errors import RosterError
from reporter.readers.book import Book, Marks, open_book, sheet_of
from reporter.readers.delimited import StrayMarksError, read_delimited
from reporter.readers.roster import RosterReading, read_tables

PERSON = re.compile(r"QX\d{3}")
Days = dict[str, str]
Readings = tuple[RosterReading, ...]


def new_person(rng: random.Random, days: Days) -> dict[str, str]:
    """Somebody whose id and name hold a text that is theirs alone, with the day on which their permit ends."""
    who = next(name for name in iter(lambda: f"QX{rng.randrange(1000):03d}", "") if name not in days)
    days[who] = f"2026-{rng.randint(1, 12):02d}-{rng.randint(10, 28)}"
    return {
        "id": who,
        "name": f"Nam {who}",
        "end": days[who],
        "unit": rng.choice(["Research", "Fin, Adm", "", '5" lab']),
        "kind": rng.choice(["Work permit", "Study permit", ""]),
        "note": rng.choice(["", "", "ok", "see, file", "line\nbreak", 'says "so"']),
    }


def faults_of(readings: Readings, days: Days) -> list[tuple[str, str]]:
    """People who stand nowhere, or beside somebody else, or with a day that is not theirs."""
    placed: set[str] = set()
    faults: list[tuple[str, str]] = []
    for read in readings:
        outcome = dict(zip(read.rows["source_row"], read.rows["outcome"], strict=True))
        for row, line in read.lines.iterrows():
            here = set(PERSON.findall(" ".join(text for text in line if isinstance(text, str))))
            faults += [("beside another", who) for who in here if len(here) > 1 and outcome[row] == "assessed"]
            placed |= here if outcome[row] != "excluded" else set()
        placed |= set(PERSON.findall(" ".join(f"{p.value} {p.message('en')}" for p in (*read.problems, *read.notes))))
        for row in read.roster.itertuples():
            known = [who for who in PERSON.findall(f"{row.person_id} {row.full_name}") if who in days]
            is_day = pd.notna(row.permit_expires_on) and row.date_certainty == "clear"
            faults += [("another's day", who) for who in known if is_day and f"{row.permit_expires_on:%F}" != days[who]]
    return faults + [("nowhere", who) for who in days if who not in placed]


COLUMNS = (
    (("Employee ID", "id"), ("Full name", "name"), ("Department", "unit"), ("Permit expiry", "end"), ("Notes", "note")),
    (("Full name", "name"), ("Employee ID", "id"), ("Permit type", "kind"), ("Permit expiry", "end")),
)


def messy_text(rng: random.Random) -> tuple[str, Days]:
    """A delimited list in one of the ways in which programs write it, with a few slips in its rows."""
    days: Days = {}
    columns, delimiter, line_end = rng.choice(COLUMNS), rng.choice(",,;\t|"), rng.choice(["\n", "\r\n"])

    def written(cell: str) -> str:
        if rng.random() < 0.9 and any(sign in cell for sign in (delimiter, '"', "\n")):
            return '"' + cell.replace('"', '""') + '"'
        return cell.replace("\n", " ")

    people = [new_person(rng, days) for _ in range(rng.randint(2, 8))]
    lines = [[header for header, _ in columns], *([one[part] for _, part in columns] for one in people)]
    whole = line_end.join(delimiter.join(map(written, line)) for line in lines) + rng.choice(["", line_end])
    first = whole.index(line_end) + len(line_end)
    for _ in range(rng.randint(0, 3)):
        place = rng.randint(first, len(whole))
        slip = rng.choice(['"', '"', '"', '""', "'", "“", delimiter, line_end])
        whole = whole[:place] + slip + whole[place:]
    return whole, {who: day for who, day in days.items() if who in whole}


def text_book(text: str) -> Book:
    """The text as the reading process hands it over."""
    read = read_delimited(text.encode(), 1_000_000)
    facts = {"name": "", "first": 0, "faults": [], "visible": "visible"}
    part = sheet_of({**facts, "widths": read.widths, "stray": list(read.stray.items())}, read.table, Marks(), 1_000)
    return Book("staff.csv", "0" * 64, (part,), notes=tuple(read.notes))


@pytest.mark.parametrize("seed", [0, 2])
def test_everybody_of_a_messy_text_is_somewhere_with_their_own_day(seed):
    """A slip costs at most the rows that it touches; a file of which no row can be trusted is refused."""
    rng = random.Random(seed)
    for text, days in (messy_text(rng) for _ in range(15)):
        try:
            readings = read_tables(text_book(text))
        except (RosterError, StrayMarksError):
            continue
        assert [] == faults_of(readings, days), text


FORMS = (
    (("Employee ID", "id"), ("Name", "name"), ("Work permit expiry", "end"), ("Department", "unit")),
    (("Work permit expiry date", "end"), ("Full name", "name"), ("Employee number", "id")),
    (("Student ID", "id"), ("Full name", "name"), ("Study permit expiry", "end")),
    (("Emp. code", "id"), ("Nm", "name"), ("WP exp", "end")),
    (("Wer", "name"), ("Bis", "end"), ("Kennung", "id"), ("Wo", "unit")),
)
"""The headings of a table: the first two are of one form, two of others, and the last two are known to nobody."""
Rows = list[list[str | None]]


def messy_block(rng: random.Random, form: int, days: Days) -> Rows:
    """A table with what people leave in it: a title, groups, totals, notes, repeated and misshapen rows."""
    header: list[str | None] = [heading for heading, _ in FORMS[form]]
    rows: Rows = [*rng.choice([[], [], [["Staff of 2026"]]]), header, *rng.choice([[], [], [["Toronto campus"]]])]
    for n in range(rng.randint(1, 4)):
        one = new_person(rng, days)
        line: list[str | None] = [one[part] or None for _, part in FORMS[form]]
        after: Rows = rng.choice([[], [], [], [[]], [line], [header], [["Total: 3"]], [["Finance"]], [[None, "Legal"]]])
        rows += [rng.choice([line, line, line, [*line, None, "see letter"], line[: 2 if n else 9]]), *after]
    return rows + rng.choice([[], [], [["Total", "3"]], [["Nombre : 4"]], [["note: updated weekly"]]])


def messy_sheets(rng: random.Random) -> tuple[Book, Days, dict[str, str]]:
    """A book of such tables, with everybody's day and sheet."""
    days: Days = {}
    sheets, where = [], {}
    for n in range(rng.choice([1, 1, 2, 3])):
        before, rows = set(days), []
        for block in range(rng.choice([1, 1, 2, 3])):
            is_first = n == block == 0
            rows += [*rng.choice([[], [[]]]), *messy_block(rng, 0 if is_first else rng.randrange(len(FORMS)), days)]
        lone = {place for place, row in enumerate(rows, start=1) if len(row) == 1 and rng.random() < 0.3}
        sheets.append(sheet(rows, f"S{n}", is_hidden=n > 0 and rng.random() < 0.2, bands={row: {0: 1} for row in lone}))
        where |= dict.fromkeys(set(days) - before, f"S{n}")
    return book(*sheets), days, where


@pytest.mark.parametrize("seed", [0, 2])
def test_everybody_of_a_messy_workbook_is_read_told_or_counted_with_their_sheet(seed):
    """Who stands in a part that is not read is counted there, so that the office knows how many to look for."""
    rng = random.Random(seed)
    for made, days, where in (messy_sheets(rng) for _ in range(12)):
        try:
            readings = read_tables(made)
        except RosterError:
            continue
        faults = faults_of(readings, days)
        left = Counter({part.sheet: 0 for part in readings[0].not_read})
        for part in readings[0].not_read:
            left[part.sheet] += part.rows
        lost = Counter(where[who] for fault, who in faults if fault == "nowhere")

        assert [] == [fault for fault in faults if fault[0] != "nowhere"]
        assert lost <= left


def test_everybody_under_merged_cells_is_somewhere_with_their_own_day(tmp_path):
    """Units, ids and days merged over rows, banners over groups, in a file as a spreadsheet program writes it."""
    rng, days = random.Random(0), {}
    people = [new_person(rng, days) for _ in range(8)]
    made = openpyxl.Workbook()
    page = made.active
    page.append(["Employee ID", "Name", "Department", "Work permit expiry"])
    for n, one in enumerate(people):
        if n in (0, 4):
            page.append([f"Group {n}"])
            page.merge_cells(start_row=page.max_row, end_row=page.max_row, start_column=1, end_column=4)
        page.append([one["id"], one["name"], "Lab" if n % 2 == 0 else None, one["end"]])
        if n % 2:
            page.merge_cells(start_row=page.max_row - 1, end_row=page.max_row, start_column=3, end_column=3)
    made.save(tmp_path / "staff.xlsx")
    readings = read_tables(open_book(tmp_path / "staff.xlsx"))

    assert ([], {"Lab"}, 8) == (
        faults_of(readings, days),
        set(readings[0].roster["unit"].astype(str)),
        len(readings[0].roster),
    )
