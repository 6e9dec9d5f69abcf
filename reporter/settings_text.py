"""The text of a settings file: read whichever editor saved it, and refused with the line and the cure.

In: the bytes of a file that somebody typed. Out: its text, its table, and where each key stands. It knows TOML and the
slips of those who type it, and is told which keys there are; what they mean is for settings.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tomli
from msgspec import Struct, inspect

from reporter.errors import SettingsError, nearest_file, refused
from reporter.text.catalogue import words
from reporter.text.formats import nearest

UTF_8, UTF_16, WINDOWS = "UTF-8", "UTF-16", "Windows-1252"
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", UTF_8),
    (b"\xff\xfe", "utf-16", UTF_16),
    (b"\xfe\xff", "utf-16", UTF_16),
)
"""What an editor puts before a text, and what follows it."""
Key = tuple[str | int, ...]
"""The way to a key: `("roster", 0, "path")`."""
Told = Callable[[str], str]
BARE = r"[\w\-]+"


class TypedFile(Struct, frozen=True):
    """A file that somebody typed: its name, its text, and the encoding that it was read in."""

    name: str
    text: str
    encoding: str = UTF_8

    def line(self, number: int) -> str:
        """The line of that number, as it stands."""
        lines = self.text.splitlines()
        return lines[number - 1].strip(" \t") if 0 < number <= len(lines) else ""


def read_typed(path: Path) -> TypedFile:
    """The file as its editor saved it: UTF-8 with or without a mark, UTF-16, or the code page of Windows.

    Raises: SettingsError - it is not there, cannot be opened, or is no text; says where it was looked for.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _missing(path) from error
    except OSError as error:
        raise refused(SettingsError, "stop_unopened", where=str(path), what=error.strerror) from error
    try:
        text, encoding = decode_typed(content)
    except UnicodeDecodeError as error:
        raise refused(SettingsError, "stop_no_text", where=str(path)) from error
    return TypedFile(path.name, text, encoding)


