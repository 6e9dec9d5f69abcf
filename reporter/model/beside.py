"""What the office's record says beside the facts of the outages: its age, what was granted, what was amended.

None of it changes a fact, a level or a date.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urlsplit

from pandas import DataFrame

from reporter.model.columns import shape
from reporter.model.relief import Relief
from reporter.model.rulebook import Words

LOOKED = shape(
    "LOOKED",
    """
    source       text    a file's name, or an address without a password
    status       text    what came of the last look: read, unchanged, empty, or why it failed
    looked_at    instant the last look that did not fail; empty when there was none
    complete_to  instant until when it then missed nothing; empty when it did not say
    age_days     days    from complete_to, else from looked_at, to as_of
    is_failed    truth   the last look failed
    is_old       truth   older than the settings allow
    """,
)
AMENDED = shape(
    "AMENDED",
    """
    outage_id    text    the outage that an earlier report relied on
    title        text    its title
    recorded_at  instant when its newest version was recorded
    column       text    the fact that changed, a column of OUTAGES; or action, or relief
    was          text    as the earlier report knew it; instants ISO 8601 in UTC
    now          text    as it is known now
    """,
)


@dataclass(frozen=True)
class Beside:
    """What stands beside the outages of one report.

    `granted` by outage id, of those of which somebody said something; `counts` has a row for each outage (by its id)
    and a column for each of the `yardsticks` (titles by key), with the answers of rules/materiality.py. `relied` are
    the outages that each reader's last report relied on, by what tells the reader apart (see `reader_key`).
    """

    looked: DataFrame = field(default_factory=LOOKED.empty)
    amended: DataFrame = field(default_factory=AMENDED.empty)
    granted: Mapping[str, Relief] = field(default_factory=dict)
    counts: DataFrame = field(default_factory=DataFrame)
    yardsticks: Mapping[str, Words] = field(default_factory=dict)
    relied: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, slug: str, outage_ids: Iterable[str]) -> "Beside":
        """What one recipient may see: amendments of outages their people's findings relied or rely on."""
        theirs = {*outage_ids, *self.relied.get(reader_key(slug), ())}
        amended = self.amended if self.amended.empty else self.amended[self.amended["outage_id"].isin(theirs)]
        return replace(self, looked=self.looked_outside, amended=amended, relied={})

    @cached_property
    def looked_outside(self) -> DataFrame:
        """LOOKED as recipients see it: of a source on the web, only its host, since an address can hold a key."""
        return self.looked.assign(source=self.looked["source"].map(_host).astype("str"))


def reader_key(slug: str) -> str:
    """What stays of a recipient's slug when the unit gets another name."""
    return slug.rpartition("-")[2]


def _host(source: str) -> str:
    return (urlsplit(source).hostname or source) if "://" in source else source
