"""English notices to draft outages, or refused with a reason."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from makers import RULEBOOK
from readings import only, utc

from reporter.model.shapes import OUTAGES, require
from reporter.outages.notice.read import read_notice
from reporter.rules.load import service_names
from reporter.text.catalogue import problem_sentences

NAMES = service_names(RULEBOOK)
CAPTURED = pd.Timestamp("2026-06-05T12:00Z")
IRCC = "https://www.canada.ca/en/immigration-refugees-citizenship/services/"
ACCOUNT = IRCC + "application/account.html"


def read(text, *, page="", captured=CAPTURED, **options):
    at = utc(captured) if isinstance(captured, str) else captured
    return read_notice(text, NAMES, page=page, captured_at=at, **options)


def bounds(reading):
    return [
        (began, None if pd.isna(ended) else ended)
        for began, ended in zip(reading.outages["began_at"], reading.outages["ended_at"], strict=True)
    ]


def codes(reading):
    return {problem.code for problem in reading.problems}


def reasons(reading):
    return [code for _, code in reading.refused]


WINDOW = (utc("2026-06-09T00:00-04:00"), utc("2026-06-09T05:30-04:00"))


@pytest.mark.parametrize(
    "words",
    [
        "from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday, June 9, 2026, for invented work",
        "from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday June 9, 2026, for invented work",
        "from 12:00 a.m. to 5:30 a.m. Tuesday, June 9, 2026, Eastern time, for invented work",
        "from 12:00 a.m. to 5:30 a.m. Tuesday, June 9, 2026 Eastern time for invented work",
        "from 12:00 a.m. to 5:30 a.m. Eastern time on Tuesday June 9, 2026 for invented work",
        "on June 9, 2026, from 12 to 5:30 am ET for invented work",
        "from 12:00 am to 5:30 am ET on June 9, 2026",
        "on June 9 from 12:00am to 5:30am ET",
        "June 9, 2026 12:00AM - 5:30AM (EDT)",
        "between midnight and 5:30 a.m. (Eastern daylight time) on 9 June 2026",
        "on 2026-06-09, 00:00–05:30 Ottawa time",
        "from midnight June 9 to 5:30 a.m. June 9, 2026, ET",
        "from 9:00 p.m. PT on June 8 to 2:30 a.m. PT on June 9, 2026",
        "from 12 a.m. to 5:30 a.m. ET (9 p.m. to 2:30 a.m. PT), Tuesday, June 9, 2026",
        "from 12:00\u00a0a.m. to 5:30\u00a0a.m. ET on Tuesday, June\u00a09th, 2026",
    ],
)
def test_one_window_in_every_order_of_words(words):
    """Date, time and zone may come in any order, with or without weekday, comma and year."""
    reading = read(f"The invented GCKey service will be unavailable {words}.")

    assert ([WINDOW], "gckey", "planned", "announced") == (
        bounds(reading),
        *(only(reading)[name] for name in ("services", "kind", "status")),
    )


def test_the_draft_has_the_shape_of_an_outage():
    """What comes out is OUTAGES, in order, whatever came in."""
    for text in ("GCKey will be unavailable from 1 to 2 a.m. ET on June 9, 2026.", "", "nothing"):
        require(read(text).outages, OUTAGES)


@pytest.mark.parametrize(
    ("words", "began", "ended"),
    [
        ("from 10 p.m. June 8 to 2 a.m. June 9", "2026-06-08T22:00-04:00", "2026-06-09T02:00-04:00"),
        ("on June 8, 2026 from 10 p.m. to 2 a.m. ET", "2026-06-08T22:00-04:00", "2026-06-09T02:00-04:00"),
        ("from 10 p.m. to 2 a.m. ET, June 8 to 9, 2026", "2026-06-08T22:00-04:00", "2026-06-09T02:00-04:00"),
        ("from 10 p.m. to midnight ET on June 8, 2026", "2026-06-08T22:00-04:00", "2026-06-09T00:00-04:00"),
        (
            "from Friday, June 12 at 8 p.m. to Sunday, June 14 at 6 a.m. ET",
            "2026-06-12T20:00-04:00",
            "2026-06-14T06:00-04:00",
        ),
        (
            "from 10 p.m. ET on December 31 to 2 a.m. ET on January 1, 2027",
            "2026-12-31T22:00-05:00",
            "2027-01-01T02:00-05:00",
        ),
        (
            "from December 31, 2026 at 10 p.m. ET to January 1 at 2 a.m. ET",
            "2026-12-31T22:00-05:00",
            "2027-01-01T02:00-05:00",
        ),
    ],
)
def test_a_window_over_midnight(words, began, ended):
    """The end falls on the next day, told or not, also across a new year."""
    assert [(utc(began), utc(ended))] == bounds(read(f"GCKey will be unavailable {words}."))


@pytest.mark.parametrize(
    "text",
    [
        "GCKey will be unavailable on June 9, 2026, from 1 to 3 a.m. ET and on June 11, 2026, from 2 to 4 a.m. ET.",
        "GCKey will be unavailable:\n\n- June 9, 2026, from 1 to 3 a.m. ET\n- June 11, 2026, from 2 to 4 a.m. ET",
        "GCKey is down from 1 to 3 a.m. ET on June 9, 2026, then from 2 to 4 a.m. ET on June 11, 2026.",
    ],
)
def test_several_windows_in_one_notice(text):
    """Each window is an outage of its own."""
    expected = [
        (utc("2026-06-09T01:00-04:00"), utc("2026-06-09T03:00-04:00")),
        (utc("2026-06-11T02:00-04:00"), utc("2026-06-11T04:00-04:00")),
    ]

    assert expected == bounds(read(text))


def test_one_time_on_two_days():
    """`June 9 and 10` is two windows of the same hours."""
    reading = read("GCKey will be unavailable from 1 to 3 a.m. ET on June 9 and 10, 2026.")

    assert [utc("2026-06-09T01:00-04:00"), utc("2026-06-10T01:00-04:00")] == reading.outages["began_at"].to_list()


def test_a_list_takes_its_day_and_zone_from_the_sentence_above():
    """The items tell service and hours, the sentence above the date and the zone."""
    reading = read(
        "These will be unavailable on June 9, 2026 (Pacific time):\n\n"
        "- GCKey: 1 to 3 a.m.\n- Online payment: 2 to 4 a.m."
    )

    assert [("gckey", utc("2026-06-09T01:00-07:00")), ("epay", utc("2026-06-09T02:00-07:00"))] == list(
        zip(reading.outages["services"], reading.outages["began_at"], strict=True)
    )


def test_twelve_before_pm_is_noon_and_told():
    """`from 12 to 6 pm` is noon to six, with a doubt."""
    reading = read("The chatbot will be unavailable on May 31, 2026, from 12 to 6 pm ET for invented work.")

    assert ([(utc("2026-05-31T12:00-04:00"), utc("2026-05-31T18:00-04:00"))], {"notice_half_assumed"}) == (
        bounds(reading),
        codes(reading),
    )


@pytest.mark.parametrize(("captured", "year"), [("2026-06-05T00:00Z", 2026), ("2024-05-20T00:00Z", 2024)])
def test_a_missing_year_is_the_nearest_and_told(captured, year):
    """The year comes from the capture, with a warning."""
    reading = read("Online payment will be unavailable on May 12 from 12:00am to 1:30am ET.", captured=captured)

    assert (year, True) == (only(reading)["began_at"].year, "notice_year_assumed" in codes(reading))


@pytest.mark.parametrize(
    ("words", "began"),
    [
        ("January 13, 2026 from 1 to 2 a.m. EDT", "2026-01-13T01:00-05:00"),
        ("July 14, 2026 from 1 to 2 a.m. EST", "2026-07-14T01:00-04:00"),
        ("July 14, 2026 from 1 to 2 a.m. PST", "2026-07-14T01:00-07:00"),
        ("July 14, 2026 from 1 to 2 a.m. Eastern Standard Time", "2026-07-14T01:00-04:00"),
    ],
)
def test_a_wrong_zone_label_gives_way_to_the_date(words, began):
    """EST in summer and EDT in winter are told; the zone's rules on the date are used."""
    reading = read(f"GCKey will be unavailable on {words}.")

    assert (utc(began), True) == (only(reading)["began_at"], "tz_label_mismatch" in codes(reading))


