"""Words of closed lists, in both languages, and what is told of the others."""

import re
import tomllib

import pandas as pd
import pytest
from made_rosters import codes, outcomes, reading

from reporter.errors import SettingsError
from reporter.readers.values import is_blank_word, lookup, tidy, tidy_column
from reporter.text.formats import fold_name

WORDS = {
    "permit_kind": {
        "Study Permit": "study",
        "permis d’études": "study",
        "Open work permit": "work",
        "PTPD": "pgwp",
        "WP-LMIA": "work",
        "WP (PGWP)": "pgwp",
        "Permis de travail – PTPD": "pgwp",
        "PT/EIMT": "work",
        "Work permit: IEC": "iec",
        "OWP (bridging)": "bridging",
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
    "yes_no": {
        "Y": "yes",
        "Oui": "yes",
        "✓": "yes",
        "✔\ufe0f": "yes",
        "☑": "yes",
        "✅": "yes",
        "√": "yes",
        "n": "no",
        "NON": "no",
        "true": "yes",
        "false": "no",
        "☐": "no",
        "en préparation": "no",
        "to file": "no",
    },
    "time_zone": {"America/Vancouver": "America/Vancouver"},
}

ZWNJ, ZWJ, ZWSP, SHY = "\u200c", "\u200d", "\u200b", "\u00ad"
TOLD = {
    f"علی{ZWNJ}رضا": f"علی{ZWNJ}رضا",  # Persian: with the mark it is another word than without
    f"क्{ZWJ}ष": f"क्{ZWJ}ष",
    f"ශ්{ZWJ}රී ලාල්": f"ශ්{ZWJ}රී ලාල්",
    f"{ZWNJ}علی{ZWNJ}": "علی",  # at an end it joins nothing
    f"E{ZWNJ}10{ZWJ}01": "E1001",
    f"Zo{SHY}é{ZWSP}": "Zoé",
    f"Ana {ZWJ} Bel": "Ana Bel",
    f"علی {ZWNJ}رضا": "علی رضا",
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
    ("text", "blank"),
    [("N/A", True), ("-", True), ("s/o", True), ("none", True), ("?", False), ("x", False), ("☒", False), ("×", False)],
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


@pytest.mark.parametrize(
    "text",
    [
        "maybe",
        "☒",
        "will apply 2026-03-20",
        "Reminder sent 2026-03-01",
        "prévu le 2026-03-20",
        "à déposer 2026-03-20",
        "non (2026-03-20)",
        "no - 2026-03-20",
        "à faire avant le 2026-03-20",
        "refusé 2026-03-20",
        "withdrawn 2026-03-20",
    ],
)
def test_an_unclear_answer_about_filing_keeps_the_row(text):
    """`maybe` is no filing, nor is a day on which one is meant to be made; it is told, and the row is assessed."""
    read = reading([["ID", "Permit expiry", "Renewal filed"], ["1", "2026-03-31", text]])

    assert (1, ["filed_unknown"], True) == (
        len(read.roster),
        codes(read),
        read.roster["application_filed_at"].isna().all(),
    )


@pytest.mark.parametrize(
    "filed",
    [
        "2026-03-20",
        "2026-03-20 (before midnight UTC)",
        "submitted 2026-03-20",
        "App. no 123, 2026-03-20",
        "oui (2026-03-20)",
    ],
)
def test_a_day_beside_words_that_do_not_deny_it_is_a_filing(filed):
    """A number is no denial."""
    read = reading([["ID", "Permit expiry", "Renewal filed"], ["1", "2026-03-31", filed]])

    assert read.roster["application_filed_at"].notna().all()


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("refused Nov 20 2026", "refused"),
        ("Refusée (2026-11-20)", "refused"),
        ("Refused, appeal filed", "refused"),
        ("Approved - awaiting card", "approved"),
        ("Pending since 2026-10-01", "pending"),
        ("Approved in principle", "unclear"),
        ("Approved, then refused", "unclear"),
        ("Pending - not approved", "unclear"),
        ("approved/refused", "unclear"),
    ],
)
def test_of_an_outcome_with_more_behind_it_the_first_counts(cell, outcome):
    """Behind a sign or before a number; what decides otherwise leaves it unclear, and told."""
    read = reading([["ID", "Permit expiry", "Decision"], ["1", "2026-03-31", cell]])

    assert ([outcome], ["value_unknown"] if outcome == "unclear" else []) == (
        read.roster["application_outcome"].tolist(),
        codes(read),
    )


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("letter_kind", "Biometrics (BIL)", "biometrics"),
        ("letter_kind", "BIL, IME", None),
        ("province", "Ontario (Toronto)", "ON"),
        ("enrolment_status", "Withdrawn 2026-10-01", "withdrawn"),
        ("enrolment_status", "Inactive (graduated)", None),
        ("application_kind", "Extension - work", None),
        ("sign_in_method", "Email - not GCKey", None),
        ("population", "S-1", None),
        ("yes_no", "yes (2026-10-01)", None),
    ],
)
def test_of_any_value_with_more_behind_it_the_first_counts(name, text, word):
    """Unless the rest is another word of its list or denies it; a yes leaves its day alone."""
    assert word == lookup(name)(text)


