"""Small faults put into the engine and the reader of dates, one at a time: each should fail a test. `make mutants`.

Every fault is written into a copy of the tree, and only the tests that stand for its module are run there. The budget
is a count of faults, spread over the modules by a fixed seed, so that two runs try the same ones.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

HOME = Path(__file__).parent.parent
SEED = 20260909
KILLED = 0.9
"""The share of faults that the tests have to notice."""
PATIENCE = 4
"""So many times as long as without a fault may the tests take; with one that hangs they would take for ever."""
TESTS: dict[str, tuple[str, ...]] = {
    "reporter/engine/authorized_stay.py": ("tests/engine/test_authorized_stay.py", "tests/engine/test_cases.py"),
    "reporter/engine/backtest.py": ("tests/engine/test_backtest.py",),
    "reporter/engine/closing.py": ("tests/engine/test_closing.py", "tests/engine/test_cases.py"),
    "reporter/engine/downtime.py": ("tests/engine/test_exposure.py",),
    "reporter/engine/due.py": (
        "tests/engine/test_due.py",
        "tests/engine/test_cases.py",
        "tests/engine/test_rosters.py",
    ),
    "reporter/engine/exposure.py": ("tests/engine/test_exposure.py", "tests/engine/test_cases.py"),
    "reporter/engine/filing.py": ("tests/engine/test_filing.py", "tests/engine/test_cases.py"),
    "reporter/engine/risk.py": ("tests/engine/test_risk.py", "tests/engine/test_cases.py"),
    "reporter/engine/spans.py": ("tests/engine/test_spans.py", "tests/engine/test_exposure.py"),
    "reporter/engine/stress.py": ("tests/engine/test_stress.py",),
    "reporter/readers/dates.py": ("tests/readers/test_dates.py",),
}
"""The tests that stand for each module, all of them part of `make test`; the likeliest to notice stand first."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
FLAGS = {"dropna", "drop", "observed", "strict"}
WORDS = {"min": "max", "max": "min", "first": "last", "last": "first", "left": "right", "right": "left"}


@dataclass(frozen=True)
class Fault:
    """One change of one place of a module."""

    module: str
    line: int
    what: str
    number: int  # of the place, in the order of `ast.walk`

    def written(self) -> str:
        """The module with the fault in it."""
        tree = ast.parse((HOME / self.module).read_text("utf-8"))
        _turn(next(node for number, node in enumerate(ast.walk(tree)) if number == self.number))
        return ast.unparse(ast.fix_missing_locations(tree))


