"""What a cite names, what was read of it, and what the rulebook refuses; the table has hashes and dates, no text."""

import datetime as dt
import shutil
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from makers import RULEBOOK

from reporter.errors import RulebookError
from reporter.model.rulebook import LANGUAGES, Provision, Reading
from reporter.rules.drift import pages_by_age
from reporter.rules.law import (
    TABLE,
    check_law,
    cited_provisions,
    law_foot,
    law_note,
    load_law,
    provisions_of,
    read_law_table,
    register_lines,
    section_page,
    whole_rules,
    write_law_table,
)
from reporter.rules.load import load_rulebook
from reporter.rules.manual import ExportedRulebook, export_rulebook, export_schema, rules_frame

HOME = Path(str(files("reporter.rules")))
CITED = Provision("IRPR", "182(1)")


@pytest.mark.parametrize(
    ("cite", "numbers"),
    [
        ("IRPR 217(1)(a), 183(5)", ["217(1)(a)", "183(5)"]),
        ("IRPA 72(2)(b), (c); Interpretation Act 26", ["72(2)(b)", "72(2)(c)", "26"]),
        ("IRPR 209.996(4)(e), (6)", ["209.996(4)(e)", "209.996(6)"]),
        ("IRPR 205(c)(i.1), (i.2)", ["205(c)(i.1)", "205(c)(i.2)"]),
        ("Federal Courts Rules 2, 6, 71.1", ["2", "6", "71.1"]),
        ("IRPR 9.2(d); IRCC page on 30 days", ["9.2(d)"]),
        ("It is in IRPR 209.2(3), 209.2(4) and 209.4(2). The 30 days run.", ["209.2(3)", "209.2(4)", "209.4(2)"]),
        ("canada.ca: Help Centre 508, 755; 2021 FC 474; duty", []),
    ],
)
def test_a_cite_names_provisions(cite, numbers):
    """Of acts and regulations; pages, judgments and numbers of days are none."""
    assert numbers == [one.number for one in provisions_of(cite)]


def test_every_cite_was_read_in_both_languages():
    """With a hash, the day to which the file was kept, and who read it when."""
    read = RULEBOOK.law.read
    rows = [read[one, language] for one in cited_provisions(RULEBOOK) for language in LANGUAGES]

    assert len(rows) > 150
    assert [] == [row for row in rows if not (len(row.sha256) == 64 and row.current_to and row.read_by and row.read_on)]


def test_the_table_is_written_as_it_is_read():
    """Every row comes back, in the order of the acts, and no cell is long enough for a text."""
    text = (HOME / TABLE).read_text("utf-8")

    assert text == write_law_table(read_law_table(text).values())
    assert 64 == max(len(cell) for line in text.splitlines() for cell in line.split("\t"))


def test_a_section_has_a_page_in_each_language():
    """The address has the section without its parts."""
    pages = [section_page(Provision("IRPA", "72(2)(b)"), language) for language in LANGUAGES]

    assert [page.rsplit("/", 1)[1] for page in pages] == ["section-72.html"] * 2
    assert ("/eng/acts/", "/fra/lois/") == tuple(page[page.index("ca/") + 2 : page.index("I-2.5")] for page in pages)


