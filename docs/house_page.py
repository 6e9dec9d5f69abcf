"""The page of the house: its rooms from the doors of the packages, its rules from the tests that hold them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import reporter

HOME = Path(reporter.__file__).parent
RULES = Path(__file__).parents[1] / "tests" / "test_house.py"
INTRO = """# The house

How the program is laid out. Each room says here what its own door (`__init__.py`) says: what goes in, what comes out,
and who may call. The rules are those of `tests/test_house.py`, which holds them.

## The floors

A room imports only rooms of lower floors. On the floor of the pipeline, the same holds among its own rooms.
"""


def house_page() -> str:
    """The floors, the rooms from the ground up, and the rules."""
    floors, rooms = _constant("FLOORS"), _constant("PIPELINE")
    lines = [INTRO, "| floor | rooms |", "| --- | --- |"]
    for floor in sorted(set(floors.values())):
        lines.append(f"| {floor} | {' '.join(f'`{name}`' for name, at in floors.items() if at == floor)} |")
    inner = sorted(set(rooms.values()))
    lines.append(
        "\nIn `pipeline`: " + ", then ".join(" ".join(f"`{n}`" for n in rooms if rooms[n] == at) for at in inner)
    )
    lines[-1] += ".\n\n## The rooms\n"
    for name in sorted(floors, key=lambda name: (floors[name], name)):
        lines += _room(name)
    lines += ["## The rules\n", *(f"- {rule}" for rule in _rules())]
    return "\n".join(lines) + "\n"


def _constant(name: str) -> dict[str, int]:
    """A table of the test of the house."""
    tree = ast.parse(RULES.read_text("utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name)
    return dict(ast.literal_eval(found.value))


def _room(name: str) -> Iterator[str]:
    """The door of a package, and of those within; of a module, its first line."""
    package = HOME / name
    if not package.is_dir():
        if name != "__main__":
            yield f"### `{name}`\n\n{_docstring(HOME / f'{name}.py').splitlines()[0]}\n"
        return
    yield f"### `{name}/`\n\n{_docstring(package / '__init__.py')}\n"
    for inner in sorted(package.glob("*/__init__.py")):
        if inner.parent.name != "migrations":
            yield f"**`{name}/{inner.parent.name}/`** {_docstring(inner)}\n"


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _rules() -> Iterator[str]:
    """What each test of the house says."""
    for node in ast.parse(RULES.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield (ast.get_docstring(node) or "").splitlines()[0]
