"""The public record, from one store to another over a real server, with everything that can happen on the way."""

import json
from pathlib import Path

import jsonschema_rs
import msgspec
import pandas as pd
import pytest
from makers import outages, record_check

from reporter.errors import AlteredRecordError, OutageFileError, ReporterError, StoreError
from reporter.model.published_record import PublicRecord, sealed, written
from reporter.outages.door import DescribedSource, read_bytes
from reporter.pipeline.upkeep import publication
from reporter.pipeline.upkeep.publication import PRIVATE_KEY, disagreements, give, make_key, publish
from reporter.pipeline.upkeep.record_outages import OpenLedger, confirm_item, enter_addresses, enter_bytes
from reporter.report.public_site import RECORD
from reporter.rules.load import load_rulebook, service_names
from reporter.settings import OfficeSettings, RosterSettings, Settings
from reporter.store.captures import captures_beside
from reporter.store.database import open_store
from reporter.store.ledger import Provenance, amend, history, import_outages, outages_known_at, withdraw
from reporter.store.ledger_items import complete_to, open_items, source_ages

NAMES = service_names(load_rulebook())
NOW = pd.Timestamp("2026-09-09T12:00Z").as_unit("us")
LATER = NOW + pd.Timedelta(hours=2)
DOWN = {
    "outage_id": "gckey-down", "services": "gckey", "began_at": "2026-09-08T10:00Z", "ended_at": None,
    "kind": "unplanned", "verification": "official", "status": "ongoing", "title": "Sign-in failing",
    "source_url": "https://www.canada.ca/notice", "precision": "minute",
}  # fmt: skip
PRESS = DOWN | {
    "outage_id": "portal-slow", "services": "ircc_portal", "ended_at": "2026-09-08T13:00Z", "kind": "degraded",
    "verification": "press", "status": "resolved", "title": "Portal slow",
}  # fmt: skip


class Office:
    """An office of that name: its settings, its store, and the folder it publishes into."""

    def __init__(self, home, name, **settings):
        home.mkdir()
        self.home, self.site = home, home / "site"
        self.settings = Settings(office=OfficeSettings(name=name), folder=str(home), **settings)
        self.store = open_store(f"sqlite:///{home}/reporter.db")
        self.captures = captures_beside(self.store, home)
        self.key, _ = make_key(self.settings.path(PRIVATE_KEY))

    def enter(self, *rows, at=NOW):
        import_outages(self.store, outages(rows), source=Provenance(address="own.csv"), recorded_at=at)

    def publish(self, at=NOW, *, with_history=False):
        return publish(self.settings, self.store, self.captures, self.site, at=at, with_history=with_history)

    def content(self):
        return (self.site / RECORD).read_bytes()

    def fetch(self, *urls, key, at=LATER):
        wanted = [(url, DescribedSource(kind="record", key=key)) for url in urls]
        return enter_addresses(OpenLedger(self.store, self.captures, NAMES), wanted, at=at, sleep=lambda _: None)

    def known(self):
        return outages_known_at(self.store)


@pytest.fixture
def office(tmp_path):
    opened = []

    def made(name="Example College", **settings):
        opened.append(Office(tmp_path / name.replace(" ", "-"), name, **settings))
        return opened[-1]

    yield made
    for one in opened:
        one.store.close()


def resigned(office, content, **changes):
    """The document with these changes, under a signature that holds: what its publisher alone could make."""
    record = msgspec.structs.replace(msgspec.json.decode(content, type=PublicRecord), signature="", **changes)
    return written(publication._signed(record, publication._private_key(office.settings.path(publication.PRIVATE_KEY))))


def read(content, key, **told):
    return read_bytes("record.json", content, NAMES, DescribedSource("record", key=key, **told), as_of=LATER)


