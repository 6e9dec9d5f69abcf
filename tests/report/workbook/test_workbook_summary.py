"""The first sheet: its first sentence, the row account and what it says of the outage record."""

import re
from io import BytesIO

import openpyxl
import pytest
from msgspec.structs import replace
from pandas import DataFrame
from sample_report import (
    no_record_report,
    quiet_report,
    sample_report,
    stale_report,
    told,
    unreadable_report,
)

from reporter.model.levels import LEVELS
from reporter.model.report import Account
from reporter.model.shapes import DEPARTED
from reporter.report.headline import headline, record_sentence
from reporter.report.people import at_risk
from reporter.report.workbook import workbook
from reporter.report.workbook.sheet import TONES

MAKERS = [sample_report, quiet_report, stale_report, no_record_report, unreadable_report]
EAST = "America/Toronto"


def sheet(report):
    return openpyxl.load_workbook(BytesIO(workbook(report))).worksheets[0]


def said(report):
    return [str(cell.value) for row in sheet(report).iter_rows() for cell in row if cell.value is not None]


def first_sentence(report):
    said, tone = headline(report, at_risk(report))
    return " ".join(said), tone


def of(*people):
    """A report on people given as (id, days to the last day, level, hours lost)."""
    rows = [
        (key, f"Person {key}", "Unit", EAST, 0, left, level, "same", "r", lost) for key, left, level, lost in people
    ]
    report = sample_report()
    levels = [level for _, _, level, _ in people]
    counts = {name: levels.count(name) for name in report.people_by_level}
    return replace(report, findings=told(rows), people=len(rows), people_by_level=counts)


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_first_sentence_says_who_must_file_by_when_and_what_was_lost():
    """A busy officer reads one line."""
    report = of(("A", 4, "critical", 2.0), ("B", 1, "critical", 0.0), ("C", 3, "critical", 1.0))

    assert (
        "3 people must file by Friday, Sep\u00a018, the first by Tuesday, Sep\u00a015. "
        "Outages cost 2 of these 3 people filing time.",
        "act",
    ) == first_sentence(report)


def test_where_each_of_them_lost_hours_no_number_stands_twice():
    """Two of these two are both."""
    told_, _ = first_sentence(of(("A", 4, "critical", 2.0), ("B", 1, "critical", 1.0)))

    assert told_.endswith("Outages cost each of these 2 people filing time.")


def test_one_person_is_singular():
    """One person, one date, and no list of them."""
    told_, _ = first_sentence(of(("A", 4, "critical", 2.0), ("B", 90, "low", 0.0)))

    assert "1 person must file by Friday, Sep\u00a018. Outages cost filing time." == told_


def test_a_person_past_the_last_day_is_told_first_and_apart():
    """Who can no longer act in time is not among those who must act by a date."""
    told_, _ = first_sentence(of(("A", 4, "critical", 0.0), ("B", -2, "critical", 0.0)))

    assert told_.startswith("1 person is past the last day with nothing filed")
    assert told_.endswith("1 person must file by Friday, Sep\u00a018.")


def test_a_person_with_two_critical_duties_counts_once():
    """People are counted, not duties, each by the earlier of the two dates."""
    told_, _ = first_sentence(of(("A", 4, "critical", 0.0), ("A", 2, "critical", 0.0)))

    assert told_.startswith("1 person must file by Wednesday, Sep\u00a016")


def test_a_far_date_is_no_day_to_file_by():
    """Whoever is critical with weeks to go is so for another reason than the date, and has to be seen to today."""
    told_, _ = first_sentence(of(("A", 87, "critical", 0.0)))

    assert "1 person is critical for another reason: act today." == told_


def test_every_critical_person_is_counted_in_the_headline():
    """The counts of the sentences add up to the critical people, whatever became of each."""
    days = (-9, -1, 0, 1, 3, 8, 90)
    told_, _ = first_sentence(of(*((f"P{n}", left, "critical", 0.0) for n, left in enumerate(days))))

    assert len(days) == sum(map(int, re.findall(r"\b(\d) (?:person|people)\b", told_)))


def test_french_counts_and_dates_are_french():
    """Plural from two, and the date as it is written in French."""
    told_, _ = first_sentence(sample_report("fr"))

    assert (
        "3\u00a0personnes doivent déposer d’ici le vendredi 18\u00a0sept., la première d’ici le mardi 15\u00a0sept. Des"
        in told_
    )


def test_nothing_is_said_of_time_that_was_not_lost():
    """No loss is claimed and none denied."""
    report = of(("A", 4, "critical", 0.0))
    told_, _ = first_sentence(replace(report, run=replace(report.run, has_outage_record=False)))

    assert "1 person must file by Friday, Sep\u00a018." == told_


def test_no_critical_but_high_names_the_first_date():
    """The next level down is said; that nobody is critical is not, which no roster that was not read lets us know."""
    told_, tone = first_sentence(of(("A", 9, "high", 0.0), ("B", 6, "high", 0.0)))

    assert "high" == tone
    assert "2 people are at the high level, the first to act by Sunday, Sep\u00a020." == told_


@pytest.mark.parametrize(
    ("others", "told"),
    [([("B", 90, "low", 0.0)], " 1 other person was assessed and was not found at risk."), ([], "")],
)
def test_people_who_cannot_be_assessed_keep_a_week_from_being_quiet(others, told):
    """A roster with a hole in it never gets the calm colour; of nobody else, nothing is said to have been found."""
    people = ("A", None, "data_problem", 0.0), *others

    assert (f"1 person cannot be assessed.{told}", "watch") == first_sentence(of(*people))


