"""Words of closed lists, in both languages, and what is told of the others."""

import pytest
from made_rosters import codes, reading

from reporter.readers.values import is_blank_word, lookup

WORDS = {
    "permit_kind": {
        "Study Permit": "study",
        "permis d’études": "study",
        "Open work permit": "work",
        "PTPD": "pgwp",
        "Fiche de visiteur": "visitor",
        "TRP": "trp",
    },
    "province": {
        "Ontario": "ON",
        "on": "ON",
        "Québec": "QC",
        "PQ": "QC",
        "Colombie-Britannique": "BC",
        "B.C.": "BC",
        "PEI": "PE",
        "Î.-P.-É.": "PE",
        "TNO": "NT",
        "Terre-Neuve": "NL",
    },
    "population": {"Students": "student", "Employé(e)": "worker", "Travailleuse": "worker", "visiteur": "visitor"},
    "language": {"English": "en", "FR": "fr", "Français": "fr", "anglais": "en"},
    "application_outcome": {
        "In process": "pending",
        "Approuvée": "approved",
        "Refusal": "refused",
        "Returned as incomplete": "returned",
    },
    "enrolment_status": {
        "Full-time": "enrolled",
        "Temps partiel": "enrolled",
        "En congé": "leave",
        "Diplômée": "completed",
        "Abandon": "withdrawn",
        "transferred": "transferred",
        "Not enrolled": "not_enrolled",
    },
    "sign_in_method": {
        "GCKey": "gckey",
        "CléGC": "gckey",
        "Sign-In Partner": "signin_partner",
        "partenaire de connexion": "signin_partner",
        "courriel": "email",
    },
    "letter_kind": {
        "ADR": "document_request",
        "PFL": "fairness_letter",
        "Lettre d'équité procédurale": "fairness_letter",
        "BIL": "biometrics",
        "Examen médical": "medical",
        "PPR": "passport_request",
    },
    "yes_no": {"Y": "yes", "Oui": "yes", "✓": "yes", "n": "no", "NON": "no", "true": "yes", "false": "no"},
    "time_zone": {"America/Vancouver": "America/Vancouver"},
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, spellings in WORDS.items() for text in spellings])
def test_a_word_is_known_in_both_languages(name, text):
    """Accents, case and punctuation make no difference."""
    assert WORDS[name][text] == lookup(name)(text)


@pytest.mark.parametrize("name", WORDS)
def test_a_word_of_no_list_is_not_known(name):
    """Nothing is bound by likeness."""
    assert lookup(name)("Studdy/permitt") is None


@pytest.mark.parametrize(
    ("text", "blank"), [("N/A", True), ("-", True), ("s/o", True), ("none", True), ("?", False), ("x", False)]
)
def test_which_filled_cells_say_nothing(text, blank):
    """A dash is an empty cell; a question mark is not."""
    assert blank == is_blank_word(text)


def test_an_unknown_value_is_told_once_with_its_count():
    """Three cells of one value make one warning, at the first."""
    read = reading([["ID", "Permit expiry", "Province"], *[[str(n), "2026-03-31", "Ontaria"] for n in range(3)]])

    assert (["value_unknown"], "Ontaria", "3", "Staff!C2") == (
        codes(read),
        read.problems[0].value,
        read.problems[0].details["count"],
        read.problems[0].cell,
    )
    assert read.roster["province"].isna().all()


def test_blank_words_are_not_unknown_values():
    """`N/A` in a list column is an empty cell."""
    assert [] == codes(reading([["ID", "Permit expiry", "Province"], ["1", "2026-03-31", "N/A"]]))


@pytest.mark.parametrize(("cell", "method"), [("GCKey", "gckey"), ("carrier pigeon", "unknown"), (None, "unknown")])
def test_a_sign_in_method_that_is_not_known_is_unknown(cell, method):
    """Both kinds of sign-in are then supposed possible."""
    read = reading([["ID", "Permit expiry", "Sign-in method"], ["1", "2026-03-31", cell]])

    assert [method] == list(read.roster["sign_in_method"])


@pytest.mark.parametrize(("cell", "outcome"), [("Y", "pending"), ("oui", "pending"), ("N", None), (None, None)])
def test_renewal_filed_is_a_pending_application(cell, outcome):
    """`Renewal filed: yes` says that an application is in, not how it ended."""
    found = reading([["ID", "Permit expiry", "Renewal filed (Y/N)"], ["1", "2026-03-31", cell]]).roster[
        "application_outcome"
    ]

    assert [outcome] == [None if v != v else v for v in found]


def test_a_told_outcome_wins_over_renewal_filed():
    """Refused stays refused."""
    read = reading([["ID", "Permit expiry", "Renewal filed", "Decision"], ["1", "2026-03-31", "Y", "Refused"]])

    assert ["refused"] == list(read.roster["application_outcome"])


def test_an_unclear_answer_about_filing_keeps_the_row():
    """`maybe` is no filing; it is told, and the row is assessed."""
    read = reading([["ID", "Permit expiry", "Renewal filed"], ["1", "2026-03-31", "maybe"]])

    assert (1, ["value_unknown"]) == (len(read.roster), codes(read))
