"""The rulebook in plain sentences, for the Rules sheet and for whoever signs it; and as one JSON document. Pure.

Facts and the tests of facts are put into plain words here: what a judgement asks, and what was found of one duty.

The document has a schema, for others to use and to check: both languages, cites and hashes. Its `format` grows by one
when a key changes its meaning or goes; new keys may come without that.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
import tomli
from msgspec import Struct, field
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.rulebook import (
    APPLICATION_KINDS,
    LANGUAGES,
    Deadline,
    LevelLimits,
    OwnDuty,
    Provision,
    Risk,
    Rulebook,
    Service,
    State,
    StateVersion,
    Test,
    Version,
    Words,
    link_for,
)
from reporter.model.shapes import FINDINGS, RULES
from reporter.rules.law import CitedRule, cited_provisions, load_instruments, marks_of, section_page, signatures_said
from reporter.rules.wording import Texts, cite_text, distinct, kinds_told, template_said, who_acts
from reporter.text import formats
from reporter.text.catalogue import counted, words

SAID = "rulebook"
"""The words of this room."""

FORMAT = 1

NOTHING = Words(en="", fr="")
KINDS = {column.name: column.kind for column in FINDINGS.columns}
A_TRACE = 0.02  # hours; a test for more than nothing asks for less than a minute


def _tell(entry: str, language: str, **facts: str) -> str:
    return words(SAID, language)[entry].format(**facts)


def rules_frame(rulebook: Rulebook, language: str) -> DataFrame:
    """Every rule that holds, as RULES: risks first, then deadlines, states and services; the people's go first."""
    theirs = rulebook.institution
    every = {risk.id: risk for risk in (*rulebook.risks, *(theirs.risks if theirs else ()))}
    kinds = {**rulebook.deadlines, **(theirs.deadlines if theirs else {})}
    risks = [_risk(risk, rulebook, language) for risk in every.values()]
    deadlines = [
        _deadline(key, deadline, version, rulebook, language)
        for key, deadline in kinds.items()
        for version in deadline.in_force
    ]
    states = [
        _state(key, state, version, rulebook, language)
        for key, state in rulebook.states.items()
        for version in state.in_force
    ]
    services = [_service(key, service, rulebook, language) for key, service in rulebook.services.items()]
    rows = [*risks, *deadlines, *states, *services]
    own, signed = _own_said(rulebook, language), signatures_said(rulebook, language)
    keys = [(row["part"], row["id"]) for row in rows]
    told = [
        row | {"own": own.get(key, ""), "says": row["says"] + signed.get(key, "")}
        for row, key in zip(rows, keys, strict=True)
    ]
    return RULES.cast(DataFrame([*told, *_off(rulebook, language)]))


def _own_said(rulebook: Rulebook, language: str) -> dict[tuple[str, str], str]:
    """What an office's own file says of each rule, in a sentence for each thing it adds or changes."""
    said: dict[tuple[str, str], str] = {}
    for change in rulebook.changes:
        text = _tell(
            "own" if change.kind == "own" else "changed",
            language,
            source=change.source,
            what=change.what,
            old=change.old.of(language),
            new=change.new.of(language),
            cite=cite_text(change.cite, language),
        )
        before = said.get((change.part, change.id))
        said[change.part, change.id] = f"{before} {text}" if before else text
    return said


def _off(rulebook: Rulebook, language: str) -> list[dict[str, str]]:
    """The rules that the office switched off, so that they are missed by nobody unawares."""
    return [
        {
            "part": change.part,
            "id": change.id,
            "title": change.title.of(language),
            "says": _tell("off", language, why=change.why.of(language)),
            "cite": cite_text(change.cite, language),
            "own": _tell("off_by", language, source=change.source, cite=cite_text(change.cite, language)),
        }
        for change in rulebook.changes
        if change.why is not None
    ]


