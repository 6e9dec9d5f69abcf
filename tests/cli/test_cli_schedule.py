"""The timers that call the weekly report are what their systems read."""

import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from reporter.cli import cli
from reporter.cli.run import KINDS, Call, schedule, timer

COMMAND = ("/opt/an office/python", "-m", "reporter", "weekly", "--once", "--config", "/srv/50% off/reporter.toml")
WINDOWS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def made(kind, home=Path("/home/office"), command=COMMAND, account="reporter"):
    call = Call(command, Path("/srv/50% off"), account, (Path("/srv/50% off"), Path("/srv/out")))
    return timer(kind, call, home, minute=30, time_zone="America/Toronto")


def units(kind, folder):
    """The units written down, with a program that is there."""
    files = {
        folder / path.name: content for path, content in made(kind, command=("/bin/true", *COMMAND[1:])).files.items()
    }
    for file, content in files.items():
        file.write_bytes(content.replace(b"User=reporter", b"User=root").replace(b"50%% off", b""))
    return files


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize(("kind", "whose"), [("systemd", "--user"), ("systemd-system", "--system")])
def test_systemd_takes_the_units(tmp_path, kind, whose):
    """Every unit passes the system's own check."""
    done = subprocess.run(
        ["systemd-analyze", "verify", whose, "--man=no", *map(str, units(kind, tmp_path))],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )

    assert [] == [line for line in done.stderr.splitlines() if "reporter-weekly" in line]


def test_a_path_by_the_folder_above_is_written_whole(tmp_path, monkeypatch):
    """By `--config ../office/reporter.toml`, say: systemd refuses a unit with `..` in it."""
    (tmp_path / "office").mkdir()
    (tmp_path / "desk").mkdir()
    (tmp_path / "office" / "reporter.toml").write_text('out = "../reports"\n', "utf-8")
    monkeypatch.chdir(tmp_path / "desk")
    command = ["install", "--config", "../office/reporter.toml", "--print", "--kind"]
    for kind in (["systemd-system", "--account", "nobody"], ["cron"], ["launchd"], ["windows"]):
        done = CliRunner().invoke(schedule, [*command, *kind])

        assert 0 == done.exit_code, done.output
        assert (True, False) == (str(tmp_path / "office" / "reporter.toml") in done.output, "/.." in done.output), kind


def test_a_folder_without_settings_asks_for_them(tmp_path, monkeypatch):
    """A timer calls the report of one settings file; there is no usual one."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["schedule", "install", "--print"])

    assert (2, True) == (done.exit_code, "--config" in done.stderr), done.output


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_what_the_report_does_not_need_is_closed_to_it(tmp_path):
    """By systemd's own measure, of which 100 is open and 30 is well closed."""
    service = next(file for file in units("systemd-system", tmp_path) if file.name == "reporter-weekly.service")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", str(service)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout


def test_a_unit_that_fails_calls_another():
    """The log of the system has a line of its own, which whatever watches the server can find."""
    files = {path.name: content.decode() for path, content in made("systemd-system").files.items()}

    assert "OnFailure=reporter-weekly-failed.service\n" in files["reporter-weekly.service"]
    assert "daemon.err" in files["reporter-weekly-failed.service"]


def test_systemd_makes_up_for_a_machine_that_was_off():
    """An hour that was missed is made up at the next start."""
    text = b"".join(made("systemd").files.values()).decode()

    assert "OnCalendar=*-*-* *:30:00 America/Toronto\nPersistent=true" in text


def test_systemd_gets_a_path_with_a_percent_as_it_is():
    """A percent sign is no mark of systemd's here."""
    text = b"".join(made("systemd").files.values()).decode()

    assert '"/srv/50%% off/reporter.toml"' in text


def test_cron_gets_one_line():
    """Each hour, with a percent sign that is not taken for the end of the line."""
    (content,) = made("cron").files.values()

    assert content.decode().startswith("30 * * * * umask 077; '/opt/an office/python' '-m' 'reporter' 'weekly'")
    assert content.decode().endswith("'/srv/50\\% off/reporter.toml'\n")


def test_launchd_reads_the_command():
    """The property list gives the command back word for word."""
    (content,) = made("launchd").files.values()

    assert list(COMMAND) == plistlib.loads(content)["ProgramArguments"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("StartWhenAvailable", "true"),
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("Command", "/opt/an office/python"),
        ("Arguments", '-m reporter weekly --once --config "/srv/50% off/reporter.toml"'),
        ("Interval", "PT1H"),
        ("WorkingDirectory", "/srv/50% off"),
        ("Hidden", "true"),
        ("RunLevel", "LeastPrivilege"),
    ],
)
def test_windows_reads_the_task(name, value):
    """The task is XML in UTF-16, as the system imports it."""
    assert value == next(task().iter(WINDOWS + name)).text


def task(account=""):
    """The task as XML, from the bytes that the system reads."""
    (content,) = made("windows", account=account).files.values()
    return ElementTree.fromstring(content)


