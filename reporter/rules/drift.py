"""Holds the rules against the acts that somebody has saved: what changed, who read it again, who signed which rule.

A provision is found in the official XML of an act or regulation, and its words are held against those that were read.
The form is that of the consolidated acts and regulations as Justice Canada publishes them, English and French apart.
Nothing of the text is kept: a provision becomes a hash, a length and two dates. Offline: it reads a folder, and adds
lines to the register of the office. For people it says what became of each cite, and makes a page of both side by side,
which has text of the law, from files of whoever asks for it, and says that it is no official version.
"""

import datetime as dt
import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Literal, get_args
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree
from msgspec import Struct
from msgspec.structs import replace

from reporter.errors import RosterError, SettingsError, refused
from reporter.model.rulebook import LANGUAGES, Law, Provision, Reading, Rulebook
from reporter.rules.law import (
    GONE,
    REGISTER,
    CitedRule,
    Instrument,
    cited_provisions,
    cited_rules,
    law_day,
    law_read_to,
    load_instruments,
    load_law_limits,
    provisions_of,
    register_lines,
    rule_hash,
    section_page,
    signature_of,
    whole_rules,
    write_law_table,
)
from reporter.rules.manual import rules_frame
from reporter.rules.wording import cite_text
from reporter.text.catalogue import words

log = logging.getLogger(__name__)
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
DECISION = re.compile(r"\b\d{4} FC \d+\b|\bT-\d+")
HEAD = 16_384
"""How much of a file is looked at to see whether it is one of ours."""

Outcome = Literal["same", "moved", "changed", "gone", "one_language", "no_file", "new", "unknown"]
"""Of a cite: its words are those that were read; only the date of amendment moved; the words are others; it is in
neither language any more, or in one alone; the folder has no file of the act; it was never read; it never was."""
ACCEPTABLE = frozenset({"changed", "moved", "new"})
"""What can be read again and kept: what stands in both languages."""
ALARMS: frozenset[Outcome] = frozenset({"changed", "gone", "one_language", "unknown"})
"""What somebody has to look at."""
STYLE = """@page{margin:14mm}
body{font:10.5pt/1.4 'Segoe UI',-apple-system,Roboto,Helvetica,Arial,sans-serif;color:#1B2733}
body{margin:0 auto;padding:8mm 5mm;max-width:270mm}
h1{font-size:18pt;margin:0 0 2mm}
h2{font-size:12.5pt;margin:0 0 2mm;color:#1F3A57}
h3{font-size:10pt;margin:1mm 0}
p{margin:0 0 2mm}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 8mm}
.rule{border-top:2px solid #1F3A57;padding-top:3mm;margin-top:7mm}
.law{background:#F3F6F8;padding:1mm 3mm 2mm;margin:0 0 2mm;font-size:9.5pt}
.law p{margin:0 0 1mm}
.note{color:#4A5560;font-size:9pt}
.sign{display:flex;gap:8mm;margin:9mm 0 0;break-inside:avoid}
.sign span{flex:1;border-top:1px solid #1B2733;padding-top:1mm;font-size:9pt}
@media print{body{padding:0;max-width:none}}"""


class Act(Struct, frozen=True):
    """One act or regulation in one language, with its sections by their number."""

    number: str
    language: str
    current_to: str
    sections: Mapping[str, Element]


Acts = Mapping[tuple[str, str], Act]
Resting = Mapping[Provision, Sequence[CitedRule]]


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


def _is_act_of(head: bytes, numbers: Iterable[str]) -> bool:
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
            act = read_act(head + file.read()) if _is_act_of(head, numbers) else None
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


def _cited_as(text: str, provisions: Iterable[Provision]) -> Provision:
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
        drift = drifts[_cited_as(cite, drifts)]
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
    return [replace(one, read_by=by, read_on=on.isoformat()) for one in readings]


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
    named = {_cited_as(cite, check.rules) for cite in accepted}
    rows = dict(law.read)
    for drift in check.drifts:
        if drift.outcome in ("changed", "moved") and drift.provision not in named:
            raise refused(SettingsError, "stop_law_unread", where=drift.provision.cite)
        if drift.outcome in ACCEPTABLE:
            mark = {"accepted_by": by, "accepted_on": on.isoformat()} if drift.outcome != "new" else {}
            for one in _marked(drift.found, by, on):
                rows[one.provision, one.language] = replace(one, **mark)
        elif drift.outcome != "same":
            raise refused(SettingsError, "stop_cannot_accept", where=drift.provision.cite)
    return write_law_table(rows.values())