@pytest.mark.parametrize(
    ("zone", "offset"), [("PT", "-07:00"), ("MT", "-06:00"), ("CT", "-05:00"), ("AT", "-03:00"), ("NT", "-02:30")]
)
def test_other_zones(zone, offset):
    """Pacific to Newfoundland, each by its own rules; no doubt is left."""
    reading = read(f"GCKey will be unavailable on July 14, 2026 from 1 to 2 a.m. {zone}.")

    assert (utc(f"2026-07-14T01:00{offset}"), set()) == (only(reading)["began_at"], codes(reading))


@pytest.mark.parametrize(
    ("offset", "doubts"), [("-02:30", set()), ("+05:30", set()), ("+03:30", {"tz_label_mismatch"})]
)
def test_half_hours_of_an_offset_are_ahead_or_behind(offset, doubts):
    """Of Newfoundland and of India; one that no listed place keeps is told."""
    reading = read(f"GCKey will be unavailable from 2026-07-14T01:00{offset} to 2026-07-14T03:00{offset}.")

    assert (doubts, not doubts) == (codes(reading), only(reading)["began_at"] == utc(f"2026-07-14T01:00{offset}"))


def test_without_a_zone_eastern_time_is_taken_and_told():
    """Nothing said of a zone: Eastern, with a note."""
    reading = read("GCKey will be unavailable on July 14, 2026 from 1 to 2 a.m.")

    assert (utc("2026-07-14T01:00-04:00"), {"notice_zone_assumed"}) == (only(reading)["began_at"], codes(reading))


