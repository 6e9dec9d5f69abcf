"""HTML pages and markdown files to notices."""

import time
from pathlib import Path

import pandas as pd
import pytest
from makers import RULEBOOK
from readings import bounds, codes, utc

from reporter.outages.notice.page import read_page
from reporter.outages.notice.read import NO_OUTAGE, read_notice
from reporter.rules.load import service_names

NAMES = service_names(RULEBOOK)
SAMPLES = Path(__file__).parents[3] / "samples" / "outages" / "notices"
CAPTURED = pd.Timestamp("2026-06-05T12:00Z")
BOX = "<div class='alert'><p>{}</p></div>"
NOTICE = "GCKey will be unavailable from 1 to 2 a.m. ET on June 9, 2026."
LOOKED_AT = pd.Timestamp("2027-01-20T14:00Z")
DATED = "<p>GCKey will be unavailable on January 25, 2027, from 1 a.m. to 3 a.m. ET.</p>"


def read(text, *, page="", captured=CAPTURED):
    return read_notice(text, NAMES, page=page, captured_at=captured)


def html(body, head=""):
    return f"<!doctype html><html lang='en'><head>{head}</head><body><main>{body}</main></body></html>"


def reasons(reading):
    return [code for _, code in reading.refused]


ONE = [(utc("2026-06-09T01:00-04:00"), utc("2026-06-09T02:00-04:00"))]


@pytest.mark.parametrize(
    "body",
    [
        BOX.format(NOTICE),
        f"<section role='alert'><h2>Planned work</h2><p>{NOTICE}</section>",
        f"<p>{NOTICE}<p>Something else.",
        BOX.format(NOTICE.replace("1 to 2", "<strong>1&nbsp;to<br>2</strong>")),
        f"<div><div><p>{NOTICE}</div></p></span></div>",
        f"<table><tr><td>{NOTICE}</td><td>More</td></tr></table>",
    ],
)
def test_a_box_is_found_in_the_page(body):
    """Boxes, sections and paragraphs, closed or not, with entities and emphasis inside."""
    assert ONE == bounds(read(html(body)))


@pytest.mark.parametrize(
    "body",
    [
        f"<script>var text = '{NOTICE}'</script>",
        f"<style>/* {NOTICE} */</style>",
        f"<!-- {BOX.format(NOTICE)} -->",
        f"<nav><p>{NOTICE}</p></nav>",
        f"<footer><p>{NOTICE}</p></footer>",
        f"<template><p>{NOTICE}</p></template>",
    ],
)
def test_what_is_not_of_the_page_is_not_read(body):
    """Scripts, styles, comments, menus and footers say nothing."""
    assert ["notice_no_outage"] == reasons(read(html("<p>Sign in with GCKey.</p>" + body)))


@pytest.mark.parametrize(
    "attribute",
    ["hidden", "style='display: none'", "class='alert hidden'", "aria-hidden='true'", "style='visibility:hidden'"],
)
def test_a_hidden_box_is_kept_and_told(attribute):
    """Its window is drafted, with a warning that readers did not see it."""
    reading = read(html(f"<div {attribute}><p>{NOTICE}</p></div>"))

    assert (ONE, ["notice_hidden"]) == (bounds(reading), codes(reading))


@pytest.mark.parametrize("tag", ["del", "s", "strike"])
def test_what_is_struck_out_holds_no_more(tag):
    """The day beside it does."""
    body = f"GCKey will be unavailable on <{tag}>March 4</{tag}> March 6, 2027, from 1 a.m. to 3 a.m. ET."
    whole = f"<p><{tag}>GCKey will be unavailable on March 8, 2027.</{tag}></p><p>{body}</p>"

    assert [6] == list(read_notice(page(whole), NAMES, captured_at=LOOKED_AT).outages["began_at"].dt.day)


def test_a_hidden_box_without_a_date_is_refused():
    """Nothing says when it held, so it is never an outage of now."""
    reading = read(html("<div hidden><p>GCKey is currently unavailable.</p></div>"))

    assert (0, ["notice_hidden_undated"]) == (len(reading.outages), reasons(reading))


def test_a_box_long_past_is_history():
    """A box left in the page for years is resolved, with its warning."""
    reading = read(html(BOX.format(NOTICE.replace("2026", "2018"))))

    assert ("resolved", ["notice_stale"]) == (reading.outages["status"].iloc[0], codes(reading))


def test_dates_that_tell_no_outage_are_passed_over():
    """Office hours, due dates and the date of the page are not windows."""
    page = html(
        BOX.format(NOTICE)
        + "<p>Agents answer from 8 a.m. to 4 p.m.</p><p>Pay by June 30, 2026.</p><p>Date modified: 2026-06-01</p>"
    )

    assert (ONE, []) == (bounds(read(page)), reasons(read(page)))


