"""Who is who: one number is one person unless a name says otherwise, in one roster and over several."""

from itertools import permutations

import pytest
from made_rosters import outcomes, reading, sheet

from reporter.readers.book import Book
from reporter.readers.identity import settle_people
from reporter.readers.people import is_one_name, name_words
from reporter.readers.roster import ReadOptions, read_roster

HEADERS = ["Matricule", "Name", "Permit type", "Permit expiry"]
ASIDE = ("set_aside", "id_shared")


def roster_of(file, *rows):
    """A roster of this name: each row a number, a name and an end."""
    cells = [HEADERS, *[[number, name, "WP", end] for number, name, end in rows]]
    return read_roster(Book(file, "0" * 64, (sheet(cells),)), ReadOptions())


def fates(*readings):
    """The outcomes of each roster, once it is settled who is who."""
    return [outcomes(read) for read in settle_people(readings)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana Roy", "Bo Li"),
        ("Ana Roy", "Ana Ray"),
        ("王伟", "李娜"),
        ("王伟", "王芳"),
        ("राम", "रीमा"),
        ("علی رضایی", "مریم رضایی"),
        ("Ольга Иванова", "Олег Иванов"),
        ("Ana Roy", "王伟"),
        ("김민준", "김서연"),
        ("F", "F2"),
        ("M. R.", "Marie Roy"),
    ],
)
def test_a_number_beside_two_names_sets_both_rows_aside(one, other):
    """In any script: nobody can tell whose permit is whose, and neither row is absorbed by the other."""
    read = roster_of("a.xlsx", ("1", one, "2027-09-12"), ("1", other, "2026-09-12"))
    (settled,) = settle_people([read])

    assert ([ASIDE, ASIDE], 0, ["id_shared", "id_shared"]) == (
        outcomes(settled),
        len(settled.roster),
        [p.code for p in settled.problems],
    )


def test_the_message_names_the_offices_heading_and_the_other_row():
    """What is so is said: both rows are set aside."""
    read = roster_of("a.xlsx", ("1", "Ana", "2027-09-12"), ("1", "Bo", "2026-09-12"))
    first, second = settle_people([read])[0].problems

    assert ("Staff!A2", "Staff!A3") == (first.cell, second.cell)
    assert "Matricule: “1” stands beside another name on row 3." in first.message()
    assert "les deux lignes sont donc mises de côté" in second.message("fr")


def test_the_rows_set_aside_are_kept_as_they_stood():
    """They are given back to be mended."""
    read = roster_of("a.xlsx", ("1", "Ana", "2027-09-12"), ("1", "Bo", "2026-09-12"), ("2", "Cy", "2027-09-12"))

    assert [["1", "Ana"], ["1", "Bo"]] == settle_people([read])[0].originals[["Matricule", "Name"]].values.tolist()


def test_two_people_under_one_number_in_two_rosters_are_set_aside_in_both():
    """The check looks over all rosters, and each message names the file of the other row."""
    one = roster_of("a.xlsx", ("7", "Ana Roy", "2027-09-12"), ("8", "Cy", "2027-09-12"))
    other = roster_of("b.xlsx", ("7", "Bo Li", "2026-09-12"))
    first, second = settle_people([one, other])

    assert ([ASIDE, ("assessed", "")], [ASIDE]) == (outcomes(first), outcomes(second))
    assert "on row 2 of b.xlsx, Staff" in first.problems[0].message()
    assert "à la ligne 2 de a.xlsx, Staff" in second.problems[0].message("fr")


THREE = (("1", "Ana Roy", "2027-01-01"), ("1", "A. Roy", "2026-01-01"), ("1", "Bo Li", "2028-01-01"))


