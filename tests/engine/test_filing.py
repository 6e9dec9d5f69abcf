"""What recorded applications are to each duty, beside the same told row by row, in plain words."""

from functools import cache
from random import Random

import pandas as pd
import pytest
from makers import RULEBOOK, roster

from reporter.engine.filing import (
    ANSWERS,
    APPLICATION,
    carrying,
    disposition,
    filing,
    filing_standing,
    is_filed_hour_missing,
    is_filed_in_doubt,
    is_second_after_refusal,
    is_stay_in_doubt,
    missed_at,
    possible_kinds,
)
from reporter.model.rulebook import APPLICATION_KINDS

START = pd.Timestamp("2026-06-01")
LAST, LATEST = 9, 11
"""The last day by the reading that warns and by the latest, in days from START."""
OPENS, CLOSES, OVER = 0, LAST + 1, LATEST + 1
"""Their instants: each day is over when the next begins."""
CARRIERS = carrying(RULEBOOK)
OUTCOMES = (None, "pending", "approved", "refused", "returned")
RECEIVED = (None, -6, -5, -1, OPENS, 5, 9.5, CLOSES, CLOSES + 0.5, OVER, OVER + 0.5)
PREFIXES = ("application_", "second_application_")
APPLIED = {name: one for name, one in RULEBOOK.deadlines.items() if one.filed_by == "application_filed_at"}
ROWS = 600


def on(day):
    return None if day is None else START + pd.Timedelta(days=day)


def at(day):
    return None if day is None else on(day).tz_localize("UTC")


def drawn(draw):
    """A row with two applications, of values that meet every limit: in days from START."""
    row = {"issued": draw.choice([None, -5, 6])}
    for prefix in PREFIXES:
        filed = draw.choice(RECEIVED)
        row[prefix] = {
            "filed": filed,
            "from": filed - draw.choice([0.5, 1]) if filed is not None and draw.random() < 0.4 else None,
            "outcome": draw.choice(OUTCOMES),
            "decided": draw.choice([None, LAST - 1, LAST, LAST + 1]),
            "kind": draw.choice([None, *APPLICATION_KINDS]),
        }
    return row


@cache
def drawn_rows():
    draw = Random(45)
    return [drawn(draw) for _ in range(ROWS)]


@cache
def people():
    """The roster of them, with the application that stands; two rows in three have a person to themselves."""
    rows = []
    for number, row in enumerate(drawn_rows()):
        filed = {
            f"{prefix}{name}": value
            for prefix in PREFIXES
            for name, value in (
                ("filed_at", at(row[prefix]["filed"])),
                ("filed_from_at", at(row[prefix]["from"])),
                ("outcome", row[prefix]["outcome"]),
                ("decided_on", on(row[prefix]["decided"])),
                ("kind", row[prefix]["kind"]),
            )
        }
        person = {
            "person_id": f"P{number - (number % 3 == 2):03}",
            "permit_kind": "work",
            "permit_issued_on": on(row["issued"]),
        }
        rows.append(person | filed)
    ends, over = (pd.Series([on(day)] * ROWS, dtype="datetime64[us]") for day in (LAST, LATEST))
    standing = filing_standing(roster(rows), ends, over, CARRIERS)
    who = pd.factorize(standing["person_id"])[0]
    return standing.assign(who=who, stay_ends_on=ends, stay_over_on=over)


def earliest(application):
    return application["filed"] if application["from"] is None else application["from"]


def stands(row):
    """The application that stands, the other one, and what is said of the second."""
    first, second = (row[prefix] for prefix in PREFIXES)
    is_made = second["filed"] is not None and second["outcome"] != "returned"
    carries = second["kind"] is None or second["kind"] in CARRIERS
    if is_made and carries and first["outcome"] == "returned":
        return second, None, "instead"
    if is_made and second["filed"] < CLOSES:
        return (second, None, "counted") if carries and first["outcome"] == "refused" else (first, second, "in_time")
    if is_made:
        return first, second, "between" if earliest(second) < OVER else "late"
    return first, second, ""


def test_the_application_that_stands():
    """A second one stands for one that was returned, or refused when it came in time; else it is told beside."""
    told = [stands(row) for row in drawn_rows()]
    nothing = dict.fromkeys(("filed", "from", "outcome", "decided", "kind"))

    assert [said for _, _, said in told] == people()["second_filing"].to_list()
    for prefix, place in (("application_", 0), ("other_", 1)):
        expected = [
            (at(one["filed"]), at(one["from"]), one["outcome"], on(one["decided"]), one["kind"])
            for one in (row[place] or nothing for row in told)
        ]
        found = people()[[f"{prefix}{part}" for part in APPLICATION]]
        assert expected == [tuple(None if pd.isna(v) else v for v in one) for one in found.itertuples(index=False)]


