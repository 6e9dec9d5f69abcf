"""When each source was last looked at, what came of it, and until when the record is complete.

"No outages" and "nobody looked" never look alike: a look that failed is kept, and moves nothing forward.
"""

import pandas as pd
from pandas import DataFrame, Timestamp
from sqlalchemy import Connection, insert, select

from reporter.store.database import Store
from reporter.store.ledger_rows import written
from reporter.store.tables import ledger_checks

SOURCES = ["source", "checked_at", "status", "looked_at", "complete_to", "age_days"]


def record_check(
    store: Store,
    source: str,
    checked_at: Timestamp,
    *,
    status: str = "read",
    complete_to: Timestamp | None = None,
    sha256: str = "",
) -> None:
    """Note that a source was looked at. `complete_to` is the instant up to which it then missed nothing."""
    until = "" if complete_to is None else written(complete_to)
    row = {"source": source, "checked_at": written(checked_at), "status": status, "complete_to": until}
    row["sha256"] = sha256
    with store.begin() as connection:
        connection.execute(insert(ledger_checks), row)


def was_last(connection: Connection, source: str, sha256: str) -> bool:
    """Whether these very bytes are the last that were read from the source."""
    table = ledger_checks.c
    query = select(table.sha256).where(table.source == source, table.sha256 != "").order_by(table.number.desc())
    return bool(sha256) and connection.execute(query.limit(1)).scalar() == sha256


def sources(store: Store, as_of: Timestamp) -> DataFrame:
    """Each source ever looked at, as of that instant: how old its last good look is, and how the last one went.

    Returns: SOURCES - checked_at and status of the last look; looked_at of the last one that did not fail;
    complete_to (UTC; missing when no look said so); age_days since complete_to, else since looked_at.
    """
    table = ledger_checks.c
    query = select(table.source, table.checked_at, table.status, table.complete_to).where(
        table.checked_at <= written(as_of)
    )
    with store.begin() as connection:
        rows = connection.execute(query.order_by(table.checked_at, table.number)).fetchall()
    checks = DataFrame([tuple(row) for row in rows], columns=["source", "checked_at", "status", "complete_to"])
    texts = checks.assign(looked_at=checks["checked_at"].where(checks["status"].isin(["read", "unchanged", "empty"])))
    texts = texts.assign(complete_to=texts["complete_to"].replace("", None))
    found = texts.groupby("source").agg(
        checked_at=("checked_at", "last"), status=("status", "last"), looked_at=("looked_at", "max"),
        complete_to=("complete_to", "max"),
    ).reset_index()  # fmt: skip
    instants = {name: _instants(found[name]) for name in ("checked_at", "looked_at", "complete_to")}
    whole = found.assign(**instants).astype({"source": "str", "status": "str"})
    since = whole["complete_to"].fillna(whole["looked_at"])
    return whole.assign(age_days=(as_of - since).dt.total_seconds() / 86_400)[SOURCES]


def _instants(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