def test_no_byte_of_it_can_be_changed(office):
    """Nor cut off, nor put elsewhere: whatever is not what was signed is refused as a whole, in words."""
    ours = office()
    ours.enter(DOWN, PRESS)
    ours.publish()
    content, lines = ours.content(), ours.content().split(b"\n")
    first, second = (n for n, line in enumerate(lines) if line.startswith(b'{"number"'))
    swapped = [*lines]
    swapped[first], swapped[second] = lines[second] + b",", lines[first].rstrip(b",")
    changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(len(content))]
    cut = [content[:size] for size in range(1, len(content), 7)]
    spaced = content.replace(b'"is_part": false', b'"is_part":  false')

    assert 2 == len(read(content, ours.key).outages)
    for one in (*changed, *cut, b"\n".join(swapped), spaced, content + b" "):
        with pytest.raises(OutageFileError, match=r"^record\.json: "):
            read(one, ours.key)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"entries": ()}, "an older copy"),
        ({"complete_to": "2026-09-01T00:00:00Z"}, "an older copy"),
        ({"is_part": True, "entries": ()}, ""),
    ],
)
def test_what_was_read_before_must_stand_there_still(office, change, told):
    """Also under a signature that holds; a part is nobody's whole record, and replaces none."""
    ours = office()
    ours.enter(DOWN, PRESS)
    record_check(ours.store, "office", NOW, complete_to=NOW)
    ours.publish()
    mark = read(ours.content(), ours.key).mark
    older = resigned(ours, ours.content(), **change)

    if told:
        with pytest.raises(AlteredRecordError, match=told):
            read(older, ours.key, mark=mark)
    else:
        assert ("", None) == (read(older, ours.key, mark=mark).mark, read(older, ours.key).complete_to)


@pytest.mark.enable_socket
def test_an_office_follows_the_record_of_another(office, server):
    """The history comes first, each look goes on from the last; what is not so is refused, and changes nothing."""
    theirs, ours, url = office("Their Office"), office("Our Office"), server.url("/record.json")
    first = theirs.publish(with_history=True)
    theirs.enter(DOWN, PRESS)
    record_check(theirs.store, "office", NOW, complete_to=NOW)
    theirs.publish()
    old = theirs.content()
    server.answers["/record.json"] = (200, {"ETag": '"1"'}, old)
    (entered,) = ours.fetch(url, key=theirs.key)
    known = ours.known().set_index("outage_id")
    their = f"record:{theirs.publish().record.record}"

    assert ("2015-06-17-government-sites", 33) == (first.record.entries[0].outage.outage_id, first.new)
    assert ("read", 35, 35, 0) == (entered.status, entered.imported.added, len(known), len(open_items(ours.store)))
    assert ("gckey", "ongoing", url) == tuple(
        known.loc[f"{their}:gckey-down", ["services", "status", "source_address"]]
    )
    assert "Their Office · #34 ·" in history(ours.store, f"{their}:gckey-down")["raw_text"].iloc[0]
    assert NOW == complete_to(ours.store, LATER)  # their look, and not the hour at which we asked them

    amend(theirs.store, "gckey-down", {"ended_at": NOW, "status": "resolved"}, recorded_at=LATER)
    withdraw(theirs.store, "portal-slow", "it was ours alone", recorded_at=LATER)
    theirs.publish(LATER)
    newest = theirs.content()
    entries = msgspec.json.decode(newest, type=PublicRecord).entries
    other = sealed(their.removeprefix("record:"), [(e.action, e.recorded_at, e.outage) for e in reversed(entries)])
    stranger = office("Nobody in particular")
    wrong = {
        "signature": newest.replace(b"Sign-in failing", b"Sign-in working"),
        "another key": resigned(stranger, newest, key=stranger.key),
        "another past": resigned(theirs, newest, entries=other),
        "does not follow": resigned(theirs, newest, entries=(*entries[:3], *entries[4:])),
        "not whole": newest[:-200],
        "log": b"<!doctype html><html><p>Sign in to the network</p></html>",
    }
    server.answers["/record.json"] = [(200, {}, one) for one in (*wrong.values(), newest, old, newest)]
    found = {name: ours.fetch(url, key=theirs.key)[0] for name in wrong}

    assert {"altered", "schema_drift", "captive_portal"} == {one.status for one in found.values()}
    assert ["altered"] * 4 == [one.status for one in found.values()][:4]
    assert all(one.why.in_language("fr") and not one.is_accounted_for for one in found.values())
    assert "ongoing" == ours.known().set_index("outage_id").loc[f"{their}:gckey-down", "status"]

    (good,), (replayed,), (again,) = (ours.fetch(url, key=theirs.key) for _ in range(3))
    status = ours.known().set_index("outage_id")["status"]

    assert ("read", 2) == (good.status, good.imported.changed)
    assert ("altered", "older copy") == (replayed.status, "older copy" if "older copy" in str(replayed.why) else "")
    assert ("read", 0) == (again.status, again.imported.changed)
    assert ("resolved", "cancelled") == (status[f"{their}:gckey-down"], status[f"{their}:portal-slow"])
    assert NOW == source_ages(ours.store, LATER).set_index("source").loc[url, "complete_to"]


