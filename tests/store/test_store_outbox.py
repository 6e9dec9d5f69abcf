"""Each mail is in one hand at a time; what was handed over is not forgotten."""

import os
import random
from functools import partial

import pandas as pd
import pytest
from forked import fork
from sqlalchemy import delete, insert, update

from reporter.errors import DeliveryError, StoreError
from reporter.model.mail import (
    ALERT,
    AMBIGUOUS,
    FAILED,
    MAIL,
    STATES,
    Key,
    Letter,
    Outcome,
    ReportKey,
    recipient_id,
)
from reporter.store.causes import undo_week
from reporter.store.database import open_store
from reporter.store.outbox import (
    LEASE,
    add,
    attempts,
    cancel,
    claim,
    content,
    empty_mails,
    entries,
    hand_over,
    last_sent,
    late_mails,
    postpone,
    recover,
    release,
    resolve_mail,
    retry,
    sent_with_content,
    settle_claim,
    times_ambiguous,
    unsettled_mails,
)
from reporter.store.tables import outbox, outbox_attempts, runs

OURS = ReportKey("Office", "acme")
SENT = Outcome("sent", phase="dot", code=250)
LATER = Outcome("deferred", why="later", phase="rcpt", code=450, enhanced="4.2.1", said="greylisted")


def at(text="2026-09-07T12:00"):
    return pd.Timestamp(text, tz="UTC").as_unit("us")


def letter(name="ana", *, period="2026-W37", series="acme", why="", content=b"mail"):
    key = Key(ReportKey("Office", series), period, recipient_id(f"{name}@example.org"))
    address = "" if why else f"{name}@example.org"
    return Letter(key, "r1", name, address, f"<{period}.{name}@example.org>", "s1", content, why)


def put(store, *letters, edition=0):
    """Write the letters down; their numbers."""
    with store.begin() as connection:
        return [add(connection, one, edition, "sha", at()) for one in letters]


def states(store):
    return [entry.state for entry in entries(store)]


def history(store, number):
    return [step.state for step in attempts(store, number)]


def test_a_mail_is_written_down_with_its_bytes(store):
    """What is claimed later is what was put there, byte for byte, and knows where it goes."""
    put(store, letter(content=b"\0\xff\r\nmail"))
    taken = claim(store, "one", at())

    assert (b"\0\xff\r\nmail", "ana@example.org", "ana", "2026-W37", 1) == (
        taken.content, taken.address, taken.slug, taken.period, taken.attempt,
    )  # fmt: skip


def test_the_same_key_cannot_be_written_down_twice(store):
    """One report of one week to one recipient is one mail; the database itself says so."""
    put(store, letter())
    with pytest.raises(StoreError):
        put(store, letter(content=b"other"))

    assert 1 == len(entries(store))


@pytest.mark.parametrize(
    "other", [{"period": "2026-W38"}, {"series": "other"}, {"name": "bo"}],
)  # fmt: skip
def test_another_week_report_or_recipient_is_another_mail(store, other):
    """Each part of the key tells mails apart."""
    put(store, letter(), letter(**other))

    assert ["planned", "planned"] == states(store)


def test_a_recipient_without_an_address_is_refused_at_once(store):
    """Nobody can be written to there, and it is not forgotten either."""
    put(store, letter(why="no_address"))

    assert (["refused"], None) == (states(store), claim(store, "one", at()))


def test_a_mail_is_in_one_hand_at_a_time(store):
    """What one has claimed no other gets; the next gets the next."""
    put(store, letter(), letter("bo"))
    claims = [claim(store, worker, at()) for worker in ("one", "two", "three")]

    assert ["ana", "bo", None] == [taken and taken.slug for taken in claims]


def test_the_whole_way_is_written_down(store):
    """Planned, claimed, handed over, sent; the attempt has its phase and code."""
    (number,) = put(store, letter())
    seen = states(store)
    taken = claim(store, "one", at())
    seen += states(store)
    hand_over(store, taken, at())
    seen += states(store)
    settle_claim(store, taken, SENT, at(), state="sent")

    assert ["planned", "claimed", "handed_over", "sent"] == [*seen, *states(store)]
    assert [("planned", "", 0), ("sent", "dot", 250)] == [(s.state, s.phase, s.code) for s in attempts(store, number)]
    assert None is claim(store, "one", at("2027-01-01"))


