"""The screen: how lines and tables are laid out on it, with spaces that hold. The one formatter of all commands."""

import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from reporter.model.levels import BY_NAME

PLAIN_WIDTH = 118
COLOURS = {"critical": "bold red", "high": "yellow", "data_problem": "magenta", "medium": "cyan"}
HELD = str.maketrans({"\u00a0": "\ue000", "\u202f": "\ue001"})
"""No-break spaces while lines are laid out: rich takes every space for a place to break a line."""
FREED = str.maketrans({"\ue000": "\u00a0", "\ue001": "\u202f"})


class Terminal(Console):
    """A console on which a no-break space holds: `20 h 00` and `Sep 15` stay on one line."""

    def print(self, *objects: Any, **more: Any) -> None:
        """Print, with the no-break spaces of every text held."""
        super().print(*(_held(one) for one in objects), **more)

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
        """The laid-out text, with its own spaces again."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text.translate(FREED), style, control)


def _held(one: Any) -> Any:
    if isinstance(one, str):
        return one.translate(HELD)
    if isinstance(one, Text):
        one.plain = one.plain.translate(HELD)
    if isinstance(one, Table):
        one.title, one.caption = _held(one.title), _held(one.caption)
        for column in one.columns:
            column.header, column._cells = _held(column.header), [_held(cell) for cell in column._cells]
    return one


def terminal(plain_width: int = 0, *, widest: int = 0) -> Terminal:
    """Standard output; of a fixed width where it is no terminal. Takes: widest - however wide the terminal is."""
    made = Terminal(width=None if sys.stdout.isatty() else plain_width or PLAIN_WIDTH, highlight=False, soft_wrap=False)
    if widest:
        made.width = min(made.width, widest)
    return made


def said_table(lines: Sequence[tuple[str, str]]) -> Table:
    """A label and a sentence a line; a label that comes again is left out."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    before = ""
    for label, text in lines:
        table.add_row(Text("" if label == before else label, style="bold"), Text(text))
        before = label
    return table


def rows_filled(lines: Sequence[tuple[str, str]], width: int) -> int:
    """How many rows of a screen of that width such a table fills."""
    beside = max(len(label) for label, _ in lines)
    room = width - beside - 1 if beside else width
    return sum(len(wrap(text, room, break_on_hyphens=False)) or 1 for _, text in lines)


def level_text(name: str, language: str) -> Text:
    """A level as its symbol and word, in its colour."""
    level = BY_NAME[name]
    return Text(f"{level.symbol} {level.word(language)}", style=COLOURS.get(name, ""))


def table_of(title: str) -> Table:
    """A table without columns yet, as all of these questions have it."""
    return Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
