"""From a source that is not understood to the report: what is open is told wherever the record is spoken of."""

import json
import sys

import msgspec
import pandas as pd
import pytest
from made_runs import at, outages, roster, settings
from makers import record_check

from reporter.errors import Exit
from reporter.pipeline.assemble.inputs import read_inputs, source_names
from reporter.pipeline.run import run as pipeline
from reporter.pipeline.upkeep.record_outages import DescribedSource, OpenLedger, confirm_item, enter_addresses
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import OutageSettings, SourceSettings
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger import outages_known_at
from reporter.store.ledger_items import open_items, settle_item, source_ages

pytestmark = pytest.mark.enable_socket
NAMES = service_names(load_rulebook())
LOOKED, AS_OF = "2026-09-15T12:00:00Z", "2026-09-15T13:00:00Z"
PERSON = ("E1", "One Invented", "Lab", "lab@example.org", "ON", "Work", "2026-09-15")
NOTICE = (
    b"<!doctype html><html><body><main><h1>Notice</h1><p>GCKey will not be available on Tuesday, September 15, 2026, "
    b"from 6:00 p.m. to 11:30 p.m. Eastern time because of scheduled maintenance.</p></main></body></html>"
)
TABLE = (
    b"<!doctype html><html><body><main><h1>Works</h1><table><tr><th>System</th><th>Change</th></tr>"
    b"<tr><td>GCKey</td><td>2026-09-15 18:00</td></tr></table><p>Date modified: 2026-09-01</p></main></body></html>"
)
BAD = json.dumps({"outages": [{"services": "gckey", "began_at": "yesterday", "ended_at": "noon"}]}).encode()
CALM = b"<!doctype html><html><body><main><h1>Help</h1><p>Sign in with GCKey.</p></main></body></html>"


class Office:
    def __init__(self, folder, server, kind="notice", **more):
        self.folder, self.server = folder, server
        source = SourceSettings(url=server.url("/a"), kind=kind, **more)
        people = roster(folder / "staff.csv", [PERSON])
        self.settings = msgspec.structs.replace(settings(folder, [people]), sources=(source,))
        self.told = DescribedSource(kind, **more)

    def store(self, name="reporter.db"):
        return open_store(f"sqlite:///{self.folder}/{name}")

    def look(self, content, when=LOOKED, store=None, headers=None):
        self.server.answers["/a"] = content if isinstance(content, tuple) else (200, headers or {}, content)
        opened = store or self.store()
        try:
            captures = captures_beside(opened, self.folder)
            wanted = [(self.server.url("/a"), self.told)]
            return enter_addresses(OpenLedger(opened, captures, NAMES), wanted, at=at(when), sleep=lambda _: None)[0]
        finally:
            if store is None:
                opened.close()

    def run(self, **more):
        return pipeline.run(self.settings, at(AS_OF), out=self.folder / "out", strict=True, **more)

    def complete_to(self):
        """To when the record of a run would be complete."""
        complete_to = read_inputs(self.settings, at(AS_OF)).gathered.record.complete_to
        return complete_to and f"{complete_to:%Y-%m-%dT%H:%M:%SZ}"

    def mails(self):
        return " ".join(" ".join(p.read_text("utf-8").split()) for p in (self.folder / "out/digests").glob("*.txt"))


@pytest.mark.parametrize(
    ("content", "kind", "more", "fate", "words"),
    [
        (NOTICE, "notice", {}, "draft", "GCKey will not be available"),
        (TABLE, "notice", {"trusted": True}, "refused", "2026-09-15 18:00"),
        (BAD, "", {}, "refused", "yesterday"),
    ],
)
def test_what_is_not_on_record_is_told_everywhere(tmp_path, server, content, kind, more, fate, words):
    """No `complete to`, exit 7, the account of the manifest, and its words in every mail."""
    office = Office(tmp_path, server, kind, **more)
    entered = office.look(content)
    outcome = office.run()

    assert (False, None, Exit.RECORD_STALE) == (
        entered.is_accounted_for,
        outcome.manifest["outage_record_complete_to"],
        outcome.exit_code,
    )
    assert 1 == outcome.manifest["outage_items"][fate] == sum(outcome.manifest["outage_items"].values())
    assert words in office.mails()