def drift_lines(
    drifts: Sequence[CiteDrift], rules: Resting, acts: Acts, rulebook: Rulebook, language: str, today: dt.date
) -> Iterator[str]:
    """What a folder of acts says of the rules: how new it is, each cite that is not as it was, pages to read again."""
    w = words("law", language)
    yield from _act_lines(acts, rulebook, language)
    for drift in drifts:
        if drift.outcome != "same":
            yield _drift_line(drift, rules[drift.provision], language)
    counts = Counter(drift.outcome for drift in drifts)
    parts = ", ".join(f"{counts[name]} {w[name]}" for name in get_args(Outcome) if counts[name])
    yield w["drift_total"].format(n=len(drifts), parts=parts)
    yield from _age_lines(rulebook, rules, language, today)


def _act_lines(acts: Acts, rulebook: Rulebook, language: str) -> Iterator[str]:
    w, known = words("law", language), load_instruments()
    for (code, spoken), act in sorted(acts.items()):
        read = [one.current_to for (p, at), one in rulebook.law.read.items() if (p.instrument, at) == (code, spoken)]
        key = "drift_older" if read and act.current_to < max(read) else "drift_act"
        title, day = known[code].title.of(spoken), law_day(act.current_to, language)
        yield w[key].format(title=title, number=act.number, day=day)


def _drift_line(drift: CiteDrift, rules: Iterable[CitedRule], language: str) -> str:
    w = words("law", language)
    where = ", ".join(w[f"language_{one}"] for one in drift.languages)
    return w["drift_line"].format(
        cite=cite_text(drift.provision.cite, language),
        outcome=w[drift.outcome],
        where=w["drift_where"].format(languages=where) if where else "",
        on=w["drift_on"].format(day=law_day(drift.on, language)) if drift.on else "",
        rules=", ".join(dict.fromkeys(rule.id for rule in rules)),
    )


def _age_lines(rulebook: Rulebook, rules: Resting, language: str, today: dt.date) -> Iterator[str]:
    """What is due to be read again by its age: the law as a whole, and each page that has no hash, oldest first."""
    w, limits = words("law", language), load_law_limits()
    read_to = law_read_to(rulebook.law, rules)
    if read_to and (days := (today - dt.date.fromisoformat(read_to)).days) > limits.law_days:
        yield w["drift_old"].format(day=law_day(read_to, language), days=days)
    pages = [page for page in pages_by_age(rulebook, language) if (today - page[0]).days > limits.page_days]
    yield w["pages_head"] if pages else w["pages_none"].format(days=limits.page_days)
    for read_on, cite, link, ids in pages:
        days, day = (today - read_on).days, law_day(read_on.isoformat(), language)
        yield "  " + w["page_line"].format(day=day, days=days, cite=cite, rules=", ".join(ids), link=link)


def pages_by_age(rulebook: Rulebook, language: str) -> list[tuple[dt.date, str, str, list[str]]]:
    """The pages that rules rest on and no hash watches: the day each was last read, its cite, its link, its rules."""
    found: dict[tuple[dt.date, str, str], list[str]] = {}
    for rule in cited_rules(rulebook):
        if rule.version is not None and _rests_on_pages(rule):
            link = next(iter(rule.links(language)), "")
            key = rule.version.read_on, cite_text(rule.cite, language), link
            found.setdefault(key, []).append(rule.id)
    return [(*key, list(dict.fromkeys(ids))) for key, ids in sorted(found.items())]


def _rests_on_pages(rule: CitedRule) -> bool:
    """Whether a page is cited, by itself or beside the law; an office's practice is on none."""
    return rule.version is not None and rule.version.basis != "office" and any(map(_is_page, rule.cite.split(";")))


def _is_page(part: str) -> bool:
    """Whether a part of a cite is neither of an act or regulation, nor a decision of a court, nor the office's own."""
    return not (provisions_of(part) or DECISION.search(part) or part.strip().startswith("office"))


def drift_facts(drifts: Iterable[CiteDrift], rules: Resting) -> list[dict[str, object]]:
    """What became of every cite, for a program."""
    return [
        {
            "cite": drift.provision.cite,
            "outcome": drift.outcome,
            "languages": list(drift.languages),
            "amended": drift.on,
            "found": {one.language: {"sha256": one.sha256, "current_to": one.current_to} for one in drift.found},
            "rules": list(dict.fromkeys(f"{rule.part}:{rule.id}" for rule in rules[drift.provision])),
        }
        for drift in drifts
    ]


