"""`reporter outages`: the office's own record of what was down, and of what was known when; its public part too.

What reads the record and gives it out; entries made by a person and those of others have rooms of their own.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from msgspec.structs import asdict

from reporter.cli import context
from reporter.cli.context import (
    Desk,
    as_json,
    as_known,
    on_ledger,
    on_settings,
    outage_records,
    print_json,
    problem_record,
    recorded_at,
    stamps,
    typed_head,
)
from reporter.cli.outages_edit import add, amend, merge, withdraw
from reporter.cli.outages_enter import fetch, import_, inbox, notice, pending
from reporter.errors import Exit, OutageFileError, refused
from reporter.text.catalogue import counted, words
from reporter.text.formats import clock, decimal, local_clock

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pandas import DataFrame, Series, Timestamp
    from rich.table import Table

    from reporter.pipeline.assemble.ledger_anchor import LedgerState
    from reporter.pipeline.upkeep.publication import Disagreement
    from reporter.settings import Settings
    from reporter.store.ledger_rows import Head


LISTED = ("outage_id", "services", "began", "ended", "kind", "verification", "status", "came_from", "title")
WIDEST = 40
PROVENANCE = ("source_kind", "source_address", "source_language", "captured_at", "captured_sha256", "raw_text")
COMPARED = ("outage_id", "services", "began_at", "ended_at", "kind", "verification", "status", "title", "came_from")


@click.command()
@on_settings(context.language)
def key(known: Settings) -> None:
    """Print the key that others check your public record by; the first time, make it.

    The private half is written beside the settings, readable by you alone (record-key.pem). Keep a copy of it apart.
    """
    from reporter.pipeline.upkeep.publication import PRIVATE_KEY, make_key

    path = known.path(PRIVATE_KEY)
    text, is_new = make_key(path)
    click.echo(text)
    if is_new:
        said = words("outages_cli", known.language)["key_made"]
        click.echo(said.format(path=path), err=True)


@click.command()
@click.argument("folder", type=context.FOLDER, metavar="DIR")
@on_ledger(recorded_at)
@click.option("--no-history", is_flag=True, help="Begin without the past outages that come with the program.")
def publish(at: Desk, folder: Path, as_of: str | None, no_history: bool) -> None:
    """Write the confirmed outages as a site for anybody to follow: signed, append-only, with nobody named in it.

    Again into the same folder, it goes on from what stands there. Put the folder on any web server.
    """
    from reporter.pipeline.upkeep.publication import publish as publish_site

    done = publish_site(at.known, at.store, at.captures, folder, at=at.instant(as_of), with_history=not no_history)
    entries = counted(at.words, "entry", len(done.record.entries), at.language)
    click.echo(at.words["published"].format(folder=folder, entries=entries, new=done.new))


@click.command()
@click.argument("path", type=context.FILE, metavar="FILE")
@click.argument("outage_ids", nargs=-1, required=True, metavar="OUTAGE_ID...")
@on_ledger(recorded_at)
def give(at: Desk, path: Path, outage_ids: tuple[str, ...], as_of: str | None) -> None:
    """Write a signed file with some of your outages, for an office whose record lacks them or has them otherwise.

    There it is read with outages import FILE --key KEY, and waits until somebody confirms it.
    """
    from reporter.pipeline.upkeep.publication import give as give_outages

    record = give_outages(at.known, at.store, path, outage_ids, at=at.instant(as_of))
    outages = counted(at.words, "outage", len(record.entries), at.language)
    click.echo(at.words["given"].format(path=path, outages=outages, key=record.key))


@click.command()
@on_ledger(as_json)
def compare(at: Desk, as_json: bool) -> None:
    """Show side by side what the public records of others and your own say otherwise of one outage."""
    from reporter.pipeline.upkeep.publication import disagreements

    found = disagreements(at.store)
    if as_json:
        print_json([{"differ": one.differ, "outages": one.outages} for one in found])
        return
    from reporter.cli.terminal import terminal

    for one in found:
        terminal().print(_table(at, one))
    if not found:
        click.echo(at.words["no_difference"])


def _table(at: Desk, one: Disagreement) -> Table:
    """A column for each that says something, a line for each fact, and a mark where they differ."""
    from rich.text import Text

    from reporter.cli.terminal import table_of

    w, table = at.words, table_of(at.words)
    table.add_column("")
    for told in one.outages:
        table.add_column(Text(told["publisher"] or w["ours"]), overflow="fold")
    for name in COMPARED:
        open_end = w["open"] if name == "ended_at" else "–"
        said = [at.in_words(name, told[name]) or open_end for told in one.outages]
        table.add_row(Text(("≠ " if name in one.differ else "  ") + w[name]), *map(Text, said))
    return table


@click.command()
@on_ledger(recorded_at)
@click.option("--source", default="office", show_default=True, help="What was looked at, in a few words.")
@click.option("--who", metavar="NAME", help="Who looked; whoever is logged in, if left out.")
@click.option("--to", "until", metavar="INSTANT", help="Up to when nothing is missed; the present, if left out.")
def looked(at: Desk, as_of: str | None, source: str, who: str | None, until: str | None) -> None:
    """Note that the notices were read, so that a quiet record is not taken for one that nobody keeps.

    The office's report says who looked, and when.
    """
    from msgspec.structs import replace

    from reporter.store.ledger_items import person_look, record_look

    moment = at.instant(as_of)
    to = min(moment, at.instant(until) if until else moment)
    record_look(at.store, replace(person_look(moment, who or getpass.getuser(), to), source=source))
    told = clock(to, context.office_zone(at.known.office.time_zone), at.language)
    click.echo(at.words["looked_one"].format(source=source, clock=told))


@click.command()
@on_ledger(recorded_at, as_json)
def probe(at: Desk, as_of: str | None, as_json: bool) -> None:
    """Ask once whether the public pages of the services answer; a timer may call it every five minutes.

    Off unless the settings say probe.on. It never signs in, asks no page more often than that, and follows robots.txt.
    Three failures in a row over ten minutes make a draft, unverified, where a control address answers.
    """

    from reporter.pipeline.upkeep.probe import probe as ask_pages

    done = ask_pages(at.known, at.store, at.names, at=at.instant(as_of))
    if as_json:
        print_json(asdict(done))
        return
    for page in done.pages:
        why = f"{at.words['colon']} {page.why}" if page.why else ""
        click.echo(f"{page.service}  {page.address}  {at.words[f'probe_{page.state}']}{why}")
        if page.draft:
            click.echo(at.words["probe_draft"])
    if done.between:
        click.echo(at.words[f"probe_{done.between}"], err=True)


@click.command()
@click.argument("files", nargs=-1, type=context.FILE)
@on_ledger(recorded_at, as_known)
@click.option("--all", "is_all", is_flag=True, help="Every finding, also about windows long past.")
@as_json
def lint(
    at: Desk,
    files: tuple[Path, ...],
    as_of: str | None,
    as_known: str | None,
    is_all: bool,
    as_json: bool,
) -> None:
    """Look for slips: a wrong weekday or zone, an end before the beginning, a duplicate. Changes nothing."""
    from reporter.outages.lint import lint as lint_all
    from reporter.outages.lint import worth_acting_on
    from reporter.pipeline.upkeep.record_outages import read_files
    from reporter.store.ledger import outages_known_at, raw_texts

    moment = at.instant(as_of)
    if files:
        outages, problems, raw = *read_files(files, at.names, at=moment), {}
    else:
        outages, problems, raw = (
            outages_known_at(at.store, at.mark(as_known)),
            (),
            raw_texts(at.store, at.mark(as_known)),
        )
    found = (*problems, *lint_all(outages, as_of=moment, raw=raw))
    found = found if is_all else worth_acting_on(found, outages, as_of=moment)
    if as_json:
        print_json([problem_record(p, at.language) for p in found])
        return
    severities = words("cli", at.language)
    for problem in found:
        place = f"{problem.source} {problem.cell}".strip()
        click.echo(
            f"{severities[problem.severity]} {problem.code} {place}: {at.on_clock(problem.message(at.language))}"
        )
    click.echo(
        at.words["linted"].format(
            outages=counted(at.words, "outage", len(outages), at.language),
            found=counted(at.words, "finding", len(found), at.language),
        ),
        err=True,
    )


@click.command()
@on_settings(
    context.rosters,
    click.option("--outages", type=context.FILE, multiple=True, help="An outage record; may be repeated."),
    context.as_of,
    context.store,
    context.language,
)
@context.out_folder
def helpdesk(known: Settings, as_of: Timestamp, out: Path | None) -> None:
    """Write a fact sheet of each open outage for the portal's helpdesk, in English and French, with nobody named.

    It has the services, the hours, how many people are hit, and the text of a technical report for the web form.
    """
    from reporter.pipeline.questions.evidence import write_sheets

    written = write_sheets(known, as_of, out or known.runs_folder / f"helpdesk-{as_of:%Y%m%dT%H%M%SZ}")
    for path in written:
        click.echo(path)
    if not written:
        click.echo(words("helpdesk", known.language)["none_open"])


@click.command()
@on_settings(context.language)
@click.option("--dry-run", is_flag=True, help="Print the mail, and send nothing.")
def drill(known: Settings, dry_run: bool) -> None:
    """Send the alert of an invented outage to the office's own address, to see that alerts arrive and are understood.

    It is marked as a drill. The record of outages, the outbox and the people of the rosters stay out of it.
    """
    from reporter.cli.terminal import reason_text
    from reporter.model.mail import SENT
    from reporter.pipeline.run.outage_alert import drill_mail, send_drill

    if dry_run:
        from email import message_from_bytes, policy

        mail = message_from_bytes(drill_mail(known, context.this_instant()).letter.content, policy=policy.default)
        body = mail.get_body(("plain",))
        click.echo(f"{mail['Subject']}\n\n{body.get_content() if body else ''}")
        return
    outcome = send_drill(known, context.this_instant)
    w = words("alert", known.language)
    why = reason_text(outcome.why, known.language) if outcome.why else ""
    click.echo(" ".join(filter(None, (w["drill_sent" if outcome.state == SENT else "drill_not_sent"], why))))
    click.get_current_context().exit(Exit.DONE if outcome.state == SENT else Exit.NOT_DELIVERED)


@click.command("list")
@on_ledger(as_known, as_json)
def list_(at: Desk, as_known: str | None, as_json: bool) -> None:
    """List every outage on record, oldest first."""
    from reporter.store.ledger import outages_known_at

    outages = outages_known_at(at.store, at.mark(as_known))
    if as_json:
        print_json(_listed(outages))
        return
    _print_list(outages, at)


@click.command()
@click.argument("outage_id")
@on_ledger(as_known, as_json)
def show(at: Desk, outage_id: str, as_known: str | None, as_json: bool) -> None:
    """Show one outage: its facts, its source, what was granted, and which rules elsewhere would count it."""
    whole = _whole(at, outage_id, at.mark(as_known))
    if as_json:
        print_json(whole)
        return
    w = at.words
    for key, value in whole.items():
        text = "; ".join(value) if isinstance(value, list) else value
        text = "; ".join(f"{k}{w['colon']} {v}" for k, v in text.items() if v) if isinstance(text, dict) else text
        if text not in ("", None):
            click.echo(f"{w.get(key, key)}{w['colon']} {at.in_words(key, str(text))}")


@click.command()
@click.argument("outage_id")
@on_ledger(as_json)
def history(at: Desk, outage_id: str, as_json: bool) -> None:
    """Show every version of one outage, and what each changed."""
    versions = at.versions(outage_id)
    if as_json:
        print_json(versions.drop(columns=["previous_sha256"]).to_dict("records"))
        return
    _print_history([{str(key): value for key, value in row.items()} for row in versions.to_dict("records")], at)


@click.command()
@on_ledger(recorded_at, as_json)
def sources(at: Desk, as_of: str | None, as_json: bool) -> None:
    """Show when each source was last looked at, what came of it, and how old its last good look is."""
    from reporter.store.ledger_items import source_ages as all_sources

    found = all_sources(at.store, at.instant(as_of))
    texts = {name: stamps(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    rows = found.assign(
        **texts, age_days=found["age_days"].round(2).astype("object").where(found["age_days"].notna(), None)
    )
    if as_json:
        print_json(rows.to_dict("records"))
        return
    for row in rows.to_dict("records"):
        days = row["age_days"]
        age = at.words["never"] if days is None else at.words["days_old"].format(n=decimal(days, at.language))
        checked, status = at.in_words("checked_at", row["checked_at"]), at.words.get(row["status"], row["status"])
        click.echo(f"{row['source']}  {checked}  {status}  {age}")
    if found.empty:
        click.echo(at.words["nobody_looked"])


@click.command()
@click.option("--head", metavar="NUMBER:SEAL", help="A head that was kept elsewhere and must still be there.")
@click.option("--accept", metavar="WHY", help="Rows kept elsewhere are gone for good: say why, and go on from here.")
@on_ledger(recorded_at, as_json)
def verify(at: Desk, head: str | None, accept: str | None, as_of: str | None, as_json: bool) -> None:
    """Check that no row of the ledger and no captured file was changed, taken out or exchanged; exit 9 if one was.

    The ledger must hold the head that each run named, and the one noted beside the store: so an end that is cut off
    shows, and an older copy put back. The head that is printed may be kept elsewhere and given to --head later.
    """
    from reporter.pipeline.assemble.ledger_anchor import accept_lost, ledger_state
    from reporter.store.ledger import ledger_head
    from reporter.store.ledger_rows import Head

    if accept:
        moment = at.instant(as_of)
        n = accept_lost(at.known, at.store, who=getpass.getuser(), why=accept, at=moment)
        click.echo(at.words["accepted"].format(n=n), err=True)
    kept = typed_head(head)
    state, newest = ledger_state(at.known, at.store, expected=kept and Head(*kept)), ledger_head(at.store)
    lost = [*state.changed, *state.missing]
    if as_json:
        told = [{"number": f.number, "outage_id": f.outage_id, "what": f.what} for f in state.faults]
        print_json({"rows": newest.number, "sha256": newest.sha256, "faults": told, "captures_lost": lost})
    else:
        _tell_state(at, state, newest)
    click.get_current_context().exit(Exit.NOT_INTACT if state.faults or lost else Exit.DONE)


def _tell_state(at: Desk, state: LedgerState, newest: Head) -> None:

    for fault in state.faults:
        click.echo(at.words["fault"].format(n=fault.number, what=at.words[f"fault_{fault.what}"]))
    lost = [*state.changed, *state.missing]
    for sha256 in lost:
        click.echo(at.words["capture_lost"].format(sha256=sha256))
    rows = counted(at.words, "row", newest.number, at.language)
    faults = counted(at.words, "fault", len(state.faults) + len(lost), at.language)
    click.echo(at.words["verified"].format(rows=rows, faults=faults, sha256=f"{newest.number}:{newest.sha256}"))


def _listed(outages: DataFrame) -> list[dict[str, Any]]:
    rows = outage_records(outages, ("precision", "versions", "unspecified_components", "source_address"))
    parts = [row["unspecified_components"] for row in rows]
    return [
        row | {"unspecified_components": text.split("\n") if text else []}
        for row, text in zip(rows, parts, strict=True)
    ]


def _print_list(outages: DataFrame, at: Desk) -> None:
    from reporter.text.time_zones import zone

    w, office = at.words, zone(at.known.office.time_zone)
    if outages.empty:
        click.echo(w["no_outages"])
        return
    rows = list(zip(*_columns(outages, at, office), strict=True))
    widths = [min(WIDEST, max(len(row[at_]) for row in [[w[name] for name in LISTED], *rows])) for at_ in range(8)]
    form = "  ".join(f"{{:<{width}}}" for width in [*widths, 0])
    click.echo("\n".join(form.format(*row).rstrip() for row in [[w[name] for name in LISTED], *rows]))
    click.echo(
        w["count"].format(
            outages=counted(w, "outage", len(outages), at.language),
            versions=counted(w, "version", int(outages["versions"].sum()), at.language),
        ),
        err=True,
    )


def _print_history(versions: list[dict[str, Any]], at: Desk) -> None:
    """A line a version, and under it each fact that it changed, old and new."""
    from reporter.store.ledger import TOLD

    w = at.words
    for before, now in zip([versions[0], *versions], versions, strict=False):
        origin = f"  ({now['source_address']})" if now["source_address"] else ""
        recorded = at.in_words("recorded_at", now["recorded_at"])
        click.echo(f"{now['version']:>3}  {recorded}  {w[now['action']]}{origin}")
        for name in (name for name in (*TOLD, "merged_into", "relief") if before[name] != now[name]):
            change = " → ".join(at.in_words(name, str(one[name] or "")) or "–" for one in (before, now))
            click.echo(f"       {w.get(name, name)}{w['colon']} {change}")


def _columns(outages: DataFrame, at: Desk, office: ZoneInfo) -> list[list[str]]:
    """What is listed of each outage, column by column: of thousands, one by one takes seconds."""
    words = [
        outages[name].map({word: at.words[f"{name}_{word}"] for word in outages[name].unique()}).tolist()
        for name in ("kind", "verification", "status")
    ]
    clocks = [_clocks(outages[name], at, office) for name in ("began_at", "ended_at")]
    names = {one: _told_by(one, at) for one in outages["source_address"].unique()}
    origins = outages["source_address"].map(names).tolist()
    ids, services, titles = (outages[name].tolist() for name in ("outage_id", "services", "title"))
    return [ids, services, *clocks, *words, origins, titles]


def _told_by(address: str, at: Desk) -> str:
    """Where a version came from, in short: the host of an address, the name of a file, or somebody here."""
    return urlsplit(address).hostname or address or at.words["by_hand"]


def _clocks(instants: Series, at: Desk, office: ZoneInfo) -> list[str]:
    """Each on the office's clock; one that is missing is an end nobody knows."""

    local = instants.dt.tz_convert(office)
    texts = [at.words["open"]] * len(local)
    for number, one in zip(local.notna().to_numpy().nonzero()[0], local.dropna().dt.to_pydatetime(), strict=True):
        texts[number] = local_clock(one, at.language)
    return texts