def decode_typed(content: bytes) -> tuple[str, str]:
    """The text of those bytes, with one kind of line end, and the encoding it was in.

    Raises: UnicodeDecodeError - it is text in none of them.
    """
    for mark, codec, name in MARKS:
        if content.startswith(mark):
            return _plain(content.decode(codec)), name
    if b"\0" in content:  # UTF-16 without its mark: each second byte of plain letters is nothing
        return _plain(content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")), UTF_16
    try:
        return _plain(content.decode("utf-8")), UTF_8
    except UnicodeDecodeError:
        return _plain(content.decode("cp1252")), WINDOWS


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _missing(path: Path) -> SettingsError:
    """There is no such file: the folder that was looked in, and the name there that is most like it."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return refused(SettingsError, "stop_no_file_folder", where=str(path), folder=folder)
    near = nearest_file(path)
    code = "stop_no_file_near" if near else "stop_no_file_here"
    return refused(SettingsError, code, where=str(path), folder=folder, near=near)


def settings_table(typed: TypedFile, paths: Sequence[str] = ()) -> dict[str, Any]:
    """The table of a TOML file; `paths` are the keys that name files or folders.

    Raises: SettingsError - it is not TOML; with the line, and how to mend it where the slip is a usual one.
    """
    try:
        table = tomli.loads(typed.text)
    except tomli.TOMLDecodeError as error:
        raise _slip_of(typed, error) from error
    # in `"C:\temp\new.csv"` TOML reads a tab and a new line: nothing that anybody would type
    for key, value in _texts(table):
        if key[-1] in paths and re.search(r"[\x00-\x1f]", value):
            number = line_of(typed.text, key)
            mended = _in_single_quotes(typed.line(number))
            raise refused(SettingsError, "slip_backslash_read", where=typed.name, line=number, mended=mended)
    return table


def _texts(value: object, way: Key = ()) -> Iterator[tuple[Key, str]]:
    """Every text of a table with the way to it."""
    if isinstance(value, str):
        yield way, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _texts(part, (*way, key))


def leaves(value: Any, way: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value that is no table, with the way to it."""
    if isinstance(value, Mapping) and (value or not way):
        for key, part in value.items():
            yield from leaves(part, (*way, key))
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for n, part in enumerate(value):
            yield from leaves(part, (*way, n))
    elif value is not None:
        yield way, value


QUOTES = str.maketrans("“”„«»‘’‚′″", '"""""' + "'''" + "'\"")
"""The marks that word processors set, and the plain one that was meant."""
SLIPS = (
    ("slip_quotes", r"[^\"']*[“”„«»‘’″]"),
    ("slip_no_break_space", r".*[\u00a0\u202f\u2007]"),
    ("slip_backslash", r"[^=]*=.*\"[^\"]*\\"),
    ("slip_name", r"\[+[^\]\"']*[^\]\"'\w.\- ][^\]\"']*\]|\[+[\w.\-]*[\w\-] +[\w][^\]\"']*\]|\[+[^\]\"']*[^\x00-\x7f]"),
    ("slip_truth", r"[\w.\-\"' ]+= *(True|False|TRUE|FALSE|yes|no|Yes|No|on|off|vrai|faux|oui|non)\b"),
    ("slip_comma", r"[\w.\-\"' ]+= *\d+,\d+"),
    ("slip_day", r"[\w.\-\"' ]+= *\d{4}-\d{1,2}-\d{1,2}\b"),
    ("slip_unquoted", r"[\w.\-\"' ]+= *(?![\d.]+\s*$)[^\"'\[{\s#]"),
    ("slip_colon", r"[\w.\-]+ *:"),
    ("slip_open_quote", r"[^\"]*\"[^\"]*$|[^']*'[^']*$"),
)
"""The usual slips in a line that is not TOML, by the code of our sentence; the first that fits is told."""


def _slip_of(typed: TypedFile, error: tomli.TOMLDecodeError) -> SettingsError:
    """What is wrong with a file that is no TOML, in the words of somebody who typed it."""
    found = re.search(r"at line (\d+)", str(error))
    number = int(found[1]) if found else len(typed.text.splitlines())
    line = typed.line(number)
    what = re.sub(r" \(at .*\)$", "", str(error))
    if twice := re.search(r"Cannot (?:declare|overwrite|mutate)", what):
        header = re.fullmatch(r"\[([\w.\-]+)\].*", line)
        code = "slip_twice_table" if header and twice else "slip_twice"
        name = header[1] if header else line.partition("=")[0].strip()
        return refused(SettingsError, code, where=typed.name, line=number, name=name)
    for code, pattern in SLIPS:
        if re.match(pattern, line):
            return refused(SettingsError, code, where=typed.name, line=number, mended=_mended(code, line), text=line)
    return refused(SettingsError, "slip_other", where=typed.name, line=number, text=line, what=what)


def _mended(code: str, line: str) -> str:
    """The line as it was meant, for the slips of which that can be told."""
    if code == "slip_quotes":
        return line.translate(QUOTES)
    if code == "slip_no_break_space":
        return re.sub(r"[\u00a0\u202f\u2007]", " ", line)
    if code == "slip_backslash":
        return _in_single_quotes(line)
    if code == "slip_name":
        return re.sub(r"^(\[+[a-z]+\.)([^\]\"']*)(\]+)", r'\1"\2"\3', line)
    if code == "slip_truth":
        key, _, value = line.partition("=")
        is_true = value.split()[0].casefold() in ("true", "yes", "on", "vrai", "oui")
        return f"{key}= {'true' if is_true else 'false'}"
    if code == "slip_comma":
        return re.sub(r"(\d+),(\d+)", r"\1.\2", line, count=1)
    if code == "slip_unquoted":
        key, _, value = line.partition("=")
        return f"{key}= '{value.strip()}'" if "\\" in value else f'{key}= "{value.strip()}"'
    return re.sub(r"^([\w.\-]+) *:", r"\1 =", line) if code == "slip_colon" else line


def _in_single_quotes(line: str) -> str:
    """A line with paths of Windows: between single quotes a backslash is itself."""
    return re.sub(
        r'"([^"]*\\[^"]*)"', lambda found: f"'{found[1][:1]}{found[1][1:].replace(chr(92) * 2, chr(92))}'", line
    )


def line_of(text: str, key: Key) -> int:
    """The number of the line on which that key stands, or the nearest table above it; 0 where neither is found."""
    places: dict[Key, int] = {}
    for way, number in _places(text):
        places.setdefault(way, number)
    for end in range(len(key), 0, -1):
        if key[:end] in places:
            return places[key[:end]]
    return 0


PART = re.compile(rf"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|({BARE}))\s*(\.?)""")


def _places(text: str) -> Iterator[tuple[Key, int]]:
    """Every table and key that begins a line, with its line; what stands inside a list or braces is of its key."""
    counts: dict[Key, int] = {}
    here: Key = ()
    is_inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if is_inside:
            is_inside = "" if is_inside in line else is_inside
            continue
        if header := re.match(r"\s*(\[\[?)", line):
            here = _whole(_parts(line[header.end() :]), counts)
            if header[1] == "[[":
                yield here, number
                counts[here] = counts.get(here, -1) + 1
                here = (*here, counts[here])
            yield here, number
        elif parts := _parts(line):
            yield (*here, *parts), number
            value = line.partition("=")[2]
            is_inside = next((mark for mark in ('"""', "'''") if value.count(mark) == 1), "")


def _whole(parts: Key, counts: Mapping[Key, int]) -> Key:
    """The way to a table below a list of tables goes by the last of them."""
    way: Key = ()
    for n, part in enumerate(parts, 1):
        way = (*way, part)
        if way in counts and n < len(parts):
            way = (*way, counts[way])
    return way


def _parts(text: str) -> Key:
    """The names of a dotted key at the beginning of a text."""
    parts: list[str] = []
    at = 0
    while found := PART.match(text, at):
        parts.append(next(part for part in found.groups()[:3] if part is not None))
        at = found.end()
        if not found[4]:
            break
    return tuple(parts) if re.match(r"\s*[=\]]", text[at:]) else ()


def refused_key(
    error: msgspec.ValidationError,
    typed: TypedFile,
    table: Mapping[str, object],
    shape: type,
    *,
    within: Key = (),
    hidden: Sequence[str] = (),
) -> SettingsError:
    """A key or value that is not allowed: its line, and the key or the values that were meant.

    Takes: within - the way to the table, where it is not the whole file; hidden - keys of the shape that no file has.
    """
    what, _, place = str(error).partition(" - at `$")
    here = _way(place.rstrip("`"), str(error), table, shape)
    kind = _kind_at(inspect.type_info(shape), here)
    way = (*within, *here)
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        return _unknown_key(typed, within, here, found[1], shape=shape, hidden=hidden)
    said = line_told(line_of(typed.text, way))
    where = f"{typed.name}: {spelled_way(way)}" if way else typed.name
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return refused(SettingsError, "stop_key_missing", where=where, line=said, name=found[1])
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        return _wrong_kind(where, said, (within, here), found[1], found[2], shape=shape)
    if re.match(r"Expected `(?:int|float)` [<>]", what):
        bounds = next(one for one in _members(kind) if isinstance(one, inspect.IntType | inspect.FloatType) and one.le)
        return refused(SettingsError, "stop_number_between", where=where, line=said, low=bounds.ge, high=bounds.le)
    if what == "Invalid RFC3339 encoded date":
        return refused(SettingsError, "stop_date_value", where=where, line=said)
    if found := re.fullmatch(r"Invalid enum value '?(.*?)'?", what):
        choices = _choices(kind)
        if choices == ["False"]:
            return refused(SettingsError, "stop_encrypt_place", where=where)
        near = nearest(found[1], choices)
        code = "stop_choice_near" if near else "stop_choice_of"
        return refused(
            SettingsError, code, where=where, line=said, found=found[1], choices=", ".join(choices), near=near
        )
    return refused(SettingsError, "stop_value", where=where, what=what)


def line_told(number: int) -> Told:
    """`line 3: ` in the language asked for; nothing where it is not known."""
    return lambda language: f"{words('setup', language)['from_line'].format(line=number)}, " if number else ""


def _way(place: str, message: str, table: Mapping[str, object], shape: type) -> Key:
    """The way that msgspec spells `.roster[0].path`. A key of a mapping is `[...]` there: the one with that fault."""
    way: Key = ()
    for name, index, is_named in re.findall(r"\.([\w\-]+)|\[(\d+)\]|(\[\.\.\.\])", place):
        if is_named:
            names = _at(table, way)
            bad = [one for one in names if _fault_of(_with_alone(table, way, one), shape) == message]
            way = (*way, *bad[:1])
        else:
            way = (*way, name or int(index))
    return way


def _at(table: Any, way: Key) -> Any:
    for part in way:
        table = table[part]
    return table


def _with_alone(table: Any, way: Key, name: str) -> Any:
    """The table with that key alone in the mapping at the end of the way."""
    if not way:
        return {name: table[name]}
    part = _with_alone(table[way[0]], way[1:], name)
    if isinstance(table, list):
        return [part if n == way[0] else one for n, one in enumerate(table)]
    return {**table, way[0]: part}


def _fault_of(table: object, shape: type) -> str:
    try:
        msgspec.convert(table, shape)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def spelled_way(way: Key) -> str:
    """`roster[0].path`, with quotes about a name that TOML wants between quotes."""
    names = (part if isinstance(part, int) or re.fullmatch(BARE, part, re.ASCII) else f'"{part}"' for part in way)
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names).lstrip(".")


