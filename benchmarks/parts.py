"""A very large roster in parts: makes a folder of CSV files, runs `reporter run` over it, and measures each process.

python benchmarks/parts.py make DIR 1000000 [FILES]
python benchmarks/parts.py run DIR WORKERS [PART_PEOPLE] [--cluster tcp://…]     (0 workers: all at once)
python benchmarks/parts.py same DIR WORKERS    (findings.csv at once and in parts: the same bytes?)
"""

import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

RECIPIENTS = 300
AT_RISK = 0.02
SETTINGS = """
store = "sqlite:///{store}"
out = "{out}"
[office]
name = "Office"
address = "office@example.org"
[engine]
workers = {workers}
part_people = {part_people}
cluster = "{cluster}"
[[roster]]
path = "people/"
[[outages]]
path = "outages.csv"
complete_to = "2026-09-09T09:00:00-04:00"
"""


def make(folder: Path, count: int, files: int) -> None:
    """The people of a country: of a hundred, two end within weeks; the files are as an export in pieces leaves them."""
    draw = np.random.default_rng(7)
    number = draw.permutation(count)
    soon = draw.random(count) < AT_RISK
    days = np.where(soon, draw.integers(-5, 40, count), draw.integers(200, 1400, count))
    ends = (np.datetime64("2026-09-09") + days).astype("datetime64[D]").astype(str)
    frame = pd.DataFrame({
        "Employee No.": np.char.add("E", np.char.zfill(number.astype(str), 8)),
        "Full name": [f"Given{n % 9973} Family{n}" for n in number.tolist()],
        "Permit type": np.where(draw.random(count) < 0.5, "Work permit", "Study permit"),
        "Permit expiry": ends,
        "Unit": np.char.add("Unit ", (number % RECIPIENTS).astype(str)),
        "Contact email": np.char.add(np.char.add("c", (number % RECIPIENTS).astype(str)), "@example.org"),
        "Province": draw.choice(["ON", "QC", "BC", "AB"], count),
    })  # fmt: skip
    (folder / "people").mkdir(parents=True, exist_ok=True)
    for n, part in enumerate(np.array_split(np.arange(count), files)):
        frame.iloc[part].to_csv(folder / "people" / f"part-{n}.csv", index=False)
    began_at = pd.date_range("2026-01-01", periods=200, freq="29h")
    instants = {"began_at": began_at, "ended_at": began_at + pd.Timedelta("2h")}
    outages = pd.DataFrame({"outage_id": [f"o{n}" for n in range(200)], "services": "ircc_secure_account"})
    outages = outages.assign(**{name: at.strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in instants.items()})
    known = {
        "kind": "unplanned",
        "verification": "official",
        "status": "resolved",
        "source_url": "https://example.org/o",
    }
    outages = outages.assign(**known)
    outages.to_csv(folder / "outages.csv", index=False)


def run(folder: Path, workers: int, part_people: int, cluster: str = "") -> Path:
    """One run with an empty store; prints CPU seconds of all its processes, and the most memory that each had."""
    name = f"{workers}-{'cluster' if cluster else 'here'}"
    (folder / f"{name}.db").unlink(missing_ok=True)
    text = SETTINGS.format(
        store=f"{name}.db", out=f"out-{name}", workers=workers, part_people=part_people, cluster=cluster
    )
    (folder / f"{name}.toml").write_text(text)
    out = folder / f"run-{name}"
    command = [sys.executable, "-m", "reporter", "run", "--config", str(folder / f"{name}.toml")]
    command += ["--as-of", "2026-09-09T13:00:00Z", "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most: dict[int, int] = {}
    watch = threading.Thread(target=_watch, args=(process, most), daemon=True)
    watch.start()
    process.wait()
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sizes = sorted((size // 1000 for size in most.values()), reverse=True)[:4]
    print(f"{name}: {cpu:.1f} CPU s, {wall:.0f} s wall, peaks {sizes} MB, exit {process.returncode}")
    return out


def _watch(process: "subprocess.Popen[bytes]", most: dict[int, int]) -> None:
    """The peak of each process of the run, as long as it lives (Linux)."""
    while process.poll() is None:
        for pid in _family(process.pid):
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
            except (OSError, StopIteration):
                continue
            most[pid] = max(most.get(pid, 0), peak)
        time.sleep(0.2)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def main(arguments: list[str]) -> None:
    what, folder, count, *more = arguments
    cluster = more.pop(more.index("--cluster") + 1) if "--cluster" in more else ""
    numbers = [int(one) for one in more if one.isdigit()]
    if what == "make":
        make(Path(folder), int(count), *(numbers or [max(1, int(count) // 50_000)]))
    elif what == "run":
        run(Path(folder), int(count), *(numbers or [40_000]), cluster=cluster)
    else:
        outs = [run(Path(folder), hands, 40_000) for hands in (0, int(count))]
        texts = [(out / "findings.csv").read_bytes() for out in outs]
        print("the same bytes" if texts[0] == texts[1] else "OTHER BYTES", len(texts[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
