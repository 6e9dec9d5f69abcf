"""Where a run's time goes: CPU seconds, calls and bytes of each stage, counted while one run is made in one process.

Takes the command line of `reporter run`. A stage inside another is taken out of the outer one.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

BEGAN = time.process_time()
STAGES = (
    ("read", "reporter.pipeline.run.run", "read_inputs"),
    ("engine", "reporter.pipeline.run.run", "_judge"),
    ("compare", "reporter.pipeline.run.run", "compare_with_baselines"),
    ("words, once a language", "reporter.pipeline.run.tell", "Scribe.report"),
    ("tables, once a language", "reporter.pipeline.run.tell", "Stock.of"),
    ("scopes", "reporter.pipeline.run.tell", "scope_report"),
    ("agenda", "reporter.pipeline.run.tell", "agenda"),
    ("leak table", "reporter.pipeline.run.run", "everybody"),
    ("each: cut", "reporter.report.recipients", "Scope.report"),
    ("each: sheets", "reporter.report.workbook.build", "sheets"),
    ("each: workbook", "reporter.pipeline.run.mail_package", "workbook"),
    ("office: workbook", "reporter.pipeline.run.tell", "workbook"),
    ("each: calendar", "reporter.pipeline.run.mail_package", "calendar"),
    ("office: calendar", "reporter.pipeline.run.tell", "calendar"),
    ("each: digest", "reporter.pipeline.run.mail_package", "digest"),
    ("each: mail", "reporter.pipeline.run.mail_package", "finished"),
    ("each: leak scan", "reporter.pipeline.run.tell", "find_leaks"),
    ("each: preview", "reporter.pipeline.run.tell", "from_disk"),
    ("findings.csv", "reporter.report.tables", "findings_text"),
    ("files", "reporter.pipeline.run.run", "write_run"),
    ("store", "reporter.pipeline.run.run", "_remember"),
)
"""What each is called here, and the function as its caller finds it."""


@dataclass
class Cost:
    """What one stage came to; `bytes` are those it made, or looked through."""

    calls: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass
class Ledger:
    """The costs by stage, and the stages that are under way."""

    costs: dict[str, Cost] = field(default_factory=dict)
    open: list[float] = field(default_factory=list)  # of each stage under way, the seconds of those inside it

    def counting(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, which counts what it costs."""
        cost = self.costs.setdefault(stage, Cost())

        def counted(*arguments: Any, **more: Any) -> Any:
            self.open.append(0.0)
            began = time.process_time()
            answer = work(*arguments, **more)
            spent = time.process_time() - began
            cost.seconds += spent - self.open.pop()
            if self.open:
                self.open[-1] += spent
            cost.calls += 1
            cost.bytes += _bytes(answer) or _bytes(arguments[0] if arguments else None)
            return answer

        return counted


def _bytes(one: object) -> int:
    if isinstance(one, bytes | str):
        return len(one)
    letter = getattr(one, "letter", None)
    return len(letter.content) if letter else 0


@contextmanager
def counted_stages(stages: Sequence[tuple[str, str, str]] = STAGES) -> Iterator[Mapping[str, Cost]]:
    """While it lasts every stage is counted; afterwards all is as it was."""
    ledger, before = Ledger(), []
    for stage, module, name in stages:
        *owner, last = name.split(".")
        home = import_module(module)
        for one in owner:
            home = getattr(home, one)
        kept = home.__dict__[last]
        is_of_class = isinstance(kept, classmethod)
        counted = ledger.counting(stage, getattr(home, last) if is_of_class else kept)
        before.append((home, last, kept))
        setattr(home, last, staticmethod(counted) if is_of_class else counted)
    try:
        yield ledger.costs
    finally:
        for home, last, kept in before:
            setattr(home, last, kept)


def render(costs: Mapping[str, Cost], imports: float, total: float) -> str:
    """The stages, the dearest first, with what no stage accounts for."""
    rest = total - imports - sum(cost.seconds for cost in costs.values())
    lines = [(cost.seconds, stage, cost.calls, cost.bytes) for stage, cost in costs.items() if cost.calls]
    lines += [(imports, "imports before the run", 1, 0), (rest, "everything else", 1, 0)]
    rows = [f"  {'stage':<28}{'CPU s':>8}{'calls':>8}{'MB':>9}"]
    rows += [f"  {stage:<28}{s:>8.2f}{n:>8,}{size / 1e6:>9.1f}" for s, stage, n, size in sorted(lines, reverse=True)]
    return "\n".join([*rows, f"  {'total':<28}{total:>8.2f}"])


def main() -> None:
    """Make one run in this process, alone, and print its stages."""
    import os

    import reporter.pipeline.run.run  # noqa: F401 - what a run imports
    from reporter.cli import cli

    imports = time.process_time() - BEGAN
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one processor: all is done in this process
    with counted_stages() as costs:
        cli(sys.argv[1:], standalone_mode=False)
    print(render(costs, imports, time.process_time()))


if __name__ == "__main__":
    main()
