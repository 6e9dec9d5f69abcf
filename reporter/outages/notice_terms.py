"""The phrases and pages of `notice.toml`: what a text says, and which service it is about. Pure but for that file."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from reporter.outages.notice_words import fold
from reporter.outages.services import UNSPECIFIED
from reporter.text.folding import fold_name

_OFFICIAL = ("canada.ca", "gc.ca")
_CAPITALS = re.compile(r"\b[A-Z]{3,4}\b")  # `AVE` is a service, `ave` may be an address
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý«])")
_SUBJECT_ENDS = re.compile(
    r"\b(?:will|is|are|was|were|has|have|may|could|sera|seront|est|sont|ne|n'|etait|a ete|ont|pourrait|fait|connait)\b"
)


@dataclass(frozen=True)
class Terms:
    """The tables of `notice.toml`, ready to be looked up."""

    says: Mapping[str, re.Pattern[str]]
    pages: Mapping[str, str]
    also_called: Mapping[str, str]
    never: frozenset[str]
    english: frozenset[str]
    french: frozenset[str]


@cache
def terms() -> Terms:
    """The tables, read once."""
    table = tomllib.loads((files("reporter.outages") / "notice.toml").read_text("utf-8"))
    says = {name: re.compile("|".join(f"(?:{_edged(one)})" for one in words)) for name, words in table["says"].items()}
    small = {language: frozenset(words.split()) for language, words in table["small_words"].items()}
    never = frozenset(table["never"]["words"])
    return Terms(says, table["pages"], table["also_called"], never, small["en"], small["fr"])


def _edged(pattern: str) -> str:
    return pattern if pattern.startswith(("\\b", "(?:^")) else rf"\b{pattern}"


def says(text: str, *names: str) -> bool:
    """Whether the text has a phrase of any of these lists."""
    folded = fold(text)
    return any(terms().says[name].search(folded) for name in names)


def service_of(text: str, heading: str, page: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The service ids of a notice, joined by `;`, and how they were found: named, page or nowhere.

    The subject of the sentence is asked first; where it is "this online service", the page
    it came from; then the rest of the text, and what stands above it.
    """
    is_common = terms().never - {word.lower() for word in _CAPITALS.findall(f"{heading} {text}")}
    known = {name: service for name, service in names.items() if name not in is_common and len(name) > 2}
    known |= {name: service for name, service in terms().also_called.items() if service in set(names.values())}
    subjects = " ".join(_subjects(text))
    if found := _named(subjects, known):
        return ";".join(found), "named"
    service = page_service(page)
    if service and says(subjects, "this_one"):
        return service, "page"
    for part in (text, heading):
        if found := _named(part, known):
            return ";".join(found), "named"
    return (service, "page") if service else (UNSPECIFIED, "nowhere")


def _subjects(text: str) -> list[str]:
    """What stands before the verb in the sentences that tell of the outage; else of the work that causes it."""
    sentences = _SENTENCE.split(text)
    telling = [one for one in sentences if says(one, "down", "degraded")]
    telling = telling or [one for one in sentences if says(one, "planned", "works")] or [text]
    verbs = [_SUBJECT_ENDS.search(fold(one)) for one in telling]
    return [one[: verb.start()] if verb else one for one, verb in zip(telling, verbs, strict=True)]


def _named(text: str, known: Mapping[str, str]) -> list[str]:
    """The services a text names, longer names first, in the order of the text."""
    words = f" {fold_name(text)} "
    found: dict[str, int] = {}
    for name in sorted(known, key=lambda name: (-len(name), name)):
        at = words.find(f" {name} ")
        if at >= 0:
            found.setdefault(known[name], at)
            words = words.replace(f" {name} ", " " + "·" * len(name) + " ")
    return sorted(found, key=lambda service: found[service])


def page_service(page: str) -> str | None:
    """What `this online service` means on that page, if the table says."""
    address = page.lower()
    return next((service for part, service in terms().pages.items() if part in address), None)


def is_official(page: str) -> bool:
    """Whether the address is the government's own: the host itself or one below it, never a look-alike."""
    try:
        parts = urlsplit(page.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and any(host == one or host.endswith(f".{one}") for one in _OFFICIAL)


def is_address(page: str) -> bool:
    """Whether the page is a web address, not the name of a file."""
    return bool(re.match(r"https?://\S+$", page, re.IGNORECASE))


def language_of(text: str) -> str:
    """English or French, by the small words; English when they say nothing."""
    words = re.findall(r"[a-z']+", fold(text))
    french = sum(word in terms().french or word.startswith(("l'", "d'", "qu'", "n'")) for word in words)
    return "fr" if french > sum(word in terms().english for word in words) else "en"