def test_the_label_settles_the_hour_that_comes_twice():
    """In the November night, 1:30 a.m. EST is the second one."""
    reading = read("GCKey will be unavailable from 1:30 a.m. EST to 4 a.m. EST on November 1, 2026.")

    assert (utc("2026-11-01T01:30-05:00"), set()) == (only(reading)["began_at"], codes(reading))


def test_without_a_label_the_hour_that_comes_twice_loses_no_down_time():
    """In the November night a bare 1:30 a.m. is the first one, and told."""
    reading = read("GCKey will be unavailable from 1:30 a.m. to 4 a.m. ET on November 1, 2026.")

    assert (utc("2026-11-01T01:30-04:00"), {"notice_hour_twice"}) == (only(reading)["began_at"], codes(reading))


def test_a_weekday_that_is_not_that_date_is_told():
    """9 June 2026 is a Tuesday; the date is kept."""
    reading = read("GCKey will be unavailable from 1 to 2 a.m. ET on Monday, June 9, 2026.")

    assert (utc("2026-06-09T01:00-04:00"), {"notice_weekday_mismatch"}) == (only(reading)["began_at"], codes(reading))


def test_a_slip_of_am_and_pm_is_told_with_what_was_taken():
    """From 11 a.m. to 1 a.m. of one day: 1 p.m. is taken meanwhile."""
    reading = read("GCKey will be unavailable from 11:00 a.m. to 1:00 a.m. ET on June 9, 2026.")

    assert (utc("2026-06-09T13:00-04:00"), {"notice_half_slip"}) == (only(reading)["ended_at"], codes(reading))


def test_a_window_of_twelve_hours_and_a_bit_is_suspect():
    """From 9 p.m. to 9:10 a.m.: the longer window counts, and the ten minutes are proposed."""
    reading = read("GCKey will be unavailable from 9:00 PM to 9:10 AM EDT on June 9, 2026.")

    assert (utc("2026-06-10T09:10-04:00"), {"notice_half_suspect"}) == (only(reading)["ended_at"], codes(reading))


@pytest.mark.parametrize(
    ("words", "code"),
    [("until further notice", "notice_open_end"), ("for invented work", "notice_no_end")],
)
def test_an_end_that_is_not_told_stays_open(words, code):
    """`until further notice` and nothing at all: not known to have ended, and told which."""
    reading = read(f"GCKey will be unavailable starting at 10 p.m. ET on June 8, 2026, {words}.")

    assert ([(utc("2026-06-08T22:00-04:00"), None)], {code}) == (bounds(reading), codes(reading))


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("for approximately 30 minutes", 30), ("for about 10-15 minutes", 15), ("for 2 hours", 120), ("for an hour", 60)],
)
def test_a_duration_gives_the_end(words, minutes):
    """Of a range of minutes the longer counts."""
    reading = read(f"GCKey will be unavailable on June 9, 2026 at 10 p.m. ET {words}.")

    assert pd.Timedelta(minutes=minutes) == only(reading)["ended_at"] - only(reading)["began_at"]