def _risk(risk: Risk, rulebook: Rulebook, language: str) -> dict[str, str]:
    when = _tell("when", language, tests=all_said(risk, rulebook, language))
    most = BY_NAME[rulebook.limits.unconfirmed_outage].word(language)
    held = _tell("held", language, level=most) if risk.rests_on_outage else ""
    turn = _tell("who", language, words=who_acts(risk.who, language)) if risk.who else ""
    return {
        "part": "risk",
        "id": risk.id,
        "title": template_said(risk.say.of(language)),
        "says": f"{when}{held}{turn}"
        + _beside(risk.note, risk.confidence, language)
        + _marks(risk, rulebook, language),
        "level": "" if risk.is_note else risk.level,
        "cite": cite_text(risk.cite, language) or words(SAID, language)["of_the_duty"],
        "confidence": risk.confidence,
    }


def _deadline(key: str, deadline: Deadline, version: Version, rulebook: Rulebook, language: str) -> dict[str, str]:
    return {
        "part": "deadline",
        "id": key,
        "title": deadline.title.of(language),
        "says": version_said(deadline, version, rulebook, language),
        **_source(version, language),
    }


def version_said(deadline: Deadline, version: Version, rulebook: Rulebook, language: str) -> str:
    """What a deadline says from one day on: for whom, from what it counts, between what, through what, and why."""

    say = partial(_tell, language=language)
    counted = "version" if deadline.has_filing else "dated"
    kind = "ends" if version.ends else counted if deadline.counts_from else "unknown"
    dates = say(
        kind,
        column=_date_named(deadline.counts_from, language),
        opens=_span(version.opens, language),
        last_day=_span(version.last_day, language),
        clock=_clock(version, language),
        holidays=say(version.on_holiday.replace(" ", "_")),
        over=_tell("over", language, span=_span(version.over, language)) if version.over else "",
        since=formats.day(Timestamp(version.from_), language),
        worded=_worded(version, language),
    )
    own = _own(deadline, language) if isinstance(deadline, OwnDuty) else []
    parts = [deadline.for_whom.of(language), dates, *own, *_ways(deadline, rulebook, language)]
    follows = ", ".join(words(SAID, language)[f"follows_{name}"] for name in deadline.consequence)
    parts += [say("consequence", words=follows), say("basis", basis=words(SAID, language)[f"basis_{version.basis}"])]
    relief = deadline.relief if isinstance(deadline, OwnDuty) else None
    marks = _marks(version, rulebook, language, relief)
    return "".join(parts) + _beside(version.note, version.confidence, language) + marks


def _marks(entry: Version | Risk, rulebook: Rulebook, language: str, *more: Words | None) -> str:
    """What has become of the law that an entry cites, in its note and in what stands beside it too."""
    beside = " ".join(text.en for text in (entry.note, *more) if text)
    return marks_of(entry.cite, rulebook.law, language, beside=beside)


def _worded(version: Version | StateVersion, language: str) -> str:
    """Since when the text reads so, where it was worded otherwise when the rule began."""
    day = version.worded_on
    return _tell("worded", language, day=formats.day(Timestamp(day), language)) if day else ""


def _date_named(column: str, language: str) -> str:
    """A date of the roster as a sentence names it; one of an office's own by its column."""
    return words("fields", language).get(column, column)


def _clock(version: Version, language: str) -> str:
    """When a day ends by the version."""
    key = "to_the_minute" if version.to_the_minute else "midnight_utc" if version.clock == "utc" else "midnight_there"
    return words(SAID, language)[key].format(zone="UTC" if version.clock == "utc" else version.clock)


def _own(duty: OwnDuty, language: str) -> list[str]:
    """From when a duty of the institution counts at the latest, what goes before the count, and what the law offers."""
    parts = []
    if duty.deemed_from:
        span = _span(duty.deemed_after, language)
        parts.append(_tell("deemed", language, span=span, column=_date_named(duty.deemed_from, language)))
    if duty.printed_in:
        parts.append(_tell("printed", language, column=_date_named(duty.printed_in, language)))
    return [*parts, f" {duty.relief.of(language)}"] if duty.relief else parts


