"""The history of a status page as Atom or RSS, whose times have no year."""

from html import escape

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import codes, only, utc

from reporter.errors import OutageFileError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import read_document
from reporter.outages.source import SourceDocument, items_left

NAMES = {"gckey": "gckey", "ircc portal": "ircc_portal"}
LONG_AGO = "2026-03-03T22:05:11Z"


def post(status, when, words="Words."):
    """`Mar 3, 14:05 PST` as a page writes it, with the day and the time in elements of their own."""
    month, day, clock, zone = when.replace(",", "").split()
    stamp = f"{month} <var data-var='date'>{day:>2}</var>, <var data-var='time'>{clock}</var> {zone}"
    return f"<p><small>{stamp}</small><br><strong>{status}</strong> - {words}</p>"


def scheduled(window):
    return f"<p><strong>THIS IS A SCHEDULED EVENT {window}</strong></p>"


def entry(*posts, published=LONG_AGO, title="GCKey", number="k1", updated=None, extra=""):
    link = f"https://status.example/incidents/{number}"
    return (
        f"<entry><id>tag:status.example,2005:Incident/1{number}</id><published>{published}</published>"
        f"<updated>{updated or published}</updated><link rel='alternate' href='{link}'/><title>{escape(title)}</title>"
        f"<content type='html'>{escape(''.join(posts))}</content>{extra}</entry>"
    )


def atom(*entries):
    whole = "".join(entries)
    return f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>H</title>{whole}</feed>"


def read(content, **told):
    raw = content if isinstance(content, bytes) else content.encode()
    return read_document(SourceDocument("history.atom", raw, NAMES, **told))


def times(reading):
    row = only(reading)
    return row["began_at"], row["ended_at"]


def test_an_incident_lasts_from_its_first_post_to_its_resolution():
    """The year comes from the entry, the zone from the post, the service from the title."""
    reading = read(atom(entry(post("Resolved", "Mar 3, 14:05 PST"), post("Investigating", "Mar 3, 13:00 PST"))))
    row = only(reading)

    require(reading.outages, OUTAGES)
    assert ("feed:k1", "gckey", utc("2026-03-03T21:00"), utc("2026-03-03T22:05"), "resolved", "official") == tuple(
        row[name] for name in ("outage_id", "services", "began_at", "ended_at", "status", "verification")
    )


def test_an_incident_across_a_new_year_begins_in_the_old_one():
    """Resolved on 1 January 2026, posted on 31 December: of 2025."""
    posts = post("Resolved", "Jan 1, 01:09 UTC"), post("Investigating", "Dec 31, 14:05 PST")

    assert (utc("2025-12-31T22:05"), utc("2026-01-01T01:09")) == times(
        read(atom(entry(*posts, published="2026-01-01T01:09:43Z")))
    )


def test_the_zone_may_carry_the_date_into_the_new_year():
    """31 December, 20:00 PST is 1 January in UTC, where the entry's own date stands."""
    posts = post("Resolved", "Dec 31, 20:00 PST"), post("Investigating", "Dec 31, 19:00 PST")

    assert (utc("2026-01-01T03:00"), utc("2026-01-01T04:00")) == times(
        read(atom(entry(*posts, published="2026-01-01T04:00:10Z")))
    )


def test_a_post_mortem_of_the_next_year_does_not_move_the_incident():
    """The entry's publication counts, not its last edit, and a post-mortem is not the end."""
    posts = (
        post("Postmortem", "Jan 20, 09:00 UTC"),
        post("Resolved", "Dec 20, 09:00 UTC"),
        post("Investigating", "Dec 20, 08:00 UTC"),
    )

    assert (utc("2025-12-20T08:00"), utc("2025-12-20T09:00")) == times(
        read(atom(entry(*posts, published="2026-01-20T09:00:00Z", updated="2026-11-20T09:00:00Z")))
    )


def test_an_incident_longer_than_half_a_year_keeps_the_order_of_its_posts():
    """Each earlier post lies before the later one, however far."""
    posts = (
        post("Resolved", "Sep 1, 09:00 UTC"),
        post("Update", "Feb 1, 09:00 UTC"),
        post("Investigating", "Oct 1, 09:00 UTC"),
    )

    assert (utc("2024-10-01T09:00"), utc("2025-09-01T09:00")) == times(
        read(atom(entry(*posts, published="2025-09-01T09:00:00Z")))
    )


