"""The rulebook held against itself: every kind of duty reaches a level when it is due and when it is past. Pure.

Each entry may be sound and a kind still be silent, because no judgement can ever hold for it. So each kind is tried,
with nothing filed and no outage anywhere, against every judgement: due soon, and past by every reading.
"""

from collections.abc import Iterable, Mapping

from reporter.errors import RulebookError
from reporter.model.rulebook import Deadline, Risk, Test
from reporter.model.shapes import FACTS

SOON, LONG_AGO = 30.0, -3650.0
"""Days before the last day by which a kind has to speak, and days after it for which it is tried."""
Known = bool | frozenset[str] | tuple[float, float]
"""What a fact is in a trial: a truth, one of some words, or the least and the most that a number may be."""
NOTHING, OF_APPLICATION = frozenset({""}), frozenset({"next", "later", "used"})
SETTLED: Mapping[str, Known] = {
    **dict.fromkeys(("is_filed", "is_filed_late", "is_filed_in_doubt", "is_kind_inferred"), False),
    **dict.fromkeys(("is_before_the_rule", "is_hour_missing", "is_second_after_refusal"), False),
    **dict.fromkeys(("application_outcome", "application_kind", "filing_answer", "second_filing"), NOTHING),
    **dict.fromkeys(("document_state", "enrolment_status"), NOTHING),
    "date_certainty": frozenset({"clear"}),
    "confidence": frozenset({"official"}),
    "permit_expires_state": frozenset({"date"}),
}
"""Nothing is filed, and nothing of note is recorded of the person."""
DUE: Mapping[str, Known] = {
    "is_past": False, "is_over": False, "past_days": (0.0, 0.0), "left_days": (0.0, SOON),
    "left_hours": (0.0, SOON * 24), "disposition": frozenset({"open"}),
}  # fmt: skip
PAST: Mapping[str, Known] = {
    "is_past": True, "is_over": True, "past_days": (0.0, -LONG_AGO), "left_days": (LONG_AGO, 0.0),
    "left_hours": (LONG_AGO * 24, 0.0), "disposition": frozenset({"missed"}),
}  # fmt: skip
TRIALS: Mapping[str, Mapping[str, Known]] = {"due": DUE, "past": PAST}
TOLD = {"due": "is due within thirty days", "past": "is past"}


def check_every_kind_speaks(deadlines: Mapping[str, Deadline], risks: Iterable[Risk], file: str) -> None:
    """Refuse rules that leave a kind without a level above `none` when it is due, or when it is past.

    A kind that has nothing to ask for then says so itself (`quiet`); one without a date is tried only for a level.
    Raises: RulebookError, with the file and the kind.
    """
    speaking = [risk for risk in risks if not risk.is_note and risk.level != "none"]
    for key, deadline in deadlines.items():
        for trial in (name for name in TRIALS if name not in deadline.quiet):
            situation = _situation(key, deadline, trial)
            if not any(_can_hold(risk, situation) for risk in speaking):
                raise RulebookError(
                    f"no judgement can hold for {key} when it {TOLD[trial]} and nothing is filed, so it would end at"
                    f" 'none'; give it a judgement, or say quiet = [{trial!r}]",
                    where=f"{file}: {key}",
                )


def _situation(key: str, deadline: Deadline, trial: str) -> Mapping[str, Known]:
    """All that is known of a duty of this kind: facts of outages are nothing; what is not named may be anything."""
    nothing: dict[str, Known] = {column.name: False for column in FACTS.columns if column.kind == "truth"}
    nothing |= {name: (0.0, 0.0) for kind in ("hours", "share") for name in FACTS.of_kind(kind)}
    free = {"usable_hours", "usable_hours_worst"}
    known = {name: value for name, value in nothing.items() if name not in free}
    known |= {**SETTLED, **(TRIALS[trial] if deadline.counts_from else {})}
    need = OF_APPLICATION if deadline.serves == "application" else frozenset({deadline.serves})
    return known | {"deadline": frozenset({key}), "group": frozenset({deadline.group}), "document_need": need}


def _can_hold(risk: Risk, situation: Mapping[str, Known]) -> bool:
    return all(fact not in situation or _allows(situation[fact], test) for fact, test in risk.when.items())


def _allows(known: Known, test: Test) -> bool:
    """Whether the test holds for a value that the trial leaves possible."""
    if isinstance(known, tuple):
        low, high = known
        return (test.at_least is None or test.at_least <= high) and (test.at_most is None or test.at_most >= low)
    if isinstance(known, bool):
        return known is test.is_
    return not known.isdisjoint((test.is_,) if isinstance(test.is_, str) else test.is_)  # type: ignore[arg-type]