def test_a_date_without_a_time_is_the_whole_day():
    """The day counts from midnight to midnight, in days' precision, with a doubt."""
    reading = read("GCKey will be unavailable on June 9, 2026 for invented work.")

    assert ("day", utc("2026-06-10T00:00-04:00"), {"notice_whole_day"}) == (
        only(reading)["precision"],
        only(reading)["ended_at"],
        codes(reading),
    )


@pytest.mark.parametrize(
    ("text", "service", "kind"),
    [
        ("GCKey is currently unavailable. Our invented team is on it.", "gckey", "unplanned"),
        ("GCKey is currently down.", "gckey", "unplanned"),
        ("The eTA system is experiencing delays.", "eta_form", "degraded"),
        ("Our online services are unavailable. Come back later.", "ircc_online", "unplanned"),
        ("The Call Centre is temporarily unavailable: technical difficulties.", "call_centre", "unplanned"),
    ],
)
def test_down_at_this_moment(text, service, kind):
    """Without a time the outage begins at the capture, is open, and says so."""
    reading = read(text)

    assert (service, kind, [(CAPTURED, None)], "ongoing", {"notice_began_at_capture"}) == (
        only(reading)["services"],
        only(reading)["kind"],
        bounds(reading),
        only(reading)["status"],
        codes(reading),
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("will be unavailable from 1 to 2 a.m. ET on June 9, 2026", "planned"),
        ("was unavailable from 1 to 2 a.m. ET on June 2, 2026", "unplanned"),
        ("has been unavailable since 1 a.m. ET on June 5, 2026", "unplanned"),
        ("was slow from 1 to 2 a.m. ET on June 2, 2026", "degraded"),
        ("was intermittently slow from 1 to 2 a.m. ET on June 2, 2026", "intermittent"),
        ("maintenance from 1 to 2 a.m. ET on June 9, 2026 may cause instability", "planned"),
        ("was unavailable after a cyber attack from 1 to 2 a.m. ET on June 2, 2026", "security"),
    ],
)
def test_the_kind_is_in_the_words(words, kind):
    """Planned, unplanned, degraded, intermittent, security: told apart; maintenance that may disturb is planned."""
    assert kind == only(read(f"GCKey {words}."))["kind"]


def test_an_expected_return_is_the_end_not_the_beginning():
    """`back by 5 p.m.`: down from the capture until then."""
    reading = read("GCKey is currently unavailable. We expect it back by 5 p.m. ET on June 5, 2026.")

    assert [(CAPTURED, utc("2026-06-05T17:00-04:00"))] == bounds(reading)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The invented site could be down for several reasons, including maintenance.", "notice_static_help"),
        ("If the service is unavailable, wait a little.", "notice_static_help"),
        ("GCKey is back online.", "notice_restored"),
        ("GCKey will be unavailable from 1 a.m. to 3 a.m. ET.", "notice_no_date"),
        ("GCKey will be unavailable soon.", "notice_no_time"),
        ("GCKey will be unavailable from 1 to 3 a.m. ET on June 31, 2026.", "notice_no_such_date"),
        ("GCKey will be down from June 9, 2026 at 5 p.m. to June 8, 2026 at 1 p.m.", "notice_ends_before_it_begins"),
        ("A walk in the park.", "notice_no_outage"),
        ("", "notice_no_outage"),
    ],
)
def test_what_is_no_readable_outage_is_refused_with_the_reason(text, reason):
    """No draft; the fragment as written and why."""
    reading = read(text)

    assert (0, [(text, reason)], {reason}) == (len(reading.outages), list(reading.refused), codes(reading))


def test_one_bad_window_costs_only_itself():
    """A date that does not exist is refused; its neighbour is kept."""
    reading = read("GCKey is unavailable:\n\n- June 31, 2026, 1 to 2 a.m. ET\n- July 1, 2026, 1 to 2 a.m. ET")

    assert ([utc("2026-07-01T01:00-04:00")], ["notice_no_such_date"]) == (
        reading.outages["began_at"].to_list(),
        reasons(reading),
    )


@pytest.mark.parametrize(("end", "status", "told"), [("5", "resolved", True), ("7", "resolved", False)])
def test_a_window_long_past_is_history(end, status, told):
    """More than thirty days before the capture it is kept as history only, with a warning."""
    reading = read(f"GCKey will be unavailable from 6 to 8 a.m. ET on May {end}, 2026.")

    assert (status, told) == (only(reading)["status"], "notice_stale" in codes(reading))


