"""From an office's own files to settings that can be used: by answers, by options, and once more."""

import sqlite3

import pytest
from click.testing import CliRunner

from reporter.cli import cli
from reporter.errors import RosterError, SettingsError, refused
from reporter.model.problem import Problem
from reporter.pipeline.upkeep.roster_questions import (
    Choice,
    Question,
    name_fields,
    questions_of,
    with_choice,
    with_setting,
    without_cure,
)
from reporter.pipeline.upkeep.setup import GivenAnswers, Setup
from reporter.settings import load_settings

ROWS = (
    "Emp no,Nom,Dept,Permit type,Expiry\n"
    "1,Ada Inventée,Génie,Bring-a-friend permit,03/04/2027\n2,Bo Inventé,Génie,Work permit,05/06/2027\n"
)


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A folder with one roster, in which somebody stands."""
    (tmp_path / "staff.csv").write_text(ROWS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    return tmp_path


def init(*words, answers=()):
    """The command with these answers, a line each."""
    return CliRunner().invoke(cli, ["init", *words], input="".join(f"{line}\n" for line in answers))


LETTERS = ["en", "Mobility", "hr@north.example", "America/Halifax", "R. Placeholder", "staff.csv", ""]
SETTLED = ["1", "work", "1", "", "genie@north.example", "", "", "", "", "n", "n"]
"""After the unit and no outages: the usual rhythm, of every unit, and no alerts; no first look, no timer."""


def test_a_dialogue_ends_in_settings_that_hold(office):
    """Headings, values, the order of dates and a unit's address, one question each; then a file that a run takes."""
    done = init(answers=[*LETTERS, *SETTLED])
    known = load_settings(office / "reporter.toml")
    (roster,) = known.roster

    assert 0 == done.exit_code, done.output
    assert ("Mobility", "hr@north.example", "America/Halifax") == (
        known.office.name,
        known.office.address,
        known.office.time_zone,
    )
    assert {"permit_expires_on": "Expiry"} == dict(roster.columns)
    assert {"permit_kind": {"Bring-a-friend permit": "work"}} == {k: dict(v) for k, v in roster.values.items()}
    assert ("dmy", "genie@north.example") == (roster.date_order, known.units["Génie"].address)


def test_nothing_is_written_before_the_end(office):
    """Whoever stops in the middle has what they had."""
    done = init(answers=LETTERS)

    assert (1, False) == (done.exit_code, (office / "reporter.toml").exists())


def test_what_is_left_open_is_told_by_the_run(office):
    """Enter answers nothing: the roster that cannot be read yet is in the settings, and is told."""
    done = init(answers=[*LETTERS, "", "", "", "", "n", "n"])

    assert "cannot be read yet" in done.stderr
    assert ["staff.csv"] == [one.path for one in load_settings(office / "reporter.toml").roster]


OPTIONS = [
    "--yes", "--lang", "fr", "--name", "Bureau", "--address", "b@ecole.example", "--roster", "staff.csv",
    "--set", "roster[0].columns.permit_expires_on=Expiry", "--set", "roster[0].date_order=dmy",
    "--unit", "Génie=genie@ecole.example", "--outages", "https://status.example/feed", "--outages", "pannes.csv",
]  # fmt: skip


def test_everything_can_be_said_by_options(office):
    """Nothing is asked; in the office's language, the comments too. Asked twice, it is the same file, to the byte."""
    done = init(*OPTIONS)
    known = load_settings(office / "reporter.toml")

    assert 0 == done.exit_code, done.output
    assert ("fr", "Bureau", "dmy") == (known.language, known.office.name, known.roster[0].date_order)
    assert (["https://status.example/feed"], ["pannes.csv"]) == (
        [one.url for one in known.sources],
        [one.path for one in known.outages],
    )
    before = (office / "reporter.toml").read_bytes()
    assert "# Les réglages" in before.decode()
    init(*OPTIONS)
    assert before == (office / "reporter.toml").read_bytes()


def test_run_again_it_changes_what_is_asked_and_keeps_the_rest(office):
    """Comments, order and every other value stay, to the letter."""
    init(*OPTIONS)
    file = office / "reporter.toml"
    before = file.read_text("utf-8").replace('name = "Bureau"', 'name = "Bureau"  # depuis 2019')
    before = before.replace('language = "fr"', 'language = "fr+en"')
    file.write_text(before + "# fin\n", "utf-8")
    done = init("--yes", "--address", "nouveau@ecole.example", "--roster", "staff.csv")

    assert 0 == done.exit_code, done.output
    assert (before + "# fin\n").replace("b@ecole.example", "nouveau@ecole.example") == file.read_text("utf-8")


def asked_of_a_database(office):
    """A database with one row, and its address."""
    connection = sqlite3.connect(office / "hr.db")
    with connection:
        connection.execute("CREATE TABLE staff (id, permit, ends_on)")
        connection.execute("INSERT INTO staff VALUES ('E1', 'work', '2026-10-20')")
    connection.close()
    return "sqlite:///hr.db"


