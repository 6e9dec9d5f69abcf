"""What is a clock of a document, and what never is."""

import json

import pytest

from reporter.outages.fetch import clockless_sha256

PAGE = "<html><body><p>GCKey is down on Tuesday, September 15, 2026, from 6:00 p.m.</p><p>{}</p></body></html>"
ITEM = "<item><title>Down</title><pubDate>Mon, 14 Sep 2026 22:00:00 GMT</pubDate></item>"
FEED = "<?xml version='1.0'?><rss><channel><lastBuildDate>{}</lastBuildDate>" + ITEM + "</channel></rss>"
STATUS = {"page": {"updated_at": "2026-09-15T10:00:00Z"}, "incidents": [{"created_at": "2026-09-15T09:55:00Z"}]}


def same(one, other):
    return clockless_sha256(one.encode()) == clockless_sha256(other.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Last updated: 2026-09-15 14:03:22 EDT", "Last updated: 2026-09-15 15:09:01 EDT"),
        ("Last updated: September 15, 2026 at 2:05 p.m. EDT", "Last updated: September 16, 2026 at 11:05 a.m. EDT"),
        ("Dernière mise à jour : le 15 septembre 2026 à 14:05", "Dernière mise à jour : le 16 septembre 2026 à 09:05"),
        ("<!-- rendered in 3 ms -->", "<!-- rendered in 4 ms -->"),
    ],
)
def test_a_clock_of_a_page_makes_no_difference(one, other):
    """The page says the same, whenever it was made."""
    assert same(PAGE.format(one), PAGE.format(other))
    assert not same(PAGE.format(one), PAGE.format(one).replace("6:00 p.m.", "7:00 p.m."))


def test_the_head_of_a_feed_is_a_clock_and_an_item_is_not():
    """A feed built anew says nothing new; an item posted at another time does."""
    feed = FEED.format("Tue, 15 Sep 2026 10:00:00 GMT")

    assert same(feed, FEED.format("Tue, 15 Sep 2026 11:00:00 GMT"))
    assert not same(feed, feed.replace("22:00:00", "23:00:00"))


def test_the_outage_of_today_is_not_that_of_yesterday():
    """It began minutes before the capture, as the other did: its instant is no clock."""
    later = STATUS | {"page": {"updated_at": "2026-09-16T10:00:00Z"}}
    again = later | {"incidents": [{"created_at": "2026-09-16T09:55:00Z"}]}

    assert same(json.dumps(STATUS), json.dumps(later))
    assert not same(json.dumps(STATUS), json.dumps(again))
