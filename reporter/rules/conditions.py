"""Facts and the tests of facts in plain words: what a judgement asks, and what was found of one duty. Pure."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.rulebook import Risk, Rulebook, Test, Words
from reporter.model.shapes import FINDINGS
from reporter.text import formats
from reporter.text.catalogue import counted, words

NOTHING = Words(en="", fr="")
KINDS = {column.name: column.kind for column in FINDINGS.columns}
A_TRACE = 0.02  # hours; a test for more than nothing asks for less than a minute


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
    return msgspec.convert(tomllib.loads(text), dict[str, Fact])


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
    texts = np.full(len(findings), "", dtype=object)
    for rule, rows in findings.groupby("rule", observed=True, sort=False).indices.items():
        places = np.asarray(rows, dtype=np.intp)
        texts[places] = _of_rule(rulebook.risk(str(rule)), findings, places, rulebook, language)
    return Series(texts, index=findings.index, dtype="str")


def _of_rule(
    risk: Risk, findings: DataFrame, rows: NDArray[np.intp], rulebook: Rulebook, language: str
) -> NDArray[np.object_]:
    used = list(risk.when)
    named = findings[used].iloc[rows]
    code = named.groupby(used, dropna=False, observed=True, sort=False).ngroup().to_numpy()
    numbers, firsts = np.unique(code, return_index=True)
    told = [all_met(risk, fact, rulebook, language) for fact in named.iloc[firsts].to_dict("records")]
    return np.array(told, dtype=object)[np.searchsorted(numbers, code)]


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
