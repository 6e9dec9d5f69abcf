"""How a command is found: `--help` in groups, and `reporter completion`, which has the shell complete it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reporter.cli.usage import misuse

GROUPS = {
    "Every week": ("run", "weekly", "status", "deliver", "outbox", "readers"),
    "Look closer": ("check", "explain", "history", "what-if", "stress", "backtest", "annotate", "rules"),
    "Outages": ("outages",),
    "Keep and prove": ("evidence", "verify", "audit", "person", "purge"),
    "Set up": ("init", "demo", "doctor", "settings", "templates", "schedule", "completion", "trim"),
}
FIRST = ("run", "status", "check", "explain", "outages", "evidence", "init", "doctor")
"""What the first page shows; `--all` shows the rest."""


class GroupedCommands(click.Group):
    """The commands under headings: eight of them with `--help`, every one with `--all`."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the headings with their commands, each command with its first sentence."""
        shown = set(self.commands) if ctx.meta.get("all") else self.commands.keys() & set(FIRST)
        grouped = {name for names in GROUPS.values() for name in names}
        others = tuple(sorted(shown - grouped))
        widest = max(map(len, shown))
        limit = formatter.width - widest - 4
        for heading, names in {**GROUPS, "Others": others}.items():
            there = [name for name in names if name in shown]
            rows = [(name, self.commands[name].get_short_help_str(limit)) for name in there]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows, col_max=widest, col_spacing=widest + 2 - max(len(name) for name in there))
        if left := len(self.commands) - len(shown):
            formatter.write_paragraph()
            formatter.write_text(f"{left} more commands: reporter --all")


def show_all(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Print the help with every command, and end."""
    if is_asked:
        ctx.meta["all"] = True
        click.echo(ctx.get_help())
        ctx.exit()


SHELLS = ("bash", "zsh", "fish")
STARTED_BY = {"bash": ".bashrc", "zsh": ".zshrc"}


@click.command()
@click.option("--shell", type=click.Choice(SHELLS), help="Which shell; the one that you use, if left out.")
@click.option("--print", "is_print", is_flag=True, help="Print the script, and write none.")
def completion(shell: str | None, is_print: bool) -> None:
    """Install the completion of commands, options and files for bash, zsh or fish; it works in the next shell."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise misuse("shell", option="--shell", shells=", ".join(SHELLS))
    script = _script(name)
    if is_print:
        click.echo(script)
        return
    for path in _installed(name, script, Path.home()):
        click.echo(path)


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    maker = get_completion_class(shell)
    assert maker is not None, shell
    return maker(root, {}, "reporter", "_REPORTER_COMPLETE").source()


def _installed(shell: str, script: str, home: Path) -> list[Path]:
    """Write the script, and the line that reads it where the shell has no folder of its own for such; once."""
    if shell == "fish":
        file = home / ".config" / "fish" / "completions" / "reporter.fish"
        return [_write(file, script)]
    file, start = home / ".local" / "share" / "reporter" / f"completion.{shell}", home / STARTED_BY[shell]
    written, line = [_write(file, script)], f'. "{file}"  # reporter completion'
    before = start.read_text("utf-8") if start.exists() else ""
    if line not in before.splitlines():
        with start.open("a", encoding="utf-8") as appended:
            appended.write(("" if before.endswith("\n") or not before else "\n") + line + "\n")
        written.append(start)
    return written


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file
