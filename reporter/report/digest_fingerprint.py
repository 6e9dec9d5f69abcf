"""What a digest says, without the hours that pass by themselves: two digests of one substance need not both be sent.

Pure. The order of rows, the hour of the run and the wording do not count; who is at which level, by which dates and
outages, what was set aside, and how good the outage record is, do.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple

import pandas as pd
from pandas import DataFrame, Series

from reporter.model.account import FATES
from reporter.model.report import Report

FOUND = ["person_id", "deadline", "closes_at", "level", "rule", "last_safe_at", "is_filed", "outages"]
FEW = 64  # rows; to look for the distinct ones among them takes longer than to put each into text
SET_ASIDE = ["person_id", "value", "what", "severity"]


def substance(report: Report) -> str:
    """The SHA-256 of what this reader is told."""
    account, run = report.account, report.run
    parts = [
        _rows(report.findings, FOUND),
        _rows(report.set_aside, SET_ASIDE),
        [account.read, *(getattr(account, fate) for fate in FATES)],
        sorted((part.source, part.sheet, part.rows, part.why) for part in account.not_read),
        [run.is_record_stale, run.has_outage_record],
        *([astuple(report.duties_account)[:4]] if report.duties_account else []),
    ]
    if run.open_items or run.ledger_faults:  # said only then, so that a week told before is not told again
        parts.append([bool(run.ledger_faults), *sorted(report.beside.open["item_id"].tolist())])
    if run.old_rosters:
        parts.append([(one.name, one.verdict, one.file) for one in run.old_rosters])
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _rows(frame: DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The rows as texts, in an order of their own."""
    if frame.empty:
        return []
    return sorted(zip(*(_texts(frame[name]) for name in names), strict=True))


def _texts(column: Series) -> list[str]:
    """Each value as a text, a missing one as none; each distinct one is put into text once."""
    if isinstance(column.dtype, pd.StringDtype):
        return [value if isinstance(value, str) else "" for value in column.tolist()]
    if len(column) <= FEW:
        return ["" if pd.isna(value) else str(value) for value in column.tolist()]
    codes, distinct = pd.factorize(column)
    texts = [*map(str, distinct), ""]
    return [texts[code] for code in codes.tolist()]  # a missing value's code is -1: the last text
