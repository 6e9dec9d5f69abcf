"""`reporter evidence`: one person's case as a folder of facts, and the files an office adds to it."""

from __future__ import annotations

from pathlib import Path

import click

from reporter.cli import context
from reporter.cli.context import Desk, as_json, as_known, desk, on_ledger, print_json, recorded_at
from reporter.cli.help import misuse
from reporter.model.evidence import KINDS

LARGEST = 50_000_000  # bytes


class PackUnlessNamed(click.Group):
    """A group whose first word may be a person: `evidence PERSON` is `evidence pack PERSON`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What was typed, with `pack` in front where no command stands there."""
        is_said = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_said or not args else ["pack", *args])


@click.group(cls=PackUnlessNamed)
def evidence() -> None:
    """Keep what shows that a filing was tried during an outage: `reporter evidence PERSON` makes the pack."""


@evidence.command()
@click.argument("person")
@click.option("--outage", "outages_wanted", multiple=True, metavar="ID", help="Only this outage; may be repeated.")
@click.option("--deadline", default="", metavar="NAME", help="Only this duty, e.g. study-permit-renewal.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write; a fresh one, else.")
@context.config
@context.rosters
@context.outages
@context.as_of
@as_known
@context.language
@context.store
def pack(
    person: str,
    outages_wanted: tuple[str, ...],
    deadline: str,
    out: Path | None,
    config: Path | None,
    rosters: tuple[Path, ...],
    outages: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    lang: str | None,
    store: str | None,
) -> None:
    """Make the evidence pack of one person: a folder and a zip, with a fact sheet for the licensed contact."""
    known = context.settings(config, rosters=rosters, outages=outages, language=lang, store=store)
    at = context.typed_instant(as_of, known.office.time_zone)
    mark = context.typed_instant(as_known, known.office.time_zone, "--as-known") if as_known else None
    from reporter.pipeline.questions.evidence import PackRequest, make_pack
    from reporter.text.catalogue import count_sentence, words

    made = make_pack(known, at, PackRequest(person, outages_wanted, deadline, mark), out=out)
    w = words("cli", known.language)
    count, names = len(made.files), {"folder": str(made.folder), "archive": made.archive.name}
    click.echo(count_sentence(w, "pack", count, known.language, **names))
    missing = sum(state == "missing" for state in made.standing.values())
    click.echo(count_sentence(w, "pack_missing", missing, known.language))


@evidence.command()
@click.argument("person")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What the files show.")
@click.option("--at", "happened", metavar="INSTANT", help="When it was taken or tried; not said, if left out.")
@click.option("--note", default="", help="What else is to be known, e.g. a confirmation number.")
@context.config
@context.store
@context.language
@recorded_at
def add(
    person: str,
    files: tuple[Path, ...],
    kind: str,
    happened: str | None,
    note: str,
    config: Path | None,
    store: str | None,
    lang: str | None,
    as_of: str | None,
) -> None:
    """File screenshots, error texts, confirmations or attempts of a person, each kept under its SHA-256."""
    for path in files:
        if path.stat().st_size > LARGEST:
            raise misuse("too_large", name=path.suffix or "FILE", most=LARGEST // 1_000_000)
    with desk(config, store, lang) as at:
        from reporter.store.captures import evidence_beside, file_evidence
        from reporter.text.catalogue import words

        folder = evidence_beside(at.store, at.known.path("."))
        moment = at.instant(as_of)
        happened_at = None if happened is None else context.typed_instant(happened, at.known.office.time_zone, "--at")
        for path in files:
            content = path.read_bytes()
            kept = file_evidence(
                at.store,
                person,
                kind,
                folder.keep(content),
                suffix=path.suffix,
                size=len(content),
                happened_at=happened_at,
                recorded_at=moment,
                note=note,
            )
            click.echo(words("cli", at.language)["filed_one"].format(name=kept.name, sha256=kept.sha256))


@evidence.command("list")
@click.argument("person")
@on_ledger(as_json)
def list_(at: Desk, person: str, as_json: bool) -> None:
    """List what was filed for a person, and say when a file is gone or was changed."""
    from reporter.errors import StoreError
    from reporter.store.captures import evidence_beside, evidence_of
    from reporter.text.catalogue import words

    folder, w = evidence_beside(at.store, at.known.path(".")), words("cli", at.language)
    rows = []
    for kept in evidence_of(at.store, person):
        try:
            is_whole = bool(folder.read(kept.sha256)) or not kept.size
        except StoreError:
            is_whole = False
        stamps = {"happened_at": _stamp(kept.happened_at), "recorded_at": _stamp(kept.recorded_at)}
        rows.append({"name": kept.name, **vars(kept), **stamps, "is_whole": is_whole})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        lost = "" if row["is_whole"] else f"  {w['filed_lost']}"
        click.echo(f"{row['name']}  {row['happened_at'] or '–'}  {row['note']}{lost}".rstrip())
    if not rows:
        click.echo(w["filed_nothing"])


def _stamp(at: object) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
