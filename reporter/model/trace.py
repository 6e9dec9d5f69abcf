"""How a level came about, as values: the steps from the cell to the judgement, and what would change it."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from pandas import Timestamp

from reporter.model.shapes import shape

STEPS = shape(
    "STEPS",
    """
    person_id    text   whose stay
    reading      text   empty, or which reading of an ambiguous date
    source_row   text   file!sheet:row of the date
    number       count  1 for the first step of a person
    what         text   printed, leave_by, counted, two_permits, several, limit, decision or passport
    deadline     text   entry of deadlines.toml that gives the date, or empty
    column       text   the roster's column it comes of
    counted_on   date   the date that stands there
    on           date   the date that this comes to
    stay_ends_on date   the end of the person's authorized stay, by the careful reading
    stay_over_on date   the same by the latest reading of the texts
    is_deciding  truth  this date is that end
    cite         text   the provision
    """,
)
"""How the end of each authorized stay came about, a row a date."""
What = Literal["cell", "date", "rule", "opens", "closes", "outage", "fact", "judgement", "row", "problem"]


class Step(Struct, frozen=True):
    """One link of the chain: `source` is a cell, a rule, an outage or a fact; `value` is what it says, in words."""

    what: What
    source: str
    value: str
    cite: str = ""
    link: str = ""


class Counterfactual(Struct, frozen=True):
    """What the engine answers when one thing is changed and it is run again.

    `filed`, `filed_late`: with a filing recorded at `at`; `without`: had these outages not happened; `until`: nothing
    changed but the clock; `confirmed`: were these outages confirmed; `other_date`: with the date read the other way;
    any other is a way to sign in: with that one. `level` and `rule` are empty where the duty would then not be
    there at all.
    """

    change: str
    level: str
    rule: str
    at: Timestamp | None = None
    outages: tuple[str, ...] = ()


class TracedDuty(Struct, frozen=True):
    """One duty, or one row that has none: its finding (empty for such a row), its chain, and what would change it."""

    person_id: str
    source_row: str
    finding: Mapping[Any, Any]
    steps: tuple[Step, ...]
    otherwise: tuple[Counterfactual, ...] = ()
