"""What a run tells beside the facts: how old each source is, what was granted, what was amended since the last report.

It is read after the findings are made, and changes none of them.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from msgspec.structs import replace
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.model.report import AMENDED, LOOKED, RecordContext, reader_key
from reporter.model.shapes import OPEN
from reporter.pipeline.assemble.gather import Intake
from reporter.rules.materiality import Profile, materiality
from reporter.store.database import Store
from reporter.store.ledger import Mark, amended_outages, reliefs
from reporter.store.ledger_items import GOOD, account_of_items, last_person_look, open_items, source_ages
from reporter.store.runs import RunRecord


def beside_outages(
    store: Store,
    gathered: Intake,
    outages: DataFrame,
    profiles: Mapping[str, Profile],
    *,
    as_of: Timestamp,
    as_known: Mark,
    stale_after: Timedelta,
    named: Sequence[str] = (),
) -> RecordContext:
    """Everything beside the outages relied on but what `since_then` adds.

    Takes: OUTAGES; `as_known`: what the ledger may tell this run; `stale_after`: from when on a source is old;
           `named`: the sources of the settings.
    """
    counts = materiality(outages, profiles).set_index(pd.Index(outages["outage_id"]))
    return RecordContext(
        looked=_looked(store, gathered, as_of, as_known, stale_after, named),
        granted={key: relief for key, relief in reliefs(store, as_known).items() if key in counts.index},
        counts=counts.rename(columns=lambda name: name.removeprefix("counts_")),
        yardsticks={key: profile.title for key, profile in profiles.items()},
        open=_open(store, gathered, as_of, as_known),
        person_look=last_person_look(store, _then(as_of, as_known)),
    )


def since_then(store: Store, beside: RecordContext, previous: RunRecord, as_known: Mark) -> RecordContext:
    """The same, with what was amended since a report that readers have, and the outages that each reader's relied on.

    Takes: as_known - as `beside_outages`.
    """
    kept, amended = previous.manifest, AMENDED.empty()
    used = kept.get("outages_used", [])
    if "ledger" in kept:
        amended = AMENDED.cast(amended_outages(store, used, int(kept["ledger"]["number"]), as_known))
    relied = {key: frozenset(used[n] for n in _places(text)) for key, text in kept.get("relied_on", {}).items()}
    return replace(beside, amended=amended, relied=relied)


def relied_places(of_readers: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """For the manifest: the outages that each reader's findings rely on, as places among its `outages_used`."""
    whole: dict[str, set[int]] = {}
    for slug, places in of_readers.items():  # one reader may get rows whole and a view of others
        whole.setdefault(reader_key(slug), set()).update(places)
    return {key: _ranges(sorted(places)) for key, places in whole.items()}


def _looked(
    store: Store, gathered: Intake, as_of: Timestamp, as_known: Mark, most: Timedelta, named: Sequence[str]
) -> DataFrame:
    """LOOKED: the sources of the ledger, those of the settings that were never read, the files this run read itself."""
    looks = source_ages(store, _then(as_of, as_known), _number(as_known))
    never = DataFrame({"source": [name for name in named if name not in set(looks["source"])], "status": "never"})
    unread = LOOKED.cast(never.assign(is_failed=True, is_old=False))
    parts = [part for part in (looks, unread, _files(gathered, as_of)) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else LOOKED.empty()
    # NOTE: a file that was handed in once and never said how far it reaches does not grow old; a page does.
    can_age = whole["complete_to"].notna() | whole["source"].str.contains("://", regex=False)
    is_old = (whole["age_days"] > most / Timedelta(days=1)) & can_age
    return LOOKED.cast(whole.assign(is_failed=~whole["status"].isin(GOOD), is_old=is_old.astype(bool)))


def items_account(store: Store, gathered: Intake, as_of: Timestamp, as_known: Mark) -> dict[str, int]:
    """How all that the sources offer ended: of the ledger, and of the files this run read itself."""
    counts = account_of_items(store, _then(as_of, as_known), _number(as_known))
    counts["entered"] += sum(entered for _, entered, _ in gathered.file_items)
    for _, _, items in gathered.file_items:
        for item in items:
            counts[item.fate] += 1
    return counts


def _open(store: Store, gathered: Intake, as_of: Timestamp, as_known: Mark) -> DataFrame:
    """OPEN: what awaits somebody in the ledger, then in the files."""
    rows = [
        {"item_id": f"{name}:{item.row}", "first_at": as_of, "source": name, "place": item.row, "fate": item.fate,
         "code": item.code, "details": "", "words": item.text, "outage_id": item.outage_id, "services": ""}
        for name, _, items in gathered.file_items
        for item in items
    ]  # fmt: skip
    files = OPEN.cast(DataFrame(rows)) if rows else OPEN.empty()
    ledger = open_items(store, _then(as_of, as_known), _number(as_known))
    parts = [part for part in (ledger, files) if len(part)]
    return OPEN.cast(pd.concat(parts, ignore_index=True)) if parts else OPEN.empty()


def _then(as_of: Timestamp, as_known: Mark) -> Timestamp:
    return min(as_of, as_known) if isinstance(as_known, Timestamp) else as_of


def _number(as_known: Mark) -> int | None:
    return as_known if isinstance(as_known, int) else None


def _files(gathered: Intake, as_of: Timestamp) -> DataFrame:
    """The outage files of this run as LOOKED; they are as old as the instant to which each is complete."""
    looked = DataFrame(list(gathered.looked), columns=["source", "status", "complete_to"])
    at = Series(as_of, index=looked.index, dtype="datetime64[us, UTC]").where(looked["status"] == "read")
    files = LOOKED.cast(looked.assign(looked_at=at, age_days=0.0, is_failed=False, is_old=False))
    since = files["complete_to"].fillna(files["looked_at"])
    return files.assign(age_days=(as_of - since).dt.total_seconds() / 86_400)


def _ranges(places: Sequence[int]) -> str:
    """0, 1, 2, 7 as `0-2 7`: a reader's findings rely on long runs of the record."""
    runs: list[list[int]] = []
    for place in sorted(places):
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _places(text: str) -> list[int]:
    ends = [(first, last or first) for first, _, last in (part.partition("-") for part in text.split())]
    return [place for first, last in ends for place in range(int(first), int(last) + 1)]
