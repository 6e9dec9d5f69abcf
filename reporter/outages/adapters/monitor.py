"""What an uptime monitor keeps: a table of states, a list of flips, a list of downs with how long each lasted. Pure.

Up time is no outage. A row is told by its state (`down`, `up`, `ok: false`, `en panne`), never by its place:

* with a beginning and an end, each row that is down is an outage (Pingdom's states);
* with one instant, a down opens an outage and the next up of the same monitor ends it (UptimeRobot, Healthchecks);
* a list of downs alone ends each after the time it says it lasted, in minutes where no unit stands there.

A state nobody knows (paused, unconfirmed) is neither; it is told. An office's own list may have such a column too
(`Affected: no`, `Up: yes`): what else stands in its rows, a link, a kind, a zone, is read as in that list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pandas as pd
from msgspec import Struct, field
from msgspec.structs import replace

from reporter.model.problem import Problem
from reporter.outages.adapters.grids import Headed, check_columns, field_of, headed, places_of, with_page_words
from reporter.outages.records import (
    BARE_NUMBER,
    INSTANTS,
    HeadingClock,
    by_name,
    is_length_column,
    length_said,
    one_instant,
    unit_said,
)
from reporter.outages.source import Adapter, Item, OutageReading, SourceDocument, since_1970, to_reading
from reporter.text.formats import fold_name
from reporter.text.time_zones import OTTAWA

_ROLES, _STATES = by_name("monitor_fields"), by_name("monitor_states")
_SENSES, _ANSWERS = by_name("state_columns"), by_name("answers")
_CODES = {"1": "down", "2": "up", "98": "unknown", "99": "unknown", "8": "unsure", "9": "down", "0": "unknown"}
"""UptimeRobot's numbers; they count only under `type`, where 1 is not a truth."""
_BEHIND = re.compile(r"[(\[].*")
_LAST = pd.Timestamp.max.tz_localize("UTC")
_OWN = ("kind", "verification", "source_url", "announced_at")
_WORDS = ("verification", "source_url", "announced_at", "title", "note")


class _Seen(Struct, frozen=True):
    """One row of a monitor: whose, its state (empty where the list has none), and its instants as text.

    `said` is what it has under the headings of the office's own list.
    """

    row: int
    monitor: str
    state: str
    began: str
    ended: str
    lasted: pd.Timedelta | None
    said: Mapping[str, str] = field(default_factory=dict)


def recognises(source: SourceDocument) -> bool:
    """A column of states beside an instant, or beginnings with how long each lasted."""
    return _found(source) is not None


def read(source: SourceDocument) -> OutageReading:
    """The down times of a monitor. Raises OutageFileError when there is no table of states in it."""
    table = _found(source)
    if table is None:
        raise source.refuse("stop_outage_no_states")
    seen, odd = _seen(source, table)
    clocks = _clocks(table)
    items = _spans(seen) if "ended_at" in table.places else _flips(seen, _began_clock(clocks))
    odd += [] if "ended_at" in table.places else _up_first(source, seen)
    if (skipped := sum(one.state == "up" for one in seen)) and "ended_at" in table.places:
        odd.append(source.problem("source_up_passed_over", column="status", count=str(skipped)))
    return with_page_words(source, to_reading(source, items, (*table.problems, *odd), clocks=clocks), [table.table])


def _found(source: SourceDocument) -> Headed | None:
    check_columns(source.columns)
    table = headed(source, lambda row: _places(row, source.columns))
    if table is None:
        return None
    if "status" in table.places:
        told = [(one, {_strictly(one, cell) for cell in {*one.column("status")}}) for one in _by_state(table)]
        found = [one for one, words in told if "up" in words]
        return next(iter(found or [one for one, words in told if all(words) and "down" in words]), None)
    is_plain = "lasted" in table.places and "ended_at" not in table.places
    return table if is_plain and not any(field_of(heading) in _OWN for heading in table.headings) else None


