"""What a person sees on the terminal when a run is over: the worst cases, the row account and the paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from reporter.cli import context
from reporter.cli.console import COLOURS, terminal
from reporter.cli.deliver import mail_lines, print_failures, print_left_out, print_undelivered
from reporter.model.levels import BY_NAME
from reporter.model.report import Account, Report
from reporter.report.headline import account_said, headline
from reporter.report.mail.rows import todo
from reporter.report.people import at_risk
from reporter.report.record_context import trust_notes
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

if TYPE_CHECKING:
    from reporter.pipeline.run.run import FinishedRun

SHOWN = 8
WIDTHS = {"due": 20, "stands": 36}
FILES = {
    "workbook": "risk.xlsx",
    "grounds": "record.xlsx",
    "digests": "digests",
    "preview": "digests/index.html",
    "calendar": "calendar.ics",
    "findings": "findings.csv",
    "duties": "duties.csv",
    "problems": "problems.csv",
    "set_aside": "set-aside.xlsx",
    "manifest": "manifest.json",
}


def show_run(outcome: FinishedRun, language: str, *, as_json: bool) -> None:
    """Print the outcome: the manifest for a program, or a page for a person."""
    print_failures(outcome.failures, language)
    print_left_out(outcome.problems, language)
    print_undelivered(outcome.round, language)
    if as_json:
        context.print_json_text(json.dumps(outcome.manifest, ensure_ascii=False, indent=2))
        return
    console = terminal()
    report = outcome.told.office
    said, _ = headline(report, at_risk(report))
    console.print("\n".join(said), soft_wrap=True)
    console.print(_table(report, language), end="")
    for line in _lines(outcome, language):
        console.print(line, soft_wrap=True)


def account_line(account: Account, language: str, key: str = "account") -> str:
    """Where the rows went, after what they are rows of."""
    return words("cli", language)[key].format(account=account_said(account, language))


def _table(report: Report, language: str) -> Table | str:
    """The gravest people, one line each in the order of every first screen, and the others counted by level."""
    w, duties = words("cli", language), at_risk(report)
    if not duties:
        return w["nobody" if report.account.assessed else "nobody_assessed"] + "\n"
    table = Table(title=w["worst"], box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for name in ("level", "person", "due", "stands", "do"):
        table.add_column(w[name], no_wrap=name in ("level", "person"), max_width=WIDTHS.get(name))
    entries, more = todo(duties, report, SHOWN)
    for entry in entries:
        level = entry["level"]
        table.add_row(
            Text(f"{level['symbol']} {level['word']}", style=COLOURS[level["name"]]),
            Text(entry["person"]),
            Text(entry["title"]),
            Text("\n".join([entry["stands"], *entry["marks"]])),
            Text(entry["action"]),
        )
    if more:
        table.caption, table.caption_justify = more, "left"
    return table


def _lines(outcome: FinishedRun, language: str) -> list[str]:
    w, report, run = words("cli", language), outcome.told.office, outcome.run
    office = zone(report.office.time_zone)
    levels, duties = report.people_by_level, report.of_institution["level"].value_counts()
    lines = [
        "",
        w["as_of"].format(clock=formats.clock(run.as_of, office, language)),
        account_line(run.account, language),
        w["people"].format(counts=_counted(levels, language)),
    ]
    if report.duties_account:
        lines.append(account_line(report.duties_account, language, "duties_account"))
        lines.append(
            w["duties_by"].format(counts=_counted({name: int(duties.get(name, 0)) for name in levels}, language))
        )
    if run.record_complete_to is not None:
        lines.append(w["record"].format(clock=formats.clock(run.record_complete_to, office, language)))
    if not run.has_outage_record:
        lines.append(w["no_record"])
    elif run.is_record_stale:
        lines.append(w["stale"])
    lines += trust_notes(report)
    return [*lines, *mail_lines(outcome, language), "", *_paths(outcome, language)]


def _counted(levels: Mapping[str, int], language: str) -> str:
    """How many stand at each level: `Critical 5 · High 15`."""
    return " · ".join(
        f"{BY_NAME[name].word(language)} {formats.number(count, language)}" for name, count in levels.items()
    )


def _paths(outcome: FinishedRun, language: str) -> list[str]:
    w = words("cli", language)
    names = {key: w[key].format(n=len(outcome.told.recipients)) for key in FILES}
    width = max(len(name) for name in names.values())
    here = Path.cwd()
    folder = outcome.folder.relative_to(here) if outcome.folder.is_relative_to(here) else outcome.folder
    present = {key: folder / name for key, name in FILES.items() if (outcome.folder / name).exists()}
    return [f"{names[key]:<{width}}  {path}" for key, path in present.items()]
