"""`reporter run`, `weekly`, `schedule` and `demo`: a run now, every week, by a timer of the system, on the samples."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from reporter.cli import context
from reporter.cli.help import misuse
from reporter.cli.streams import question_left, report_left, watching
from reporter.errors import FolderError, RosterError, refused
from reporter.text import formats
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from pandas import Timestamp

    from reporter.settings import Settings
    from reporter.weekly import Done


@click.command()
@context.on_settings(
    context.rosters,
    context.outages,
    click.option("--duties", type=context.FILE, multiple=True, help="A sheet of the institution's own duties."),
    context.as_of,
    context.out_folder,
    context.language,
    context.store,
    click.option(
        "--no-deliver", is_flag=True, help="Write the digests and hold them; `deliver --release` alone sends them."
    ),
    click.option("--to-me", metavar="ADDRESS", help="Send the mails to this address alone; nobody is told by it."),
    click.option("--yes", is_flag=True, help="Agree to first mails to a recipient, and to many at once."),
    click.option("--past-week", is_flag=True, help="Plan and send mails although --as-of lies in an earlier week."),
    click.option("--strict", is_flag=True, help="Exit 5 when rows were set aside, 7 when the outage record is stale."),
    click.option(
        "--annotations",
        type=click.Path(path_type=Path),
        multiple=True,
        help="The last workbook, with what the office wrote in it, or the folder it is in; may be given several times.",
    ),
    click.option("--as-known", metavar="INSTANT", help="Use the outage ledger exactly as it stood then."),
)
@context.accept_shrink
@context.accept_rosters
@context.accept_store
@click.option("--json", "as_json", is_flag=True, help="Print the manifest instead of the summary.")
def run(
    known: Settings,
    as_of: Timestamp,
    as_known: Timestamp | None,
    out: Path | None,
    no_deliver: bool,
    to_me: str | None,
    yes: bool,
    past_week: bool,
    strict: bool,
    accept_shrink: bool,
    accept_rosters: bool,
    accept_store: bool,
    as_json: bool,
) -> None:
    """Read the rosters and outage records, judge every duty, and write the workbook and the digests.

    Digests are written as files (.eml, .html, .txt) and, when the settings name a mail server, sent: once a week to
    each recipient, and again only when what they say has changed. With --as-of in another week they are files only.
    """
    from reporter.cli.deliver import show_me
    from reporter.cli.terminal import show_run
    from reporter.pipeline.run import run as pipeline
    from reporter.pipeline.run.refusals import Waivers
    from reporter.pipeline.run.run_lock import take_turn
    from reporter.pipeline.send.status import tell_over
    from reporter.store.database import open_store

    with watching(known.language, report_left(known)), take_turn(known, context.this_instant) as turn:
        outcome = pipeline.run(
            known,
            as_of,
            out=out,
            strict=strict,
            waivers=Waivers(shrink=accept_shrink, rosters=accept_rosters, store=accept_store),
            as_known=as_known,
            clock=context.this_instant,
            deliver=not (no_deliver or to_me),
            hold=no_deliver,
            yes=yes,
            past_too=past_week,
            turn=turn,
        )
    show_run(outcome, known.language, as_json=as_json)
    with closing(open_store(known.store_url)) as store:
        if outcome.is_told:  # whatever a look was stopped by, and was told of, is over
            tell_over(known, store, context.this_instant(), is_made=True)
        posts = outcome.told.posts if outcome.plan.is_rehearsed else None
        code = show_me(store, known, to_me, posts) if to_me else 0
    click.get_current_context().exit(outcome.exit_code or code)


def _write_samples(folder: Path) -> None:
    """The rosters, records and settings that came with the program, without the scripts that made them."""
    from reporter.resources import samples

    if folder.is_dir() and any(folder.iterdir()):
        raise refused(FolderError, "stop_not_empty", where=str(folder))
    shutil.copytree(samples(), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    click.echo(str(folder))


AS_OF = "2026-09-09T09:00:00-04:00"
A_WEEK_EARLIER = "2026-09-02T09:00:00-04:00"


@click.command()
@click.option("--out", type=context.FOLDER, default=Path("demo-out"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option(
    "--samples",
    "folder",
    type=context.FOLDER,
    help="Only write the sample files into this folder: the `samples/` of the documentation's examples.",
)
def demo(out: Path, lang: str, folder: Path | None) -> None:
    """Run on the sample rosters (invented people) and real outage history; everything stays in one folder.

    It runs twice, a week apart, so that the report can say what changed. No network and no server is needed.
    """
    if folder is not None:
        _write_samples(folder)
        return
    from reporter.cli.terminal import show_run
    from reporter.pipeline.run import run as pipeline
    from reporter.resources import samples
    from reporter.settings import Identity

    home = out.absolute()
    shutil.rmtree(home / "last-week", ignore_errors=True)
    (home / "reporter.db").unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    known = context.settings(samples() / "reporter.toml", language=lang, store=f"sqlite:///{home / 'reporter.db'}")
    known = replace(known, identity=Identity())  # nothing is noted beside the samples
    with watching(lang, question_left(lang)):
        for as_of, folder in ((A_WEEK_EARLIER, home / "last-week"), (AS_OF, home)):
            outcome = pipeline.run(known, context.typed_instant(as_of, known.office.time_zone), out=folder)
    show_run(outcome, lang, as_json=False)
    click.get_current_context().exit(outcome.exit_code)


@click.command()
@context.on_settings(context.store)
@click.option("--once", "is_once", is_flag=True, help="Do what is due and exit: for a timer of the system.")
@click.option("--accept-clock", is_flag=True, help="The machine's clock is right, although it leapt or went back.")
@context.accept_shrink
@context.accept_rosters
@context.accept_store
def weekly(
    known: Settings,
    is_once: bool,
    accept_clock: bool,
    accept_shrink: bool,
    accept_rosters: bool,
    accept_store: bool,
) -> None:
    """Make the report that is due, send the mails that wait, and tell the owner how it went; stay up, or do it once.

    What is due is counted from what was made: a machine that was off makes the latest report when it is back, once,
    and the report names those that were missed. The first report is made at once.
    """
    from reporter.pipeline.run.refusals import Waivers
    from reporter.weekly import keep_running, once

    waivers = Waivers(clock=accept_clock, shrink=accept_shrink, rosters=accept_rosters, store=accept_store)
    if not is_once:
        if not known.roster:  # at a timer it is owed, and told; here somebody looks on
            raise refused(RosterError, "stop_no_roster")
        answers = {"--accept-shrink": accept_shrink, "--accept-rosters": accept_rosters, "--accept-store": accept_store}
        if given := next((name for name, is_given in answers.items() if is_given), ""):
            raise misuse("one_look", option=given)
        keep_running(known, clock=context.this_instant, waivers=waivers)
        return
    with watching(known.language, report_left(known)):
        done = once(known, clock=context.this_instant, waivers=waivers)
    _show(done, known.language)
    click.get_current_context().exit(done.code)


def _show(done: Done, language: str) -> None:
    import pandas as pd

    from reporter.cli.terminal import print_failures, print_left_out, print_undelivered

    w = words("owner", language)
    if done.made and done.made_for:
        print_undelivered(done.made.round, language)
        print_failures(done.made.failures, language)
        print_left_out(done.made.problems, language)
        key, day = "made_not_well" if done.code else "made", formats.day(pd.Timestamp(done.made_for), language)
        click.echo(w[key].format(day=day, folder=done.made.folder, code=int(done.code)))
        return
    print_undelivered(done.round, language)
    for cause in done.causes:
        click.echo("reporter: " + w["cause"].format(key=cause.key, what=cause.told(language)), err=True)
    if done.made:
        click.echo(w["mended"].format(folder=done.made.folder, code=int(done.code)))
        return
    following = formats.day(pd.Timestamp(done.following), language) if done.following else ""
    is_sent = done.round is not None and done.round.results
    click.echo(w["sent"] if is_sent else w["nothing"].format(day=following))


KINDS = ("systemd", "systemd-system", "cron", "launchd", "windows")
LABEL = "reporter-weekly"
TIMERS = files("reporter.cli") / "timers"


class Timer(Struct, frozen=True):
    """What is installed: files by path, and the command that makes the system take notice of them."""

    files: Mapping[Path, bytes]
    then: str


class Call(Struct, frozen=True):
    """What a timer calls: the command, in which folder, as whom, and where that may write."""

    command: Sequence[str]
    folder: Path
    account: str = ""
    writable: tuple[Path, ...] = ()


def timer(kind: str, call: Call, home: Path, *, minute: int, time_zone: str) -> Timer:
    """The timer of that kind, which makes the call each hour at that minute, for the user whose home it is."""
    if kind.startswith("systemd"):
        make = _systemd_system if kind == "systemd-system" else _systemd
        return make(call, home, _text("hourly.timer", minute=minute, time_zone=time_zone).encode())
    return {"cron": _cron, "launchd": _launchd, "windows": _windows}[kind](call, home, minute)


def _text(name: str, **said: object) -> str:
    """A file of `timers/`, filled in."""
    return (TIMERS / name).read_text("utf-8").format(**said)


def _systemd(call: Call, home: Path, clock: bytes) -> Timer:
    folder = home / ".config" / "systemd" / "user"
    files = {folder / f"{LABEL}.service": _service("user", call), folder / f"{LABEL}.timer": clock}
    then = f"systemctl --user daemon-reload && systemctl --user enable --now {LABEL}.timer && loginctl enable-linger"
    return Timer(files, then)


def _service(name: str, call: Call, **more: str) -> bytes:
    started = " ".join(_quoted(word) for word in call.command)
    return _text(f"{name}.service", folder=str(call.folder).replace("%", "%%"), started=started, **more).encode()


def _systemd_system(call: Call, _: Path, clock: bytes) -> Timer:
    """For a server: as an account of its own, with nothing open that it does not need, and a word when it fails."""
    folder, failed = call.folder / "systemd", f"{LABEL}-failed.service"
    alarm = _text("failed.service", label=LABEL).encode()
    written = "".join(f"ReadWritePaths=-{_quoted(str(path))}\n" for path in call.writable)
    service = _service("system", call, account=call.account, failed=failed, written=written)
    files = {f"{LABEL}.service": service, f"{LABEL}.timer": clock, failed: alarm}
    switched = f"sudo systemctl daemon-reload && sudo systemctl enable --now {LABEL}.timer"
    then = f"sudo cp {folder}/* /etc/systemd/system/ && {switched}"
    return Timer({folder / name: content for name, content in files.items()}, then)


def _quoted(word: str) -> str:
    """A word of ExecStart: systemd has marks of its own for a percent, a dollar, a quote and a backslash."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"'


