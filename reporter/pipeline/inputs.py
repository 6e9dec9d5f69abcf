"""What a run reads, held together, so that a question can be asked of the engine again on the same inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from pandas import DataFrame, Timestamp

from reporter.model.rulebook import Rulebook
from reporter.pipeline.examine import judged
from reporter.pipeline.gather import Gathered, gather_inputs
from reporter.pipeline.record import ledger_mark, ledger_reading
from reporter.rules.load import load_rulebook
from reporter.settings import Settings
from reporter.store.database import Store, is_there, open_store

NO_STORE = "sqlite:///"  # in memory only


@dataclass(frozen=True)
class Inputs:
    """The settings, the rules, the clock and everything that was read; never changed, only asked again."""

    settings: Settings
    rulebook: Rulebook
    as_of: Timestamp
    gathered: Gathered
    store: Store
    ledger: Mapping[str, str]  # where the ledger stood: see `ledger_mark`

    def findings(
        self, *, roster: DataFrame | None = None, outages: DataFrame | None = None, as_of: Timestamp | None = None
    ) -> DataFrame:
        """FINDINGS of the engine, with another roster, record of outages or clock where one is given."""
        return judged(
            self.gathered.roster if roster is None else roster,
            self.gathered.record.outages if outages is None else outages,
            self.rulebook,
            self.as_of if as_of is None else as_of,
            office_zone=self.settings.office.time_zone,
            degraded_share=self.settings.degraded_share,
        )


def read_inputs(settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None, shown: str = "") -> Inputs:
    """Everything a run reads, and no file written.

    Takes:  as_known - use the ledger as it stood then; shown - the person whose cells are kept as they stand.
    Raises: ReporterError - there is no roster, or the rules or the store cannot be used.
    """
    rulebook = load_rulebook(settings.path(settings.rules) if settings.rules else None)
    store = open_store(settings.store_url)
    ledger = ledger_mark(store, as_known)  # before it is read: what is written meanwhile is news to the next run
    gathered = gather_inputs(settings, rulebook, as_of, ledger_reading(store, as_of, as_known), shown=shown)
    return Inputs(settings, rulebook, as_of, gathered, store, ledger)


def read_for_question(
    settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None, shown: str = ""
) -> Inputs:
    """The same for a question, which leaves no trace: where there is no store yet, none is made.

    Raises: ReporterError - as `read_inputs`.
    """
    known = settings if is_there(settings.store_url) else msgspec.structs.replace(settings, store=NO_STORE)
    return read_inputs(known, as_of, as_known=as_known, shown=shown)