def test_a_mail_put_off_comes_back_at_its_hour(store):
    """Not a second before, and with one more attempt."""
    (number,) = put(store, letter())
    settle_claim(store, claim(store, "one", at()), LATER, at(), state="deferred", next_at=at("2026-09-07T12:05"))
    early, due = claim(store, "one", at("2026-09-07T12:04:59")), claim(store, "one", at("2026-09-07T12:05"))

    assert (None, 2, at()) == (early, due.attempt, due.first_tried_at)
    assert ["planned", "deferred"] == history(store, number)


@pytest.mark.parametrize("state", ["sent", "refused", "ambiguous", "dead"])
def test_a_mail_that_is_settled_is_not_claimed(store, state):
    """Not now and not in a year."""
    put(store, letter())
    settle_claim(store, claim(store, "one", at()), Outcome("refused"), at(), state=state)

    assert None is claim(store, "two", at("2027-09-07"))


def test_only_the_holder_of_a_claim_may_hand_over(store):
    """A process that slept through its lease finds that the mail has gone to another, and must not send it."""
    put(store, letter())
    slow = claim(store, "slow", at())
    quick = claim(store, "quick", at() + LEASE * 2)
    with pytest.raises(DeliveryError):
        hand_over(store, slow, at() + LEASE * 2)
    hand_over(store, quick, at() + LEASE * 2)

    assert (["handed_over"], 2) == (states(store), quick.attempt)


def test_a_mail_is_handed_over_once(store):
    """Nobody hands over what is handed over."""
    put(store, letter())
    taken = claim(store, "one", at())
    hand_over(store, taken, at())
    with pytest.raises(DeliveryError):
        hand_over(store, taken, at())


def test_a_dead_processs_claim_is_safe_to_retry(store):
    """It was not handed over: it is planned again at once, lease or no lease."""
    (number,) = put(store, letter())
    claim(store, "dead", at())

    assert () == recover(store, at(), lambda worker: worker == "dead")
    assert (["planned"], ["planned", "planned"]) == (states(store), history(store, number))


def test_what_a_dead_process_had_handed_over_is_ambiguous(store):
    """It may have arrived: it is held."""
    (number,) = put(store, letter())
    hand_over(store, claim(store, "dead", at()), at())

    assert (number,) == recover(store, at(), lambda worker: worker == "dead")
    assert (["ambiguous"], "died", 1) == (states(store), entries(store)[0].why, times_ambiguous(store, number))


def test_nothing_is_taken_from_a_process_that_may_be_alive(store):
    """As long as its lease runs, its mails are its own; afterwards they are not."""
    put(store, letter(), letter("bo"))
    hand_over(store, claim(store, "far", at()), at())
    claim(store, "far", at())
    recover(store, at() + LEASE, lambda _: False)
    before = states(store)
    recover(store, at() + LEASE * 1.01, lambda _: False)

    assert (["handed_over", "claimed"], ["ambiguous", "planned"]) == (before, states(store))


def test_an_answer_that_comes_late_is_the_truth(store):
    """Taken for ambiguous meanwhile, a mail whose answer came is sent."""
    put(store, letter())
    taken = claim(store, "slow", at())
    hand_over(store, taken, at())
    recover(store, at(), lambda _: True)

    assert settle_claim(store, taken, SENT, at(), state="sent")
    assert ["sent"] == states(store)


def test_a_claim_let_go_of_is_planned_again(store):
    """An interrupted program puts back what it had not handed over, and only that."""
    put(store, letter(), letter("bo"))
    first, second = (claim(store, "one", at()) for _ in range(2))
    hand_over(store, second, at())
    for taken in (first, second):
        release(store, taken, at())

    assert ["planned", "handed_over"] == states(store)


def test_an_ambiguous_mail_may_be_sent_again_by_setting(store):
    """It keeps its id and its bytes."""
    (number,) = put(store, letter())
    hand_over(store, first := claim(store, "dead", at()), at())
    recover(store, at(), lambda _: True)
    postpone(store, number, at(), at())
    second = claim(store, "one", at())

    assert (first.message_id, first.content, 2) == (second.message_id, second.content, second.attempt)


@pytest.mark.parametrize(("arrived", "state"), [(True, "sent"), (False, "planned")])
def test_a_person_settles_a_doubt(store, arrived, state):
    """It arrived, or it did not and is sent again."""
    (number,) = put(store, letter())
    hand_over(store, claim(store, "dead", at()), at())
    recover(store, at(), lambda _: True)
    resolve_mail(store, number, at(), arrived=arrived)

    assert [state] == states(store)