def _cron(call: Call, home: Path, minute: int) -> Timer:
    words = " ".join("'" + word.replace("'", "'\\''").replace("%", "\\%") + "'" for word in call.command)
    file = home / f"{LABEL}.cron"
    then = f"(crontab -l 2>/dev/null; cat {file}) | crontab -"
    return Timer({file: f"{minute} * * * * umask 077; {words}\n".encode()}, then)


def _launchd(call: Call, home: Path, minute: int) -> Timer:
    import plistlib

    file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    content = {
        "Label": LABEL,
        "ProgramArguments": list(call.command),
        "WorkingDirectory": str(call.folder),
        "StartCalendarInterval": {"Minute": minute},
        "RunAtLoad": True,
        "Umask": 0o077,
    }
    return Timer({file: plistlib.dumps(content)}, f"launchctl bootstrap gui/$(id -u) {file}")


def _windows(call: Call, home: Path, minute: int) -> Timer:
    """A task that runs whether or not anybody is logged on, and shows no window.

    Of one's own account Windows keeps no password (S4U), and such a task reaches no share; a managed service account
    ends in `$` and does; of any other, `schtasks` asks for the password.
    """
    from xml.sax.saxutils import escape

    program, *words = call.command
    is_own, is_managed = not call.account, call.account.endswith("$")
    text = _text(
        "windows.xml",
        minute=f"{minute:02d}",
        program=escape(program),
        arguments=escape(" ".join(f'"{word}"' if " " in word else word for word in words)),
        folder=escape(str(call.folder)),
        account=escape(call.account or _own_account()),
        logon="S4U" if is_own else "Password",
    )
    file = home / f"{LABEL}.xml"
    asked = "" if is_own or is_managed else f' /ru "{call.account}" /rp *'
    return Timer({file: text.encode("utf-16")}, f'schtasks /create /tn {LABEL} /xml "{file}"{asked}')