def _ways(deadline: Deadline, rulebook: Rulebook, language: str) -> list[str]:
    """The route, what may have to come before it, and the other ways."""

    says = partial(_tell, language=language)
    parts = [says("route" if deadline.route else "no_route", names=_named(deadline.route, rulebook, language))]
    if deadline.upstream:
        parts.append(says("upstream", names=_named(deadline.upstream, rulebook, language)))
    if deadline.instead:
        parts.append(says("instead", names=" / ".join(_named(way, rulebook, language) for way in deadline.instead)))
    return parts


def _state(key: str, state: State, version: StateVersion, rulebook: Rulebook, language: str) -> dict[str, str]:
    since = _tell(
        "state", language, since=formats.day(Timestamp(version.from_), language), worded=_worded(version, language)
    )
    basis = _tell("basis", language, basis=words(SAID, language)[f"basis_{version.basis}"])
    beside = _beside(None, version.confidence, language) + marks_of(version.cite, rulebook.law, language)
    return {
        "part": "state",
        "id": key,
        "title": state.title.of(language),
        "says": version.says.of(language) + since + basis + beside,
        **_source(version, language),
    }


def _source(version: Version | StateVersion, language: str) -> dict[str, str]:
    return {
        "cite": cite_text(version.cite, language),
        "link": link_for(version, language),
        "read_on": version.read_on.isoformat(),
        "basis": version.basis,
        "confidence": version.confidence,
    }


def _beside(note: Words | None, confidence: str, language: str) -> str:
    """The note of a version, and whether it was read in unverified sources only."""
    doubt = words(SAID, language)["unverified"] if confidence == "unverified" else ""
    return (f" {note.of(language)}" if note else "") + doubt


def _span(text: str, language: str) -> str:
    w = words(SAID, language)
    if text == "on the day":
        return w["on_the_day"]
    number, unit, side = text.split()
    return w["years_after" if unit == "years" else f"days_{side}"].format(n=number)


def _service(key: str, service: Service, rulebook: Rulebook, language: str) -> dict[str, str]:
    says = partial(_tell, language=language)
    parts = [service.used_for.of(language), says("blocks", lost=service.blocks.of(language))]
    if service.needs:
        parts.append(says("needs", names=_named(service.needs, rulebook, language)))
    if service.sign_in:
        parts.append(says("any", names=_named(service.sign_in, rulebook, language)))
    if service.role == "information":
        parts.append(says("information"))
    if service.aliases:
        parts.append(says("aliases", names=", ".join(service.aliases)))
    beside = _beside(None, service.confidence, language) + marks_of(service.cite, rulebook.law, language)
    return {
        "part": "service",
        "id": key,
        "title": service.title.of(language),
        "says": "".join(parts) + beside,
        "cite": cite_text(service.cite, language),
        "confidence": service.confidence,
    }


def _named(keys: tuple[str, ...], rulebook: Rulebook, language: str) -> str:
    return ", ".join(rulebook.services[name].title.of(language) for name in keys)


class ProvisionText(Struct, frozen=True):
    """A provision in one language, as it was read: the hash of its words, and its dates; never the words."""

    sha256: str
    in_force_since: str
    last_amended: str
    current_to: str
    read_by: str
    read_on: str
    link: str


class CitedProvision(Struct, frozen=True):
    """A provision that rules rest on; `changed_on` is empty while its words are those that were read."""

    instrument: str
    number: str
    cite: Words
    rules: tuple[str, ...]
    texts: Mapping[str, ProvisionText]  # by language, en and fr
    changed_on: str = ""


class ExportedSignature(Struct, frozen=True):
    """Who has read a rule beside the law."""

    rule: str
    rule_sha256: str
    by: str
    on: str


class ExportedRulebook(Struct, frozen=True):
    """The whole of it; `sha256` is of the files it was read from, and the cites are those of `provisions`."""

    format: int
    reporter: str
    sha256: str
    notice: Words
    instruments: Mapping[str, Words]
    deadlines: Mapping[str, Deadline]
    duties: Mapping[str, OwnDuty]
    risks: tuple[Risk, ...]
    limits: LevelLimits
    states: Mapping[str, State]
    services: Mapping[str, Service]
    provisions: tuple[CitedProvision, ...]
    signatures: tuple[ExportedSignature, ...] = ()


