"""What a rulebook is refused for: every check of one entry, and of one entry against the others.

A typo in a rule would be a silent error of law, so nothing is ignored. Each message names the file and the key.
"""

import string
from collections.abc import Iterable, Mapping, Sequence

from reporter.errors import RulebookError
from reporter.model.levels import RANK
from reporter.model.rulebook import SPAN, Deadline, OwnDuty, Risk, Service, StateVersion, Version, Words
from reporter.model.shapes import FINDINGS, OWN, ROSTER
from reporter.text.time_zones import zone

SPANS = "'on the day', 'N days before', 'N days after' or 'N years after'"
DERIVED = ("stay_ends_on",)
"""Dates that the engine derives and a deadline may count from, beside the roster's own."""
JUDGED = frozenset({"level", "rule", "also", "is_unverified"})
"""Columns of FINDINGS that the judgement itself fills, and no test may read."""
SPOKEN = frozenset({
    "closes_on", "closes_local", "closes_utc", "safe_by_local", "last_safe_local", "filed_utc", "counted_on",
    "other_on", "stay_ends_on", "left", "left_clock", "past", "title", "day_of", "window", "lost_hours", "lead_lost",
    "lost_24h", "lost_72h", "planned_72h", "planned_hours", "usable", "usable_worst", "services", "expiry_state",
    "relief",
})  # fmt: skip
"""What a sentence of risks.toml may name: each is turned into words by rules/wording.py."""


def check_keys(table: Mapping[str, object], allowed: set[str], file: str) -> None:
    """Refuse a key that is not one of these."""
    for key in table:
        if key not in allowed:
            raise RulebookError(f"unknown key; allowed are {', '.join(sorted(allowed))}", where=f"{file}: {key}")


def check_service(key: str, service: Service, services: Mapping[str, Service]) -> None:
    """Refuse a service that needs what there is not, or itself."""
    for other in (*service.needs, *service.sign_in):
        if other not in services:
            raise RulebookError(f"needs {other!r}, which is no service", where=f"services.toml: {key}")
    if key in needed(key, services, seen=()):
        raise RulebookError("depends on itself", where=f"services.toml: {key}")


def needed(key: str, services: Mapping[str, Service], seen: tuple[str, ...]) -> set[str]:
    """Every service that one depends on, however far away, credentials included."""
    direct = {name for name in (*services[key].needs, *services[key].sign_in) if name in services and name not in seen}
    return direct.union(*(needed(name, services, (*seen, name)) for name in direct))


def check_own_duty(where: str, duty: OwnDuty, services: Mapping[str, Service]) -> None:
    """Refuse a duty of the institution that names a column its sheet does not have."""
    _check_ways(where, duty, services)
    dates = OWN.of_kind("date")
    for column in filter(None, (duty.counts_from, duty.deemed_from, duty.printed_in)):
        if column not in dates:
            raise RulebookError(f"{column!r} is not a date of the sheet of duties", where=where)
    if duty.filed_by and duty.filed_by not in OWN.of_kind("instant"):
        raise RulebookError(f"filed_by: {duty.filed_by!r} is not an instant of the sheet of duties", where=where)
    if not SPAN.fullmatch(duty.deemed_after):
        raise RulebookError(f"deemed_after: {duty.deemed_after!r} is not {SPANS}", where=where)
    _check_clock(duty.clock, where)
    _check_versions(duty.in_force, where)


def check_deadline(key: str, deadline: Deadline, services: Mapping[str, Service]) -> None:
    """Refuse a kind of duty that names a column, a service or a zone there is not."""
    where = f"deadlines.toml: {key}"
    _check_ways(where, deadline, services)
    dates = {*ROSTER.of_kind("date"), *DERIVED}
    named = (deadline.counts_from, deadline.opens_from, deadline.only_if_before)
    for column in named:
        if column and column not in dates:
            raise RulebookError(f"{column!r} is not a date of the roster", where=where)
    for column in deadline.only_without:
        if column not in {*dates, *ROSTER.of_kind("instant")}:
            raise RulebookError(f"only_without: {column!r} is neither a date nor an instant of the roster", where=where)
    if deadline.filed_by and deadline.filed_by not in ROSTER.of_kind("instant"):
        raise RulebookError(f"filed_by: {deadline.filed_by!r} is not an instant of the roster", where=where)
    for column in deadline.applies:
        if column not in ROSTER.of_kind("text"):
            raise RulebookError(f"applies: {column!r} is not a text column of the roster", where=where)
    if deadline.route and not deadline.has_filing:
        raise RulebookError("has_filing is false, yet a route says where it would be filed", where=where)
    if not deadline.counts_from and deadline.group != "unknown":
        raise RulebookError("missing counts_from", where=where)
    _check_clock(deadline.clock, where)
    _check_versions(deadline.in_force, where)


