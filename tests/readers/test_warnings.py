"""Columns that no field was found for: what they hold is told, and a list without an end of stay is refused."""

import re
import tomllib

import pytest
from made_rosters import codes, outcomes, reading

from reporter.errors import RosterError
from reporter.readers.warnings import missing_fields

PASSPORT = ["ID", "Name", "Renew-by day", "Passport expiry"]
PEOPLE = [["E1", "Ana", "2026-11-20", "2030-01-01"], ["E2", "Bo", "2026-12-02", "2031-01-01"]]


def test_a_list_in_which_no_column_says_when_a_stay_ends_is_refused():
    """It names the columns of dates with samples, those that are read too, and nobody is called safe."""
    with pytest.raises(RosterError) as stop:
        reading([PASSPORT, *PEOPLE])

    told = str(stop.value)
    assert "Renew-by day [C] (2026-11-20, 2026-12-02)" in told
    assert "Passport expiry → passport_expires_on" in told
    assert "Renew-by day [C] (2026-11-20, 2026-12-02)" in stop.value.french


def test_the_line_that_the_refusal_shows_is_one_that_works():
    """Pasted, it reads the column as the end of the permit."""
    with pytest.raises(RosterError) as stop:
        reading([PASSPORT, *PEOPLE])
    line = re.search(r"columns\.permit_expires_on = \"[^\"]+\"", str(stop.value)).group()

    read = reading([PASSPORT, *PEOPLE], **tomllib.loads(line))
    assert ["2026-11-20", "2026-12-02"] == [f"{on:%Y-%m-%d}" for on in read.roster["permit_expires_on"]]


def test_an_office_may_say_that_its_list_has_no_such_column():
    """Then its people cannot be assessed, and the roster has no column to blame."""
    read = reading([PASSPORT, *PEOPLE], columns={"permit_expires_on": ""})

    assert ["no_column"] * 2 == list(read.roster["permit_expires_state"])


@pytest.mark.parametrize("header", ["Permit expiry", "Must leave by", "Status expiry", "Letter due"])
def test_a_column_that_says_it_is_enough(header):
    """An end of the permit or of the stay; a list of letters need not say it."""
    assert ("assessed", "") == outcomes(reading([["ID", header], ["1", "2026-03-31"]]))[0]


@pytest.mark.parametrize("header", ["Status valid until", "Immigration status end date", "Fin du séjour autorisé"])
def test_the_end_of_the_stay_alone_counts_as_the_permits_end(header):
    """Beside a permit's end it is the day to leave by."""
    alone = reading([["ID", header], ["1", "2026-03-31"]]).roster
    beside = reading([["ID", "Permit expiry", header], ["1", "2026-02-28", "2026-03-31"]]).roster

    assert ("2026-03-31", "2026-03-31") == (
        f"{alone['permit_expires_on'][0]:%Y-%m-%d}",
        f"{beside['must_leave_by_on'][0]:%Y-%m-%d}",
    )


@pytest.mark.parametrize(
    ("header", "cells", "code", "shown"),
    [
        ("Renew-by", ["2026-11-20", "2 déc. 2026"], "unread_dates", "2026-11-20, 2 déc. 2026"),
        ("Paper held", ["Study permit", "WP", "PR"], "unread_kinds", "Study permit, PR"),
        ("Write to", ["ana@example.org", "bo@example.org"], "unread_addresses", "…@example.org, …@example.org"),
    ],
)
def test_what_an_unread_column_holds_is_told_with_samples(header, cells, code, shown):
    """At its heading, with the line that maps it; nobody's address is quoted."""
    rows = [["ID", "Permit expiry", header], *[[str(n), "2026-03-31", cell] for n, cell in enumerate(cells)]]
    (told,) = reading(rows).problems

    assert (code, "Staff!C1", header, shown) == (told.code, told.cell, told.value, told.details["samples"])
    assert f'"{header}"' in told.message() and f'"{header}"' in told.message("fr")


@pytest.mark.parametrize(
    ("header", "text", "is_told"),
    [
        ("Notes", "RENEWED until 2028-08-31", True),
        ("Comments", "maintained status since November", True),
        ("Commentaires", "demande déposée par l'avocate", True),
        ("Remarques", "préfère le courriel", False),
        ("Favourite colour", "as of 2028-08-31", False),
    ],
)
def test_remarks_that_tell_of_a_stay_are_told_without_their_words(header, text, is_told):
    """Nobody at risk may hang on them; they may also hold what nobody else should read."""
    read = reading([["ID", "Permit expiry", header], ["1", "2026-03-31", "blue"], ["2", "2026-03-31", text]])

    assert (["unread_remarks"] if is_told else []) == codes(read)
    assert all(text not in p.message() and "row 3" in p.message() for p in read.problems)


