"""`outages list`, `show`, `history`, `sources` and `verify`: reading the ledger."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from reporter.cli.context import Desk, as_json, as_known, on_ledger, outage_records, print_json, recorded_at, stamps
from reporter.cli.help import misuse
from reporter.errors import Exit, OutageFileError, refused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pandas import DataFrame, Series, Timestamp

    from reporter.pipeline.assemble.ledger_anchor import LedgerState
    from reporter.store.ledger import Head
LISTED = ("outage_id", "services", "began", "ended", "kind", "verification", "status", "came_from", "title")
WIDEST = 40
PROVENANCE = ("source_kind", "source_address", "source_language", "captured_at", "captured_sha256", "raw_text")


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
        text = "; ".join(f"{k}: {v}" for k, v in text.items() if v) if isinstance(text, dict) else text
        if text not in ("", None):
            click.echo(f"{w.get(key, key)}{w['colon']} {w.get(f'{key}_{text}', text)}")


@click.command()
@click.argument("outage_id")
@on_ledger(as_json)
def history(at: Desk, outage_id: str, as_json: bool) -> None:
    """Show every version of one outage, and what each changed."""
    versions = _versions(at, outage_id)
    if as_json:
        print_json(versions.drop(columns=["previous_sha256"]).to_dict("records"))
        return
    _print_history([{str(key): value for key, value in row.items()} for row in versions.to_dict("records")], at)


@click.command()
@on_ledger(recorded_at, as_json)
def sources(at: Desk, as_of: str | None, as_json: bool) -> None:
    """Show when each source was last looked at, what came of it, and how old its last good look is."""
    from reporter.store.ledger import source_ages as all_sources

    found = all_sources(at.store, at.instant(as_of))
    texts = {name: stamps(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    rows = found.assign(
        **texts, age_days=found["age_days"].round(2).astype("object").where(found["age_days"].notna(), None)
    )
    if as_json:
        print_json(rows.to_dict("records"))
        return
    for row in rows.to_dict("records"):
        age = at.words["never"] if row["age_days"] is None else at.words["days_old"].format(n=row["age_days"])
        click.echo(f"{row['source']}  {row['checked_at']}  {at.words.get(row['status'], row['status'])}  {age}")
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

    if accept:
        moment = at.instant(as_of)
        n = accept_lost(at.known, at.store, who=getpass.getuser(), why=accept, at=moment)
        click.echo(at.words["accepted"].format(n=n), err=True)
    state, newest = ledger_state(at.known, at.store, expected=_head(head)), ledger_head(at.store)
    lost = [*state.changed, *state.missing]
    if as_json:
        told = [{"number": f.number, "outage_id": f.outage_id, "what": f.what} for f in state.faults]
        print_json({"rows": newest.number, "sha256": newest.sha256, "faults": told, "captures_lost": lost})
    else:
        _tell_state(at, state, newest)
    click.get_current_context().exit(Exit.NOT_INTACT if state.faults or lost else Exit.DONE)


def _tell_state(at: Desk, state: LedgerState, newest: Head) -> None:
    from reporter.text.catalogue import counted

    for fault in state.faults:
        click.echo(at.words["fault"].format(n=fault.number, what=at.words[f"fault_{fault.what}"]))
    lost = [*state.changed, *state.missing]
    for sha256 in lost:
        click.echo(at.words["capture_lost"].format(sha256=sha256))
    rows = counted(at.words, "row", newest.number, at.language)
    faults = counted(at.words, "fault", len(state.faults) + len(lost), at.language)
    click.echo(at.words["verified"].format(rows=rows, faults=faults, sha256=f"{newest.number}:{newest.sha256}"))


def _head(text: str | None) -> Head | None:
    from reporter.store.ledger import Head

    number, _, seal = (text or "").partition(":")
    if text is None:
        return None
    if not number.isdigit() or not seal:
        raise misuse("head", option="--head")
    return Head(int(number), seal)


def _listed(outages: DataFrame) -> list[dict[str, Any]]:
    rows = outage_records(outages, ("precision", "versions", "unspecified_components", "source_address"))
    return [row | {"unspecified_components": _lines(row["unspecified_components"])} for row in rows]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _print_list(outages: DataFrame, at: Desk) -> None:
    from reporter.text.catalogue import counted
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
    w = at.words
    for before, now in zip([versions[0], *versions], versions, strict=False):
        click.echo(f"{now['version']:>3}  {now['recorded_at']}  {w[now['action']]}{_origin(now)}")
        for name in (name for name in _compared() if before[name] != now[name]):
            change = f"{before[name] or '–'} → {now[name] or '–'}"
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
    from reporter.text.formats import local_clock

    local = instants.dt.tz_convert(office)
    texts = [at.words["open"]] * len(local)
    for number, one in zip(local.notna().to_numpy().nonzero()[0], local.dropna().dt.to_pydatetime(), strict=True):
        texts[number] = local_clock(one, at.language)
    return texts


def _whole(at: Desk, outage_id: str, mark: Timestamp | None) -> dict[str, Any]:
    from reporter.rules.materiality import load_profiles, materiality
    from reporter.store.ledger import outages_known_at, relief_of

    outages = outages_known_at(at.store, mark)
    one = outages[outages["outage_id"] == outage_id]
    if one.empty:
        raise refused(OutageFileError, "outage_not_there", where=outage_id)
    profiles = load_profiles(at.known.path(at.known.rules) if at.known.rules else None)
    counts = materiality(one, profiles).iloc[0].to_dict()
    versions = _versions(at, outage_id)
    newest = versions[versions["version"] == one["versions"].iloc[0]].iloc[0]
    relief = relief_of(one["relief"].iloc[0])
    return {
        **_listed(one)[0],
        **{name: newest[name] for name in PROVENANCE},
        "relief": None if relief is None else {k: str(v or "") for k, v in vars(relief).items()},
        "counts": {key: at.words[f"counts_{counts[f'counts_{key}']}"] for key in profiles},
    }


def _versions(at: Desk, outage_id: str) -> DataFrame:
    from reporter.store.ledger import history as versions_of

    versions = versions_of(at.store, outage_id)
    if versions.empty:
        raise refused(OutageFileError, "outage_not_there", where=outage_id)
    return versions


def _compared() -> tuple[str, ...]:
    from reporter.store.ledger import TOLD

    return (*TOLD, "merged_into", "relief")


def _origin(row: dict[str, Any]) -> str:
    return f"  ({row['source_address']})" if row["source_address"] else ""