def chosen_rules(rulebook: Rulebook, only: Iterable[str], *, unsigned: bool) -> list[CitedRule]:
    """The rules to be read: those named, else every rule that rests on something beside its duty."""
    names = set(only)
    rules = [rule for rule in whole_rules(rulebook) if not names or names & {rule.id, f"{rule.part}:{rule.id}"}]
    return [rule for rule in rules if not unsigned or signature_of(rule, rulebook) is None]


def law_page(rules: Iterable[CitedRule], rulebook: Rulebook, acts: Acts) -> str:
    """A page to print: each rule in English and French, under it the law it rests on, and a line to sign."""
    says = {language: _rows(rulebook, language) for language in LANGUAGES}
    parts = "".join(_rule_part(rule, rulebook, acts, says) for rule in rules)
    top = _pair("<h1>{page_title}</h1><p>{page_how}</p><p class='note'>{notice}</p>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(words('law', 'en')['page_title'])}</title><style>{STYLE}</style></head><body>{top}{parts}"
        "</body></html>\n"
    )


def _rows(rulebook: Rulebook, language: str) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rules_frame(rulebook, language).fillna("").to_dict("records"):
        found.setdefault((row["part"], row["id"]), []).append({str(key): str(value) for key, value in row.items()})
    return found


def _pair(html: str) -> str:
    """The same in both languages, side by side; what stands in braces is a word of `law.toml`."""
    sides = (f"<div lang='{language}'>{html.format_map(_escaped(language))}</div>" for language in LANGUAGES)
    return f"<div class='pair'>{''.join(sides)}</div>"


def _escaped(language: str) -> dict[str, str]:
    return {key: escape(text) for key, text in words("law", language).items()}


def _rule_part(
    rule: CitedRule,
    rulebook: Rulebook,
    acts: Acts,
    says: Mapping[str, Mapping[tuple[str, str], Sequence[Mapping[str, str]]]],
) -> str:
    sides = ""
    for language in LANGUAGES:
        rows = says[language].get((rule.part, rule.id), ())
        told = "".join(f"<p>{escape(row['says'])}</p><p class='note'>{escape(row['cite'])}</p>" for row in rows)
        title = escape(rows[0]["title"]) if rows else ""
        sides += f"<div lang='{language}'><h2>{title}</h2>{told}{_law_part(rule, acts, language)}</div>"
    signed = signature_of(rule, rulebook)
    to_sign = "<span lang='{language}'>{page_sign} ({page_name}, {page_date})</span>"
    lines = "".join(to_sign.format(language=language, **_escaped(language)) for language in LANGUAGES)
    unsigned = " / ".join(_escaped(language)["page_unsigned"] for language in LANGUAGES)
    told = escape(f"{signed.by}, {signed.on}") if signed else unsigned
    mark = f"{escape(rule.part)}:{escape(rule.id)} · {rule_hash(rule, rulebook)[:16]}"
    return (
        f"<section class='rule'><p class='note'>{mark} · {told}</p><div class='pair'>{sides}</div>"
        f"<div class='sign'>{lines}</div></section>"
    )


def _law_part(rule: CitedRule, acts: Acts, language: str) -> str:
    w = words("law", language)
    if not rule.provisions:
        return f"<p class='note'>{escape(w['page_nothing'].format(cite=cite_text(rule.cite, language) or '–'))}</p>"
    return "".join(_provision_part(one, acts, language) for one in rule.provisions)


def _provision_part(provision: Provision, acts: Acts, language: str) -> str:
    w, cite = words("law", language), cite_text(provision.cite, language)
    act = acts.get((provision.instrument, language))
    element, reading = (find_provision(act, provision.number), read_provision(act, provision)) if act else (None, None)
    if element is None or reading is None:
        return f"<div class='law'><p>{escape(w['page_absent'].format(cite=cite))}</p></div>"
    days = {"since": reading.in_force_since, "amended": reading.last_amended, "day": reading.current_to}
    head = w["page_of"].format(cite=cite, **{name: law_day(day, language) for name, day in days.items()})
    lines = "".join(f"<p style='margin-left:{5 * depth}mm'>{escape(text)}</p>" for depth, text in act_lines(element))
    link = escape(section_page(provision, language))
    return f"<div class='law'><h3><a href='{link}'>{escape(head)}</a></h3>{lines}</div>"
