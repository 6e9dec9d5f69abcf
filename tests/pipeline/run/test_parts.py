"""A roster judged in parts, by several processes or a cluster, says what it says when it is judged at once."""

import json
import os
import pickle
import random
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from makers import instant

from reporter.errors import ReporterError
from reporter.pipeline.assemble.part_findings import part_numbers, person_keys
from reporter.pipeline.run.refusals import Waivers
from reporter.pipeline.run.run import run
from reporter.pipeline.run.workers import by_pool
from reporter.readers.sandbox import FileRefusedError, refuse
from reporter.settings import EngineSettings, RosterSettings, Settings, load_settings

HEADINGS = ["Employee No.", "Name", "Permit type", "Permit expiry", "Unit", "Contact email", "Language", "Principal"]
FILES = 4
SETTINGS = """
[office]
name = "Office"
address = "office@example.org"
[[roster]]
path = "people/"
[roster.columns]
principal_id = "Principal"
[[outages]]
path = "outages.csv"
complete_to = "2026-09-09T09:00:00-04:00"
"""
OUTAGES = """outage_id,services,began_at,ended_at,kind,verification,status,source_url
o1,ircc_secure_account,2026-09-08T09:00:00-04:00,2026-09-08T19:00:00-04:00,unplanned,official,resolved,https://e.ca
o2,ircc_secure_account,2026-09-09T01:00:00-04:00,,unplanned,press,ongoing,https://e.ca/2
"""


def person(draw, n):
    """One row: now and then a second permit, another spelling of the number, a bad date, or somebody's family."""
    end = draw.choice([
        f"2026-09-{draw.randint(9, 30):02d}", f"{draw.randint(1, 28):02d}/{draw.randint(9, 12):02d}/2026",
        f"2027-0{draw.randint(1, 9)}-11", f"2026-08-{draw.randint(1, 31):02d}", "n/a?", "", "2026-09-1", "1999-01-01",
    ])  # fmt: skip
    kind = draw.choice(["Work permit", "Study permit", "Visitor record", "Citizen", "Werk"])
    unit = draw.choice(["North", "South", "East"])
    contact = draw.choice(["", "", f"{unit.lower()}@example.org", "nobody"])
    number = f"{n:05d}" if draw.random() < 0.9 else str(n)
    holder = f"{draw.randint(0, n + 5):05d}" if draw.random() < 0.15 else ""
    name = f"Person {n}" if draw.random() < 0.97 else "Somebody Else"
    return [number if draw.random() < 0.97 else "", name, kind, end, unit, contact, draw.choice(["en", "fr"]), holder]


