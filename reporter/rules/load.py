"""Reads the rulebook from TOML and refuses it, naming file and key, when anything in it is not so.

A typo in a rule would be a silent error of law, so nothing is ignored: unknown keys, unknown services, facts and words,
versions out of order and risks not worst first all stop the program.

An office's own rules are laid over those that ship with the program: what it adds, changes or switches off. Its file
has the tables `[deadline.NAME]`, `[service.NAME]`, `[state.NAME]`, `[risk.NAME]` and `[limits]`. An entry of a known
name changes only the keys it gives and says in `cite` on what authority; `off` says why one is switched off.

The holidays stand here too: the federal ones that a reader is told of, and those over which the law itself carries a
date.
"""

import datetime as dt
import hashlib
import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
import pandas as pd
import tomli
from dateutil.easter import easter
from pandas import DatetimeIndex

from reporter.errors import RulebookError, SettingsError, recast, refused
from reporter.model.levels import ANSWERS, DISPOSITIONS, RANK, VERIFICATIONS
from reporter.model.rulebook import (
    APPLICATION_KINDS,
    CONFIDENCES,
    LANGUAGES,
    SPAN,
    Change,
    Deadline,
    Law,
    LevelLimits,
    OwnDuty,
    Risk,
    Rulebook,
    Serves,
    Service,
    State,
    StateVersion,
    Test,
    Version,
    Words,
    hour_of,
    link_for,
    reach,
)
from reporter.model.shapes import FACTS, FINDINGS, OWN, ROSTER, column_words
from reporter.rules.law import TABLE, check_law, load_law
from reporter.rules.wording import VERB, kinds_told
from reporter.settings_text import Key, TypedFile, decode_typed, read_typed, refused_key, settings_table, spelled_way
from reporter.text.catalogue import words
from reporter.text.formats import fold_name, nearest
from reporter.text.time_zones import zone

SOON, LONG_AGO = 30.0, -3650.0
"""Days before the last day by which a kind has to speak, and days after it for which it is tried."""
Known = bool | frozenset[str] | tuple[float, float]
"""What a fact is in a trial: a truth, one of some words, or the least and the most that a number may be."""
NOTHING, OF_APPLICATION = frozenset({""}), frozenset({"next", "later", "used"})
SETTLED: Mapping[str, Known] = {
    **dict.fromkeys(("is_filed", "is_filed_late", "is_filed_in_doubt", "is_kind_inferred"), False),
    **dict.fromkeys(("is_before_the_rule", "is_hour_missing", "is_second_after_refusal"), False),
    **dict.fromkeys(("is_filed_hour_missing", "is_stay_in_doubt"), False),
    **dict.fromkeys(("application_outcome", "application_kind", "filing_answer", "second_filing"), NOTHING),
    **dict.fromkeys(("document_state", "enrolment_status", "school_level", "study_conditions"), NOTHING),
    "date_certainty": frozenset({"clear"}),
    "confidence": frozenset({"official"}),
    "permit_expires_state": frozenset({"date"}),
}
"""Nothing is filed, and nothing of note is recorded of the person."""
DUE: Mapping[str, Known] = {
    "is_past": False, "is_over": False, "past_days": (0.0, 0.0), "left_days": (0.0, SOON),
    "left_hours": (0.0, SOON * 24), "disposition": frozenset({"open"}),
}  # fmt: skip
PAST: Mapping[str, Known] = {
    "is_past": True, "is_over": True, "past_days": (0.0, -LONG_AGO), "left_days": (LONG_AGO, 0.0),
    "left_hours": (LONG_AGO * 24, 0.0), "disposition": frozenset({"missed"}),
}  # fmt: skip
TRIALS: Mapping[str, Mapping[str, Known]] = {"due": DUE, "past": PAST}

FIRST_YEAR, LAST_YEAR = 2000, 2060
FEDERAL_DAYS = files("reporter.rules") / "federal_days.txt"
"""The days as the library `holidays` has them, by docs/make_federal_days.py; a test holds the two together. To load it
takes longer than to read a small roster."""

Tables = dict[str, Any]
PARTS = {"deadline": "deadlines.toml", "service": "services.toml", "state": "states.toml", "risk": "risks.toml"}
BOTH = {"en", "fr"}


def _check_every_kind_speaks(deadlines: Mapping[str, Deadline], risks: Sequence[Risk], file: str) -> None:
    """Refuse a group that no judgement names, and a kind without a level above `none` when it is due, or is past.

    A kind that has nothing to ask for then says so itself (`quiet`); one without a date is tried only for a level.
    Raises: RulebookError, with the file and the kind.
    """
    speaking = [risk for risk in risks if not risk.is_note and risk.level != "none"]
    groups = sorted({group for risk in risks if "group" in risk.when for group in _words_in(risk.when["group"])})
    for key, deadline in deadlines.items():
        _check_listed("group", (deadline.group,), groups, f"{file}: {key}")
        for trial in (name for name in TRIALS if name not in deadline.quiet):
            situation = _situation(key, deadline, trial)
            if not any(_can_hold(risk, situation) for risk in speaking):
                raise refused(RulebookError, f"rule_silent_{trial}", where=f"{file}: {key}", key=key)