def kinds_of(application, issued):
    """What an application can be: its kind, or the usual kind of each duty that it may be about."""
    if application is None:
        return {RULEBOOK.deadlines[name].usual_kind for name in APPLIED if is_about(name, None, issued)}
    if application["kind"]:
        return {application["kind"]}
    return {APPLIED[name].usual_kind for name in APPLIED if is_about(name, application["filed"], issued)}


def is_about(name, filed, issued):
    is_of_permit = APPLIED[name].filing_counts_from == "issued"
    since = issued if is_of_permit else OPENS
    if not APPLIED[name].usual_kind:
        return False
    return is_of_permit if filed is None else since is None or filed >= since


@cache
def possible():
    opens = {
        name: pd.Series([at(OPENS)] * ROWS, dtype="datetime64[us, UTC]")
        for name, one in APPLIED.items()
        if one.usual_kind
    }
    return {prefix: possible_kinds(people(), opens, RULEBOOK, prefix) for prefix in ("application_", "other_")}


def test_an_application_whose_kind_is_not_recorded_is_every_kind_that_it_can_be():
    """The usual kind of each duty that had opened, or whose permit had been issued, when it came."""
    for place, prefix in enumerate(("application_", "other_")):
        expected = [kinds_of(stands(row)[place], row["issued"]) for row in drawn_rows()]
        assert expected == [
            {kind for bit, kind in enumerate(APPLICATION_KINDS) if bits >> bit & 1}
            for bits in possible()[prefix].tolist()
        ]


def seen(application, issued, deadline):
    """Whether an application counts as made for a duty, what it is to it, and whether it was refused with time left."""
    if application is None:
        return False, "", False
    kinds, filed, outcome = kinds_of(application, issued), application["filed"], application["outcome"]
    is_of_permit = deadline.filing_counts_from == "issued"
    since = issued if is_of_permit else OPENS
    is_known = (
        (is_of_permit and outcome in ("pending", "approved", "refused"))
        if filed is None
        else (since is None or filed >= since)
    )
    is_before = outcome == "refused" and application["decided"] is not None and application["decided"] <= LAST
    best, some = "answers" if deadline.carries else "not_carried", {*deadline.answered_by, *deadline.carried_by}
    if not deadline.answered_by or (kinds and kinds <= {*deadline.answered_by}):
        answer = best
    elif kinds and kinds <= some:
        answer = "carries_stay"
    else:
        answer = "unclear" if not kinds or kinds & some else "another"
    is_made = is_known and outcome != "returned" and not is_before
    return is_made, answer if is_made else "", is_known and is_before and answer == "answers"


def told_of(row, deadline):
    """The filing of one duty, in words."""
    first, other, _ = stands(row)
    ours, theirs = seen(first, row["issued"], deadline), seen(other, row["issued"], deadline)
    is_other = other is not None and other["filed"] is not None and ANSWERS.index(theirs[1]) < ANSWERS.index(ours[1])
    one, (is_made, answer, _) = (other, theirs) if is_other else (first, ours)
    is_filed = is_made and (
        answer in ("answers", "carries_stay", "not_carried") or (answer == "unclear" and deadline.ends_stay)
    )
    kinds = kinds_of(one, row["issued"])
    return {
        "filed_at": at(one["filed"]) if is_filed else None,
        "filed_from_at": at(one["from"]) if is_filed else None,
        "is_filed": is_filed,
        "is_filed_late": is_filed and one["filed"] is not None and earliest(one) >= OVER,
        "filing_answer": answer if is_made else "refused" if ours[2] else "",
        "seen_filed_at": at(one["filed"]) if is_made and not is_filed else None,
        "seen_filed_from_at": at(one["from"]) if is_made and not is_filed else None,
        "application_kind": min(kinds) if is_made and len(kinds) == 1 else "",
        "is_kind_inferred": is_made and one["kind"] is None and len(kinds) == 1,
        "filing_outcome": one["outcome"] or "",
    }


@cache
def part():
    """The windows of the duty, one a row."""
    dates = {"opens_at": at(OPENS), "closes_at": at(CLOSES), "over_at": at(OVER), "closes_on": on(LAST)}
    return pd.DataFrame({name: pd.Series([value] * ROWS).dt.as_unit("us") for name, value in dates.items()})


@cache
def filed(name):
    return part().assign(**filing(people(), part(), APPLIED[name], possible()))


@pytest.mark.parametrize("name", list(APPLIED))
def test_what_an_application_is_to_a_duty(name):
    """Whether it counts, by which of the two, what it is to it, and what is told of it."""
    found = filed(name)[list(told_of(drawn_rows()[0], APPLIED[name]))]
    plain = [{key: None if pd.isna(value) else value for key, value in row.items()} for row in found.to_dict("records")]

    assert [told_of(row, APPLIED[name]) for row in drawn_rows()] == plain


