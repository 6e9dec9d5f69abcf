"""Why levels changed; each cause alone is the only one told, and the parts add up."""

import json
import random
from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from made_runs import AS_OF, outages, roster, run

from reporter.engine.risk import steps

pytestmark = pytest.mark.slow  # minutes of whole runs: part of `make check`
WAS, NOW = "2026-09-02T13:00:00Z", AS_OF
SHORT = {"services": "ircc_secure_account", "began_at": "2026-09-08T00:00Z", "ended_at": "2026-09-08T20:00Z"}


def person(key: str, expires_on: str) -> tuple[str, ...]:
    return (key, f"Person {key} Invented", "Mill", "mill@example.org", "ON", "Work permit", expires_on)


def week(folder, expiries, record, as_of, **more):
    """One run over these last days and outages; the changes of the office's workbook and what caused them."""
    people = roster(folder / "staff.csv", [person(key, on) for key, on in expiries.items()])
    report = run(
        folder, [people], [outages(folder / "o.json", record, complete_to=None)], as_of=as_of, **more
    ).told.office
    return report.changes, report.causes


def moved(folder, *, was, now, then=NOW):
    """The steps by each cause between two runs: (expiries, outages, settings) of each."""
    week(folder, was[0], was[1], WAS, **was[2])
    _, causes = week(folder, now[0], now[1], then, **now[2])
    totals = causes[["by_start", "by_time", "by_outages"]].abs().sum()
    return set(causes["start"]), [name for name, total in totals.items() if total]


FAR, NEAR = {"A": "2026-12-01", "B": "2027-06-30"}, {"A": "2026-09-12", "B": "2027-06-30"}
SOON = "2026-09-02T14:00:00Z"
SHUT = SHORT | {"began_at": "2026-09-12T20:00Z", "ended_at": "2026-09-13T03:00Z"}  # at the last moment of NEAR's first


@pytest.mark.parametrize(
    ("was", "now", "then", "expected"),
    [
        ((NEAR, [], {}), (NEAR, [], {}), "2026-09-14T13:00:00Z", ({"rules"}, ["by_time"])),
        ((FAR, [], {}), (NEAR, [], {}), SOON, ({"roster"}, ["by_start"])),
        ((NEAR, [], {}), (NEAR, [SHUT], {}), SOON,
         ({"rules"}, ["by_outages"])),
    ],
)  # fmt: skip
def test_one_cause_alone_is_the_only_one_told(tmp_path, was, now, then, expected):
    """Time passed, the roster edited, an outage added: each moves the level by itself."""
    assert expected == moved(tmp_path, was=was, now=now, then=then)


def test_a_roster_edited_while_rules_changed_is_not_told_apart(tmp_path):
    """What cannot be known is not guessed."""
    own = tmp_path / "own.toml"
    own.write_text("")
    start, _ = moved(tmp_path, was=(FAR, [], {}), now=(NEAR, [], {"degraded_share": 0.5}), then=SOON)

    assert {"roster_rules"} == start


def test_a_run_whose_outages_were_not_kept_does_not_guess(tmp_path, monkeypatch):
    """Too many outages to keep: the next run says that it may be these or the roster."""
    monkeypatch.setattr("reporter.pipeline.compare.baseline.MOST_KEPT", 0)
    start, _ = moved(tmp_path, was=(FAR, [SHORT], {}), now=(NEAR, [SHORT], {}), then=SOON)

    assert {"roster_outages"} == start


@pytest.mark.parametrize("seed", range(2))
def test_the_parts_add_up_to_the_change_of_each_duty(tmp_path, seed):
    """Whatever was edited, added or passed, the causes of a duty make exactly its change."""
    rng = random.Random(seed)

    def people():
        days = {f"P{n}": date(2026, 9, 1) + timedelta(days=rng.randrange(60)) for n in range(rng.randrange(10, 40))}
        return {key: f"{on:%Y-%m-%d}" for key, on in days.items()}

    def record():
        days = [date(2026, 9, 1) + timedelta(days=rng.randrange(20)) for _ in range(rng.randrange(4))]
        return [SHORT | {"began_at": f"{on}T01:00Z", "ended_at": f"{on}T22:00Z"} for on in days]

    week(tmp_path, people(), record(), WAS)
    changes, causes = week(tmp_path, people(), record(), NOW)
    net = steps(changes["level"]) - steps(changes["was_level"])

    assert net.tolist() == causes[["by_start", "by_time", "by_outages"]].sum(axis=1).tolist()


def test_the_workbook_tells_causes_and_their_sum(tmp_path):
    """On the sheet of changes, each row's parts make its whole change; the head has the totals.

    The manifest keeps the outages of files: by them the next run tells an amended outage from an edited roster.
    """
    week(tmp_path, NEAR, [], WAS)
    week(tmp_path, NEAR, [SHORT], "2026-09-14T13:00:00Z")
    sheet = openpyxl.load_workbook(BytesIO((tmp_path / "out/record.xlsx").read_bytes()))["Changes"]
    kept = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    rows = list(sheet.iter_rows(values_only=True))
    first = next(n for n, row in enumerate(rows) if row[0] == "Change")

    assert ("Time passed", "Outages added or amended", "Whole change") == rows[first][9:12]
    assert [row[11] for row in rows[first + 1 :]] == [sum(row[8:11]) for row in rows[first + 1 :]]
    assert any("Steps of level, up is worse: net +" in str(cell) for row in rows[:first] for cell in row)
    assert ["o0"] == [row[0] for row in kept["outages_of_files"]]