def faults(module: str) -> Iterator[Fault]:
    """Every fault that can be put into a module: a comparison, an operator, a number, a truth or a word turned.

    What is said of a class (`frozen=True`) or of a type (`A | B`) changes no answer, and neither does a flag about
    keys that are never missing (`dropna=False`) or an index that is not looked at (`drop=True`).
    """
    tree = ast.parse((HOME / module).read_text("utf-8"))
    of_classes = [one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.keywords]
    decorators = [one for node in ast.walk(tree) for one in getattr(node, "decorator_list", ())]
    flags = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in FLAGS]
    types = [getattr(node, place, None) for node in ast.walk(tree) for place in ("annotation", "returns")]
    spared = {id(part) for one in (*of_classes, *decorators, *flags, *filter(None, types)) for part in ast.walk(one)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in spared:
            continue
        yield from (Fault(module, getattr(node, "lineno", 0), what, number) for what in _turns(node))


def _turns(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        return [f"{type(node.ops[0]).__name__} to {SWAPS[type(node.ops[0])].__name__}"]
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS and not _is_annotation(node):
        return [f"{type(node.op).__name__} to {SWAPS[type(node.op)].__name__}"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.Not):
        return ["a negation taken away"]
    if isinstance(node, ast.Constant) and type(node.value) in (bool, int):
        return [f"{node.value} to {not node.value if isinstance(node.value, bool) else node.value + 1}"]
    if isinstance(node, ast.Constant) and node.value in WORDS:
        return [f"{node.value} to {WORDS[node.value]}"]
    return []


def _is_annotation(node: ast.BinOp | ast.BoolOp) -> bool:
    """Whether it joins types or texts, where a turn says nothing: `A | None`, `"a" + "b"`."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, str)) for side in sides)


def _turn(node: ast.AST) -> None:
    """Turn the place itself, in its tree."""
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[call-overload]
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(node.op, node.operand)  # twice is not at all
    elif isinstance(node, ast.Constant):
        value = node.value
        turned = WORDS.get(value) if isinstance(value, str) else not value if isinstance(value, bool) else value + 1  # type: ignore[operator]
        node.value = turned


def chosen(budget: int, seed: int, modules: list[str]) -> list[Fault]:
    """So many faults, as many of each module as of any other, drawn by the seed."""
    draw = Random(seed)
    every = {module: sorted(faults(module), key=lambda one: (one.line, one.what)) for module in modules}
    for one in every.values():
        draw.shuffle(one)
    turns = max(len(one) for one in every.values())
    in_turn = [one[n] for n in range(turns) for one in every.values() if n < len(one)]
    return in_turn[:budget]


def lives(fault: Fault, tree: Path, seconds: float) -> bool:
    """Whether every test that stands for the module passes with the fault in it."""
    path = tree / fault.module
    sound = path.read_text("utf-8")
    path.write_text(fault.written(), "utf-8")
    try:
        return passes(TESTS[fault.module], tree, seconds)
    finally:
        path.write_text(sound, "utf-8")


def passes(tests: Iterable[str], tree: Path, seconds: float | None = None) -> bool:
    """Whether these tests pass in that tree, in so many seconds where that is said."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", Path(__file__).stem]
    beside = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    try:
        done = subprocess.run(
            [*command, *tests], cwd=tree, capture_output=True, timeout=seconds, check=False, env=beside
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def pytest_configure() -> None:
    """Have the tests no more than notice a fault: of one that was met, no smaller example is looked for."""
    from hypothesis import Phase, settings  # here: only where pytest takes this module as a plugin of its own

    settings.register_profile("notice", database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("notice")


def copied(where: Path) -> Path:
    """A copy of what the tests need, whose modules come before those that are installed."""
    for name in ("reporter", "tests", "benchmarks", "samples", "docs", "templates"):
        shutil.copytree(HOME / name, where / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOME / "pyproject.toml", where)
    return where


def main() -> int:
    """Try the faults, print those that lived, and fail when too many did."""
    asked = argparse.ArgumentParser(description="Put small faults into the engine and see whether the tests notice.")
    asked.add_argument("--budget", type=int, default=52, help="how many faults to try (52)")
    asked.add_argument("--seed", type=int, default=SEED, help="which of them")
    asked.add_argument("modules", nargs="*", metavar="MODULE", help="only these, of: " + " ".join(TESTS))
    args = asked.parse_args()
    if unknown := sorted(set(args.modules) - set(TESTS)):
        asked.error(f"no tests stand for {', '.join(unknown)}")
    tried = chosen(args.budget, args.seed, args.modules or list(TESTS))
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        took, living = dict[str, float](), []
        for test in sorted({test for fault in tried for test in TESTS[fault.module]}):
            began = time.monotonic()
            if not passes([test], tree):
                sys.exit(f"without any fault it fails, and notices nothing: {test}")
            took[test] = time.monotonic() - began
        for number, fault in enumerate(tried, start=1):
            is_alive = lives(fault, tree, PATIENCE * sum(took[test] for test in TESTS[fault.module]))
            said = f"{fault.module}:{fault.line}  {fault.what}"
            print(f"{number:3}/{len(tried)}  {'LIVED' if is_alive else 'died '}  {said}", flush=True)
            living += [said] if is_alive else []
    died = len(tried) - len(living)
    print(f"\n{died} of {len(tried)} faults were noticed ({died / max(len(tried), 1):.0%}); asked: {KILLED:.0%}")
    for said in living:
        print(f"  lived: {said}")
    return 0 if died >= KILLED * len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