def test_a_cancelled_window_is_cancelled():
    """A notice that takes a window back keeps it, as cancelled."""
    reading = read("The GCKey maintenance of June 9, 2026, from 1 to 2 a.m. ET, has been cancelled.")

    assert "cancelled" == only(reading)["status"]


@pytest.mark.parametrize(
    ("page", "verification"),
    [
        ("https://www.canada.ca/en/account.html", "official"),
        ("https://ircc.canada.ca/x.asp", "official"),
        ("http://www.cic.gc.ca/x.asp", "official"),
        ("https://canada.ca", "official"),
        ("https://ca-ciconline.com/account.html", "unverified"),
        ("https://canada.ca.example.com/account.html", "unverified"),
        ("https://notcanada.ca/account.html", "unverified"),
        ("https://canada.ca@example.com/account.html", "unverified"),
        ("ftp://canada.ca/account.html", "unverified"),
        ("canada.ca/account.html", "unverified"),
        ("https://[broken/account.html", "unverified"),
        ("account.html", "unverified"),
        ("", "unverified"),
    ],
)
def test_only_the_governments_own_host_is_official(page, verification):
    """The host itself or one below it; a look-alike or a file name vouches for nothing."""
    reading = read("GCKey will be unavailable from 1 to 2 a.m. ET on June 9, 2026.", page=page)

    assert verification == only(reading)["verification"]


@pytest.mark.parametrize(
    ("page", "service"),
    [
        (ACCOUNT, "ircc_secure_account"),
        (IRCC + "application/register.html#choose", "ircc_secure_account"),
        (IRCC + "visit-canada/eta.html", "eta_form"),
        (IRCC + "application/check-status.html", "status_tracker"),
        (IRCC + "application/pr-portal.html", "pr_portal"),
        (IRCC + "contact-ircc/web-form.html", "web_form"),
        (IRCC + "fees/pay.html", "epay"),
        (IRCC + "employer-portal.html", "employer_portal"),
        ("https://www.canada.ca/fr/immigration/portail-employeurs.html", "employer_portal"),
        ("eta.html", "eta_form"),
    ],
)
def test_the_page_decides_what_this_online_service_means(page, service):
    """The address is looked up in the table, and the draft says so, whatever else the text names."""
    text = "This online service will be unavailable from 1 to 2 a.m. ET on June 9, 2026. Your GCKey stays as it is."
    reading = read(text, page=page)

    assert (service, True) == (only(reading)["services"], "notice_service_from_page" in codes(reading))


def test_an_unknown_page_leaves_the_service_unspecified():
    """Never none: unspecified, with a warning."""
    reading = read("This online service will be unavailable from 1 to 2 a.m. ET on June 9, 2026.", page="x.html")

    assert ("unspecified", {"notice_service_unknown"}) == (only(reading)["services"], codes(reading))


def test_two_services_in_one_sentence():
    """Both are named, in the order of the text."""
    reading = read("GCKey and Sign in Partner will be unavailable from 1 to 2 a.m. ET on June 9, 2026.")

    assert "gckey;signin_partner" == only(reading)["services"]


def test_the_same_notice_again_has_the_same_id():
    """Reading a page twice, days apart, adds nothing; another window has another id."""
    one, two = (
        read("GCKey will be down from 1 to 2 a.m. ET on June 9, 2026.", captured=at)
        for at in ("2026-06-05T00:00Z", "2026-06-08T00:00Z")
    )
    other = read("GCKey will be down from 1 to 2 a.m. ET on June 10, 2026.")

    assert only(one)["outage_id"] == only(two)["outage_id"] != only(other)["outage_id"]


def test_the_words_are_kept_by_id():
    """The raw text of each draft is at hand for the ledger and the linter."""
    text = "GCKey will be unavailable from 1 to 2 a.m. ET on June 9, 2026."
    reading = read(text)

    assert {only(reading)["outage_id"]: text} == reading.raw


def test_two_ends_of_one_window_lose_no_down_time():
    """The later end counts, and the draft says that there were two."""
    reading = read(
        "GCKey will be unavailable from 1 to 2 a.m. ET on June 9, 2026.\n\n"
        "GCKey will be unavailable from 1 to 3 a.m. ET on June 9, 2026."
    )

    assert (utc("2026-06-09T03:00-04:00"), {"notice_told_twice"}) == (only(reading)["ended_at"], codes(reading))