def test_nothing_is_filed_for_a_duty_that_nothing_is_filed_for():
    """And nothing is told of an application."""
    for deadline in RULEBOOK.deadlines.values():
        if not deadline.filed_by:
            told = pd.DataFrame(filing(people(), part(), deadline, possible()))
            assert not told[["is_filed", "is_filed_late", "is_kind_inferred"]].any(axis=None)
            assert told[["filed_at", "filed_from_at", "seen_filed_at", "seen_filed_from_at"]].isna().all(axis=None)
            assert (told[["filing_answer", "application_kind", "filing_outcome"]] == "").all(axis=None)


def ended(row, now):
    """How a duty ended, in one word; the latest that holds of what follows."""
    filed_at, from_at = row["filed_at"], row["filed_from_at"]
    since = filed_at if pd.isna(from_at) else from_at
    is_doubtful = not pd.isna(filed_at) and filed_at >= at(CLOSES) and since < at(OVER)
    outcome = row["filing_outcome"]
    if row["is_filed_late"]:
        return "late", is_doubtful
    if row["is_filed"] and outcome == "refused":
        return "refused", is_doubtful
    if row["is_filed"]:
        return "in_time" if row["filing_answer"] == "answers" and not is_doubtful else "in_doubt", is_doubtful
    if row["filing_answer"] == "refused":
        return "refused_early", is_doubtful
    return "returned" if outcome == "returned" else "missed" if now >= OVER else "open", is_doubtful


@pytest.mark.parametrize("now", [OVER - 0.5, OVER, OVER + 0.5])
def test_how_a_duty_ended(now):
    """Before, at and after the last instant of the latest reading; a day alone is late only when all of it is."""
    found = filed("work-permit-renewal")
    told = [ended(row, now) for row in found.to_dict("records")]

    assert [word for word, _ in told] == disposition(found, at(now), found["filing_outcome"]).to_list()
    assert [is_doubtful for _, is_doubtful in told] == is_filed_in_doubt(found).to_list()
    is_day_alone = found["filed_at"].notna().to_numpy() & found["filed_from_at"].notna().to_numpy()
    assert is_day_alone.tolist() == is_filed_hour_missing(found).to_list()


def is_carried(row, limit, of):
    """Whether an application that stands was received before a limit, and does carry the stay."""
    one = stands(row)[0]
    if one["kind"] is not None and one["kind"] not in CARRIERS:
        return False
    if one["outcome"] == "returned" or (one["outcome"] == "refused" and one["decided"] is not None):
        return False
    if one["filed"] is None:
        return one["outcome"] in ("pending", "approved", "refused")
    received = of(one)
    return received < limit and (row["issued"] is None or received >= row["issued"])


def of_person(truths):
    """The same for every row of a person: whether it holds of one of them."""
    whole = pd.Series(truths).groupby(people()["person_id"]).transform("any")
    return whole.to_list()


def test_an_end_is_missed_unless_an_application_of_the_person_carries_the_stay():
    """Received before the end and not before the permit; by the latest reading it may have come at any hour."""
    deadline = RULEBOOK.deadlines["restoration"]
    in_time = of_person([is_carried(row, CLOSES, lambda one: one["filed"]) for row in drawn_rows()])
    perhaps = of_person([is_carried(row, OVER, earliest) for row in drawn_rows()])

    assert [None if is_in_time else at(CLOSES) for is_in_time in in_time] == [
        None if pd.isna(moment) else moment for moment in missed_at(people(), deadline, CARRIERS)
    ]
    assert perhaps == is_stay_in_doubt(people(), CARRIERS).to_list()


def test_another_filing_after_a_refusal_is_told_of_the_person():
    """One was refused, and another came too late; or the second one of a row came after the end."""
    found = filed("work-permit-renewal")
    refused = [first["outcome"] == "refused" for first, _, _ in map(stands, drawn_rows())]
    beside = [
        said == "late" and is_one for is_one, (_, _, said) in zip(refused, map(stands, drawn_rows()), strict=True)
    ]
    filings: dict[str, set[pd.Timestamp]] = {}
    for person, moment in zip(people()["person_id"], found["filed_at"], strict=True):
        filings.setdefault(person, set()).update([] if pd.isna(moment) else [moment])
    several = [len(filings[person]) > 1 for person in people()["person_id"]]
    of_two = [
        all(each) for each in zip(of_person(found["is_filed_late"].to_list()), of_person(refused), several, strict=True)
    ]

    assert [any(each) for each in zip(beside, of_two, strict=True)] == is_second_after_refusal(
        people(), found
    ).to_list()
    assert beside == is_second_after_refusal(people(), found.assign(is_filed_late=False)).to_list()
