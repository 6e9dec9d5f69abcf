"""The rules of the house: where imports go, what a name means, what is a room, and who may read a clock."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import reporter
from reporter.model.shapes import column_words
from reporter.readers.headers import documents
from reporter.rules.load import load_rulebook

HOME = Path(reporter.__file__).parent
FLOORS = {
    "text": 0,
    "errors": 1,
    "model": 2, "resources": 2, "settings_text": 2,
    "rules": 3, "readers": 3, "outages": 3, "engine": 3,
    "report": 4,
    "delivery": 5, "store": 5, "settings": 5,
    "pipeline": 6,
    "page": 7, "cli": 8, "weekly": 8, "__main__": 8,
}  # fmt: skip
PIPELINE = {"assemble": 0, "send": 1, "compare": 2, "run": 3, "questions": 4, "upkeep": 4}
"""The rooms of the application layer; each may import those of a lower number."""
ONLY_THE_MODEL = ("delivery", "store", "settings")
"""The doors on floor 5 know only the model, whatever stands below them."""
CLOCKS = {"now", "today", "utcnow"}
TIME = {("time", "time"), ("time", "localtime"), ("time", "gmtime")}
SETTINGS_TAKEN = 142
"""The most functions of the application layer that may take all settings. It only goes down."""
DOUBLED, CRUMBS, MODULES = 0, 2, 160
"""The most public names that may be defined twice, small rooms with one caller, and modules. They only go down."""
NO_NOUNS = {
    "told", "said", "known", "heard", "since", "beside", "otherwise", "alone", "struck", "standing", "gathered",
    "examined", "noted", "entered", "described", "carried", "wanted", "viewed", "touched", "within", "without",
}  # fmt: skip
"""Participles and prepositions that once were names here; a name says what a thing is."""
KINDS = ("permit_kind", "application_kind", "letter_kind", "sign_in_method")
"""The columns whose words are kinds that a rule may name."""
OTHER_MEANINGS = {
    "decision": "a step in the end of a stay", "email": "a column", "extension": "of an outage",
    "institution": "a holder", "letter": "a size of paper", "missed": "how a duty ended", "none": "a level, or nothing",
    "other": "a plural", "passport": "a step in the end of a stay", "permit": "what a date serves",
    "records": "a form of a frame", "refused": "an outcome, and what a server says", "start": "when a change began",
    "status": "a column of an outage", "unknown": "what is not known", "unspecified": "of an outage that names none",
    "visitor": "a population", "work": "what a notice announces",
}  # fmt: skip
"""Ids of the rulebook that are words of the program too, and what they mean there."""
NAMED_IN_CODE = {
    ("reporter.pipeline.run.outage_alert", "ircc_secure_account"),  # the invented outage of a drill
}  # fmt: skip
"""Where a module names what the rulebook calls so. It only gets shorter."""


def modules():
    return [path for path in sorted(HOME.rglob("*.py")) if "migrations" not in path.parts]


NAMES = {
    path: ".".join(path.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__") for path in modules()
}
KNOWN = set(NAMES.values())
TREES: dict[Path, ast.Module] = {}
IMPORTS: dict[str, set[str]] = {}


@pytest.fixture(autouse=True, scope="module")
def the_house():
    """Read for these tests alone: a million nodes are a burden to every process that collects its garbage."""
    TREES.update((path, ast.parse(path.read_text("utf-8"))) for path in NAMES)
    IMPORTS.update((NAMES[path], set(imported(tree)) - {NAMES[path], "reporter"}) for path, tree in TREES.items())
    yield
    TREES.clear()
    IMPORTS.clear()


def imported(tree):
    """Every module of ours that is imported anywhere below, also inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "reporter":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in KNOWN else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in KNOWN)


def room(name, depth=1):
    return name.split(".")[depth] if name.count(".") >= depth else ""


def definitions(tree):
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def is_command(node):
    """Whether click calls it: a command is named by what is typed."""
    return any("command(" in ast.unparse(mark) or "group(" in ast.unparse(mark) for mark in node.decorator_list)


