"""The files by which a system calls `reporter weekly --once`, as text and bytes. Pure: nothing is written here.

Each calls it every hour and leaves it to the store whether anything is due. So a holiday, a change of the clock, a
machine that was off and a mail that was put off need no timer of their own.
"""

import plistlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

KINDS = ("systemd", "cron", "launchd", "windows")
LABEL = "reporter-weekly"


@dataclass(frozen=True)
class Timer:
    """What is installed: files by path, and the command that makes the system take notice of them."""

    files: Mapping[Path, bytes]
    then: str


def timer(kind: str, command: Sequence[str], home: Path, *, minute: int, time_zone: str) -> Timer:
    """The timer of that kind, which runs the command each hour at that minute, for the user whose home it is."""
    makers = {"systemd": _systemd, "cron": _cron, "launchd": _launchd, "windows": _windows}
    return makers[kind](command, home, minute, time_zone)


def _systemd(command: Sequence[str], home: Path, minute: int, time_zone: str) -> Timer:
    folder = home / ".config" / "systemd" / "user"
    started = " ".join(_quoted(word) for word in command)
    service = (
        "[Unit]\nDescription=Weekly report on permit deadlines and outages\n\n"
        f"[Service]\nType=oneshot\nUMask=0077\nExecStart={started}\n"
    )
    clock = (
        "[Unit]\nDescription=Look every hour whether the weekly report is due\n\n"
        f"[Timer]\nOnCalendar=*-*-* *:{minute:02d}:00 {time_zone}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    files = {folder / f"{LABEL}.service": service.encode(), folder / f"{LABEL}.timer": clock.encode()}
    then = f"systemctl --user daemon-reload && systemctl --user enable --now {LABEL}.timer && loginctl enable-linger"
    return Timer(files, then)


def _quoted(word: str) -> str:
    """A word of ExecStart: systemd has marks of its own for a percent, a dollar, a quote and a backslash."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"'


def _cron(command: Sequence[str], home: Path, minute: int, _: str) -> Timer:
    words = " ".join("'" + word.replace("'", "'\\''").replace("%", "\\%") + "'" for word in command)
    file = home / f"{LABEL}.cron"
    then = f"(crontab -l 2>/dev/null; cat {file}) | crontab -"
    return Timer({file: f"{minute} * * * * umask 077; {words}\n".encode()}, then)


def _launchd(command: Sequence[str], home: Path, minute: int, _: str) -> Timer:
    file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    content = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "StartCalendarInterval": {"Minute": minute},
        "RunAtLoad": True,
        "Umask": 0o077,
    }
    return Timer({file: plistlib.dumps(content)}, f"launchctl bootstrap gui/$(id -u) {file}")


def _windows(command: Sequence[str], home: Path, minute: int, _: str) -> Timer:
    program, *words = command
    arguments = " ".join(f'"{word}"' if " " in word else word for word in words)
    text = WINDOWS.format(minute=f"{minute:02d}", program=escape(program), arguments=escape(arguments))
    file = home / f"{LABEL}.xml"
    return Timer({file: text.encode("utf-16")}, f'schtasks /create /tn {LABEL} /xml "{file}"')


WINDOWS = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Look every hour whether the weekly report is due</Description></RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <Repetition>
        <Interval>PT1H</Interval><Duration>P1D</Duration><StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <StartBoundary>2026-01-01T00:{minute}:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <ExecutionTimeLimit>PT4H</ExecutionTimeLimit>
    <Enabled>true</Enabled>
  </Settings>
  <Actions>
    <Exec><Command>{program}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""