def changed(tmp_path, old, new, file="deadlines.toml"):
    """The shipped rulebook with one thing written otherwise."""
    home = shutil.copytree(HOME, tmp_path / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (home / file).read_text("utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), "utf-8")
    return home


@pytest.mark.parametrize("cite", ["IRPA 16(2)(b)", "IRPR 99999", "IRPR 182(1), (77)"])
def test_a_cite_that_nobody_read_in_both_languages_is_refused(tmp_path, cite):
    """A paragraph that one language does not have, a number that is wrong, a part that is not there."""
    home = changed(tmp_path, '"IRPR 182(1); IRPA 47"', f'"{cite}"')

    with pytest.raises(RulebookError, match=r"restoration.*law\.tsv"):
        load_rulebook(home)


def test_a_rule_read_before_the_last_amendment_is_refused():
    """The day before; read on that very day, or accepted by somebody since, it holds."""
    amended = RULEBOOK.states["maintained-status"].in_force[-1].read_on + dt.timedelta(days=1)
    provision = provisions_of(RULEBOOK.states["maintained-status"].in_force[-1].cite)[0]

    def with_law(**marks):
        rows = {
            key: msgspec.structs.replace(one, **marks) if one.provision == provision else one
            for key, one in RULEBOOK.law.read.items()
        }
        check_law(RULEBOOK, msgspec.structs.replace(RULEBOOK.law, read=rows))

    with pytest.raises(RulebookError, match="last amended"):
        with_law(last_amended=amended.isoformat())
    with_law(last_amended=(amended - dt.timedelta(days=400)).isoformat())
    with_law(last_amended=amended.isoformat(), accepted_by="A", accepted_on=amended.isoformat())


def test_an_office_answers_for_its_own_cites(tmp_path):
    """What its own file adds is not refused: nobody else has read it."""
    own = tmp_path / "own.toml"
    own.write_text('[deadline.restoration]\ncite = "IRPR 99999"\nconsequence = ["refusal"]\n', "utf-8")

    book = load_rulebook(own)

    assert "IRPR 99999" in book.deadlines["restoration"].in_force[0].cite
    assert "IRPR 99999 was not held against the text of the law." in said(book, "restoration")
    assert "n’a pas été comparée au texte de loi" in said(book, "restoration", "fr")


def test_a_whole_rulebook_of_an_office_needs_no_table_of_hashes(tmp_path):
    """It goes by ours, since a hash is of the text; what ours does not have is marked, and nothing is refused."""
    home = changed(tmp_path, '"IRPR 182(1); IRPA 47"', '"IRPR 182(1), 99999"')
    (home / TABLE).unlink()
    book = load_rulebook(home)

    assert "IRPR 99999 was not held" in said(book, "restoration")
    assert "IRPR 182(1) was not held" not in said(book, "restoration")


def test_what_a_note_names_is_watched_like_what_a_cite_names():
    """A rule rests on it too: its change marks the rule."""
    rules = cited_provisions(RULEBOOK)[Provision("IRPR", "183(5.1)")]

    assert ("deadline", "study-permit-renewal") in {(rule.part, rule.id) for rule in rules}
    assert "183(5.1)" not in RULEBOOK.deadlines["study-permit-renewal"].in_force[-1].cite


def test_pages_that_no_hash_watches_are_listed_by_their_age():
    """Oldest first, those cited beside the law among them; no decision of a court and nothing of the office's own."""
    pages = pages_by_age(RULEBOOK, "en")
    cites = " ".join(cite for _, cite, _, _ in pages)

    assert [page[0] for page in pages] == sorted(page[0] for page in pages)
    assert "study-permit-after-enrolment" in {rule for *_, rules in pages for rule in rules}
    assert "office policy" not in cites.casefold()


def book_with(tmp_path, *entries):
    """The rulebook beside a register with these entries."""
    register = tmp_path / "law-register.tsv"
    header = "entry on by instrument provision language sha256 in_force_since last_amended current_to rule rule_sha256"
    register.write_text("\t".join(header.split()) + "\n" + "".join(entries), "utf-8")
    return load_rulebook(None, register)


def entry(kind, sha256="0" * 64, *, on="2027-02-01", to="2027-01-31", amended="2027-01-15", by="", **more):
    one = Reading(CITED, "en", sha256, "", amended, to, read_by=by, read_on=on)
    return register_lines(kind, [one], **more)


def said(book, rule, language="en"):
    frame = rules_frame(book, language)
    return frame.loc[frame["id"] == rule, "says"].str.cat(sep=" ").replace("\u00a0", " ")


def test_a_changed_cite_marks_each_rule_that_rests_on_it_and_moves_nothing(tmp_path):
    """In both languages, on the sheet of rules and under a mail; levels and dates stay."""
    book = book_with(tmp_path, entry("seen"))

    assert "IRPR 182(1) changed on Jan 15, 2027 and was not read again." in said(book, "restoration")
    assert "RIPR 182(1) a changé le 15 janv. 2027 et n’a pas été relu." in said(book, "restoration", "fr")
    assert "not read again" not in said(book, "passport-expiry")
    assert "IRPR 182(1) (on" in law_foot(book, "en")
    assert (RULEBOOK.deadlines, RULEBOOK.risks) == (book.deadlines, book.risks)


def test_a_change_is_marked_until_somebody_reads_it_again(tmp_path):
    """Then the rule says who and when; a text that went back to what was read needs nobody."""
    again = book_with(tmp_path, entry("seen"), entry("accepted", by="A. Reader", on="2027-02-03"))
    back = book_with(tmp_path, entry("seen"), entry("seen", RULEBOOK.law.read[CITED, "en"].sha256))

    assert "was read again by A. Reader on Feb 3, 2027." in said(again, "restoration")
    assert ["", ""] == [law_foot(again, "en"), law_foot(back, "fr")]
    assert {} == back.law.changed


def test_what_an_older_file_said_does_not_count(tmp_path):
    """A version of the rules that was written later knew of it."""
    assert {} == book_with(tmp_path, entry("seen", to="2020-01-01")).law.changed


def test_a_provision_that_is_gone_says_so(tmp_path):
    """Not that its words changed."""
    assert "no longer in the text" in said(book_with(tmp_path, entry("seen", "")), "restoration")


def test_a_signature_holds_as_long_as_rule_and_law_are_what_was_signed(tmp_path):
    """It names who and when; another hash of the rule, or other words of the law, and nobody has signed."""
    rule = next(one for one in whole_rules(RULEBOOK) if (one.part, one.id) == ("deadline", "restoration"))
    from reporter.rules.law import rule_hash

    rows = [msgspec.structs.replace(RULEBOOK.law.read[one, at], read_by="L. P.", read_on="2026-12-01")
            for one in rule.provisions for at in LANGUAGES]  # fmt: skip
    good, other = (
        register_lines("signed", rows, rule="deadline:restoration", rule_sha256=sha256)
        for sha256 in (rule_hash(rule, RULEBOOK), "1" * 64)
    )
    total = len(whole_rules(RULEBOOK))

    assert "Read beside the law by L. P. on Dec 1, 2026." in said(book_with(tmp_path, good), "restoration")
    assert f"{total} rules, {total - 1} are" in law_note(book_with(tmp_path, good), "en")
    for entries in ((other,), (good, entry("seen"))):
        assert "L. P." not in said(book_with(tmp_path, *entries), "restoration")


@pytest.mark.parametrize("text", ["entry\ton\n", "\x00", ""])
def test_a_register_that_cannot_be_read_is_refused(tmp_path, text):
    """With its name, before anything is reported without it."""
    (tmp_path / "mine.tsv").write_text(text, "utf-8")

    with pytest.raises(RulebookError, match=r"mine\.tsv"):
        load_law(HOME, tmp_path / "mine.tsv")


def test_the_rulebook_goes_out_as_its_schema_says():
    """Held by a validator that is not ours; a key of the wrong kind, or one that is missing, is found."""
    schema, told = (msgspec.json.decode(text) for text in (export_schema(), export_rulebook(RULEBOOK, "1.2")))
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema)

    assert [] == [*validator.iter_errors(told)]
    assert not validator.is_valid(told | {"deadlines": {"restoration": {"title": "no"}}})
    assert not validator.is_valid({key: value for key, value in told.items() if key != "sha256"})


def test_the_rulebook_goes_out_whole_and_comes_back(tmp_path):
    """Every rule, every cite with its hashes, in both languages."""
    told = msgspec.json.decode(export_rulebook(RULEBOOK, "1.2"), type=ExportedRulebook)

    assert (RULEBOOK.deadlines, RULEBOOK.states, RULEBOOK.services) == (told.deadlines, told.states, told.services)
    assert RULEBOOK.whole.risks == told.risks
    assert [{"en", "fr"}] * len(cited_provisions(RULEBOOK)) == [set(one.texts) for one in told.provisions]
    assert {"deadlines", "duties", "risks", "states", "services", "provisions", "format", "notice"} <= set(
        msgspec.json.decode(export_schema())["$defs"]["ExportedRulebook"]["properties"]
    )