HISTORY = [
    ("Sign in Partner", "from 7:00 a.m. to 8:00 a.m. Eastern time on Tuesday May 8, 2018", "register.html",
     "signin_partner", "2018-05-08T07:00-04:00", "2018-05-08T08:00-04:00"),
    ("This online service", "from 3:30 a.m. to 5:30 a.m. Eastern time, on Tuesday, August 14, 2018",
     "check-status.html", "status_tracker", "2018-08-14T03:30-04:00", "2018-08-14T05:30-04:00"),
    ("This online service", "from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday, March 26, 2019",
     "medical-exams/requirements-temporary-residents.html#can", "panel_physician_finder",
     "2019-03-26T00:00-04:00", "2019-03-26T05:30-04:00"),
    ("The physical presence calculator", "from 12:00 a.m. to 5:30 a.m. Tuesday, March 26, 2019, Eastern time,",
     "canadian-armed-forces.html", "presence_calculator", "2019-03-26T00:00-04:00", "2019-03-26T05:30-04:00"),
    ("The physical presence calculator", "from 10:00 a.m. to 10:15 a.m. Eastern time on Thursday August 6, 2020",
     "answer.asp?qnum=370", "presence_calculator", "2020-08-06T10:00-04:00", "2020-08-06T10:15-04:00"),
    ("GCKey", "from 5:00 a.m. to 9:00 a.m. Sunday, August 21, 2022 Eastern time", "register.html#choose", "gckey",
     "2022-08-21T05:00-04:00", "2022-08-21T09:00-04:00"),
    ("Online Payment (EPAY)", "from 10:00 a.m. to 10:30 a.m. Eastern time, on Tuesday, August 23, 2022",
     "account.html", "epay", "2022-08-23T10:00-04:00", "2022-08-23T10:30-04:00"),
    ("The Permanent Residence Portal", "from 6:00 p.m. to 10:00 p.m. Eastern time on Tuesday April 18, 2023",
     "quebec-skilled-workers/apply.html", "pr_portal", "2023-04-18T18:00-04:00", "2023-04-18T22:00-04:00"),
    ("The eTA application form", "from 12:00 am to 5:30 am ET on November 11, 2025", "eta.html", "eta_form",
     "2025-11-11T00:00-05:00", "2025-11-11T05:30-05:00"),
    ("Our chatbot (Quaid)", "on May 31, 2026, from 12 to 6 pm ET", "web-form.html", "chatbot",
     "2026-05-31T12:00-04:00", "2026-05-31T18:00-04:00"),
    ("This online service", "from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday, June 9, 2026", "account.html",
     "ircc_secure_account", "2026-06-09T00:00-04:00", "2026-06-09T05:30-04:00"),
    ("The eTA application form", "from 12:00 am to 5:30 am ET on June 9, 2026", "eta.html", "eta_form",
     "2026-06-09T00:00-04:00", "2026-06-09T05:30-04:00"),
    ("This online service", "from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday, September 8, 2026",
     "account.html", "ircc_secure_account", "2026-09-08T00:00-04:00", "2026-09-08T05:30-04:00"),
    ("The online payments system", "on May 12 from 12:00am to 1:30am ET", "fees-pay.html", "epay",
     "2026-05-12T00:00-04:00", "2026-05-12T01:30-04:00"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "when", "page", "expected", "began", "ended"), HISTORY)
def test_every_planned_window_on_record(service, when, page, expected, began, ended):
    """Each planned window known from past notices, worded in its pattern, comes back to its instants and service."""
    reading = read(f"{service} will be unavailable {when}. These words are invented.", page=IRCC + page)

    assert (expected, [(utc(began), utc(ended))], "official", "planned") == (
        only(reading)["services"],
        bounds(reading),
        only(reading)["verification"],
        only(reading)["kind"],
    )


def half(at):
    return f"{(at.hour - 1) % 12 + 1}:{at.minute:02d} {'a.m.' if at.hour < 12 else 'p.m.'}"


def civil(at, *, weekday=True):
    return f"{at:%A, %B} {at.day}, {at.year}" if weekday else f"{at:%B} {at.day}, {at.year}"


