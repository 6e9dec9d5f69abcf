"""From an address on the web to the ledger, against a real server on this machine."""

import json

import pandas as pd
import pytest

from reporter.outages.fetch import TRIES
from reporter.pipeline.upkeep.record_outages import (
    DescribedSource,
    OpenLedger,
    enter_addresses,
    item_reason,
    shown_address,
)
from reporter.rules.load import load_rulebook, service_names
from reporter.store.captures import captures_beside
from reporter.store.ledger import history, outages_known_at
from reporter.store.ledger_items import complete_to, open_items, source_ages

pytestmark = pytest.mark.enable_socket
NAMES = service_names(load_rulebook())
MONDAY, TUESDAY = pd.Timestamp("2026-09-07T09:00", tz="UTC"), pd.Timestamp("2026-09-08T09:00", tz="UTC")
INCIDENT = {
    "id": "abc",
    "name": "Sign-in errors",
    "status": "resolved",
    "impact": "major",
    "created_at": "2026-09-01T10:00:00Z",
    "resolved_at": "2026-09-01T12:00:00Z",
    "updated_at": "2026-09-01T12:00:00Z",
    "components": [{"name": "GCKey"}],
}


def document(*incidents):
    return json.dumps({"page": {"url": "https://status.example.org"}, "incidents": incidents}).encode()


@pytest.fixture
def enter(server, store, tmp_path):
    """Fetch these paths into the ledger."""

    def fetched(*paths, at=MONDAY, kind="statuspage", **said):
        wanted = [(server.url(path), DescribedSource(kind=kind, **said)) for path in paths]
        ledger = OpenLedger(store, captures_beside(store, tmp_path), NAMES)
        return enter_addresses(ledger, wanted, at=at, sleep=lambda _: None)

    return fetched


def test_a_page_is_put_on_record(server, store, enter, tmp_path):
    """Its outage is known, its bytes are kept, and the record is complete to the instant of the look."""
    server.answers["/a"] = (200, {}, document(INCIDENT))
    (entered,) = enter("/a")
    version = history(store, "statuspage:abc").iloc[0]

    assert ("read", 1, "gckey", MONDAY) == (
        entered.status,
        entered.imported.added,
        version["services"],
        source_ages(store, MONDAY)["complete_to"].iloc[0],
    )
    assert document(INCIDENT) == (tmp_path / "captures" / version["captured_sha256"]).read_bytes()
    assert server.url("/a") == version["source_address"]


def test_an_unchanged_page_counts_as_a_look(server, store, enter):
    """Nothing is added, and the record is complete to the second look."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, document(INCIDENT))
    enter("/a")
    (again,) = enter("/a", at=TUESDAY)

    assert ("unchanged", 1, TUESDAY) == (
        again.status,
        len(history(store, "statuspage:abc")),
        source_ages(store, TUESDAY)["complete_to"].iloc[0],
    )


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((200, {}, b"<html>Sign in to the hotel's network</html>"), "captive_portal"),
        ((200, {}, b'{"page": {}, "happenings": [1]}'), "schema_drift"),
        ((200, {}, b'{"incidents": ['), "schema_drift"),
        ((200, {}, b""), "schema_drift"),
        ((404, {}, b""), "missing_page"),
        ((500, {}, b""), "failed"),
    ],
)
def test_a_look_that_failed_moves_nothing_forward(server, store, enter, answer, status):
    """A log-in page, another form, a broken or missing page are no empty feed: the record is as old as before."""
    server.answers["/a"] = (200, {}, document(INCIDENT))
    enter("/a")
    server.answers["/a"] = answer
    (entered,) = enter("/a", at=TUESDAY)
    source = source_ages(store, TUESDAY).iloc[0]

    assert (status, status, MONDAY, 1.0) == (
        entered.status,
        source["status"],
        source["complete_to"],
        source["age_days"],
    )
    assert entered.why


def test_an_empty_feed_is_a_look(server, store, enter):
    """A page that names no outage, in its right form, is complete to now."""
    server.answers["/a"] = (200, {}, document())
    (entered,) = enter("/a")

    assert ("empty", MONDAY) == (entered.status, source_ages(store, MONDAY)["complete_to"].iloc[0])


def test_a_page_that_could_not_be_read_is_fetched_again(server, store, enter):
    """Its ETag is not remembered, or a mended reader would never see it."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, b'{"incidents": [')
    enter("/a")
    (again,) = enter("/a")

    assert "schema_drift" == again.status


def test_one_source_that_fails_costs_the_others_nothing(server, store, enter):
    """The good one is on record, in whichever order."""
    server.answers["/bad"] = (500, {}, b"")
    server.answers["/a"] = (200, {}, document(INCIDENT))

    assert ["failed", "read"] == [entered.status for entered in enter("/bad", "/a")]
    assert (1, TRIES + 1) == (len(outages_known_at(store)), len(server.asked))