@pytest.mark.enable_socket
def test_two_publishers_that_disagree_stand_side_by_side(office, server):
    """What both say alike is on record once; what differs is shown with who says it, and ours beside it."""
    north, south, ours = office("North"), office("South"), office("Ours")
    north.enter(DOWN | {"ended_at": "2026-09-08T12:00Z", "status": "resolved"}, PRESS)
    south.enter(DOWN | {"outage_id": "sign-in", "ended_at": "2026-09-08T15:30Z", "status": "resolved"}, PRESS)
    for one in (north, south):
        one.publish()
        server.answers[f"/{one.settings.office.name}"] = (200, {}, one.content())
        ours.fetch(server.url(f"/{one.settings.office.name}"), key=one.key)
    ours.enter(PRESS | {"outage_id": "slow", "ended_at": "2026-09-08T14:00Z"})
    both, mine = disagreements(ours.store)

    assert 4 == len(ours.known())
    assert [("North", "2026-09-08T12:00Z"), ("South", "2026-09-08T15:30Z")] == sorted(
        (one["publisher"], one["ended_at"]) for one in both.outages
    )
    assert {"": "slow", "North": f"record:{north.publish().record.record}:portal-slow"} == {
        one["publisher"]: one["outage_id"] for one in mine.outages
    }
    assert (("ended_at",), ("ended_at",)) == (both.differ, mine.differ)


def test_the_site_is_the_same_bytes_and_says_the_same_in_every_form(office, tmp_path):
    """Nothing is new: not a byte differs. Our own readers find in each form the outages of the record."""
    ours = office()
    ours.enter(DOWN, PRESS, PRESS | {"outage_id": "planned", "kind": "planned", "services": "gckey;ircc_portal"})
    ours.publish()
    before = {path.relative_to(ours.site): path.read_bytes() for path in ours.site.rglob("*") if path.is_file()}
    done = ours.publish(LATER)
    elsewhere = publish(ours.settings, ours.store, ours.captures, tmp_path / "other", at=LATER, with_history=False)
    schema = json.loads(before[Path("record.schema.json")])
    forms = {
        "record.json": 3, "api/v2/incidents.json": 2, "api/v2/scheduled-maintenances.json": 1,
        "api/v2/summary.json": 1, "outages.ics": 3,
    }  # fmt: skip

    assert before == {path.relative_to(ours.site): path.read_bytes() for path in ours.site.rglob("*") if path.is_file()}
    assert (0, done.record) == (done.new, elsewhere.record)
    jsonschema_rs.validate(schema, json.loads(ours.content()))
    assert not jsonschema_rs.is_valid(schema, json.loads(ours.content()) | {"person": "x"})
    whole = read(ours.content(), ours.key).outages
    for name, count in forms.items():
        found = read_bytes(name, before[Path(name)], NAMES, DescribedSource(key=ours.key), as_of=LATER).outages
        assert count == len(found), name
        facts = {(row.services, row.began_at, str(row.ended_at)) for row in found.itertuples()}
        assert facts <= {(row.services, row.began_at, str(row.ended_at)) for row in whole.itertuples()}, name
    for page in ("index.html", "index.fr.html"):
        text = before[Path(page)].decode()
        assert "Sign-in failing" in text
        assert ours.key in text
        assert not [mark for mark in ("<script", "src=", "@import", 'http-equiv="refresh') if mark in text]