def test_every_room_has_a_floor():
    """A new room is given a floor before it is used, and the house stays small enough to hold in the head."""
    rooms = {room(name) for name in KNOWN} - {""}

    assert set() == rooms - set(FLOORS)
    assert 19 >= len([path for path in HOME.iterdir() if path.name not in ("__pycache__", "templates", "samples")])


def test_imports_go_down():
    """No module imports a room of its own floor or of one above, not even late, inside a function."""
    wrong = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        if room(name) and room(other) not in ("", room(name)) and room(name) not in ("cli", "weekly", "__main__")
        if FLOORS[room(other)] >= FLOORS[room(name)]
    ]

    assert [] == wrong


def test_the_application_layer_goes_down_too():
    """Assemble, send, compare, run; then questions and upkeep, which know nothing of each other."""
    wrong = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        if room(name) == room(other) == "pipeline" and room(name, 2) and room(other, 2) != room(name, 2)
        if PIPELINE[room(other, 2)] >= PIPELINE[room(name, 2)]
    ]

    assert [] == wrong


def test_the_doors_know_only_the_model():
    """Delivery, store and settings import no room of the floors between."""
    wrong = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        if room(name) in ONLY_THE_MODEL and room(other) not in ("", room(name)) and FLOORS[room(other)] > 2
    ]

    assert [] == wrong


def test_no_circle():
    """No two modules need each other, at load or later."""
    left = {name: others & set(IMPORTS) for name, others in IMPORTS.items()}
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]

    assert {} == {name: sorted(others & set(left)) for name, others in left.items()}


def test_every_package_says_what_it_is_for():
    """Its door tells in a few lines what goes in, what comes out, and who may call."""
    silent = [
        NAMES[path]
        for path, tree in TREES.items()
        if path.name == "__init__.py" and path.parent != HOME and len((ast.get_docstring(tree) or "").splitlines()) < 3
    ]

    assert [] == silent


def test_a_door_names_who_calls():
    """Each door names the rooms that call it and no other: a new caller is let in by its line."""
    doors = {NAMES[path]: ast.get_docstring(tree) or "" for path, tree in TREES.items() if path.name == "__init__.py"}
    told = {name: set(re.findall(r"`([\w/]+)`", said.partition("Called by ")[2])) for name, said in doors.items()}

    assert {} == {name: callers(name) for name in doors if name != "reporter" and callers(name) != told[name]}


def callers(package):
    """The rooms that import a package or a module of it; those of the pipeline apart for one of them."""
    is_within = package.startswith("reporter.pipeline.")
    names = [
        name
        for name, others in IMPORTS.items()
        if not f"{name}.".startswith(f"{package}.") and any(f"{one}.".startswith(f"{package}.") for one in others)
    ]
    return {"/".join(name.split(".")[1 : 3 if is_within and room(name) == "pipeline" else 2]) for name in names}


def test_one_public_name_is_one_thing():
    """No function or class has the name of another in a different module, adapters and commands apart."""
    where = defaultdict(set)
    for path, tree in TREES.items():
        if "adapters" in path.parts:
            continue
        for node in definitions(tree):
            if not node.name.startswith("_") and not is_command(node):
                where[node.name].add(NAMES[path])
    doubled = {name: sorted(places) for name, places in where.items() if len(places) > 1}

    assert len(doubled) <= DOUBLED, doubled


def test_no_name_is_a_participle_or_a_preposition():
    """A class or function at the top of a module is named by a noun or a verb."""
    wrong = [f"{NAMES[path]}.{node.name}" for path, tree in TREES.items() for node in definitions(tree)
             if node.name.lower() in NO_NOUNS]  # fmt: skip

    assert [] == wrong + [name for name in KNOWN if name.rsplit(".", 1)[1:] and name.rsplit(".", 1)[1] in NO_NOUNS]


def test_the_house_can_be_held_in_the_head():
    """There are no more modules than there were, the adapters of outage sources, migrations and doors apart."""
    rooms = [path for path in NAMES if path.name != "__init__.py" and "adapters" not in path.parts]

    assert len(rooms) <= MODULES, len(rooms)