def test_the_29th_of_february_finds_its_leap_year():
    """Nearest to the entry among the years that have the day."""
    posts = post("Resolved", "Feb 29, 09:00 UTC"), post("Investigating", "Feb 28, 23:00 UTC")

    assert (utc("2024-02-28T23:00"), utc("2024-02-29T09:00")) == times(
        read(atom(entry(*posts, published="2024-03-01T00:00:00Z")))
    )


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "09:00"),
        ("EST", "14:00"),
        ("EDT", "13:00"),
        ("CEST", "07:00"),
        ("+02", "07:00"),
        ("-0330", "12:30"),
        ("ET", "13:00"),
    ],
)
def test_a_zone_means_what_the_page_says(zone, expected):
    """Labels of a machine are exact; ET alone goes by the season."""
    posts = post("Resolved", f"Jul 3, 10:00 {zone}"), post("Investigating", f"Jul 3, 09:00 {zone}")

    assert utc(f"2026-07-03T{expected}") == times(read(atom(entry(*posts, published="2026-07-03T10:00:00Z"))))[0]


def test_a_zone_nobody_knows_is_ottawas_and_told():
    """The outage is kept, with a warning that shows the label."""
    reading = read(atom(entry(post("Investigating", "Jul 3, 09:00 XYZ"), published="2026-07-03T10:00:00Z")))

    assert (utc("2026-07-03T13:00"), "XYZ") == (
        times(reading)[0],
        next(p.value for p in reading.problems if p.code == "source_zone_unknown"),
    )


def test_an_incident_opened_again_is_open():
    """A later post than the one that resolved it says that it goes on."""
    posts = (
        post("Investigating", "Mar 3, 16:00 UTC"),
        post("Resolved", "Mar 3, 15:00 UTC"),
        post("Investigating", "Mar 3, 13:00 UTC"),
    )
    row = only(read(atom(entry(*posts))))

    assert (utc("2026-03-03T13:00"), True, "ongoing") == (row["began_at"], pd.isna(row["ended_at"]), row["status"])


@pytest.mark.parametrize(
    ("window", "began", "ended"),
    [
        ("Apr 7, 13:00 - 23:00 UTC", "2026-04-07T13:00", "2026-04-07T23:00"),
        ("Apr 7, 22:00 - 02:00 UTC", "2026-04-07T22:00", "2026-04-08T02:00"),
        ("Dec 31, 22:00 - Jan 1, 02:00 EST", "2027-01-01T03:00", "2027-01-01T07:00"),
    ],
)
def test_a_scheduled_event_has_the_window_it_announces(window, began, ended):
    """Not the times of its posts: also over midnight, and into the next year."""
    published = "2026-12-20T10:00:00Z" if "Dec" in window else LONG_AGO
    when = "Dec 20, 10:00 UTC" if "Dec" in window else "Mar 3, 22:05 UTC"
    row = only(read(atom(entry(scheduled(window), post("Scheduled", when), published=published))))

    assert (utc(began), utc(ended), "planned", "announced") == tuple(
        row[name] for name in ("began_at", "ended_at", "kind", "status")
    )


def test_rss_is_read_like_atom():
    """pubDate and description in place of published and content; the end of a maintenance in its own element."""
    item = (
        "<item><title>IRCC Portal</title><pubDate>Tue, 07 Apr 2026 13:00:00 +0000</pubDate>"
        "<maintenanceEndDate>Tue, 07 Apr 2026 23:00:00 +0000</maintenanceEndDate>"
        "<link>https://status.example/incidents/m1</link><description>Soon.</description></item>"
    )
    row = only(read(f"<?xml version='1.0'?><rss version='2.0'><channel><title>H</title>{item}</channel></rss>"))

    assert ("feed:m1", "ircc_portal", utc("2026-04-07T13:00"), utc("2026-04-07T23:00"), "planned") == tuple(
        row[name] for name in ("outage_id", "services", "began_at", "ended_at", "kind")
    )


@pytest.mark.parametrize(
    ("title", "kind"),
    [("GCKey unavailable", "unplanned"), ("Slow GCKey", "degraded"), ("Delays, then outage", "unplanned")],
)
def test_a_title_that_speaks_of_slowness_alone_is_degraded(title, kind):
    """A feed states no impact; any word for an outage makes it one."""
    assert kind == only(read(atom(entry(post("Investigating", "Mar 3, 13:00 UTC"), title=title))))["kind"]


def test_an_entry_without_posts_is_open_since_its_publication():
    """Kept, with a warning; the next entry is read as ever."""
    reading = read(atom(entry("<p>Sorry.</p>"), entry(post("Investigating", "Mar 3, 13:00 UTC"), number="k2")))

    assert (2, 1) == (len(reading.outages), codes(reading).count("source_posts_missing"))