@pytest.mark.parametrize(("is_listed", "tone"), [(True, "calm"), (False, "unknown")])
def test_a_week_is_not_quiet_in_which_somebody_at_risk_is_gone_from_the_roster(is_listed, tone):
    """Nobody knows how that case stands; of one who went to another reader, that reader is told."""
    gone = DataFrame([{"person_id": "A9", "level": "high", "is_listed": is_listed}])
    told_, found = first_sentence(replace(quiet_report(), departed=DEPARTED.cast(gone).assign(title="")))

    assert (is_listed, tone) == ("A quiet week" in told_, found)


def test_a_quiet_week_has_nothing_to_do_first():
    """The headline says it; there is no second line for it."""
    assert "Do this first" not in said(quiet_report())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_five_kinds_of_week_differ_at_first_sight(language):
    """Sentence, symbol and colour differ between a busy, a quiet, an unknown and an unread week."""
    heads = [first_sentence(make(language)) for make in MAKERS]
    tones = [tone for _, tone in heads]

    assert ["act", "calm", "unknown", "unknown", "unread"] == tones
    assert 5 == len({sentence for sentence, _ in heads})
    assert 4 == len({(TONES[tone].paper, TONES[tone].symbol) for tone in tones})


@pytest.mark.parametrize(
    ("make", "start", "tone"),
    [(sample_report, "Complete to", "good"), (stale_report, "STALE", "doubt"), (no_record_report, "NONE", "doubt")],
)
def test_the_outage_record_is_fresh_stale_or_absent(make, start, tone):
    """What is known of outages stands on the first sheet, in amber when it is not enough."""
    told_, found = record_sentence(make())

    assert (True, tone) == (told_.startswith(start), found)


def test_a_record_without_a_date_is_a_doubt():
    """A record that does not say how far it reaches is not taken for a complete one."""
    report = sample_report()
    told_, tone = record_sentence(replace(report, run=replace(report.run, record_complete_to=None)))

    assert ("doubt", True) == (tone, "does not say up to when" in told_)


def test_the_row_account_is_printed():
    """Every row read is in one of three places, and the reader can add them up."""
    account = Account(412, 396, 9, 7, {"permanent-resident": 7})

    assert "412 read = 396 assessed + 9 set aside + 7 excluded (excluded by rule: permanent-resident 7)" in said(
        replace(sample_report(), account=account)
    )


def test_an_account_that_does_not_balance_is_shouted():
    """A row that vanished is the first thing to be told."""
    text = "\n".join(said(replace(sample_report(), account=Account(412, 396, 9, 6))))

    assert "DOES NOT ADD UP" in text


@pytest.mark.parametrize(
    "words", ["Run 2026-09-14-7f3a", "2026-09-14 11:00 UTC", "Sep\u00a014, 2026, 07:00 Ottawa\u00a0time"]
)
def test_the_clock_of_the_report_and_its_run_are_on_the_first_sheet(words):
    """As of when, in UTC and on the office's clock, and which run."""
    assert any(words in text for text in said(sample_report()))


def test_people_by_level_stand_beside_those_of_the_last_run():
    """Each level with the people of now, of the last run, and the difference."""
    report = sample_report()
    rows = [row[:4] for row in sheet(report).iter_rows(values_only=True) if isinstance(row[1], int | float)]

    assert list(report.people_by_level.values()) == [row[1] for row in rows]
    assert list(report.previous_people_by_level.values()) == [row[2] for row in rows]
    assert [row[1] - row[2] for row in rows] == [row[3] for row in rows]


def test_a_first_run_is_compared_with_nothing():
    """Without a run before it, a report shows no counts of a last run."""
    assert "Last run" not in said(replace(sample_report(), previous_people_by_level={}))


def test_eight_people_stand_first_the_gravest_on_top_and_the_others_are_counted():
    """One line a person, and nobody critical is left out: whoever has no line is in the count."""
    many = [(f"P{n:02d}", n - 2, "critical" if n < 9 else "high", 3.0) for n in range(12)]
    text = said(of(*many))
    start = text.index("Do this first")
    end = next(n for n, line in enumerate(text) if "Also on the sheet" in line)

    assert 8 * 3 == end - start - 1
    assert "P00" in text[start + 2]  # over, with nothing filed
    assert "Also on the sheet At risk: 1\u00a0critical, 3\u00a0high." == text[end]


def test_an_unread_roster_asks_for_its_cells_first():
    """When nothing could be read, the first thing to do is to mend the roster."""
    assert "Correct the cells listed on the sheet To correct, then run again." in said(unreadable_report())


def test_there_is_a_native_chart_of_the_people_with_something_ahead():
    """The spreadsheet's own, over the cells of the table; those with nothing ahead would hide the others."""
    few = replace(of(("A", 4, "critical", 2.0)), previous_people_by_level={})
    (chart,), (small,) = (sheet(report)._charts for report in (sample_report(), few))
    first, last = chart.series[0].val.numRef.f.split("$")[-3::2]

    assert len(LEVELS) - 1 == int(last) - int(first.rstrip(":")) + 1
    assert (5, 1) == (chart.y_axis.majorUnit, small.y_axis.majorUnit)  # of a few people none is told as a half


@pytest.mark.parametrize("name", TONES)
def test_ink_on_paper_can_be_read(name):
    """Every line keeps a contrast of at least 4.5 to 1."""
    light, dark = sorted((luminance(TONES[name].ink), luminance(TONES[name].paper)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_words_to_be_avoided_are_avoided(language):
    """No person is called legal, safe, compliant or guaranteed anything."""
    from reporter.text.catalogue import words

    text = " ".join(words("workbook", language).values()).casefold()
    avoided = ["implied status", "statut implicite", "illegal", "deport", "guarantee", "compliant", "conforme", " safe"]

    assert [] == [word for word in avoided if word in text]
