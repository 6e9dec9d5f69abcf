"""What a page leaves over: each line that may speak of an outage, and pages that are not the one meant."""

import pandas as pd
import pytest
from makers import RULEBOOK

from reporter.outages.notice.read import NO_OUTAGE, read_notice
from reporter.rules.load import service_names

NAMES = service_names(RULEBOOK)
CAPTURED = pd.Timestamp("2027-01-20T14:00Z")
DATED = "<p>GCKey will be unavailable on January 25, 2027, from 1 a.m. to 3 a.m. ET.</p>"


def page(body, title="Service status"):
    return f"<!doctype html><html><head><title>{title}</title></head><body><main>{body}</main></body></html>"


def left(text):
    return {code for _, code in read_notice(text, NAMES, captured_at=CAPTURED).refused} - NO_OUTAGE


@pytest.mark.parametrize(
    "body",
    [
        "<p>GCKey will be unavailable this weekend.</p>",
        "<p>La CléGC sera indisponible en fin de semaine.</p>",
        "<p>Maintenance of the IRCC Portal takes place next Sunday.</p>",
        "<p>GCKey is running slower than usual.</p>",
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


def test_a_line_with_hours_beside_a_notice_is_left():
    """That one notice was read does not account for the other."""
    assert {"notice_hours_unread"} == left(page(f"{DATED}<p>IRCC Portal: January 30, 10 p.m. to 2 a.m. ET</p>"))


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
        (page("<h1>Just a moment...</h1><p>Checking your browser for IRCC.</p>", "Just a moment..."), "strange"),
        (page("<h1>We couldn't find that Web page</h1><p>GCKey</p>", "Page not found"), "strange"),
        (page("<p>This page has moved. Update your bookmarks.</p>"), "strange"),
        ("<!doctype html><html><body><main><p>Sign in with GCKey.</p><div><p>GCKey will be una", "cut"),
    ],
)
def test_a_page_that_may_not_be_the_one_meant_is_left(text, code):
    """It holds no outage, and vouches for nothing."""
    assert {f"notice_page_{code}"} == left(text)


def test_a_heading_that_says_down_is_a_notice():
    """The words under it may only say that people are sorry."""
    reading = read_notice(
        page("<h2>GCKey is currently unavailable</h2><p>We are sorry.</p>"), NAMES, captured_at=CAPTURED
    )

    assert [("gckey", "ongoing")] == list(zip(reading.outages["services"], reading.outages["status"], strict=True))


def test_a_picture_that_stands_for_a_notice_is_read_by_its_text():
    """The words that a picture has for those who cannot see it."""
    reading = read_notice(
        page("<img src='a.png' alt='GCKey will be unavailable on January 25, 2027, from 1 a.m. to 3 a.m. ET'>"),
        NAMES,
        captured_at=CAPTURED,
    )

    assert ["gckey"] == list(reading.outages["services"])
