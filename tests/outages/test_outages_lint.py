"""What looks wrong in a record, said and never mended."""

import time
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from makers import instant, outages
from pandas import DataFrame

from reporter.model.problem import Problem
from reporter.model.shapes import OUTAGES
from reporter.outages.lint import lint, worth_acting_on
from reporter.text.catalogue import problem_sentences

AS_OF = instant("2026-09-09T13:00Z")
ONE = {
    "outage_id": "one",
    "services": "gckey",
    "began_at": "2026-09-01T10:00Z",
    "ended_at": "2026-09-01T12:00Z",
    "source_row": "a.csv:2",
    "source_url": "https://a.example.org/1",
}


def record(*rows):
    return outages([ONE | row for row in rows])


def found(*rows, raw=None, **options):
    return [(p.code, p.value) for p in lint(record(*rows), as_of=AS_OF, raw=raw or {}, **options)]


def test_a_clean_record_is_silent():
    """A resolved outage of two hours says nothing."""
    assert [] == found({})


def test_an_item_is_named_with_its_key_as_no_cell_is():
    """A record has keys in place of columns: `ended_at3` would be no cell of any sheet."""
    (told,) = lint(record({"ended_at": None, "source_row": "flips.json:3"}), as_of=instant("2026-09-01T13:00Z"))

    assert ("lint_no_end", "#3 ended_at") == (told.code, told.cell)


@pytest.mark.parametrize(
    ("sheet", "row", "column", "cell"),
    [
        ("Staff", 14, "F", "Staff!F14"),
        ("", 14, "AB", "AB14"),
        ("Staff", 14, "", "Staff!14"),
        ("", 0, "services", "services"),
    ],
)
def test_a_cell_is_named_as_a_spreadsheet_shows_it(sheet, row, column, cell):
    """Or as much of it as is known."""
    assert cell == Problem("a.xlsx", "lint_no_end", sheet, row, column).cell


def test_an_empty_record_is_silent():
    """No outages, no problems."""
    assert () == lint(OUTAGES.empty(), as_of=AS_OF)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"ended_at": "2026-09-01T09:00Z"}, "lint_half_slip"),
        ({"ended_at": None, "began_at": "2026-09-09T10:00Z", "status": "ongoing"}, "lint_no_end"),
        ({"ended_at": "2026-09-04T10:01Z"}, "lint_long"),
        ({"announced_at": "2025-09-01T10:00Z"}, "lint_year_far"),
        ({"announced_at": "2027-09-01T10:00Z"}, "lint_year_far"),
        ({"kind": "planned", "status": "ongoing"}, "lint_overran"),
        ({"status": "ongoing"}, "lint_end_passed"),
        ({"status": "announced", "kind": "planned"}, "lint_end_passed"),
    ],
)
def test_one_fault_has_one_code(row, code):
    """Each fault of a single record is told by its own code, with the outage's id."""
    assert [(code, "one")] == found(row)


@pytest.mark.parametrize(
    "row",
    [
        {"ended_at": "2026-09-04T10:00Z"},
        {"announced_at": "2026-08-01T10:00Z"},
        {"kind": "planned", "status": "ongoing", "ended_at": "2026-09-09T13:01Z", "began_at": "2026-09-09T12:00Z"},
        {"kind": "planned", "status": "announced", "began_at": "2026-09-10T10:00Z", "ended_at": "2026-09-10T12:00Z"},
        {"status": "cancelled", "ended_at": None},
    ],
)
def test_at_the_edge_nothing_is_told(row):
    """Exactly the longest length, a posting weeks before, a window not yet over, and a cancelled one are no faults."""
    assert [] == found(row)


@pytest.mark.parametrize(
    ("ended", "proposed"), [("2026-09-01T09:00Z", "2026-09-01T21:00Z"), ("2026-08-31T21:00Z", "2026-09-01T21:00Z")]
)
def test_a_slip_is_told_with_a_proposal(ended, proposed):
    """Half a day later, or a whole one, is proposed; nothing is changed."""
    given = record({"ended_at": ended})
    (problem,) = lint(given, as_of=AS_OF)

    assert (proposed, instant(ended)) == (problem.details["proposed"], given["ended_at"].iloc[0])


def test_a_problem_has_the_address_of_its_row():
    """Source, sheet, row, column and id, as a spreadsheet shows them."""
    (problem,) = lint(record({"status": "ongoing", "source_row": "b.xlsx!Pannes:7"}), as_of=AS_OF)

    assert ("b.xlsx", "Pannes", 7, "status", "one") == (
        problem.source,
        problem.sheet,
        problem.row,
        problem.column,
        problem.value,
    )