@pytest.mark.parametrize(
    ("kind", "dated", "due", "read"),
    [
        ("Biometrics + medical", "2026-03-20", None, "other"),
        ("A curious letter", None, None, "other"),
        (None, "2026-03-20", None, "other"),
        (None, "2026-03-20", "2026-04-20", None),
        (None, None, None, None),
        ("N/A", None, None, None),
        ("No", None, None, None),
        ("BIL", "2026-03-20", None, "biometrics"),
    ],
)
def test_a_letter_of_no_known_kind_does_not_vanish(kind, dated, due, read):
    """Where nothing says when a reply is due, it is some letter, of which somebody is asked."""
    rows = [["ID", "Permit expiry", "Letter type", "Letter date", "Letter due"], ["1", "2027-03-31", kind, dated, due]]

    assert [read] == [None if pd.isna(word) else word for word in reading(rows).roster["letter_kind"]]


@pytest.mark.parametrize("text", ["submitted", "En cours", "TBD"])
def test_a_word_in_place_of_the_day_of_a_filing_is_told(text):
    """It says something of a filing, and no day: it is no empty cell."""
    assert ["date_not_known"] == codes(reading([["ID", "Permit expiry", "Filed on"], ["1", "2026-03-31", text]]))


@pytest.mark.parametrize("state", ["Withdrawn", "DRAFT", "Non soumise", "annulée", "Withdrawn (2026-03-25)"])
def test_a_filing_of_an_application_that_does_not_stand_is_none(state):
    """By its date, by a yes, or a second one; it is told where there is one."""
    rows = [
        [
            "ID",
            "Permit expiry",
            "Filed on",
            "Renewal filed",
            "Outcome",
            "Second filing date",
            "Second application outcome",
        ],
        ["1", "2026-03-31", "2026-03-20", None, state, "2026-03-22", "Pending"],
        ["2", "2026-03-31", None, "yes", state, "2026-03-22", state],
        ["3", "2026-03-31", None, None, state, None, None],
    ]
    read = reading(rows)
    told = [p.cell for p in read.problems if p.code == "filing_unmade"]

    assert ["Staff!E2", "Staff!E3", "Staff!G3"] == told
    assert read.roster["application_filed_at"].isna().all() and read.roster["application_outcome"].isna().all()
    assert [True, False, False] == list(read.roster["second_application_filed_at"].notna())


@pytest.mark.parametrize(
    ("filed", "outcome", "read"),
    [
        ("No", "Maintained status", (None, ["filing_denied"])),
        ("No", "Refused", ("refused", [])),
        ("Yes", "Pending", ("pending", [])),
        (None, "Pending", ("pending", [])),
    ],
)
def test_a_no_beside_a_pending_application_is_no_filing_and_is_told(filed, outcome, read):
    """Nobody can tell which is wrong; what was decided, somebody filed."""
    found = reading([["ID", "Permit expiry", "Renewal filed", "Outcome"], ["1", "2026-03-31", filed, outcome]])
    (word,) = found.roster["application_outcome"]

    assert read == (None if pd.isna(word) else word, codes(found))


def test_the_settings_may_say_that_such_an_application_stands():
    """The office's own word goes first."""
    rows = [["ID", "Permit expiry", "Filed on", "Outcome"], ["1", "2026-03-31", "2026-03-20", "Draft"]]
    read = reading(rows, values={"application_outcome": {"Draft": "pending"}})

    assert read.roster["application_filed_at"].notna().all() and "filing_unmade" not in codes(read)


