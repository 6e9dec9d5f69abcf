"""`reporter settings`: what a settings file says, where each value comes from, and what an editor may know of it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context
from reporter.cli.usage import misuse

if TYPE_CHECKING:
    from reporter.settings import Settings
    from reporter.settings_text import Key, TypedFile
NAMED = ("roster", "outages", "duties")
"""The tables whose `path` is a file that has to be there."""


@click.group()
def settings() -> None:
    """Look at a settings file: what holds and from where; a schema for editors."""


@settings.command()
@click.argument("file", type=context.FILE, required=False)
@context.config
@context.language
@context.as_json
@click.pass_context
def check(ctx: click.Context, file: Path | None, config: Path | None, lang: str | None, as_json: bool) -> None:
    """Read the settings FILE as a run would, and print every value with the line that it comes from.

    What the file does not say holds by default. A file that it names and that is not there is told, and ends with 4.
    """
    path = config or file
    if path is None:
        raise misuse("which_file")
    known = context.settings(path, language=lang)
    from reporter.settings_text import read_typed

    typed = read_typed(path)
    values = list(_values(known, typed))
    gone = [(key, place) for key, place in _files(known) if not place.exists()]
    if as_json:
        told = {"file": str(path.absolute()), "encoding": typed.encoding, "missing": [str(place) for _, place in gone]}
        context.print_json({**told, "values": values})
    else:
        _show(path, typed, values, gone, known.language)
    ctx.exit(4 if gone else 0)


def _show(
    path: Path, typed: TypedFile, values: list[dict[str, Any]], gone: list[tuple[str, Path]], language: str
) -> None:
    from reporter.text.catalogue import words

    w = words("setup", language)
    click.echo(w["settings_file"].format(path=path.absolute(), encoding=typed.encoding))
    width = max(len(one["key"]) for one in values)
    for one in values:
        source = w["from_line"].format(line=one["line"]) if one["line"] else w["from_default"]
        click.echo(f"{one['key']:<{width}}  {json.dumps(one['value'], ensure_ascii=False):<40}  {source}")
    for key, place in gone:
        click.echo(w["gone"].format(key=key, path=place.absolute()), err=True)


def _files(known: Settings) -> Iterator[tuple[str, Path]]:
    for table in NAMED:
        here = (pair for pair in enumerate(getattr(known, table)) if not getattr(pair[1], "address", ""))
        for n, one in here:
            yield f"{table}[{n}].path", known.path(one.path)


def _values(known: Settings, typed: TypedFile) -> Iterator[dict[str, Any]]:
    """Every value with its key and line, 0 for what holds by default; in the order of the reference."""
    import msgspec

    from reporter.settings import INTERNAL
    from reporter.settings_text import line_of, settings_table, spelled_way

    table = settings_table(typed)
    for way, value in _leaves(msgspec.to_builtins(known)):
        if way[0] in INTERNAL:
            continue
        line = line_of(typed.text, way) if _is_said(table, way) else 0
        shown = table["language"] if way == ("language",) and line else value
        yield {"key": spelled_way(way), "value": shown, "line": line}


def _is_said(table: Any, way: Key) -> bool:
    """Whether the file itself has that key."""
    for part in way:
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _leaves(value: Any, way: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value that is no table, with the way to it."""
    if isinstance(value, Mapping) and (value or not way):
        for key, part in value.items():
            yield from _leaves(part, (*way, key))
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for n, part in enumerate(value):
            yield from _leaves(part, (*way, n))
    elif value is not None:
        yield way, value


@settings.command()
def schema() -> None:
    """Print the JSON Schema of the settings file, by which an editor completes and checks it.

    Save it beside the settings, and begin them with: #:schema reporter.schema.json
    """
    context.print_json(settings_schema())


def settings_schema() -> dict[str, Any]:
    """The schema of the whole file, each key with what it means."""
    import msgspec

    from reporter.resources import meanings
    from reporter.settings import INTERNAL, Identity, Settings

    (whole,), parts = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    told = tomllib.loads(meanings().read_text("utf-8"))["settings"]
    for name, part in parts.items():
        for key, entry in part.get("properties", {}).items():
            if meaning := told.get(name, {}).get(key):
                entry["description"] = meaning
    for key in INTERNAL:
        parts["Settings"]["properties"].pop(key)
    parts.pop(Identity.__name__)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "reporter.toml"}
    return {**head, **whole, "$defs": parts}
