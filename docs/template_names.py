"""The page of all names that a template may use, taken from what the program hands to its templates.

What stands in the tables is read from the very values on which `reporter templates check` tries every template, so a
name cannot be missing or left over; template_names.toml adds a sentence to each, and lacks none.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import nodes
from markupsafe import Markup

from reporter.report.mail.template_fixtures import LANGUAGES, contexts
from reporter.report.mail.templates import environment
from reporter.text.catalogue import words

MEANINGS = tomllib.loads((Path(__file__).parent / "template_names.toml").read_text("utf-8"))
BADGE = frozenset({"name", "symbol", "word", "ink", "paper", "border"})
FIXED = {"w": ("digest", "brief"), "beside": ("beside",)}
"""Names that hold the fixed words, and the files of words they come from; for these a table of their own is made."""
KINDS = {str: "text", Markup: "HTML", int: "number", float: "number", bool: "truth", type(None): "nothing"}


def template_names_page() -> str:
    """The whole page. Raises: SystemExit when a name has no meaning, or a meaning no name."""
    used: set[tuple[str, str]] = set()
    parts = [f"# Names a template may use\n\n{MEANINGS['page']['intro']}\n"]
    for names, found in _by_mail().items():
        parts.append(f"\n## {', '.join(f'`{name}`' for name in names)}\n\n{MEANINGS['page'][names[-1]]}\n\n")
        parts.append(f"Blocks that can be replaced: {_blocks(names)}\n\n")
        rows = [(f"`{path}`", kind, _meaning(names[-1], path, used)) for path, kind in found.items()]
        parts.append(_table(("name", "kind", "meaning"), rows))
    parts.append(f"\n## A badge\n\n{MEANINGS['page']['badge']}\n\n")
    parts.append(_table(("name", "meaning"), [(f"`{key}`", MEANINGS["badge"][key]) for key in sorted(BADGE)]))
    parts.append(f"\n## Filters\n\n{MEANINGS['page']['filters']}\n\n")
    parts.append(_table(("filter", "meaning"), [(f"`{name}`", said) for name, said in _filters().items()]))
    parts.append(f"\n## Fixed words\n\n{MEANINGS['page']['words']}\n\n")
    parts.append(_table(("name", "English", "French"), _fixed()))
    _refuse_unused(used)
    return "".join(parts)


def _by_mail() -> dict[tuple[str, ...], dict[str, str]]:
    """For the templates of each mail or page: every name with its kind, as found in any state and language."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for language in LANGUAGES:
        for names, context in contexts(language):
            kinds = found.setdefault(tuple(names), {})
            for path, kind in _walk({key: value for key, value in context.items() if key not in FIXED}, ""):
                if kinds.get(path, "nothing") == "nothing":
                    kinds[path] = kind
                elif kind not in (kinds[path], "nothing") and kind not in kinds[path].split(" or "):
                    kinds[path] = f"{kinds[path]} or {kind}"
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each name below a value, with its kind; a list is looked into through all of its items."""
    if isinstance(value, Mapping):
        is_badge = set(value) >= BADGE
        if path:
            yield path, "badge" if is_badge else "table"
        for key in sorted(set(value) - BADGE if is_badge else value, key=list(value).index):
            yield from _walk(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield path, "list"
        for item in value:
            if isinstance(item, Mapping):
                yield from ((place, kind) for place, kind in _walk(item, f"{path}[]") if place != f"{path}[]")
    else:
        yield path, KINDS[type(value)]


def _meaning(part: str, path: str, used: set[tuple[str, str]]) -> str:
    """What is said of a name: of this one, else of every name that ends so."""
    last = path.rpartition(".")[2]
    for table, key in ((part, path), ("common", last)):
        if key in MEANINGS[table]:
            used.add((table, key))
            return str(MEANINGS[table][key])
    raise SystemExit(f"template_names.toml: {path} of {part} has no meaning")


def _refuse_unused(used: set[tuple[str, str]]) -> None:
    tables = {name for name in MEANINGS if name not in ("page", "badge", "filters")}
    if left := sorted({(table, key) for table in tables for key in MEANINGS[table]} - used):
        raise SystemExit(f"template_names.toml: {left} stands on one side only")
    if set(MEANINGS["badge"]) != BADGE:
        raise SystemExit("template_names.toml: badge does not have the names of a badge")


def _blocks(names: Sequence[str]) -> str:
    """The blocks of these templates and of those they extend."""
    made = environment("en")
    found: dict[str, None] = {}
    hidden: set[str] = set()  # blocks of a parent that stand inside one which is replaced already
    for name in (name for name in names if not name.endswith("subject.txt.j2")):
        waiting = [name]
        while waiting:
            source, path, _ = made.loader.get_source(made, waiting.pop())  # type: ignore[union-attr]
            tree = made.parse(source, name, path)
            blocks = list(tree.find_all(nodes.Block))
            hidden |= {inner.name for block in blocks if block.name in found for inner in block.find_all(nodes.Block)}
            found |= dict.fromkeys(block.name for block in blocks if block.name not in hidden)
            extended = (one.template for one in tree.find_all(nodes.Extends))
            waiting += [one.value for one in extended if isinstance(one, nodes.Const)]
    return ", ".join(f"`{name}`" for name in found) or "none"


def _filters() -> dict[str, str]:
    """Each filter of ours."""
    from reporter.report.mail.templates import _filters as ours

    told = MEANINGS["filters"]
    if set(told) != set(ours("en")):
        raise SystemExit(f"template_names.toml: filters: {sorted(set(told) ^ set(ours('en')))} on one side only")
    return {name: str(told[name]) for name in ours("en")}


def _fixed() -> Iterator[tuple[str, str, str]]:
    for name, files in FIXED.items():
        both = [{key: text for part in files for key, text in words(part, language).items()} for language in LANGUAGES]
        yield from ((f"`{name}.{key}`", _cell(both[0][key]), _cell(both[1][key])) for key in both[0])


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def _table(header: Sequence[str], rows: Any) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
