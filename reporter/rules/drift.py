"""Holds the rules against the acts that somebody has saved: what changed, who read it again, who signed which rule.

A provision is found in the official XML of an act or regulation, and its words are held against those that were read.
The form is that of the consolidated acts and regulations as Justice Canada publishes them, English and French apart.
Nothing of the text is kept: a provision becomes a hash, a length and two dates. Offline: it reads a folder, and adds
lines to the register of the office.
"""

import datetime as dt
import hashlib
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException, ElementTree
from msgspec import Struct

from reporter.errors import RosterError, SettingsError, refused
from reporter.model.rulebook import LANGUAGES, Law, Provision, Reading, Rulebook
from reporter.rules.law import (
    GONE,
    REGISTER,
    CitedRule,
    Instrument,
    cited_provisions,
    load_instruments,
    register_lines,
    rule_hash,
    whole_rules,
    write_law_table,
)
from reporter.rules.wording import cite_text

LIMS = "{http://justice.gc.ca/lims}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
PARTS = frozenset({"Subsection", "Paragraph", "Subparagraph", "Clause", "Subclause"})
NOT_LAW = frozenset({"MarginalNote", "HistoricalNote"})
"""What stands beside the text and is no part of it."""
APART = frozenset({"Text", "Definition"})
"""What ends a sentence without a blank in the XML."""
REPEALED = "[REPEALED]"
PIECES = re.compile(r"\(([^()]+)\)")
BEFORE_A_MARK = re.compile(r" (?=;)")
"""A blank that French typography sets and takes away without a change of the law."""
HEAD = 16_384
"""How much of a file is looked at to see whether it is one of ours."""

Outcome = Literal["same", "moved", "changed", "gone", "one_language", "no_file", "new", "unknown"]
"""Of a cite: its words are those that were read; only the date of amendment moved; the words are others; it is in
neither language any more, or in one alone; the folder has no file of the act; it was never read; it never was."""
ALARMS: frozenset[Outcome] = frozenset({"changed", "gone", "one_language", "unknown"})
"""What somebody has to look at."""


class Act(Struct, frozen=True):
    """One act or regulation in one language, with its sections by their number."""

    number: str
    language: str
    current_to: str
    sections: Mapping[str, Element]


