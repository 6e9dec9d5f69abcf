"""Which header is which field, and when the file is stopped instead."""

from importlib.resources import files

import pytest
from made_rosters import codes, expiries, reading

from reporter.errors import RosterError, RulebookError, SettingsError
from reporter.readers import headers as room
from reporter.readers.headers import bind_headers, header_key, meaning

ALIASES = files("reporter.readers") / "aliases.toml"
KNOWN = {
    "Student no.": "person_id",
    "EMPLID": "person_id",
    "N° d’étudiant": "person_id",
    "NUMÉRO\nD'EMPLOYÉ": "person_id",
    "Matricule": "person_id",
    "Code permanent": "person_id",
    "Given name(s)": "given_names",
    "Prénom": "given_names",
    "Nom de famille": "family_name",
    "Courriel": "email",
    "Permit\u00a0Type": "permit_kind",
    "Statut d'immigration": "permit_kind",
    "VISA_PERMIT_TYPE": "permit_kind",
    "VISA_EXPIRE_DATE": "permit_expires_on",
    "StudyPermitExpiryDate": "permit_expires_on",
    "study_permit_expiry_date": "permit_expires_on",
    "SP expiry": "permit_expires_on",
    "WP exp.": "permit_expires_on",
    "Date d'expiration du permis d'études": "permit_expires_on",
    "Permis de travail - échéance": "permit_expires_on",
    "Work Permit # ": "permit_number",
    "No du permis d'études": "permit_number",
    "Date of issue of study permit": "permit_issued_on",
    "Must leave Canada by (yyyy-mm-dd)": "must_leave_by_on",
    "Doit quitter le Canada au plus tard le": "must_leave_by_on",
    "Renewal filed (Y/N)": "application_filed",
    "Statut conservé": "application_filed",
    "Date filed": "application_filed_at",
    "Renewal filed on": "application_filed_at",
    "Date de l'accusé de réception": "application_filed_at",
    "AOR date": "application_filed_at",
    "Passport expiry": "passport_expires_on",
    "Date d'expiration du passeport": "passport_expires_on",
    "TRV expiry": "trv_expires_on",
    "Expiration du VRT": "trv_expires_on",
    "Fin de validité du CAQ": "caq_expires_on",
    "PAL/TAL expiry": "pal_expires_on",
    "Date d'expiration de l'EIMT": "lmia_expires_on",
    "Medical valid to": "medical_expires_on",
    "Données biométriques": "biometrics_taken_on",
    "Expected graduation": "program_ends_on",
    "Completion letter date": "completed_on",
    "Statut d'inscription": "enrolment_status",
    "Letter date": "letter_dated_on",
    "À fournir au plus tard le": "letter_due_on",
    "Date d'entrée en fonction": "job_starts_on",
    "Début de session": "term_starts_on",
    "HRBP": "contact_email",
    "Langue": "language",
    "Passport No.": "dropped",
    "Numéro de passeport": "dropped",
    "D.O.B.": "dropped",
    "Date de naissance": "dropped",
    "NAS": "dropped",
    "SIN expiry": "sin_expires_on",
    "UCI": "dropped",
    "IUC": "dropped",
}


@pytest.mark.parametrize("header", KNOWN)
def test_a_header_is_known_however_it_is_spelled(header):
    """Accents, case, punctuation, line breaks and odd spaces make no difference."""
    told = meaning(header)

    assert KNOWN[header] == (told and told.field)


@pytest.mark.parametrize(
    "header", ["No.", "#", "Manager", "Comments", "Emergency contact", "Permis de conduire", "Salary"]
)
def test_a_header_of_something_else_is_not_known(header):
    """What is not in the table is left alone."""
    assert meaning(header) is None


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Study permit expiry", "study"),
        ("Date d'expiration du permis de travail", "work"),
        ("PTPD expire le", "pgwp"),
        ("Permit expiry", ""),
    ],
)
def test_a_header_can_imply_the_kind_of_permit(header, kind):
    """The name of the permit says its kind."""
    told = meaning(header)

    assert kind == (told and told.kind)


