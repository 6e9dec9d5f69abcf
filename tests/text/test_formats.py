"""Dates become instants in one place, and instants become local time by one copy of the rules."""

import re

import makers
import pandas as pd
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as some

from reporter import resources
from reporter.engine.closing import closing_instant, days_off, move, opening_instant
from reporter.rules.load import federal_holidays
from reporter.rules.wording import service_phrase
from reporter.text import formats
from reporter.text.time_zones import ZONES, zone


def dates(*texts):
    return pd.Series([pd.Timestamp(text) for text in texts]).astype("datetime64[us]")


@pytest.mark.parametrize(
    ("place", "instant", "hour"),
    [
        ("America/Vancouver", "2026-12-15T00:00Z", "17:00"),
        ("America/Edmonton", "2026-12-15T00:00Z", "18:00"),
        ("America/Winnipeg", "2026-12-15T00:00Z", "19:00"),
        ("America/Toronto", "2026-12-15T00:00Z", "19:00"),
        ("America/St_Johns", "2026-12-15T00:00Z", "20:30"),
        ("America/Regina", "2026-12-15T00:00Z", "18:00"),
        ("America/Toronto", "2026-09-16T00:00Z", "20:00"),
        ("America/Vancouver", "2026-02-01T00:00Z", "16:00"),
    ],
)
def test_local_time_follows_the_law_of_2026(place, instant, hour):
    """British Columbia, Alberta and Manitoba keep one clock from November 2026; Ontario still changes."""
    assert hour == pd.Timestamp(instant).tz_convert(zone(place)).strftime("%H:%M")


def test_every_province_has_a_zone():
    """Each zone named for a province or territory exists."""
    assert 13 == len(ZONES)
    assert all(zone(name).utcoffset(pd.Timestamp("2026-12-15")) is not None for name in ZONES.values())


@pytest.mark.parametrize("on", ["2026-03-08", "2026-11-01", "2026-12-31", "2028-02-29"])
def test_an_online_date_closes_at_midnight_utc(on):
    """Whatever the local clock does that day, the date closes at 00:00 UTC of the next."""
    closed = closing_instant(dates(on), "utc").iloc[0]

    assert pd.Timestamp(on, tz="UTC") + pd.Timedelta(days=1) == closed


@pytest.mark.parametrize(
    ("on", "closes"),
    [("2026-03-08", "2026-03-09T04:00Z"), ("2026-11-01", "2026-11-02T05:00Z"), ("2026-07-01", "2026-07-02T04:00Z")],
)
def test_a_local_date_closes_at_local_midnight(on, closes):
    """A clock in a zone follows that zone across both changes."""
    assert pd.Timestamp(closes) == closing_instant(dates(on), "America/Toronto").iloc[0]
    assert pd.Timestamp(closes) == opening_instant(dates(on) + pd.Timedelta(days=1), "America/Toronto").iloc[0]


@pytest.mark.parametrize(
    ("phrase", "moved"),
    [
        ("on the day", "2024-02-29"),
        ("90 days after", "2024-05-29"),
        ("120 days before", "2023-11-01"),
        ("10 years after", "2034-02-28"),
        ("4 years after", "2028-02-29"),
    ],
)
def test_dates_move_by_the_phrases_of_the_rulebook(phrase, moved):
    """Days are calendar days; a year on from a leap day is the last of February where there is none."""
    assert pd.Timestamp(moved) == move(dates("2024-02-29"), phrase).iloc[0]


def test_weekends_and_holidays_are_marked_and_move_nothing():
    """A Saturday, a Sunday and a federal holiday are marked; a Wednesday is not."""
    on = dates("2026-09-12", "2026-09-13", "2026-07-01", "2026-09-30", "2026-09-09")

    assert [True, True, True, True, False] == days_off(on, federal_holidays()).tolist()


def test_a_missing_date_stays_missing():
    """No date closes at no instant: nothing is made up."""
    assert closing_instant(dates("NaT"), "utc").isna().all()


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "0 h"), (0.75, "45 min"), (1.8333, "1 h 50 min"), (24, "24 h"), (0.004, "0 h")]
)
def test_lengths_are_said_to_the_minute(hours, said):
    """Hours and minutes, with no-break spaces."""
    assert said == formats.span(hours).replace(formats.NBSP, " ")