NOTICE = (
    b"<!DOCTYPE html><main><div class='alert'><p>This online service will be unavailable from 12:00 a.m. to 5:30 a.m. "
    b"Eastern time, on Tuesday, September 8, 2026, in order to perform system maintenance.</p></div></main>"
)
ETA = "https://www.canada.ca/en/immigration-refugees-citizenship/services/visit-canada/eta.html"


def test_a_notice_waits_for_somebody_to_confirm_it(server, store, enter):
    """It is told at every look, though the page is the same, until it is on record; and kept once."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, NOTICE)
    looks = [enter("/a", kind="notice", page=ETA)[0] for _ in range(2)]

    assert [("read", 1), ("unchanged", 1)] == [(look.status, look.drafts) for look in looks]
    assert (0, 1) == (len(outages_known_at(store)), len(open_items(store)))


def test_a_trusted_page_is_put_on_record(server, store, enter):
    """With its words and the capture it was read from; the same page again is unchanged."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, NOTICE)
    looks = [enter("/a", kind="notice", page=ETA, trusted=True)[0] for _ in range(2)]
    row = outages_known_at(store).iloc[0]

    assert (["read", "unchanged"], "2026-09-08 04:00") == (
        [look.status for look in looks],
        f"{row['began_at']:%Y-%m-%d %H:%M}",
    )
    assert 64 == len(history(store, row["outage_id"]).iloc[0]["captured_sha256"])


def test_a_draft_without_a_time_stays_one_whatever_the_page_says_the_next_day(server, store, enter):
    """Other words on another day are no second outage."""
    for day, words in enumerate((b"unavailable.", b"still unavailable!")):
        server.answers["/a"] = (200, {"ETag": f'"{day}"'}, UNDATED.replace(b"unavailable.", words))
        enter("/a", kind="notice", page=ETA, at=MONDAY + pd.Timedelta(days=day))

    assert [MONDAY.date()] == [at.date() for at in open_items(store)["began_at"]]


def test_an_outage_of_a_part_nobody_knows_holds_the_record_until_it_is_mapped(server, store, enter):
    """It may be a service we know; once the settings say which, nothing is open."""
    server.answers["/a"] = (200, {}, document(INCIDENT | {"components": [{"name": "Front door"}]}))
    (first,) = enter("/a")
    open_then, complete_then = list(open_items(store)["words"]), complete_to(store, MONDAY)
    enter("/a", at=TUESDAY, components={"Front door": "gckey"})

    assert (False, ["Front door"], None) == (first.is_accounted_for, open_then, complete_then)
    assert ([], TUESDAY) == (list(open_items(store)["words"]), complete_to(store, TUESDAY))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"status": {"indicator": "critical"}}, "source_state_contradicted"),
        ({"scheduled_maintenances": [], "incidents": ["GCKey is down"]}, "outage_not_a_record"),
    ],
)
def test_a_page_that_says_more_than_was_read_of_it_is_not_complete(server, store, enter, more, code):
    """What it says of itself as a whole, or in another form, may be an outage."""
    server.answers["/a"] = (200, {}, json.dumps(json.loads(document()) | more).encode())
    enter("/a")

    assert ([code], None) == (list(open_items(store)["code"]), complete_to(store, MONDAY))


def test_an_address_is_shown_without_its_password():
    """In the record and on the screen."""
    assert "https://example.org/a?b=c" == shown_address("https://user:secret@example.org/a?b=c")


UNDATED = b"<html><body><h1>Notice</h1><p>The online application is currently unavailable.</p></body></html>"


def test_a_notice_without_a_time_met_for_days_is_one_outage(server, store, enter):
    """It keeps the day on which it was first seen; other words of it make a version, not another outage."""
    server.answers["/a"] = (200, {"ETag": '"1"'}, UNDATED)
    enter("/a", kind="notice", page=ETA, trusted=True)
    for day, tag in ((1, b"."), (2, b"!")):
        server.answers["/a"] = (200, {"ETag": f'"{day}"'}, UNDATED.replace(b"unavailable.", b"unavailable" + tag))
        enter("/a", kind="notice", page=ETA, trusted=True, at=MONDAY + pd.Timedelta(days=day))
    (row,) = outages_known_at(store).to_dict("records")

    assert MONDAY.date() == row["began_at"].date()
    assert "added" == history(store, row["outage_id"]).iloc[0]["action"]


HOUR = pd.Timedelta(hours=1)
QUIET = UNDATED.replace(b"unavailable.", b"free of charge.")
IS_BACK = b"<!DOCTYPE html><main><div class='alert'><p>The online application is available again.</p></div></main>"