def test_the_date_word_is_ignored_where_it_makes_no_difference():
    """`Permit expiry date` and `Permit expiry` are one header."""
    assert header_key("Permit expiry") == header_key("Date of permit expiry").replace("date ", "")


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("Expiry", 'columns.permit_expires_on = "Expiry" or columns.passport_expires_on = "Expiry"'),
        ("Date d'expiration", 'columns.permit_expires_on = "Date d\'expiration"'),
        ("Visa", 'columns.permit_kind = "Visa" or columns.trv_expires_on = "Visa"'),
        ("Permis", 'columns.permit_number = "Permis"'),
        ("Date d'expiration du permis", "driver's licence"),
    ],
)
def test_a_header_that_fits_two_fields_stops_the_file(header, named):
    """The message names both fields and prints the line that decides."""
    with pytest.raises(RosterError) as refused:
        reading([["ID", header], ["1", "2026-03-31"]])

    assert named in str(refused.value) and "[[roster]]" in str(refused.value)


def test_the_settings_decide_what_a_header_is():
    """With the line in the settings, the same file is read."""
    read = reading([["ID", "Expiry"], ["1", "2026-03-31"]], columns={"permit_expires_on": "Expiry"})

    assert (["2026-03-31"], "settings") == (expiries(read), read.mapping[1].how)


def test_the_settings_can_leave_a_column_out():
    """A header that means neither is ignored on request."""
    read = reading([["ID", "Permit expiry", "Expiry"], ["1", "2026-03-31", "x"]], columns={"ignored": "Expiry"})

    assert ["person_id", "permit_expires_on"] == [m.field for m in read.mapping]


def test_two_columns_that_claim_one_field_stop_the_file():
    """The message names both headers with their letters."""
    with pytest.raises(
        RosterError, match=r"'Permit expiry' \(column B\) and 'Permit valid until' \(column C\).*\[\[roster\]\]"
    ):
        reading([["ID", "Permit expiry", "Permit valid until"], ["1", "2026-03-31", "2026-04-30"]])


def test_the_settings_choose_between_two_columns():
    """The other column is then left out."""
    read = reading(
        [["ID", "Permit expiry", "Permit valid until"], ["1", "2026-03-31", "2026-04-30"]],
        columns={"permit_expires_on": "permit valid until"},
    )

    assert (["2026-04-30"], (("Permit expiry", "B"),)) == (expiries(read), read.unmapped)


def test_one_of_two_columns_with_one_header_is_named_by_its_letter():
    """`Expiry [C]` is the one in column C."""
    read = reading(
        [["ID", "Expiry", "Expiry"], ["1", "2030-01-01", "2026-03-31"]],
        columns={"permit_expires_on": "Expiry [C]", "passport_expires_on": "Expiry [B]"},
    )

    assert ["2026-03-31"] == expiries(read)


def test_a_general_and_a_particular_expiry_column_stop_the_file():
    """`Permit expiry` beside `Work permit expiry` may be the same permit or another."""
    with pytest.raises(RosterError, match="two columns claim permit_expires_on"):
        reading([["ID", "Permit expiry", "Work permit expiry"], ["1", "2026-03-31", None]])


def test_a_file_without_ids_is_refused_without_a_guess():
    """The headings are listed; a near one is neither bound nor put into a line to paste."""
    with pytest.raises(RosterError, match=r'columns.person_id = "THAT HEADING"'):
        reading([["Studnt ID", "Name", "Study permit expiry"], ["1", "Ana", "2026-03-31"]])


def test_settings_that_name_no_column_are_refused_with_a_suggestion():
    """The message says which header is near."""
    with pytest.raises(RosterError, match=r"no column has that header; is it 'Permit expiry'\?"):
        reading([["ID", "Permit expiry"], ["1", "2026-03-31"]], columns={"permit_expires_on": "Permit expry"})


