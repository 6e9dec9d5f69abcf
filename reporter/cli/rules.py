"""`reporter rules`: the rulebook in plain sentences."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from reporter.cli import options


@click.command()
@options.config
@options.language
@click.option("--part", type=click.Choice(["risk", "deadline", "state", "service", "own"]), help="Only these rules.")
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
def rules(config: Path | None, lang: str | None, part: str | None, as_json: bool) -> None:
    """Print every rule that holds: judgements, deadlines, states and services, with the law each rests on.

    `--part own` prints what this office's own file adds, changes or switches off.
    """
    known = options.settings(config, language=lang)
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