def test_french_and_english_say_the_same_day():
    """`1er` for the first, a place for the zone, and a 24-hour clock in both."""
    at = pd.Timestamp("2026-10-01T22:00Z")

    assert "Oct 1, 2026, 18:00 Ottawa time" == formats.clock(at, zone("America/Toronto")).replace(formats.NBSP, " ")
    assert "1er oct. 2026 à 18 h, heure d’Ottawa" == formats.clock(at, zone("America/Toronto"), "fr").replace(
        formats.NBSP, " "
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_plural_rules_are_those_that_babel_carries(language):
    """For every count that could stand in a report, and at the edges of whole millions."""
    theirs = Locale.parse(language).plural_form
    edges = [n + by for n in (10**6, 2 * 10**6, 10**7, 10**9) for by in (-1, 0, 1)]

    assert [theirs(n) for n in [*range(2_000), *edges]] == [formats.form(n, language) for n in [*range(2_000), *edges]]


@pytest.mark.parametrize(
    ("count", "en", "fr"), [(0, "0 days", "0 jour"), (1, "1 day", "1 jour"), (2, "2 days", "2 jours")]
)
def test_plurals_follow_the_language(count, en, fr):
    """French counts zero as singular."""
    assert en == formats.plural(count, "day", "days").replace(formats.NBSP, " ")
    assert fr == formats.plural(count, "jour", "jours", "fr").replace(formats.NBSP, " ")


@pytest.mark.parametrize(
    ("count", "fr"),
    [(1_000_000, "1 000 000 de jours"), (1_000_001, "1 000 001 jours"), (3_000_000, "3 000 000 de jours")],
)
def test_whole_millions_take_de_in_french(count, fr):
    """The form that CLDR calls many; a word without one takes the ordinary plural."""
    plain = str.maketrans({formats.NBSP: " ", formats.THIN: " "})

    assert fr == formats.plural(count, "jour", "jours", "fr", many="de jours").translate(plain)
    assert formats.plural(count, "élevé", "élevés", "fr").endswith("élevés")


@pytest.mark.parametrize(
    ("keys", "en", "fr"),
    [
        (["ircc_secure_account"], "The IRCC secure account is down", "Le compte sécurisé d’IRCC est en panne"),
        (["quebec_mifi"], "The Quebec online services (Arrima, CAQ) are down",
         "Les services en ligne du Québec (Arrima, CAQ) sont en panne"),
        (["employer_portal", "epay"], "The Employer Portal or online payment is down",
         "Le Portail des employeurs ou le paiement en ligne est en panne"),
    ],
)  # fmt: skip
def test_a_service_has_its_article_and_its_verb_in_a_sentence(keys, en, fr):
    """One place says so for every judgement: a template names the services and asks them for the verb."""
    templates = {"en": "{services} {services:is|are} down", "fr": "{services} {services:est|sont} en panne"}
    said = {
        language: formats.capitalized(template.format(services=service_phrase(keys, makers.RULEBOOK, language)))
        for language, template in templates.items()
    }

    assert {"en": en, "fr": fr} == said


def test_every_service_of_ours_stands_in_a_sentence():
    """Its phrase begins small, but for a proper name, and its French has an article or is one."""
    phrases = {key: service.phrase for key, service in makers.RULEBOOK.services.items()}
    bare = {key for key, one in phrases.items() if not re.match(r"(le|la|les|un|tous les) |l’", one.fr)}

    assert {"iec"} == bare  # a program of that name
    assert [] == [
        key
        for key, one in phrases.items()
        if one.fr.startswith(("les ", "tous ")) != makers.RULEBOOK.services[key].is_plural
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "{n}_personnes doivent déposer", "à {n}_de ces {people}_personnes", "{lost} des 72_dernières heures",
        "RIPR 182, 183 ; {left} avant le {closes}, 0.5 heure",
    ],
)  # fmt: skip
def test_a_number_and_its_noun_stay_on_one_line_in_french(sentence):
    """A blank between them does not break; other blanks do."""
    plain = sentence.replace("_", " ")

    assert sentence.replace("_", formats.NBSP) == formats.held_numbers(plain)


def test_phrases_are_joined_as_each_language_does():
    """French sets a blank that does not break before a semicolon."""
    assert ("a; b", "a\u00a0; b") == tuple(formats.join_phrases(["a", "b"], language) for language in ("en", "fr"))


@pytest.mark.parametrize(
    ("at", "en", "fr"),
    [
        ("2026-11-01T04:59Z", "00:59 Ottawa time", "0 h 59, heure d’Ottawa"),
        ("2026-11-01T05:30Z", "01:30 Ottawa time (EDT)", "1 h 30, heure d’Ottawa (HAE)"),
        ("2026-11-01T06:30Z", "01:30 Ottawa time (EST)", "1 h 30, heure d’Ottawa (HNE)"),
        ("2026-11-01T07:00Z", "02:00 Ottawa time", "2 h, heure d’Ottawa"),
        ("2026-03-08T07:00Z", "03:00 Ottawa time", "3 h, heure d’Ottawa"),
    ],
)
def test_the_hour_that_comes_twice_says_which_it_is(at, en, fr):
    """A place names the clock; in one hour of autumn the letters of the zone stand beside it."""
    told = [formats.clock(pd.Timestamp(at), zone("America/Toronto"), language) for language in ("en", "fr")]
    said = [text.replace(formats.NBSP, " ") for text in told]

    assert [True, True] == [text.endswith(end) for text, end in zip(said, (f" {en}", f" {fr}"), strict=True)]


def test_no_report_joins_its_phrases_by_hand():
    """A semicolon put between two phrases by a literal would stand without its blank in French."""
    rooms = (resources.PACKAGE / "report").rglob("*.py")

    assert [] == [path.name for path in rooms if '"; ".join' in path.read_text("utf-8")]


@given(
    some.lists(some.integers(-2_000_000_000, 9_000_000_000), max_size=8),
    some.sampled_from(sorted({*ZONES.values(), "UTC"})),
    some.sampled_from(["en", "fr"]),
)
def test_many_instants_are_said_as_each_by_itself(seconds, name, language):
    """Taken to a place's clock together or one by one, in the hour that comes twice as in any other."""
    autumn = [1793516400 + half * 1800 for half in range(6)]  # November 1, 2026, around the change of clocks
    instants = pd.DatetimeIndex(pd.to_datetime([*seconds, *autumn], unit="s", utc=True))

    assert [formats.clock(at, zone(name), language) for at in instants] == formats.clocks(
        instants, zone(name), language
    )
