"""Turns findings into sentences: the reason, the action and the law, in the reader's language and local time.

Each sentence is made once for each distinct set of facts it names, however many people share them. Pure.
"""

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import tomli
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.rulebook import OF_THE_DUTY, OwnDuty, Risk, Rulebook, Words, link_for
from reporter.model.shapes import TOLD
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

PATTERNS = (
    (re.compile(r"\bIRPR\b"), "RIPR"),
    (re.compile(r"\bIRPA\b"), "LIPR"),
    (re.compile(r"\bInterpretation Act\b"), "Loi d’interprétation"),
    (re.compile(r"\bHelp Centre\b"), "Centre d’aide"),
    (re.compile(r"\b(\d{4}) FC (\d+)\b"), r"\1 CF \2"),
)
PARAGRAPH = re.compile(r"(?P<section>\d(?:\(\d+(?:\.\d+)?\))?|, )\((?P<letter>[a-z](?:\.\d+)?)\)")
VERB = re.compile(r"\{services:([^|{}]+)\|[^|{}]+\}")
"""A verb in the number of the services that a sentence names."""
OF_CANADA = re.compile(r"^(?:LIPR|RIPR|Loi) ")


@cache
def cite_text(cite: str, language: str) -> str:
    """The cite in that language; empty where a judgement rests on the duty's own provision.

    Takes: cite - as the rule files have it, its parts separated by semicolons.
    """
    if cite == OF_THE_DUTY:
        return ""
    return cite if language == "en" else "\u00a0; ".join(_in_french(part.strip()) for part in cite.split(";"))


def _in_french(part: str) -> str:
    if part in addresses().prose:
        return addresses().prose[part]
    for pattern, french in PATTERNS:
        part = pattern.sub(french, part)
    if OF_CANADA.match(part):
        return PARAGRAPH.sub(r"\g<section>\g<letter>)", part)
    return re.sub(r"(?<=\w): ", "\u00a0: ", part)


@cache
def link_text(cite: str, language: str) -> str:
    """Where to read the first part of a cite that has an address in that language; empty where none has."""
    return next((address for part in cite.split(";") if (address := _address(part.strip(), language))), "")


def _address(part: str, language: str) -> str:
    known = addresses()
    if page := known.pages.get(part, {}).get(language):
        return page
    for act, forms in known.acts.items():
        if section := re.match(rf"{re.escape(act)} (\d+(?:\.\d+)?)", part):
            return forms[language].format(section=section[1])
    return ""


class Addresses(Struct, frozen=True):
    """Where acts and pages are read, by language; and the French of the parts of cites that are words."""

    prose: Mapping[str, str]
    acts: Mapping[str, Mapping[str, str]]
    pages: Mapping[str, Mapping[str, str]]


@cache
def addresses() -> Addresses:
    """As cites.toml has them."""
    table = tomli.loads(files("reporter").joinpath("rules", "cites.toml").read_text("utf-8"))
    pages = {
        entry["en"]: {key.removeprefix("link_"): link for key, link in entry.items() if key.startswith("link_")}
        for entry in table["part"]
    }
    prose = {entry["en"]: entry["fr"] for entry in table["part"]}
    return Addresses(prose, {act["cite"]: act for act in table["act"]}, pages)


UTC = zone("UTC")
PERSON = ("full_name", "unit", "contact_email")
PARTS_OF_A_NAME = ("given_names", "family_name")
Speaker = Callable[..., str | formats.NounPhrase]