def _check_ways(where: str, deadline: Deadline, services: Mapping[str, Service]) -> None:
    if not deadline.consequence:
        raise RulebookError("consequence is empty; say 'none' when nothing follows", where=where)
    for service in (*deadline.route, *deadline.upstream, *(name for way in deadline.instead for name in way)):
        if service not in services:
            raise RulebookError(f"the route names {service!r}, which is not in services.toml", where=where)


def _check_clock(clock: str, where: str) -> None:
    try:
        zone("UTC" if clock == "utc" else clock)
    except (KeyError, ValueError) as error:
        raise RulebookError(f"clock: {clock!r} is neither 'utc' nor a time zone", where=where) from error


def _check_versions(versions: tuple[Version, ...], where: str) -> None:
    check_dates(versions, where)
    for number, version in enumerate(versions):
        at = f"{where}.in_force[{number}]"
        for key, text in (("opens", version.opens), ("last_day", version.last_day)):
            if not SPAN.fullmatch(text):
                raise RulebookError(f"{key}: {text!r} is not {SPANS}", where=at)


def check_dates(versions: Sequence[Version | StateVersion], where: str) -> None:
    """What every dated entry has: a version, a cite and a link on each, and an order."""
    if not versions:
        raise RulebookError("in_force has no version", where=where)
    for number, version in enumerate(versions):
        at = f"{where}.in_force[{number}]"
        for key, text in (("cite", version.cite), ("link", version.link)):
            if not text.strip():
                raise RulebookError(f"{key} is empty", where=at)
        if number and version.from_ <= versions[number - 1].from_:
            raise RulebookError("versions stand in order of their first day, no two on one", where=at)


def check_risks(risks: tuple[Risk, ...], names: Mapping[str, set[str]], file: str = "risks.toml") -> None:
    """Refuse judgements that stand twice or out of order, or that test or say what there is not."""
    seen: set[str] = set()
    worst = 0
    for risk in risks:
        where = f"{file}: risk {risk.id}"
        if risk.id in seen:
            raise RulebookError("this id stands twice", where=where)
        if not risk.cite.strip():
            raise RulebookError("missing cite", where=where)
        if RANK[risk.level] < worst:
            raise RulebookError(f"risks stand worst first; {risk.level} comes too late", where=where)
        seen.add(risk.id)
        worst = RANK[risk.level]
        _check_when(risk, names, where)
        for words in (risk.say, risk.do):
            _check_words(words, where)


def _check_when(risk: Risk, names: Mapping[str, set[str]], where: str) -> None:
    kinds = {column.name: column.kind for column in FINDINGS.columns if column.name not in JUDGED}
    if not risk.when:
        raise RulebookError("when has no test", where=where)
    for fact, test in risk.when.items():
        kind = kinds.get(fact)
        if kind is None or kind in ("instant", "date"):
            raise RulebookError(f"when: {fact!r} is not a fact", where=where)
        number: bool = test.at_least is not None or test.at_most is not None
        if number == (test.is_ is not None):
            raise RulebookError(f"when.{fact}: needs at_least or at_most, or else is", where=where)
        words = isinstance(test.is_, str | tuple)
        fits = {"truth": isinstance(test.is_, bool), "text": words, "label": words}.get(kind, number)
        if not fits:
            raise RulebookError(f"when.{fact}: the comparison does not fit a {kind}", where=where)
        values = (test.is_,) if isinstance(test.is_, str) else test.is_ if isinstance(test.is_, tuple) else ()
        _check_values(fact, values, names, where)


def _check_values(fact: str, values: Iterable[str], names: Mapping[str, set[str]], where: str) -> None:
    known = names.get(fact)
    for value in values:
        if known is not None and value not in known:
            raise RulebookError(f"when.{fact}: {value!r} is not in deadlines.toml", where=where)


def _check_words(words: Words, where: str) -> None:
    for language, text in (("en", words.en), ("fr", words.fr)):
        for _, name, spec, conversion in string.Formatter().parse(text):
            if name is not None and (name not in SPOKEN or spec or conversion):
                allowed = ", ".join(sorted(SPOKEN))
                raise RulebookError(f"{language}: {{{name}}} is not one of {allowed}", where=where)