@pytest.mark.parametrize("state", ["refused", "dead", "deferred"])
def test_a_person_has_a_failed_mail_tried_again(store, state):
    """At once, and with patience counted anew."""
    (number,) = put(store, letter())
    settle_claim(store, claim(store, "one", at()), LATER, at(), state=state, next_at=at("2030-01-01"))
    retry(store, number, at("2026-09-08"))

    assert at("2026-09-09") == claim(store, "one", at("2026-09-09")).first_tried_at


@pytest.mark.parametrize("state", ["sent", "ambiguous", "cancelled"])
def test_nobody_retries_what_may_have_arrived(store, state):
    """A mail that was sent, may have been, or was replaced is not sent again by a slip of the hand."""
    (number,) = put(store, letter())
    settle_claim(store, claim(store, "one", at()), SENT, at(), state=state)
    with pytest.raises(DeliveryError, match=state):
        retry(store, number, at())


@pytest.mark.parametrize("decide", [retry, lambda *a: resolve_mail(*a, arrived=True)])
def test_a_mail_that_is_not_there_is_told(store, decide):
    """An id mistyped changes nothing."""
    with pytest.raises(DeliveryError, match="mail 9"):
        decide(store, 9, at())


def test_only_what_nobody_has_in_hand_is_taken_back(store):
    """Planned and put off, yes; claimed or sent, no."""
    numbers = put(store, *(letter(name) for name in ("ana", "bo", "cy", "di")))
    settle_claim(store, claim(store, "one", at()), LATER, at(), state="deferred", next_at=at("2026-09-08"))
    settle_claim(store, claim(store, "one", at()), SENT, at(), state="sent")
    claim(store, "one", at())
    with store.begin() as connection:
        taken = cancel(connection, numbers, "superseded", at())

    assert (2, ["cancelled", "sent", "claimed", "cancelled"]) == (taken, states(store))


def test_a_planner_sees_its_own_report_only(store):
    """Of this week or later, or unsent; of no other report."""
    put(store, letter(period="2026-W36"), letter("bo", period="2026-W36"), letter(), letter(series="other"))
    settle_claim(store, claim(store, "one", at()), SENT, at(), state="sent")
    with store.begin() as connection:
        seen = unsettled_mails(connection, OURS.in_week("2026-W37"))

    assert [("2026-W36", "bo"), ("2026-W37", "ana")] == [(entry.period, entry.slug) for entry in seen]


@pytest.mark.parametrize("deed", [delete(outbox_attempts), update(outbox_attempts).values(state="sent")])
def test_what_happened_to_a_mail_stays_written(store, deed):
    """No attempt is changed or taken out."""
    (number,) = put(store, letter())
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(deed)

    assert ["planned"] == history(store, number)


def claim_all(url, name):
    """A machine that hands over what nobody else has taken, and prints its number."""
    other = open_store(url)
    while (taken := claim(other, name, at())) is not None:
        hand_over(other, taken, at())
        os.write(1, f"{taken.number}\n".encode())
        settle_claim(other, taken, SENT, at(), state="sent")
    return 0


def test_processes_that_claim_at_once_send_each_mail_once(url):
    """Two of them empty one outbox: each mail is handed over by one of them, and none is left."""
    store = open_store(url)
    numbers = put(store, *(letter(f"n{n}") for n in range(30)))
    machines = [fork(partial(claim_all, url, f"w{n}")) for n in range(2)]
    told, codes = zip(*(machine.read() for machine in machines), strict=True)
    handed = [int(number) for text in told for number in text.split()]
    done = states(store)
    store.close()

    assert ((0, 0), numbers, {"sent"}) == (codes, sorted(handed), set(done))


@pytest.mark.parametrize(("is_held", "content", "state"), [
    (False, b"mail", "planned"), (True, b"mail", "held"), (False, b"", "cancelled"),
])  # fmt: skip
def test_a_week_taken_back_brings_back_the_mail_that_it_took_the_place_of(store, is_held, content, state):
    """It waits as it did, held if it was held; what a purge has emptied stays away, and so does an older week's."""
    with store.begin() as connection:
        for week, when in (("2026-W36", "2026-09-01"), ("2026-W37", "2026-09-07"), ("2027-W05", "2027-02-01")):
            numbers = [entry.number for entry in unsettled_mails(connection, OURS.in_week(week))]
            cancel(connection, numbers, "superseded", at(when))
            add(connection, letter(period=week, content=content), 0, "sha", at(when), is_held=is_held)
    undone = undo_week(store, OURS.in_week("2027-W05"), (), at("2026-09-08"))

    assert (1, ["cancelled", state, "cancelled"]) == (undone, states(store))


