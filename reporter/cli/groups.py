"""Which commands stand together in `--help`, and which eight a newcomer needs."""

from __future__ import annotations

import click

GROUPS = {
    "Every week": ("run", "weekly", "status", "deliver", "outbox", "readers"),
    "Look closer": ("check", "explain", "history", "what-if", "stress", "backtest", "annotate", "rules"),
    "Outages": ("outages",),
    "Keep and prove": ("evidence", "verify", "audit", "person", "purge"),
    "Set up": ("init", "demo", "doctor", "settings", "templates", "schedule", "completion"),
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
