"""The worst moments of an office, held against the engine run once for some of them."""

import pandas as pd
import pytest
from made_runs import HEADER, at, outages, roster
from made_runs import settings as office

from reporter.engine.downtime import routes
from reporter.engine.due import Basis, duties
from reporter.engine.exposure import measure
from reporter.engine.risk import judge
from reporter.model.levels import RANK
from reporter.pipeline.assemble.inputs import read_for_question, verification_standing
from reporter.pipeline.questions.trials import invented_outage, run_stress, with_outage

pytestmark = pytest.mark.slow  # minutes of whole runs: part of `make check`
SIGN_IN = (*HEADER, "Sign-in method", "Application filed at", "Letter type", "Letter due date")
PEOPLE = [
    ("01", "Ana Bel", "Ops", "", "ON", "Study permit", "2026-09-12", "gckey"),
    ("01", "Ana Bel", "Ops", "", "ON", "", "", "gckey", "", "document request", "2026-09-12"),
    ("02", "Bo Chen", "Ops", "", "ON", "Work permit", "2026-09-12", "sign-in partner"),
    ("03", "Cy Diaz", "Ops", "", "ON", "Work permit", "2026-09-16", "gckey"),
    ("04", "Di Egan", "Ops", "", "ON", "Work permit", "2026-09-14", "gckey", "2026-09-01T12:00:00Z"),
    ("05", "Ed Fox", "Ops", "", "ON", "Study permit", "2026-09-16", ""),
    ("06", "Flo Gow", "Ops", "", "ON", "Study permit", "2026-09-01", "gckey"),
]
RECORD = [
    {"services": "gckey", "began_at": "2026-09-12T10:00:00Z", "ended_at": "2026-09-12T22:00:00Z", "kind": "planned"},
    {"services": "ircc_secure_account", "began_at": "2026-09-16T23:00:00Z", "ended_at": "2026-09-17T02:00:00Z",
     "verification": "user_report"},
]  # fmt: skip


def asked(folder, people=PEOPLE, record=()):
    path = roster(folder / "staff.csv", people, SIGN_IN)
    return read_for_question(office(folder, [path], [outages(folder / "o.json", list(record))]), at())


def brute(inputs, services, hours, moments, kind):
    """The same counts from the engine run once more for each moment; only the duties are made once."""
    book, record = inputs.rulebook, inputs.gathered.record.outages
    due = duties(inputs.gathered.roster, Basis(book, inputs.as_of, inputs.settings.office.time_zone))

    def found(outages):
        sure = outages[verification_standing(outages).isin(book.limits.confirmed)]
        facts, certain = (measure(due, one, routes(book), inputs.as_of) for one in (outages, sure))
        return judge(due, facts, certain, book).astype({"deadline": "str", "level": "str"})

    def rank(findings):
        return findings["level"].map(RANK).groupby(findings["person_id"]).min()

    before = found(record)
    key = ["person_id", "deadline", "closes_at", "source_row"]
    counts = []
    for began_at in moments:
        after = found(with_outage(record, invented_outage(services, began_at, pd.Timedelta(hours=hours), kind)))
        both = after.merge(before, on=key, suffixes=("", "_was"))
        touched = [both[name] > both[f"{name}_was"] for name in ("covers_close", "lost_24h", "lost_72h")]
        people = [both.loc[~both["is_filed"] & one, "person_id"].nunique() for one in touched]
        worse = (rank(after) < rank(before)) & (rank(after) <= RANK["high"])
        counts.append((*people, int(worse.sum())))
    return counts


def counted(answer):
    columns = ["closing", "last_24h", "last_72h", "worse"]
    return list(answer.moments[columns].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("services", "hours", "kind"),
    [
        (("gckey",), 4, "planned"),
        (("gckey",), 30, "unplanned"),
        (("ircc_secure_account", "web_form"), 12, "unplanned"),
    ],
)
def test_each_moment_counts_what_a_run_of_its_own_finds(tmp_path, hours, kind, services):
    """People covered, people who lose hours and people whose level rises: as the engine finds, moment by moment."""
    inputs = asked(tmp_path, record=RECORD)
    answer = run_stress(inputs, services, [hours], days=8, step=pd.Timedelta(hours=13), kind=kind)

    assert brute(inputs, services, hours, answer.moments["began_at"], kind) == counted(answer)


def test_the_small_office_has_something_to_count(tmp_path):
    """What the comparison with the engine compares is not all zero."""
    answer = run_stress(asked(tmp_path, record=RECORD), (), [12], days=9, step=pd.Timedelta(hours=1), kind="unplanned")

    assert (answer.moments[["closing", "last_24h", "last_72h", "worse"]].max() > 0).all()


def test_the_worst_moments_stand_first(tmp_path):
    """The first stretch is that in which most people's level would rise, and ends before the cut-off."""
    worst = run_stress(asked(tmp_path), (), [12], days=9, step=pd.Timedelta(hours=1), kind="unplanned").worst(12, 3)

    assert worst["worse"].is_monotonic_decreasing
    assert worst["worse"].iloc[0] > 0


def test_the_worst_moment_names_whom_its_counts_are_of(tmp_path):
    """As many people as the table counts, by each of its columns."""
    inputs = asked(tmp_path)
    answer = run_stress(inputs, ("gckey",), (4.0,), days=8, step=pd.Timedelta("1h"), kind="unplanned")
    worst = answer.worst(4.0, 1).iloc[0]
    people = answer.touched(4.0, worst["began_at"])

    assert {name: worst[name] for name in people} == {name: len(who) for name, who in people.items()}
    assert worst["worse"] > 0