def _situation(key: str, deadline: Deadline, trial: str) -> Mapping[str, Known]:
    """All that is known of a duty of this kind: facts of outages are nothing; what is not named may be anything."""
    nothing: dict[str, Known] = {column.name: False for column in FACTS.columns if column.kind == "truth"}
    nothing |= {name: (0.0, 0.0) for kind in ("hours", "share") for name in FACTS.of_kind(kind)}
    free = {"usable_hours", "usable_hours_worst"}
    known = {name: value for name, value in nothing.items() if name not in free}
    known |= {**SETTLED, **(TRIALS[trial] if deadline.counts_from else {})}
    need = OF_APPLICATION if deadline.serves == "application" else frozenset({deadline.serves})
    return known | {"deadline": frozenset({key}), "group": frozenset({deadline.group}), "document_need": need}


def _can_hold(risk: Risk, situation: Mapping[str, Known]) -> bool:
    return all(fact not in situation or _allows(situation[fact], test) for fact, test in risk.when.items())


def _allows(known: Known, test: Test) -> bool:
    """Whether the test holds for a value that the trial leaves possible."""
    if isinstance(known, tuple):
        low, high = known
        return (test.at_least is None or test.at_least <= high) and (test.at_most is None or test.at_most >= low)
    if isinstance(known, bool):
        return known is test.is_
    return not known.isdisjoint(_words_in(test))


def _words_in(test: Test) -> tuple[str, ...]:
    """The words that a test allows; none where it is of a number or a truth."""
    return (test.is_,) if isinstance(test.is_, str) else test.is_ if isinstance(test.is_, tuple) else ()


SPANS = ("'on the day'", "'N days before'", "'N days after'", "'N years after'")
HOW_COMPARED = {"truth": "{ is = true }", "text": '{ is = "WORD" }', "label": '{ is = "WORD" }'}
FARTHEST = 36_525
"""So many days a phrase may move a date: no law asks for more, and a slip of the keyboard does."""
DERIVED = ("stay_ends_on", "stay_over_on", "principal_ends_on")
"""Dates that the engine derives and a deadline may count from, beside the roster's own."""
DERIVED_WORDS: Mapping[str, tuple[str, ...]] = {
    "disposition": DISPOSITIONS,
    "confidence": CONFIDENCES,
    "best_verification": VERIFICATIONS,
    "worst_verification": VERIFICATIONS,
    "filing_answer": (*ANSWERS, "refused"),
    "second_filing": ("in_time", "between", "late", "counted", "instead"),
    "document_need": ("next", "later", "used", *get_args(Serves)),
}
"""What the facts of words may be that no roster gives."""
JUDGED = frozenset({"level", "rule", "also", "is_unverified"})
"""Columns of FINDINGS that the judgement itself fills, and no test may read."""
SPOKEN = frozenset({
    "closes_on", "closes_local", "closes_utc", "safe_by_local", "last_safe_local", "filed_utc", "counted_on",
    "other_on", "stay_ends_on", "left", "left_clock", "past", "title", "day_of", "window", "lost_hours", "lead_lost",
    "lost_24h", "lost_72h", "planned_72h", "planned_hours", "usable", "usable_worst", "services", "expiry_state",
    "relief", "seen_utc", "kind", "over_on", "over_local", "over_utc", "stay_over_on",
})  # fmt: skip
"""What a sentence of risks.toml may name: each is turned into words by rules/wording.py."""


def _refuse(code: str, where: str, given: Iterable[str], allowed: Collection[str], **said: str) -> None:
    """Refuse the first of these names that is not allowed, with what was meant; an empty one names nothing."""
    for name in given:
        if name and name not in allowed:
            raise refused(RulebookError, code, where=where, name=name, cure=_cure(name, allowed), **said)


def _cure(name: str, allowed: Iterable[str]) -> Callable[[str], str]:
    """What was meant by a name, or what may stand there, in the language asked for."""
    near, names = nearest(name, allowed), ", ".join(sorted(allowed))
    return lambda language: words("setup", language)["cure_near" if near else "cure_of"].format(near=near, names=names)


def _refuse_if(where: str, *faults: tuple[str, bool]) -> None:
    """Refuse the first of these that is so, by the code of its sentence."""
    for code, is_so in faults:
        if is_so:
            raise refused(RulebookError, code, where=where)


def _spans_told(language: str) -> str:
    """Every phrase that moves a date, in the language asked for."""
    return f"{', '.join(SPANS[:-1])}{words('setup', language)['or']}{SPANS[-1]}"


def _refuse_span(where: str, **spans: str) -> None:
    """Refuse the first of these that is no span, by the key it stands under."""
    for key, span in spans.items():
        if not SPAN.fullmatch(span):
            raise refused(RulebookError, "rule_span", where=where, key=key, span=span, spans=_spans_told)
        if abs(reach(span)) > FARTHEST:
            raise refused(RulebookError, "rule_far", where=where, key=key, span=span)