def test_settings_that_name_no_field_are_refused():
    """A field that does not exist is a fault of the settings."""
    with pytest.raises(SettingsError, match=r"columns.permit_expiry: there is no such field; is it 'permit_"):
        reading([["ID", "Permit expiry"], ["1", "2026-03-31"]], columns={"permit_expiry": "Permit expiry"})


def test_the_header_of_an_id_can_be_told_by_the_settings():
    """A table is found by the headers that the settings name."""
    read = reading(
        [["Personne", "Échéance du permis d'études"], ["1", "2026-03-31"]], columns={"person_id": "Personne"}
    )

    assert ["1"] == list(read.roster["person_id"])


def test_a_visa_expiry_beside_a_permit_expiry_is_the_visa():
    """Where the permit has its own column, the visa is the entry visa."""
    read = reading([["ID", "Permit expiry", "Visa expiry"], ["1", "2026-03-31", "2026-02-28"]])

    assert "2026-02-28" == f"{read.roster['trv_expires_on'].iloc[0]:%Y-%m-%d}"


def test_a_visa_expiry_alone_stops_the_file():
    """Alone, it may be the permit."""
    with pytest.raises(RosterError, match="may be permit_expires_on or trv_expires_on"):
        reading([["ID", "Visa expiry"], ["1", "2026-03-31"]])


@pytest.mark.parametrize(
    ("headers", "field"),
    [(["Matricule", "Nom", "Prénom"], "family_name"), (["Matricule", "Nom", "Courriel"], "full_name")],
)
def test_a_french_name_alone_is_the_whole_name(headers, field):
    """`Nom` is the family name only beside `Prénom`."""
    read = reading([[*headers, "Expiration du permis de travail"], ["1", "Roy", "x", "2026-03-31"]])

    assert field == read.mapping[1].field


def test_a_vague_header_that_no_deadline_hangs_on_is_left_with_a_warning():
    """`Status` is not read, and the report says how to have it read."""
    read = reading([["ID", "Permit expiry", "Status"], ["1", "2026-03-31", "Active"]])

    assert (["header_unclear"], (("Status", "C"),)) == (codes(read), read.unmapped)


def test_dropped_columns_never_leave_the_reader():
    """Passport numbers, birth dates and insurance numbers are in no frame, sample or problem."""
    read = reading(
        [
            ["ID", "Passport number", "Date of birth", "SIN", "UCI", "Permit expiry"],
            ["1", "XK99", "1990-01-01", "900 000 001", "11-22", "2026-03-31"],
            ["2", "XK98", "31/02/1990", "#REF!", "11-23", "not a date"],
        ]
    )
    everything = repr(
        (read.roster.to_dict(), read.rows.to_dict(), read.problems, read.mapping, read.originals.to_dict())
    )

    assert [] == [secret for secret in ("XK9", "1990", "900 000", "11-2", "#REF") if secret in everything]


def test_the_mapping_shows_how_each_column_was_known_with_samples():
    """Up to five values are shown, each once."""
    read = reading([["EMPLID", "Permit expiry"], *[[str(n), "2026-03-31"] for n in range(9)]])

    assert [("profile", 5), ("alias", 1)] == [(m.how, len(m.samples)) for m in read.mapping]


def test_no_known_header_has_two_meanings():
    """Every header of the table means one thing, whatever the order of the file."""
    import tomllib
    from importlib.resources import files

    source = tomllib.loads((files("reporter.readers") / "aliases.toml").read_text("utf-8"))
    wrong = [
        (name, field)
        for field, names in source["is"].items()
        for name in names
        if (told := meaning(name)) is None or told.field != field
    ]

    assert [] == wrong


