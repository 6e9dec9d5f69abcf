"""French notices, and notices in both languages."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import RULEBOOK
from readings import bounds, only, utc

from reporter.outages.notice.read import read_notice
from reporter.rules.load import service_names

NAMES = service_names(RULEBOOK)
CAPTURED = pd.Timestamp("2026-06-05T12:00Z")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def read(text, *, page="", captured=CAPTURED):
    return read_notice(text, NAMES, page=page, captured_at=captured)


def codes(reading):
    return {problem.code for problem in reading.problems}


@pytest.mark.parametrize(
    "words",
    [
        "de 00h00 à 05h30 (heure de l’Est) le mardi 9 juin 2026",
        "de 0 h à 5 h 30, heure de l'Est, le mardi 9 juin 2026",
        "le mardi 9 juin 2026, de minuit à 5 h 30 (HE)",
        "le 9 juin 2026 de 0 h 00 à 5 h 30 (heure avancée de l’Est)",
        "le 9 juin, entre minuit et 5 h 30 HAE",
        "de 00:00 à 05:30 HAE le 9 juin 2026",
        "de 0 à 5 h 30 HE le 9 juin 2026",
        "du 9 juin 2026 à 0 h au 9 juin 2026 à 5 h 30 (HAE)",
        "du lundi 8 juin 2026, 24 h, au mardi 9 juin 2026, 5 h 30 (HAE)",
        "à compter de 0 h le 9 juin 2026 jusqu’à 5 h 30, heure de l’Est",
        "DE 0 H À 5 H 30 (HE) LE MARDI 9 JUIN 2026",
        "de 0\u00a0h\u00a0à 5\u202fh\u202f30 (HE) le mardi 9\u00a0juin\u00a02026",
    ],
)
def test_one_window_in_every_order_of_words(words):
    """Heures, date et fuseau dans tous les ordres observés, avec ou sans accents et espaces insécables."""
    reading = read(f"Le service CléGC inventé sera indisponible {words}.")

    assert ([(utc("2026-06-09T00:00-04:00"), utc("2026-06-09T05:30-04:00"))], "gckey", "planned") == (
        bounds(reading),
        only(reading)["services"],
        only(reading)["kind"],
    )


@pytest.mark.parametrize(
    "words",
    [
        "du 8 juin, 22 h, au 9 juin, 2 h",
        "du lundi 8 juin 2026 à 22 h au mardi 9 juin 2026 à 2 h (HE)",
        "de 22 h le 8 juin à 2 h le 9 juin 2026",
        "le 8 juin 2026 de 22 heures à 2 heures",
        "dans la nuit du 8 au 9 juin 2026, de 22 h à 2 h",
    ],
)
def test_a_window_over_midnight(words):
    """The end falls on the next day, told or not."""
    reading = read(f"CléGC sera indisponible {words}.")

    assert [(utc("2026-06-08T22:00-04:00"), utc("2026-06-09T02:00-04:00"))] == bounds(reading)


def test_midi_and_the_first_of_the_month():
    """`midi` is noon and `1er` the first."""
    reading = read("CléGC ne sera pas accessible le 1er juillet 2026, de midi à 13 h 15 (HE).")

    assert [(utc("2026-07-01T12:00-04:00"), utc("2026-07-01T13:15-04:00"))] == bounds(reading)


@pytest.mark.parametrize(
    ("words", "began", "is_wrong"),
    [
        ("14 juillet 2026 de 1 h à 2 h (HNE)", "2026-07-14T01:00-04:00", True),
        ("14 janvier 2026 de 1 h à 2 h (HAE)", "2026-01-14T01:00-05:00", True),
        ("14 juillet 2026 de 1 h à 2 h (heure normale de l’Est)", "2026-07-14T01:00-04:00", True),
        ("14 juillet 2026 de 1 h à 2 h (HAE)", "2026-07-14T01:00-04:00", False),
        ("14 juillet 2026 de 1 h à 2 h (HP)", "2026-07-14T01:00-07:00", False),
        ("14 juillet 2026 de 1 h à 2 h (heure de l’Atlantique)", "2026-07-14T01:00-03:00", False),
    ],
)
def test_french_zone_labels(words, began, is_wrong):
    """HNE en été et HAE en hiver sont signalées ; les règles du fuseau comptent."""
    reading = read(f"CléGC sera indisponible le {words}.")

    assert (utc(began), is_wrong) == (only(reading)["began_at"], "tz_label_mismatch" in codes(reading))


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("pendant environ 30 minutes", 30),
        ("pendant une heure", 60),
        ("; panne d’environ 15 minutes", 15),
        ("; interruption de service d’une demi-heure", 30),
        ("pendant 2 heures", 120),
        ("pendant 10 à 15 minutes", 15),
    ],
)
def test_a_duration_gives_the_end(words, minutes):
    """Une durée donne la fin ; d'un intervalle, la plus longue."""
    reading = read(f"CléGC sera indisponible le 9 juin 2026 à 22 h (HE) {words}.")

    assert pd.Timedelta(minutes=minutes) == only(reading)["ended_at"] - only(reading)["began_at"]


