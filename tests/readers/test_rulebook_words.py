"""Reader and rulebook speak one language: every column and every word of the rules can stand in a roster."""

import pytest
from made_rosters import reading
from makers import RULEBOOK

from reporter.errors import RosterError
from reporter.model.rulebook import APPLICATION_KINDS
from reporter.model.shapes import ROSTER
from reporter.readers.headers import OWN_COLUMNS, PSEUDO_FIELDS, bind_headers, fields_of_roster, kind_fields, meaning
from reporter.readers.values import LISTED, lookup, value_list
from reporter.rules.load import own_duty_names
from reporter.rules.manual import facts
from reporter.text.formats import fold_name


def test_every_field_is_a_heading_under_its_own_name():
    """The name of each column of the roster is known as it stands in the reference, in capitals and with blanks."""
    plain = sorted(fields_of_roster() - PSEUDO_FIELDS - set(kind_fields()))
    spelled = {name: (name, name.upper(), name.replace("_", " ")) for name in plain}
    read = {name: {found.field for text in texts if (found := meaning(text))} for name, texts in spelled.items()}

    assert {name: {name} for name in plain} == read


def test_so_is_every_field_of_one_kind_of_permit():
    """`study_permit_expires_on` is the permit's end, of a study permit."""
    read = {name: (found.field, found.kind) for name in kind_fields() if (found := meaning(name))}

    assert kind_fields() == read


def test_every_column_that_a_rule_names_can_be_read():
    """No deadline counts from, opens from or goes by a column that no file can give."""
    derived = {"stay_ends_on", "stay_over_on", "principal_ends_on"}
    named = {
        column
        for rule in RULEBOOK.deadlines.values()
        for column in (rule.counts_from, rule.opens_from, rule.only_if_before, rule.filed_by, rule.event, rule.beside)
    } | {
        column
        for rule in RULEBOOK.deadlines.values()
        for column in (*rule.applies, *rule.only_without, *rule.only_with)
    }

    assert set() == {c for c in named - {""} - derived if not (found := meaning(c)) or found.field != c}


def test_every_word_that_a_rule_tests_can_stand_in_a_cell():
    """Each value of `applies`, and each kind of application, is read as itself."""
    rules = RULEBOOK.deadlines.values()
    words = {(column, word) for rule in rules for column in rule.applies for word in rule.applies[column]}
    words |= {("application_kind", kind) for kind in APPLICATION_KINDS}

    assert [] == sorted((c, w) for c, w in words if w and c in LISTED and lookup(c)(w) != w)


def words_of_judgements(risks):
    """Column and word of everything that a judgement compares with a word."""
    tests = [(column, test.is_) for risk in risks for column, test in risk.when.items()]
    tests = [(column, (said,) if isinstance(said, str) else said) for column, said in tests]
    return {(column, word) for column, said in tests if isinstance(said, tuple) for word in said}


def test_every_word_that_a_judgement_tests_can_stand_in_a_cell():
    """Of each column that a roster can give: a judgement about a word that no cell can hold would never speak."""
    words = {(c, w) for c, w in words_of_judgements(RULEBOOK.whole.risks) if c in LISTED and w}

    assert {"application_kind", "application_outcome", "document_state", "enrolment_status", "letter_kind",
            "permit_kind", "school_level", "study_conditions"} <= {c for c, _ in words}  # fmt: skip
    assert [] == sorted((c, w) for c, w in words if lookup(c)(w) != w)


def test_every_word_of_a_list_has_a_sentence_where_judgements_test_its_column():
    """What a cell can say is told in words beside the judgement; a word without one would be shown raw."""
    tested = {column for column, _ in words_of_judgements(RULEBOOK.whole.risks)} & set(LISTED) - {"letter_kind"}

    assert {} == {c: left for c in tested if (left := set(value_list(c).values()) - set(facts()[c].words))}


def test_a_sheet_of_duties_knows_every_kind_of_the_rules_and_its_titles():
    """By its key, its titles in both languages and each of its aliases."""
    named = {
        (key, text)
        for key, duty in RULEBOOK.institution.deadlines.items()
        for text in (key, duty.title.en, duty.title.fr, *duty.aliases)
    }
    known = own_duty_names(RULEBOOK)

    assert [] == sorted((key, text) for key, text in named if known.get(fold_name(text)) != key)


@pytest.mark.parametrize("word", ["introduction", "decision_abroad", "fairness_letter", "iec_work_permit", "wp_ext"])
def test_a_letter_by_the_rulebook_s_own_word(word):
    """The word of the rules is a word of the roster."""
    assert word == lookup("letter_kind")(word)


@pytest.mark.parametrize(
    "header",
    ["Must leave Canada by", "MUST LEAVE CANADA BY:", "Doit quitter le Canada d’ici le", "doit quitter d'ici le :"],
)
def test_the_words_printed_on_a_permit(header):
    """What the department prints beside the date, in both languages."""
    found = meaning(header)

    assert found and "must_leave_by_on" == found.field


def test_the_expiry_of_a_number_is_read_and_the_number_is_not():
    """The end of a SIN record is a date of the roster; the number itself is dropped."""
    assert ("sin_expires_on", "dropped") == tuple(found.field for h in ("SIN expiry", "SIN") if (found := meaning(h)))


def test_a_field_s_own_column_left_unread_stops_the_file():
    """The settings read the permit's end from another column: the one under its name is not lost without a word."""
    headers = {0: "person_id", 1: "permit_expires_on", 2: "Valid to"}

    with pytest.raises(RosterError, match="permit_expires_on"):
        bind_headers(headers, {"permit_expires_on": "Valid to"}, "a.csv", lambda _: True)


def test_unless_the_settings_leave_it_out():
    """Named under `ignored`, it is left out with a will."""
    headers = {0: "person_id", 1: "permit_expires_on", 2: "Valid to"}
    wanted = {"permit_expires_on": "Valid to", "ignored": "permit_expires_on"}

    read = bind_headers(headers, wanted, "a.csv", lambda _: True)

    assert {"person_id", "permit_expires_on"} == {b.field for b in read.bound}


@pytest.mark.parametrize("name", [name for name in ROSTER.names if name not in {"person_id", "permit_expires_on"}])
def test_whatever_a_heading_says_arrives_in_its_column(name):
    """A column that is mapped and goes nowhere is a promise not kept; what only reading makes is not mapped at all."""
    dated = name in ROSTER.of_kind("date") or name in ROSTER.of_kind("instant")
    said = "2026-12-01 14:30" if dated else next(iter(value_list(name))) if name in LISTED else "A17"
    said = "America/Toronto" if name == "time_zone" else said
    read = reading([["Employee No.", "Permit expiry", name.replace("_", " ")], ["101", "2026-12-31", said]])
    field = {bound.header: bound.field for bound in read.mapping}.get(name.replace("_", " "))

    if name in OWN_COLUMNS:
        assert field in (None, name.replace("_at", "_on"))
    else:
        assert name == field
        assert read.roster[name].notna().all()


def test_no_column_of_our_own_making_can_be_given():
    """What reading makes is no heading."""
    assert OWN_COLUMNS <= set(ROSTER.names) and not OWN_COLUMNS & fields_of_roster()
