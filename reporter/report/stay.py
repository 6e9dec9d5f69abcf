"""How the end of an authorized stay came about, in words: the dates that bear on it, and which decides. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.rulebook import Rulebook
from reporter.model.trace import Step
from reporter.rules.wording import cite_text
from reporter.text import formats
from reporter.text.catalogue import words

SAID = ["what", "deadline", "counted_on", "on", "is_deciding"]
STAY = ["person_id", "reading"]


def steps_said(steps: DataFrame, rulebook: Rulebook, language: str) -> "Series[str]":
    """Each step as a few words; each distinct text is made once.

    Takes: STEPS.
    """
    distinct = steps[SAID].drop_duplicates()
    texts = [_said(step, rulebook, language) for step in distinct.to_dict("records")]
    said = steps[SAID].merge(distinct.assign(said=texts), how="left", on=SAID)["said"]
    return said.astype("str").set_axis(steps.index)


def stay_chain(steps: DataFrame, ends_on: Timestamp, rulebook: Rulebook, language: str) -> Iterator[Step]:
    """Each date that bears on the end of a stay, and the end where there is one."""
    for step, value in zip(steps.to_dict("records"), steps_said(steps, rulebook, language), strict=True):
        yield Step("date", step["column"], value, cite_text(step["cite"], language))
    if pd.notna(ends_on):
        said = words("explain", language)["date_derived"].format(day=formats.day(ends_on, language))
        yield Step("date", "stay_ends_on", said)


def stays_said(steps: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """The end of each stay with all its steps, one sentence a person: the columns of STAY and `stay`."""
    w = words("explain", language)
    told = steps.assign(said=steps_said(steps, rulebook, language))
    every = DataFrame(told.groupby([*STAY, "stay_ends_on"], sort=False)["said"].agg("; ".join)).reset_index()
    ends = {on: w["stay_said"].format(on=formats.day(on, language)) for on in every["stay_ends_on"].unique()}
    return every.assign(stay=every["stay_ends_on"].map(ends).astype("str") + " " + every["said"])[[*STAY, "stay"]]


def _said(step: Mapping[Any, Any], rulebook: Rulebook, language: str) -> str:
    w = words("explain", language)
    title = rulebook.deadlines[step["deadline"]].title.of(language) if step["deadline"] else ""
    on, counted_on = (
        formats.day(step[name], language) if pd.notna(step[name]) else "" for name in ("on", "counted_on")
    )
    told = w[f"step_{step['what']}"].format(title=title, on=on, counted_on=counted_on)
    return w["step_decides"].format(step=told) if step["is_deciding"] else told