def test_the_end_of_another_document_is_not_that_of_a_permit():
    """A system that keeps a row for each document: a passport's end was the end of a permit of no kind."""
    rows = [
        ["Study permit", "2027-12-31"],
        ["Passport", "2026-12-15"],
        ["CAQ", "2026-12-20"],
        ["Lettre d'attestation", None],
    ]
    read = reading([["ID", "Document type", "Document expiry"], *(["1", *row] for row in rows)])

    assert (["", "other_document", "other_document", ""], ["other_document", "other_document", "value_unknown"]) == (
        list(read.rows["rule"]),
        codes(read),
    )


def test_a_day_on_which_a_filing_was_meant_to_be_made_is_none():
    """Under a heading of the day itself the row is set aside, as for any text that is no date."""
    read = reading([["ID", "Permit expiry", "Filed on"], ["1", "2026-03-31", "planned 2026-03-20"]])

    assert ["date_unreadable"] == list(read.rows["rule"])


def test_the_settings_say_what_an_offices_own_value_means():
    """`Open WP (spouse)` is a work permit, whatever its spelling in the cell; nothing is left to tell."""
    read = reading(
        [["ID", "Permit expiry", "Permit type"], ["1", "2026-03-31", "OPEN  wp (Spouse)"]],
        values={"permit_kind": {"Open WP (spouse)": "work"}},
    )

    assert (["work"], []) == (list(read.roster["permit_kind"]), codes(read))


def test_the_settings_go_before_our_own_list():
    """An office in which `S` stands for staff says so once."""
    rows = [["ID", "Permit expiry", "Population"], ["1", "2026-03-31", "S"]]

    assert ["worker"] == list(reading(rows, values={"population": {"S": "worker"}}).roster["population"])


def test_the_settings_may_say_that_a_value_means_no_permit_to_watch():
    """A row of a permanent resident is excluded and counted, in the office's own word for it."""
    read = reading(
        [["ID", "Permit expiry", "Permit type"], ["1", None, "Landed 2019"], ["2", "2026-03-31", "WP"]],
        values={"permit_kind": {"Landed 2019": "not_temporary"}},
    )

    assert [("excluded", "citizen_or_permanent_resident"), ("assessed", "")] == outcomes(read)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"permit_kind": {"Open WP": "wrok"}}, "study, work, pgwp, bridging, iec, visitor, trp, none, not_temporary"),
        ({"permit_expires_on": {"soon": "2026-03-31"}}, "permit_kind, population"),
        ({"time_zone": {"Head office": "Toronto"}}, "America/Toronto"),
    ],
)
def test_a_value_map_that_names_no_word_of_ours_is_refused(values, named):
    """The message names the words that there are."""
    with pytest.raises(SettingsError, match=re.escape(named)):
        reading([["ID", "Permit expiry"], ["1", "2026-03-31"]], values=values)


def test_the_line_that_an_unknown_value_shows_is_one_that_the_settings_take():
    """What is pasted, with one of the words in place of WORD, reads the value."""
    rows = [["ID", "Permit expiry", "Permit type"], ["1", "2026-03-31", 'Says "open"']]
    told = reading(rows).problems[0].message()
    table, line = re.search(r"(\[roster\.values\.permit_kind\]) and on the next line (.*)\.$", told).groups()
    settings = tomllib.loads(f"{table}\n{line.replace('WORD', 'work')}")["roster"]

    assert ["work"] == list(reading(rows, **settings).roster["permit_kind"])


@pytest.mark.parametrize(
    ("headings", "row", "told"),
    [
        (["Work permit expiry"], ["Study permit", "2026-03-31"], ["kind_unlike_heading"]),
        (["Work permit expiry"], ["PGWP", "2026-03-31"], []),
        (["PGWP expiry"], ["Work permit", "2026-03-31"], []),
        (["PGWP expiry"], ["Study permit", "2026-03-31"], ["kind_unlike_heading"]),
        (["Work permit expiry"], ["Study permit", None], []),
        (["Permit expiry"], ["Study permit", "2026-03-31"], []),
        (["Work permit expiry", "Study permit expiry"], ["Study permit", "2026-03-31", "2026-03-31"], []),
        (["Work permit expiry", "Study permit expiry"], ["Study permit", "2026-03-31", None], ["kind_unlike_heading"]),
    ],
)
def test_a_kind_beside_an_end_under_the_heading_of_another_is_told(headings, row, told):
    """The heading counts: which duty there is hangs on it, and one of the two is wrong."""
    read = reading([["ID", "Permit type", *headings], ["1", *row], ["2", "Work permit", "2026-03-31"]])

    assert told == codes(read)


