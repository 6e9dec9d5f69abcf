"""What a header may mean: the alias table of `aliases.toml`, by the key that spelling leaves.

Nothing here guesses: a header is known, unclear between named fields, or unknown.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from reporter.readers.spelling import NUMBER_SIGN, WORD_BREAK, key, plain

PERMITS = ("study", "work", "pgwp", "visitor", "trp")
ENDS = {
    "passport": "passport_expires_on",
    "trv": "trv_expires_on",
    "caq": "caq_expires_on",
    "pal": "pal_expires_on",
    "lmia": "lmia_expires_on",
    "medical": "medical_expires_on",
    "sin": "dropped",
}
PARTS = {"expires": "permit_expires_on", "issued": "permit_issued_on", "number": "permit_number"}
DATE_WORDS = frozenset(["date", "dates", "dt"])
EMPTY_WORDS = DATE_WORDS | frozenset(
    ["of", "the", "d", "de", "du", "des", "la", "les", "l", "en", "required", "obligatoire"]
)
HINTS = {
    "ymd": re.compile(r"\b(?:yyyy|aaaa|yy|aa|a|y)[-/. ]?m{1,3}[-/. ]?(?:dd|jj|d|j)\b"),
    "dmy": re.compile(r"\b(?:dd|jj|d|j)[-/. ]?m{1,3}[-/. ]?(?:yyyy|aaaa|yy|aa|a|y)\b"),
    "mdy": re.compile(r"\bm{1,3}[-/. ]?(?:dd|jj|d|j)[-/. ]?(?:yyyy|aaaa|yy|aa|a|y)\b"),
}
E_MAIL = re.compile(r"\be[- ]mail\b")
ASIDE = re.compile(r"\((?:y ?/ ?n|o ?/ ?n|yes ?/ ?no|oui ?/ ?non|utc|required|obligatoire|optional|facultatif)\)")


@dataclass(frozen=True)
class Meaning:
    """What one header says: a field, the kind of permit its name implies, or the fields it hangs between.

    `how` is `alias`, or `profile` when it is a known system's own column name.
    """

    field: str = ""
    kind: str = ""
    how: str = "alias"
    fields: tuple[str, ...] = ()
    strict: bool = False
    beside: str = ""
    then: str = ""
    otherwise: str = ""


def header_key(header: str) -> str:
    """The header without what makes no difference: accents, case, punctuation, `date`, `of`, a format in brackets."""
    return full_key(header).removesuffix(" date")


@lru_cache(maxsize=1024)
def full_key(header: str) -> str:
    """The same, ending in `date` when the header says so: `Date filed` is not `Filed`."""
    text = E_MAIL.sub("email", ASIDE.sub(" ", plain(WORD_BREAK.sub(" ", header))))
    for hint in HINTS.values():
        text = hint.sub(" ", text)
    words = key(NUMBER_SIGN.sub(" no ", text)).split()
    kept = [word for word in words if word not in EMPTY_WORDS]
    says_date = bool(kept) and not DATE_WORDS.isdisjoint(words)
    return " ".join((kept or words) + ["date"] * says_date)


def declared_order(header: str) -> str | None:
    """`dmy`, `mdy` or `ymd` when the header itself says how its dates are written: `Expiry (JJ/MM/AAAA)`."""
    text = plain(header)
    return next((order for order, hint in HINTS.items() if hint.search(text)), None)


def meaning(header: str) -> Meaning | None:
    """What the header stands for, or None when it is not known."""
    profile = _profile().get(header.strip().casefold())
    if profile:
        return Meaning(profile, how="profile")
    full = full_key(header)
    short = full.removesuffix(" date")
    return table().get(full) or table().get(short) or _of_document(short)


@cache
def table() -> Mapping[str, Meaning]:
    """Every known header by its key; what is unclear wins over what has a name in common with it."""
    source = _source()
    known = [(name, Meaning(field)) for field, names in source["is"].items() for name in names]
    known += [(name, Meaning(field)) for name, field in source["alone"].items()]
    known += list(_unclear(source))
    short = {header_key(name): told for name, told in reversed(known)}
    undated = {header_key(name): told for name, told in known if not full_key(name).endswith(" date")}
    return MappingProxyType(short | undated | {full_key(name): told for name, told in known})


def _of_document(short: str) -> Meaning | None:
    """A document's name before or after a word for its end, issue or number: `expiration permis etudes`."""
    documents, parts = _documents()
    words = short.split()
    for place in range(1, len(words)):
        head, tail = " ".join(words[:place]), " ".join(words[place:])
        for word, document in ((head, tail), (tail, head)):
            if word in parts and document in documents and (told := _part(documents[document], parts[word])):
                return told
    return None


def _part(document: str, part: str) -> Meaning | None:
    kind = document if document in PERMITS else ""
    if document in ENDS:
        return Meaning(ENDS[document]) if part == "expires" else None
    return Meaning(PARTS[part], kind)


@cache
def _documents() -> tuple[Mapping[str, str], Mapping[str, str]]:
    source = _source()
    names = {header_key(name): document for document, names in source["documents"].items() for name in names}
    return names, {header_key(word): part for part, words in source["words"].items() for word in words}


def _unclear(source: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for entry in source["unclear"]:
        rest = {name: entry[name] for name in ("strict", "beside", "then", "otherwise") if name in entry}
        told = Meaning(fields=tuple(entry["fields"]), **rest)
        yield from ((name, told) for name in entry["headers"])


@cache
def _profile() -> Mapping[str, str]:
    return {name.casefold(): field for name, field in _source()["profile"].items()}


@cache
def _source() -> dict[str, Any]:
    return tomllib.loads((files("reporter.readers") / "aliases.toml").read_text("utf-8"))
