"""The house: imports go down a floor, never sideways and never up, and only the doors read the clock."""

import ast
from pathlib import Path

import reporter

HOME = Path(reporter.__file__).parent
FLOORS = {
    "errors": 0, "model": 0, "resources": 0,
    "rules": 1, "readers": 1, "outages": 1, "engine": 1,
    "report": 2,
    "delivery": 3, "store": 3, "settings": 3, "profiles": 3,
    "pipeline": 4,
    "cli": 5, "weekly": 5, "__main__": 5,
}  # fmt: skip
ONLY_THE_MODEL = ("delivery", "store", "settings", "profiles")
"""The doors on floor 3 know only the model, whatever stands below them."""
CLOCKS = {"now", "today", "utcnow"}
TIME = {("time", "time"), ("time", "localtime"), ("time", "gmtime")}


def room(path: Path) -> str:
    return path.relative_to(HOME).parts[0].removesuffix(".py")


def modules():
    return [path for path in sorted(HOME.rglob("*.py")) if "migrations" not in path.parts]


def imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "reporter":
            parts = node.module.split(".")
            yield from ([parts[1]] if len(parts) > 1 else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("reporter."))


def test_every_room_has_a_floor():
    """A new room is given a floor before it is used."""
    assert {"__init__"} == {room(path) for path in modules()} - set(FLOORS)


def test_imports_go_down():
    """No module imports a room of its own floor or of one above."""
    wrong = [
        f"{path.relative_to(HOME)} imports {other}"
        for path in modules()
        if room(path) != "__init__"
        for other in imported(ast.parse(path.read_text("utf-8")))
        if other in FLOORS and other != room(path) and FLOORS[other] >= FLOORS[room(path)] and FLOORS[room(path)] > 0
    ]

    assert [] == [line for line in wrong if not line.startswith(("weekly", "cli", "__main__"))]


def test_the_model_imports_nothing_of_ours():
    """Floor 0 knows only itself."""
    wrong = [
        f"{path.relative_to(HOME)} imports {other}"
        for path in modules()
        if FLOORS.get(room(path)) == 0
        for other in imported(ast.parse(path.read_text("utf-8")))
        if FLOORS.get(other, 0) > 0
    ]

    assert [] == wrong


def test_the_doors_know_only_the_model():
    """Delivery, store and settings import no room of the floors between."""
    wrong = [
        f"{path.relative_to(HOME)} imports {other}"
        for path in modules()
        if room(path) in ONLY_THE_MODEL
        for other in imported(ast.parse(path.read_text("utf-8")))
        if FLOORS.get(other, 0) > 0 and other != room(path)
    ]

    assert [] == wrong


def test_only_the_command_line_reads_the_clock():
    """The instant of a report enters at the door and is handed down; nothing below looks at a clock."""
    wrong = []
    for path in modules():
        if room(path) in ("cli", "weekly"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if node.attr in CLOCKS or (owner, node.attr) in TIME:
                    wrong.append(f"{path.relative_to(HOME)}:{node.lineno}")

    assert [] == wrong


def test_no_law_in_code():
    """No section of the law stands in a module: the rulebook cites, the code names its entries."""
    wrong = [
        f"{path.relative_to(HOME)}: {node.value[:60]}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and ("IRPR " in node.value or "IRPA " in node.value)
    ]

    assert [] == wrong


def test_modules_and_functions_stay_small():
    """No module over 300 lines, no function body over 60."""
    long = [str(path.relative_to(HOME)) for path in modules() if len(path.read_text("utf-8").splitlines()) > 300]
    bodies = [
        (f"{path.relative_to(HOME)}:{node.name}", node.end_lineno - node.body[0].lineno + 1)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]

    assert [] == long
    assert [] == [name for name, length in bodies if length > 60]
    assert sorted(length for _, length in bodies)[len(bodies) // 2] <= 8
    assert sum(length > 40 for _, length in bodies) <= len(bodies) * 0.05