def export_rulebook(rulebook: Rulebook, version: str) -> str:
    """The rulebook as JSON.

    Takes: version - of the program that writes it.
    """
    notice = Words(*(words("law", language)["notice"] for language in LANGUAGES))
    ours = rulebook.institution.deadlines if rulebook.institution else {}
    signed = rulebook.law.signatures.values()
    told = ExportedRulebook(
        format=FORMAT,
        reporter=version,
        sha256=rulebook.sha256,
        notice=notice,
        instruments={code: one.number for code, one in load_instruments().items()},
        deadlines=rulebook.deadlines,
        duties={key: duty for key, duty in ours.items() if isinstance(duty, OwnDuty)},
        risks=rulebook.whole.risks,
        limits=rulebook.limits,
        states=rulebook.states,
        services=rulebook.services,
        provisions=tuple(_cited(one, rules, rulebook) for one, rules in cited_provisions(rulebook).items()),
        signatures=tuple(ExportedSignature(one.rule, one.rule_sha256, one.by, one.on) for one in signed),
    )
    return msgspec.json.format(msgspec.json.encode(told, order="deterministic")).decode()


def export_schema() -> str:
    """The JSON Schema of that document, with the words that its kinds may be; a group is any that judgements name."""
    schema = msgspec.json.schema(ExportedRulebook)
    kinds = {"basis": kinds_told("basis_"), "consequence": kinds_told("follows_"), "answered_by": APPLICATION_KINDS,
             "carried_by": APPLICATION_KINDS, "usual_kind": ("", *APPLICATION_KINDS)}  # fmt: skip
    for shape in schema["$defs"].values():
        for name in kinds.keys() & shape.get("properties", {}).keys():
            told = shape["properties"][name]
            told = told.get("items", told)
            told.pop("type")
            told["enum"] = sorted(kinds[name])
    return msgspec.json.format(msgspec.json.encode(schema)).decode()


