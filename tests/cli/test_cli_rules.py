"""`reporter rules drift`, `read` and `export`: invented acts, in the form of the official ones, in a folder."""

import datetime as dt
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import made_runs
import msgspec
import pytest
from click.testing import CliRunner
from made_acts import act_xml
from makers import RULEBOOK

from reporter.cli import cli
from reporter.errors import Exit, ReporterError
from reporter.model.rulebook import LANGUAGES, Law
from reporter.rules.drift import check_drift, law_table, read_acts
from reporter.rules.law import TABLE, cited_provisions, load_instruments

FILES = {
    (code, language): one.number.of(language) for code, one in load_instruments().items() for language in LANGUAGES
}
WORDS = {"en": "Invented words of", "fr": "Mots inventés du"}


def save_acts(folder, *, leave_out=(), **changed):
    """Every act that the rules name, with invented words; `changed` gives the words of one language's 182(1)."""
    folder.mkdir(exist_ok=True)
    for number, ((code, language), name) in enumerate(FILES.items()):
        cited = [one.number for one in cited_provisions(RULEBOOK) if one.instrument == code]
        words = {one: f"{WORDS[language]} {one}." for one in cited if (code, one, language) not in leave_out}
        if code == "IRPR" and language in changed:
            words["182(1)"] = changed[language]
        content = act_xml(words, number=name, language=language, to="2027-01-31" if changed else "2026-06-14")
        (folder / f"saved{number}.xml").write_bytes(content)
    return folder