TEMPLATES = [
    lambda a, b: f"from {half(a)} {a.tzname()} on {civil(a)}, to {half(b)} {b.tzname()} on {civil(b)}",
    lambda a, b: f"from {civil(a)} at {half(a)} {a.tzname()} to {civil(b)} at {half(b)} {b.tzname()}",
    lambda a, b: f"between {a:%H:%M} {a.tzname()} {civil(a, weekday=False)} and {b:%H:%M} {b.tzname()} {civil(b)}",
    lambda a, b: f"{a:%Y-%m-%d %H:%M} {a.tzname()} - {b:%Y-%m-%d %H:%M} {b.tzname()}",
    lambda a, b: (
        f"{a:%A} {a.day} {a:%B} {a.year}, {a:%H:%M} ({a.tzname()}) until "
        f"{b.day} {b:%B} {b.year}, {b:%H:%M} ({b.tzname()})"
    ),
]


@settings(max_examples=150, deadline=None)
@given(
    minutes=st.integers(0, 5 * 366 * 24 * 12),
    length=st.integers(1, 36 * 12),
    template=st.sampled_from(TEMPLATES),
)
@example(minutes=(365 * 24 - 40 * 24) * 12, length=12, template=TEMPLATES[0])
def test_a_window_written_out_reads_back(minutes, length, template):
    """Any window from 2024 on, in any of the wordings, across every clock change, comes back to its instants."""
    began = pd.Timestamp("2024-01-01T05:00Z") + pd.Timedelta(minutes=5 * minutes)
    ended = began + pd.Timedelta(minutes=5 * length)
    local = [at.tz_convert("America/Toronto") for at in (began, ended)]
    reading = read(f"GCKey will be unavailable {template(*local)}.", captured=began.isoformat())

    assert [(began, ended)] == bounds(reading)