def test_few_rooms_are_pieces_of_another():
    """A module under 120 lines that only one other module of its room imports is part of that one."""
    callers = defaultdict(set)
    for name, others in IMPORTS.items():
        for other in others:
            callers[other].add(name)
    crumbs = [
        NAMES[path]
        for path in TREES
        if path.name != "__init__.py" and len(path.read_text("utf-8").splitlines()) < 120
        if len(callers[NAMES[path]]) == 1 and room(next(iter(callers[NAMES[path]]))) == room(NAMES[path])
    ]

    assert len(crumbs) <= CRUMBS, crumbs


def test_functions_stay_small():
    """Half of all bodies have eight lines at most, 95 in a hundred forty."""
    bodies = [
        (f"{NAMES[path]}:{node.name}", node.end_lineno - node.body[0].lineno + 1)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    lengths = sorted(length for _, length in bodies)

    assert lengths[len(lengths) // 2] <= 8
    assert sum(length > 40 for length in lengths) <= len(lengths) * 0.05
    assert [] == [name for name, length in bodies if length > 80]


def test_only_the_command_line_reads_the_clock():
    """The instant of a report enters at the door and is handed down; nothing below looks at a clock."""
    wrong = []
    for path, tree in TREES.items():
        if room(NAMES[path]) in ("cli", "weekly"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if node.attr in CLOCKS or (owner, node.attr) in TIME:
                    wrong.append(f"{NAMES[path]}:{node.lineno}")

    assert [] == wrong


def test_settings_are_handed_on_as_values():
    """Nothing below the application layer takes all settings, and in it fewer functions do each time."""
    takes = [
        (f"{NAMES[path]}.{node.name}", room(NAMES[path]))
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        if any(
            one.annotation and ast.unparse(one.annotation).strip("'") == "Settings"
            for one in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        )
    ]

    assert [] == [name for name, place in takes if FLOORS[place] < FLOORS["pipeline"] and place != "settings"]
    assert sum(place == "pipeline" for _, place in takes) <= SETTINGS_TAKEN


def test_no_sentence_in_code():
    """What a person reads stands in `text/` or beside its rule, in both languages: never in a module."""
    wrong = [
        f"{NAMES[path]}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words"
        if any(isinstance(given.value, ast.Constant) and given.value.value for given in node.keywords)
    ]

    assert [] == wrong


def test_no_law_in_code():
    """No section of the law stands in a module: the rulebook cites, the code names its entries."""
    wrong = [
        f"{NAMES[path]}: {node.value[:60]}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if "IRPR " in node.value or "IRPA " in node.value
    ]

    assert [] == wrong


def ids_of_the_rulebook():
    """Every id of an entry, every group, and every word for a kind of permit, application, letter or sign-in."""
    book = load_rulebook().whole
    entries = {*book.deadlines, *book.states, *book.services, *(risk.id for risk in book.risks)}
    groups = {deadline.group for deadline in book.deadlines.values()}
    return {*entries, *groups, *documents(), *(word for column in KINDS for word in column_words(column))}


def test_no_kind_in_code():
    """Kinds, groups and judgements are data: no id of the rulebook stands in a module, but where it means another."""
    ids = ids_of_the_rulebook()
    found = {
        (NAMES[path], node.value)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ids
    }

    assert NAMED_IN_CODE == {one for one in found if one[1] not in OTHER_MEANINGS}
    assert set() == set(OTHER_MEANINGS) - {word for _, word in found}


def test_no_two_test_files_have_one_name():
    """No two test files have one name: pytest imports them by it, and leaves one of two unread."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]

    assert len(set(names)) == len(names)


def test_a_value_is_a_struct():
    """A value is a Struct, whose class is there at once; a dataclass is written as a program each time it is loaded.

    One is for a field that no text of it may show, one that is given later, and what inherits from a library's class.
    """
    found = {
        node.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(one) for one in node.decorator_list)
    }

    assert found == {"Server", "Leak", "Lock", "_Reader", "InParts"}
