"""Reads the rulebook from TOML and refuses it, naming file and key, when anything in it is not so.

A typo in a rule would be a silent error of law, so nothing is ignored: unknown keys, unknown services, facts
and words, versions out of order and risks not worst first all stop the program.
"""

import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from reporter.errors import RulebookError
from reporter.model.rulebook import Change, Deadline, Group, Limits, OwnDuty, Risk, Rulebook, Service, State
from reporter.rules.checks import check_dates, check_deadline, check_keys, check_own_duty, check_risks, check_service
from reporter.rules.own import blamed, check_something_holds, laid_over
from reporter.text.folding import fold_name

T = TypeVar("T")
FILES = ("deadlines.toml", "services.toml", "risks.toml", "states.toml", "duties.toml")


def load_rulebook(path: Path | None = None) -> Rulebook:
    """The rulebook that ships with the program, with an office's own rules laid over it where it has some.

    Takes:  path - a TOML file of own rules, a folder of such files, or a folder with a whole rulebook in its place.
    Raises: RulebookError - a file is missing, is not TOML, or says something that is not allowed.
    """
    is_whole = path is not None and path.is_dir() and any((path / name).exists() for name in FILES)
    home: Traversable | Path = path if path is not None and is_whole else files("reporter.rules")
    texts = {name: _text(home, name) for name in FILES}
    tables = {name: _table(name, text) for name, text in texts.items()}
    changes: list[Change] = []
    for own in () if path is None or is_whole else _own_files(path):
        texts[own.name] = _text(own.parent, own.name)
        tables, more = laid_over(tables, own.name, _table(own.name, texts[own.name]))
        changes += more
    sha256 = hashlib.sha256("\n".join(texts.values()).encode()).hexdigest()
    try:
        return _rulebook(tables, sha256, tuple(changes))
    except RulebookError as error:
        raise blamed(error, changes) from error


def _names(deadlines: Mapping[str, Deadline], changes: tuple[Change, ...]) -> dict[str, set[str]]:
    """What a test of `deadline` or `group` may name; one that an office switched off may still be named."""
    off = {change.id for change in changes if (change.part, change.kind) == ("deadline", "off")}
    groups: set[str] = {deadline.group for deadline in deadlines.values()}
    return {"deadline": {*deadlines, *off}, "group": groups | set(get_args(Group)) if off else groups}


def _own_files(path: Path) -> list[Path]:
    """The files of own rules: the one named, or all of the folder in the order of their names."""
    found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not found:
        raise RulebookError("holds no rules; give a TOML file, or a folder with some", where=str(path))
    return found


def _rulebook(tables: Mapping[str, dict[str, Any]], sha256: str, changes: tuple[Change, ...]) -> Rulebook:
    """The tables as values, checked against one another."""
    services = {key: _entry(Service, value, "services.toml", key) for key, value in tables["services.toml"].items()}
    deadlines = {key: _entry(Deadline, value, "deadlines.toml", key) for key, value in tables["deadlines.toml"].items()}
    states = {key: _entry(State, value, "states.toml", key) for key, value in tables["states.toml"].items()}
    check_keys(tables["risks.toml"], {"limits", "risk"}, "risks.toml")
    limits = _entry(Limits, tables["risks.toml"].get("limits", {}), "risks.toml", "limits")
    rows = tables["risks.toml"].get("risk", [])
    risks = tuple(_entry(Risk, row, "risks.toml", f"risk {row.get('id', number)}") for number, row in enumerate(rows))
    for key, service in services.items():
        check_service(key, service, services)
    for key, deadline in deadlines.items():
        check_deadline(key, deadline, services)
    for key, state in states.items():
        check_dates(state.in_force, f"states.toml: {key}")
    check_risks(risks, _names(deadlines, changes))
    if changes:
        check_something_holds(risks, (deadline.group for deadline in deadlines.values()), changes[0].source)
    known = Rulebook(
        deadlines=deadlines,
        services=services,
        risks=risks,
        limits=limits,
        states=states,
        sha256=sha256,
        changes=changes,
    )
    return msgspec.structs.replace(known, institution=_institution(tables["duties.toml"], known))


def _institution(table: Mapping[str, Any], people: Rulebook) -> Rulebook:
    """The institution's own duties and their judgements; the notes that hold for any date stand with them."""
    file = "duties.toml"
    check_keys(table, {"duty", "risk"}, file)
    duties = {key: _entry(OwnDuty, value, file, key) for key, value in table.get("duty", {}).items()}
    for key, duty in duties.items():
        check_own_duty(f"{file}: {key}", duty, people.services)
    rows = table.get("risk", [])
    risks = tuple(_entry(Risk, row, file, f"risk {row.get('id', number)}") for number, row in enumerate(rows))
    check_risks(risks, _names(duties, ()), file)
    notes = tuple(risk for risk in people.risks if risk.is_note and not {"group", "deadline"} & set(risk.when))
    return msgspec.structs.replace(people, deadlines=duties, risks=(*risks, *notes), changes=())


def own_duty_names(rulebook: Rulebook) -> dict[str, str]:
    """Every name of every kind of the institution's own duties, plain (see text/folding.py), with its key."""
    duties = rulebook.institution.deadlines if rulebook.institution else {}
    named: dict[str, str] = {}
    for key, duty in duties.items():
        for name in (key, duty.title.en, duty.title.fr, *(duty.aliases if isinstance(duty, OwnDuty) else ())):
            named.setdefault(fold_name(name), key)
    return named


def service_names(rulebook: Rulebook) -> dict[str, str]:
    """Every name of every service, plain (see text/folding.py), with the service's id."""
    named: dict[str, str] = {}
    for key, service in rulebook.services.items():
        for name in (key, service.title.en, service.title.fr, *service.aliases):
            named.setdefault(fold_name(name), key)
    return named


def unread(rulebook: Rulebook, today: dt.date) -> list[str]:
    """The deadlines and states whose law nobody has read again for a year."""
    year = dt.timedelta(days=365)
    read = {key: deadline.in_force[-1].read_on for key, deadline in rulebook.deadlines.items()}
    read |= {key: state.in_force[-1].read_on for key, state in rulebook.states.items()}
    return [key for key, read_on in read.items() if today - read_on > year]


def _text(home: Traversable | Path, name: str) -> str:
    try:
        return (home / name).read_text("utf-8")
    except OSError as error:
        raise RulebookError("cannot be read; a rulebook has " + ", ".join(FILES), where=name) from error


def _table(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(f"is not TOML: {error}", where=name) from error


def _entry(shape: type[T], value: object, file: str, key: str) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise RulebookError(_plainly(str(error)), where=f"{file}: {key}") from error


def _plainly(message: str) -> str:
    """msgspec's sentence with the key named first: `in_force[0]: missing cite`."""
    what, _, place = message.partition(" - at `$")
    what = what.replace("Object missing required field ", "missing ").replace(
        "Object contains unknown field ", "unknown key "
    )
    return f"{place.rstrip('`').lstrip('.')}: {what}" if place else what