def _unknown_key(
    typed: TypedFile, within: Key, here: Key, name: str, *, shape: type, hidden: Sequence[str]
) -> SettingsError:
    """A key that its table does not have: the nearest there, or the table it belongs to."""
    way = (*within, *here)
    number = line_of(typed.text, (*way, name)) or line_of(typed.text, way)
    if way and line_of(typed.text, (*way, name)) == line_of(typed.text, way):
        number = _line_below(typed.text, line_of(typed.text, way), name)
    fields = [key for key in _fields(_kind_at(inspect.type_info(shape), here)) if key not in hidden]
    details: dict[str, Any] = {
        "where": f"{typed.name}: {spelled_way((*way, name))}",
        "line": line_told(number),
        "name": name,
    }
    if near := nearest(name, fields):
        near = _heading(near, shape) if not way and _heading(near, shape) else near
        return refused(SettingsError, "stop_key_near", near=near, **details)
    for key, kind in _tables(inspect.type_info(shape)).items():
        if name in _fields(kind) and not (key == "" and _heading(name, shape)):
            code = "stop_key_elsewhere" if key or within else "stop_key_at_top"
            return refused(SettingsError, code, table=key or f"[{spelled_way(within)}]", **details)
    return refused(SettingsError, "stop_key_of", keys=", ".join(fields), **details)


