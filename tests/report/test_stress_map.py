"""The map and the workbook of a stress test."""

import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import openpyxl
import pandas as pd
import pytest

from reporter.engine.stress import COUNTS
from reporter.report.stress_map import SHADES, bins, colour, grid, heat_map, stress_workbook

ZONE = "America/Toronto"
SVG = "{http://www.w3.org/2000/svg}"


def moments(counts, *, start="2026-09-09T04:00:00Z", hours=4.0):
    """A count for each hour from a local midnight on."""
    began = pd.date_range(start, periods=len(counts), freq="h").as_unit("us")
    return pd.DataFrame({"hours": hours, "began_at": began, **{name: list(counts) for name in COUNTS}})


def book(frame, language="en"):
    worst = frame.assign(until_at=frame["began_at"]).head(2)
    return openpyxl.load_workbook(BytesIO(stress_workbook(frame, worst, ZONE, language)))


def test_a_cell_of_the_sheet_is_the_count_of_its_local_hour():
    """Three people at 16:00 on the first day stand in the row of that day, in the column 16, and in words."""
    sheet = book(moments([3 if n == 16 else 0 for n in range(48)]))["4 h"]
    row = dict(zip([c.value for c in sheet[2]], [c.value for c in sheet[3]], strict=True))

    assert (3, 0) == (row["16"], row["15"])
    assert "most from 16:00: 3\u00a0people" == row["In words"]
    assert "nobody" == sheet[4][-1].value


def test_days_stand_beside_lengths():
    """The most people of each day, a column a length."""
    both = pd.concat([moments([1] * 48), moments([0] * 24 + [5] * 24, hours=12.0)], ignore_index=True)
    sheet = book(both)["Days"]

    assert [("4\u00a0h", 1, 1), ("12\u00a0h", 0, 5)] == [
        tuple(c.value for c in col[1:]) for col in list(sheet.columns)[1:3]
    ]


def test_one_shade_means_one_count_on_every_sheet():
    """The conditional formats of both maps have the same limits: the steps of the whole."""
    both = pd.concat([moments([1] * 24), moments([10] * 24, hours=12.0)], ignore_index=True)
    limits = [
        {tuple(rule.formula) for rules in book(both)[name].conditional_formatting for rule in rules.rules}
        for name in ("4 h", "12 h")
    ]

    assert {(str(a), str(b)) for a, b in bins(10)} == limits[0] == limits[1]


def worst_of(frame, place):
    """The worst moment as the table has it: two people become critical then, whatever the map counts."""
    return frame.iloc[[place]].assign(worse=2, closing=1, last_72h=3)


def test_the_map_outlines_the_worst_moment_of_the_table():
    """More people lose hours at another: the gravest moment is one, in both."""
    frame = moments([9 if n == 3 else 1 for n in range(48)])
    picture = ET.fromstring(heat_map(frame, ZONE, "en", services="GCKey", worst=worst_of(frame, 16)))
    (outline,) = (box for box in picture.iter(f"{SVG}rect") if box.get("fill") == "none")

    assert str(16 * 7) == outline.get("y")


def test_each_week_of_the_map_has_its_date():
    """A month's name alone does not say which column is which day."""
    frame = moments([1] * 24 * 21)
    picture = heat_map(frame, ZONE, "en", services="GCKey", worst=worst_of(frame, 0))

    assert all(f">Sep\u00a0{day}, 2026<" in picture for day in (9, 16, 23))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "beginning on Sep\u00a09, 2026, 16:00 Ottawa\u00a0time. Level up to critical or high: 2\u00a0people"),
        (
            "fr",
            "début le 9\u00a0sept.\u00a02026 à 16\u00a0h, heure d’Ottawa. "
            "Niveau qui monterait à Critique ou à Élevé\u00a0: 2\u00a0personnes",
        ),
    ],
)
def test_the_map_says_in_words_what_it_shows(language, said):
    """The description and the line under the panel name the worst moment; services are escaped."""
    frame = moments([3 if n == 16 else 1 for n in range(48)])
    picture = ET.fromstring(heat_map(frame, ZONE, language, services="A & B <c>", worst=worst_of(frame, 16)))
    told = [text.text or "" for text in picture.iter(f"{SVG}text")]

    assert said in picture.find(f"{SVG}desc").text
    assert any(said in text for text in told)
    assert "A & B <c>" in picture.find(f"{SVG}title").text


def test_the_map_of_nobody():
    """With nothing to show it still says so."""
    frame = moments([0] * 24)

    assert "Nobody’s last days" in heat_map(frame, ZONE, "en", services="GCKey", worst=worst_of(frame, 0).head(0))


def test_an_hour_that_comes_twice_keeps_the_larger_count():
    """On the day the clocks go back, 01:00 comes twice: one cell, with the larger count."""
    day = grid(moments([1, 2, 7, *[0] * 22], start="2026-11-01T04:00:00Z"), ZONE)

    assert 24 == len(day)
    assert [7] == day.loc[day["hour"] == 1, "n"].tolist()


@pytest.mark.parametrize("most", [0, 1, 2, 5, 6, 23, 1000])
def test_the_steps_cover_every_count_once(most):
    """From one person to the most, without a gap, in at most as many steps as there are shades."""
    steps = bins(most)

    assert list(range(1, most + 1)) == [n for start, end in steps for n in range(start, end + 1)]
    assert len(steps) <= len(SHADES)


def test_words_on_shades_can_be_read():
    """Ink on paper keeps a contrast of at least 4.5 to 1."""

    def light(hexed):
        channels = np.array([int(hexed[n : n + 2], 16) for n in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    for count in range(1, 6):
        paper, ink = sorted(map(light, colour(count, bins(5))))
        assert ink / paper >= 4.5, count
