"""`reporter templates`: take our mail templates out to change them, and try changed ones before a run does."""

from __future__ import annotations

from pathlib import Path

import click

import reporter
from reporter.cli import options
from reporter.errors import SettingsError, refused

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
@options.config
def eject(folder: Path | None, force: bool, config: Path | None) -> None:
    """Write our templates into FOLDER (the one the settings name, or `templates`) to be changed there."""
    known = options.settings(config)
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
@options.config
def check(folder: Path | None, config: Path | None) -> None:
    """Try every template on invented reports, in both languages and every state; exit 3 names the file and line."""
    known = options.settings(config)
    from reporter.pipeline.assemble.inputs import offices_of
    from reporter.report.mail.template_fixtures import check_templates
    from reporter.text.catalogue import words

    place = folder or known.template_folder
    n = check_templates(place, offices_of(known))
    click.echo(words("cli", known.language)["templates_good"].format(n=n))
