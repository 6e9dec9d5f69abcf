"""Which outages other offices' rules would count."""

import pytest
from makers import outages
from pandas.testing import assert_frame_equal

from reporter.errors import RulebookError
from reporter.rules.materiality import load_profiles, materiality

PROFILES = load_profiles()
TUESDAY = "2026-09-08T"


def counts(profile, began, ended, **facts):
    """What the profile says of one outage; the clock times are Ottawa's, on a Tuesday."""
    at = {"began_at": f"{TUESDAY}{began}-04:00", "ended_at": f"{TUESDAY}{ended}-04:00" if ended else None}
    frame = outages([{"services": "gckey", **at, **facts}])
    return materiality(frame, PROFILES)[f"counts_{profile}"].iloc[0]


@pytest.mark.parametrize(
    ("profile", "began", "ended", "facts", "expected"),
    [
        ("epo", "08:00", "08:01", {}, "last_day"),
        ("epo", "08:00", "12:00", {"kind": "planned"}, "last_day"),
        ("epo", "08:00", "11:59", {"kind": "planned", "announced_at": "2026-09-04T12:00-04:00"}, "no"),
        ("epo", "08:00", "11:59", {"kind": "planned", "announced_at": "2026-09-07T12:00-04:00"}, "unknown"),
        ("epo", "08:00", "11:59", {"kind": "planned"}, "unknown"),
        ("epo", "08:00", None, {"kind": "planned"}, "unknown"),
        ("epo", "08:00", None, {"kind": "planned", "announced_at": "2026-09-01T12:00-04:00"}, "unknown"),
        ("epo", "08:00", "12:00", {"verification": "press"}, "no"),
        ("epo", "08:00", "12:00", {"kind": "degraded"}, "no"),
        ("pct", "08:00", "08:01", {}, "last_day"),
        ("pct", "08:00", "08:01", {"verification": "unverified"}, "no"),
        ("us-nhd", "12:00", "13:00", {}, "no"),
        ("us-nhd", "12:00", "13:01", {}, "last_day"),
        ("us-nhd", "06:00", "12:30", {}, "no"),
        ("us-nhd", "12:00", "18:00", {"kind": "planned"}, "no"),
        ("us-nhd", "12:00", "18:00", {"kind": "degraded"}, "no"),
        ("us-nhd", "12:00", "18:00", {"kind": "intermittent"}, "last_day"),
        ("us-nhd", "12:00", None, {}, "unknown"),
        ("us-wawd", "08:00", "10:00", {}, "no"),
        ("us-wawd", "08:00", "10:01", {}, "last_day"),
        ("us-wawd", "16:00", "17:00", {}, "no"),
        ("us-wawd", "16:59", "17:01", {}, "last_day"),
        ("office", "08:00", "08:01", {"verification": "press"}, "last_day"),
        ("office", "08:00", "18:00", {"verification": "user_report"}, "no"),
        ("office", "08:00", None, {}, "last_day"),
        ("office", "08:00", "18:00", {"status": "cancelled"}, "no"),
    ],
)
def test_a_rule_counts_what_its_text_says(profile, began, ended, facts, expected):
    """On either side of each limit of each rule."""
    assert expected == counts(profile, began, ended, **facts)


def test_a_night_of_several_days_is_counted_by_its_longest_afternoon():
    """From late one evening to the second morning there is one whole afternoon."""
    assert "last_day" == counts("us-nhd", "23:30", None, ended_at="2026-09-10T06:00-04:00")


@pytest.mark.parametrize(
    ("began", "ended", "expected"),
    [
        ("2026-03-08T00:00-05:00", "2026-03-08T04:59-04:00", "unknown"),
        ("2026-03-08T00:00-05:00", "2026-03-08T05:00-04:00", "last_day"),
        ("2026-11-01T00:00-04:00", "2026-11-01T02:59-05:00", "unknown"),
        ("2026-11-01T00:00-04:00", "2026-11-01T03:00-05:00", "last_day"),
    ],
)
def test_hours_are_those_that_went_by(began, ended, expected):
    """Four hours of planned work over both changes of the clocks, whatever the wall shows."""
    assert expected == counts("epo", "00:00", None, began_at=began, ended_at=ended, kind="planned")


def test_an_afternoon_is_one_also_on_the_day_the_clocks_change():
    """From noon on, on Ottawa's clock: the hour that is lost or won is of the night."""
    at = {"began_at": "2026-03-08T11:00-04:00", "ended_at": "2026-03-08T13:01-04:00"}

    assert "last_day" == counts("us-nhd", "00:00", None, **at)


def test_the_facts_stay_as_they_are():
    """A yardstick changes nothing that is measured."""
    frame = outages([{"services": "gckey", "began_at": f"{TUESDAY}08:00Z", "ended_at": f"{TUESDAY}09:00Z"}])
    before = frame.copy()
    columns = materiality(frame, PROFILES)

    assert_frame_equal(before, frame)
    assert {f"counts_{key}" for key in PROFILES} == {*columns}


def test_without_outages_there_are_no_answers():
    """An empty record gives the columns without rows."""
    assert (0, len(PROFILES)) == materiality(outages([]), PROFILES).shape


@pytest.mark.parametrize("key", PROFILES)
def test_every_rule_is_cited_and_told_in_both_languages(key):
    """A reader can look it up, and is told how sure we are."""
    profile = PROFILES[key]

    assert all((profile.cite, profile.title.en, profile.title.fr, profile.note.en, profile.note.fr))
    assert profile.link.startswith("http") or profile.confidence == "unverified"


@pytest.mark.parametrize("text", ["[x", "[x]\ncite = 'y'", "[x]\nneeds = 'hearsay'"])
def test_a_rule_that_cannot_be_used_stops_the_program(tmp_path, text):
    """A typo in a rule would be a silent error."""
    (tmp_path / "materiality.toml").write_text(text)
    with pytest.raises(RulebookError, match=r"materiality\.toml"):
        load_profiles(tmp_path)


def test_answers_are_of_a_closed_list():
    """Whatever the outage."""
    frame = outages(
        [
            {"services": "gckey", "began_at": f"{TUESDAY}08:00Z", "ended_at": end, "kind": kind, "verification": who}
            for end in (None, f"{TUESDAY}20:00Z")
            for kind in ("unplanned", "planned", "degraded", "security")
            for who in ("official", "press", "user_report", "unverified")
        ]
    )

    assert {*materiality(frame, PROFILES).to_numpy().ravel()} <= {"yes", "last_day", "no", "unknown"}