def _places(row: Sequence[str], columns: Mapping[str, str]) -> dict[str, int] | None:
    """Where the roles stand under these headings; what the caller says goes first."""

    own = {field_of(heading) for heading in row}

    def role(heading: str) -> str:
        said = _ROLES.get(fold_name(_BEHIND.sub(" ", heading))) or ("status" if _sense(heading) else "")
        said = said or ("lasted" if is_length_column(heading) else "")
        return field_of(heading) if not said or (said in INSTANTS and said in own) else said

    places = places_of(row, columns, role)
    return places if places and "began_at" in places and {"status", "lasted"} & {*places} else None


def _clocks(table: Headed) -> tuple[HeadingClock, ...]:
    """The clocks of its headings; an end that another row's instant tells is on the clock of the beginning."""
    if "ended_at" in table.places:
        return table.clocks
    return tuple(replace(clock, field=name) for clock in table.clocks[:1] for name in ("began_at", "ended_at"))


def _began_clock(clocks: Sequence[HeadingClock]) -> str:
    return next((clock.name for clock in clocks if clock.field == "began_at"), OTTAWA)


def _by_state(table: Headed) -> Iterator[Headed]:
    """The table by each of its columns that may hold the state, the one found first."""
    first = table.places["status"]
    others = (at for at, heading in enumerate(table.headings) if at != first and _holds_state(heading))
    yield from (replace(table, places={**table.places, "status": at}) for at in (first, *others))


def _holds_state(heading: str) -> bool:
    return bool(_sense(heading)) or "status" in (_ROLES.get(fold_name(heading)), field_of(heading))


def _sense(heading: str) -> str:
    """What a yes under this heading says, where yes and no stand there: up or down; else nothing."""
    return _SENSES.get(fold_name(heading), "")


def _strictly(table: Headed, cell: str) -> str:
    """The state that a monitor's word says, or a yes and a no under a heading that asks."""
    heading, said = table.headings[table.places["status"]], fold_name(cell)
    if (sense := _sense(heading)) and said in _ANSWERS:
        return sense if _ANSWERS[said] == "yes" else {"up": "down", "down": "up"}[sense]
    return (_CODES.get(cell, "") if fold_name(heading) == "type" else "") or _STATES.get(said, "")


def _state(table: Headed, cell: str) -> str:
    """The same; in a list of spans, a word of the office's own list (`resolved`, `degraded`) is one of an outage."""
    is_own = "ended_at" in table.places and any(fold_name(cell) in by_name(name) for name in ("status", "kind"))
    return _strictly(table, cell) or ("down" if is_own else "")


def _beside(table: Headed, row: Sequence[str], *, is_list: bool) -> dict[str, str]:
    """What a row says under the headings of the office's own list.

    The numbers of a log are no ids of outages, and the address of what is watched proves nothing by itself.
    """
    said: dict[str, str] = {"clock": table.clock_of(row)}
    for heading, cell in zip(table.headings, row, strict=False):
        name = field_of(heading)
        if cell and name in ("kind", "status"):
            said |= {one: by_name(one)[word] for one in (name, "kind") if (word := fold_name(cell)) in by_name(one)}
        elif cell and (name in _WORDS or (name == "outage_id" and is_list)):
            said.setdefault(name, cell)
    return said if "verification" in said else {name: cell for name, cell in said.items() if name != "source_url"}


def _seen(source: SourceDocument, table: Headed) -> tuple[list[_Seen], list[Problem]]:
    """The rows in the order of their instants."""
    heading = table.headings[table.places["lasted"]] if "lasted" in table.places else ""
    bare = sum(bool(BARE_NUMBER.fullmatch(cell)) for cell in table.column("lasted"))
    states = {_state(table, cell) for cell in table.column("status")}
    is_list = "up" not in states or bool(_sense(table.headings[table.places["status"]]))
    seen = [
        _Seen(
            number,
            table.cell(row, "services"),
            _state(table, table.cell(row, "status")) if "status" in table.places else "down",
            _instant(table, row, "began_at"),
            _instant(table, row, "ended_at"),
            length_said(table.cell(row, "lasted"), heading),
            _beside(table, row, is_list=is_list),
        )
        for number, row in table.rows
    ]
    odd = (
        [source.problem("source_unit_assumed", column="lasted", count=str(bare))]
        if bare and not unit_said(heading)
        else []
    )
    if "ended_at" not in table.places:
        lengths = {one.row: one.lasted for one in seen}
        untold = [(number, cell) for number, row in table.rows if (cell := table.cell(row, "lasted"))]
        odd += [
            source.problem("source_length_unreadable", number, "lasted", cell)
            for number, cell in untold
            if lengths[number] is None
        ]
    odd += [_unsure(source, table, row, number) for number, row in table.rows if _is_unsure(table, row)]
    clock = _began_clock(table.clocks)
    at = {one.row: one_instant(one.began, clock) for one in seen}
    return sorted(seen, key=lambda one: at[one.row] or _LAST), odd


