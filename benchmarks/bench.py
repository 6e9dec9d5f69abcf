"""Measures the program beside the floor and a plain script, in one run; prints one table, asserts nothing.

This process imports nothing heavy: on Linux a child's peak memory starts from its parent's.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEOPLE, FEW = 100_000, 5_000
PEER_SIZES = (2_000, 10_000)
AS_OF = "2026-09-09T09:00:00-04:00"
QUARTER = ("--duties", 250_000, "--outages", 2_500)
CARRIED = f"""
NOTE: the plain script was NOT run on {PEOPLE:,} people: its line is the straight line through {PEER_SIZES[0]:,} and
      {PEER_SIZES[1]:,} people, both measured. Run without --quick to measure it whole."""


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


@dataclass(frozen=True)
class Bench:
    """Where the files are and what was asked for."""

    folder: Path
    quick: bool = False

    def roster(self, people: int) -> Path:
        """The roster of that many people."""
        return self.folder / f"roster-{people}.xlsx"

    def floor(self) -> Cost:
        """Read and write the same cells."""
        return measure(HERE / "floor.py", self.roster(PEOPLE), self.folder / "floor" / "out.xlsx")

    def peer(self) -> Cost:
        """The plain script at full size, or quickly: carried there along the line through two smaller sizes."""
        if not self.quick:
            return self._peer_of(PEOPLE)
        small, large = (self._peer_of(people) for people in PEER_SIZES)
        return small if small.missing else large if large.missing else _carry(small, large)

    def _peer_of(self, people: int) -> Cost:
        out = self.folder / f"peer-{people}"
        return measure(HERE / "plain_script.py", self.roster(people), self.folder / "outages.csv", AS_OF, out)

    def ours(self, people: int = PEOPLE) -> Cost:
        """`reporter run`, nothing delivered; the store starts empty, in the bench folder."""
        out = self.folder / f"ours-{people}"
        for old in (*out.glob("**/*"), *self.folder.glob("reporter.db*")):
            if old.is_file():
                old.unlink()
        inputs = ["--roster", self.roster(people), "--outages", self.folder / "outages.csv"]
        return measure(
            "-m", "reporter", "run", *inputs, "--as-of", AS_OF, "--out", out, "--no-deliver", cwd=self.folder
        )

    def few(self) -> Cost:
        """The same with few people."""
        return self.ours(FEW)

    def help(self) -> Cost:
        """`reporter --help`, the best of three: the first may find cold files."""
        costs = [measure("-m", "reporter", "--help") for _ in range(3)]
        return min(costs, key=lambda cost: cost.seconds)

    def read(self) -> Cost:
        """The largest roster into ROSTER, beside what `fastexcel` alone takes for that file, in one process."""
        cost = measure(HERE / "read_alone.py", self.roster(PEOPLE))
        if cost.missing:
            return cost
        return Cost(seconds=json.loads(cost.said)["ours"], cpu=cost.cpu, peak_mb=cost.peak_mb, said=cost.said)

    def engine(self) -> Cost:
        """The engine's call alone; its own clock, without start-up."""
        return self._engine_of()

    def quarter(self) -> Cost:
        """The engine on a quarter of both, so that the growth can be seen."""
        return self._engine_of(*QUARTER)

    def _engine_of(self, *size: object) -> Cost:
        cost = measure(HERE / "engine_alone.py", *size)
        if cost.missing:
            return cost
        alone = json.loads(cost.said)
        return Cost(seconds=alone["wall"], cpu=alone["cpu"], peak_mb=cost.peak_mb)


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
    share = (PEOPLE - PEER_SIZES[0]) / (PEER_SIZES[1] - PEER_SIZES[0])

    def at_full(one: float, other: float) -> float:
        return one + (other - one) * share

    return Cost(
        at_full(small.seconds, large.seconds),
        at_full(small.cpu, large.cpu),
        at_full(small.peak_mb, large.peak_mb),
        said="carried",
    )