TWO = {"outage_id": "two", "source_row": "b.csv:2", "source_url": "https://b.example.org/1"}


@pytest.mark.parametrize(
    ("row", "is_told"),
    [
        ({}, True),
        ({"began_at": "2026-09-01T11:00Z", "ended_at": "2026-09-01T13:00Z"}, True),
        ({"began_at": "2026-09-01T11:01Z", "ended_at": "2026-09-01T13:01Z"}, False),
        ({"began_at": "2026-09-01T12:00Z", "ended_at": "2026-09-01T14:00Z"}, False),
        ({"services": "epay"}, False),
        ({"services": "epay;gckey"}, True),
        ({"status": "cancelled"}, False),
        ({"source_row": "a.csv:3", "source_url": "https://a.example.org/2"}, True),
        (
            {"source_row": "a.csv:3", "source_url": "https://a.example.org/2", "ended_at": "2026-09-01T14:00Z"},
            False,
        ),
        ({"source_row": "a.csv:3", "ended_at": "2026-09-01T14:00Z"}, True),
    ],
)
def test_one_outage_from_two_sources_is_proposed_for_merging(row, is_told):
    """Half of the shorter one overlapping, one service, another source (or the same bounds): told; else not."""
    assert ([("lint_duplicate", "two")] if is_told else []) == found({}, TWO | row)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_rows_does_not_matter(order):
    """Three tellings of one outage are two proposals, in whatever order they come."""
    rows = [ONE, ONE | TWO, ONE | {"outage_id": "zed", "source_row": "c.csv:2"}]
    told = {(p.value, p.details["other"]) for p in lint(outages([rows[at] for at in order]), as_of=AS_OF)}

    assert {("two", "one"), ("zed", "two"), ("zed", "one")} >= told
    assert {"two", "zed"} == {value for value, _ in told}


def test_an_outage_left_open_for_years_is_not_everybodys_duplicate():
    """An open outage reaches no further than the set length, so later ones are not held against it."""
    old = {"began_at": "2020-01-01T00:00Z", "ended_at": None, "status": "ongoing"}

    assert ["lint_long", "lint_no_end"] == [code for code, _ in found(old, TWO)]


def test_both_tellings_are_kept():
    """A proposal changes nothing in the record."""
    given = record({}, TWO)
    before = given.copy()
    lint(given, as_of=AS_OF)

    pd.testing.assert_frame_equal(before, given)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("GCKey will be down from 6 to 8 a.m. ET on Monday, September 1, 2026.", "lint_weekday"),
        ("GCKey will be down from 6 to 8 a.m. EST on Tuesday, September 1, 2026.", "lint_zone_label"),
        ("CléGC sera indisponible de 6 h à 8 h (HNE) le 1er septembre 2026.", "lint_zone_label"),
        ("GCKey will be down from 6:00 a.m. to 4:00 a.m. ET on September 1, 2026.", "lint_half_slip_said"),
        ("GCKey will be down from 9:00 PM to 9:10 AM EDT on September 1, 2026.", "lint_half_suspect"),
        ("GCKey will be down from 6 p.m. ET August 31 to midnight September 1, 2026.", "lint_midnight"),
        (
            "GCKey will be down from 6 to 8 a.m. ET on September 1, 2026.\n\n"
            "CléGC sera indisponible de 6 h à 9 h (HE) le 1er septembre 2026.",
            "lint_languages",
        ),
    ],
)
def test_the_words_are_asked_whether_they_agree(words, code):
    """Weekday, zone label, halves of the day and languages, each by its code."""
    assert [(code, "one")] == found({}, raw={"one": words})


@pytest.mark.parametrize(
    "words",
    [
        "GCKey will be down from 6 to 8 a.m. EDT on Tuesday, September 1, 2026.",
        "GCKey will be down from 6 to 8 a.m. ET on September 1.\n\nCléGC sera indisponible de 6 h à 8 h (HE) le 1er "
        "septembre.",
        "Nothing at all.",
        "",
        "June 31 from 1 to 2",
    ],
)
def test_words_that_agree_say_nothing(words):
    """A right weekday, a right label, two languages that agree, and no words at all are no faults."""
    assert [] == found({}, raw={"one": words, "unknown": "Monday, June 9, 2026"})


def test_edt_in_winter_is_told():
    """A January window labelled EDT, by the record's own date."""
    january = {"began_at": "2026-01-13T06:00Z", "ended_at": "2026-01-13T08:00Z"}

    assert [("lint_zone_label", "one")] == found(january, raw={"one": "Down January 13 from 1 to 3 a.m. EDT."})


