"""For each outage that lasts, a fact sheet for the portal's helpdesk, in both languages: people in counts, no names.

In: settings and an instant. Out: files by name. It reads rosters and the record; the store is not changed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pandas import DataFrame, Timedelta, Timestamp

from reporter.model.disposition import STILL_TO_FILE
from reporter.model.shapes import people_part
from reporter.pipeline.assemble.inputs import Inputs, examine_inputs, offices_of, read_for_question
from reporter.pipeline.questions.evidence import plain_name
from reporter.pipeline.run.write import put_file
from reporter.report.evidence import NEAR, OpenOutage, helpdesk_sheet
from reporter.report.people import row_dicts
from reporter.settings import Settings

LANGUAGES = ("en", "fr")


def write_sheets(settings: Settings, as_of: Timestamp, folder: Path) -> tuple[Path, ...]:
    """The sheets of every outage that is open at that instant, readable by their owner alone.

    Raises: ReporterError - no roster can be read.
    """
    inputs = read_for_question(settings, as_of)
    try:
        files = dict(_sheets(inputs))
    finally:
        inputs.store.close()
    for name, content in files.items():
        put_file(folder / name, content.encode())
    return tuple(folder / name for name in files)


def _sheets(inputs: Inputs) -> Iterator[tuple[str, str]]:
    record, findings = inputs.gathered.record.outages, people_part(examine_inputs(inputs).findings)
    is_open = (record["began_at"] <= inputs.as_of) & ~(record["ended_at"] <= inputs.as_of)
    known, settings, offices = inputs.rulebook.services, inputs.settings, offices_of(inputs.settings)
    for outage in row_dicts(record[is_open & (record["status"] != "cancelled")]):
        hit = _people_hit(findings, str(outage["outage_id"]))
        for language in LANGUAGES:
            titles = {key: service.title.of(language) for key, service in known.items()}
            one = OpenOutage(language, offices[language], inputs.as_of, outage, titles, **_counts(hit, inputs.as_of))
            html, text = helpdesk_sheet(one, templates=settings.template_folder)
            stem = f"helpdesk-{plain_name(str(outage['outage_id']))}.{language}"
            yield f"{stem}.html", html
            yield f"{stem}.txt", text


def _people_hit(findings: DataFrame, outage_id: str) -> DataFrame:
    """The duties that can still be done and that this outage touches."""
    named = findings["outages"].astype("str").str.split(";").map(lambda ids: outage_id in ids).astype(bool)
    return findings[named & findings["disposition"].isin(list(STILL_TO_FILE)) & ~findings["is_past"]]


def _counts(hit: DataFrame, as_of: Timestamp) -> Mapping[str, Any]:
    soon = {days: hit.loc[hit["closes_at"] <= as_of + Timedelta(days=days), "person_id"].nunique() for days in NEAR}
    first = hit["closes_at"].min()
    return {"people": hit["person_id"].nunique(), "soon": soon, "first_at": None if pd.isna(first) else first}