def test_until_further_notice_stays_open():
    """« jusqu'à nouvel ordre » is an open end, and no fault."""
    reading = read("CléGC sera indisponible à compter du 8 juin 2026, 22 h (HE), jusqu’à nouvel ordre.")

    assert (True, {"notice_open_end"}) == (pd.isna(only(reading)["ended_at"]), codes(reading))


@pytest.mark.parametrize(
    ("text", "service", "kind"),
    [
        ("CléGC est actuellement indisponible.", "gckey", "unplanned"),
        ("Nos services en ligne sont indisponibles.", "ircc_online", "unplanned"),
        ("Le portail de résidence permanente est en panne.", "pr_portal", "unplanned"),
        ("Le formulaire Web d’IRCC connaît des problèmes techniques.", "web_form", "unplanned"),
        ("Le portail d’IRCC est ralenti.", "ircc_portal", "degraded"),
        ("Le système AVE est indisponible.", "eta_form", "unplanned"),
    ],
)
def test_down_at_this_moment(text, service, kind):
    """Sans heure, la panne commence à la saisie et reste ouverte ; un service ralenti n'est pas en panne."""
    reading = read(text)

    assert (service, kind, CAPTURED, {"notice_began_at_capture"}) == (
        only(reading)["services"],
        only(reading)["kind"],
        only(reading)["began_at"],
        codes(reading),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Le site inventé pourrait être indisponible pour diverses raisons.", "notice_static_help"),
        ("Si le service est indisponible, attendez un peu.", "notice_static_help"),
        ("CléGC est de nouveau disponible ; la panne est terminée.", "notice_restored"),
        ("CléGC sera indisponible de 22 h à 23 h.", "notice_no_date"),
        ("CléGC sera indisponible de 22 h à 23 h le 31 juin 2026.", "notice_no_such_date"),
    ],
)
def test_what_is_no_readable_outage_is_refused_with_the_reason(text, reason):
    """Aucune fiche ; le fragment et sa raison."""
    reading = read(text)

    assert (0, [(text, reason)]) == (len(reading.outages), list(reading.refused))


def test_ce_service_en_ligne_is_what_the_page_says():
    """The French address is looked up too."""
    page = "https://www.canada.ca/fr/immigration-refugies-citoyennete/services/demande/compte.html"
    reading = read("Ce service en ligne sera indisponible de 22 h à 23 h (HE) le 8 juin 2026.", page=page)

    assert ("ircc_secure_account", "official") == (only(reading)["services"], only(reading)["verification"])


def test_a_weekday_that_is_not_that_date_is_told_in_french():
    """The message names both weekdays in the reader's language."""
    reading = read("CléGC sera indisponible de 1 h à 2 h (HE) le lundi 9 juin 2026.")
    (message,) = [problem.message("fr") for problem in reading.problems]

    assert "mardi" in message
    assert "lundi" in message


ENGLISH = "GCKey will be unavailable from 12:00 a.m. to 5:30 a.m. ET on Tuesday, June 9, 2026."


def test_two_languages_that_agree_are_one_outage():
    """The English and the French of one window count once, with both texts kept."""
    reading = read(f"{ENGLISH}\n\nCléGC sera indisponible de 0 h à 5 h 30 (HE) le mardi 9 juin 2026.")

    assert (1, (), True) == (len(reading.outages), reading.problems, "CléGC" in next(iter(reading.raw.values())))