ROWS = (
    "<table><thead><tr><th>System</th><th>From (Ottawa time)</th><th>Until (Ottawa time)</th></tr></thead>"
    "<tbody><tr><td>{}</td><td>2026-09-15 18:00</td><td>2026-09-15 23:30</td></tr></tbody></table>"
)
DOWN = "<div class='alert'><p>The IRCC Portal is currently unavailable.</p></div>"


def html(body):
    return f"<!doctype html><html><body><main><h1>Planned work</h1>{body}</main></body></html>".encode()


def fates(office):
    store = office.store()
    found = open_items(store)
    recorded = outages_known_at(store)
    store.close()
    return sorted(recorded["services"]), sorted(zip(found["fate"], found["code"], strict=True))


@pytest.mark.parametrize(
    ("content", "trusted", "recorded", "left"),
    [
        (html(ROWS.format("GCKey")), True, ["gckey"], []),
        (html(ROWS.format("GCKey")), False, [], [("draft", "")]),
        (html(ROWS.format("The Widget")), True, ["unspecified"], [("refused", "source_component_unmapped")]),
        (html(ROWS.format("GCKey") + ROWS.format("IRCC Portal")), True, ["gckey", "ircc_portal"], []),
        (html(ROWS.format("GCKey") + DOWN), True, ["gckey"], [("draft", "")]),
        (html(ROWS.format("GCKey")).decode().encode("utf-16"), True, ["gckey"], []),
        (
            html("<p>La CléGC sera indisponible le 18 sept. 2026, de 1 h à 3 h.</p>").decode().encode("cp1252"),
            True,
            ["gckey"],
            [],
        ),
        (
            b'<!doctype html><html><body><div id="app"></div></body></html>',
            True,
            [],
            [("refused", "notice_page_blank")],
        ),
        (b"%PDF-1.7 GCKey", True, [], []),
        (b'{"error": "rate limited"}', True, [], []),
    ],
)
def test_whatever_a_page_of_notices_holds_is_accounted_for(tmp_path, server, content, trusted, recorded, left):
    """Tables are read as such, what stands beside them too, and what is no page vouches for nothing."""
    office = Office(tmp_path, server, "notice", trusted=trusted)
    entered = office.look(content)

    assert (recorded, left) == fates(office)
    assert entered.is_accounted_for == (bool(recorded) and not left)


@pytest.mark.parametrize(
    "content",
    [
        b'{"outages": [{"services": "gckey", "began_at": "2026-09-10T05:00Z"}], "next": "https://x.example/?page=2"}',
        b'{"page": {"name": "x"}, "incidents": [], "meta": {"has_more": true}}',
        b'{"outages": [], "planned": [{"services": "gckey", "began_at": "2026-09-20T05:00Z"}]}',
        b'{"page": {"name": "x"}, "incidents": [{"id": "a", "status": "investigating"}], "incidents": []}',
        b"State,Start,Stop\nup,2026-09-08T00:00Z,2026-09-09T00:00Z\nred,2026-09-09T00:00Z,2026-09-09T05:00Z\n",
        b"State,Start,Stop\nup,2026-09-08T00:00Z,2026-09-09T00:00Z\nunknown,2026-09-09T00:00Z,2026-09-09T05:00Z\n",
        b"Monitor,Event,At\ngckey,up,2026-09-09T05:00Z\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\nUID:t\r\nSUMMARY:GCKey\r\n"
        b"DTSTART:20260915T220000Z\r\nDUE:20260916T033000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="next" href="https://x.example/2"/></feed>',
    ],
)
def test_data_that_goes_on_elsewhere_is_not_complete(tmp_path, server, content):
    """A further page or list, a key twice, a state nobody knows, an up without its down, a task of a calendar."""
    office = Office(tmp_path, server, "", services="gckey")
    entered = office.look(content)

    assert (False, None) == (entered.is_accounted_for, office.complete_to())