@pytest.mark.parametrize(
    "cells",
    [["1981-02-03", "1999-12-31"], ["46112", "46113"], ["blue", "2026-03-31", "red"], [None, None], ["A1", "B2"]],
)
def test_what_is_not_told_of_an_unread_column(cells):
    """Birth dates, numbers, a stray date, nothing: no note, and no value shown."""
    rows = [["ID", "Permit expiry", "Other"], *[[str(n), "2026-03-31", cell] for n, cell in enumerate(cells)]]

    assert [] == codes(reading(rows))


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (["permit_expires_on", "permit_kind", "application_filed_at", "full_name", "unit", "contact_email"], ()),
        (["permit_expires_on"], ("permit_kind", "application_filed_at", "full_name", "unit", "contact_email")),
        (
            ["work_permit_expires_on", "study_permit_expires_on", "application_filed", "family_name", "unit"],
            ("contact_email",),
        ),
    ],
)
def test_which_important_fields_a_list_lacks(found, missing):
    """One field may stand for another; a column of work permits tells their kind."""
    assert missing == missing_fields(found)


NAMED = ["Nom", "Département", "Expiration du permis d'études"]


def test_a_list_without_numbers_proposes_the_address_that_each_person_has():
    """The line names the column of addresses, and no heading by likeness."""
    with pytest.raises(RosterError, match=r'columns\.person_id = "Courriel"'):
        reading([[*NAMED, "Courriel"], ["Zoé", "R", "2026-03-31", "z@example.org"]])


def test_a_list_without_numbers_or_addresses_is_told_of_no_guess():
    """What is to be pasted is no heading of the list."""
    with pytest.raises(RosterError) as stop:
        reading([NAMED, ["Zoé", "R", "2026-03-31"]])

    assert not any(f'"{header}"' in str(stop.value) for header in NAMED)


def test_a_key_of_name_and_unit_stays_the_same_and_is_told():
    """Order, case and accents of a name make no new person; another unit or name does."""
    rows = [["Roy, Zoé", "R"], ["zoe roy", "r"], ["Zoé Roy", "S"], ["Léo Roy", "R"]]
    read = reading([NAMED, *[[*row, "2026-03-31"] for row in rows]], person_id_from="name and unit")
    first, again, elsewhere, other = read.rows["person_id"]

    assert (first, 3, "ids_made") == (again, len({first, elsewhere, other}), codes(read)[0])


def test_a_row_that_is_no_persons_gets_no_key():
    """A note or a blank row is excluded as ever."""
    rows = [["Zoé", "R", "2026-03-31"], [None] * 3, ["* liste de septembre", None, None]]

    assert [("assessed", ""), ("excluded", "blank"), ("excluded", "note")] == outcomes(
        reading([NAMED, *rows], person_id_from="name and unit")
    )


def test_a_key_needs_names():
    """Without a column of names nothing can stand for a number."""
    with pytest.raises(RosterError, match="full_name"):
        reading([["Unit", "Permit expiry"], ["R", "2026-03-31"]], person_id_from="name and unit")


UNHEADED = [["E1", "Ana", "2026-11-20", "2030-01-01"], ["E2", "Bo", "2026-12-02", "2031-01-01"], ["E3", "Cy"]]


def test_dates_without_a_heading_are_told_and_read_once_they_have_one():
    """The column is named by its letter, with samples; the cure of the message works."""
    read = reading([["ID", "Name", None, "Permit expiry"], *UNHEADED])
    told = [(p.code, p.cell, p.details["samples"]) for p in read.problems if p.code == "unheaded_dates"]
    cured = reading([["ID", "Name", "Other", "Permit expiry"], *UNHEADED], columns={"ignored": "Other"})

    assert [("unheaded_dates", "Staff!C1", "2026-11-20, 2026-12-02")] == told
    assert "unheaded_dates" not in codes(cured)


@pytest.mark.parametrize("last", ["Passport expiry", "Desk"])
def test_a_list_whose_ends_have_no_heading_is_refused_with_their_column(last):
    """Whether other dates are read or not: the letter is named, and the heading of the message cures it."""
    rows = [[*row[:3], row[3] if "Pass" in last and len(row) > 3 else "x"] for row in UNHEADED[:2]]
    with pytest.raises(RosterError, match=r"have no heading: C \(2026-11-20, 2026-12-02\)") as stop:
        reading([["ID", "Name", None, last], *rows])
    cured = reading([["ID", "Name", str(stop.value).rpartition(": ")[2], last], *rows])

    assert 2 == cured.roster["permit_expires_on"].notna().sum()


def test_a_column_of_birth_dates_or_of_words_without_a_heading_is_not_told():
    """Nor is one with a date here and there."""
    rows = [["E1", "Ana", "1990-01-01", "x", "2026-11-20"], ["E2", "Bo", "1991-02-02", "2026-01-01", "2026-12-02"]]

    assert "unheaded_dates" not in codes(reading([["ID", "Name", None, None, "Permit expiry"], *rows]))
