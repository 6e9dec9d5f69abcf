"""What is open holds the record back until somebody has seen to it."""

import pandas as pd
import pytest
from makers import record_check

from reporter.errors import StoreError
from reporter.model.shapes import DRAFT, OUTAGES, REFUSED, OpenItem
from reporter.store.ledger import Provenance, amend, import_outages
from reporter.store.ledger_items import (
    Kept,
    Look,
    account_of_items,
    complete_to,
    open_items,
    record_look,
    settle_item,
    source_ages,
)
from reporter.store.ledger_rows import verify_ledger

MONDAY, TUESDAY, WEDNESDAY = (pd.Timestamp(f"2026-09-0{day}T12:00Z").as_unit("us") for day in (7, 8, 9))
LOST = Kept(OpenItem(REFUSED, "outage_began_unreadable", "gckey · yesterday", 3))
WAITING = Kept(OpenItem(DRAFT, "", "GCKey will be down", outage_id="n1"), {"outage_id": "n1", "services": "gckey"})


def look(store, *items, at=MONDAY, source="page", **more):
    return record_look(store, Look(source, at, complete_to=at, items=items, **more))


def outage(store, outage_id):
    row = {"outage_id": outage_id, "services": "gckey", "began_at": MONDAY, "kind": "planned", "status": "announced"}
    frame = OUTAGES.cast(pd.DataFrame([row | {"verification": "official"}]))
    return import_outages(store, frame, source=Provenance(address="hand"), recorded_at=TUESDAY)


@pytest.mark.parametrize("item", [LOST, WAITING])
def test_an_open_item_holds_the_record_at_the_look_before_it(store, item):
    """The day before it was met counts; its own look and every later one, of whichever source, do not."""
    look(store, at=MONDAY)
    look(store, item, at=TUESDAY)
    record_check(store, "office", WEDNESDAY, complete_to=WEDNESDAY)
    (page,) = source_ages(store, WEDNESDAY).query("source == 'page'").to_dict("records")

    assert (MONDAY, MONDAY, 1) == (complete_to(store, WEDNESDAY), page["complete_to"], page["open_items"])


def test_once_it_is_set_aside_the_record_reaches_to_the_last_look(store):
    """With who said so and why; nothing of it is open any more, and the account has it as settled."""
    look(store, LOST, at=TUESDAY)
    settle_item(store, open_items(store)["item_id"].iloc[0][:6], who="A. Clerk", why="a test record", at=WEDNESDAY)
    look(store, LOST, at=WEDNESDAY)

    assert (WEDNESDAY, 0) == (complete_to(store, WEDNESDAY), len(open_items(store)))
    assert {"draft": 0, "refused": 0, "settled": 1}.items() <= account_of_items(store, WEDNESDAY).items()


def test_as_of_a_day_before_it_was_set_aside_it_is_open(store):
    """A report of that day made today says what was so then."""
    look(store, LOST, at=MONDAY)
    settle_item(store, open_items(store)["item_id"].iloc[0], who="A", why="b", at=WEDNESDAY)

    assert (1, 0) == (len(open_items(store, TUESDAY)), len(open_items(store, WEDNESDAY)))


@pytest.mark.parametrize(("who", "why"), [("", "why"), ("who", " "), ("", "")])
def test_nothing_is_set_aside_by_nobody_or_for_no_reason(store, who, why):
    """It stays open."""
    look(store, LOST)
    with pytest.raises(StoreError, match="--who"):
        settle_item(store, open_items(store)["item_id"].iloc[0], who=who, why=why, at=MONDAY)

    assert 1 == len(open_items(store))


def test_a_draft_is_closed_by_being_on_record(store):
    """Whichever way it came there; the record then reaches to its look."""
    look(store, WAITING)
    outage(store, "n1")

    assert (0, MONDAY) == (len(open_items(store)), complete_to(store, TUESDAY))


def test_what_a_source_offers_no_more_is_still_open(store):
    """The department takes its notices down; that does not say that they were nothing."""
    look(store, WAITING, at=MONDAY)
    look(store, at=TUESDAY)

    assert 1 == len(open_items(store))


def test_a_file_of_the_office_is_mended_by_being_mended(store):
    """Its next import without the refused record closes it."""
    look(store, LOST, at=MONDAY, is_ours=True)
    look(store, at=TUESDAY, is_ours=True)

    assert (0, TUESDAY) == (len(open_items(store)), complete_to(store, TUESDAY))


def test_the_same_item_met_again_is_one(store):
    """At every look; two with the same words are two."""
    for at in (MONDAY, TUESDAY):
        look(store, LOST, LOST, at=at)

    assert 2 == len(open_items(store))


def test_sources_read_together_reach_as_far_as_the_least(store):
    """One that fails for weeks is not made good by another; a page nobody ever read vouches for nothing."""
    look(store, at=WEDNESDAY, source="a")
    look(store, at=MONDAY, source="b")

    assert [MONDAY, None, WEDNESDAY] == [complete_to(store, WEDNESDAY, together=names) for names in ("ab", "abc", "a")]


def test_looks_and_items_stand_in_one_chain_with_the_outages(store):
    """Numbered through, and whole."""
    look(store, LOST)
    outage(store, "n2")
    look(store, at=TUESDAY)

    assert () == verify_ledger(store)


def test_a_part_nobody_knows_is_settled_by_giving_its_outage_a_service(store):
    """On record it is all the while; being on record does not close it."""
    row = {"outage_id": "o1", "services": "unspecified", "began_at": MONDAY, "kind": "unplanned", "status": "ongoing"}
    frame = OUTAGES.cast(pd.DataFrame([row | {"verification": "official"}]))
    asks = Kept(OpenItem(REFUSED, "source_component_unmapped", "Front door"))
    said = Look("page", MONDAY, complete_to=MONDAY, items=[asks])
    import_outages(
        store, frame, source=Provenance(address="page"), recorded_at=MONDAY, unspecified={"o1": "Front door"}, look=said
    )
    open_then = list(open_items(store)["words"])
    amend(store, "o1", {"services": "gckey"}, recorded_at=TUESDAY)

    assert (["Front door"], 0) == (open_then, len(open_items(store)))
