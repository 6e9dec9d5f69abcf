"""What a question is asked of: everything read as a run reads it, and nothing written or remembered."""

from dataclasses import dataclass

from pandas import DataFrame, Timestamp

from reporter.model.rulebook import Rulebook
from reporter.outages.reading import OutageReading
from reporter.pipeline.examine import Examined, examine
from reporter.pipeline.gather import Gathered, gather_inputs
from reporter.pipeline.record import ledger_reading
from reporter.rules.load import load_rulebook
from reporter.settings import Settings
from reporter.store.database import is_there, open_store


@dataclass(frozen=True)
class Analysis:
    """The inputs of a run, to be examined as they are or with something changed, as often as a question needs."""

    settings: Settings
    rulebook: Rulebook
    gathered: Gathered
    as_of: Timestamp

    @property
    def roster(self) -> DataFrame:
        """ROSTER, as read."""
        return self.gathered.roster

    @property
    def record(self) -> DataFrame:
        """OUTAGES, as read."""
        return self.gathered.record.outages

    def examined(
        self, record: DataFrame | None = None, *, roster: DataFrame | None = None, as_of: Timestamp | None = None
    ) -> Examined:
        """What the engine finds, as a run would; with another record, roster or clock where one is given."""
        return examine(
            self.roster if roster is None else roster,
            self.record if record is None else record,
            self.rulebook,
            self.as_of if as_of is None else as_of,
            office_zone=self.settings.office.time_zone,
            degraded_share=self.settings.degraded_share,
            was=None,
        )


def read_for_analysis(settings: Settings, as_of: Timestamp, *, as_known: Timestamp | None = None) -> Analysis:
    """Read rosters, outage files and ledger as `run` does. No store is made where there is none.

    Raises: ReporterError - there is no roster that can be read, or the rules or the store cannot be used.
    """
    rulebook = load_rulebook(settings.path(settings.rules) if settings.rules else None)
    gathered = gather_inputs(settings, rulebook, as_of, _ledger(settings, as_of, as_known))
    return Analysis(settings, rulebook, gathered, as_of)


def _ledger(settings: Settings, as_of: Timestamp, as_known: Timestamp | None) -> OutageReading | None:
    if not is_there(settings.store_url):
        return None
    store = open_store(settings.store_url)
    try:
        return ledger_reading(store, as_of, as_known)
    finally:
        store.close()