ENDS = "Work permit expiry"
BESIDE_A_NAME = {
    ("Employé", "Nom"): {"Employé": "person_id", "Nom": "full_name"},
    ("Employé", "Nom", "Prénom"): {"Employé": "person_id", "Nom": "family_name", "Prénom": "given_names"},
    ("Worker", "Full name"): {"Worker": "person_id", "Full name": "full_name"},
    ("Employee ID", "Employee"): {"Employee ID": "person_id", "Employee": "full_name"},
    ("Student ID", "Student", "Surname"): {
        "Student ID": "person_id", "Student": "full_name", "Surname": "family_name",
    },
    ("Employee ID", "Employee", "Full name"): {"Employee ID": "person_id", "Full name": "full_name"},
}  # fmt: skip


def bound_fields(headers, is_numbered):
    """Each header with the field that it holds, in a table that also has the end of a permit."""
    named = dict(enumerate((*headers, ENDS)))
    return {one.header: one.field for one in bind_headers(named, {}, "x.csv", is_numbered).bound if one.header != ENDS}


def test_employee_is_the_number_beside_a_name_and_alone_the_name():
    """`Employé;Nom` is how many systems export a number and a name; whatever is taken already is left out and told."""
    assert {headers: bound_fields(headers, lambda _: True) for headers in BESIDE_A_NAME} == BESIDE_A_NAME


def test_employee_over_names_is_never_the_number():
    """`Student · Surname` over names and surnames: as ids, the names would stand in every mail."""
    assert ({"Student ID": "person_id", "Student": "full_name", "Surname": "family_name"}) == bound_fields(
        ("Student ID", "Student", "Surname"), lambda _: False
    )
    for headers in (("Employé", "Nom", "Prénom"), ("Worker", "Full name"), ("Student", "Surname")):
        with pytest.raises(RosterError, match="no column is known to hold a number"):
            bound_fields(headers, lambda _: False)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (("Submission Date", "Full name", "Student ID"), None),
        (("Date de soumission", "Nom", "Prénom", "Matricule"), None),
        (("Submission date", "Student ID", "Application no"), "application_filed_at"),
        (("Student ID", "Full name", "Submission date"), "application_filed_at"),
        (("Filed on", "Student ID"), "application_filed_at"),
    ],
)
def test_the_day_of_a_form_is_no_filing(headers, field):
    """A form's first column is the day on which it was filled in; as a filing it would clear everybody."""
    told = bound_fields(headers, lambda _: True)

    assert field == next((told.get(h) for h in headers if h.startswith(("Subm", "Date", "Filed"))), None)


def test_a_word_at_the_end_of_a_header_tells_two_apart():
    """`Spouse of` is somebody's number and `Spouse` a name or a yes: who has one was a member of a family."""
    told = {name: meaning(name) for name in ("Spouse", "Spouse of", "Famille", "Famille de", "Valide", "Valide du")}

    assert {"Spouse of": "principal_id", "Famille de": "principal_id", "Valide du": "permit_issued_on"} == {
        name: found.field for name, found in told.items() if found
    }


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["00412", "417", "A-9"], "person_id"),
        (["00412", "417", "Roy Ana", None], "person_id"),
        (["00412", "Roy Ana"], "person_id"),
        ([None, None, None], "person_id"),
        (["00412", "Lee Bo", "Roy Ana"], ""),
        (["Roy Ana", "Lee Bo", None], ""),
        (["jdoe", "blee", "aroy"], ""),
    ],
)
def test_a_column_is_numbered_where_most_of_its_cells_hold_a_digit(cells, field):
    """The column itself decides whether `Worker` beside a name is a number; an empty one is left to be filled in."""
    rows = [["Badge no" if not field else "Unit", "Worker", "Full name", "Work permit expiry"]]
    rows += [[f"7{n}", cell, f"N {n}", "2026-03-31"] for n, cell in enumerate(cells)]

    assert field == next((m.field for m in reading(rows).mapping if m.header == "Worker"), "")