def office(folder: Path, seed: int, count: int, *, change: float = 0.0) -> None:
    """Settings, outages and a roster in several files; `change` of its rows are drawn anew."""
    draw, again = random.Random(seed), random.Random(seed + 1)
    rows = [person(draw, n) for n in range(count)]
    rows += [draw.choice(rows) for _ in range(count // 10)] + [
        person(draw, draw.randrange(count)) for _ in range(count // 10)
    ]
    draw.shuffle(rows)
    rows = [person(again, int(row[0] or 0)) if again.random() < change else row for row in rows]
    (folder / "people").mkdir(exist_ok=True)
    (folder / "s.toml").write_text(SETTINGS)
    (folder / "outages.csv").write_text(OUTAGES)
    for n in range(FILES):
        frame = pd.DataFrame(rows[n::FILES], columns=HEADINGS)
        if n == FILES - 1:
            frame.to_parquet(folder / "people" / f"p-{n}.parquet", index=False)
        else:
            frame.to_csv(folder / "people" / f"p-{n}.csv", index=False)


def reported(folder: Path, at: str, **engine):
    """The files of a run with that engine, and its manifest without what a run in parts says otherwise."""
    settings = load_settings(folder / "s.toml")
    how = msgspec.structs.replace(settings.engine, **engine)
    out = folder / ("parts" if engine else "plain") / at[:10]
    store = f"sqlite:///{'parts' if engine else 'plain'}.db"
    run(msgspec.structs.replace(settings, engine=how, store=store), instant(at), out=out, waivers=Waivers(shrink=True))
    manifest = json.loads((out / "manifest.json").read_text())
    return out, manifest


SAME = [
    "rows_read", "rows_assessed", "rows_superseded", "rows_repeated", "rows_set_aside", "rows_excluded",
    "rows_excluded_by_rule", "people", "people_by_level", "findings", "told", "recipients", "inputs", "run_id",
    "sheets", "rosters", "outages_used", "owed", "not_read",
]  # fmt: skip


def assert_same(plain, parts):
    assert {key: plain[1][key] for key in SAME} == {key: parts[1][key] for key in SAME}
    assert (plain[0] / "findings.csv").read_bytes() == (parts[0] / "findings.csv").read_bytes()
    told = [pd.read_csv(out / "problems.csv", dtype="str", keep_default_na=False) for out in (plain[0], parts[0])]
    told[1] = told[1][~told[1]["code"].isin(["parts_unnamed", "cluster_open"])]
    assert sorted(map(tuple, told[0].to_numpy().tolist())) == sorted(map(tuple, told[1].to_numpy().tolist()))
    for name in ("calendar.ics",):
        assert (plain[0] / name).read_bytes() == (parts[0] / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_parts_say_what_the_whole_says(tmp_path, seed):
    """Over two weeks: findings byte for byte, the account, who is told of how many, and what changed; also of whoever's
    stay rests on that of somebody in another part."""
    office(tmp_path, seed, 300)
    first = [reported(tmp_path, "2026-09-02T13:00:00Z", **how) for how in ({}, {"workers": 1, "part_people": 40})]
    assert_same(*first)
    office(tmp_path, seed, 300, change=0.1)
    second = [reported(tmp_path, "2026-09-09T13:00:00Z", **how) for how in ({}, {"workers": 2, "part_people": 40})]
    assert_same(*second)


def test_two_rosters_of_one_name_are_refused_in_parts_too(tmp_path):
    """Before anything is read: the rows of one would go to the readers of the other."""
    rosters = tuple(RosterSettings(f"{folder}/staff.csv") for folder in ("law", "arts"))
    known = Settings(folder=str(tmp_path), roster=rosters, engine=EngineSettings(workers=1))

    with pytest.raises(ReporterError, match="is the name of another file"):
        run(known, instant("2026-09-09T13:00:00Z"), out=tmp_path / "out")


def double(n):
    return 2 * n


@dataclass(frozen=True)
class Mortal:
    """Takes its process along at the third item, the first time that anybody comes to it, or always."""

    mark: Path
    is_always: bool = False

    def __call__(self, n):
        if n == 3 and (self.is_always or not self.mark.exists()):
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return double(n)


def test_answers_come_in_the_order_of_the_items():
    """Whoever is done first, and without taking more items in hand than there are hands for."""
    taken = []
    items = (taken.append(n) or n for n in range(9))
    answers = by_pool(2, double, items)

    assert 0 == next(answers)
    assert len(taken) <= 4
    assert [2 * n for n in range(1, 9)] == list(answers)


def test_a_process_that_dies_costs_another_try_and_nothing_else(tmp_path):
    """Of one that takes each of its processes along, the run says so."""
    assert [2 * n for n in range(6)] == list(by_pool(2, Mortal(tmp_path / "mark"), range(6)))
    with pytest.raises(ReporterError, match="three times"):
        list(by_pool(2, Mortal(tmp_path / "mark", is_always=True), range(6)))


def test_an_error_stays_what_it_is_on_its_way_from_another_process(tmp_path):
    """Its place, its sentence in both languages and its exit code."""
    error = pickle.loads(pickle.dumps(refuse("people/p.csv", "file_pdf")))

    assert (FileRefusedError, "people/p.csv") == (type(error), error.where)
    assert "PDF" in error.in_language("fr") and error.problem.code == "file_pdf"


def test_two_spellings_of_a_number_are_in_one_part():
    """What may be one person is settled within one part, whatever the number of parts."""
    frame = pd.DataFrame({"person_id": ["0042", "42", "ab1", "AB1", None, None], "source_row": list("abcdef")})
    numbers = part_numbers(person_keys(frame), 1_000_003)

    assert numbers[0] == numbers[1] and numbers[2] == numbers[3] and numbers[4] != numbers[5]


@pytest.fixture
def cluster(socket_enabled):
    """A Dask scheduler with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as running:
        yield running


@pytest.mark.slow
def test_a_cluster_says_what_one_machine_says_though_a_worker_is_killed(tmp_path, cluster):
    """A part that was in hand is judged again by another, and nothing else is lost."""
    office(tmp_path, 5, 300)
    plain = reported(tmp_path, "2026-09-09T13:00:00Z")
    pids = cluster.scheduler_info["workers"].values() and [nanny.pid for nanny in cluster.workers.values()]
    killer = threading.Timer(2.0, os.kill, (pids[0], signal.SIGKILL))
    killer.start()
    parts = reported(tmp_path, "2026-09-09T13:00:00Z", cluster=cluster.scheduler_address, part_people=20)

    assert_same(plain, parts)


@pytest.mark.slow
def test_a_cluster_over_tls_says_the_same_and_only_to_whom_it_knows(tmp_path, socket_enabled):
    """Scheduler, workers and this machine show certificates of one authority; another authority's is turned away."""
    distributed, trustme = pytest.importorskip("distributed"), pytest.importorskip("trustme")
    office(tmp_path, 5, 60)
    plain = reported(tmp_path, "2026-09-09T13:00:00Z")
    ours, others = (_certified(tmp_path / name, trustme.CA()) for name in ("ours", "others"))
    security = distributed.Security(
        require_encryption=True, tls_ca_file=ours["ca_file"], tls_scheduler_cert=ours["cert_file"],
        tls_scheduler_key=ours["key_file"], tls_worker_cert=ours["cert_file"], tls_worker_key=ours["key_file"],
        tls_client_cert=ours["cert_file"], tls_client_key=ours["key_file"],
    )  # fmt: skip
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="tls://127.0.0.1", protocol="tls://",
        security=security, silence_logs=50,
    ) as running:  # fmt: skip
        address = running.scheduler_address
        parts = reported(tmp_path, "2026-09-09T13:00:00Z", cluster=address, part_people=20, **ours)
        with pytest.raises(ReporterError, match="no Dask scheduler"):
            reported(tmp_path, "2026-09-09T13:00:00Z", cluster=address, part_people=20, **others)

    assert address.startswith("tls://")
    assert_same(plain, parts)


def _certified(folder, authority):
    """The files by which somebody of that authority knows others and is known."""
    folder.mkdir()
    mine = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    mine.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    mine.private_key_pem.write_to_path(folder / "key.pem")
    return {f"{name}_file": str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_said_so(tmp_path, socket_enabled):
    """Nothing is judged elsewhere in its place."""
    pytest.importorskip("distributed")
    office(tmp_path, 5, 20)

    with pytest.raises(ReporterError, match="no Dask scheduler"):
        reported(tmp_path, "2026-09-09T13:00:00Z", cluster="tcp://127.0.0.1:9")
