"""Who gets what: the readers whom the settings and the rosters make, how each wants to be told, and how each stands.

In: settings and what was read. Out: an Audience, whose titles name nobody of another reader; and, for whoever asks who
gets what, ReaderStanding, one a reader in the order in which a run tells them, which sends and writes nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter.delivery.leak_scan import LETTERS_AT_LEAST
from reporter.delivery.mail_texts import fold_all
from reporter.model.mail import MAIL, ReportKey
from reporter.model.report import OFFICE_SLUG, Recipient, reader_key
from reporter.model.shapes import TOLD
from reporter.pipeline.assemble.gather import Intake, gather_inputs
from reporter.pipeline.assemble.timetable import Timetable
from reporter.pipeline.send.plan import reader_id
from reporter.report.recipients import KEPT, Audience, View, roles, share
from reporter.rules.load import load_rulebook
from reporter.settings import OWNERS, Settings, StandInSettings
from reporter.store.database import is_there, open_store
from reporter.store.outbox import OutboxEntry, entries
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

LONGEST_NAME = 5  # words


def with_leavers(parts: Audience, leavers: Sequence[Recipient]) -> Audience:
    """The same, and those who have no row any more after those who have."""
    owners = parts.owners
    return replace(parts, recipients=(*parts.recipients[:owners], *leavers, *parts.recipients[owners:]))


def audience_of(settings: Settings, gathered: Intake) -> Audience:
    """The recipients; one's language is the first that their rows name, else the unit's, else the office's."""
    named = gathered.roster if gathered.contacts is None else gathered.contacts
    contacts = pd.concat([frame[["contact_email", "language"]] for frame in (named, gathered.duties)])
    said = contacts.dropna().drop_duplicates("contact_email")
    units = {name: unit.address for name, unit in settings.units.items()}
    by_address = {u.address.strip().casefold(): u.language for u in settings.units.values() if u.language}
    views = []
    for one in settings.recipients:
        if roles()[one.role].owns:
            units |= dict.fromkeys(one.units, one.address)
            by_address |= {one.address.strip().casefold(): one.language} if one.language else {}
        else:
            views.append(View(one.address, one.role, one.units, one.language or ""))
    languages = by_address | dict(zip(said["contact_email"].str.strip().str.casefold(), said["language"], strict=True))
    office, spoken = settings.office.address, settings.spoken
    formerly = settings.formerly
    parts = share(gathered.rows, languages, units, office=office, language=spoken, views=views, formerly=formerly)
    parts = replace(parts, recipients=tuple(_with_wishes(settings, one) for one in parts.recipients))
    return with_plain_titles(parts, gathered.roster, frozenset(settings.units))


def _with_wishes(settings: Settings, one: Recipient) -> Recipient:
    """The recipient as they want to be told: how people are called, and what comes in a quiet week.

    The office always hears that a week was quiet, and hears every week at least.
    """
    address, mail = one.address.strip().casefold(), settings.mail
    readers = [said for said in settings.recipients if said.role == one.role or (not one.role and said.role in OWNERS)]
    wishes: tuple[Any, ...] = (*readers, *settings.units.values())
    said = [said for said in wishes if said.address.strip().casefold() == address]
    called = next((wish.called for wish in said if wish.called), mail.called)
    quiet = next((wish.quiet for wish in said if wish.quiet), mail.quiet)
    rhythm = next((wish.rhythm for wish in said if wish.rhythm), mail.rhythm)
    if one.slug != OFFICE_SLUG:
        return replace(one, called=called, quiet=quiet, rhythm=rhythm)
    rhythm = rhythm if rhythm == "daily" else "weekly"
    return replace(one, called=called, quiet="line" if quiet == "skip" else quiet, rhythm=rhythm)


def with_rhythms(parts: Audience, settings: Settings, as_of: Timestamp) -> Audience:
    """The same, each reader with the day of the next report by their own rhythm."""
    if not settings.weekly:
        return parts
    due = Timetable.of(settings).due
    days = {one.rhythm: Timestamp(due(as_of, None, one.rhythm).following.on) for one in parts.recipients}
    return replace(parts, recipients=tuple(replace(one, next_on=days[one.rhythm]) for one in parts.recipients))


def with_plain_titles(parts: Audience, roster: DataFrame, public: frozenset[str] = frozenset()) -> Audience:
    """The same, less each title that names somebody of another reader: it heads a mail and names its files.

    Takes: ROSTER; public - the units that the settings name, which are told to all.
    """
    titles = {n: one.title for n, one in enumerate(parts.recipients) if not one.role and one.title not in public}
    runs: dict[bytes, set[int]] = {}
    for n, title in zip(titles, fold_all(list(titles.values())), strict=True):
        for run in _runs(title.split()):
            runs.setdefault(run, set()).add(n)
    owner = roster["source_row"].map(parts.number)
    names = [roster["full_name"], roster["given_names"] + " " + roster["family_name"], roster["person_id"]]
    said = DataFrame({"said": pd.concat(names), "owner": pd.concat([owner] * len(names))}).dropna().drop_duplicates()
    owners: dict[bytes, set[int]] = {}
    for name, n in zip(fold_all(said["said"].tolist()), said["owner"].tolist(), strict=True):
        if (letters := name.replace(b" ", b"")) in runs and _tells_who(name):
            owners.setdefault(letters, set()).add(int(n))
    named = {n for letters, bearers in owners.items() for n in runs[letters] - bearers}
    return replace(
        parts, recipients=tuple(_plain(one) if n in named else one for n, one in enumerate(parts.recipients))
    )


def _tells_who(name: bytes) -> bool:
    """Whether a title with this in it tells of a person: several words of a name, or an id with a digit in it.

    A lone word may be anybody's; a short number, anything.
    """
    letters = name.replace(b" ", b"")
    is_code = any(chr(code).isdecimal() for code in letters)
    return (len(letters) >= LETTERS_AT_LEAST - (is_code and not letters.isdigit())) and (is_code or letters != name)


def _runs(name: Sequence[bytes]) -> Iterator[bytes]:
    """Every few words that follow one another, together; also with the last or the first of them turned round."""
    for start in range(len(name)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(name)) + 1):
            run = name[start:end]
            yield from (b"".join(one) for one in (run, [*run[-1:], *run[:-1]], [*run[1:], *run[:1]]))


def _plain(one: Recipient) -> Recipient:
    mark = words("mail", one.language)["left_out_mark"]
    return replace(one, title=mark, slug=f"contact-{reader_key(one.slug)}")


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
    stand_ins: tuple[StandInSettings, ...] = ()


def reader_standings(settings: Settings, as_of: Timestamp) -> tuple[ReaderStanding, ...]:
    """Every reader of the report as of that instant.

    Raises: ReporterError - no roster can be read.
    """
    gathered = gather_inputs(settings, load_rulebook(settings.rules_path, settings.register_path), as_of, None)
    parts, mails = (
        with_rhythms(audience_of(settings, gathered), settings, as_of),
        _mails(settings.store_url, settings.report),
    )
    today = as_of.tz_convert(zone(settings.office.time_zone)).date()
    return tuple(
        replace(
            _standing(one, _rows_of(number, parts, gathered.rows), len(gathered.rows), mails.get(reader_id(one))),
            stand_ins=tuple(s for s in settings.stand_ins if s.is_for(one.address) and today <= s.ends_on),
        )
        for number, one in enumerate(parts.recipients)
    )


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
    with closing(open_store(store_url)) as store:
        mails = entries(store, report=report)
        return {entry.recipient: entry for entry in mails if entry.channel == MAIL}
