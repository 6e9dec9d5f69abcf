"""`reporter rules`: the rulebook in plain sentences, held against the law, and given out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

import reporter
from reporter.cli import context
from reporter.cli.context import on_settings
from reporter.errors import Exit, SettingsError, refused
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from reporter.model.rulebook import Rulebook
    from reporter.rules.drift import LawCheck
    from reporter.settings import Settings

law_folder = click.option(
    "--law", "folder", type=context.FOLDER, required=True, help="Where the official XML is saved."
)
reader = click.option("--by", metavar="NAME", help="Who has read it.")


@click.group(invoke_without_command=True)
@context.config
@context.language
@click.option("--part", type=click.Choice(["risk", "deadline", "state", "service", "own"]), help="Only these rules.")
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
@click.pass_context
def rules(called: click.Context, config: Path | None, lang: str | None, part: str | None, as_json: bool) -> None:
    """Print every rule that holds: judgements, deadlines, states and services, with the law each rests on.

    `--part own` prints what this office's own file adds, changes or switches off.
    """
    if called.invoked_subcommand:
        return
    known = context.settings(config, language=lang)
    from reporter.rules.load import load_rulebook, unread_entries
    from reporter.rules.manual import rules_frame

    book = load_rulebook(known.rules_path, known.register_path)
    frame = rules_frame(book, known.language).fillna("")
    if part:
        frame = frame[frame["own"] != "" if part == "own" else frame["part"] == part]
    for name in unread_entries(book, datetime.now(UTC).date()):
        click.echo(words("cli", known.language)["unread"].format(name=name), err=True)
    if as_json:
        context.print_json({"sha256": book.sha256, "rules": frame.to_dict("records")})
        return
    for rule in frame.to_dict("records"):
        level = f" [{rule['level']}]" if rule["level"] else ""
        lines = (rule["title"], rule["says"], f"{rule['cite']} {rule['link']}".strip(), rule["own"])
        told = "".join(f"  {line}\n" for line in lines if line)
        click.echo(f"{rule['part']} {rule['id']}{level}\n{told}")
    click.echo(f"sha256 {book.sha256}")


@rules.command()
@law_folder
@click.option("--accept", "cites", multiple=True, metavar="CITE", help="Write down that this was read again.")
@reader
@click.option("--json", "as_json", is_flag=True, help="Print what became of every cite as JSON.")
@on_settings(context.language)
def drift(known: Settings, folder: Path, cites: tuple[str, ...], by: str | None, as_json: bool) -> None:
    """Hold every cite against the acts and regulations saved in a folder, in both languages. Offline.

    Says of each whether its text is the one that was read, changed, moved its date only, is gone, or stands in one
    language only; exit 5 on a change. What changed goes into the register (`law_register` in the settings), and every
    report says so beside the rules that rest on it until `--accept` writes down who has read it again. No level moves.
    """
    book, check = _against_the_law(folder, known)
    from reporter.rules.drift import accepted_readings, add_to_register, seen_readings
    from reporter.rules.law import register_lines

    w, today = words("law", known.language), datetime.now(UTC).date()
    name = _named(by, w["needs_by"]) if cites else ""
    accepted = accepted_readings(check, cites, name, today)
    read = {one.provision for one in accepted}
    seen = [one for one in seen_readings(check, book.law, today) if one.provision not in read]
    lines = register_lines("seen", seen) + register_lines("accepted", accepted)
    add_to_register(known.register_path, lines)
    left = [drift for drift in check.alarms if drift.provision not in read]
    from reporter.rules.drift import drift_facts, drift_lines

    if as_json:
        context.print_json(drift_facts(check.drifts, check.rules))
    else:
        for line in drift_lines(check.drifts, check.rules, check.acts, book, known.language, today):
            click.echo(line)
        for one in dict.fromkeys(one.provision.cite for one in accepted):
            click.echo(w["accepted_line"].format(cite=one, by=name, file=known.register_path.name))
        click.echo(w["notice"])
    if left:
        raise click.exceptions.Exit(Exit.LAW_CHANGED)


@rules.command()
@law_folder
@click.option("--out", type=context.FILE, default=Path("rules-read.html"), show_default=True)
@click.option("--rule", "only", multiple=True, metavar="RULE", help="Only this rule; as often as wanted.")
@click.option("--unsigned", is_flag=True, help="Only what nobody has signed.")
@click.option("--sign", multiple=True, metavar="RULE", help="Write down that this rule was read, and write no page.")
@reader
@on_settings(context.language)
def read(
    known: Settings,
    folder: Path,
    out: Path,
    only: tuple[str, ...],
    unsigned: bool,
    sign: tuple[str, ...],
    by: str | None,
) -> None:
    """Write a page to print: each rule beside the text it rests on, in both languages, with a line to sign.

    `--sign RULE --by NAME` writes a signature into the register: who, when, and the hashes of the rule and of the law.
    It is shown beside the rule as long as both stay as they were signed.
    """
    book, check = _against_the_law(folder, known)
    from reporter.rules.drift import add_to_register, signed_lines

    w, today = words("law", known.language), datetime.now(UTC).date()
    if sign:
        name = _named(by, w["needs_by"])
        add_to_register(known.register_path, signed_lines(book, check, sign, name, today))
        for rule in sign:
            click.echo(w["signed_line"].format(rule=rule, by=name, file=known.register_path.name))
        return
    from reporter.rules.drift import chosen_rules, law_page

    chosen = chosen_rules(book, only, unsigned=unsigned)
    out.write_text(law_page(chosen, book, check.acts), "utf-8")
    provisions = {one for rule in chosen for one in rule.provisions}
    click.echo(w["read_written"].format(file=out, rules=len(chosen), provisions=len(provisions)))


@rules.command()
@click.option("--json", "as_json", is_flag=True, help="The whole rulebook as one JSON document.")
@click.option("--schema", is_flag=True, help="The JSON Schema of that document.")
@on_settings(context.language)
def export(known: Settings, as_json: bool, schema: bool) -> None:
    """Give the rulebook out: kinds, dates, cites, hashes and judgements, in both languages, to use and to check."""
    from reporter.rules.load import load_rulebook
    from reporter.rules.manual import export_rulebook, export_schema

    if schema:
        click.echo(export_schema())
    elif as_json:
        click.echo(export_rulebook(load_rulebook(known.rules_path, known.register_path), reporter.__version__))
    else:
        raise click.UsageError(words("law", known.language)["needs_json"])


@rules.command("eject")
@click.argument("folder", type=context.FOLDER)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def eject_rules(folder: Path, force: bool) -> None:
    """Write the whole rulebook into FOLDER, to be kept instead of ours; to change a few rules, write only those."""
    from importlib.resources import files

    from reporter.rules.load import FILES

    there = [name for name in FILES if (folder / name).exists()]
    if there and not force:
        raise refused(SettingsError, "stop_is_there", where=there[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_bytes((files("reporter.rules") / name).read_bytes())
        click.echo(str(folder / name))


def _against_the_law(folder: Path, known: Settings) -> tuple[Rulebook, LawCheck]:
    """The rules, and what became of what they rest on."""
    from reporter.rules.drift import check_drift, read_acts
    from reporter.rules.load import load_rulebook

    book = load_rulebook(known.rules_path, known.register_path, checks_law=False)
    return book, check_drift(book, read_acts(folder))


def _named(by: str | None, wanted: str) -> str:
    """The name that was given, on one line: a register has no others."""
    name = " ".join((by or "").split())
    if not name:
        raise click.BadParameter(wanted, param_hint="--by")
    return name


HEADER = (
    "{{# Taken from reporter {version}. To change one block only, let this file say"
    ' {{% extends "ours/{name}" %}} and that block: what is left out then keeps up with new versions. #}}\n'
)


@click.group()
def templates() -> None:
    """Change the words and the look of the mails: eject ours, change them, check them."""


@templates.command()
@click.argument("folder", required=False, type=context.FOLDER)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@on_settings()
def eject(known: Settings, folder: Path | None, force: bool) -> None:
    """Write our templates into FOLDER (the one the settings name, or `templates`) to be changed there."""
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
@click.argument("folder", required=False, type=context.FOLDER)
@on_settings()
def check(known: Settings, folder: Path | None) -> None:
    """Try every template on invented reports, in both languages and every state; exit 3 names the file and line."""
    from reporter.pipeline.assemble.inputs import offices_of
    from reporter.report.mail.template_fixtures import check_templates

    place = folder or known.template_folder
    n = check_templates(place, offices_of(known))
    click.echo(words("cli", known.language)["templates_good"].format(n=n))