def _check_listed(key: str, given: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Refuse a word that is none of these: nobody would ever have it."""
    _refuse("rule_listed", where, given, {name for name in allowed if name}, key=key)


def _check_keys(table: Mapping[str, object], allowed: set[str], file: str) -> None:
    """Refuse a key that is not one of these."""
    for key in table:
        _refuse("rule_key", f"{file}: {key}", (key,), allowed)


def _needed_services(key: str, services: Mapping[str, Service], seen: tuple[str, ...]) -> set[str]:
    """Every service that one depends on, however far away, credentials included."""
    direct = {name for name in (*services[key].needs, *services[key].sign_in) if name in services and name not in seen}
    return direct.union(*(_needed_services(name, services, (*seen, name)) for name in direct))


def _check_deadline(key: str, deadline: Deadline, services: Mapping[str, Service]) -> None:
    """Refuse a kind of duty that names a column, a service or a zone there is not."""
    where = f"deadlines.toml: {key}"
    _check_ways(where, deadline, services)
    dates = {*ROSTER.of_kind("date"), *DERIVED}
    named = ("counts_from", "over_from", "opens_from", "only_if_before", "event", "beside")
    _refuse("rule_date", where, (getattr(deadline, name) for name in named), dates)
    for name in ("only_without", "only_with"):
        _refuse("rule_column", where, getattr(deadline, name), dates | {*ROSTER.names}, key=name)
    spans = {"begins": deadline.begins, "next_within": deadline.next_within}
    _refuse_span(where, **{name: span for name, span in spans.items() if span})
    _refuse("rule_filed", where, (deadline.filed_by,), ROSTER.of_kind("instant"))
    _refuse("rule_text", where, deadline.applies, ROSTER.of_kind("text"))
    for column, allowed in deadline.applies.items():
        _check_listed(f"applies.{column}", allowed, column_words(column) or allowed, where)
    for name in ("answered_by", "carried_by"):
        _check_listed(name, getattr(deadline, name), APPLICATION_KINDS, where)
    _check_listed("usual_kind", (deadline.usual_kind,), APPLICATION_KINDS, where)
    _refuse_if(
        where,
        ("rule_stay", deadline.applies_to == "filing" and deadline.ends_stay),
        ("rule_no_filing", bool(deadline.route) and not deadline.has_filing),
        ("rule_no_counts", not deadline.counts_from and deadline.group != "unknown"),
    )
    _check_versions(deadline, ROSTER.names, where)


def _check_ways(where: str, deadline: Deadline, services: Mapping[str, Service]) -> None:
    _refuse_if(where, ("rule_no_consequence", not deadline.consequence))
    _check_listed("consequence", deadline.consequence, kinds_told("follows_"), where)
    ways = (name for way in deadline.instead for name in way)
    _refuse("rule_route", where, (*deadline.route, *deadline.upstream, *ways), services)


def _check_versions(deadline: Deadline, columns: Sequence[str], where: str) -> None:
    check_dates(deadline.in_force, where)
    _refuse_if(where, ("rule_filing", deadline.applies_to == "filing" and not deadline.filed_by))
    for number, version in enumerate(deadline.in_force):
        at = f"{where}.in_force[{number}]"
        try:
            zone("UTC" if version.clock == "utc" else version.clock)
        except (KeyError, ValueError) as error:
            raise refused(RulebookError, "rule_clock", where=at, name=version.clock) from error
        _refuse_span(at, opens=version.opens, last_day=version.last_day, over=version.latest)
        if reach(version.opens) > reach(version.last_day):
            said = {"opens": version.opens, "last_day": version.last_day}
            raise refused(RulebookError, "rule_opens", where=at, **said)
        if reach(version.latest) < reach(version.last_day):
            raise refused(RulebookError, "rule_over", where=at, over=version.over, last_day=version.last_day)
        if version.to_the_minute and hour_of(deadline.counts_from) not in columns:
            raise refused(RulebookError, "rule_minute", where=at, name=deadline.counts_from)


def check_dates(versions: Sequence[Version | StateVersion], where: str) -> None:
    """What every dated entry has: a version, a cite and a link on each, and an order."""
    _refuse_if(where, ("rule_no_version", not versions))
    for number, version in enumerate(versions):
        at = f"{where}.in_force[{number}]"
        links = [link_for(version, name) for name in LANGUAGES]
        for key, text in (("cite", version.cite), *(("link", link) for link in links)):
            if not text.strip():
                raise refused(RulebookError, "rule_empty", where=at, key=key)
        for link in (one for one in links if not one.startswith("https://")):
            raise refused(RulebookError, "rule_link", where=at, link=link)
        _check_listed("basis", (version.basis,), kinds_told("basis_"), at)
        is_early = version.worded_on is not None and version.worded_on <= version.from_
        is_late = number > 0 and version.from_ <= versions[number - 1].from_
        _refuse_if(at, ("rule_worded_early", is_early), ("rule_order", is_late))


def _check_state(key: str, state: State) -> None:
    """Refuse a state without a dated version, or with a latest reading that is no span."""
    where = f"states.toml: {key}"
    check_dates(state.in_force, where)
    _refuse_span(where, over=state.over)
    _check_listed("of_kinds", (kind for kinds in state.of_kinds for kind in kinds), column_words("permit_kind"), where)


def _check_risks(risks: tuple[Risk, ...], names: Mapping[str, set[str]], file: str = "risks.toml") -> None:
    """Refuse judgements that stand twice or out of order, or that test or say what there is not."""
    seen: set[str] = set()
    worst = 0
    for risk in risks:
        where = f"{file}: risk {risk.id}"
        _refuse_if(
            where,
            ("rule_twice", risk.id in seen),
            ("rule_no_cite", not risk.cite.strip()),
            ("rule_note_only", risk.confidence != "official" and not risk.is_note),
        )
        if RANK[risk.level] < worst:
            raise refused(RulebookError, "rule_worst_first", where=where, level=risk.level)
        seen.add(risk.id)
        worst = RANK[risk.level]
        _check_when(risk, names, where, of=file.replace("risks", "deadlines"))
        for sentence in (risk.say, risk.do):
            _check_words(sentence, where)


def _check_when(risk: Risk, names: Mapping[str, set[str]], where: str, *, of: str) -> None:
    kinds = {column.name: column.kind for column in FINDINGS.columns if column.name not in JUDGED}
    kinds = {name: kind for name, kind in kinds.items() if kind not in ("instant", "date")}
    if not risk.when:
        raise refused(RulebookError, "rule_no_test", where=where)
    for fact, test in risk.when.items():
        _refuse("rule_fact", where, (fact,), kinds)
        kind = kinds[fact]
        number: bool = test.at_least is not None or test.at_most is not None
        if number == (test.is_ not in (None, ())):
            raise refused(RulebookError, "rule_bounds", where=where, fact=fact)
        if test.at_least is not None and test.at_most is not None and test.at_least > test.at_most:
            raise refused(RulebookError, "rule_crossed", where=where, fact=fact)
        is_text = isinstance(test.is_, str | tuple)
        fits = {"truth": isinstance(test.is_, bool), "text": is_text, "label": is_text}.get(kind, number)
        if not fits:
            how = HOW_COMPARED.get(kind, "{ at_least = N, at_most = N }")
            raise refused(RulebookError, "rule_fit", where=where, fact=fact, how=how)
        values = _words_in(test)
        _refuse("rule_value", where, values, names.get(fact, values), fact=fact, file=of)
        _check_listed(f"when.{fact}", values, DERIVED_WORDS.get(fact) or column_words(fact) or values, where)


def _check_deciding(risks: Sequence[Risk], own: Collection[str]) -> None:
    """Refuse a judgement of the office that another, which stands before it, leaves nothing to decide."""
    for number, risk in enumerate(risks):
        if risk.id not in own or risk.is_note:
            continue
        # one that rests on an outage may be held down to a level below
        sure = (other for other in risks[:number] if not (other.is_note or other.rests_on_outage))
        for other in (one for one in sure if _is_wider(one.when, risk.when)):
            raise refused(RulebookError, "rule_never", where=f"risks.toml: risk {risk.id}", name=other.id)


def _is_wider(when: Mapping[str, Test], than: Mapping[str, Test]) -> bool:
    """Whether the tests hold wherever the others do."""
    return all(fact in than and _holds_whenever(test, than[fact]) for fact, test in when.items())


def _holds_whenever(test: Test, other: Test) -> bool:
    if isinstance(test.is_, bool) or isinstance(other.is_, bool):
        return test.is_ is other.is_
    if _words_in(test):
        return set(_words_in(test)) >= set(_words_in(other))
    low = test.at_least is None or (other.at_least is not None and other.at_least >= test.at_least)
    return low and (test.at_most is None or (other.at_most is not None and other.at_most <= test.at_most))


def _check_words(sentence: Words, where: str) -> None:
    for language, text in (("en", sentence.en), ("fr", sentence.fr)):
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError as error:
            raise refused(RulebookError, "rule_braces", where=where, language=language, text=text) from error
        for _, name, spec, conversion in parts:
            if name is None:
                continue
            _refuse("rule_word", where, (name or " ",), SPOKEN, language=language)
            is_verb = name == "services" and VERB.fullmatch(f"{{services:{spec}}}")
            if conversion or (spec and not is_verb):
                raise refused(RulebookError, "rule_word_alone", where=where, language=language, name=name)


T = TypeVar("T")
FILES = ("deadlines.toml", "services.toml", "risks.toml", "states.toml", "duties.toml")


def load_rulebook(path: Path | None = None, register: Path | None = None, *, checks_law: bool = True) -> Rulebook:
    """The rulebook that ships with the program, with an office's own rules laid over it where it has some.

    Takes:  path - a TOML file of own rules, a folder of such files, or a folder with a whole rulebook in its place;
            register - where the office writes down what it read of the law and signed, see rules/law.py;
            checks_law - refuse a cite that `law.tsv` does not have: all but those who write that table want it.
    Raises: RulebookError - a file is missing, is not TOML, or says something that is not allowed.
    """
    if path is None and (register is None or not register.is_file()):
        return _as_it_ships(checks_law)
    return _loaded(path, register, checks_law)


@cache
def _as_it_ships(checks_law: bool) -> Rulebook:
    """The rulebook of the package, which stays as it is while the program runs."""
    return _loaded(None, None, checks_law)


def _loaded(path: Path | None, register: Path | None, checks_law: bool) -> Rulebook:
    is_whole = path is not None and path.is_dir() and any((path / name).exists() for name in FILES)
    home: Traversable | Path = path if path is not None and is_whole else files("reporter.rules")
    texts = {name: _text(home, name) for name in FILES}
    tables = {name: _table(name, text) for name, text in texts.items()}
    changes: list[Change] = []
    for own in () if path is None or is_whole else _own_files(path):
        texts[own.name] = _own_text(own)
        tables, more = _laid_over(tables, own.name, _table(own.name, texts[own.name]))
        changes += more
    try:
        book = _rulebook(tables, texts, tuple(changes), law=load_law(home, register))
        if checks_law and (home / TABLE).is_file():
            check_law(book, load_law(home, None))
        return book
    except RulebookError as error:
        raise _blame_file(error, changes) from error


def _names(deadlines: Mapping[str, Deadline], changes: tuple[Change, ...]) -> dict[str, set[str]]:
    """What a test of `deadline` or `group` may name; one that an office switched off may still be named."""
    off = [change for change in changes if (change.part, change.kind) == ("deadline", "off")]
    groups = {deadline.group for deadline in deadlines.values()} | {change.group for change in off}
    return {"deadline": {*deadlines, *(change.id for change in off)}, "group": groups}


def _own_files(path: Path) -> list[Path]:
    """The files of own rules: the one named, or all of the folder in the order of their names."""
    found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not found:
        raise refused(RulebookError, "rule_none", where=str(path))
    return found


def _rulebook(
    tables: Mapping[str, dict[str, Any]], texts: Mapping[str, str], changes: tuple[Change, ...], *, law: Law
) -> Rulebook:
    """The tables as values, checked against one another; `texts` are the files that they come of."""
    _check_keys(tables["risks.toml"], {"limits", "risk"}, "risks.toml")
    read = partial(_entry, texts=texts, changes=changes)
    services = {key: read(Service, one, "services.toml", (key,)) for key, one in tables["services.toml"].items()}
    deadlines = {key: read(Deadline, one, "deadlines.toml", (key,)) for key, one in tables["deadlines.toml"].items()}
    states = {key: read(State, one, "states.toml", (key,)) for key, one in tables["states.toml"].items()}
    limits = read(LevelLimits, tables["risks.toml"].get("limits", {}), "risks.toml", ("limits",))
    rows = tables["risks.toml"].get("risk", [])
    risks = tuple(read(Risk, row, "risks.toml", ("risk", number)) for number, row in enumerate(rows))
    _check_listed("confirmed", limits.confirmed, VERIFICATIONS, "risks.toml: limits")
    _check_services(services, changes)
    for key, deadline in deadlines.items():
        _check_deadline(key, deadline, services)
    for key, state in states.items():
        _check_state(key, state)
    _check_risks(risks, _names(deadlines, changes))
    if changes:
        _check_what_always_holds(deadlines, risks, changes)
    _check_every_kind_speaks(deadlines, risks, "deadlines.toml")
    if changes:
        _check_deciding(risks, {change.id for change in changes if change.part == "risk"})
    known = Rulebook(
        deadlines=deadlines,
        services=services,
        risks=risks,
        limits=limits,
        states=states,
        sha256=hashlib.sha256("\n".join(texts.values()).encode()).hexdigest(),
        changes=changes,
        legal_holidays=legal_holidays(),
        law=law,
    )
    return msgspec.structs.replace(known, institution=_institution(tables["duties.toml"], known, texts))


def _check_services(services: Mapping[str, Service], changes: Sequence[Change]) -> None:
    """Refuse a service that needs one there is not, or itself, or that goes by the name of another."""
    off = [change for change in changes if (change.part, change.kind) == ("service", "off")]
    for change in off:
        users = [key for key, one in services.items() if change.id in (*one.needs, *one.sign_in)]
        if users:
            where = f"{change.source}: service.{change.id}"
            raise refused(RulebookError, "rule_off_needed", where=where, names=", ".join(users))
    own = {change.id for change in changes if change.part == "service"}
    for key in sorted(services, key=lambda one: one not in own):
        service, where = services[key], f"services.toml: {key}"
        _refuse("rule_need", where, (*service.needs, *service.sign_in), services)
        _refuse_if(where, ("rule_circle", key in _needed_services(key, services, seen=())))
    named: dict[str, str] = {}
    for key in sorted(services, key=lambda one: one in own):
        where = f"services.toml: {key}"
        for name in _names_of(key, services[key]):
            if (other := named.setdefault(fold_name(name), key)) != key:
                raise refused(RulebookError, "rule_service_twice", where=where, name=name, other=other)


def _check_what_always_holds(
    deadlines: Mapping[str, Deadline], risks: Sequence[Risk], changes: Sequence[Change]
) -> None:
    """Refuse changes that leave a kind of duty without a judgement that always holds: it would have no level."""
    held, shipped = _always_held(risks), _always_held(_as_it_ships(checks_law=False).risks)
    named = {group for risk in risks if "group" in risk.when for group in _words_in(risk.when["group"])}
    for group in sorted(({deadline.group for deadline in deadlines.values()} & {*shipped, *named}) - set(held)):
        blame = {("risk", shipped.get(group, ""))}
        blame |= {("deadline", key) for key, deadline in deadlines.items() if deadline.group == group}
        blamed = next((change for change in changes if (change.part, change.id) in blame), changes[0])
        where = f"{blamed.source}: {blamed.part}.{blamed.id}"
        raise refused(RulebookError, "rule_nothing_holds", where=where, group=group)


def _always_held(risks: Iterable[Risk]) -> dict[str, str]:
    """Each group of duties with a judgement that holds for all of it, and that one's id."""
    always = [risk for risk in risks if not risk.is_note and set(risk.when) == {"group"}]
    return {group: risk.id for risk in always for group in _words_in(risk.when["group"])}


def _institution(table: Mapping[str, Any], people: Rulebook, texts: Mapping[str, str]) -> Rulebook:
    """The institution's own duties and their judgements; the notes that hold for any date stand with them."""
    file = "duties.toml"
    _check_keys(table, {"duty", "risk"}, file)
    read = partial(_entry, texts=texts, changes=())
    duties = {key: read(OwnDuty, one, file, ("duty", key)) for key, one in table.get("duty", {}).items()}
    for key, duty in duties.items():
        where = f"{file}: {key}"
        _check_ways(where, duty, people.services)
        _refuse("rule_own_date", where, (duty.counts_from, duty.deemed_from, duty.printed_in), OWN.of_kind("date"))
        _refuse("rule_own_filed", where, (duty.filed_by,), OWN.of_kind("instant"))
        _refuse_span(where, deemed_after=duty.deemed_after)
        _check_versions(duty, OWN.names, where)
    rows = table.get("risk", [])
    risks = tuple(read(Risk, row, file, ("risk", number)) for number, row in enumerate(rows))
    _check_risks(risks, _names(duties, ()), file)
    _refuse_twice(f"{file}: ", duties, people.deadlines)
    _refuse_twice(f"{file}: risk ", (risk.id for risk in risks), (risk.id for risk in people.risks))
    _check_every_kind_speaks(duties, risks, file)
    notes = tuple(risk for risk in people.risks if risk.is_note and not {"group", "deadline"} & set(risk.when))
    return msgspec.structs.replace(people, deadlines=duties, risks=(*risks, *notes), changes=())


def _refuse_twice(place: str, ours: Iterable[str], of_people: Iterable[str]) -> None:
    """Raises: RulebookError - a name stands for a rule about people too: a finding could be of either."""
    if twice := sorted(set(ours).intersection(of_people)):
        raise refused(RulebookError, "rule_name_taken", where=place + twice[0])


def own_duty_names(rulebook: Rulebook) -> dict[str, str]:
    """Every name of every kind of the institution's own duties, plain (see text/formats.py), with its key."""
    return _by_name(rulebook.institution.deadlines if rulebook.institution else {})


def service_names(rulebook: Rulebook) -> dict[str, str]:
    """Every name of every service, plain (see text/formats.py), with the service's id."""
    return _by_name(rulebook.services)


def _by_name(entries: Mapping[str, Service | Deadline]) -> dict[str, str]:
    named: dict[str, str] = {}
    for key, entry in entries.items():
        for name in _names_of(key, entry):
            named.setdefault(fold_name(name), key)
    return named


def _names_of(key: str, entry: Service | Deadline) -> tuple[str, ...]:
    """All that an entry may be called."""
    aliases = entry.aliases if isinstance(entry, Service | OwnDuty) else ()
    return (key, entry.title.en, entry.title.fr, *aliases)


def unread_entries(rulebook: Rulebook, today: dt.date) -> list[str]:
    """The deadlines and states whose law nobody has read again for a year."""
    year = dt.timedelta(days=365)
    read = {key: deadline.in_force[-1].read_on for key, deadline in rulebook.deadlines.items()}
    read |= {key: state.in_force[-1].read_on for key, state in rulebook.states.items()}
    return [key for key, read_on in read.items() if today - read_on > year]


def _text(home: Traversable | Path, name: str) -> str:
    try:
        return decode_typed((home / name).read_bytes())[0]
    except (OSError, UnicodeDecodeError) as error:
        raise refused(RulebookError, "rule_unread", where=name, names=", ".join(FILES)) from error


def _own_text(path: Path) -> str:
    """The text of an office's own file. Raises: RulebookError - it is not there, or no text."""
    try:
        return read_typed(path).text
    except SettingsError as error:
        raise recast(RulebookError, error) from error


@lru_cache(maxsize=32)
def _table(name: str, text: str) -> dict[str, Any]:
    try:
        return settings_table(TypedFile(name, text))
    except SettingsError as error:
        raise recast(RulebookError, error) from error


def _entry(
    shape: type[T], value: object, file: str, way: Key, *, texts: Mapping[str, str], changes: Sequence[Change]
) -> T:
    """One entry of a file, refused at its place there, or in the office's own file where the office wrote it.

    Takes: way - to the entry in that file.
    """
    name = str(value.get("id", way[-1])) if isinstance(value, dict) and way[0] == "risk" else str(way[-1])
    part = "limits" if way == ("limits",) else next((one for one, shipped in PARTS.items() if shipped == file), "")
    mine = [change.source for change in changes if (change.part, change.id) == (part, name)]
    here = ("limits",) if part == "limits" else (part, name)
    typed, within = (TypedFile(mine[-1], texts[mine[-1]]), here) if mine else (TypedFile(file, texts[file]), way)
    if not NAME.fullmatch(name):
        raise refused(RulebookError, "rule_name", where=f"{typed.name}: {spelled_way(within)}")
    try:
        entry = msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        told = refused_key(error, typed, value, shape, within=within)  # type: ignore[arg-type]
        raise recast(RulebookError, told) from error
    for blank in _blanks(entry):
        raise refused(RulebookError, "rule_empty", where=f"{typed.name}: {spelled_way(within)}", key=blank)
    return entry


NAME = re.compile(r"[\w\-]+")


def _blanks(entry: Any) -> Iterator[str]:
    """The texts of an entry that are empty in a language, by their keys; what has no text at all is none."""
    for key in entry.__struct_fields__:
        value = getattr(entry, key)
        if isinstance(value, Words) and value != Words(en="", fr=""):
            yield from (f"{key}.{language}" for language in LANGUAGES if not value.of(language).strip())
        elif key == "in_force":
            yield from (f"in_force[{n}].{blank}" for n, version in enumerate(value) for blank in _blanks(version))


@cache
def federal_holidays() -> DatetimeIndex:
    """The federal statutory holidays, observed days included, as civil dates; only told, nothing moves by them."""
    return pd.DatetimeIndex(FEDERAL_DAYS.read_text("utf-8").split()).as_unit("us")


@cache
def legal_holidays() -> tuple[dt.date, ...]:
    """The days, beside Saturdays and Sundays, over which a version `carried over` moves; see holidays.toml."""
    rules = tomli.loads((files("reporter.rules") / "holidays.toml").read_text("utf-8"))["holiday"]
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return tuple(sorted({on for rule in rules for year in years for on in _kept(rule, year)}))


def _kept(rule: Mapping[str, Any], year: int) -> Iterator[dt.date]:
    """The day of one holiday in one year, and the day after where that is kept too."""
    if year < rule.get("since", FIRST_YEAR):
        return
    if "easter" in rule:
        yield easter(year) + dt.timedelta(days=rule["easter"])
        return
    on = dt.date.fromisoformat(f"{year}-{rule['on']}")
    if rule.get("is_monday"):
        on += dt.timedelta(days=-on.weekday() % 7)
    yield on
    if rule.get("monday_after_sunday") and on.isoweekday() == 7:
        yield on + dt.timedelta(days=1)


def _laid_over(tables: Mapping[str, Tables], name: str, own: Tables) -> tuple[dict[str, Tables], list[Change]]:
    """The rules with one office's file laid over them, and what it changed.

    Takes:  tables - the rules by file, as TOML gives them; name - of the office's file, for messages.
    Raises: RulebookError - an unknown table, a change without a cite, or nothing there to switch off.
    """
    layered = dict(tables)
    changes: list[Change] = []
    for part, entries in own.items():
        if not isinstance(entries, dict):
            heading = f"[{part}.NAME]" if part in PARTS else f"[{part}]"
            raise refused(RulebookError, "rule_no_tables", where=f"{name}: {part}", heading=heading)
        if part == "limits":
            layered["risks.toml"], found = _limits(layered["risks.toml"], entries, name)
        elif part in PARTS:
            layered[PARTS[part]], found = _part(part, layered[PARTS[part]], entries, name)
        else:
            allowed = ", ".join(f"[{known}.NAME]" for known in PARTS)
            raise refused(RulebookError, "rule_table", where=f"{name}: {part}", names=allowed)
        changes += found
    return layered, changes


def _blame_file(error: RulebookError, changes: Iterable[Change]) -> RulebookError:
    """The error with the office's own file named, where the entry it is about is one that the office wrote."""
    _, _, place = error.where.partition(": ")
    rest = place.removeprefix("risk ")
    key = re.split("[.:]", rest, maxsplit=1)[0]
    part = next((p for p, file in PARTS.items() if error.where.startswith(file)), "")
    if not part:  # a name that the institution's own rules have too
        part = "risk" if rest != place else "deadline"
    wanted = ("limits", "limits") if (part, place) == ("risk", "limits") else (part, key)
    mine = [change for change in changes if (change.part, change.id) == wanted]
    here = place if wanted[0] == "limits" else f"{part}.{rest}"
    return recast(RulebookError, error, where=f"{mine[0].source}: {here}") if mine else error


def _limits(table: Tables, change: Tables, name: str) -> tuple[Tables, list[Change]]:
    merged, changes = _merged("limits", "limits", table["limits"], change, name)
    return {**table, "limits": merged}, changes


def _part(part: str, table: Tables, entries: Any, name: str) -> tuple[Tables, list[Change]]:
    """One file of the rules with the office's entries of that kind."""
    known: Tables = {row["id"]: row for row in table.get("risk", [])} if part == "risk" else dict(table)
    added: Tables = {}
    changes: list[Change] = []
    for key, change in entries.items():
        if not isinstance(change, dict):
            raise refused(RulebookError, "rule_no_table", where=f"{name}: {part}.{key}", part=part, key=key)
        if "id" in change:
            raise refused(RulebookError, "rule_id", where=f"{name}: {part}.{key}")
        is_slip = key not in known and not {"title", "level"} & set(change)
        if is_slip and (near := nearest(key, known)):
            raise refused(RulebookError, "rule_nothing_near", where=f"{name}: {part}.{key}", near=near)
        if "off" in change:
            changes.append(_off(part, key, known, change, name))
            del known[key]
        elif key in known:
            known[key], found = _merged(part, key, known[key], change, name)
            changes += found
        else:
            added[key] = {**change, "id": key} if part == "risk" else change
            changes.append(Change(part, key, "own", name, title=_title(change)))
    if part != "risk":
        return known | added, changes
    # An office's own judgement goes before those of the same level that ship with the program.
    whole = [*added.values(), *known.values()]
    return {**table, "risk": sorted(whole, key=lambda row: RANK.get(row.get("level"), len(RANK)))}, changes


def _off(part: str, key: str, known: Tables, change: Tables, name: str) -> Change:
    where = f"{name}: {part}.{key}"
    if key not in known:
        raise refused(RulebookError, "rule_nothing_off", where=where)
    why = change["off"]
    if not isinstance(why, dict) or set(why) != BOTH or not all(str(text).strip() for text in why.values()):
        raise refused(RulebookError, "rule_off", where=where)
    if not str(change.get("cite", "")).strip():
        raise refused(RulebookError, "rule_no_authority", where=where)
    if extra := set(change) - {"off", "cite"}:
        raise refused(RulebookError, "rule_off_key", where=where, name=min(extra))
    gone = known[key]
    told = {"cite": change["cite"], "title": _title(gone), "why": Words(**why), "group": str(gone.get("group", ""))}
    return Change(part, key, "off", name, **told)


def _merged(part: str, key: str, entry: Tables, change: Tables, name: str) -> tuple[Tables, list[Change]]:
    """One entry with the keys that the office gives in place of its own, and the cite of the change beside the law."""
    cite = str(change.get("cite", "")).strip()
    if not cite:
        place = key if part == "limits" else f"{part}.{key}"
        raise refused(RulebookError, "rule_no_authority", where=f"{name}: {place}")
    given = {k: v for k, v in change.items() if k != "cite"}
    title = _title(entry)
    merged = entry | {k: _with(k, entry.get(k), v) for k, v in given.items()}
    changes = [
        Change(part, key, "changed", name, what=what, old=_said(old), new=_said(new), cite=cite, title=title)
        for k in given
        for what, old, new in _leaves(k, entry.get(k), merged[k])
        if old != new
    ]
    if _is_dated(merged.get("in_force")):
        own = {_first_day(version) for version in given.get("in_force", ()) if "cite" in version}
        versions = [
            v if _first_day(v) in own else {**v, "cite": f"{v.get('cite', '')}; {cite}"} for v in merged["in_force"]
        ]
        return merged | {"in_force": versions}, changes
    return merged if "in_force" in merged else merged | {"cite": f"{entry['cite']}; {cite}"}, changes


def _is_dated(versions: Any) -> bool:
    """Whether these are versions, as tables."""
    return isinstance(versions, list) and all(isinstance(one, dict) for one in versions)


def _first_day(version: Tables) -> str:
    """The day that names a version, typed with quotes or without."""
    return str(version.get("from"))


def _with(key: str, old: Any, new: Any) -> Any:
    """A key's new value: tests are changed fact by fact, versions by their first day, all else as a whole."""
    if key == "when" and isinstance(old, dict) and isinstance(new, dict):
        return old | new
    if key == "in_force" and _is_dated(new):
        by_day = {_first_day(version): version for version in old}
        for version in new:
            by_day[_first_day(version)] = by_day.get(_first_day(version), {}) | version
        return sorted(by_day.values(), key=_first_day)
    return new


def _leaves(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """What differs, as small as a reader wants it."""
    if key == "when" and isinstance(old, dict) and isinstance(new, dict):
        yield from ((f"when.{fact}", old.get(fact), test) for fact, test in new.items())
    elif key == "in_force" and _is_dated(new):
        before = {_first_day(version): version for version in old}
        for version in new:
            was = before.get(_first_day(version), {})
            yield from ((f"{version.get('from')}: {k}", was.get(k), value) for k, value in version.items())
    else:
        yield key, old, new


def _title(entry: Tables) -> Words:
    words = entry.get("title", entry.get("say"))
    return Words(**words) if isinstance(words, dict) and set(words) == BOTH else Words(en="", fr="")


def _said(value: Any) -> Words:
    """A value of the file as a reader sees it."""
    if isinstance(value, dict) and set(value) == BOTH:
        return Words(en=str(value["en"]), fr=str(value["fr"]))
    text = _plain(value)
    return Words(en=text, fr=text)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