@pytest.mark.parametrize("change", ["2026-03-08T05:00Z", "2026-11-01T04:00Z"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_windows_in_the_nights_the_clocks_change_read_back(change, template):
    """Every half hour of both nights, one and a half hours long, comes back to its instants."""
    for step in range(12):
        began = pd.Timestamp(change) + pd.Timedelta(minutes=30 * step)
        ended = began + pd.Timedelta(minutes=90)
        local = [at.tz_convert("America/Toronto") for at in (began, ended)]
        reading = read(f"GCKey will be unavailable {template(*local)}.", captured=change)

        assert [(began, ended)] == bounds(reading)


PIECES = st.sampled_from(
    ["GCKey ", "will be unavailable ", "from ", "to ", "12:00 a.m. ", "25:99 ", "June 9, 2026 ", "June 31 ", "le ",
     "à ", "22 h ", "ET ", "<p>", "</div>", "<![", "<!--", "## ", "\n\n", "- ", "2026-13-45 ", "February 29 ", "12 to ",
     "until ", "further notice ", "\x00", "ﬀ", "İ", "30 minutes ", "environ ", "---\n", "and ", "9999 ", "Monday, "]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(text="UNAVAILABLE:2000/0/0\n\nUNTIL0H", page="")
@example(text="June 31, 2026\n\nGCKey: from Friday at 5 p.m. to Monday at 8 a.m.", page="")
@given(text=st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=25).map("".join)), page=st.text(max_size=30))
def test_no_text_is_too_odd(text, page):
    """Whatever the text and the page, an answer comes back: drafts of the right shape, or a reason."""
    reading = read(text, page=page)

    require(reading.outages, OUTAGES)
    assert len(reading.outages) + len(reading.refused) >= (0 if reading.problems else 1)
    assert all(problem.message("fr") for problem in reading.problems)


def test_every_ending_lies_behind_its_beginning():
    """No draft of any odd text ends before it begins."""
    reading = read("GCKey is down from 5 p.m. to 4 p.m. ET on June 9, 2026, and from 9 to 9 a.m. on June 10, 2026.")
    closed = reading.outages.dropna(subset=["ended_at"])

    assert len(closed) > 0
    assert (closed["ended_at"] > closed["began_at"]).all()


def test_a_text_too_long_is_not_read():
    """Two million characters are the limit, told."""
    assert ["notice_too_long"] == reasons(read("x" * 2_000_001))


def test_all_codes_are_in_the_catalogue_in_both_languages():
    """Each reason and doubt of a notice has its two sentences."""
    mine = {code: entry for code, entry in problem_sentences().items() if code.startswith(("notice_", "tz_label"))}

    assert len(mine) > 25
    assert all(entry["en"] and entry["fr"] and entry["severity"] for entry in mine.values())


def test_tense_and_both_ends_are_read():
    """A weekday to come or gone by; what nobody can do; an end told before its beginning."""
    ahead, past = ("26 01:00", "26 04:00", "planned"), ("19 09:05", "19 14:20", "unplanned")
    cases = {
        "GCKey will not be available Tuesday from 1 to 4 a.m. ET.": ahead,
        "CléGC ne sera pas accessible mardi de 1 h à 4 h (HE).": ahead,
        "GCKey was down Friday from 1 to 4 p.m. ET.": ("15 13:00", "15 16:00", "unplanned"),
        "On Jan. 21, 2027, from 1 to 2 p.m. ET you won't be able to use GCKey.": ("21 13:00", "21 14:00", "planned"),
        "GCKey outage, Jan 24, 2027, 2 AM–2 AM ET.": ("24 02:00", "25 02:00", "planned"),
        "GCKey was restored at 2:20 p.m. ET on January 19, 2027. The outage began at 9:05 a.m.": past,
        "CléGC a été rétabli à 14 h 20 (HE) le 19 janvier 2027. La panne avait débuté à 9 h 05.": past,
        "Outage: GCKey. Start time: 2027-01-19 14:05 UTC. Resolution time: 2027-01-19 19:20 UTC.": past,
        "Sign-in problems with GCKey (resolved)\nJanuary 19, 2027, 9:05 a.m. to 2:20 p.m. ET": past,
        "CléGC sera fermé à compter du 23 janvier 2027 à 22 h (HE) jusqu'à nouvel ordre.": (
            "23 22:00",
            None,
            "planned",
        ),
        "GCKey temporarily unavailable. Posted 2027-01-20 08:10 ET.": ("20 09:00", None, "unplanned"),
        "CléGC : vous ne pouvez pas soumettre de demande en ce moment.": ("20 09:00", None, "unplanned"),
    }
    told = {}
    for text in cases:
        row = only(read(text, captured="2027-01-20T09:00-05:00"))  # a Wednesday
        ends = [None if pd.isna(row[at]) else row[at].tz_convert("America/Toronto") for at in ("began_at", "ended_at")]
        told[text] = (*(at and f"{at:%d %H:%M}" for at in ends), row["kind"])
        assert "gckey" == row["services"]

    assert cases == told


def test_a_window_of_each_night_is_told_as_such():
    """Entered night by night, nobody is told that it runs without a break."""
    reading = read("Between June 8 and 10, 2026, GCKey will be unavailable nightly from midnight to 3 a.m. ET.")

    assert (3, False) == (len(reading.outages), "notice_each_day" in codes(reading))


@pytest.mark.parametrize(
    "text",
    [
        "On June 9, 2026, GCKey will be down from 1 a.m. to 3 a.m. ET and the IRCC Portal from 2 a.m. to 5 a.m. ET.",
        "GCKey will be unavailable on June 9, 2026 from 1 a.m. to 3 a.m. ET. The IRCC Portal will be unavailable on "
        "June 9, 2026 from 2 a.m. to 5 a.m. ET.",
        "Le 9 juin 2026, CléGC sera indisponible de 1 h à 3 h (HE) et le Portail d’IRCC de 2 h à 5 h (HE).",
    ],
)
def test_windows_of_several_services_on_one_line_are_kept_for_all_and_told(text):
    """The second window was the first service's alone, and the other was up without a word."""
    reading = read(text)

    assert ["gckey;ircc_portal"] * 2 == list(reading.outages["services"])
    assert "notice_services_mixed" in codes(reading)


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("GCKey and the IRCC Portal will be unavailable on {}", "gckey;ircc_portal"),
        ("GCKey will be unavailable on {} (the IRCC Portal is not affected).", "gckey"),
        ("GCKey will be down June 8, 2026, 1 to 2 a.m. ET (the IRCC Portal is not affected) and {}", "gckey"),
    ],
)
def test_windows_of_the_services_that_a_line_begins_with_are_not_in_doubt(text, services):
    """Nothing stands between them that could be another's."""
    reading = read(text.format("June 9, 2026 from 1 a.m. to 3 a.m. ET and from 5 a.m. to 6 a.m. ET"))

    assert ({services}, False) == (set(reading.outages["services"]), "notice_services_mixed" in codes(reading))