def _own_account() -> str:
    """The account that this process runs under, as Windows calls it."""
    domain, name = os.environ.get("USERDOMAIN", ""), getpass.getuser()
    return f"{domain}\\{name}" if domain else name


USUAL = {"darwin": "launchd", "win32": "windows"}


@click.group()
def schedule() -> None:
    """Have the system call the weekly report, with nothing that must stay up."""


@schedule.command()
@context.config
@click.option("--kind", type=click.Choice(KINDS), help="Which timer; the usual one of this system, if left out.")
@click.option(
    "--account", default="", help="As whom it runs: for systemd-system, and for windows where not as yourself."
)
@click.option("--print", "is_print", is_flag=True, help="Print the files, and write none.")
@click.option("--force", is_flag=True, help="Write over what is there.")
def install(config: Path | None, kind: str | None, account: str, is_print: bool, force: bool) -> None:
    """Write the timer that calls `reporter weekly --once` each hour, and say where, and how to switch it on.

    Whether a report is due is told by the settings and the store, not by the timer.
    """
    chosen = kind or USUAL.get(sys.platform, "systemd")
    if chosen == "systemd-system" and not account:
        raise misuse("account", option="--account")
    if config is None:
        raise misuse("lacks_option", name="--config")
    made = _made_timer(context.settings(config), config, chosen, account)
    if is_print:
        for file, content in made.files.items():
            click.echo(f"# {file}", err=True)
            click.echo(content.decode("utf-16" if chosen == "windows" else "utf-8"), nl=False)
        return
    there = [file for file in made.files if file.exists()]
    if there and not force:
        raise misuse("there", name=there[0])
    for path in _write_timer(made):
        click.echo(path)
    click.echo(f"{chosen}: {made.then}", err=True)