@pytest.mark.parametrize(
    ("header", "ids", "row", "says"),
    [
        ("Employee ID", ["Roy, Ana", "Lee Bo", "Khan,Cy"], 2, "3 of its cells"),
        ("Matricule", ["0041", "Lee Bo", "0043"], 3, "1 of its cells"),
        ("Student", ["Roy, Ana", "0042", "0043"], 2, "1 of its cells"),
        ("Employee ID", ["A 41", "jdoe", "À venir"], 0, ""),
    ],
)
def test_ids_that_are_like_names_are_told_and_not_printed(header, ids, row, says):
    """The column's heading and its first such row are told in both languages, and nothing of what stands there."""
    rows = [[header, "Name", "Work permit expiry"], *[[one, f"N{n}", "2026-03-31"] for n, one in enumerate(ids)]]
    told = [p for p in reading(rows).problems if p.code == "ids_like_names"]
    texts = [p.message(language) + p.value for p in told for language in ("en", "fr")]

    assert [row] * bool(row) == [p.row for p in told] and all(f"A{row}" in p.cell for p in told)
    assert says in "".join(texts[:1]) and all(header in text for text in texts)
    assert [] == [one for one in ids for text in texts if one in text]


def test_the_cure_of_ids_like_names_works():
    """With the lines of the message, each person goes by a key, and the names are names."""
    rows = [["Employee ID", "Work permit expiry"], ["Roy, Ana", "2026-03-31"], ["Lee Bo", "2026-04-30"]]
    read = reading(rows, person_id_from="name and unit", columns={"full_name": "Employee ID"})

    assert (["Roy, Ana", "Lee Bo"], 2) == (list(read.roster["full_name"]), read.roster["person_id"].nunique())
    assert "ids_like_names" not in codes(read) and read.roster["person_id"].str.match("P-").all()


PAIRS = {
    "person_id": ("Employee ID", "No d'employé"),
    "full_name": ("Name", "Nom"),
    "family_name": ("Surname", "Nom de famille"),
    "permit_kind": ("Permit type", "Type de permis"),
    "permit_expires_on": ("Permit expiry date", "Date d'expiration du permis"),
    "dropped": ("Passport No.", "No de passeport"),
}


@pytest.mark.parametrize("how", ["{} / {}", "{}\n{}", "{} ({})", "{} | {}", "{} - {}", "{}/{}", "{} [{}]"])
@pytest.mark.parametrize("field", PAIRS)
def test_a_header_in_two_languages_is_known(field, how):
    """Whichever comes first and however they are parted; what is unclear in one language, the other decides."""
    one, other = PAIRS[field]

    assert [(field, "")] * 2 == [
        (m and m.field, m and m.kind) for m in (meaning(how.format(one, other)), meaning(how.format(other, one)))
    ]


@pytest.mark.parametrize(
    "header",
    ["First name / Last name", "Study permit expiry / Work permit expiry", "Name / Manager", "Employee ID Manager"],
)
def test_a_header_whose_halves_say_two_things_is_not_known(header):
    """Two fields, two kinds of permit, or a half that nobody knows: it is left to the office."""
    assert meaning(header) is None


def test_a_header_unclear_in_both_languages_stays_so():
    """`Status / Statut` is asked about as `Status` is."""
    assert meaning("Status") == meaning("Status / Statut")


def test_a_word_of_the_name_as_id_is_told():
    """`Roy` beside `Ana Roy` is a name; a log-in of another spelling is none, and a heading of a group no id."""
    rows = [["Employee ID", "Name", "Work permit expiry"], ["roy", "Ana Roy", "2026-03-31"]]
    rows += [["blee", "Bo Lee", "2026-04-30"], ["Former employees"], ["ckhan", "Cy Khan", "2026-05-31"]]
    told = [p for p in reading(rows).problems if p.code == "ids_like_names"]

    assert [(2, "1")] == [(p.row, p.details["count"]) for p in told]


