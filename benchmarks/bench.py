"""Measures the program beside three yardsticks, in one run; prints one table and where the time goes, asserts nothing.

This process imports nothing heavy: on Linux a child's peak memory starts from its parent's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OFFICES = ((100_000, 300), (5_000, 300), (5_000, 12), (300, 10), (300, 1))
"""People and readers. The fourth is the usual office."""
LARGEST = OFFICES[0]
PLAIN_SIZES = ((2_000, 300), (10_000, 300))
YARDSTICKS = {"floor": "parcel_floor.py", "plain": "plain_script.py", "strong": "strong_script.py"}
TARGETS = {(100_000, 300): (4.0, 18.0, 600), (5_000, 300): (5.0, 5.5, 0), (300, 10): (0.0, 2.2, 0)}
"""At most so many times the parcel floor, CPU seconds and MB; 0 where there is no target."""
PERSON = "E0000003"
AS_OF = "2026-09-09T09:00:00-04:00"
QUARTER = ("--duties", 250_000, "--outages", 2_500)
CARRIED = f"""
NOTE: the plain script was NOT run on {LARGEST[0]:,} people: its line is the straight line through those of
      {PLAIN_SIZES[0][0]:,} and {PLAIN_SIZES[1][0]:,} people, both measured. --whole measures it, in minutes."""


@dataclass(frozen=True)
class Cost:
    """What one process cost, or `missing`: why it could not be measured. `said` is its standard output."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0
    missing: str = ""
    said: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the table; `target` and `holds` are empty where design has none."""

    what: str
    cost: Cost
    target: str = ""
    holds: bool | None = None
    floor: Cost | None = None


@dataclass(frozen=True)
class Bench:
    """Where the files are and what was asked for; `scratch` is for what is made, and is gone at the end of all.

    NOTE: ext4 looks over what was deleted within minutes for each file that it makes. A folder emptied just before a
    run of 1,500 files costs that run a third of a second.
    """

    folder: Path
    scratch: Path
    whole: bool = False

    def roster(self, office: tuple[int, int]) -> Path:
        """The roster of that many people and readers."""
        return self.folder / f"roster-{office[0]}-{office[1]}.xlsx"

    def yardstick(self, which: str, office: tuple[int, int]) -> Cost:
        """One of the three scripts; the plain one is carried to the largest office unless the whole was asked for."""
        if which == "plain" and office == LARGEST and not self.whole:
            small, large = (self.yardstick(which, size) for size in PLAIN_SIZES)
            return small if small.missing else large if large.missing else _carry(small, large)
        out = self.folder / f"{which}-{office[0]}-{office[1]}"
        inputs = (
            [self.roster(office)] if which == "floor" else [self.roster(office), self.folder / "outages.csv", AS_OF]
        )
        return measure(HERE / YARDSTICKS[which], *inputs, out)

    def ours(self, office: tuple[int, int], *start: object) -> Cost:
        """`reporter run`, nothing delivered; the store starts empty, in a folder where nothing ever was."""
        home = Path(tempfile.mkdtemp(dir=self.scratch))
        command = ["run", *self.inputs(office), "--as-of", AS_OF, "--out", home / "out", "--no-deliver"]
        return measure(*(start or ("-m", "reporter")), *command, cwd=home)

    def inputs(self, office: tuple[int, int]) -> Sequence[object]:
        """The roster of an office, and the outages of all."""
        return "--roster", self.roster(office), "--outages", self.folder / "outages.csv"

    def on_postgres(self) -> Iterator[Line]:
        """The largest office with its store on a PostgreSQL of its own; what the server itself takes is not counted."""
        cost = self.ours(LARGEST, HERE / "on_postgres.py")
        yield Line(f"{LARGEST[0]:,} people, {LARGEST[1]} readers: OURS on PostgreSQL", cost)

    def stages(self, office: tuple[int, int]) -> str:
        """The same in one process, stage by stage."""
        cost = self.ours(office, HERE / "stages.py")
        return cost.missing or cost.said[cost.said.rindex("  stage") :]

    def small(self) -> Iterator[Line]:
        """Commands that take no report, and the reader and the engine alone."""
        helped = min((measure("-m", "reporter", "--help") for _ in range(3)), key=lambda cost: cost.seconds)
        yield _limit("reporter --help (seconds)", helped, 0.25, helped.seconds)
        check = measure("-m", "reporter", "check", self.roster((300, 10)))
        yield _limit("reporter check, 300 people", check, 1.2, check.cpu)
        command = ["explain", PERSON, *self.inputs((300, 10)), "--as-of", AS_OF]
        explain = measure("-m", "reporter", *command, cwd=self.scratch)
        yield _limit("reporter explain, one of 300 people", explain, 2.5, explain.cpu)
        read = measure(HERE / "read_alone.py", self.roster(LARGEST))
        if not read.missing:
            told = json.loads(read.said)
            yield _limit("read 100,000 rows: times fastexcel alone", read, 3, told["ours"] / told["floor"])
        for what, size in (("engine: 1,000,000 duties x 10,000 outages", ()), ("engine: a quarter of both", QUARTER)):
            engine = measure(HERE / "engine_alone.py", *size)
            cpu = 0.0 if engine.missing else json.loads(engine.said)["cpu"]
            yield _limit(f"{what} (CPU of the call alone {cpu:.2f})", engine, 0.5, cpu)


def measure(*arguments: object, cwd: Path | None = None) -> Cost:
    """Run Python with these arguments and ask the kernel what that process and its children cost."""
    began = time.perf_counter()
    command = [sys.executable, *map(str, arguments)]
    child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = child.stdout.read() if child.stdout else ""
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        return Cost(missing=_reason(said, child.returncode))
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, said=said)


def _reason(said: str, code: int) -> str:
    last = said.strip().splitlines()[-1:] or ["no message"]
    return f"not measured, exit {code}: {last[0][:90]}"


def _carry(small: Cost, large: Cost) -> Cost:
    """The straight line through two measured sizes, read at the full size."""
    sizes = [people for people, _ in PLAIN_SIZES]
    share = (LARGEST[0] - sizes[0]) / (sizes[1] - sizes[0])

    def at_full(one: float, other: float) -> float:
        return one + (other - one) * share

    return Cost(
        at_full(small.seconds, large.seconds),
        at_full(small.cpu, large.cpu),
        at_full(small.peak_mb, large.peak_mb),
        said="carried",
    )


def _limit(what: str, cost: Cost, most: float, value: float) -> Line:
    return Line(what, cost, f"≤ {most:g}", None if cost.missing else value <= most)


def of_office(bench: Bench, office: tuple[int, int]) -> Iterator[Line]:
    """The yardsticks and ours for one office."""
    yardsticks = {which: bench.yardstick(which, office) for which in YARDSTICKS}
    floor, ours = yardsticks["floor"], bench.ours(office)
    for which, cost in yardsticks.items():
        carried = " (carried)" if cost.said == "carried" else ""
        yield Line(f"{office[0]:,} people, {office[1]} readers: {which}{carried}", cost, floor=floor)
    times, seconds, megabytes = TARGETS.get(office, (0.0, 0.0, 0))
    limits = [(f"≤ {times:g} x the parcel floor", ours.cpu <= times * floor.cpu)] if times else []
    limits += [(f"≤ {seconds:g} CPU s", ours.cpu <= seconds)] if seconds else []
    limits += [(f"≤ {megabytes} MB", ours.peak_mb <= megabytes)] if megabytes else []
    limits += [("faster than plain", ours.cpu < yardsticks["plain"].cpu)] if office == (5_000, 300) else []
    first, *more = limits or [("", None)]
    yield Line(f"{office[0]:,} people, {office[1]} readers: OURS", ours, *first, floor=floor)
    yield from (Line("", ours, *limit) for limit in more)


MORE = {"postgres": Bench.on_postgres, "small": Bench.small}
"""What is measured beside offices."""


def render(table: Sequence[Line]) -> str:
    """The table as text; a line without a name goes on about the part above it."""
    head = f"{'what':<66}{'CPU s':>9}{'peak MB':>9}{'x floor':>9}{'wall s':>9}  target"
    rows = [head, "-" * (len(head) + 26)]
    for line in table:
        if line.cost.missing:
            rows += [f"{line.what:<66}  {line.cost.missing}"] if line.what else []
            continue
        verdict = {True: "PASS", False: "over", None: ""}[line.holds]
        rows.append(f"{line.what:<66}{_figures(line)}  {line.target:<27}{verdict}".rstrip())
    return "\n".join(rows)


def _figures(line: Line) -> str:
    cost, floor = line.cost, line.floor
    if not line.what:
        return " " * 36
    times = f"{cost.cpu / floor.cpu:.3g}" if floor and floor.cpu else ""
    return f"{cost.cpu:>9.2f}{cost.peak_mb:>9.0f}{times:>9}{cost.seconds:>9.2f}"


def make_data(folder: Path, offices: Sequence[tuple[int, int]]) -> None:
    """Make the files that are not there yet, in a process of its own."""
    sizes = [f"{people}/{readers}" for people, readers in offices]
    subprocess.run([sys.executable, HERE / "make_data.py", folder, *sizes], check=True)


def main() -> None:
    """Measure the offices asked for, print the table and each one's stages."""
    names = {f"{people}/{readers}": (people, readers) for people, readers in OFFICES}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench-out"))
    parser.add_argument(
        "--only", default=",".join([*names, *MORE]), help="offices, with commas, and `postgres`, `small`"
    )
    parser.add_argument("--whole", action="store_true", help="the plain script on the largest office too, for minutes")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    if unknown := set(wanted) - names.keys() - {*MORE}:
        parser.error(f"{', '.join(sorted(unknown))} is none of {', '.join([*names, *MORE])}")
    subprocess.run([sys.executable, "-m", "compileall", "-q", HERE.parent / "reporter"], check=True)  # as pip does
    make_data(asked.folder, (*OFFICES, *PLAIN_SIZES))
    table: list[Line] = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        bench = Bench(asked.folder.resolve(), Path(scratch).resolve(), asked.whole)
        for name in wanted:
            print(f"measuring {name} ...", file=sys.stderr)
            table += of_office(bench, names[name]) if name in names else MORE[name](bench)
        print(render(table))
        for name in wanted:
            if name in names:
                print(f"\nwhere the time goes, {name}, in one process:\n{bench.stages(names[name])}")
    if any(line.cost.said == "carried" for line in table):
        print(CARRIED)


if __name__ == "__main__":
    main()
