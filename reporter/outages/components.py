"""The words a source has for its parts, as ids of services; what maps to nothing is kept and told. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reporter.errors import SettingsError, refused
from reporter.model.problem import Problem
from reporter.outages.services import UNSPECIFIED, known_services, service_ids
from reporter.text.folding import fold_name

if TYPE_CHECKING:
    from reporter.outages.items import Item, Source
Component = tuple[str, ...]  # the spellings of one part; the first is the one people read
_HALVES = re.compile(r"\s+[-–—|]\s+|\s*[/;|]\s*|,\s+")
_LANGUAGES = frozenset({"en", "fr", "eng", "fra", "english", "french", "anglais", "francais"})
_SHORTEST_MENTION = 4
_LONGEST_HINT = 500
_TAKEN = "#"


def mapped_services(
    source: "Source", items: Sequence["Item"]
) -> tuple[list[str], list[tuple[str, ...]], tuple[Problem, ...]]:
    """For each item its service ids and the components nobody knows, and one problem for each of those.

    An item that names no component is read off its hint, then gets the caller's services, else `unspecified`.
    """
    known = _known(source)
    found = {part: _ids(part, known) for part in dict.fromkeys(part for item in items for part in item.components)}
    unmapped = [tuple(part[0] for part in item.components if not found[part]) for item in items]
    hints = dict.fromkeys(item.hint for item in items if not item.components)
    names = longest_first(known)
    hinted = {hint: mentioned(hint, names) for hint in hints}
    stated = service_ids(source.services, known)[0] if fold_name(source.services) else ""
    services = [
        _joined([found[part] or UNSPECIFIED for part in item.components])
        or hinted.get(item.hint)
        or stated
        or UNSPECIFIED
        for item in items
    ]
    problems = _told(source, items, unmapped, hinted, stated)
    return services, unmapped, problems


def _told(
    source: "Source",
    items: Sequence["Item"],
    unmapped: Sequence[tuple[str, ...]],
    hinted: Mapping[str, str],
    stated: str,
) -> tuple[Problem, ...]:
    """Each unknown component with how often it stands there, and how many items name none at all."""
    counts = Counter(part for parts in unmapped for part in parts)
    problems = [
        source.problem("source_component_unmapped", value=part[:120], column="services", count=str(count))
        for part, count in counts.items()
    ]
    bare = [item for item in items if not item.components]
    guessed = sum(bool(hinted.get(item.hint)) for item in bare)
    if guessed:
        problems.append(source.problem("source_services_from_title", column="services", count=str(guessed)))
    if len(bare) > guessed and not stated:
        problems.append(source.problem("source_component_missing", column="services", count=str(len(bare) - guessed)))
    return tuple(problems)


def _known(source: "Source") -> dict[str, str]:
    """Plain spelling to ids; a component the settings map stands before the service names."""
    known = known_services(source.names)
    mapped = {}
    for word, services in source.components.items():
        ids, unknown = service_ids(services, known)
        if unknown or not fold_name(services):
            raise refused(SettingsError, "stop_outage_service", where=f"components.{word}", services=services)
        mapped[fold_name(word)] = ids
    return known | mapped


def _ids(part: Component, known: Mapping[str, str]) -> str:
    """The ids of the first spelling that means something."""
    return next((ids for text in part if (ids := _meaning(text, known))), "")


def _meaning(text: str, known: Mapping[str, str]) -> str:
    """A name; a name and its language (`website-fr`); or both names of a bilingual title, if all are known."""
    whole = fold_name(text)
    if ids := known.get(whole) or known.get(_without_language(whole)):
        return ids
    halves = [known.get(fold_name(half), "") for half in _HALVES.split(text) if fold_name(half)]
    return _joined(halves) if len(halves) > 1 and all(halves) else ""


def _without_language(name: str) -> str:
    words = name.split()
    if len(words) > 1 and words[-1] in _LANGUAGES:
        return " ".join(words[:-1])
    return " ".join(words[1:]) if len(words) > 1 and words[0] in _LANGUAGES else name


def longest_first(known: Mapping[str, str]) -> dict[str, str]:
    """The names that may be looked for in a text, the longer before the shorter inside it, and no mere syllable."""
    names = [name for name, ids in known.items() if len(name) >= _SHORTEST_MENTION and ids != UNSPECIFIED]
    return {name: known[name] for name in sorted(names, key=lambda name: (-len(name), name))}


def mentioned(text: str, names: Mapping[str, str]) -> str:
    """The services a title names, in its order; nothing when it names none. `names` come longest first."""
    rest, found = f" {fold_name(text[:_LONGEST_HINT])} ", {}
    for name, ids in names.items():
        at = rest.find(f" {name} ")
        if at >= 0:
            found[at] = ids
            rest = rest.replace(f" {name} ", f" {_TAKEN * len(name)} ")
    return _joined([found[at] for at in sorted(found)])


def _joined(ids: Sequence[str]) -> str:
    return ";".join(dict.fromkeys(one for many in ids for one in many.split(";") if one))