class Texts(Struct, frozen=True):
    """A text for each row, with each distinct text kept once: `texts[code]`."""

    code: NDArray[np.intp]
    texts: list[str]

    @classmethod
    def together(cls, size: int, parts: Iterable[tuple[NDArray[np.intp], "Texts"]]) -> "Texts":
        """What is said of some rows and of others, as one; of the rest, nothing."""
        code, texts = np.zeros(size, dtype=np.intp), [""]
        for rows, said in parts:
            code[rows] = len(texts) + said.code
            texts += said.texts
        return cls(code, texts)

    def then(self, other: "Texts") -> "Texts":
        """Each row's text with the other's behind it."""
        code, pairs = pd.factorize(self.code * len(other.texts) + other.code)
        texts = [
            self.texts[first] + other.texts[second]
            for first, second in (divmod(pair, len(other.texts)) for pair in pairs.tolist())
        ]
        return Texts(code, texts)

    def column(self, index: pd.Index) -> Series:
        """The texts themselves; none where the code is -1."""
        return Series(pd.array(self.texts, dtype="str").take(self.code, allow_fill=True), index=index)


def distinct(facts: DataFrame) -> tuple[NDArray[np.intp], list[dict[Any, Any]]]:
    """For each row which set of values it has, and each set once: what is said of one is made once."""
    number = facts.groupby(list(facts.columns), dropna=False, observed=True, sort=False).ngroup()
    code = np.asarray(number, dtype=np.intp)
    return code, facts.iloc[np.unique(code, return_index=True)[1]].to_dict("records")


