"""The page of the house: its rooms from the doors of the packages, its rules from the tests that hold them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import reporter

HOME = Path(reporter.__file__).parent
RULES = Path(__file__).parents[1] / "tests" / "test_house.py"
INTRO = """# The house

How the program is laid out. Each room says here what its own door (`__init__.py`) says: what goes in, what comes out,
and who calls it. The rules are those of `tests/test_house.py`, which holds them.

## The floors

A room imports only rooms of lower floors. On the floor of the pipeline, the same holds among its own rooms.
"""


WAYS = {
    "A row of a roster": {
        "pipeline.assemble.gather": "asks for each roster that the settings name",
        "readers.book": "opens the file, in a process of its own that may do nothing else",
        "readers.roster": "makes people and permits of its rows, and accounts for each row",
        "readers.table": "finds the table, its headings and its last row",
        "pipeline.assemble.inputs": "holds all that was read, asks the engine, and closes the account",
        "engine.due": "dates each duty by the rules",
        "engine.exposure": "counts the hours that outages took of it",
        "engine.risk": "gives it a level and a reason: a row of FINDINGS",
    },
    "An outage": {
        "pipeline.upkeep.record_outages": "reads a source, and writes what is new with the bytes that it came from",
        "outages.door": "asks which form it is",
        "outages.adapters.statuspage": "one of the forms: items, in the source's own words",
        "outages.source": "reads times, services and doubts of every form alike",
        "store.ledger": "keeps each version for good",
        "pipeline.assemble.inputs": "takes what the ledger may tell at that instant",
        "engine.downtime": "makes hours of it in which a duty could not be done",
    },
    "The mail of a reader": {
        "pipeline.run.run": "knows the order of a run",
        "pipeline.run.tell": "cuts the report of each reader, and looks for anybody else's people in it",
        "pipeline.run.mail_package": "says what goes into the mail, and what stays in the folder where it is too large",
        "report.mail.digest": "puts the report into finished facts",
        "report.mail.templates": "puts the facts into HTML and text",
        "pipeline.send.plan": "gives the mail its key, its id and its edition, and its place in the outbox",
        "delivery.message": "makes the bytes that go on the wire",
    },
}
"""What passes through the house, room by room: what each does with it."""
WAYS_INTRO = """
## Three ways through it

What three things meet, in order. Each module asks, or is asked by, one that stands before it here.
"""


def house_page() -> str:
    """The floors, three ways through the house, the rooms from the ground up, and the rules."""
    floors, rooms = _constant("FLOORS"), _constant("PIPELINE")
    lines = [INTRO, "| floor | rooms |", "| --- | --- |"]
    for floor in sorted(set(floors.values())):
        lines.append(f"| {floor} | {' '.join(f'`{name}`' for name, at in floors.items() if at == floor)} |")
    inner = sorted(set(rooms.values()))
    lines.append(
        "\nIn `pipeline`: " + ", then ".join(" ".join(f"`{n}`" for n in rooms if rooms[n] == at) for at in inner)
    )
    lines[-1] += "."
    lines += [WAYS_INTRO, *_ways(), "## The rooms\n"]
    for name in sorted(floors, key=lambda name: (floors[name], name)):
        lines += _room(name)
    lines += ["## The rules\n", *(f"- {rule}" for rule in _rules())]
    return "\n".join(lines) + "\n"


def _constant(name: str) -> dict[str, int]:
    """A table of the test of the house."""
    tree = ast.parse(RULES.read_text("utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name)
    return dict(ast.literal_eval(found.value))


def _ways() -> Iterator[str]:
    for title, steps in WAYS.items():
        told = (f"{n}. `{name.replace('.', '/')}` {what}" for n, (name, what) in enumerate(steps.items(), 1))
        yield f"**{title}**\n\n" + "\n".join(told) + "\n"


def _room(name: str) -> Iterator[str]:
    """The door of a package, and of those within, with what is in it; of a module, its first line."""
    package = HOME / name
    if not package.is_dir():
        if name != "__main__":
            yield f"### `{name}`\n\n{_docstring(HOME / f'{name}.py').splitlines()[0]}\n"
        return
    yield f"### `{name}/`\n\n{_docstring(package / '__init__.py')}\n"
    yield from _modules(package)
    for inner in sorted(package.glob("*/__init__.py")):
        if inner.parent.name != "migrations":
            yield f"**`{name}/{inner.parent.name}/`** {_docstring(inner)}\n"
            yield from _modules(inner.parent)


def _modules(package: Path) -> Iterator[str]:
    """The first line of each module of a room."""
    names = sorted(path for path in package.glob("*.py") if path.name != "__init__.py")
    if names:
        yield "\n".join(f"- `{path.stem}`: {_docstring(path).splitlines()[0]}" for path in names) + "\n"


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _rules() -> Iterator[str]:
    """What each test of the house says."""
    for node in ast.parse(RULES.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield (ast.get_docstring(node) or "").splitlines()[0]
