"""`outages import`, `notice`, `fetch` and `pending`: what others say, put on record, or open until seen to."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from reporter.cli import context
from reporter.cli.context import (
    Desk,
    as_json,
    desk,
    on_ledger,
    options,
    outage_records,
    print_json,
    print_problems,
    problem_record,
    recorded_at,
    stamps,
)
from reporter.cli.help import misuse
from reporter.cli.outages_edit import KIND, SERVICES, TITLE, VERIFICATION
from reporter.errors import Exit, OutageFileError, ReporterError, refused
from reporter.text.catalogue import count_sentence, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import Timestamp

    from reporter.outages.door import DescribedSource
    from reporter.outages.notice.read import NoticeReading
    from reporter.pipeline.upkeep.record_outages import IntakeResult


COUNTS = ("read", "added", "changed", "unchanged", "refused")
LARGEST_BYTES = 5_000_000
_WEB = ("https://", "http://")
WIDEST = 100


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE|URL...")
@on_ledger(recorded_at)
@click.option("--kind", default="", help="What kind of source it is; told by its content, if left out.")
@click.option("--services", default="", help="The services it is about, where the source itself names none.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=HEADER", help="Under which header a field stands.")
@click.option("--component", "components", multiple=True, metavar="NAME=SERVICES", help="What the source's word means.")
@click.option("--key", default="", help="Of a public record, or a file of one: the key of its publisher, ed25519:….")
@as_json
def import_(
    at: Desk,
    files: tuple[str, ...],
    as_of: str | None,
    kind: str,
    services: str,
    columns: tuple[str, ...],
    components: tuple[str, ...],
    key: str,
    as_json: bool,
) -> None:
    """Put outage files and status pages on record; the same again adds nothing.

    Exit 0 only when every item is accounted for; 4 when one was refused or waits to be confirmed (outages pending).
    """
    from reporter.outages.adapters.record import public_key
    from reporter.outages.door import DescribedSource, require_kind

    require_kind(kind, "--kind")
    if key:
        public_key(key, "--key")
    told = DescribedSource(kind, services, _pairs(components, "--component"), _pairs(columns, "--column"), key=key)
    entered, failures = _enter(files, told, at, at.instant(as_of))
    _tell_import(at, entered, failures, as_json)
    is_whole = all(one.is_accounted_for for one in entered)
    code = failures[0].exit_code if failures else Exit.DONE if is_whole else Exit.INPUT
    click.get_current_context().exit(code)


@click.command()
@click.argument("source", metavar="FILE|-|URL")
@on_ledger(recorded_at)
@click.option("--page", default="", help="The address of the page it stood on; says what `this online service` is.")
@click.option("--captured-at", metavar="WHEN", help="When the page was saved; now, if left out.")
@click.option("--yes", is_flag=True, help="Put the draft on record without asking.")
@as_json
def notice(
    at: Desk, source: str, as_of: str | None, page: str, captured_at: str | None, yes: bool, as_json: bool
) -> None:
    """Read a notice (text, a saved page, markdown) and put what it announces on record, once you agree."""
    from reporter.outages.notice.read import read_notice
    from reporter.pipeline.upkeep.record_outages import meet_known

    moment = at.instant(as_of)
    content, page = _content(source, page, moment)
    seen_at = at.instant(captured_at) if captured_at else moment
    reading = read_notice(_decoded(content), at.names, page=page, captured_at=seen_at)
    meeting = meet_known(at.store, reading.outages, page or source, waiting=False)
    reading = replace(reading, outages=meeting.outages, problems=(*reading.problems, *meeting.problems))
    draft = outage_records(reading.outages)
    ends = _ends(at, reading)
    if not draft and not meeting.met:
        _refuse(at, reading, as_json, ends)
        return
    if not as_json:
        _print_draft(at, draft)
        print_problems(reading.problems, at.language)
    agreed = yes or not draft or (sys.stdin.isatty() and source != "-" and click.confirm(at.words["agree"], err=True))
    counts = _record_notice(at, reading, content, source, page, (moment, seen_at)) if agreed else None
    counts = counts and counts | {name: counts[name] + meeting.met for name in ("read", "unchanged")}
    if as_json:
        _print_notice(at, reading, ends, draft, counts)
    else:
        _offer(at, ends)
        click.echo(_counted(at, counts) if counts else at.words["not_recorded"])


@click.command()
@on_ledger(recorded_at, as_json)
def fetch(at: Desk, as_of: str | None, as_json: bool) -> None:
    """Look at the sources of the settings and at the inbox, and put what is new on record.

    Exit 0 only when every source was read and every item of it is accounted for, else 4 (outages pending).
    """
    from reporter.pipeline.upkeep.intake import look

    entered = look(at.ledger, at.known, at=at.instant(as_of))
    if as_json:
        print_json([_entered_record(at, one) for one in entered])
    for one in entered if not as_json else ():
        told = at.words.get(one.status, one.status)
        click.echo(f"{one.name}  {told}{at.words['colon']} {_outcome(at, one)}")
        _tell_left(at, one)
        print_problems(one.problems, at.language, shown=5)
    if not at.known.is_looking:
        click.echo(at.words["no_sources"], err=True)
    is_whole = all(one.is_accounted_for for one in entered)
    click.get_current_context().exit(Exit.DONE if is_whole else Exit.INPUT)


@click.command()
@on_ledger()
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on; any that is free, if left out.")
@click.option("--no-browser", is_flag=True, help="Only print the address of the page.")
def inbox(at: Desk, port: int | None, no_browser: bool) -> None:
    """Open a page on this machine to paste or drop notices, see how they are read, put them right and confirm them.

    Only a browser on this machine that knows the page's address can use it; the address changes each time.
    """
    from reporter.page.inbox import Inbox
    from reporter.page.server import LocalServer
    from reporter.pipeline.assemble.inputs import source_names
    from reporter.rules.load import load_rulebook

    book = load_rulebook(at.known.rules_path, at.known.register_path)
    sources = source_names(at.known.sources)
    page = Inbox(at.ledger, book.services, sources, context.this_instant, getpass.getuser())
    server = LocalServer(page.routes(), "inbox", language=at.language, port=port or 0)
    context.show_page(server, at.language, shows=not no_browser)


def _tell_left(at: Desk, one: IntakeResult) -> None:
    """What of a source awaits somebody."""

    if one.status == "not_understood":
        click.echo(at.words["all_refused"])
    for key, count in (("to_confirm", one.drafts), ("to_see_to", one.left.get("refused", 0))):
        if count:
            click.echo(count_sentence(at.words, key, count, at.language))


def _enter(
    files: Sequence[str], told: DescribedSource, at: Desk, moment: Timestamp
) -> tuple[list[IntakeResult], list[ReporterError]]:
    """Each file or address in turn; one that cannot be used costs the others nothing."""
    from reporter.outages.records import bytes_of
    from reporter.pipeline.upkeep.record_outages import enter_addresses, enter_bytes

    entered: list[IntakeResult] = []
    failures: list[ReporterError] = []
    for file in files:
        try:
            if file.lower().startswith(_WEB):
                (one,) = enter_addresses(at.ledger, [(file, told)], at=moment)
                if one.why:
                    failures.append(refused(OutageFileError, "outage_not_fetched", where=one.name, what=one.why))
            else:
                path = Path(file)
                one = enter_bytes(at.ledger, path.name, bytes_of(path), at=moment, told=told)
            entered.append(one)
        except OutageFileError as error:
            failures.append(error)
    return entered, failures


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not name.strip() or not mark for name, mark, _ in pairs):
        raise misuse("name_value", option=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _counts(entered: IntakeResult) -> dict[str, int]:
    return {name: getattr(entered.imported, name) for name in COUNTS}


def _outcome(at: Desk, one: IntakeResult) -> str:
    return one.why.in_language(at.language) if one.why else _counted(at, _counts(one))


def _counted(at: Desk, counts: dict[str, int]) -> str:
    read, *fates = (counted(at.words, f"account_{name}", counts[name], at.language) for name in COUNTS)
    return f"{read} = {' + '.join(fates)}"


def _entered_record(at: Desk, entered: IntakeResult) -> dict[str, Any]:
    problems = [problem_record(p, at.language) for p in entered.problems]
    return {
        "source": entered.name,
        "status": entered.status,
        "why": str(entered.why or ""),
        **_counts(entered),
        "drafts": entered.drafts,
        "left": dict(entered.left),
        "problems": problems,
    }


def _tell_import(at: Desk, entered: list[IntakeResult], failures: list[ReporterError], as_json: bool) -> None:
    problems = [problem for one in entered for problem in one.problems]
    counts = {name: sum(_counts(one)[name] for one in entered) for name in COUNTS}
    if as_json:
        print_json(counts | {"problems": [problem_record(p, at.language) for p in problems]})
    else:
        print_problems(problems, at.language)
        click.echo(_counted(at, counts))
        for one in entered:
            _tell_left(at, one)
    for failure in failures:
        click.echo(f"reporter: {failure.in_language(at.language)}", err=True)


def _content(source: str, page: str, moment: Timestamp) -> tuple[bytes, str]:
    """The bytes of the notice, and the page it stood on."""
    if source == "-":
        return sys.stdin.buffer.read(LARGEST_BYTES), page
    if not source.lower().startswith(_WEB):
        try:
            return Path(source).read_bytes()[:LARGEST_BYTES], page
        except OSError as e:
            raise refused(OutageFileError, "outage_file_closed", where=Path(source).name, what=e.strerror) from e
    from reporter.outages.fetch import Address
    from reporter.outages.fetch import fetch as fetch_all

    (fetched,) = fetch_all([Address(source, "notice")], now=moment)
    if not fetched.is_good:
        raise refused(OutageFileError, "outage_not_fetched", where=source, what=fetched.why)
    return fetched.content, page or source


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _refused(reading: NoticeReading) -> list[dict[str, str]]:
    return [{"text": text, "code": code} for text, code in reading.refused]


def _ends(at: Desk, reading: NoticeReading) -> list[dict[str, str]]:
    """The open outages that a notice of what is back may end: each with its id, title and the end to write."""
    if not reading.restored:
        return []
    from reporter.store.ledger import outages_known_at

    ongoing = outages_known_at(at.store)
    ongoing = ongoing[ongoing["ended_at"].isna() & (ongoing["status"] == "ongoing")]
    return [
        {"outage_id": outage_id, "title": str(title or ""), "ended_at": f"{one.at:%Y-%m-%dT%H:%MZ}"}
        for one in reading.restored
        for outage_id, title, services, began in zip(
            ongoing["outage_id"], ongoing["title"], ongoing["services"], ongoing["began_at"], strict=True
        )
        if began < one.at and {*services.split(";")} & {*one.services.split(";")}
    ]


def _offer(at: Desk, ends: list[dict[str, str]]) -> None:
    for one in ends:
        click.echo(at.words["may_end"].format(**one))


def _print_notice(
    at: Desk,
    reading: NoticeReading,
    ends: list[dict[str, str]],
    draft: Sequence[dict[str, Any]] = (),
    counts: dict[str, int] | None = None,
) -> None:
    """What was read, for a program; with the counts of what was put on record, where somebody agreed."""
    print_json(
        {
            "outages": list(draft),
            "recorded": counts is not None,
            "account": counts,
            "refused": _refused(reading),
            "ends": ends,
            "problems": [problem_record(p, at.language) for p in reading.problems],
        }
    )


def _refuse(at: Desk, reading: NoticeReading, as_json: bool, ends: list[dict[str, str]]) -> None:
    """Nothing in it can be put on record: say why, and exit 4."""
    if as_json:
        _print_notice(at, reading, ends)
    else:
        print_problems(reading.problems, at.language)
        _offer(at, ends)
    click.echo("reporter: " + at.words["no_notice"], err=True)
    click.get_current_context().exit(Exit.INPUT)


def _print_draft(at: Desk, draft: list[dict[str, Any]]) -> None:
    for record in draft:
        for name, value in record.items():
            if value:
                click.echo(f"{at.words.get(name, name)}{at.words['colon']} {at.in_words(name, value)}")
        click.echo("")


def _record_notice(
    at: Desk, reading: NoticeReading, content: bytes, source: str, page: str, when: tuple[Timestamp, Timestamp]
) -> dict[str, int]:
    from reporter.pipeline.upkeep.record_outages import unplaced_items
    from reporter.store.ledger import Provenance, import_outages
    from reporter.store.ledger_items import Look

    address = page or ("" if source == "-" else Path(source).name)
    moment, seen_at = when
    origin = Provenance(address=address, captured_at=seen_at, sha256=at.captures.keep(content))
    look = Look(address or "-", moment, sha256=origin.sha256, items=unplaced_items(reading.outages, origin.sha256))
    imported = import_outages(at.store, reading.outages, source=origin, recorded_at=moment, raw=reading.raw, look=look)
    return {name: getattr(imported, name) for name in COUNTS}


@click.group(invoke_without_command=True)
@context.config
@context.store
@context.language
@as_json
@click.pass_context
def pending(context: click.Context, config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """List what the sources offer and is not on record: drafts to confirm, and what could not be understood.

    Until each of these is confirmed or set aside, the record is complete no further than before it was met.
    """
    if context.invoked_subcommand:
        return
    with desk(config, store, lang) as at:
        found = _open(at)
        if as_json:
            print_json(found)
            return
        for one in found:
            click.echo(_line(one, at))
        if not found:
            click.echo(at.words["nothing_pending"])


@pending.command("show")
@click.argument("item")
@on_ledger(as_json)
def show_item(at: Desk, item: str, as_json: bool) -> None:
    """Show one item whole: where it was met, its words, what was read of it and what was not."""
    one = _one(item, at)
    if as_json:
        print_json(one)
        return
    for name, value in one.items():
        if value not in ("", None):
            heading = at.words.get(f"item_{name}", at.words.get(name, name))
            click.echo(f"{heading}{at.words['colon']} {at.in_words(name, str(value))}")


_corrections = options(
    SERVICES,
    click.option("--began", "began_at", metavar="WHEN", help="2026-09-08T00:00; Ottawa's clock without an offset."),
    click.option("--ended", "ended_at", metavar="WHEN", help="Empty text: not known to have ended."),
    KIND,
    VERIFICATION,
    TITLE,
    click.option("--source-url", metavar="URL"),
)
"""The facts of a draft that may be put right, as on the page."""


@pending.command("confirm")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@_corrections
@click.option("--who", metavar="NAME", help="Who confirms it; whoever is logged in, if left out.")
@on_ledger(recorded_at)
def confirm(at: Desk, items: tuple[str, ...], who: str | None, as_of: str | None, **facts: str | None) -> None:
    """Put drafts on record as they were read, or one of them with what you put right.

    What the source said stays beside a correction, so that the same notice changes nothing when it comes again.
    """
    said = {name: text for name, text in facts.items() if text is not None}
    if said and len(items) > 1:
        raise misuse("correct_one")
    from reporter.pipeline.upkeep.intake import confirm_facts
    from reporter.pipeline.upkeep.record_outages import confirm_item

    for item in items:
        moment = at.instant(as_of)
        if said:
            done, problems = confirm_facts(at.ledger, item, said, at=moment, who=who or getpass.getuser())
            print_problems(problems, at.language)
        else:
            done = confirm_item(at.store, item, moment)
        click.echo(at.words["added_one"].format(id=done))


@pending.command("settle")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--why", required=True, metavar="TEXT", help="Why: it is no outage, or stands on record under which id.")
@click.option("--who", metavar="NAME", help="Who says so; whoever is logged in, if left out.")
@on_ledger(recorded_at)
def settle(at: Desk, items: tuple[str, ...], why: str, who: str | None, as_of: str | None) -> None:
    """Set items aside, with who says so and why; both stay in the ledger."""
    from reporter.store.ledger_items import settle_item

    for item in items:
        done = settle_item(at.store, item, who=who or getpass.getuser(), why=why, at=at.instant(as_of))
        click.echo(at.words["settled_one"].format(id=done))


def _open(at: Desk) -> list[dict[str, Any]]:
    """Each open item as a record, in the order in which it was met."""
    from reporter.pipeline.upkeep.record_outages import item_reason
    from reporter.store.ledger_items import open_items

    found = open_items(at.store)
    texts = {name: stamps(found[name]) for name in ("first_at", "began_at", "ended_at")}
    rows = found.assign(**texts).to_dict("records")
    return [
        {**{str(key): value for key, value in row.items() if key != "details"}, "reason": item_reason(row, at.language)}
        for row in rows
    ]


def _one(item: str, at: Desk) -> dict[str, Any]:
    from reporter.store.ledger_items import kept_item

    row, _ = kept_item(at.store, item)
    return next(one for one in _open(at) if one["item_id"] == row["item_id"])


def _line(one: Mapping[str, Any], at: Desk) -> str:
    words = " ".join(str(one["words"]).split())
    shown = words if len(words) <= WIDEST else f"{words[: WIDEST - 1].rstrip()}…"
    place = f"{one['source']}:{one['place']}" if one["place"] else one["source"]
    reason = f"\n    {at.on_clock(one['reason'])}" if one["reason"] else ""
    fate = at.words[f"fate_{one['fate']}"]
    return f"{one['item_id']}  {fate}  {at.in_words('first_at', one['first_at'])}  {place}\n    {shown}{reason}"
