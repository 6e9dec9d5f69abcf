"""How things stand beside an earlier report: beside the one the office has, and the one each reader had last.

Mostly that is one and the same report. Where a mail failed, its reader is compared with an older one.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pandas import DataFrame

from reporter.engine.changes import compare, numbered
from reporter.model.report import RecordContext, Run
from reporter.pipeline.beside import since_then
from reporter.pipeline.causes import explained
from reporter.pipeline.examine import Examined, worst
from reporter.pipeline.heard import Heard
from reporter.pipeline.inputs import Inputs
from reporter.store.ledger import Mark
from reporter.store.runs import RunRecord, findings_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Since:
    """This run, what it found and what stands beside it, as seen from one earlier report, or from none."""

    run: Run
    examined: Examined
    beside: RecordContext
    people_by_level: Mapping[str, int] = field(default_factory=dict)  # of the earlier report


@dataclass(frozen=True)
class Sinces:
    """The office's first; of each reader's, the place by `recipient_id`."""

    each: tuple[Since, ...]
    places: Mapping[str, int]


def sinces(
    inputs: Inputs,
    run: Run,
    examined: Examined,
    beside: RecordContext,
    heard: Heard,
    readers: Iterable[str],
    known: Mark,
) -> Sinces:
    """What changed for the office and for each of the readers, each earlier report looked up once.

    Takes: run, examined, beside - compared with nothing yet; readers - by `recipient_id`; known - see `since_then`.
    """
    before = {reader: heard.of(reader) for reader in readers}
    records: dict[str, RunRecord | None] = {_name(heard.office): heard.office}
    for record in before.values():
        records.setdefault(_name(record), record)
    places = {name: place for place, name in enumerate(records)}
    each = tuple(_since(inputs, run, examined, beside, record, known) for record in records.values())
    log.info("compared with %d earlier reports", sum(record is not None for record in records.values()))
    return Sinces(each, {reader: places[_name(record)] for reader, record in before.items()})


def _name(record: RunRecord | None) -> str:
    return record.run_id if record else ""


def _since(
    inputs: Inputs, run: Run, examined: Examined, beside: RecordContext, previous: RunRecord | None, known: Mark
) -> Since:
    was = _kept(inputs, previous)
    if previous is None or was is None:
        return Since(run, examined, beside)
    now = numbered(examined.findings)
    seen = replace(run, previous_as_of=previous.as_of)
    changes = compare(was, now)
    causes = explained(inputs, seen, now, was, previous)
    return Since(
        seen,
        replace(examined, changes=changes, was=worst(was), causes=causes),
        since_then(inputs.store, beside, previous, known),
        previous.people_by_level,
    )


def _kept(inputs: Inputs, previous: RunRecord | None) -> DataFrame | None:
    """What that run found; None where a purge took it, since everything would then look new."""
    if previous is None:
        return None
    was = findings_of(inputs.store, previous.run_id)
    return None if was.empty and previous.manifest.get("findings") else was
