"""Settings that somebody typed: read whichever editor saved them, or refused with the line and the cure."""

import json
import os

import pytest
from click.testing import CliRunner

from reporter.cli import cli
from reporter.errors import Exit, SettingsError
from reporter.resources import samples
from reporter.rules.load import load_rulebook
from reporter.settings import Settings, load_profile, load_settings
from reporter.settings_text import TypedFile, line_of, settings_table

TWICE = "".join(f'[[recipients]]\naddress = "{name}@x.example"\nrole = "payroll"\n' for name in ("pat", "Pat"))
TEXT = '[office]\nname = "Cégep de l’Île"\n'


def refusal(folder, text, language="en"):
    """What stops a file with that text."""
    (folder / "r.toml").write_text(text, "utf-8", newline="")
    with pytest.raises(SettingsError) as caught:
        load_settings(folder / "r.toml")
    return caught.value.in_language(language)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_whichever_way_it_was_saved(tmp_path, encoding, newline):
    """Editors of every age and system save the same settings."""
    (tmp_path / "r.toml").write_bytes(TEXT.replace("\n", newline).encode(encoding))

    assert "Cégep de l’Île" == load_settings(tmp_path / "r.toml").office.name


def test_utf_16_that_begins_with_the_last_byte_first(tmp_path):
    """The mark of the other order is known too."""
    (tmp_path / "r.toml").write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))

    assert "Cégep de l’Île" == load_settings(tmp_path / "r.toml").office.name


def test_a_code_page_is_told(tmp_path):
    """It is a guess: whoever reads the console learns of it. UTF-8 needs no word."""
    told = []
    for encoding in ("cp1252", "utf-8-sig"):
        (tmp_path / "r.toml").write_bytes(TEXT.encode(encoding))
        told.append(CliRunner().invoke(cli, ["settings", "check", str(tmp_path / "r.toml")]).stderr)

    assert ["Windows-1252" in told[0], ""] == [True, told[1]]


