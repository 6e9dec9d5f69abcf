"""`reporter rules`: the rulebook in plain sentences."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

import reporter
from reporter.cli import context
from reporter.errors import SettingsError, refused


@click.command()
@context.config
@context.language
@click.option("--part", type=click.Choice(["risk", "deadline", "state", "service", "own"]), help="Only these rules.")
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
def rules(config: Path | None, lang: str | None, part: str | None, as_json: bool) -> None:
    """Print every rule that holds: judgements, deadlines, states and services, with the law each rests on.

    `--part own` prints what this office's own file adds, changes or switches off.
    """
    known = context.settings(config, language=lang)
    from reporter.rules.load import load_rulebook, unread_entries
    from reporter.rules.manual import rules_frame
    from reporter.text.catalogue import words

    book = load_rulebook(known.path(known.rules) if known.rules else None)
    frame = rules_frame(book, known.language).fillna("")
    if part:
        frame = frame[frame["own"] != "" if part == "own" else frame["part"] == part]
    for name in unread_entries(book, datetime.now(UTC).date()):
        click.echo(words("cli", known.language)["unread"].format(name=name), err=True)
    if as_json:
        click.echo(json.dumps({"sha256": book.sha256, "rules": frame.to_dict("records")}, ensure_ascii=False))
        return
    for rule in frame.to_dict("records"):
        level = f" [{rule['level']}]" if rule["level"] else ""
        lines = (rule["title"], rule["says"], f"{rule['cite']} {rule['link']}".strip(), rule["own"])
        told = "".join(f"  {line}\n" for line in lines if line)
        click.echo(f"{rule['part']} {rule['id']}{level}\n{told}")
    click.echo(f"sha256 {book.sha256}")


HEADER = (
    "{{# Taken from reporter {version}. To change one block only, let this file say"
    ' {{% extends "ours/{name}" %}} and that block: what is left out then keeps up with new versions. #}}\n'
)


@click.group()
def templates() -> None:
    """Change the words and the look of the mails: eject ours, change them, check them."""


@templates.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Write over files that are there.")
@context.config
def eject(folder: Path | None, force: bool, config: Path | None) -> None:
    """Write our templates into FOLDER (the one the settings name, or `templates`) to be changed there."""
    known = context.settings(config)
    from reporter import resources

    place = folder or known.path(known.templates or "templates")
    ours = sorted(resources.templates().glob("*.j2"))
    there = [path.name for path in ours if (place / path.name).exists()]
    if there and not force:
        raise refused(SettingsError, "stop_is_there", where=there[0])
    place.mkdir(parents=True, exist_ok=True)
    for path in ours:
        header = HEADER.format(version=reporter.__version__, name=path.name)
        (place / path.name).write_text(header + path.read_text("utf-8"), "utf-8")
        click.echo(str(place / path.name))


@templates.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@context.config
def check(folder: Path | None, config: Path | None) -> None:
    """Try every template on invented reports, in both languages and every state; exit 3 names the file and line."""
    known = context.settings(config)
    from reporter.pipeline.assemble.inputs import offices_of
    from reporter.report.mail.template_fixtures import check_templates
    from reporter.text.catalogue import words

    place = folder or known.template_folder
    n = check_templates(place, offices_of(known))
    click.echo(words("cli", known.language)["templates_good"].format(n=n))