@pytest.mark.parametrize(("body", "refused"), [("<p>{}</p>", 0), (BOX, 1)])
def test_a_page_may_offer_something_new(body, refused):
    """`is now available` is the end of an outage in a box, and nothing at all in the text of a page."""
    reading = read(html(BOX.format(NOTICE) + body.format("The invented form is now available.")))

    assert refused == len(reading.refused)


def test_a_box_does_not_speak_for_what_follows_it():
    """The heading inside a box ends with the box."""
    page = html("<div class='alert'><h2>Maintenance</h2></div><p>Open June 9, 2026, from 1 to 2 a.m. ET.</p>")

    assert 0 == len(read(page).outages)


@pytest.mark.parametrize("text", ["<p", "<![", "<p><![if x]>", "<!-", "<p>&#xffffffff;</p>", "</p></p><p>", "<p><a<b>"])
def test_a_broken_page_is_read_as_far_as_it_goes(text):
    """No page is too broken."""
    assert 0 == len(read(text).outages)


@pytest.mark.parametrize("piece", ["<p ", "<div>", "</p>", "<p><div></p>", "<!--", "[x](", "June 9 ", "from 1 to 2 "])
def test_a_hostile_page_costs_little(piece):
    """A hundred thousand characters of one unfinished piece are read in a few seconds."""
    started = time.process_time()
    read(f"<p>{piece * (100_000 // len(piece))}")

    assert time.process_time() - started < 10


def test_the_language_of_a_box_is_the_pages():
    """`lang` on the page or on a part of it goes for all inside."""
    page = read_page("<html lang='fr-CA'><p>un<div lang='en'><p>one</div><p>deux</html>")

    assert ["fr", "en", "fr"] == [line.language for line in page.lines]


MARKDOWN = """---
layout: x
title: Planned maintenance
lang: en
---
# Planned maintenance

## {heading}

### Touched

* Production

### What we do

{body}
"""


@pytest.mark.parametrize(
    ("heading", "body", "began", "ended"),
    [
        (
            "Scheduled maintenance - May 5, 2026, 10:00 p.m. ET",
            "An outage of approximately 30 minutes.",
            "2026-05-05T22:00-04:00",
            "2026-05-05T22:30-04:00",
        ),
        (
            "Tuesday May 5, 2026 9:00PM ET",
            "Unstable for 10 minutes.",
            "2026-05-05T21:00-04:00",
            "2026-05-05T21:10-04:00",
        ),
        ("Tuesday May 5, 2026 9:00PM to 9:15 PM EDT", "x", "2026-05-05T21:00-04:00", "2026-05-05T21:15-04:00"),
        (
            "Maintenance planifiée - le 5 mai 2026 à 22 h (HE)",
            "Une panne d’environ 30 minutes.",
            "2026-05-05T22:00-04:00",
            "2026-05-05T22:30-04:00",
        ),
        (
            "mardi 5 mai 2026 22h00 HE",
            "Une interruption d’une heure.",
            "2026-05-05T22:00-04:00",
            "2026-05-05T23:00-04:00",
        ),
        ("May 5, 2026", "It is down from 1 a.m. to 3 a.m. ET.", "2026-05-05T01:00-04:00", "2026-05-05T03:00-04:00"),
        (
            "Mardi 5 mai 2026 7h00 HAE",
            "Le travail se fait entre 7 h et 8 h, heure de l’Est, le mardi 5 mai.",
            "2026-05-05T07:00-04:00",
            "2026-05-05T08:00-04:00",
        ),
    ],
)
def test_a_heading_and_what_stands_under_it_are_one_window(heading, body, began, ended):
    """The heading tells the beginning, the text under it how long or until when."""
    reading = read(MARKDOWN.format(heading=heading, body=body), captured=utc("2026-05-01T12:00Z"))

    assert [(utc(began), utc(ended))] == bounds(reading)