def lines(costs: dict[str, Cost]) -> list[Line]:
    """The table: every part measured, with the targets of the design."""
    floor, peer, ours = (costs.get(part, Cost(missing="not asked for")) for part in ("floor", "peer", "ours"))
    scale = f" (from {PEER_SIZES[0]:,} and {PEER_SIZES[1]:,})" if peer.said == "carried" else ""
    table = {
        "floor": [Line("floor: read and write the same cells", floor)],
        "peer": [Line(f"plain pandas + openpyxl script{scale}", peer)],
        "ours": [
            _against(
                "ours: run, 100,000 people", ours, "≤ 2.5 x the floor", ours.seconds <= 2.5 * floor.seconds, floor
            ),
            _against("", ours, "≥ 10 x faster than plain", peer.seconds >= 10 * ours.seconds, peer),
            _against("", ours, "≤ 1,024 MB", ours.peak_mb <= 1024, ours),
        ],
        "few": [_limit("ours: run, 5,000 people", costs, "few", 3.0)],
        "help": [_limit("reporter --help", costs, "help", 0.25)],
        "read": [_read(costs.get("read", Cost(missing="not asked for")))],
        "engine": [_engine(costs.get("engine", Cost(missing="not asked for")))],
        "quarter": [Line("engine: a quarter of both", costs.get("quarter", Cost(missing="not asked for")))],
    }
    return [line for part, rows in table.items() if part in costs for line in rows]


def _against(what: str, cost: Cost, target: str, holds: bool, other: Cost) -> Line:
    return Line(what, cost, target, None if cost.missing or other.missing else holds)


def _limit(what: str, costs: dict[str, Cost], part: str, most: float) -> Line:
    cost = costs.get(part, Cost(missing="not asked for"))
    return Line(what, cost, f"≤ {most:g} s", None if cost.missing else cost.seconds <= most)


def _read(cost: Cost) -> Line:
    alone = 0.0 if cost.missing else json.loads(cost.said)["floor"]
    what = f"ours: read 100,000 rows (fastexcel alone {alone:.2f} s)"
    return Line(what, cost, "≤ 3 x fastexcel alone", None if cost.missing else cost.seconds <= 3 * alone)


def _engine(cost: Cost) -> Line:
    what = "engine: 1,000,000 duties x 10,000 outages"
    return Line(what, cost, "≤ 1 s of CPU", None if cost.missing else cost.cpu <= 1.0)


def render(table: Sequence[Line], costs: dict[str, Cost]) -> str:
    """The table as text; a line without a name goes on about the part above it."""
    head = f"{'what':<60}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'x floor':>9}{'x plain':>9}  target"
    rows = [head, "-" * (len(head) + 26)]
    for line in table:
        if line.cost.missing:
            rows += [f"{line.what:<60}  {line.cost.missing}"] if line.what else []
            continue
        verdict = {True: "PASS", False: "over", None: ""}[line.holds]
        told = f"  {line.target:<27}{verdict}".rstrip()
        rows.append(f"{line.what:<60}{_figures(line, costs)}{told}")
    return "\n".join(rows)


def _figures(line: Line, costs: dict[str, Cost]) -> str:
    cost = line.cost
    if not line.what:
        return " " * 45
    is_whole = any(cost is costs.get(part) for part in ("floor", "peer", "ours"))
    ratios = (_ratio(cost, costs.get(part)) if is_whole else "" for part in ("floor", "peer"))
    return f"{cost.seconds:>9.2f}{cost.cpu:>9.2f}{cost.peak_mb:>9.0f}" + "".join(f"{ratio:>9}" for ratio in ratios)


def _ratio(cost: Cost, other: Cost | None) -> str:
    return f"{cost.seconds / other.seconds:.3g}" if other and other.seconds else ""


def make_data(folder: Path, sizes: Sequence[int]) -> None:
    """Make the files that are not there yet, in a process of its own."""
    subprocess.run([sys.executable, HERE / "make_data.py", folder, *map(str, sizes)], check=True)


def main() -> None:
    """Measure the parts asked for and print the table."""
    parts = ("floor", "peer", "ours", "few", "help", "read", "engine", "quarter")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench-out"))
    parser.add_argument("--only", default=",".join(parts), help="parts, with commas: " + ", ".join(parts))
    parser.add_argument("--quick", action="store_true", help="the plain script on fewer people, scaled")
    asked = parser.parse_args()
    make_data(asked.folder, (PEOPLE, FEW, *PEER_SIZES))
    bench = Bench(asked.folder.resolve(), asked.quick)
    costs: dict[str, Cost] = {}
    for part in asked.only.split(","):
        if part not in parts:
            parser.error(f"{part} is no part: {', '.join(parts)}")
        run: Callable[[], Cost] = getattr(bench, part)
        print(f"measuring {part} ...", file=sys.stderr)
        costs[part] = run()
    print(render(lines(costs), costs))
    if costs.get("peer", Cost()).said == "carried":
        print(CARRIED)


if __name__ == "__main__":
    main()