def test_the_heading_told_is_that_of_the_end_that_is_there():
    """Not that of the empty cell beside it, which is of the very kind."""
    headings = ["Work permit expiry", "Study permit expiry"]
    (told,) = reading([["ID", "Permit type", *headings], ["1", "Study permit", "2026-03-31", None]]).problems

    assert "under “Work permit expiry”," in told.message()


def test_each_such_kind_is_told_once():
    """With how many rows have it, at the first."""
    rows = [[str(n), kind, "2026-03-31"] for n, kind in enumerate(["Visitor", "WP", "Visitor", "Study"], start=1)]
    first, second = reading([["ID", "Permit type", "Work permit expiry"], *rows]).problems

    assert ("Staff!B2", "Staff!B5") == (first.cell, second.cell)
    assert "“Visitor” stands beside an end under “Work permit expiry”" in first.message()
    assert "(2 rows, the first here)" in first.message()


@pytest.mark.parametrize("said", ["None", "none", "No permit", "Aucun", "aucun permis", "exempt"])
def test_no_permit_beside_the_day_on_which_one_ends_is_told(said):
    """The date counts: such a person had no finding at all."""
    read = reading([["ID", "Permit expiry", "Permit type"], ["1", "2026-03-31", said], ["2", None, said]])
    kinds = [kind if kind == kind else None for kind in read.roster["permit_kind"]]

    assert (["kind_contradicts"], "Staff!C2", [None, "none"]) == (codes(read), read.problems[0].cell, kinds)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Closed WP", "work"),
        ("Work Permit - Closed", "work"),
        ("Post-Graduation Work Permit (PGWP)", "pgwp"),
        ("Permis de travail postdiplôme (PTPD)", "pgwp"),
        ("Study permit (PhD)", "study"),
        ("Permis de travail – EIMT", "work"),
        ("IEC - Working Holiday", "iec"),
        ("Permis post-diplôme", "pgwp"),
        ("Study permit - work permit", None),
        ("Study permit (PR)", None),
        ("Study/Work", None),
        ("Refugee (study permit)", None),
    ],
)
def test_plain_words_of_offices_for_permits(text, kind):
    """What an office writes beside its permits is read."""
    assert kind == lookup("permit_kind")(text)


@pytest.mark.parametrize("text", ["工作许可", "рабочая виза", "تصريح عمل"])
def test_a_value_in_another_script_is_told_and_never_blank(text):
    """A cell that is filled says something."""
    read = reading([["ID", "Permit expiry", "Permit type"], ["1", "2026-03-31", text]])

    assert (["value_unknown"], text) == (codes(read), read.problems[0].value)


@pytest.mark.parametrize(
    ("field", "heading", "cell", "word"),
    [
        ("school_level", "School level", "High school", "secondary"),
        ("school_level", "Niveau scolaire", "Primaire", "primary"),
        ("study_conditions", "Exempt from study permit conditions", "Yes", "exempt"),
        ("study_conditions", "Conditions du permis d’études", "s’appliquent", "apply"),
    ],
)
def test_whom_the_conditions_of_a_study_permit_bind(field, heading, cell, word):
    """The level of schooling and an exemption, in both languages."""
    rows = [["ID", "Study permit expiry", heading], ["1", "2026-03-31", cell]]

    assert [word] == list(reading(rows).roster[field])


def test_the_settings_tell_the_level_of_a_file_and_a_row_its_own():
    """A row that says nothing has the level of its file."""
    rows = [["ID", "Study permit expiry", "School level"], ["1", "2026-03-31", ""], ["2", "2026-03-31", "primary"]]

    assert ["secondary", "primary"] == list(reading(rows, school_level="secondary").roster["school_level"])


@pytest.mark.parametrize(("written", "kept"), TOLD.items())
def test_a_joiner_stays_where_it_spells_a_name(written, kept):
    """In Persian and Indic scripts, between two letters; anywhere else it is an unseen mark like the others."""
    assert kept == tidy(written)
    assert [kept] == tidy_column(pd.Series([written], dtype="str")).tolist()


def test_two_spellings_meet_whatever_joins_them():
    """One file has the mark and another has not: it is one name all the same."""
    assert fold_name(f"علی{ZWNJ}رضا") == fold_name("علیرضا")
