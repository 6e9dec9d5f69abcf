"""The timers that call the weekly report are what their systems read."""

import plistlib
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from reporter.cli.schedule import KINDS, schedule, timer

COMMAND = ("/opt/an office/python", "-m", "reporter", "weekly", "--once", "--config", "/srv/50% off/reporter.toml")
WINDOWS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def made(kind, home=Path("/home/office")):
    return timer(kind, COMMAND, home, minute=30, time_zone="America/Toronto")


def test_systemd_takes_the_units(tmp_path):
    """Both units pass the system's own check."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here")
    command = ("/bin/true", *COMMAND[1:])
    units = timer("systemd", command, tmp_path, minute=30, time_zone="America/Toronto").files
    for file, content in units.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )

    assert [] == [line for line in done.stderr.splitlines() if "reporter-weekly" in line]


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
    ],
)
def test_windows_reads_the_task(name, value):
    """The task is XML in UTF-16, as the system imports it."""
    (content,) = made("windows").files.values()
    root = ElementTree.fromstring(content)

    assert value == next(root.iter(WINDOWS + name)).text


@pytest.mark.parametrize("kind", KINDS)
def test_install_writes_and_says_where(kind, tmp_path, monkeypatch):
    """Each file stands where it says."""
    done = _install(tmp_path, monkeypatch, "--kind", kind)

    assert done.stdout.split("\n")[:-1] == [str(path) for path in sorted(_files(tmp_path))]


def test_install_writes_over_nothing(tmp_path, monkeypatch):
    """A timer that is there stays as it is, until somebody insists."""
    _install(tmp_path, monkeypatch, "--kind", "cron")
    codes = [_install(tmp_path, monkeypatch, "--kind", "cron", *more).exit_code for more in ([], ["--force"])]

    assert [2, 0] == codes


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
