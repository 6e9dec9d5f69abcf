"""Which moments would be the worst for an outage of a given length. Pure: no files, no clock.

An outage is tried at every moment of a list, but only against the duties it can touch: each meets the moments that
lie within reach of its last days, found by `searchsorted`, and people who share a window are judged once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame

from reporter.engine.downtime import Downtime, Record, StruckDowntime, information, outage_record, routes
from reporter.engine.due import Basis
from reporter.engine.exposure import LAST_DAYS_HOURS, facts_of_route, measure, with_confirmed
from reporter.engine.risk import decide
from reporter.engine.spans import HOUR, Instants, micros
from reporter.model.levels import RANK
from reporter.model.rulebook import Rulebook
from reporter.model.shapes import FACTS

Rows = NDArray[np.intp]
LATE = {
    "lost_72h", "lost_24h", "lost_24h_share", "planned_72h", "covers_safe_by", "covers_close", "was_down_at_close",
    "last_safe_at", "is_cover_open", "lost_72h_confirmed", "lost_24h_confirmed",
}  # fmt: skip
"""Facts that an outage still ahead changes only when it touches the last days."""
STILL = {
    "left_hours", "left_days", "past_days", "degraded_hours", "is_past", "is_over", "is_down",
    "is_down_maybe", "is_down_confirmed", "is_info_down", "all_routes_down", "is_upstream_down", "was_down_at_filing",
    "window_days", "opened_days", "outages", "best_verification", "worst_verification",
}  # fmt: skip
"""Facts that an outage still ahead does not change, or that no test compares."""
COUNTS = ("closing", "last_24h", "last_72h", "worse")
PAIRS = 400_000  # of a duty and a moment, judged at a time


class OutageTrial(Struct, frozen=True):
    """What is tried: `began` the moments, all after as_of; `services` what is down."""

    services: frozenset[str]
    began: Instants
    is_planned: bool


class StressBaseline(Struct, frozen=True):
    """The duties that the services can touch, and how each stands without the invented outage.

    `duties` are distinct: `members` and `owners` say, for each, the people who have it, by number.
    """

    duties: DataFrame
    bases: tuple[DataFrame, DataFrame]  # FACTS on all outages, and on the confirmed ones
    records: tuple[Record, Record]
    members: Rows
    owners: Rows
    people: "pd.Index[str]"
    person_rank: NDArray[np.int8]
    rulebook: Rulebook
    degraded_share: float


def stress(standing: StressBaseline, struck: OutageTrial, hours: Sequence[float]) -> DataFrame:
    """For each length and each moment, how many people an outage that begins then would touch.

    Returns: hours, began_at, and people counted once: `closing`, whose cut-off it would cover and nothing covers now;
    `last_24h` and `last_72h`, who would lose some of these hours; `worse`, whose level would become critical or
    high. Only duties not filed count for the first three.
    """
    parts = [_of_length(standing, struck, length) for length in hours]
    return pd.concat(parts, ignore_index=True)


def people_touched(standing: StressBaseline, struck: OutageTrial, hours: float) -> dict[str, tuple[str, ...]]:
    """Whom an outage of that length would touch that begins at the first moment tried: their ids, by each count."""
    one = OutageTrial(struck.services, struck.began[:1], struck.is_planned)
    found = _codes_of_length(standing, one, hours)
    return {name: tuple(sorted(standing.people[codes])) for name, codes in found.items()}


def stand(
    due: DataFrame,
    outages: tuple[DataFrame, DataFrame],
    basis: Basis,
    services: frozenset[str],
) -> StressBaseline:
    """The duties still open whose route needs one of the services, each distinct one once.

    Takes: the frame of `due.duties`; OUTAGES, all of them and the confirmed ones.
    """
    rulebook, as_of, share = basis.rulebook, basis.as_of, basis.degraded_share
    ways, informing = routes(rulebook), information(rulebook)
    facts, sure = (measure(due, one, ways, as_of, information=informing, degraded_share=share) for one in outages)
    facts = with_confirmed(facts, sure)
    ranks = decide(pd.concat([due, facts], axis=1), pd.concat([due, sure], axis=1), rulebook).best
    owners, people = pd.factorize(due["person_id"])
    person_rank = np.full(len(people), len(RANK), dtype=np.int8)
    np.minimum.at(person_rank, owners, ranks)
    needs = {key for key, way in ways.items() if way.services & services}
    here = np.flatnonzero(due["route"].isin(needs) & due["closes_at"].notna() & (due["closes_at"] > as_of))
    told = sorted(_tested(rulebook) & set(due.columns))
    keys = list(dict.fromkeys(["route", "opens_at", "closes_at", "safe_by_at", "is_filed", "confidence", *told]))
    kind = due.iloc[here].groupby(keys, dropna=False, observed=True, sort=False).ngroup().to_numpy()
    firsts = here[np.unique(kind, return_index=True)[1]]
    order = np.argsort(kind, kind="stable")
    return StressBaseline(
        duties=due.iloc[firsts][keys].reset_index(drop=True),
        bases=(facts.iloc[firsts].reset_index(drop=True), sure.iloc[firsts].reset_index(drop=True)),
        records=(outage_record(outages[0], as_of), outage_record(outages[1], as_of)),
        members=np.concatenate([[0], np.cumsum(np.bincount(kind, minlength=len(firsts)))]).astype(np.intp),
        owners=owners[here][order],
        people=people,
        person_rank=person_rank,
        rulebook=rulebook,
        degraded_share=share,
    )


def _tested(rulebook: Rulebook, worst: str = "none") -> set[str]:
    """The facts that the risks test, or those of them that can raise that level or a graver one."""
    return {fact for risk in rulebook.risks if RANK[risk.level] <= RANK[worst] for fact in risk.when}


def _of_length(standing: StressBaseline, struck: OutageTrial, hours: float) -> DataFrame:
    """One length at every moment."""
    size = len(struck.began)
    people = _codes_of_length(standing, struck, hours)
    counts = {name: np.bincount(codes % size, minlength=size) for name, codes in people.items()}
    began_at = pd.to_datetime(struck.began, unit="us", utc=True).as_unit("us")
    return DataFrame({"hours": float(hours), "began_at": began_at, **counts})


def _codes_of_length(standing: StressBaseline, struck: OutageTrial, hours: float) -> dict[str, NDArray[np.int64]]:
    """For each count everybody it is of, once a moment, as person × moments + moment."""
    length = round(hours * HOUR)
    first, last = _reach(standing, struck, length)
    met: dict[str, list[NDArray[np.int64]]] = {name: [] for name in COUNTS}
    for part in _portions(last - first):
        count = (last - first)[part]
        rows = np.repeat(part, count)
        moment = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first[part], count)
        for name, codes in _met(standing, struck, rows, moment, length).items():
            met[name].append(codes)
    none = np.array([], dtype=np.int64)
    return {name: pd.unique(np.concatenate(codes)) if codes else none for name, codes in met.items()}


def _reach(standing: StressBaseline, struck: OutageTrial, length: int) -> tuple[Rows, Rows]:
    """For each duty the first moment whose outage can change a fact that counts, and the first that is too late.

    One that ends or begins at the very edge changes nothing, and may stand among them.
    """
    closes = micros(standing.duties["closes_at"])
    since = closes - LAST_DAYS_HOURS * HOUR
    early = (_tested(standing.rulebook, worst="high") & set(FACTS.names)) - LATE - STILL
    if early - (set() if struck.is_planned else {"planned_hours"}):
        since = np.minimum(since, micros(standing.duties["opens_at"]))
    first = np.searchsorted(struck.began, since - length)
    return first, np.maximum(np.searchsorted(struck.began, closes), first)


def _portions(counts: Rows) -> list[Rows]:
    """The duties in portions that make no more pairs than fit at a time, but for those that make none at all."""
    portion = np.cumsum(counts) // PAIRS
    return [np.flatnonzero(portion == n) for n in np.unique(portion[counts > 0])]


def _met(
    standing: StressBaseline, struck: OutageTrial, rows: Rows, moment: Rows, length: int
) -> Mapping[str, NDArray[np.int64]]:
    """For each count the people and moments, as person × moments + moment."""
    began = struck.began[moment]
    all_of, sure = (
        _facts(standing, number, rows, StruckSpan(began, began + length, struck.is_planned)) for number in (0, 1)
    )
    all_of = with_confirmed(all_of, sure)
    told = standing.duties.iloc[rows].reset_index(drop=True)
    base = standing.bases[0].iloc[rows].reset_index(drop=True)
    is_open = ~told["is_filed"].to_numpy(dtype=bool)
    duties = told.drop(columns=["opens_at", "closes_at"])
    rank = decide(pd.concat([duties, all_of], axis=1), pd.concat([duties, sure], axis=1), standing.rulebook).best
    met = {
        "closing": is_open & (all_of["covers_close"] & ~base["covers_close"]).to_numpy(dtype=bool),
        "last_24h": is_open & (all_of["lost_24h"] > base["lost_24h"]).to_numpy(dtype=bool),
        "last_72h": is_open & (all_of["lost_72h"] > base["lost_72h"]).to_numpy(dtype=bool),
    }
    size = len(struck.began)
    codes = {name: _people(standing, rows[which], moment[which], size)[0] for name, which in met.items()}
    grave = rank <= RANK["high"]
    found, person, at_pair = _people(standing, rows[grave], moment[grave], size)
    return {**codes, "worse": found[rank[grave][at_pair] < standing.person_rank[person]]}


class StruckSpan(Struct, frozen=True):
    """The invented outage of each pair."""

    began: Instants
    ended: Instants
    is_planned: bool


def _facts(standing: StressBaseline, number: int, rows: Rows, span: StruckSpan) -> DataFrame:
    """FACTS of each pair: those of the duty, with what the invented outage changes."""
    facts = standing.bases[number].iloc[rows].reset_index(drop=True)
    known, ways = standing.records[number], routes(standing.rulebook)
    opens, closes, safe_by = (micros(standing.duties[name])[rows] for name in ("opens_at", "closes_at", "safe_by_at"))
    codes, has_opened = standing.duties["route"].cat.codes.to_numpy()[rows], opens <= known.as_of
    parts = []
    for code, is_open in {*zip(codes.tolist(), has_opened.tolist(), strict=True)}:
        here = np.flatnonzero((codes == code) & (has_opened == is_open))
        route = ways[standing.duties["route"].cat.categories[code]]
        base = Downtime.on(known, route.services, is_open)
        down = StruckDowntime(base, span.began[here], span.ended[here], span.is_planned)
        told = facts_of_route(
            opens[here], closes[here], safe_by[here],
            route=route, down=down, known=known, degraded_share=standing.degraded_share,
        )  # fmt: skip
        parts.append(told.set_axis(here))
    changed = pd.concat(parts).sort_index()
    return facts.assign(**{str(name): changed[name].to_numpy() for name in changed})


def _people(standing: StressBaseline, rows: Rows, moment: Rows, size: int) -> tuple[NDArray[np.int64], Rows, Rows]:
    """Each pair once for everybody who has the duty: the code, the person, and the number of the pair."""
    count = standing.members[rows + 1] - standing.members[rows]
    pair = np.repeat(np.arange(len(rows)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + standing.members[rows][pair]
    person = standing.owners[place]
    return person.astype(np.int64) * size + moment[pair], person, pair
