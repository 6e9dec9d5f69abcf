"""The engine alone: duties and outages already in memory, CPU seconds of the one call, as one line of JSON."""

import argparse
import json
import time

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

SERVICE = "ircc_secure_account"
AS_OF = pd.Timestamp("2026-09-09T13:00Z")


def duties(count: int) -> DataFrame:
    """DUTIES: permits that end between two years ago and three ahead, each open for 120 days."""
    from reporter.model.shapes import DUTIES

    days = pd.to_timedelta(np.random.default_rng(1).integers(-730, 1_095, count), unit="D")
    closes_at = Series(AS_OF.normalize() + days)
    return DUTIES.cast(
        DataFrame(
            {
                "person_id": Series(range(count)).astype("str"),
                "deadline": "work-permit-renewal",
                "group": "status",
                "route": SERVICE,
                "opens_at": closes_at - pd.Timedelta(days=120),
                "closes_at": closes_at,
                "safe_by_at": closes_at - pd.Timedelta(days=1),
                "is_filed": False,
                "is_filed_late": False,
            }
        )
    )


def outages(count: int) -> DataFrame:
    """OUTAGES of one service over twenty years, in no order, some overlapping."""
    from reporter.model.shapes import OUTAGES

    rng = np.random.default_rng(2)
    began_at = Series(AS_OF - pd.to_timedelta(rng.integers(60, 20 * 365 * 24 * 60, count), unit="min"))
    return OUTAGES.cast(
        DataFrame(
            {
                "outage_id": [f"bench-{number:05d}" for number in range(count)],
                "services": SERVICE,
                "began_at": began_at,
                "ended_at": began_at + pd.to_timedelta(rng.integers(5, 600, count), unit="min"),
                "kind": "unplanned",
                "verification": "official",
                "status": "resolved",
            }
        )
    )


def measure(due: DataFrame, record: DataFrame) -> DataFrame:
    """The one call that is timed: every fact of every duty."""
    from reporter.engine.downtime import Route
    from reporter.engine.exposure import measure as facts

    service = frozenset({SERVICE})
    return facts(due, record, {SERVICE: Route(service, (), (service,))}, AS_OF)


def main() -> None:
    """Time one call and print its CPU and wall seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duties", type=int, default=1_000_000)
    parser.add_argument("--outages", type=int, default=10_000)
    asked = parser.parse_args()
    due, record = duties(asked.duties), outages(asked.outages)
    measure(due.head(100), record.head(100))  # imports and first-use costs are not the engine's
    wall, cpu = time.perf_counter(), time.process_time()
    found = measure(due, record)
    figures = {"rows": len(found), "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
