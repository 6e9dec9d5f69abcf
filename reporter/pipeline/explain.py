"""How each level of one person came about, from what a run reads; nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pandas import DataFrame, Timestamp

from reporter.engine.due import stay_steps
from reporter.errors import ReporterError, RosterError, refused
from reporter.model.trace import TracedDuty
from reporter.pipeline.examine import standing
from reporter.pipeline.gather import Gathered
from reporter.pipeline.inputs import Inputs, read_for_question
from reporter.pipeline.otherwise import Again, otherwise
from reporter.report.trace import TraceContext, chain, row_without_duty
from reporter.rules.wording import tell
from reporter.settings import Settings


@dataclass(frozen=True)
class Explanation:
    """Every duty of one person, worst first, then the rows that no duty came of; and what it was told from."""

    parts: tuple[TracedDuty, ...]
    known: TraceContext
    failures: tuple[ReporterError, ...] = ()  # files that could not be read


def explain(
    settings: Settings, as_of: Timestamp, person: str, *, deadline: str = "", as_known: Timestamp | None = None
) -> Explanation:
    """The chain of every duty of one person, and what would change each level.

    Takes:  person - the id, as the roster has it; deadline - the only duty wanted, all when empty.
    Raises: RosterError - no roster can be read, or none has that person.
    """
    inputs = read_for_question(settings, as_of, as_known=as_known, shown=person)
    cells = inputs.gathered.cells
    if cells.empty:
        raise refused(RosterError, "stop_no_person")
    roster = inputs.gathered.roster
    people = roster[roster["person_id"].str.casefold() == person.strip().casefold()]
    known = _known(inputs, cells, people)
    duties = tuple(_duties(inputs, known, deadline))
    done = {part.source_row for part in duties}
    rows = () if deadline else (row for row in dict.fromkeys(cells["source_row"]) if row not in done)
    return Explanation((*duties, *(_row(row, inputs.gathered, known) for row in rows)), known, inputs.gathered.failures)


def _known(inputs: Inputs, cells: DataFrame, people: DataFrame) -> TraceContext:
    outages = inputs.gathered.record.outages
    return TraceContext(
        rulebook=inputs.rulebook,
        cells=cells,
        people=people,
        stay=stay_steps(people, inputs.rulebook),
        outages=outages,
        standing=dict(zip(outages["outage_id"], standing(outages), strict=True)),
        as_of=inputs.as_of,
        language=inputs.settings.language,
    )


def _duties(inputs: Inputs, known: TraceContext, deadline: str) -> Iterator[TracedDuty]:
    if known.people.empty:
        return
    again = Again(inputs, known.people)
    findings = again.as_it_is()
    told = tell(findings, known.people, inputs.rulebook, inputs.settings.language)
    spoken = told[["title", "reason", "action", "cite", "link", "closes_local", "last_safe_local"]]
    for finding, words in zip(findings.to_dict("records"), spoken.to_dict("records"), strict=True):
        if deadline in ("", finding["deadline"]):
            steps, answers = tuple(chain(finding, known)), tuple(otherwise(again, finding))
            yield TracedDuty(finding["person_id"], finding["source_row"], finding | words, steps, answers)


def _row(source_row: str, gathered: Gathered, known: TraceContext) -> TracedDuty:
    problems: Any = (p for p in gathered.problems if f"{p.source}!{p.sheet}:{p.row}" == source_row)
    return row_without_duty(source_row, tuple(problems), known)