def test_what_is_no_text_is_refused(tmp_path):
    """A workbook by the name of settings, say."""
    (tmp_path / "r.toml").write_bytes(b"PK\x03\x04\x81\x8d\x8f")
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings(tmp_path / "r.toml")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('[[roster]]\npath = "C:\\Users\\me\\staff.csv"', "line 2: .*'C:\\Users\\me\\staff.csv'"),
        ('[[roster]]\npath = "\\\\srv\\hr\\staff.csv"', "line 2: .*'\\\\srv\\hr\\staff.csv'"),
        ('[[roster]]\npath = "C:\\temp\\new.csv"', "line 2: .*'C:\\temp\\new.csv'"),
        ('out = "reports\\new"', "line 1: .*out = 'reports\\new'"),
        ("path = C:\\x.csv", "line 1: .*'C:\\x.csv'"),
        ("[office]\nname = “X”", 'line 2: .*name = "X"'),
        ("[office]\nname = «X»", 'line 2: .*name = "X"'),
        ("[office]\n\u00a0name = 'X'", "line 2: a no-break space"),
        ("[units.Génie civil]", 'line 1: .*[units."Génie civil"]'),
        ("[units.Faculty of Law]", 'line 1: .*[units."Faculty of Law"]'),
        ("language = fr", 'line 1: .*language = "fr"'),
        ("[weekly]\nat = 7:00", 'line 2: .*at = "7:00"'),
        ("[mail]\nreview = Yes", "line 2: .*review = true"),
        ("[mail]\nreview = False", "line 2: .*review = false"),
        ("shrink_share = 0,4", "line 1: .*shrink_share = 0.4"),
        ('[office]\nname: "X"', 'line 2: .*name = "X"'),
        ('[office]\nname = "X', "line 2: a quote is opened"),
        ('[office]\nname = "X"\nname = "Y"', "line 3: name is there twice"),
        ('[roster]\npath = "a"\n[roster]\npath = "b"', "line 3: .*[[roster]]"),
        ('[office\nname = "X"', "line 1 is not TOML"),
    ],
)
def test_a_usual_slip_is_told_with_its_line_and_its_cure(tmp_path, text, cure):
    """In words, and with the line as it was meant."""
    first, _, rest = cure.partition(".*")
    told = refusal(tmp_path, text)

    assert first in told and rest in told


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('[office]\nnmae = "X"', "office.nmae: line 2, unknown key; did you mean name?"),
        ('[[rosters]]\npath = "a.csv"', "rosters: line 1, unknown key; did you mean [[roster]]?"),
        ('[roster]\npath = "a.csv"', "line 1, [roster] has one pair of brackets and needs two"),
        ('[[office]]\nname = "X"', "line 1, [[office]] has two pairs of brackets and needs one"),
        ('roster = "a.csv"', "line 1, roster is a table: write a line [[roster]]"),
        ('[[roster]]\npath = "a.csv"\nlanguage = "fr"', "line 3, no key of this table; language stands at the top"),
        ('[office]\ndate_order = "dmy"', "line 2, no key of this table; date_order stands under [[roster]]"),
        ('[[roster]]\npath = "a"\n\n[[roster]]\npath = "b"\ndate_order = "dmyy"', "roster[1].date_order: line 6, "),
        ('[[roster]]\npath = "a"\ndate_order = "dmyy"', "not one of dmy, mdy, ymd; did you mean dmy?"),
        ('[[roster]]\nsheet = "a"', "roster[0]: line 1, `path` is missing"),
        ('shrink_share = "0.4"', "line 1, needs a number; here stands a text in quotes"),
        ('[mail]\nreview = "yes"', "needs true or false, without quotes"),
        ("[[outages]]\npath = 'a'\ncomplete_to = 2026-11-30", "needs a text in quotes; here stands a date"),
        ('[units.a]\naddress = "x@x.example"\n[units."b c"]\naddress = 3', 'units."b c".address: line 4, '),
        ('[mail]\nencrypt = { fiel = "x" }', "mail.encrypt.fiel: line 2, unknown key; did you mean file?"),
        ('folder = "x"', "folder: line 1, unknown key"),
        ('[[recipients]]\naddress = "x@x.example"\nrole = "people_manager"\ncalled = "id"', "a manager by name; leave"),
        ("shrink_share = 30", "shrink_share: line 1, must be a number from 0 to 1"),
        ("degraded_share = nan", "degraded_share: line 1, must be a number from 0 to 1"),
        ("[mail]\nport = 70000", "mail.port: line 2, must be a number from 1 to 65535"),
        ("[retention]\nruns = -1", "retention.runs: line 2, must be a number from 0 to 36500"),
        ("[engine]\nworkers = -1", "engine.workers: line 2, must be a number from 0 to 1000"),
        ('[[roster]]\npath = "a"\nheader_row = 0', "roster[0].header_row: line 3, must be a number from 1 to"),
        ('[[roster]]\npath = "a"\naddress = "https://[a/b"', "roster[0].address: an address begins with https://"),
        ('[office]\naddress = "a@x.example, b@x.example"', "office.address: must be one address, such as"),
        ('[units."B c"]\naddress = "B <b@x.example>"', 'units."B c".address: must be one address'),
        ('[[recipients]]\naddress = ""\nrole = "payroll"', "recipients[0].address: must be one address"),
        ('sender = "Bureau, École <a@x.example>"', """sender: a name with a comma or another mark stands between"""),
        ('sender = "Bureau, École <a@x.example>"', """'"Bureau, École" <a@x.example>'"""),
        ('sender = "a@x.example\\n"', "sender: is not an address"),
        ('sender = ""', "sender: is not an address such as reports@example.org"),
        ('[mail]\nreply_to = "a@x.example, b@x.example"', "mail.reply_to: is not an address"),
        ('[mail]\nenvelope_sender = "opé@x.example"', "mail.envelope_sender: is not an address"),
        ('[[outages]]\npath = "o.csv"\ncomplete_to = "now"', "outages[0].complete_to: 'now' is not an instant with"),
        ('[[outages]]\npath = "o.csv"\ncomplete_to = "2026-12-01T08:00"', "is not an instant with its offset, such as"),
        ('[mail]\nhost = "smtp://mail.x.example"', "mail.host: 'smtp://mail.x.example' is not the name of a server"),
        ('[mailbox]\nhost = "imap.x.example:993"', "mailbox.host: 'imap.x.example:993' is not the name of a server"),
        (TWICE, "recipients[1]: this address stands here twice for the role payroll"),
        ("[mail]\nencrypt = true", "mail.encrypt: name one place of the password"),
        ('[bureau]\nname = "X"', "alerts, owner"),
        ('[office]\nsignature = """\nYours,\n[weekly]\n"""\nnmae = "X"', "line 6, unknown key"),
    ],
)
def test_a_key_that_there_is_not_is_told_with_the_one_that_was_meant(tmp_path, text, cure):
    """Its line, and the nearest key, the table it belongs to, or what may stand there."""
    assert cure in refusal(tmp_path, text)


def test_a_heading_may_have_two_lines(tmp_path):
    """A new line is refused in a path alone."""
    text = '[[roster]]\npath = "a.csv"\n[roster.columns]\npermit_expires_on = "Permit\\nexpiry"\n'
    (tmp_path / "r.toml").write_text(text, "utf-8")

    assert "Permit\nexpiry" == load_settings(tmp_path / "r.toml").roster[0].columns["permit_expires_on"]


def test_a_refusal_is_told_in_french(tmp_path):
    """Every part of it, the kinds of values too."""
    told = refusal(tmp_path, 'shrink_share = "0.4"', "fr")

    assert "ligne 1, demande un nombre\u00a0; on y trouve un texte entre guillemets" in told