def tell(findings: DataFrame, roster: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """The findings as a reader sees them, in the same order.

    Takes:   FINDINGS; ROSTER, for the names and units; the language, `en` or `fr`.
    Returns: TOLD; `change` is left empty (see engine/risk.py).
    """
    clocks = {name: _clocks(findings, f"{name}_at", language) for name in ("closes", "over", "last_safe", "safe_by")}
    clocks = {f"{name}_local": said for name, said in _dates(clocks, findings, rulebook, language).items()}
    facts = findings.assign(**{name: said.column(findings.index).astype("category") for name, said in clocks.items()})
    reason, action = _sentences(facts, rulebook, language)
    said = clocks | {
        "reason": reason,
        "action": action,
        "title": _mapped(findings["deadline"], lambda key: rulebook.deadlines[key].title.of(language)),
        "link": _links(findings, rulebook, language),
        "cite": _cites(findings, rulebook, language),
        "who": _mapped(findings["rule"], lambda key: who_acts(rulebook.risk(key).who, language)),
    }
    told = {name: one.column(findings.index) for name, one in said.items()}
    weighed = [name for name, deadline in rulebook.deadlines.items() if deadline.weighed_first]
    return TOLD.cast(
        findings.assign(**told, **_person(findings, roster), is_weighed_first=findings["deadline"].isin(weighed))
    )


def kinds_told(prefix: str) -> tuple[str, ...]:
    """The kinds that the rulebook's words know how to tell, `basis_letter`, `follows_delay`, without what is before."""
    return tuple(name.removeprefix(prefix) for name in words("rulebook", "en") if name.startswith(prefix))


def who_acts(who: Iterable[str], language: str) -> str:
    """Whose turn it is, in words; empty when nobody has to do anything."""
    return ", ".join(words("wording", language)[f"who_{name}"] for name in who)


def _person(findings: DataFrame, roster: DataFrame) -> dict[str, Series]:
    """Whose each finding is, from the first row of the roster that has its address."""
    people = roster[["source_row", *PERSON, *PARTS_OF_A_NAME]].drop_duplicates("source_row")
    places = pd.Index(people["source_row"]).get_indexer(pd.Index(findings["source_row"]))
    named = people.assign(full_name=names_called(people))
    return {name: Series(named[name].array.take(places, allow_fill=True), index=findings.index) for name in PERSON}


def names_called(people: DataFrame) -> Series:
    """How each person is called: the name as written, else the given and the family name, as many as there are."""
    if people["full_name"].notna().all():
        return people["full_name"]
    given, family = (people[name] for name in PARTS_OF_A_NAME)
    return people["full_name"].fillna(given.str.cat(family, sep=" ")).fillna(family).fillna(given)


def _mapped(labels: Series, say: Callable[[str], str]) -> Texts:
    return Texts(np.asarray(labels.cat.codes, dtype=np.intp), [say(key) for key in labels.cat.categories])


def _cites(findings: DataFrame, rulebook: Rulebook, language: str) -> Texts:
    """What each judgement rests on: its own provision, or that of the duty."""
    said = _mapped(findings["rule"], lambda key: cite_text(rulebook.risk(key).cite, language))
    if "" not in said.texts:
        return said
    of_duty = _mapped(findings["deadline"], lambda key: cite_text(rulebook.deadlines[key].in_force[-1].cite, language))
    is_duty = np.array([text == "" for text in said.texts])[said.code]
    return Texts(np.where(is_duty, len(said.texts) + of_duty.code, said.code), [*said.texts, *of_duty.texts])


def _links(findings: DataFrame, rulebook: Rulebook, language: str) -> Texts:
    """Where to read what is cited: of the judgement's own provision, or of the duty's, in the reader's language."""

    def of_rule(key: str) -> str:
        return link_text(rulebook.risk(key).cite, language)

    def of_duty(key: str) -> str:
        version = rulebook.deadlines[key].in_force[-1]
        return duty_link(version.cite, link_for(version, language), language)

    said, duty = _mapped(findings["rule"], of_rule), _mapped(findings["deadline"], of_duty)
    rests_on_duty = np.array(
        [cite_text(rulebook.risk(key).cite, "en") == "" for key in findings["rule"].cat.categories]
    )
    is_duty = rests_on_duty[findings["rule"].cat.codes] if len(findings) else np.zeros(0, dtype=bool)
    return Texts(np.where(is_duty, len(said.texts) + duty.code, said.code), [*said.texts, *duty.texts])


def duty_link(cite: str, link: str, language: str) -> str:
    """Where to read the provision of a duty: what is cited, else its own page, if a reader of that language can."""
    is_english_page = "/en/" in link or "/eng/" in link or "/english/" in link
    return link_text(cite, language) or ("" if language == "fr" and is_english_page else link)


def _clocks(findings: DataFrame, name: str, language: str) -> Texts:
    """An instant on each person's own clock, made once for each instant and zone."""
    instants, at = pd.factorize(findings[name])
    codes, zones = (
        findings["time_zone"].cat.codes.to_numpy(),
        [zone(key) for key in findings["time_zone"].cat.categories],
    )
    code, pairs = pd.factorize(instants * len(zones) + codes)
    numbers, places = np.divmod(pairs, max(len(zones), 1))
    texts = np.full(len(pairs), "", dtype=object)
    for place, where in enumerate(zones):
        here = np.flatnonzero((places == place) & (numbers >= 0))
        texts[here] = formats.clocks(pd.DatetimeIndex(at[numbers[here]]), where, language)
    return Texts(np.where(instants < 0, -1, code), texts.tolist())


def _dates(clocks: dict[str, Texts], findings: DataFrame, rulebook: Rulebook, language: str) -> dict[str, Texts]:
    """A duty for which nothing is filed ends on a date, not at an hour, and has no hour to file before."""
    labels = findings["deadline"].cat
    is_filed_for = np.array([rulebook.deadlines[key].has_filing for key in labels.categories], dtype=bool)
    is_date = ~is_filed_for[labels.codes.to_numpy()] if len(findings) else np.zeros(0, dtype=bool)
    if not is_date.any():
        return clocks
    ends = {name: _days_for(clocks[name], findings[f"{name}_on"], is_date, language) for name in ("closes", "over")}
    gone = {
        name: Texts(np.where(is_date, -1, clocks[name].code), clocks[name].texts) for name in ("last_safe", "safe_by")
    }
    return {**ends, **gone}


def _days_for(clock: Texts, dates: Series, is_date: NDArray[np.bool_], language: str) -> Texts:
    """The instants, with the civil date in place of those of a duty that ends on a date."""
    codes, on = pd.factorize(dates)
    dated = np.where(codes < 0, -1, len(clock.texts) + codes)
    return Texts(np.where(is_date, dated, clock.code), [*clock.texts, *(formats.day(date, language) for date in on)])


def day_alone(at: pd.Timestamp, from_at: pd.Timestamp, place: str, language: str) -> str:
    """A receipt of which the day alone is recorded, or less: never the hour that stands for it."""
    w = words("wording", language)
    first, last = (formats.day(moment.tz_convert(zone(place)), language) for moment in (from_at, at))
    if first == last:
        return f"{first}, {w['hour_not_recorded']}"
    return f"{first} – {last}, {w['day_not_recorded']}"


def _sentences(facts: DataFrame, rulebook: Rulebook, language: str) -> tuple[Texts, Texts]:
    """The reason and the action of every finding; notes that hold are added to the reason, in their order."""
    size, speak = len(facts), partial(_spoken, facts=facts, rulebook=rulebook, language=language)
    by_rule = facts.groupby("rule", observed=True, sort=False).indices
    risks = [(np.asarray(rows, dtype=np.intp), rulebook.risk(str(rule))) for rule, rows in by_rule.items()]
    reason = Texts.together(size, [(rows, speak(risk.say, rows)) for rows, risk in risks])
    action = Texts.together(size, [(rows, speak(risk.do, rows)) for rows, risk in risks])
    for risk, rows in _notes(facts, rulebook):
        note = speak(_labelled(risk, rulebook), rows)
        beside = Texts(note.code, [f" {text}" for text in note.texts])
        reason = reason.then(Texts.together(size, [(rows, beside)]))
    unsure = Texts(facts["is_unverified"].to_numpy(dtype=np.intp), ["", " " + words("wording", language)["unverified"]])
    return reason.then(unsure), action


def _notes(facts: DataFrame, rulebook: Rulebook) -> Iterator[tuple[Risk, NDArray[np.intp]]]:
    """Each note that holds somewhere, and where, in the order of the rulebook."""
    also = facts["also"].cat
    held = [set(key.split(";")) for key in also.categories]
    for risk in rulebook.risks:
        codes = [code for code, names in enumerate(held) if risk.is_note and risk.id in names]
        if codes and len(rows := np.flatnonzero(np.isin(also.codes, codes))):
            yield risk, rows


def _labelled(risk: Risk, rulebook: Rulebook) -> Words:
    """What a note says; where no official text says it, so labelled."""
    label = Words(en="", fr="") if risk.confidence == "official" else rulebook.limits.secondary
    return Words(en=f"{risk.say.en} {label.en}".rstrip(), fr=f"{risk.say.fr} {label.fr}".rstrip())


def _spoken(sentence: Words, rows: NDArray[np.intp], *, facts: DataFrame, rulebook: Rulebook, language: str) -> Texts:
    """One sentence for each row, made once for each distinct set of what it names."""
    template = formats.held_numbers(sentence.fr) if language == "fr" else sentence.en
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    if not names:
        return Texts(np.zeros(len(rows), dtype=np.intp), [template])
    speakers = _speakers(rulebook, language)
    used = list(dict.fromkeys(column for name in names for column in speakers[name][0]))
    code, named = distinct(facts[used].iloc[rows])
    texts = [
        formats.capitalized(
            template.format(**{name: speakers[name][1](*(fact[c] for c in speakers[name][0])) for name in names})
        ).rstrip()
        for fact in named
    ]
    return Texts(code, texts)


def service_phrase(keys: Sequence[str], rulebook: Rulebook, language: str) -> formats.NounPhrase:
    """Services as they stand in a sentence; of several it is one or another."""
    known = [rulebook.services[key] for key in keys]
    phrases = [(one.phrase or one.title).of(language) for one in known]
    return formats.NounPhrase(phrases, language, is_plural=any(one.is_plural for one in known))


def template_said(template: str) -> str:
    """A sentence with its places, for somebody who reads the rules: each verb in the singular."""
    return VERB.sub(r"\1", template)


def _speakers(rulebook: Rulebook, language: str) -> dict[str, tuple[tuple[str, ...], Speaker]]:
    """For each word that a sentence may name: the columns it is made of, and how it is said."""
    w = words("wording", language)

    def day(on: pd.Timestamp) -> str:
        return w["not_recorded"] if pd.isna(on) else formats.day(on, language)

    def other(on: pd.Timestamp) -> str:
        return w["another_date"] if pd.isna(on) else formats.day(on, language)

    def utc(at: pd.Timestamp) -> str:
        return w["hour_not_recorded"] if pd.isna(at) else formats.clock(at, UTC, language)

    def filed(at: pd.Timestamp, from_at: pd.Timestamp, place: str) -> str:
        return utc(at) if pd.isna(from_at) else day_alone(at, from_at, place, language)

    def days(number: float) -> str:
        return counted(w, "day", int(number), language) if number else w["less_than_a_day"]

    def services(key: str) -> formats.NounPhrase:
        none = formats.NounPhrase([w["no_service"]], language)
        route = rulebook.deadlines[key].route
        return service_phrase(route, rulebook, language) if route else none

    def relief(key: str) -> str:
        duty = rulebook.deadlines[key]
        return duty.relief.of(language) if isinstance(duty, OwnDuty) and duty.relief else ""

    def state(name: str) -> str:
        return w.get(f"state_{name}", w["state_missing"])

    def title(key: str) -> str:
        return rulebook.deadlines[key].title.of(language)

    def confirmed(hours: float, sure: float) -> str:
        if sure >= hours or not hours:
            return formats.span(hours)
        form = w["partly_confirmed"] if sure else w["not_confirmed"]
        return form.format(hours=formats.span(hours), sure=formats.span(sure))

    def known(speak: Speaker) -> Speaker:
        """Where a duty has no such number or hour, that is said: a sentence of an office's own may name it for any."""
        return lambda *values: w["not_recorded"] if pd.isna(values[0]) else speak(*values)

    span = known(formats.span)
    lost = ("lost_24h", "lost_72h", "lost_hours")
    return {
        "closes_on": (("closes_on",), day),
        "other_on": (("other_on",), other),
        "counted_on": (("counted_on",), day),
        "stay_ends_on": (("stay_ends_on",), day),
        "closes_local": (("closes_local",), known(str)),
        "last_safe_local": (("last_safe_local",), known(str)),
        "closes_utc": (("closes_at",), utc),
        "filed_utc": (("filed_at", "filed_from_at", "time_zone"), filed),
        "seen_utc": (("seen_filed_at", "seen_filed_from_at", "time_zone"), filed),
        "kind": (("application_kind",), lambda name: w.get(f"application_{name}", w["not_recorded"])),
        "left": (("left_days",), known(days)),
        "left_clock": (("left_hours",), span),
        "past": (("past_days",), known(days)),
        "usable": (("usable_hours",), span),
        "usable_worst": (("usable_hours_worst",), span),
        "services": (("deadline",), services),
        "relief": (("deadline",), relief),
        "title": (("deadline",), title),
        "day_of": (("opened_days",), known(lambda number: str(int(number)))),
        "window": (("window_days",), known(lambda number: str(int(number)))),
        "lead_lost": (("lost_share",), known(partial(formats.percent, language=language))),
        "safe_by_local": (("safe_by_local",), known(str)),
        "expiry_state": (("permit_expires_state",), state),
        "planned_72h": (("planned_72h",), span),
        "planned_hours": (("planned_hours",), span),
        "over_on": (("over_on",), day),
        "stay_over_on": (("stay_over_on",), day),
        "over_local": (("over_local",), known(str)),
        "over_utc": (("over_at",), utc),
        **{name: ((name, f"{name}_confirmed"), known(confirmed)) for name in lost},
    }