def _line_below(text: str, first: int, name: str) -> int:
    """The first line from that one on that speaks of the name; for one inside braces."""
    lines = text.splitlines()
    pattern = re.compile(rf"(?<![\w\-]){re.escape(name)}(?![\w\-])")
    return next((n for n in range(max(first, 1), len(lines) + 1) if pattern.search(lines[n - 1])), first)


def _wrong_kind(
    where: str, line: Told, place: tuple[Key, Key], wanted: str, found: str, *, shape: type
) -> SettingsError:
    """A value of another kind: one bracket for two, a number in quotes.

    Takes: place - the way to the table of that shape, and the one from there.
    """
    within, way = place
    kinds = [kind for kind in wanted.split(" | ") if kind != "null"]
    name = spelled_way((*within, *way))
    if kinds == ["array"] and found == "object":
        return refused(SettingsError, "stop_one_bracket", where=where, line=line, name=name)
    if kinds == ["object"] and found == "array":
        return refused(SettingsError, "stop_two_brackets", where=where, line=line, name=name)
    if set(_fields(_kind_at(inspect.type_info(shape), way))) == {"en", "fr"}:
        return refused(SettingsError, "stop_both_languages", where=where, line=line)
    is_table = not within and (len(way) == 1 or isinstance(way[-1], int))
    if table := _heading(str(way[0]), shape) if is_table else "":
        return refused(SettingsError, "stop_no_table_but_value", where=where, line=line, name=way[0], table=table)
    return refused(
        SettingsError, "stop_wrong_kind", where=where, line=line, wanted=_kinds_told(kinds), found=_kinds_told([found])
    )


def _kinds_told(kinds: list[str]) -> Told:
    """The kinds in words, in the language asked for; one that has none as it is called."""

    def said(language: str) -> str:
        w = words("setup", language)
        return w["or"].join(dict.fromkeys(w.get(f"kind_{kind}", kind) for kind in kinds))

    return said


def _members(kind: inspect.Type) -> list[inspect.Type]:
    return [one for part in kind.types for one in _members(part)] if isinstance(kind, inspect.UnionType) else [kind]


def _kind_at(kind: inspect.Type, way: Key) -> inspect.Type:
    """What stands at the end of that way; the last that is known."""
    for part in way:
        kind = _step(kind, part)
    return kind


def _step(kind: inspect.Type, part: str | int) -> inspect.Type:
    for one in _members(kind):
        if isinstance(one, inspect.StructType) and (found := _fields(one).get(str(part))):
            return found
        if isinstance(one, inspect.VarTupleType) and isinstance(part, int):
            return one.item_type
        if isinstance(one, inspect.DictType):
            return one.value_type
    return kind


def _fields(kind: inspect.Type) -> dict[str, inspect.Type]:
    """The keys of a table of that kind."""
    structs = [one for one in _members(kind) if isinstance(one, inspect.StructType)]
    return {field.encode_name: field.type for one in structs for field in one.fields}


def _tables(kind: inspect.Type) -> dict[str, inspect.Type]:
    """The kinds of all tables by how their heading is typed; the file itself first, without one."""
    tables = {"": kind}
    for name, field in _fields(kind).items():
        for one in _members(field):
            if isinstance(one, inspect.StructType):
                tables[f"[{name}]"] = one
            elif isinstance(one, inspect.VarTupleType) and _fields(one.item_type):
                tables[f"[[{name}]]"] = one.item_type
            elif isinstance(one, inspect.DictType) and _fields(one.value_type):
                tables[f'[{name}."NAME"]'] = one.value_type
    return tables


def _heading(name: str, shape: type) -> str:
    """How the heading of that table is typed, such as `[[roster]]`; nothing for what is no table."""
    return next(
        (key for key in _tables(inspect.type_info(shape)) if key.strip("[]").partition(".")[0] == name != ""), ""
    )


def _choices(kind: inspect.Type) -> list[str]:
    return [
        str(value)
        for one in _members(kind)
        if isinstance(one, inspect.LiteralType)
        for value in one.values
        if value != ""
    ]
