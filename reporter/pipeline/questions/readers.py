"""Who gets what: every reader of a report, with role, rhythm, rows and columns, and the last mail and the next.

In: settings and an instant. Out: ReaderStanding, one a reader, in the order in which a run tells them. It reads rosters
and the store; it sends and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from pandas import Timestamp

from reporter.model.mail import MAIL
from reporter.model.report import OFFICE_SLUG
from reporter.model.shapes import TOLD
from reporter.pipeline.assemble.gather import gather_inputs
from reporter.pipeline.assemble.report_identity import ReportKey, report_of
from reporter.pipeline.run.audience import audience_of, with_rhythms
from reporter.pipeline.send.plan import reader_id
from reporter.report.recipients import KEPT, Audience, View, roles
from reporter.rules.load import load_rulebook
from reporter.store.database import is_there, open_store
from reporter.store.outbox import OutboxEntry, entries
from reporter.text.time_zones import zone

if TYPE_CHECKING:
    from pandas import DataFrame

    from reporter.model.report import Recipient
    from reporter.settings import Settings


class StandIn(Struct, frozen=True):
    """Who gets the mails from one day to another, both included."""

    address: str
    begins_on: str
    ends_on: str


class ReaderStanding(Struct, frozen=True):
    """One reader: what of the roster is theirs, what is kept from them, and their mails."""

    slug: str
    title: str
    role: str
    address: str
    languages: tuple[str, ...]
    called: str
    quiet: str
    rhythm: str
    rows: int
    rows_kept_back: int
    levels: tuple[str, ...]  # none named: every level
    hidden: tuple[str, ...]  # columns of findings that are taken out of what the reader gets
    last_mail_at: str
    last_mail_state: str
    next_on: str
    stand_ins: tuple[StandIn, ...] = ()


def reader_standings(settings: Settings, as_of: Timestamp) -> tuple[ReaderStanding, ...]:
    """Every reader of the report as of that instant.

    Raises: ReporterError - no roster can be read.
    """
    gathered = gather_inputs(settings, load_rulebook(settings.rules_path, settings.register_path), as_of, None)
    parts, mails = (
        with_rhythms(audience_of(settings, gathered), settings, as_of),
        _mails(settings.store_url, report_of(settings)),
    )
    return tuple(
        replace(
            _standing(one, _rows_of(number, parts, gathered.rows), len(gathered.rows), mails.get(reader_id(one))),
            stand_ins=_stand_ins(settings, one.address, as_of),
        )
        for number, one in enumerate(parts.recipients)
    )


def _stand_ins(settings: Settings, address: str, as_of: Timestamp) -> tuple[StandIn, ...]:
    """Those of that reader whose days are not over yet."""
    today = as_of.tz_convert(zone(settings.office.time_zone)).date()
    mine = (one for one in settings.stand_ins if one.is_for(address) and today <= one.ends_on)
    return tuple(StandIn(one.address, one.begins_on.isoformat(), one.ends_on.isoformat()) for one in mine)


def _standing(one: Recipient, rows: int, whole: int, mail: OutboxEntry | None) -> ReaderStanding:
    role = roles().get(one.role)
    told = [column.name for column in TOLD.columns if column.name not in KEPT]
    return ReaderStanding(
        slug=one.slug,
        title=one.title,
        role=one.role or ("office" if one.slug == OFFICE_SLUG else "unit"),
        address=one.address,
        languages=tuple(filter(None, (one.language, one.also))),
        called=one.called,
        quiet=one.quiet,
        rhythm=one.rhythm,
        rows=rows,
        rows_kept_back=whole - rows,
        levels=tuple(role.levels) if role else (),
        hidden=tuple(name for name in told if name not in role.sees) if role and role.sees else (),
        last_mail_at=mail.changed_at if mail else "",
        last_mail_state=mail.state if mail else "",
        next_on=f"{one.next_on:%Y-%m-%d}" if one.next_on is not None else "",
    )


def _rows_of(number: int, parts: Audience, rows: DataFrame) -> int:
    """How many rows of the roster the reader is told of: the office of all, a view of those of its units."""
    if parts.recipients[number].slug == OFFICE_SLUG:
        return len(rows)
    if number < parts.owners:
        return int((parts.number == number).sum())
    view: View = parts.views[number - parts.owners]
    return int(rows["unit"].isin(list(view.units)).sum()) if view.units else len(rows)


def _mails(store_url: str, report: ReportKey) -> dict[str, OutboxEntry]:
    """The report's latest mail of each reader; none of a store that was never made, which looking does not make."""
    if not is_there(store_url):
        return {}
    store = open_store(store_url)
    try:
        mails = entries(store, organisation=report.organisation, series=report.series)
        return {entry.recipient: entry for entry in mails if entry.channel == MAIL}
    finally:
        store.close()