def test_every_heading_is_a_window_of_its_own():
    """One heading a window; the duration under one is not the other's."""
    text = MARKDOWN.format(heading="May 5, 2026, 10 p.m. ET", body="Down for 10 minutes.") + (
        "\n## May 6, 2026, 10 p.m. ET\n\nDown for 20 minutes.\n"
    )
    reading = read(text, captured=utc("2026-05-01T12:00Z"))

    assert [10, 20] == [int((ended - began).total_seconds() // 60) for began, ended in bounds(reading)]


def test_a_test_environment_is_told():
    """Work on a test environment only is drafted with a warning; with production it is not."""
    text = MARKDOWN.format(heading="May 5, 2026, 10 p.m. ET", body="Down for 10 minutes.")
    only_test = text.replace("* Production", "* Client Acceptance Test")
    both = text.replace("* Production", "* Client Acceptance Test, Production")

    assert (True, False) == tuple("notice_test_environment" in codes(read(one)) for one in (only_test, both))


def test_a_dated_news_item_is_no_window():
    """A date for a title and no word of an outage with hours: nothing."""
    text = "# Announcements\n\n## February 14, 2026\n\nWe bought a new system. It will be nice.\n"

    assert 0 == len(read(text).outages)


def test_lines_that_run_on_are_one_sentence():
    """A sentence over several lines is read as one; links and emphasis are only their words."""
    text = "**GCKey** will be unavailable from\n1 a.m. to [2 a.m.](https://example.org/1.2.3) ET on\nJune 9, 2026.\n"

    assert ONE == bounds(read(text))


def test_a_heading_in_both_languages_is_one_window():
    """An English and a French heading of the same window count once."""
    reading = read((SAMPLES / "maintenance.md").read_text("utf-8"), page="maintenance.md")
    expected = [
        ("ircc_portal", utc("2026-09-15T22:00-04:00"), utc("2026-09-15T22:30-04:00")),
        ("epay", utc("2026-09-20T04:00-04:00"), utc("2026-09-20T04:15-04:00")),
    ]

    assert expected == list(reading.outages[["services", "began_at", "ended_at"]].itertuples(index=False, name=None))


def test_the_sample_page():
    """The box in sight, the hidden one of 2018, and the help text are told apart."""
    reading = read((SAMPLES / "account-page.html").read_text("utf-8"), page="account-page.html")

    assert (["signin_partner", "gckey"], ["resolved", "announced"], ["notice_static_help"]) == (
        reading.outages["services"].to_list(),
        reading.outages["status"].to_list(),
        reasons(reading),
    )


def test_the_sample_text():
    """The French text over midnight reads without a doubt."""
    reading = read((SAMPLES / "avis.txt").read_text("utf-8"), page="avis.txt", captured=utc("2026-09-10T12:00Z"))

    assert ([(utc("2026-09-14T22:00-04:00"), utc("2026-09-15T02:00-04:00"))], "web_form", ()) == (
        bounds(reading),
        reading.outages["services"].iloc[0],
        reading.problems,
    )


FILL = "<p>Use GCKey to sign in to your account.</p>"


def page(body, title="Service status"):
    return f"<!doctype html><html><head><title>{title}</title></head><body><main>{body}</main></body></html>"


def left(text):
    return {code for _, code in read_notice(text, NAMES, captured_at=LOOKED_AT).refused} - NO_OUTAGE


@pytest.mark.parametrize(
    "body",
    [
        "<p>GCKey will be unavailable this weekend.</p>",
        "<p>La CléGC sera indisponible en fin de semaine.</p>",
        "<p>Maintenance of the IRCC Portal takes place next Sunday.</p>",
        "<p>GCKey is running slower than usual.</p>",
        "<p>GCKey will undergo maintenance on January 26, 2027.</p>",
        "<p>L’entretien de la CléGC aura lieu le 26 janvier 2027.</p>",
        "<h1>GCKey</h1><p>Weekend maintenance: January 30 and 31.</p>",
        "<h2>Resolved</h2><p>GCKey is currently unavailable.</p>",
        "<p>Some users may have trouble signing in to the IRCC Portal.</p>",
        "<table><tr><th>Service</th><th>State</th></tr><tr><td>GCKey</td><td>Down</td></tr></table>",
        "<table><tr><td>CléGC</td><td>En panne</td></tr></table>",
        "<ul><li>GCKey: unavailable</li><li>IRCC Portal: operational</li></ul>",
        "<dl><dt>GCKey</dt><dd>Out of service</dd></dl>",
        "<p>GCKey will be unavailable from <time datetime='2027-01-25T18:00-05:00'>Monday evening</time>.</p>",
    ],
)
def test_a_line_that_says_down_without_a_time_is_left(body):
    """Wherever on the page it stands: nobody may take the page for one without an outage."""
    assert {"notice_state_unread"} == left(page(body))


@pytest.mark.parametrize(
    "body",
    [
        "<p>Sign in with GCKey.</p>",
        "<p>There are no planned outages of GCKey.</p>",
        "<p>Aucune panne n’est prévue.</p>",
        "<p>All systems are operational.</p>",
        "<p>If GCKey is unavailable, try again later.</p>",
        "<h1>GCKey outages</h1><p>No interruptions are planned.</p>",
        "<p>Date modified: 2027-01-10 10:00</p><p>Sign in with GCKey.</p>",
    ],
)
def test_a_page_that_says_nothing_is_down_leaves_nothing(body):
    """Help that stands there for good, and a page that says that all is well."""
    assert set() == left(page(body))


@pytest.mark.parametrize("heading", ["Cancelled: maintenance", "Maintenance annulée"])
def test_a_heading_calls_off_what_stands_under_it(heading):
    """Its window is cancelled."""
    reading = read_notice(page(f"<h2>{heading}</h2>{DATED}"), NAMES, captured_at=LOOKED_AT)

    assert ["cancelled"] == list(reading.outages["status"])


def test_a_line_with_hours_beside_a_notice_is_left():
    """That one notice was read does not account for the other."""
    assert {"notice_hours_unread"} == left(page(f"{DATED}<p>IRCC Portal: January 30, 10 p.m. to 2 a.m. ET</p>"))


def test_a_row_with_a_day_and_hours_in_cells_of_their_own_is_left():
    """Such a page was taken for one that names no outage."""
    row = "<tr><td>GCKey</td><td>March 4, 2027</td><td>1 a.m. to 3 a.m. ET</td></tr>"

    assert {"notice_hours_unread"} == left(page(f"<h1>Planned outages of GCKey</h1><table>{row}</table>"))


def test_the_lines_of_notices_that_were_read_are_accounted_for():
    """Headings, items under an opening, the same in the other language."""
    items = (
        "<p>GCKey will be unavailable on June 9:</p><ul><li>1 a.m. to 2 a.m. ET</li><li>5 a.m. to 6 a.m. ET</li></ul>"
    )

    assert set() == left(page(DATED + items))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<!doctype html><html><body><div id='root'></div><script src='a.js'></script></body></html>", "blank"),
        ("<!doctype html><html><body><noscript>Enable JavaScript to run this app.</noscript></body></html>", "blank"),
        (page("<p>Loading…</p>"), "blank"),
        (page("<h1>Sign in to the company network</h1><form></form>"), "strange"),
        (page("<h1>Just a moment...</h1><p>Checking your browser for IRCC.</p>", "Just a moment..."), "partial"),
        (page("<h1>We couldn't find that Web page</h1><p>GCKey</p>", "Page not found"), "strange"),
        (page("<p>This page has moved. Update your bookmarks.</p>"), "strange"),
        (page("<h1>IRCC secure account</h1><p>Your session has timed out. Please sign in with GCKey.</p>"), "partial"),
        (page("<h1>Votre session a expiré</h1><p>Ouvrez une session avec la CléGC.</p>"), "partial"),
        (page("<h1>IRCC</h1><p>Please enable JavaScript to view the status of IRCC Portal.</p>"), "partial"),
        (page("<h1>System status</h1><p>Loading status…</p><p>IRCC Portal</p><p>GCKey</p>"), "partial"),
        (page("<h1>System status</h1><p>IRCC Portal</p><p>Checking…</p>"), "partial"),
        (page("<h1>GCKey</h1><p>Service alerts could not be loaded.</p>"), "partial"),
        (page("<p>Impossible de charger l'état du Portail d'IRCC.</p>"), "partial"),
        (page("<h1>GCKey</h1><iframe src='/alerts' title='Service alerts'></iframe>" + FILL), "partial"),
        (page("<h1>GCKey</h1>" + FILL + "<object data='notice.pdf'></object>"), "partial"),
        ("<!doctype html><html><body><main><p>Sign in with GCKey.</p><div><p>GCKey will be una", "cut"),
    ],
)
def test_a_page_that_may_not_be_the_one_meant_is_left(text, code):
    """It holds no outage, and vouches for nothing."""
    assert {f"notice_page_{code}"} == left(text)