def _instant(table: Headed, row: Sequence[str], name: str) -> str:
    """The instant in a cell; in UTC where the row says its zone, since another row may take it for its end."""
    text, clock = since_1970(table.cell(row, name)), table.clock_of(row)
    at = one_instant(text, clock) if clock and "ended_at" not in table.places else None
    return text if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _is_unsure(table: Headed, row: Sequence[str]) -> bool:
    return "status" in table.places and _state(table, table.cell(row, "status")) in ("", "unknown", "unsure")


def _unsure(source: SourceDocument, table: Headed, row: Sequence[str], number: int) -> Problem:
    """A row that may be down time holds the record back; a monitor that was paused says nothing."""
    cell = table.cell(row, "status")
    code = "source_state_unknown" if _state(table, cell) == "unknown" else "source_state_unsure"
    record = " · ".join(
        filter(None, (table.cell(row, name) for name in ("services", "began_at", "ended_at", "status")))
    )
    telling = f"{table.cell(row, 'services')} {table.cell(row, 'began_at')}"
    return source.problem(code, number, "status", cell, record=record, record_id=telling)


def _spans(seen: Sequence[_Seen]) -> list[Item]:
    return [_item(one, one.ended) for one in seen if one.state == "down"]


def _up_first(source: SourceDocument, seen: Sequence[_Seen]) -> list[Problem]:
    """An up that nothing precedes ends an outage that nobody here saw begin.

    Not so where a monitor tells its state again and again: there, up is only that.
    """
    by_monitor: dict[str, list[_Seen]] = {}
    for one in seen:
        by_monitor.setdefault(one.monitor, []).append(one)
    first = [
        rows[0]
        for rows in by_monitor.values()
        if rows[0].state == "up" and all(a.state != b.state for a, b in pairwise(rows))
    ]
    return [
        source.problem(
            "source_up_first",
            one.row,
            "status",
            one.monitor or source.name,
            at=one.began,
            monitor=one.monitor,
            record=f"{one.monitor or source.name} · {one.began}",
            record_id=f"{one.monitor} {one.began}",
        )
        for one in sorted(first, key=lambda one: one.row)
    ]


def _flips(seen: Sequence[_Seen], clock: str) -> list[Item]:
    """Each down with the up that ends it."""
    has_ups = any(one.state == "up" for one in seen)
    opened: dict[str, _Seen] = {}
    items: list[Item] = []
    for one in seen:
        if one.state == "down" and not has_ups:
            items.append(_item(one, _after(one, clock)))
        elif one.state == "down":
            opened.setdefault(one.monitor, one)
        elif one.state == "up" and one.monitor in opened:
            items.append(_item(opened.pop(one.monitor), one.began))
    return [*items, *(_item(one, "") for one in opened.values())]


def _after(one: _Seen, clock: str) -> str:
    at = one_instant(one.began, clock)
    if at is None or one.lasted is None or one.lasted <= pd.Timedelta(0):
        return ""
    return f"{at + one.lasted:%Y-%m-%dT%H:%M:%SZ}"


def _item(one: _Seen, ended: str) -> Item:
    usual = {
        "kind": "unplanned",
        "verification": "unverified",
        "status": "resolved" if ended else "ongoing",
        "title": one.monitor,
    }
    parts = dict.fromkeys((part.strip(),) for part in one.monitor.split(";") if part.strip())
    return Item(one.row, {**usual, **one.said, "began_at": one.began, "ended_at": ended}, tuple(parts))


ADAPTERS = (Adapter("monitor", recognises, read, takes_columns=True),)