def test_a_monitor_that_only_tells_its_state_again_and_again_has_nothing_open(tmp_path, server):
    """Up, up, up: nothing began before the first."""
    rows = "".join(f"gckey,up,2026-09-09T05:0{minute}Z\n" for minute in range(3))

    assert Office(tmp_path, server, "").look(f"Monitor,Event,At\n{rows}".encode()).is_accounted_for


def test_an_end_on_record_is_not_asked_about_when_its_beginning_has_left_the_list(tmp_path, server):
    """The window of a monitor's log moves on: the first row of today was the second of yesterday."""
    office, up = Office(tmp_path, server, ""), "gckey,up,2026-09-09T05:00Z\n"
    looks = [
        office.look(f"Monitor,Event,At\n{rows}".encode()).is_accounted_for
        for rows in (f"gckey,down,2026-09-09T04:00Z\n{up}", up)
    ]

    assert [True, True] == looks


def test_a_refused_record_is_the_same_open_item_next_week(tmp_path, server):
    """Whatever its words, its place and its end have become by then."""
    office = Office(tmp_path, server, "", services="gckey")
    kept = {"id": "i7", "services": "gckey", "began_at": "yesterday", "note": "We look into it."}
    for before, more in (([], {}), ([{"services": "gckey", "began_at": "2026-09-14T05:00Z"}], {"note": "Over."})):
        office.look(json.dumps({"outages": [*before, kept | more]}).encode())
    store = office.store()

    assert 1 == len(open_items(store))
    store.close()


def test_a_state_seen_long_ago_vouches_no_further(tmp_path, server):
    """A copy that nobody writes any more is not a look at today."""
    office = Office(tmp_path, server, "", services="gckey")
    office.look(b"url: https://gckey.example\nstatus: up\ncode: 200\nlastUpdated: 2026-07-20T13:00:00.000Z\n")

    assert "2026-07-20T13:00:00Z" == office.complete_to()