def _cited(provision: Provision, rules: Sequence[CitedRule], rulebook: Rulebook) -> CitedProvision:
    law, named = rulebook.law, tuple(dict.fromkeys(f"{rule.part}:{rule.id}" for rule in rules))
    texts = {
        language: ProvisionText(
            one.sha256, one.in_force_since, one.last_amended, one.current_to, one.read_by, one.read_on,
            section_page(provision, language),
        )
        for language, one in law.languages_of(provision).items()
    }  # fmt: skip
    change = law.changed.get(provision)
    cite = Words(en=provision.cite, fr=cite_text(provision.cite, "fr"))
    return CitedProvision(
        provision.instrument,
        provision.number,
        cite,
        named,
        texts,
        change.on if change else "",
    )


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """One fact in words; see the top of facts.toml."""

    is_: Words = field(name="is", default=NOTHING)
    yes: Words = NOTHING
    no: Words = NOTHING
    words: Mapping[str, Words] = field(default_factory=dict)


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact that has words, by its name."""
    text = (files("reporter.rules") / "facts.toml").read_text("utf-8")
    return msgspec.convert(tomli.loads(text), dict[str, Fact])


def test_said(name: str, test: Test, rulebook: Rulebook, language: str) -> str:
    """One test of a fact as part of a sentence: `the time left is at most 7 days`."""
    if isinstance(test.is_, bool):
        return _truth(name, test.is_, language)
    subject = _subject(name, language)
    if test.is_ is not None:
        values = (test.is_,) if isinstance(test.is_, str) else test.is_
        told = _joined([_word(name, value, rulebook, language) for value in values], "or", language)
        return words("wording", language)["word"].format(fact=subject, values=told)
    low, high = (None if edge is None else _number(name, edge, language) for edge in (test.at_least, test.at_most))
    if high is None and test.at_least is not None and 0 < test.at_least <= A_TRACE and KINDS.get(name) == "hours":
        return words("wording", language)["some"].format(fact=subject)
    key = "at_most" if low is None else "at_least" if high is None else "exactly" if low == high else "between"
    return words("wording", language)[key].format(fact=subject, low=low, high=high)


def fact_said(name: str, value: Any, rulebook: Rulebook, language: str) -> str:
    """What was found: `the time left: 12 h 30 min`, or the sentence of a truth."""
    if KINDS.get(name) == "truth":
        return _truth(name, bool(value), language)
    told = _value(name, value, rulebook, language)
    return words("wording", language)["value"].format(fact=_subject(name, language), value=told)


def test_met(name: str, test: Test, value: Any, rulebook: Rulebook, language: str) -> str:
    """A test that holds, with the value that meets it; of several words, the one that was found."""
    if isinstance(test.is_, tuple):
        return test_said(name, Test(is_=str(value)), rulebook, language)
    said = test_said(name, test, rulebook, language)
    if test.is_ is not None:
        return said
    return words("wording", language)["met"].format(test=said, value=_value(name, value, rulebook, language))


def all_said(risk: Risk, rulebook: Rulebook, language: str) -> str:
    """Every test of a judgement, joined as in a sentence."""
    return _joined([test_said(name, test, rulebook, language) for name, test in risk.when.items()], "and", language)


SORTS = ("group", "deadline", "permit_kind", "application_kind", "is_past", "is_cover_open")
"""Tests that tell for what a judgement is, or what another of its tests says already: no part of its short name."""


def rule_in_words(rule: str, rulebook: Rulebook, language: str) -> str:
    """A judgement by what it tests, for a reader who was told no id; empty for one that is no more."""
    risk = next((risk for risk in rulebook.whole.risks if risk.id == rule), None)
    if risk is None:
        return ""
    own = [(name, test) for name, test in risk.when.items() if name not in SORTS] or list(risk.when.items())
    return _joined([test_said(name, test, rulebook.whole, language) for name, test in own], "and", language)


def all_met(risk: Risk, found: Mapping[Any, Any], rulebook: Rulebook, language: str) -> str:
    """Every test of a judgement that holds, with the values of one duty that meet them."""
    parts = [test_met(name, test, found[name], rulebook, language) for name, test in risk.when.items()]
    return _joined(parts, "and", language)


def deciding_tests(findings: DataFrame, rulebook: Rulebook, language: str) -> "Series[str]":
    """For each duty, the tests of the judgement that decides with the values that meet them.

    Each text is made once for each distinct set of values, however many duties share it.

    Takes: FINDINGS.
    """
    parts = []
    for rule, rows in findings.groupby("rule", observed=True, sort=False).indices.items():
        risk = rulebook.risk(str(rule))
        code, found = distinct(findings[list(risk.when)].iloc[rows])
        parts.append(
            (np.asarray(rows, dtype=np.intp), Texts(code, [all_met(risk, one, rulebook, language) for one in found]))
        )
    return Texts.together(len(findings), parts).column(findings.index)


def _truth(name: str, value: bool, language: str) -> str:
    known = facts().get(name)
    said = "" if known is None else (known.yes if value else known.no).of(language)
    return said or f"{name} = {str(value).lower()}"


def _subject(name: str, language: str) -> str:
    known = facts().get(name)
    return (known.is_.of(language) if known else "") or name


def _word(name: str, value: str, rulebook: Rulebook, language: str) -> str:
    if not value:
        return words("wording", language)["empty"]
    if name == "deadline" and value in rulebook.deadlines:
        return rulebook.deadlines[value].title.of(language)
    known = facts().get(name)
    return known.words[value].of(language) if known and value in known.words else value


def _value(name: str, value: Any, rulebook: Rulebook, language: str) -> str:
    if isinstance(value, str):
        return _word(name, value, rulebook, language)
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return words("wording", language)["empty"] if missing else _number(name, float(value), language)


def _number(name: str, value: float, language: str) -> str:
    """A number with its unit; hours that are whole days stay hours, as the rule is written."""
    kind = KINDS.get(name)
    if kind == "hours":
        return ("−" if value < 0 else "") + formats.span(abs(value))
    if kind == "share":
        return formats.percent(value, language)
    if kind in ("days", "count"):
        return ("−" if value < 0 else "") + counted(words("wording", language), "day", int(abs(value)), language)
    return f"{value:g}"


def _joined(parts: Sequence[str], last: str, language: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + words("wording", language)[last] + parts[-1]