SLIPS = (
    ("permit_issued_on = [", "permit_isued_on = [", "aliases.toml: is: 'permit_isued_on'"),
    ("trv = [", "visa = [", "aliases.toml: documents: 'visa'"),
    ('student = "study"', 'student = "s"', "aliases.toml: implied: 's'"),
)


@pytest.mark.parametrize(("old", "new", "told"), SLIPS)
def test_a_slip_in_the_list_of_headings_is_told_with_its_place(monkeypatch, tmp_path, old, new, told):
    """A column, a document or a kind that nobody has: the file and the table, and what stands there."""
    (tmp_path / "aliases.toml").write_text(ALIASES.read_text("utf-8").replace(old, new, 1), "utf-8")
    monkeypatch.setattr(room, "files", lambda _: tmp_path)

    with pytest.raises(RulebookError) as error:
        room._source.__wrapped__()

    assert str(error.value).startswith(told)


HINTED = {
    "Name (Last, First)": ("full_name", ""),
    "Employee name (First Last)": ("full_name", ""),
    "Name (as on passport)": ("full_name", ""),
    "Nom (nom, prénom)": ("full_name", ""),
    "Nom (au complet)": ("full_name", ""),
    "Nom complet\n(Nom, Prénom)": ("full_name", ""),
    "Nom et prénom (en majuscules)": ("full_name", ""),
    "Nom de famille (tel qu'au passeport)": ("family_name", ""),
    "Employee ID (required)": ("person_id", ""),
    "Employee ID (9 digits)": ("person_id", ""),
    "Student number - max. 8 characters": ("person_id", ""),
    "Matricule (7 chiffres)": ("person_id", ""),
    "Matricule\nne pas modifier": ("person_id", ""),
    "Email - work": ("email", ""),
    "E-mail (school)": ("email", ""),
    "Courriel (bureau)": ("email", ""),
    "Permit expiry (YYYY-MM-DD)": ("permit_expires_on", ""),
    "Permit expiry date (mandatory)": ("permit_expires_on", ""),
    "Permit expiry (as printed on permit)": ("permit_expires_on", ""),
    "Work permit expiry (if applicable)": ("permit_expires_on", "work"),
    "Study permit expiry (DD Mon YYYY)": ("permit_expires_on", "study"),
    "Permis de travail - date d'expiration (s'il y a lieu)": ("permit_expires_on", "work"),
    "Date d'expiration du permis d'études (JJ mois AAAA)": ("permit_expires_on", "study"),
    "Date of birth (optional)": ("dropped", ""),
    "SIN (9 digits)": ("dropped", ""),
    "No de passeport (si connu)": ("dropped", ""),
    "Permit type (select one)": ("permit_kind", ""),
    "Type de permis (liste déroulante)": ("permit_kind", ""),
    "Unit (see list)": ("unit", ""),
    "Province (2 letters)": ("province", ""),
    "Langue (FR/EN)": ("language", ""),
    "Province (ON, QC, BC, other)": ("province", ""),
    "Permit type (study, work, visitor)": ("permit_kind", ""),
    "Permit: study / work": ("permit_kind", ""),
    "Renewal filed (Y/N/NA)": ("application_filed", ""),
    "Inscription [temps plein ou temps partiel]": ("enrolment_status", ""),
    "Permit expiry date (current)": ("permit_expires_on", ""),
    "Latest study permit expiry": ("permit_expires_on", "study"),
    "Permis d'études - date d'expiration (actuel)": ("permit_expires_on", "study"),
    "4. Permit expiry": ("permit_expires_on", ""),
    "Q12: Student number": ("person_id", ""),
    "Permit expiry²": ("permit_expires_on", ""),
    "Permit expiry (MM/YYYY)": ("permit_expires_on", ""),
    "Demande déposée - oui ou non": ("application_filed", ""),
}