@pytest.mark.parametrize(
    "frame",
    [
        "<noscript><iframe src='https://example.org/count'></iframe></noscript>",
        "<iframe src='https://example.org/count' width='0' height='0'></iframe>",
        "<iframe src='/alerts'></iframe><p>There are no outages at this time.</p>",
    ],
)
def test_a_frame_that_nobody_sees_or_needs_leaves_a_page_as_it_is(frame):
    """One that counts visits, and one beside the words that all is well."""
    assert set() == left(page("<h1>GCKey</h1>" + FILL + frame))


def test_a_heading_that_says_down_is_a_notice():
    """The words under it may only say that people are sorry."""
    reading = read_notice(
        page("<h2>GCKey is currently unavailable</h2><p>We are sorry.</p>"), NAMES, captured_at=LOOKED_AT
    )

    assert [("gckey", "ongoing")] == list(zip(reading.outages["services"], reading.outages["status"], strict=True))


def test_a_picture_that_stands_for_a_notice_is_read_by_its_text():
    """The words that a picture has for those who cannot see it."""
    reading = read_notice(
        page("<img src='a.png' alt='GCKey will be unavailable on January 25, 2027, from 1 a.m. to 3 a.m. ET'>"),
        NAMES,
        captured_at=LOOKED_AT,
    )

    assert ["gckey"] == list(reading.outages["services"])