class CiteDrift(Struct, frozen=True):
    """What became of one cite: `found` is how it stands today in each language, `languages` where that differs or,
    of `one_language`, where it is.
    """

    provision: Provision
    outcome: Outcome
    found: tuple[Reading, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def on(self) -> str:
        """The day of the newest amendment of what was found."""
        return max((one.last_amended for one in self.found), default="")


def is_act_of(head: bytes, numbers: Iterable[str]) -> bool:
    """Whether the beginning of a file may be that of one of these, so that thousands of others need not be parsed."""
    return any(f">{number}</".encode() in head[:HEAD] for number in numbers)


def read_act(content: bytes) -> Act | None:
    """The act or regulation in the XML; none where the file is something else, or damaged."""
    try:
        root = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    number = root.findtext(".//Identification/InstrumentNumber") or root.findtext(
        ".//Identification//ConsolidatedNumber"
    )
    body = root.find("Body")
    if not number or body is None:
        return None
    sections: dict[str, Element] = {}
    for section in body.iter("Section"):
        sections.setdefault(_label(section), section)
    current_to = root.get(f"{LIMS}current-date", "")
    return Act(number.strip(), root.get(LANGUAGE, "en"), current_to, sections)


def find_provision(act: Act, provision: str) -> Element | None:
    """The element of `183(4)(c.1)`: its section, then for each bracket the part of that label beneath.

    A direct part goes before one further down: some paragraphs stand under an unlabelled subsection.
    """
    section, _, rest = provision.partition("(")
    element = act.sections.get(section.strip())
    for label in PIECES.findall(f"({rest}" if rest else ""):
        if element is None:
            return None
        element = next(_labelled_parts(element, label), None)
    return element


def _labelled_parts(element: Element, label: str) -> Iterator[Element]:
    yield from (part for part in element if part.tag in PARTS and _label(part) == label)
    yield from (part for part in element.iter() if part is not element and part.tag in PARTS and _label(part) == label)


def _label(element: Element) -> str:
    """`(c.1)`, and the French `c.1)`, without what sets it apart."""
    return re.sub(r"[\s()]", "", element.findtext("Label") or "")


def words_of(element: Element) -> str:
    """The words of the law in an element: labels kept, notes beside the text left out, blanks evened."""
    return _evened("".join(_pieces(element)))


def act_lines(element: Element, depth: int = 0) -> Iterator[tuple[int, str]]:
    """The words of an element as they are set: each labelled part on a line of its own, further in."""
    before = ""
    for part in element:
        if part.tag in PARTS:
            if text := _evened(before):
                yield depth, text
            before = part.tail or ""
            yield from act_lines(part, depth + 1)
        elif part.tag not in NOT_LAW:
            before += "".join(_pieces(part)) + (part.tail or "")
    if text := _evened(before):
        yield depth, text


def _evened(text: str) -> str:
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", text).strip())


def _pieces(element: Element) -> Iterator[str]:
    if element.tag == "Repealed":
        yield REPEALED
    padding = " " if element.tag == "Label" else ""
    yield padding + (element.text or "")
    for part in element:
        if part.tag not in NOT_LAW:
            yield from _pieces(part)
        yield part.tail or ""
    yield padding or (" " if element.tag in APART else "")


def hash_words(text: str) -> str:
    """SHA-256 of the words, whatever blank stands before a semicolon."""
    return hashlib.sha256(BEFORE_A_MARK.sub("", text).encode()).hexdigest()


def read_provision(act: Act, provision: Provision) -> Reading | None:
    """The hash and the dates of a provision as it stands in the act."""
    element = find_provision(act, provision.number)
    if element is None:
        return None
    section = act.sections[provision.section]
    return Reading(
        provision=provision,
        language=act.language,
        sha256=hash_words(words_of(element)),
        in_force_since=element.get(f"{LIMS}inforce-start-date", ""),
        last_amended=section.get(f"{LIMS}lastAmendedDate", ""),
        current_to=act.current_to,
    )


def newest_acts(acts: Iterable[Act], instruments: Mapping[str, Instrument]) -> dict[tuple[str, str], Act]:
    """By instrument and language, the act that is current to the latest day."""
    names = {(one.number.of(language), language): code for code, one in instruments.items() for language in LANGUAGES}
    chosen: dict[tuple[str, str], Act] = {}
    for act in sorted(acts, key=lambda act: act.current_to):
        if code := names.get((act.number, act.language)):
            chosen[code, act.language] = act
    return chosen


def compare_provision(provision: Provision, acts: Mapping[tuple[str, str], Act], law: Law) -> CiteDrift:
    """What became of a cite since it was last read.

    Takes: acts - by instrument and language, see `newest_acts`.
    """
    read = law.languages_of(provision)
    there = [act for language in LANGUAGES if (act := acts.get((provision.instrument, language)))]
    found = {one.language: one for act in there if (one := read_provision(act, provision))}
    readings = tuple(found.values())
    if len(there) < len(LANGUAGES):
        return CiteDrift(provision, "no_file", readings)
    absent = tuple(_absent(provision, act) for act in there if act.language not in found)
    if not found:
        return CiteDrift(provision, "gone" if read else "unknown", absent)
    if absent:
        return CiteDrift(provision, "one_language", (*readings, *absent), tuple(found))
    if not read:
        return CiteDrift(provision, "new", readings)
    other = tuple(one.language for one in readings if one.sha256 != _hash_in(read, one.language))
    if other:
        return CiteDrift(provision, "changed", readings, other)
    moved = any(one.last_amended != read[one.language].last_amended for one in readings)
    return CiteDrift(provision, "moved" if moved else "same", readings)


def _absent(provision: Provision, act: Act) -> Reading:
    """That a provision is not in the act, as of the day to which that is kept; when its section was last amended."""
    section = act.sections.get(provision.section)
    amended = section.get(f"{LIMS}lastAmendedDate", "") if section is not None else act.current_to
    return Reading(provision, act.language, GONE, last_amended=amended, current_to=act.current_to)


def _hash_in(read: Mapping[str, Reading], language: str) -> str:
    return read[language].sha256 if language in read else GONE


log = logging.getLogger(__name__)
Acts = Mapping[tuple[str, str], Act]
ACCEPTABLE = frozenset({"changed", "moved", "new"})
"""What can be read again and kept: what stands in both languages."""


class LawCheck(Struct, frozen=True):
    """What became of every cite, and the acts it was held against."""

    drifts: Sequence[CiteDrift]
    acts: Acts
    rules: Mapping[Provision, Sequence[CitedRule]]

    @property
    def alarms(self) -> list[CiteDrift]:
        """What somebody has to look at."""
        return [drift for drift in self.drifts if drift.outcome in ALARMS]


def read_acts(folder: Path) -> Acts:
    """The acts that the rules name, from all XML files of a folder and of those in it, whatever these are called.

    Raises: RosterError - there is no such folder, or none of them in it.
    """
    if not folder.is_dir():
        raise refused(RosterError, "stop_no_folder", where=str(folder))
    numbers = {one.number.of(language) for one in load_instruments().values() for language in LANGUAGES}
    found: list[Act] = []
    for path in sorted(folder.rglob("*.xml")):
        with path.open("rb") as file:
            head = file.read(HEAD)
            act = read_act(head + file.read()) if is_act_of(head, numbers) else None
        found += [act] if act else []
    acts = newest_acts(found, load_instruments())
    if not acts:
        raise refused(RosterError, "stop_no_acts", where=str(folder))
    log.info("law: %d acts read", len(acts))
    return acts


def check_drift(rulebook: Rulebook, acts: Acts) -> LawCheck:
    """What became of every provision that a rule rests on since it was read."""
    rules = cited_provisions(rulebook)
    return LawCheck([compare_provision(one, acts, rulebook.law) for one in rules], acts, rules)


def cited_as(text: str, provisions: Iterable[Provision]) -> Provision:
    """The provision that somebody typed, as the English or the French rules cite it.

    Raises: SettingsError - no rule rests on it.
    """
    wanted = "".join(text.split()).casefold()
    for one in provisions:
        if wanted in {"".join(cite_text(one.cite, language).split()).casefold() for language in LANGUAGES}:
            return one
    raise refused(SettingsError, "stop_no_such_cite", where=text)


def accepted_readings(check: LawCheck, cites: Iterable[str], by: str, on: dt.date) -> list[Reading]:
    """What was found of these cites, as read again by somebody and kept.

    Raises: SettingsError - no rule rests on one, or it does not stand in both languages.
    """
    drifts = {drift.provision: drift for drift in check.drifts}
    readings: list[Reading] = []
    for cite in cites:
        drift = drifts[cited_as(cite, drifts)]
        if drift.outcome == "same":
            continue
        if drift.outcome not in ACCEPTABLE:
            raise refused(SettingsError, "stop_cannot_accept", where=drift.provision.cite)
        readings += _marked(drift.found, by, on)
    return readings


def seen_readings(check: LawCheck, law: Law, on: dt.date) -> list[Reading]:
    """What was found to be otherwise than it was last seen, so that every report from now on says so."""
    found = (one for drift in check.drifts if drift.outcome not in ("new", "no_file") for one in drift.found)
    return _marked((one for one in found if _is_news(one, law)), "", on)


def _is_news(one: Reading, law: Law) -> bool:
    before = law.seen.get((one.provision, one.language))
    return before is not None and before.sha256 != one.sha256 and before.current_to <= one.current_to


def _marked(readings: Iterable[Reading], by: str, on: dt.date) -> list[Reading]:
    return [msgspec.structs.replace(one, read_by=by, read_on=on.isoformat()) for one in readings]


def signed_lines(rulebook: Rulebook, check: LawCheck, names: Iterable[str], by: str, on: dt.date) -> str:
    """The lines of the register by which somebody signs rules, each with its own hash and those of the law beside it.

    Raises: SettingsError - there is no such rule, or what it rests on has changed and was not read again.
    """
    rules = {key: rule for rule in whole_rules(rulebook) for key in (f"{rule.part}:{rule.id}", rule.id)}
    for name in names:
        if name not in rules:
            raise refused(SettingsError, "stop_no_such_rule", where=name)
    return "".join(_signed_rule(rules[name], rulebook, check, by, on) for name in names)


def _signed_rule(rule: CitedRule, rulebook: Rulebook, check: LawCheck, by: str, on: dt.date) -> str:
    drifts = {drift.provision: drift for drift in check.drifts}
    for provision in rule.provisions:
        if drifts[provision].outcome not in ("same", "moved"):
            raise refused(SettingsError, "stop_sign_changed", where=f"{rule.part}:{rule.id}", cite=provision.cite)
    found = [one for provision in rule.provisions for one in drifts[provision].found]
    readings = _marked(found or [Reading(Provision("", ""), "", "")], by, on)
    return register_lines("signed", readings, rule=f"{rule.part}:{rule.id}", rule_sha256=rule_hash(rule, rulebook))


def add_to_register(register: Path, lines: str) -> None:
    """Add lines to an office's register, which is made with its first.

    Raises: SettingsError - it cannot be written.
    """
    if not lines:
        return
    try:
        is_new = not register.exists()
        with register.open("a", encoding="utf-8", newline="\n") as file:
            file.write(("\t".join(REGISTER) + "\n" if is_new else "") + lines)
    except OSError as error:
        raise refused(SettingsError, "stop_law_register", where=register.name) from error


def law_table(check: LawCheck, law: Law, by: str, on: dt.date, *, accepted: Iterable[str] = ()) -> str:
    """`law.tsv` anew: what is the same stays as it was read, what nobody had read is read, what changed must be named.

    Raises: SettingsError - words changed of a cite that is not accepted by name, or one is not in both languages.
    """
    named = {cited_as(cite, check.rules) for cite in accepted}
    rows = dict(law.read)
    for drift in check.drifts:
        if drift.outcome in ("changed", "moved") and drift.provision not in named:
            raise refused(SettingsError, "stop_law_unread", where=drift.provision.cite)
        if drift.outcome in ACCEPTABLE:
            mark = {"accepted_by": by, "accepted_on": on.isoformat()} if drift.outcome != "new" else {}
            for one in _marked(drift.found, by, on):
                rows[one.provision, one.language] = msgspec.structs.replace(one, **mark)
        elif drift.outcome != "same":
            raise refused(SettingsError, "stop_cannot_accept", where=drift.provision.cite)
    return write_law_table(rows.values())
