"""Finds a provision in the official XML of an act or regulation, and says whether its words are those that were read.

The form is that of the consolidated acts and regulations as Justice Canada publishes them, English and French apart.
Nothing of the text is kept: a provision becomes a hash, a length and two dates. Pure: bytes in, values out.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree
from msgspec import Struct

from reporter.model.rulebook import LANGUAGES, Law, Provision, Reading
from reporter.rules.law import GONE, Instrument

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