def test_a_file_that_is_not_there_names_the_folder_and_the_nearest(tmp_path):
    """Where it was looked for, and what was probably meant; settings, roster and outage record alike."""
    (tmp_path / "office.toml").write_text('[[roster]]\npath = "staf.csv"\n', "utf-8")
    (tmp_path / "staff.csv").write_text("ID,Permit expiry\n1,2026-12-01\n", "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "ofice.toml")
    run = CliRunner().invoke(cli, ["run", "--config", str(tmp_path / "office.toml"), "--no-deliver"])

    assert f"looked in {tmp_path}, where office.toml is" in str(caught.value)
    assert f"no such file in {tmp_path}, where staff.csv is" in str(run.exception)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """A wrong folder is no wrong name."""
    with pytest.raises(SettingsError, match="there is no folder"):
        load_settings(tmp_path / "gone" / "r.toml")


@pytest.mark.skipif(os.sep != "/", reason="only where a backslash is a letter")
def test_a_path_typed_on_windows_is_found(tmp_path):
    r"""`rosters\staff.csv` is a file in a folder, unless there is a file of that name."""
    (tmp_path / "rosters").mkdir()
    (tmp_path / "rosters" / "staff.csv").write_text("", "utf-8")
    (tmp_path / "odd\\name.csv").write_text("", "utf-8")
    known = Settings(folder=str(tmp_path))

    assert tmp_path / "rosters" / "staff.csv" == known.path("rosters\\staff.csv")
    assert tmp_path / "odd\\name.csv" == known.path("odd\\name.csv")


def test_a_profile_and_own_rules_are_read_with_a_mark_too(tmp_path):
    """Whatever else an office edits by hand is saved by the same editor."""
    (tmp_path / "staff.toml").write_text('[columns]\nunit = "Département"\n', "utf-16")
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbf" + (samples() / "own-rules.toml").read_bytes())
    plain = load_rulebook(samples() / "own-rules.toml")

    assert {"unit": "Département"} == load_profile(tmp_path / "staff.toml")
    assert plain.deadlines == load_rulebook(tmp_path / "own.toml").deadlines


def test_every_key_of_the_samples_is_found_on_its_line():
    """The line that is named is the line where the value stands."""
    text = (samples() / "reporter.toml").read_text("utf-8")
    table = settings_table(TypedFile("r.toml", text))
    lines = text.splitlines()
    wrong = [
        way
        for way, value in _leaves(table)
        if json.dumps(value, ensure_ascii=False) not in lines[line_of(text, way) - 1]
    ]

    assert [] == wrong


def _leaves(value, way=()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*way, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for n, part in enumerate(value):
            yield from _leaves(part, (*way, n))
    else:
        yield way, value


def test_check_tells_what_holds_and_from_where(tmp_path):
    """A value of the file with its line, any other by default; a file that is not there ends with 4."""
    (tmp_path / "r.toml").write_text('stale_after_days = 5\nrules = "own"\n[[roster]]\npath = "staff.csv"\n', "utf-8")
    done = CliRunner().invoke(cli, ["settings", "check", "--config", str(tmp_path / "r.toml"), "--json"])
    told = json.loads(done.stdout)
    lines = {one["key"]: (one["value"], one["line"]) for one in told["values"]}

    assert [(5, 1), ("staff.csv", 4), (0.3, 0)] == [
        lines[key] for key in ("stale_after_days", "roster[0].path", "shrink_share")
    ]
    assert ([str(tmp_path / name) for name in ("staff.csv", "own")], 4) == (told["missing"], done.exit_code)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('[roster.columns]\npermit_expire_on = "Expiry"', "line 4, unknown key; did you mean permit_expires_on"),
        ('[roster.values.permit_kind]\n"Closed WP" = "wrk"', "not one of the words study, work"),
    ],
)
def test_check_refuses_what_no_roster_could_be_read_by(tmp_path, text, cure):
    """A field or a word that there is not is refused before there is a roster."""
    (tmp_path / "r.toml").write_text(f'[[roster]]\npath = "staff.csv"\n{text}\n', "utf-8")
    done = CliRunner().invoke(cli, ["settings", "check", str(tmp_path / "r.toml")])

    assert cure in str(done.exception)
    assert done.exception.exit_code == Exit.SETTINGS


def test_the_schema_has_every_key_with_its_meaning():
    """An editor shows what the reference says, and refuses what a run refuses."""
    schema = json.loads(CliRunner().invoke(cli, ["settings", "schema"]).stdout)
    parts = schema["$defs"]
    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        if name != "Words"
        for key, entry in part["properties"].items()
        if not entry.get("description")
    ]

    assert [] == silent
    assert {False} == {part["additionalProperties"] for name, part in parts.items() if name != "Words"}
    assert set() == {"folder", "also", "encoding"} & set(parts["Settings"]["properties"])
