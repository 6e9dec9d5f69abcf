"""A cite as a reader of English or French knows it: the rule files keep the English, this room has the French names.

Acts and judgments have names of their own in French, and write their paragraphs otherwise; what is prose stands in
cites.toml. A part that nobody has put into French stays as it is, so that an office's own cite is never lost.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from reporter.model.rulebook import OF_THE_DUTY

PATTERNS = (
    (re.compile(r"\bIRPR\b"), "RIPR"),
    (re.compile(r"\bIRPA\b"), "LIPR"),
    (re.compile(r"\bInterpretation Act\b"), "Loi d’interprétation"),
    (re.compile(r"\bHelp Centre\b"), "Centre d’aide"),
    (re.compile(r"\b(\d{4}) FC (\d+)\b"), r"\1 CF \2"),
)
PARAGRAPH = re.compile(r"(?P<section>\d(?:\(\d+(?:\.\d+)?\))?|, )\((?P<letter>[a-z](?:\.\d+)?)\)")
OF_CANADA = re.compile(r"^(?:LIPR|RIPR|Loi) ")


@cache
def cited(cite: str, language: str) -> str:
    """The cite in that language; empty where a judgement rests on the duty's own provision.

    Takes: cite - as the rule files have it, its parts separated by semicolons.
    """
    if cite == OF_THE_DUTY:
        return ""
    return cite if language == "en" else "\u00a0; ".join(_in_french(part.strip()) for part in cite.split(";"))


def _in_french(part: str) -> str:
    known = prose().get(part)
    if known is not None:
        return known
    for pattern, french in PATTERNS:
        part = pattern.sub(french, part)
    if OF_CANADA.match(part):
        return PARAGRAPH.sub(r"\g<section>\g<letter>)", part)
    return re.sub(r"(?<=\w): ", "\u00a0: ", part)


@cache
def prose() -> dict[str, str]:
    """French by English, for the parts of cites that are words."""
    text = files("reporter").joinpath("rules", "cites.toml").read_text("utf-8")
    return {entry["en"]: entry["fr"] for entry in tomllib.loads(text)["part"]}