@pytest.mark.parametrize("header", HINTED)
def test_a_hint_that_changes_nothing_is_set_aside(header):
    """In brackets, behind a dash or on a line of its own: what is left is a heading that is known."""
    told = meaning(header)

    assert HINTED[header] == (told and (told.field, told.kind))


@pytest.mark.parametrize(
    "hint", ["old", "previous", "spouse", "expired", "estimated", "passport", "ancien", "conjoint"]
)
@pytest.mark.parametrize("how", ["{} ({})", "{} - {}", "{}\n{}"])
def test_a_hint_that_changes_the_meaning_is_never_set_aside(how, hint):
    """The column is another one: it is told as unread, with its dates, and never taken for the permit's end."""
    header = how.format("Permit expiry", hint)
    read = reading([["ID", "Work permit expiry", header], ["1", "2026-03-31", "2025-03-31"]])

    assert (None, ["unread_dates"], ["2026-03-31"]) == (meaning(header), codes(read), expiries(read))


@pytest.mark.parametrize(
    "header",
    ["Email (personal)", "Permit number (last 4 digits)", "Name (work)", "Name (preferred)", "Unit (2)"],
)
def test_a_hint_of_another_field_is_not_set_aside(header):
    """`(work)` says which address, and of a permit which kind: what is no hint of this very field is left alone."""
    assert meaning(header) is None


@pytest.mark.parametrize("header", ["Unit (ON, QC)", "Name (Roy, Tremblay)", "Province (home, work)", "Status (ON)"])
def test_a_list_behind_a_heading_that_is_no_list_of_its_values_is_left_alone(header):
    """What may stand in the column says which field it is only where each value is one of that field."""
    assert meaning(header) is None or meaning(header).fields


@pytest.mark.parametrize(
    "header",
    [
        "Work permit / Study permit expiry",
        "SP/WP expiry",
        "Expiry date of study permit or work permit",
        "Date d'expiration du permis d'études / permis de travail",
    ],
)
def test_an_end_of_either_kind_of_permit_is_of_none(header):
    """It was the second kind's, and every worker's permit a study permit without a word."""
    assert ("permit_expires_on", "") == (meaning(header).field, meaning(header).kind)


BESIDE_ANOTHER = [
    (["Work permit expiry (if known)"], {}),
    (["Email (work)", "Email"], {"Email": "email"}),
    (["Email (work)", "Email (school)"], {}),
    (["Nom (tel qu'au passeport)", "Nom", "Prénom"], {"Nom": "family_name", "Prénom": "given_names"}),
    (["Nom (en majuscules)", "Prénom"], {"Nom (en majuscules)": "family_name", "Prénom": "given_names"}),
    (["Nom (au complet)", "Prénom"], {"Nom (au complet)": "full_name", "Prénom": "given_names"}),
    (["Expiry (if applicable)"], {}),
    (["SIN (9 digits)", "UCI"], {"SIN (9 digits)": "dropped", "UCI": "dropped"}),
]


@pytest.mark.parametrize(("headers", "fields"), BESIDE_ANOTHER)
def test_a_heading_with_a_hint_gives_way_to_another_of_its_field(headers, fields):
    """A file with both was read and is read; two of them with hints are told, as they were."""
    assert {"ID": "person_id", **fields} == bound_fields(("ID", *headers), bool)


def test_an_end_with_a_hint_that_may_be_a_licence_still_stops_the_file():
    """Nothing else says when a stay ends; beside a kind of permit it is the permit's, as without the hint."""
    header = "Date d'expiration du permis (s'il y a lieu)"
    with pytest.raises(RosterError, match="no column says when a stay ends"):
        reading([["ID", header], ["1", "2026-03-31"]])

    assert ["2026-03-31"] == expiries(reading([["ID", "Type de permis", header], ["1", "travail", "2026-03-31"]]))