@pytest.fixture
def office(tmp_path):
    """An office whose rulebook rests on the invented acts, which it has saved."""
    rules = shutil.copytree(
        Path(str(files("reporter.rules"))), tmp_path / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    acts = read_acts(save_acts(tmp_path / "law"))
    on = dt.date(2026, 11, 29)
    (rules / TABLE).write_text(law_table(check_drift(unread(), acts), Law(), "project", on), "utf-8")
    (tmp_path / "reporter.toml").write_text('rules = "rules"\n[office]\nname = "Acme"\n', "utf-8")
    return tmp_path


def unread():
    return msgspec.structs.replace(RULEBOOK, law=Law())


def ask(office, *words, law="law"):
    return CliRunner().invoke(cli, [*words, "--law", str(office / law), "--config", str(office / "reporter.toml")])


def plain(text):
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_nothing_changed_is_done_and_writes_nothing(office):
    """Every cite is the same; the statement of the licence stands below, and no register was made."""
    found = ask(office, "rules", "drift")

    assert (0, True) == (found.exit_code, f"{len(cited_provisions(RULEBOOK))} same" in found.output)
    assert "not an official version" in found.output
    assert not (office / "law-register.tsv").exists()


def test_a_changed_word_is_exit_5_and_names_the_cite_the_language_and_the_rules(office):
    """The provision, and the section that a rule cites as a whole; no neighbour."""
    save_acts(office / "law", fr="D’autres mots.")
    found = ask(office, "rules", "drift")
    whole, part = (line for line in plain(found.output).splitlines() if line.startswith("IRPR") and "changed" in line)

    assert 5 == found.exit_code
    assert (True, True) == (whole.startswith("IRPR 182:"), part.startswith("IRPR 182(1): text changed (French)"))
    assert "restoration" in part


def test_one_language_only_and_a_program_gets_json(office):
    """A cite that French lost; what is left is named."""
    save_acts(office / "law", leave_out={("IRPR", "182(1)", "fr")})
    found = ask(office, "rules", "drift", "--json")
    (odd,) = [one for one in json.loads(found.stdout) if one["outcome"] != "same" and one["cite"] == "IRPR 182(1)"]

    assert (5, "one_language", ["en"]) == (found.exit_code, odd["outcome"], odd["languages"])


ROW = ["P1", "Ana Invented", "Sales", "hr@example.org", "BC", "Work permit", "2026-08-01"]


def reports(office):
    """What `rules`, `explain` and a run with its digests say."""
    config = ["--config", str(office / "reporter.toml")]
    about = ["--roster", str(office / "staff.csv"), "--as-of", made_runs.AS_OF, *config]
    listed, explained = (
        CliRunner().invoke(cli, words).output
        for words in (["rules", *config], ["explain", "P1", "--deadline", "restoration", *about])
    )
    CliRunner().invoke(cli, ["run", *about, "--out", str(office / "out")])
    mails = "".join(path.read_text("utf-8") for path in (office / "out").rglob("*.txt"))
    shutil.rmtree(office / "out")
    return [plain(" ".join(text.split())) for text in (listed, explained, mails)]


def test_a_change_is_told_in_every_report_until_it_is_accepted_by_name(office):
    """By `rules`, `explain` and under the digest; then by nobody, and the next comparison is quiet."""
    save_acts(office / "law", en="Other words.")
    made_runs.roster(office / "staff.csv", [ROW])

    assert Exit.LAW_CHANGED == ask(office, "rules", "drift").exit_code
    listed, explained, mails = reports(office)
    assert "IRPR 182(1) changed on" in listed
    assert "IRPR 182(1) changed on" in explained
    assert "nobody has read it again" in mails
    accepted = ["--accept", "RIPR 182(1)", "--accept", "IRPR 182", "--by", "A. Reader"]
    assert 0 == ask(office, "rules", "drift", *accepted).exit_code
    assert ["not read again" in text or "nobody has" in text for text in reports(office)] == [False] * 3
    assert 0 == ask(office, "rules", "drift").exit_code


@pytest.mark.parametrize("more", [("--accept", "IRPR 99999", "--by", "A"), ("--accept", "IRPR 182(1)", "--by", "A")])
def test_what_is_not_there_cannot_be_accepted(office, more):
    """No rule rests on it, or it is gone: then the rule is to be changed."""
    save_acts(office / "law", leave_out={("IRPR", "182(1)", one) for one in LANGUAGES})

    assert isinstance(ask(office, "rules", "drift", *more).exception, ReporterError)
    assert not (office / "law-register.tsv").exists()


def test_who_accepts_or_signs_has_a_name(office):
    """Usage, exit 2."""
    assert [2, 2] == [
        ask(office, "rules", *words).exit_code
        for words in (["drift", "--accept", "IRPR 182(1)"], ["read", "--sign", "restoration"])
    ]


def test_the_page_has_rule_and_law_in_both_languages_and_a_line_to_sign(office):
    """Nothing of it is fetched, and it says that it is no official version."""
    ask(office, "rules", "read", "--rule", "restoration", "--out", str(office / "page.html"))
    page = plain((office / "page.html").read_text("utf-8"))

    english = ("Restoration of status", "Invented words of 182(1).", "not an official version", "Signed by nobody")
    french = ("Rétablissement du statut", "Mots inventés du 182(1).", "pas une version officielle", "par personne")
    for text in (*english, *french, "class='sign'"):
        assert text in page
    assert "<script" not in page
    assert "src=" not in page


def test_a_signature_is_written_down_and_shown(office):
    """Beside the rule, on the page, and no longer among the unsigned; not under a provision that changed unread."""
    signed = ask(office, "rules", "read", "--sign", "restoration", "--by", "L. Person")
    ask(office, "rules", "read", "--unsigned", "--out", str(office / "page.html"))
    listed = CliRunner().invoke(cli, ["rules", "--config", str(office / "reporter.toml")]).output
    save_acts(office / "law", en="Other words.")
    refused = ask(office, "rules", "read", "--sign", "deadline:restoration", "--by", "L. Person")

    assert 0 == signed.exit_code
    assert "Read beside the law by L. Person" in listed
    assert "deadline:restoration ·" not in (office / "page.html").read_text("utf-8")
    assert isinstance(refused.exception, ReporterError)


def test_a_folder_without_acts_is_told(tmp_path):
    """As one that is not there."""
    words = ["rules", "drift", "--law"]
    found = [CliRunner().invoke(cli, [*words, str(path)]).exception for path in (tmp_path, tmp_path / "none")]

    assert [4, 4] == [error.exit_code for error in found]


def test_the_rulebook_and_its_schema_are_json(tmp_path):
    """And without either option the command says what it wants."""
    told, schema, bare = (
        CliRunner().invoke(cli, ["rules", "export", *more]) for more in (["--json"], ["--schema"], [])
    )

    assert RULEBOOK.sha256 == json.loads(told.stdout)["sha256"]
    assert "$defs" in json.loads(schema.stdout)
    assert 2 == bare.exit_code