QUERY = "SELECT id AS 'Employee ID', permit AS 'Permit type', ends_on AS 'Permit expiry' FROM staff"


def test_a_roster_may_stand_elsewhere(office):
    """A database's query, tried on the spot; its block says what it is. A password in an address is refused first."""
    address = asked_of_a_database(office)
    answers = ["postgresql://hr:secret@db.example/hr", address, "", QUERY, "", "", "", "", "", "", "n", "n"]
    done = init(answers=[*LETTERS[:5], *answers])
    text = (office / "reporter.toml").read_text("utf-8")
    (roster,) = load_settings(office / "reporter.toml").roster

    assert 0 == done.exit_code, done.output
    assert ("roster.csv", address, QUERY) == (roster.path, roster.address, roster.query)
    assert "1 read = 1 assessed" in done.output
    assert "fetched for each reading" in text.partition('path = "roster.csv"')[0]
    assert "secret" not in text
    again = init(answers=["", "", "", "", "roster.csv", "", "", "", "", "", "n", "n"])
    assert (0, text) == (again.exit_code, (office / "reporter.toml").read_text("utf-8")), again.output
    assert "There is no file" not in again.output


def test_two_queries_and_a_pattern_are_three_rosters(office):
    """Each goes by a name of its own; of a pattern the newest file is read."""
    address = asked_of_a_database(office)
    (office / "hr-2026-11.csv").write_text("Employee ID,Permit type,Permit expiry\nE9,work,2026-12-20\n", "utf-8")
    query = [address, QUERY, ""]
    done = init(answers=[*LETTERS[:5], *query, *query, "hr-*.csv", *[""] * 12])
    known = load_settings(office / "reporter.toml")

    assert 0 == done.exit_code, done.output
    assert ["roster.csv", "roster-2.csv", "hr-*.csv"] == [one.path for one in known.roster]
    assert 3 == done.output.count("1 read = 1 assessed")


def test_a_server_is_asked_for_its_key_and_never_for_a_password(office):
    """What cannot be reached is written all the same, with what the server needs."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNOTHINGOFTHEKIND"
    answers = ["sftp://hr@files.example/out/staff-*.xlsx", key, "1", "HR_SFTP", "", "", "", "", "n", "n"]
    done = init(answers=[*LETTERS[:5], *answers])
    (roster,) = load_settings(office / "reporter.toml").roster

    assert 0 == done.exit_code, done.output
    assert "cannot be read yet" in done.stderr
    assert ("staff-*.xlsx", key, "HR_SFTP") == (roster.path, roster.host_key, roster.password_env)


def test_readers_may_hear_more_or_less_often_and_between_two_reports(office):
    """The usual rhythm, one unit's own, and alerts; what stays as usual is not written. Asked again, it stays."""
    done = init(answers=[*LETTERS, *SETTLED[:6], "fortnightly", "1", "every month", "2", "n", "n"])
    text = (office / "reporter.toml").read_text("utf-8")
    known = load_settings(office / "reporter.toml")

    assert 0 == done.exit_code, done.output
    assert ("fortnightly", "monthly", True) == (known.mail.rhythm, known.units["Génie"].rhythm, known.alerts.on)
    assert "within_days (10)" in text
    init("--yes", "--roster", "staff.csv")
    assert text == (office / "reporter.toml").read_text("utf-8")


def test_the_usual_is_not_written(office):
    """Weekly and no alerts, also when somebody chooses them by name."""
    init(answers=[*LETTERS, *SETTLED[:6], "every week", "1", "weekly", "1", "n", "n"])
    known = load_settings(office / "reporter.toml")

    assert ("weekly", None, False) == (known.mail.rhythm, known.units["Génie"].rhythm, known.alerts.on)
    assert not {"[mail]", "[alerts]"} & set((office / "reporter.toml").read_text("utf-8").splitlines())


def test_an_answer_that_cannot_be_used_stops_before_anything_is_written(office):
    """A zone that there is not, by an option."""
    done = init("--yes", "--time-zone", "Canada/Nowhere")

    assert ("not a time zone" in str(done.exception), False) == (True, (office / "reporter.toml").exists())


def test_a_first_look_is_made_and_leaves_no_week(office):
    """The report stands beside the settings; the database of weeks is not begun."""
    done = init(*OPTIONS, "--try")

    assert (office / "first-look" / "risk.xlsx").is_file(), done.output
    assert not (office / "reporter.db").exists()


def test_a_refusal_asks_what_its_sentence_proposes(office):
    """Whatever stops a roster with a line of settings in its sentence becomes a question; each is asked once."""

    def read(known, at):
        if "unit" not in known.roster[0].columns:
            lines = 'columns.unit = "Team"'
            raise refused(
                RosterError, "stop_unclear", header="Team", first="unit", second="name", lines=lines, last=lines
            )
        return []

    given = GivenAnswers("en", rosters=(office / "staff.csv",))
    dialogue = Setup(office / "reporter.toml", given, lambda: None, read).dialogue()
    step = next(dialogue)
    while not (isinstance(step, Question) and step.roster):
        step = dialogue.send(step.usual)
    settled = dialogue.send("1")

    assert ["“Team”: unit (unit)", "“Team”: nothing that counts here (ignored)"] == [one.label for one in step.choices]
    assert ("staff.csv", None) == (settled.name, settled.stop)