def drawn_outbox(store, rng):
    """Some hundred mails of three readers over some weeks, each in any state, some taken back."""
    keys = [
        (series, f"2026-W{week:02d}", name, channel, edition)
        for series in ("acme", "other") for week in range(30, 36) for name in ("ana", "bo", "cy")
        for channel in (MAIL, ALERT) for edition in range(rng.choice([0, 1, 1, 2, 3]))
    ]  # fmt: skip
    rng.shuffle(keys)
    with store.begin() as connection:
        for series, period, name, channel, edition in keys:
            key = Key(ReportKey("Office", series), period, recipient_id(f"{name}@example.org"), channel)
            one = Letter(key, f"run-{period}", name, f"{name}@example.org", f"<{rng.random()}>", "s", b"mail")
            number = add(connection, one, edition, "sha", at())
            values = {"state": rng.choice(STATES), "undone_at": rng.choice(["", "", "", "2026"])}
            connection.execute(update(outbox).where(outbox.c.number == number).values(values))


def slowly_late(store, series):
    """The definition, mail by mail."""
    known = [one for one in entries(store) if not one.undone_at and one.series in (series or one.series)]
    late = []
    for one in known:
        theirs = [e for e in known if (e.series, e.channel, e.recipient) == (one.series, one.channel, one.recipient)]
        is_last = one == max(theirs, key=lambda e: (e.period, e.edition))
        is_passed = one.state in FAILED and any(e.series == one.series and e.period > one.period for e in known)
        if one.state == AMBIGUOUS or (is_last and one.state not in ("sent", "cancelled") and not is_passed):
            late.append(one)
    return tuple(late)


@pytest.mark.parametrize("seed", range(2))
def test_whose_mail_is_late_is_found_without_the_mails_of_years(store, seed):
    """What the database is asked for the few is what going through all of them finds: of one report, and of all."""
    drawn_outbox(store, random.Random(seed))

    assert [slowly_late(store, series) for series in ("acme", "")] == [
        late_mails(store, ReportKey("Office" if series else "", series)) for series in ("acme", "")
    ]
    assert slowly_late(store, "acme")


@pytest.mark.parametrize("seed", range(2))
def test_the_last_mail_of_each_reader_is_the_newest_edition_of_the_newest_week(store, seed):
    """Of the runs before an instant alone, of that report, and no alert."""
    drawn_outbox(store, random.Random(seed))
    with store.begin() as connection:
        for week in range(30, 36):
            row = {"run_id": f"run-2026-W{week:02d}", "series": "acme", "as_of": f"2026-{week - 24:02d}-15"}
            figures = ("rows_read", "rows_assessed", "rows_set_aside", "rows_excluded", "people")
            texts = dict.fromkeys(("people_by_level", "manifest"), "{}") | {"rulebook_sha256": ""}
            connection.execute(insert(runs).values(row | dict.fromkeys(figures, 0) | texts))
    sent = [
        e for e in entries(store) if (e.series, e.state, e.channel) == ("acme", "sent", MAIL) and e.period < "2026-W34"
    ]
    expected = {}
    for one in sorted(sent, key=lambda e: (e.period, e.edition)):
        expected[one.recipient] = one

    assert expected == last_sent(store, OURS, at("2026-10-01"))


@pytest.mark.parametrize("due", [0, 3])
def test_looking_for_what_is_due_does_not_go_through_what_was_sent(tmp_path, due):
    """Hundreds of mails of years cost the next claim, and the question of what is late, no step of the database."""
    lite = open_store(f"sqlite:///{tmp_path}/reporter.db")

    def steps():
        counted = []
        with lite.begin() as connection:
            connection.connection.driver_connection.set_progress_handler(lambda: counted.append(1), 10)
        claim(lite, "one", at(), OURS)
        late_mails(lite, OURS)
        return len(counted)

    put(lite, *(letter(f"due{n}", period="2026-W40") for n in range(due)))
    few = steps()
    put(lite, *(letter(f"old{n}") for n in range(300)))
    with lite.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.period == "2026-W37").values(state="sent"))

    many = steps()
    lite.close()

    assert many <= few + 20


def test_what_was_sent_can_be_emptied_and_nothing_else(store):
    """By number; one that is still to be sent keeps its bytes, whoever asks."""
    first, second = put(store, letter(), letter("bo"))
    with store.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.number == first).values(state="sent"))
    found = [entry.number for entry in sent_with_content(store)]
    empty_mails(store, [first, second])

    assert ([first], [b"", b"mail"]) == (found, [content(store, number) for number in (first, second)])
    assert () == sent_with_content(store)