def test_the_task_says_of_itself_how_it_is_encoded():
    """Windows refuses a file in UTF-16 that says it is UTF-8."""
    (content,) = made("windows").files.values()

    assert content.startswith(b"\xff\xfe") and 'encoding="UTF-16"' in content.decode("utf-16")


@pytest.mark.parametrize(
    ("account", "logon", "asked"),
    [("", "S4U", False), ("NORTH\\reports$", "Password", False), ("NORTH\\reports", "Password", True)],
)
def test_the_task_runs_when_nobody_is_logged_on(monkeypatch, account, logon, asked):
    """As oneself without a password, as a managed account, or as another one whose password is asked for."""
    monkeypatch.setenv("USERDOMAIN", "NORTH")
    monkeypatch.setattr("getpass.getuser", lambda: "hr")
    found = {name: next(task(account).iter(WINDOWS + name)).text for name in ("UserId", "LogonType")}

    assert {"UserId": account or "NORTH\\hr", "LogonType": logon} == found
    assert asked == ("/rp *" in made("windows", account=account).then)


RULES = {
    "Task": ("all", {"RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"}),
    "CalendarTrigger": (
        "sequence",
        ["Repetition", "StartBoundary", "EndBoundary", "ExecutionTimeLimit", "Enabled", "RandomDelay", "ScheduleByDay"],
    ),
    "Repetition": ("all", {"Interval", "Duration", "StopAtDurationEnd"}),
    "Principal": ("all", {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"}),
    "Exec": ("all", {"Command", "Arguments", "WorkingDirectory"}),
    "Settings": (
        "all",
        {
            "MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "StartWhenAvailable",
            "RunOnlyIfNetworkAvailable", "Enabled", "Hidden", "ExecutionTimeLimit", "WakeToRun", "RunOnlyIfIdle",
        },
    ),
}  # fmt: skip
"""What the documented schema of tasks (version 1.2) allows below an element, and whether the order is fixed."""
VALUES = {
    "LogonType": r"S4U|Password|InteractiveToken|ServiceAccount",
    "RunLevel": r"LeastPrivilege|HighestAvailable",
    "MultipleInstancesPolicy": r"Parallel|Queue|IgnoreNew|StopExisting",
    "StartBoundary": r"\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:\d\d",
    **dict.fromkeys(("Interval", "Duration", "ExecutionTimeLimit"), r"P(\d+D)?(T(\d+H)?(\d+M)?)?"),
    **dict.fromkeys(("Enabled", "Hidden", "StartWhenAvailable", "StopAtDurationEnd"), "true|false"),
}


def test_the_task_keeps_the_rules_of_its_schema():
    """No element that a place does not have, none twice, each value of its kind, and the actions as the principal."""
    root = task()
    wrong = []
    for element in root.iter():
        name, children = element.tag.removeprefix(WINDOWS), [one.tag.removeprefix(WINDOWS) for one in element]
        if name in RULES:
            order, allowed = RULES[name]
            wrong += [f"{name}/{one}" for one in children if one not in allowed or children.count(one) > 1]
            wrong += [name] if order == "sequence" and children != sorted(children, key=allowed.index) else []
        if name in VALUES and not re.fullmatch(VALUES[name], element.text):
            wrong.append(f"{name}={element.text}")

    assert [] == wrong
    assert root.find(f"{WINDOWS}Actions").get("Context") == next(root.iter(f"{WINDOWS}Principal")).get("id")


@pytest.mark.parametrize("kind", KINDS)
def test_install_writes_and_says_where(kind, tmp_path, monkeypatch):
    """Each file stands where it says."""
    done = _install(tmp_path, monkeypatch, "--kind", kind, "--account", "reporter")

    assert sorted(done.stdout.split("\n")[:-1]) == [str(path) for path in sorted(_files(tmp_path))]


def test_install_writes_over_nothing(tmp_path, monkeypatch):
    """A timer that is there stays as it is, until somebody insists."""
    _install(tmp_path, monkeypatch, "--kind", "cron")
    codes = [_install(tmp_path, monkeypatch, "--kind", "cron", *more).exit_code for more in ([], ["--force"])]

    assert [2, 0] == codes


def test_a_server_says_as_whom(tmp_path, monkeypatch):
    """A unit of the system runs as an account that somebody made for it, never as root by default."""
    done = _install(tmp_path, monkeypatch, "--kind", "systemd-system")

    assert (2, True) == (done.exit_code, "--account" in done.stderr)


def test_print_writes_nothing(tmp_path, monkeypatch):
    """Looking costs nothing."""
    done = _install(tmp_path, monkeypatch, "--kind", "systemd", "--print")

    assert "Persistent=true" in done.stdout
    assert [] == _files(tmp_path)


def _install(home, monkeypatch, *more):
    monkeypatch.setenv("HOME", str(home))
    config = home / "reporter.toml"
    config.write_text('[weekly]\nat = "07:30"\n')
    return CliRunner().invoke(schedule, ["install", "--config", str(config), *more])


def _files(home):
    return [path for path in home.rglob("*") if path.is_file() and path.name != "reporter.toml"]