def test_two_languages_that_disagree_lose_no_down_time():
    """Of two overlapping windows the longer reach counts, with a problem."""
    reading = read(f"{ENGLISH}\n\nCléGC sera indisponible de 0 h à 6 h 30 (HE) le mardi 9 juin 2026.")

    assert ([(utc("2026-06-09T00:00-04:00"), utc("2026-06-09T06:30-04:00"))], {"notice_languages_disagree"}) == (
        bounds(reading),
        codes(reading),
    )


def test_two_languages_on_different_days_are_both_kept():
    """The French of another day is another outage until somebody looks, with a problem on each."""
    reading = read(f"{ENGLISH}\n\nCléGC sera indisponible de 0 h à 5 h 30 (HE) le mercredi 10 juin 2026.")

    assert (2, ["notice_languages_disagree"] * 2) == (len(reading.outages), [p.code for p in reading.problems])


def test_two_english_windows_and_one_french_lose_no_down_time():
    """The French of one of them with a later end is joined to that one; nothing vanishes."""
    more = "GCKey will be unavailable from 1 to 2 a.m. ET on June 11, 2026."
    reading = read(f"{ENGLISH}\n\n{more}\n\nCléGC sera indisponible de 0 h à 6 h 30 (HE) le mardi 9 juin 2026.")

    assert [utc("2026-06-09T06:30-04:00"), utc("2026-06-11T02:00-04:00")] == reading.outages["ended_at"].to_list()


def test_the_other_language_may_name_the_service():
    """A service that only one of the two texts names is the service of both."""
    english = ENGLISH.replace("GCKey", "The invented thing")
    reading = read(f"{english}\n\nCléGC sera indisponible de 0 h à 5 h 30 (HE) le mardi 9 juin 2026.")

    assert ("gckey", ()) == (only(reading)["services"], reading.problems)


def civil(at):
    return f"{DAYS[at.weekday()]} {'1er' if at.day == 1 else at.day} {MONTHS[at.month - 1]} {at.year}"


def clock(at):
    return f"{at.hour} h {at.minute:02d}" if at.minute else f"{at.hour} h"


def label(at):
    return {"EST": "HNE", "EDT": "HAE"}[at.tzname()]


TEMPLATES = [
    lambda a, b: f"du {civil(a)}, {clock(a)} ({label(a)}), au {civil(b)}, {clock(b)} ({label(b)})",
    lambda a, b: f"du {civil(a)} à {clock(a)} {label(a)} au {civil(b)} à {clock(b)} {label(b)}",
    lambda a, b: f"de {clock(a)} ({label(a)}) le {civil(a)} à {clock(b)} ({label(b)}) le {civil(b)}",
    lambda a, b: f"entre {a:%Hh%M} {label(a)} le {civil(a)} et {b:%Hh%M} {label(b)} le {civil(b)}",
]


@settings(max_examples=120, deadline=None)
@given(minutes=st.integers(0, 5 * 366 * 24 * 12), length=st.integers(1, 36 * 12), template=st.sampled_from(TEMPLATES))
def test_a_window_written_out_reads_back(minutes, length, template):
    """Any window from 2024 on, in any of the wordings, comes back to its instants."""
    began = pd.Timestamp("2024-01-01T05:00Z") + pd.Timedelta(minutes=5 * minutes)
    ended = began + pd.Timedelta(minutes=5 * length)
    local = [at.tz_convert("America/Toronto") for at in (began, ended)]
    reading = read(f"CléGC sera indisponible {template(*local)}.", captured=began)

    assert [(began, ended)] == bounds(reading)


@pytest.mark.parametrize("change", ["2026-03-08T05:00Z", "2026-11-01T04:00Z"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_windows_in_the_nights_the_clocks_change_read_back(change, template):
    """Every half hour of both nights comes back to its instants."""
    for step in range(12):
        began = pd.Timestamp(change) + pd.Timedelta(minutes=30 * step)
        ended = began + pd.Timedelta(minutes=90)
        local = [at.tz_convert("America/Toronto") for at in (began, ended)]
        reading = read(f"CléGC sera indisponible {template(*local)}.", captured=began)

        assert [(began, ended)] == bounds(reading)
