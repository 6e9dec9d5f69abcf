"""The office's own outage ledger as a run reads it: what was known, and until when it misses nothing."""

from pandas import Timestamp

from reporter.model.shapes import OUTAGES
from reporter.outages.reading import OutageReading
from reporter.store.database import Store
from reporter.store.ledger import known, ledger_head, source_ages


def ledger_reading(store: Store, as_of: Timestamp, as_known: Timestamp | None) -> OutageReading | None:
    """The ledger's outages as it stood at `as_known` (now, when None); None when nobody ever fed it.

    It is complete to the latest instant up to which a source that was read said so.
    """
    looked_at = source_ages(store, as_of if as_known is None else min(as_of, as_known))
    outages = known(store, as_known)
    if outages.empty and looked_at.empty:
        return None
    complete_to = looked_at["complete_to"].max()
    known_to = None if complete_to is None or complete_to != complete_to else min(complete_to, as_of)
    return OutageReading(OUTAGES.cast(outages), (), ledger_mark(store, as_known)["sha256"], known_to)


def ledger_mark(store: Store, as_known: Timestamp | None = None) -> dict[str, str]:
    """Where the ledger stood: the number of its newest row, and the seal over all rows up to it."""
    head = ledger_head(store, as_known)
    return {"number": str(head.number), "sha256": head.sha256}