def test_a_source_whose_library_is_missing_has_not_changed_its_form(tmp_path, server, monkeypatch):
    """The reason is told with what installs it, and nothing is complete."""
    monkeypatch.setitem(sys.modules, "feedparser", None)
    entered = Office(tmp_path, server, "feed").look(b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>')

    assert ("extra_missing", False) == (entered.status, entered.is_accounted_for)
    assert "reporter[feeds]" in str(entered.why)


def test_a_draft_confirmed_without_a_service_asks_for_it(tmp_path, server):
    """It counts for none until somebody says which."""
    office = Office(tmp_path, server)
    office.look(NOTICE.replace(b"GCKey", b"The Widget"))
    store = office.store()
    confirm_item(store, open_items(store)["item_id"].iloc[0], at(AS_OF))
    left = list(open_items(store)["code"])
    store.close()

    assert ["notice_service_unknown"] == left


def test_a_page_that_announces_nothing_is_accounted_for(tmp_path, server):
    """Standing text without a day and an hour: complete to the look."""
    office = Office(tmp_path, server)
    entered = office.look(CALM)

    assert ("empty", True, LOOKED) == (entered.status, entered.is_accounted_for, office.complete_to())


def test_a_draft_confirmed_counts(tmp_path, server):
    """As it was read, with its words; the record then reaches to the look."""
    office = Office(tmp_path, server)
    office.look(NOTICE)
    store = office.store()
    confirm_item(store, open_items(store)["item_id"].iloc[0], at(AS_OF))
    (row,) = outages_known_at(store).to_dict("records")
    store.close()
    manifest = office.run().manifest

    assert (pd.Timestamp("2026-09-15T22:00Z"), pd.Timestamp("2026-09-16T03:30Z")) == (row["began_at"], row["ended_at"])
    assert ([row["outage_id"]], LOOKED) == (manifest["outages_used"], manifest["outage_record_complete_to"])


def test_what_was_set_aside_is_told_as_settled(tmp_path, server):
    """It holds nothing back any more, at this look and at the next."""
    office = Office(tmp_path, server)
    office.look(TABLE)
    store = office.store()
    settle_item(store, open_items(store)["item_id"].iloc[0], who="A", why="entered by hand", at=at(LOOKED))
    again = office.look(TABLE, AS_OF, store)
    store.close()
    manifest = office.run().manifest

    assert ("empty", True, 1) == (again.status, again.is_accounted_for, manifest["outage_items"]["settled"])
    assert AS_OF == manifest["outage_record_complete_to"]


def test_a_fresh_store_reads_a_standing_notice_again(tmp_path, server):
    """What was seen stands in the store: another store has seen nothing, and asks without a condition."""
    office = Office(tmp_path, server, trusted=True)
    stores = [office.store(name) for name in ("a.db", "b.db")]
    looks = [office.look(NOTICE, store=store, headers={"ETag": '"1"'}) for store in (stores[0], *stores)]
    counts = [len(outages_known_at(store)) for store in stores]
    for store in stores:
        store.close()

    assert (["read", "unchanged", "read"], [1, 1]) == ([look.status for look in looks], counts)


def test_other_settings_read_a_page_again(tmp_path, server):
    """The page is the same, and says something else to whoever reads it otherwise."""
    office = Office(tmp_path, server)
    office.look(NOTICE, headers={"ETag": '"1"'})
    office.told = DescribedSource("notice", trusted=True)

    assert ("read", 1) == ((look := office.look(NOTICE, headers={"ETag": '"1"'})).status, look.imported.added)


def test_a_page_that_differs_by_its_clock_is_kept_once(tmp_path, server):
    """And counts as unchanged: the record reaches to the second look."""
    office = Office(tmp_path, server, trusted=True)
    clock = b"<p>Last updated: 2026-09-15 %s</p></main>"
    looks = [office.look(NOTICE.replace(b"</main>", clock % hour), when) for hour, when in (
        (b"08:00:01", LOOKED), (b"09:00:07", AS_OF))]  # fmt: skip

    assert (["read", "unchanged"], 1) == ([look.status for look in looks], len(list((tmp_path / "captures").iterdir())))


def test_a_server_that_put_us_off_is_not_asked_before(tmp_path, server):
    """The instant stands in the store, for whichever process looks next."""
    office = Office(tmp_path, server)
    first = office.look((429, {"Retry-After": "7200"}, b""))
    second = office.look(NOTICE, AS_OF)

    assert (["later", "later"], 1) == ([first.status, second.status], len(server.asked))


def test_a_source_that_was_never_read_is_told(tmp_path, server):
    """The settings name it, and nobody looked: another source does not make good for it."""
    office = Office(tmp_path, server)
    store = office.store()
    record_check(store, "other", at(LOOKED))
    assert (1, "other") == (len(source_names(office.settings.sources)), source_ages(store, at(AS_OF))["source"].iloc[0])
    store.close()

    assert "NEVER READ" in (office.run(), office.mails())[1]


def test_a_file_of_the_run_with_a_refused_row_is_not_complete(tmp_path):
    """Whatever it says of itself; the row is counted."""
    record = outages(tmp_path / "o.json", [{"services": "gckey", "began_at": "2026-09-01T10:00Z"},
                                           {"services": "gckey", "began_at": "some day"}], AS_OF)  # fmt: skip
    known_settings = settings(tmp_path, [roster(tmp_path / "staff.csv", [PERSON])])
    whole = msgspec.structs.replace(known_settings, outages=(OutageSettings(path=str(record)),))
    manifest = pipeline.run(whole, at(AS_OF), out=tmp_path / "out").manifest

    assert (None, 1, 1) == (
        manifest["outage_record_complete_to"],
        manifest["outage_items"]["refused"],
        manifest["outage_items"]["entered"],
    )