def test_what_is_read_wrongly_is_put_right(office):
    """Somebody who knows the file says what a heading is, by its name; what is left out twice is left out twice."""
    answers = ["1", "work", "1", "Dept", "contact’s e-mail (contact_email)", "Nom", "ignored", "Dept", "ignored", ""]
    done = init(answers=[*LETTERS, *answers, "", "", "", "n", "n"])

    assert 0 == done.exit_code, done.output
    assert {"permit_expires_on": "Expiry", "ignored": "Nom;Dept"} == dict(
        load_settings(office / "reporter.toml").roster[0].columns
    )


def test_what_ends_a_stay_is_asked_before_what_a_word_means():
    """The gravest question first."""
    told = {"field": "unit", "words": "a, b", "header": "Unit", "count": "1", "quoted": '"x"', "samples": ""}
    problems = [Problem("f", code, column=code, value="x", details=told) for code in ("value_unknown", "unread_ends")]

    assert ["unread_ends", "value_unknown"] == [one.key.split()[0] for one in questions_of(problems, "en")]


def test_the_dialogue_tells_no_lines_to_type():
    """It types them itself."""
    assert "“x” is unknown (2 cells)." == without_cure("“x” is unknown (2 cells). To say more, add to the settings: a.")
    assert "Nur im settings." == without_cure("Nur im settings.")


def test_a_question_calls_fields_as_its_reader_does():
    """The refusal of a heading that may be two things names both in words, in either language."""
    sentence = "staff.csv:1: header 'expires_on' may be permit_expires_on or passport_expires_on."

    assert "header 'expires_on' may be permit ends or passport ends." in name_fields(sentence, "en")
    assert "fin du permis or fin du passeport" in name_fields(sentence, "fr")


def test_a_table_that_is_not_there_yet_may_be_set(office):
    """A roster that stands elsewhere, a stand-in, a reader with a role: each without a word typed into the file."""
    stand_in = {"reader": "a@b.example", "address": "c@b.example", "begins_on": "2026-12-01", "ends_on": "2026-12-02"}
    sets = [f"stand_ins[0].{key}={value}" for key, value in stand_in.items()]
    sets += ["roster[0].path=x.csv", "roster[0].address=sqlite:///hr.db", "roster[0].query=SELECT 1"]
    done = init("--yes", *(word for text in sets for word in ("--set", text)))
    known = load_settings(office / "reporter.toml")

    assert 0 == done.exit_code, done.output
    assert ("SELECT 1", "c@b.example") == (known.roster[0].query, known.stand_ins[0].address)


@pytest.mark.parametrize("key", ["roster[3].path", "office.name.first", "roster[0]", "roster.path", "office[0].name"])
def test_a_place_that_cannot_be_is_refused(office, key):
    """A number that skips one, a table inside a text: told with the key, and nothing is written."""
    done = init("--yes", "--name", "A", "--set", f"{key}=x")

    assert isinstance(done.exception, SettingsError), done.output
    assert not (office / "reporter.toml").exists()


def test_a_setting_is_put_where_nothing_was():
    """Tables on the way are made, and what stands beside stays."""
    moved = with_choice({"columns": {"unit": "A", "email": "B"}}, Choice("", ("columns", "email"), "A"))

    assert {"columns": {"email": "A"}} == moved
    assert {"a": {"b": 1, "c": 2}} == with_setting({"a": {"b": 1}}, ("a", "c"), 2)
    assert Choice("", ("columns", "FIELD"), "x").is_open and not Choice("", ("columns", "unit"), "x").is_open


def test_the_timer_is_written_where_somebody_wants_it(office, monkeypatch):
    """As `schedule install` writes it, and never over one that is there."""
    monkeypatch.setenv("HOME", str(office / "home"))
    monkeypatch.setattr("sys.platform", "linux")
    done = [init("--yes", "--roster", "staff.csv", *more) for more in ([], ["--timer"], ["--timer"])]
    (service, _) = sorted((office / "home" / ".config" / "systemd" / "user").iterdir())

    assert [False, True, False] == ["systemctl" in one.output for one in done]
    assert [False, True] == ["--force" in one.output for one in done[1:]]
    assert str(office / "reporter.toml") in service.read_text("utf-8")


def test_an_answer_may_be_the_key_of_a_field(office):
    """It stands beside its name in the reader's language."""
    problem = Problem(
        "s.csv",
        "header_unclear",
        value="Fin",
        details={"field": "permit_expires_on", "fields": "permit_expires_on, completed_on"},
    )
    (question,) = questions_of([problem], "fr")

    assert "fin du permis (permit_expires_on)" == question.choices[0].label
    assert question.choices[1] == question.chosen("completed_on")
