"""An office's own rules, laid over those that ship with the program: what it adds, changes or switches off. Pure.

Its file has the tables `[deadline.NAME]`, `[service.NAME]`, `[state.NAME]`, `[risk.NAME]` and `[limits]`. An entry of
a known name changes only the keys it gives and says in `cite` on what authority; `off` says why one is switched off.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reporter.errors import RulebookError, recast, refused
from reporter.model.levels import RANK
from reporter.model.rulebook import Change, Risk, Words

Tables = dict[str, Any]
PARTS = {"deadline": "deadlines.toml", "service": "services.toml", "state": "states.toml", "risk": "risks.toml"}
BOTH = {"en", "fr"}


def laid_over(tables: Mapping[str, Tables], name: str, own: Tables) -> tuple[dict[str, Tables], list[Change]]:
    """The rules with one office's file laid over them, and what it changed.

    Takes:  tables - the rules by file, as TOML gives them; name - of the office's file, for messages.
    Raises: RulebookError - an unknown table, a change without a cite, or nothing there to switch off.
    """
    layered = dict(tables)
    changes: list[Change] = []
    for part, entries in own.items():
        if part == "limits":
            layered["risks.toml"], found = _limits(layered["risks.toml"], entries, name)
        elif part in PARTS:
            layered[PARTS[part]], found = _part(part, layered[PARTS[part]], entries, name)
        else:
            allowed = ", ".join(f"[{known}.NAME]" for known in PARTS)
            raise refused(RulebookError, "rule_table", where=f"{name}: {part}", names=allowed)
        changes += found
    return layered, changes


def check_something_holds(risks: Iterable[Risk], groups: Iterable[str], name: str) -> None:
    """Refuse rules that leave a kind of duty with no judgement that always holds: its duties would have no level."""
    always = [risk.when["group"].is_ for risk in risks if not risk.is_note and set(risk.when) == {"group"}]
    held = {group for said in always for group in ((said,) if isinstance(said, str) else said or ())}  # type: ignore[union-attr]
    for group in sorted(set(groups) - held):
        raise refused(RulebookError, "rule_nothing_holds", where=name, group=group)


def blame_file(error: RulebookError, changes: Iterable[Change]) -> RulebookError:
    """The error with the office's own file named, where the entry it is about is one that the office wrote."""
    _, _, place = error.where.partition(": ")
    rest = place.removeprefix("risk ")
    key = re.split("[.:]", rest, maxsplit=1)[0]
    part = next((p for p, file in PARTS.items() if error.where.startswith(file)), "")
    mine = [change for change in changes if (change.part, change.id) == (part, key)]
    return recast(RulebookError, error, where=f"{mine[0].source}: {part}.{rest}") if mine else error


def _limits(table: Tables, change: Tables, name: str) -> tuple[Tables, list[Change]]:
    merged, changes = _merged("limits", "limits", table["limits"], change, name)
    return {**table, "limits": merged}, changes


def _part(part: str, table: Tables, entries: Any, name: str) -> tuple[Tables, list[Change]]:
    """One file of the rules with the office's entries of that kind."""
    known: Tables = {row["id"]: row for row in table.get("risk", [])} if part == "risk" else dict(table)
    added: Tables = {}
    changes: list[Change] = []
    for key, change in entries.items():
        if not isinstance(change, dict):
            raise refused(RulebookError, "rule_no_table", where=f"{name}: {part}.{key}", part=part, key=key)
        if "off" in change:
            changes.append(_off(part, key, known, change, name))
            del known[key]
        elif key in known:
            known[key], found = _merged(part, key, known[key], change, name)
            changes += found
        else:
            added[key] = {**change, "id": key} if part == "risk" else change
            changes.append(Change(part, key, "own", name, title=_title(change)))
    if part != "risk":
        return known | added, changes
    # An office's own judgement goes before those of the same level that ship with the program.
    whole = [*added.values(), *known.values()]
    return {**table, "risk": sorted(whole, key=lambda row: RANK.get(row.get("level"), len(RANK)))}, changes


def _off(part: str, key: str, known: Tables, change: Tables, name: str) -> Change:
    where = f"{name}: {part}.{key}"
    if key not in known:
        raise refused(RulebookError, "rule_nothing_off", where=where)
    why = change["off"]
    if not isinstance(why, dict) or set(why) != BOTH or not all(str(text).strip() for text in why.values()):
        raise refused(RulebookError, "rule_off", where=where)
    if not str(change.get("cite", "")).strip():
        raise refused(RulebookError, "rule_no_authority", where=where)
    if extra := set(change) - {"off", "cite"}:
        raise refused(RulebookError, "rule_off_key", where=where, name=min(extra))
    return Change(part, key, "off", name, cite=change["cite"], title=_title(known[key]), why=Words(**why))


def _merged(part: str, key: str, entry: Tables, change: Tables, name: str) -> tuple[Tables, list[Change]]:
    """One entry with the keys that the office gives in place of its own, and the cite of the change beside the law."""
    cite = str(change.get("cite", "")).strip()
    if not cite:
        place = key if part == "limits" else f"{part}.{key}"
        raise refused(RulebookError, "rule_no_authority", where=f"{name}: {place}")
    given = {k: v for k, v in change.items() if k != "cite"}
    title = _title(entry)
    merged = entry | {k: _with(k, entry.get(k), v) for k, v in given.items()}
    changes = [
        Change(part, key, "changed", name, what=what, old=_said(old), new=_said(new), cite=cite, title=title)
        for k in given
        for what, old, new in _leaves(k, entry.get(k), merged[k])
        if old != new
    ]
    if "in_force" in merged:
        own = {version.get("from") for version in given.get("in_force", ()) if "cite" in version}
        versions = [
            v if v.get("from") in own else {**v, "cite": f"{v.get('cite', '')}; {cite}"} for v in merged["in_force"]
        ]
        return merged | {"in_force": versions}, changes
    return merged | {"cite": f"{entry['cite']}; {cite}"}, changes


def _with(key: str, old: Any, new: Any) -> Any:
    """A key's new value: tests are changed fact by fact, versions by their first day, all else as a whole."""
    if key == "when" and isinstance(old, dict) and isinstance(new, dict):
        return old | new
    if key == "in_force" and isinstance(old, list) and isinstance(new, list):
        by_day = {version.get("from"): version for version in old}
        for version in new:
            by_day[version.get("from")] = by_day.get(version.get("from"), {}) | version
        return sorted(by_day.values(), key=lambda version: str(version.get("from")))
    return new


def _leaves(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """What differs, as small as a reader wants it."""
    if key == "when" and isinstance(old, dict) and isinstance(new, dict):
        yield from ((f"when.{fact}", old.get(fact), test) for fact, test in new.items())
    elif key == "in_force" and isinstance(old, list) and isinstance(new, list):
        before = {version.get("from"): version for version in old}
        for version in new:
            was = before.get(version.get("from"), {})
            yield from ((f"{version.get('from')}: {k}", was.get(k), value) for k, value in version.items())
    else:
        yield key, old, new


def _title(entry: Tables) -> Words:
    words = entry.get("title", entry.get("say"))
    return Words(**words) if isinstance(words, dict) and set(words) == BOTH else Words(en="", fr="")


def _said(value: Any) -> Words:
    """A value of the file as a reader sees it."""
    if isinstance(value, dict) and set(value) == BOTH:
        return Words(en=str(value["en"]), fr=str(value["fr"]))
    text = _plain(value)
    return Words(en=text, fr=text)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