@pytest.mark.parametrize(
    ("title", "words", "windows", "fates"),
    [
        ("GCKey will be unavailable on March 9, 2026, from 1 to 3 a.m. ET", "Sorry.", ["09 05:00"], ["draft"]),
        ("Entretien", "La CléGC sera indisponible le 9 mars 2026, de 1 h à 3 h (HE).", ["09 05:00"], ["draft"]),
        ("GCKey: good news", "The outage is over.", [], ["refused"]),
        ("GCKey outage", "The outage is over.", ["03 22:05"], []),
        ("GCKey maintenance", "GCKey will not be available on March 9 in the evening.", [], ["refused"]),
        ("GCKey: errors", "From 9 a.m. to 11 a.m. ET clients could not sign in.", [], ["refused"]),
        ("GCKey outage", "We are aware of it. Last updated: March 3, 2026, 3 p.m.", ["03 22:05"], []),
    ],
)
def test_an_entry_of_another_feed_is_the_notice_that_it_is(title, words, windows, fates):
    """It was an outage from its publication on, without an end, also where it told when the outage is, or was over."""
    reading = read(atom(entry(f"<p>{words}</p>", title=title)))

    assert windows == [f"{at:%d %H:%M}" for at in reading.outages["began_at"]]
    assert fates == [item.fate for item in reading.open_items]


def test_an_entry_without_any_date_is_refused_alone():
    """No year can be told: an error for it, and its neighbour is kept."""
    lost = "<entry><id>x/9</id><title>GCKey</title><content type='html'>&lt;p&gt;Mar 3, 13:00 UTC</content></entry>"
    reading = read(atom(lost, entry(post("Investigating", "Mar 3, 13:00 UTC"))))

    assert (["feed:k1"], True) == (reading.outages["outage_id"].to_list(), "outage_began_missing" in codes(reading))


def test_a_feed_that_was_cut_off_says_so():
    """What was whole is kept; the damage is told."""
    whole = atom(
        entry(post("Investigating", "Mar 3, 13:00 UTC")), entry(post("Investigating", "Mar 3, 13:00 UTC"), number="k2")
    )
    reading = read(whole[:-300])

    assert ("feed:k1", True) == (reading.outages["outage_id"].iloc[0], "source_feed_damaged" in codes(reading))


def test_a_script_in_a_post_is_words_without_its_tags():
    """Nothing of the markup reaches the note."""
    posts = post("Investigating", "Mar 3, 13:00 UTC", "<script>alert(1)</script><img src=x onerror=y>See <b>us</b>")

    assert "<" not in only(read(atom(entry(posts))))["note"]


def test_entities_of_its_own_are_refused():
    """The bomb of a billion laughs is not unpacked."""
    bomb = "<?xml version='1.0'?><!DOCTYPE f [<!ENTITY a 'ha'>]><feed xmlns='http://www.w3.org/2005/Atom'>&a;</feed>"

    with pytest.raises(OutageFileError, match=r"^history\.atom: declares XML entities"):
        read(bomb)


def test_a_feed_never_opens_a_file_or_an_address(tmp_path):
    """Its bytes are only ever content."""
    path = tmp_path / "secret.atom"
    path.write_text(atom(entry(post("Investigating", "Mar 3, 13:00 UTC"))))

    with pytest.raises(OutageFileError):
        read_document(SourceDocument("history.atom", str(path).encode(), NAMES), "feed")


def test_an_empty_feed_is_a_quiet_record():
    """A feed without entries is no outage and no problem."""
    reading = read(atom())

    assert (0, ()) == (len(require(reading.outages, OUTAGES)), reading.problems)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(data):
    """Never an exception of another kind."""
    content = atom(entry(scheduled("Apr 7, 13:00 - 23:00 UTC"), post("Resolved", "Mar 3, 13:00 ET"))).encode()
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 40)) :]
    try:
        require(read(damaged).outages, OUTAGES)
    except OutageFileError as e:
        assert str(e).startswith("history.atom: ")


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="<>!-[]&;/pbr Mar3,:0-9UTCSCHEDULED EVENT\n", max_size=80))
def test_any_html_in_an_entry_is_read(html):
    """Whatever stands in an entry, its neighbour is read."""
    reading = read(atom(entry(html), entry(post("Investigating", "Mar 3, 13:00 UTC"), number="z")))

    assert "feed:z" in set(reading.outages["outage_id"])


@pytest.mark.parametrize(
    ("title", "is_up"),
    [
        ("GCKey is UP", True),
        ("GCKey: Operational", True),
        ("[Resolved] GCKey sign-in", True),
        ("Le portail est en ligne", True),
        ("GCKey is DOWN", False),
        ("GCKey is not available", False),
        ("Problems with applying online", False),
    ],
)
def test_an_entry_that_something_works_is_no_outage(title, is_up):
    """It was one since its publication, without an end; now somebody has to see which one it ends."""
    reading = read(atom(entry("", title=title)))

    assert (not is_up, is_up) == (len(reading.outages) == 1, "source_entry_up" in codes(reading))
    assert is_up == ("source_entry_up" in [item.code for item in items_left(reading)])