def install_usual(known: Settings, config: Path) -> list[str]:
    """Write the usual timer of this system, as `schedule install` does: where, and how to switch it on.

    Nothing where one is there already: it stays as it is.
    """
    chosen = USUAL.get(sys.platform, "systemd")
    made = _made_timer(known, config, chosen, "")
    if any(file.exists() for file in made.files):
        return []
    return [*(str(path) for path in _write_timer(made)), f"{chosen}: {made.then}"]


def _made_timer(known: Settings, config: Path, chosen: str, account: str) -> Timer:
    minute = int(known.weekly.at[3:]) if known.weekly else 0  # noqa: PD008 - a setting, no frame
    call = _call(known, config, account)
    return timer(chosen, call, Path.home(), minute=minute, time_zone=known.office.time_zone)


def _write_timer(made: Timer) -> Iterator[Path]:
    """Write each file whole or not at all."""
    from reporter.store.captures import write_whole

    for file, content in made.files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content)
        yield file


def _plain_path(path: Path) -> Path:
    """The whole path without `..`, of which systemd says that it is not normalized; a link stays a link."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve follows links


def _call(known: Settings, config: Path, account: str) -> Call:
    """The weekly look, in the settings' folder; on Windows by the interpreter that opens no window."""
    quiet = Path(sys.executable).with_name("pythonw.exe")
    program = str(quiet) if quiet.exists() else sys.executable
    file = _plain_path(config)
    folder = file.parent
    command = (program, "-m", "reporter", "weekly", "--once", "--config", str(file))
    store = (
        _plain_path(Path(known.store_url.removeprefix("sqlite:///"))).parent
        if "sqlite:///" in known.store_url
        else folder
    )
    writable = dict.fromkeys((folder, _plain_path(known.runs_folder), store))
    return Call(command, folder, account, tuple(writable))