def test_nobody_stands_in_it(office, tmp_path):
    """Not in a title, an id, an address or a note; what is unconfirmed or somebody else's is not published either."""
    (tmp_path / "staff.csv").write_text(
        "Employee ID,Name,Permit expiry\nE1,Zephyrine Quillfeather,2026-12-01\n", "utf-8"
    )
    ours = office(roster=(RosterSettings(path=str(tmp_path / "staff.csv")),))
    ours.enter(
        DOWN | {"outage_id": "quillfeather-down", "title": "Zephyrine Quillfeather cannot sign in", "note": "Call Z."},
        PRESS | {"source_url": "https://example.org/~quillfeather", "note": "x"},
        PRESS | {"outage_id": "told", "verification": "user_report", "title": "Told us"},
        PRESS | {"outage_id": "record:abc:theirs", "title": "Theirs"},
        PRESS | {"outage_id": "mail", "title": "Ask jo@example.org about it"},
    )
    done = ours.publish()
    everything = b"".join(path.read_bytes() for path in ours.site.rglob("*") if path.is_file()).lower()

    assert ["", "Ask … about it"] == [entry.outage.title for entry in done.record.entries]
    assert [] == [word for word in (b"quillfeather", b"zephyrine", b"call z", b"told us", b"theirs", b"@example")
                  if word in everything]  # fmt: skip


def test_the_key_stays_at_home(office, tmp_path):
    """Readable by its owner alone, never in the site; and a site is gone on with by its own key and ledger only."""
    ours, other = office(), office("Other")
    path = ours.home / PRIVATE_KEY
    ours.enter(DOWN)
    other.enter(PRESS)
    ours.publish()

    assert (0o600, (ours.key, False)) == (path.stat().st_mode & 0o777, make_key(path))
    secret = path.read_bytes().split(b"\n")[1]
    assert not any(secret in file.read_bytes() for file in ours.site.rglob("*") if file.is_file())
    for folder in (ours.home, ours.home.parent):
        with pytest.raises(ReporterError, match="would be published"):
            publish(ours.settings, ours.store, ours.captures, folder, at=NOW)
    with pytest.raises(ReporterError, match="another key"):
        publish(other.settings, other.store, other.captures, ours.site, at=NOW)
    (other.home / PRIVATE_KEY).write_bytes(path.read_bytes())
    with pytest.raises(StoreError, match="another one"):
        publish(other.settings, other.store, other.captures, ours.site, at=NOW)
    path.chmod(0o644)
    with pytest.raises(ReporterError, match="chmod 600"):
        ours.publish()


def test_an_outage_is_given_back_as_a_draft(office):
    """A signed file, which waits at the publisher's until somebody confirms it; it vouches for nothing."""
    ours, theirs = office("Ours"), office("Theirs")
    ours.enter(DOWN, PRESS | {"outage_id": "told", "verification": "user_report"})
    given = give(ours.settings, ours.store, ours.home / "given.json", ["gckey-down"], at=NOW)
    with pytest.raises(OutageFileError, match=r"^told: .*not confirmed"):
        give(ours.settings, ours.store, ours.home / "given.json", ["told"], at=NOW)
    content = (ours.home / "given.json").read_bytes()
    told = DescribedSource(key=ours.key)
    entered = enter_bytes(OpenLedger(theirs.store, theirs.captures, NAMES), "given.json", content, at=NOW, told=told)
    (item,) = open_items(theirs.store).to_dict("records")

    assert (0, 1, None) == (len(theirs.known()), entered.drafts, complete_to(theirs.store, NOW))
    assert "Ours · Sign-in failing" == item["words"]
    confirm_item(theirs.store, item["item_id"], LATER)
    assert [f"record:{given.record}:gckey-down"] == theirs.known()["outage_id"].tolist()
    with pytest.raises(AlteredRecordError, match="no key of theirs is stated"):
        enter_bytes(OpenLedger(theirs.store, theirs.captures, NAMES), "given.json", content, at=NOW)
