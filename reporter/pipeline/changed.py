"""How things stand beside the last run, as columns of what is told."""

from pandas import DataFrame, Series

from reporter.model.rulebook import Rulebook
from reporter.pipeline.examine import Examined


def change(examined: Examined, *, is_first: bool) -> Series:
    """How each finding stands beside the last run: new, worse, better or same; empty on a first run."""
    findings = examined.findings
    if is_first:
        return Series("", index=findings.index, dtype="str")
    keys = ["person_id", "deadline", "closes_at"]
    known = examined.changes[[*keys, "change"]].drop_duplicates(keys)
    now = findings[keys].astype({"deadline": "str"})
    return now.merge(known, how="left", on=keys)["change"].fillna("same").set_axis(findings.index)


def changes(found: DataFrame, told: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """CHANGES with the deadline's title and the person's name beside."""
    names = told.drop_duplicates("person_id").set_index("person_id")["full_name"]
    return found.assign(
        title=titles(found["deadline"], rulebook, language),
        full_name=found["person_id"].map(names).astype("str"),
    )


def titles(deadlines: Series, rulebook: Rulebook, language: str) -> Series:
    """The title of each deadline."""
    known = {key: deadline.title.of(language) for key, deadline in rulebook.deadlines.items()}
    return deadlines.map(known).astype("str")
