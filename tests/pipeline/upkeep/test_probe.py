"""Whether the public pages answer: a real server on this machine, and a clock that the test turns."""

import json

import pandas as pd
import pytest

from reporter.errors import SettingsError
from reporter.pipeline.upkeep.probe import probe
from reporter.pipeline.upkeep.record_outages import confirm_item
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import ProbeSettings, Settings
from reporter.store.ledger import history, outages_known_at
from reporter.store.ledger_items import open_items

NAMES = service_names(load_rulebook())
NOON = pd.Timestamp("2026-09-08T12:00Z").as_unit("us")
PAGE, LOGIN = b"<!doctype html><html><p>Sign in</p></html>", b"<!doctype html><html><p>Sign in to Wi-Fi</p></html>"
WELL = {
    "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /portal\n"),
    "/control": (200, {}, b"success\n"),
    "/gckey": (200, {}, PAGE),
}


@pytest.fixture
def server(server):
    """Where all is well."""
    server.answers |= WELL
    return server


@pytest.fixture
def ask(server, store, tmp_path):
    """One round, so many minutes after noon: what was seen of GCKey and of the portal, and what stood between."""
    pages = {"gckey": server.url("/gckey"), "ircc_portal": server.url("/portal")}

    def asked(minutes, **said):
        told = {"on": True, "pages": pages, "control": server.url("/control"), "control_says": "success"} | said
        settings = Settings(probe=ProbeSettings(**told), folder=str(tmp_path))
        done = probe(settings, store, NAMES, at=NOON + pd.Timedelta(minutes=minutes))
        seen = {page.service: page.state for page in done.pages}
        return seen.get("gckey"), seen.get("ircc_portal"), done.between

    return asked


@pytest.mark.enable_socket
def test_three_failures_over_ten_minutes_make_a_draft(server, store, ask):
    """No sooner, and only one; asked at its rhythm and by robots.txt; its end stands in it once the page answers."""
    server.answers["/gckey"] = (503, {}, b"")
    rounds = [ask(minutes) for minutes in (0, 2, 5)]
    early = len(open_items(store))
    rounds += [ask(minutes) for minutes in (10, 15)]
    (draft,) = open_items(store).to_dict("records")

    assert [("fails", "barred", ""), ("waits", "waits", ""), *[("fails", "barred", "")] * 3] == rounds
    assert (0, "draft", "gckey", NOON, "probe") == (
        early, draft["fate"], draft["services"], draft["began_at"], draft["source"],
    )  # fmt: skip
    assert 3 == draft["words"].count("503")
    assert (1, 4, 4, 0) == tuple(
        sum(path == one for path, _ in server.asked) for one in ("/robots.txt", "/control", "/gckey", "/portal")
    )

    server.answers["/gckey"] = (200, {}, PAGE)
    ask(20)
    (whole,) = open_items(store).to_dict("records")
    confirm_item(store, whole["item_id"], NOON + pd.Timedelta(hours=1))
    version = history(store, outages_known_at(store)["outage_id"].iloc[0]).iloc[0]

    assert NOON + pd.Timedelta(minutes=20) == whole["ended_at"]
    assert ("unverified", "own_capture", "resolved") == tuple(version[["verification", "source_kind", "status"]])

    server.answers["/gckey"] = (503, {}, b"")
    for minutes in (60, 66, 72):
        ask(minutes)
    confirm_item(store, open_items(store)["item_id"].iloc[0], NOON + pd.Timedelta(minutes=73))
    server.answers["/gckey"] = (200, {}, PAGE)
    ask(78)

    assert ["probe_answers_again"] == open_items(store)["code"].tolist()  # what is on record, nobody ends unasked


@pytest.mark.enable_socket
def test_what_is_no_failure_of_the_service_is_none(server, store, ask, tmp_path):
    """A network that is dead or has a page of its own in between, a server that asks to wait, hours without a look."""
    with pytest.raises(SettingsError, match=r"^probe\.on: nothing is asked"):
        ask(0, on=False)
    with pytest.raises(SettingsError, match=r"^probe\.pages: "):
        ask(0, pages={"gckye": server.url("/gckey")})
    assert [] == server.asked

    server.answers |= {"/gckey": (503, {}, b""), "/control": (200, {}, LOGIN)}
    captive = [ask(minutes) for minutes in (0, 6, 12, 18)]
    dead = ask(24, control="http://127.0.0.1:1/", control_says="success")
    server.answers |= WELL | {"/gckey": (429, {}, b"")}
    busy = [ask(minutes) for minutes in (30, 36, 42, 48)]
    server.answers["/gckey"] = [(503, {"Retry-After": "7200"}, b""), (503, {}, b""), (503, {}, b"")]
    apart = [ask(minutes)[0] for minutes in (60, 66, 190, 250)]
    pages = json.loads((tmp_path / "probe.json").read_text())["pages"]
    elsewhere = server.url("/away").replace("127.0.0.1", "localhost")
    server.answers |= {"/gckey": (302, {"Location": elsewhere}, b""), "/away": (200, {}, PAGE)}
    led_away = [ask(minutes, away=away)[0] for minutes, away in ((300, (elsewhere,)), (400, ("https://x.example/",)))]

    assert [("unknown", "barred", "captive")] * 4 == captive
    assert ("unknown", "barred", "network") == dead
    assert [("unknown", "barred", "")] * 4 == busy
    assert ["fails", "waits", "fails", "fails"] == apart
    assert ["fails", "answers"] == led_away
    assert (0, 1) == (len(open_items(store)), len(pages[server.url("/gckey")]["failures"]))