def _whole(at: Desk, outage_id: str, mark: Timestamp | None) -> dict[str, Any]:
    from reporter.model.report import relief_of
    from reporter.rules.materiality import load_profiles, materiality
    from reporter.store.ledger import outages_known_at

    outages = outages_known_at(at.store, mark)
    one = outages[outages["outage_id"] == outage_id]
    if one.empty:
        raise refused(OutageFileError, "outage_not_there", where=outage_id)
    profiles = load_profiles(at.known.path(at.known.rules) if at.known.rules else None)
    counts = materiality(one, profiles).iloc[0].to_dict()
    versions = at.versions(outage_id)
    newest = versions[versions["version"] == one["versions"].iloc[0]].iloc[0]
    relief = relief_of(one["relief"].iloc[0])
    return {
        **_listed(one)[0],
        **{name: newest[name] for name in PROVENANCE},
        "relief": None if relief is None else {k: str(v or "") for k, v in asdict(relief).items()},
        "counts": {key: at.words[f"counts_{counts[f'counts_{key}']}"] for key in profiles},
    }


@click.group()
def outages() -> None:
    """Keep the record of outages: it only grows, so it can say what was known on any day."""


ENTERING = (add, amend, withdraw, merge, import_, notice, inbox, fetch, looked, pending, probe)
READING = (list_, show, history, lint, sources, verify, helpdesk, compare, drill)
PUBLIC = (key, publish, give)
for command in (*READING, *ENTERING, *PUBLIC):
    outages.add_command(command)