@pytest.mark.parametrize(
    ("pages", "hours"),
    [
        ([UNDATED], (0, None)),
        ([UNDATED, None, None], (0, None)),
        ([UNDATED, None, QUIET], (0, 1)),
        ([UNDATED, None, QUIET, None], (0, 1)),
        ([UNDATED, QUIET], (0, None)),
        ([UNDATED, QUIET, None], (0, None)),
        ([UNDATED, None, IS_BACK], (0, 2)),
        ([UNDATED, IS_BACK, QUIET], (0, 1)),
        ([UNDATED, None, QUIET, UNDATED], (0, None)),
    ],
)
def test_an_undated_notice_lasts_from_its_first_sight_to_its_last(server, store, enter, pages, hours):
    """A look an hour, None where the page is as before: gone without a word, it was last seen then; or it is back."""
    for hour, page in enumerate(pages):
        if page is not None:
            server.answers["/a"] = (200, {"ETag": f'"{hour}"'}, page)
        enter("/a", kind="notice", page=ETA, at=MONDAY + hour * HOUR)
    left = open_items(store)
    told = left[left["fate"] == "draft"].iloc[0]
    ends = [None if pd.isna(told[at]) else (told[at] - MONDAY) / HOUR for at in ("began_at", "ended_at")]

    assert hours == tuple(ends)
    assert MONDAY == told["first_at"]
    assert len(pages) == 1 or "2026-09-07T09:00Z" in item_reason(told, "fr")


def notice_page(sentence, language):
    """A page with one notice."""
    return f'<html lang="{language}"><body><main><p>{sentence}</p></main></body></html>'.encode()


EN = notice_page("GCKey will be unavailable on September 12, 2026, from 1 a.m. to 3 a.m. Eastern time.", "en")
FR = "La CléGC ne sera pas disponible le 12 septembre 2026, de 1 h à {} h (heure de l’Est)."


@pytest.mark.parametrize("trusted", [True, False])
def test_the_two_languages_of_a_notice_meet_across_pages(server, store, enter, trusted):
    """The French page that says the same adds nothing, on record or in the queue, whichever look it is."""
    server.answers |= {"/en": (200, {}, EN), "/fr": (200, {}, notice_page(FR.format(3), "fr"))}
    told = [
        [problem.code for one in enter("/en", "/fr", at=at, kind="notice", trusted=trusted) for problem in one.problems]
        for at in (MONDAY, TUESDAY)
    ]

    assert (1, 1) == (len(outages_known_at(store)) + len(open_items(store)), told[0].count("notice_other_language"))


def test_two_languages_that_disagree_across_pages_are_told_and_both_count(server, store, enter):
    """Until three in English, until five in French."""
    server.answers |= {"/en": (200, {}, EN), "/fr": (200, {}, notice_page(FR.format(5), "fr"))}
    _, french = enter("/en", "/fr", kind="notice", trusted=True)
    (told,) = [problem for problem in french.problems if problem.code == "notice_pages_disagree"]

    assert (2, "gckey 2026-09-12T05:00Z – 2026-09-12T07:00Z", "gckey 2026-09-12T05:00Z – 2026-09-12T09:00Z") == (
        len(outages_known_at(store)),
        told.details["english"],
        told.details["french"],
    )


def test_a_notice_of_another_day_is_another_notice(server, store, enter):
    """A week apart, nothing is compared."""
    later = notice_page(FR.format(3).replace("12 sept", "19 sept"), "fr")
    server.answers |= {"/en": (200, {}, EN), "/fr": (200, {}, later)}
    _, french = enter("/en", "/fr", kind="notice", trusted=True)

    assert (2, []) == (
        len(outages_known_at(store)),
        [problem.code for problem in french.problems if problem.code.startswith("notice_pages")],
    )


@pytest.mark.parametrize(
    ("minutes", "others"),
    [(60, ["gckey 2026-09-12T05:00Z – 2026-09-12T07:00Z"]), (180, [])],
)
def test_one_that_says_now_is_held_against_the_window_of_the_other_language(server, store, enter, minutes, others):
    """In the midst of the English window, and an hour after its end."""
    now = pd.Timestamp("2026-09-12T05:00Z") + pd.Timedelta(minutes=minutes)
    page = notice_page("La CléGC est actuellement indisponible.", "fr")
    server.answers |= {"/en": (200, {}, EN), "/fr": (200, {}, page)}
    _, french = enter("/en", "/fr", kind="notice", trusted=True, at=now)
    told = [problem.details["english"] for problem in french.problems if problem.code == "notice_pages_disagree"]

    assert (2, others) == (len(outages_known_at(store)), told)