@pytest.mark.parametrize("order", list(permutations(THREE)))
def test_one_other_name_makes_the_number_nobodys_whatever_the_order(order):
    """All its rows are set aside, those that agree with one another too."""
    assert [[ASIDE] * 3] == fates(roster_of("a.xlsx", *order))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana Roy", "ROY, Ana"),
        ("Zoë Ngô", "zoe ngo"),
        ("Marie-Ève Côté", "Marie Eve Cote"),
        ("Jean O'Brien", "Jean OBrien"),
        ("M. Roy", "Marie Roy"),
        ("Roy", "Ana Roy"),
        ("Dr Ana Roy", "Ana Roy"),
        ("王 伟", "王伟"),
        ("علی\u200cرضا", "علیرضا"),
        ("ＡＮＡ Roy", "Ana Roy"),
        ("", "Ana Roy"),
    ],
)
def test_ways_to_write_one_name(one, other):
    """Order, case, accents, joiners and initials make no other person; nor does a name that is not told."""
    assert is_one_name(name_words(one), name_words(other)) and is_one_name(name_words(other), name_words(one))


def test_one_persons_rows_stay():
    """A renewal is for the engine to settle: the readers keep both rows."""
    read = roster_of("a.xlsx", ("1", "Ana Roy", "2027-09-12"), ("1", "ROY Ana", "2026-09-12"))

    assert ([[("assessed", "")] * 2], 2) == (fates(read), len(settle_people([read])[0].roster))


def test_a_number_with_and_without_its_zeros_is_one_person_beside_one_name():
    """The number that keeps its zeros is the person's, in whichever roster it stands; the other row says so."""
    one = roster_of("a.xlsx", ("413395", "Ana Roy", "2027-09-12"))
    other = roster_of("b.xlsx", ("00413395", "Ana Roy", "2026-09-12"))
    first, second = settle_people([one, other])

    assert (["00413395"], ["00413395"], ["id_without_zeros_far"], []) == (
        list(first.roster["person_id"]),
        list(second.rows["person_id"]),
        [p.code for p in first.problems],
        [p.code for p in second.problems],
    )


@pytest.mark.parametrize("name", ["Bo Li", None])
def test_zeros_alone_join_nobody(name):
    """Where the names differ, or one is not told, two ways to write a number are two people; that is said once."""
    one = roster_of("a.xlsx", ("0101", "Ana Roy", "2027-09-12"))
    other = roster_of("b.xlsx", ("101", name, "2026-09-12"))
    first, second = settle_people([one, other])

    assert (["0101"], ["101"], [("assessed", "")], [], ["id_but_for_zeros_far"]) == (
        list(first.roster["person_id"]),
        list(second.roster["person_id"]),
        outcomes(second),
        [p.code for p in first.problems],
        [p.code for p in second.problems],
    )


CAPITALS = [
    ("Ana Roy", ["ab12", "ab12"], "id_without_zeros"),
    ("Bo Li", ["ab12", "AB12"], "id_but_for_zeros"),
    (None, ["ab12", "AB12"], "id_but_for_zeros"),
]


@pytest.mark.parametrize(("name", "ids", "told"), CAPITALS)
def test_capitals_join_one_name_and_are_told_beside_others(name, ids, told):
    """As with zeros: never in silence, and never two names under one number."""
    (read,) = settle_people([roster_of("a.xlsx", ("ab12", "Ana Roy", "2027-09-12"), ("AB12", name, "2026-09-12"))])

    assert (ids, [told]) == (list(read.roster["person_id"]), [p.code for p in read.problems])


@pytest.mark.parametrize("written", ["A–12", "#A-12", "A 12", "a12", "\u0410-12", "\u0391-12"])
def test_signs_alone_join_nobody_and_are_told(written):
    """Two ways to write one number, beside one name, are counted as two people until somebody has looked."""
    rows = (("A-12", "Ana Roy", "2027-09-12"), (written, "Ana Roy", "2026-09-12"))
    (read,) = settle_people([roster_of("a.xlsx", *rows)])

    assert ["A-12", written] == list(read.roster["person_id"])
    assert ["id_but_for_zeros"] == [p.code for p in read.problems]
    assert (
        "signs or letters of another alphabet, and nothing makes certain that both are one person"
        in read.problems[0].message()
    )


def test_rosters_without_names_are_left_as_they_are():
    """A number alone says who it is."""
    rows = [["ID", "Permit expiry"], ["1", "2026-03-31"], ["1", "2027-03-31"]]

    assert [[("assessed", "")] * 2] == fates(reading(rows))