def test_every_problem_says_what_counts_meanwhile():
    """Each lint code tells in both languages what is assumed until somebody looks."""
    mine = {code: entry for code, entry in problem_sentences().items() if code.startswith("lint_")}

    assert len(mine) == 15
    assert all("meanwhile" in entry["en"].lower() or "Both are kept" in entry["en"] for entry in mine.values())
    assert all(
        "entre-temps" in entry["fr"].lower() or "Les deux sont gardées" in entry["fr"] for entry in mine.values()
    )


def test_every_message_can_be_written():
    """All placeholders are filled, in both languages."""
    rows = [
        ONE | {"ended_at": "2026-09-01T09:00Z", "announced_at": "2024-01-01T00:00Z"},
        ONE | TWO | {"ended_at": None, "status": "ongoing"},
        ONE | TWO | {"outage_id": "three", "source_row": "", "status": "ongoing"},
    ]
    words = {"one": "Down Monday, September 1, 2026, 9 PM to 9:10 AM EST.\n\nEn panne le 1er septembre 2026 à 2 h."}
    messages = [p.message(language) for p in lint(outages(rows), as_of=AS_OF, raw=words) for language in ("en", "fr")]

    assert len(messages) > 12
    assert not any("{" in message for message in messages)


def many(count):
    began = pd.Timestamp("2006-01-01", tz="UTC") + pd.to_timedelta(np.arange(count) * 11, unit="h")
    numbers = pd.Series(np.arange(count))
    frame = DataFrame(
        {
            "outage_id": "o" + numbers.astype("str"),
            "services": (numbers % 7).map(dict(enumerate(["gckey", "epay", "gckey;epay", "a", "b", "c", "a;b;c"]))),
            "began_at": began,
            "ended_at": began + pd.Timedelta(hours=30),
            "kind": "unplanned",
            "verification": "press",
            "status": "resolved",
            "source_url": "https://example.org/" + numbers.astype("str"),
            "precision": "minute",
            "source_row": (numbers % 3).astype("str") + ".csv:" + numbers.astype("str"),
        }
    )
    return OUTAGES.cast(frame)


def test_fifteen_thousand_outages_are_linted_in_two_seconds():
    """Duplicates come from a sorted sweep: the whole of a twenty-year record takes less than two seconds."""
    given = many(15_000)
    started = time.process_time()
    problems = lint(given, as_of=AS_OF)
    taken = time.process_time() - started

    assert len(problems) > 4_000
    assert taken < 2


def worth(*rows, **options):
    """What of the findings on these rows somebody can act on, as (code, outage, the others named)."""
    whole = record(*rows)
    found = worth_acting_on(lint(whole, as_of=AS_OF, **options), whole, as_of=AS_OF)
    return [(problem.code, problem.value, problem.details.get("other", "")) for problem in found]


def test_an_open_outage_is_one_finding_however_long():
    """That it has no end says all."""
    assert [("lint_no_end", "one", "")] == worth({"ended_at": None, "status": "ongoing"})


def test_outages_that_overlap_in_a_chain_are_one_question():
    """Seventy told twice are one finding, which names a few."""
    rows = [{"outage_id": f"o{n:02}", "source_row": f"f{n:02}.csv:2"} for n in range(70)]
    (found,) = worth(*rows)

    assert ("lint_duplicate", True) == (found[0], found[2].endswith(" +64"))


@pytest.mark.parametrize(
    ("ended", "expected"), [("2026-08-10T13:00Z", "lint_end_passed"), ("2026-08-10T12:59Z", "lint_past")]
)
def test_findings_about_windows_long_past_are_one_line(ended, expected):
    """Thirty days after its end nobody acts on a window any more: before, and on the day."""
    rows = [
        {
            "outage_id": str(n),
            "services": f"s{n}",
            "began_at": "2026-08-10T10:00Z",
            "ended_at": ended,
            "status": "ongoing",
        }
        for n in range(3)
    ]

    assert {expected} == {code for code, *_ in worth(*rows)}
    assert (1 if expected == "lint_past" else 3) == len(worth(*rows))


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        ("Between 05:00 and 12:00 UTC on September 1, 2026, sign-in failed.", ["lint_post"]),
        ("Between 10:00 and 12:00 UTC on September 1, 2026, sign-in failed.", []),
        ("On September 1, 2025, from 10:00 to 12:00 UTC, sign-in failed.", ["lint_post"]),
        ("Sign-in failed from 05:00 to 12:00 UTC.", ["lint_post"]),
        ("The next update comes at 05:00 UTC.", []),
        ("It was a long day.", []),
    ],
)
def test_what_the_last_post_says_is_held_against_the_window(note, codes):
    """Hours before the first post, or another year, are told."""
    assert codes == [code for code, _ in found({"note": note})]
