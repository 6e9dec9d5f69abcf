"""Holds the rules against the acts that somebody has saved: what changed, who read it again, who signed which rule.

Offline: it reads the official XML from a folder, and adds lines to the office's register. Nothing else is written.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reporter.errors import RosterError, SettingsError, refused
from reporter.model.rulebook import LANGUAGES, Law, Provision, Reading, Rulebook
from reporter.rules.drift import ALARMS, HEAD, Act, CiteDrift, compare_provision, is_act_of, newest_acts, read_act
from reporter.rules.law import (
    REGISTER,
    CitedRule,
    cited_provisions,
    load_instruments,
    register_lines,
    rule_hash,
    whole_rules,
    write_law_table,
)
from reporter.rules.wording import cite_text

log = logging.getLogger(__name__)
Acts = Mapping[tuple[str, str], Act]
ACCEPTABLE = frozenset({"changed", "moved", "new"})
"""What can be read again and kept: what stands in both languages."""


@dataclass(frozen=True)
class LawCheck:
    """What became of every cite, and the acts it was held against."""

    drifts: Sequence[CiteDrift]
    acts: Acts
    rules: Mapping[Provision, Sequence[CitedRule]]

    @property
    def alarms(self) -> list[CiteDrift]:
        """What somebody has to look at."""
        return [drift for drift in self.drifts if drift.outcome in ALARMS]


def read_acts(folder: Path) -> Acts:
    """The acts that the rules name, from all XML files of a folder and of those in it, whatever these are called.

    Raises: RosterError - there is no such folder, or none of them in it.
    """
    if not folder.is_dir():
        raise refused(RosterError, "stop_no_folder", where=str(folder))
    numbers = {one.number.of(language) for one in load_instruments().values() for language in LANGUAGES}
    found: list[Act] = []
    for path in sorted(folder.rglob("*.xml")):
        with path.open("rb") as file:
            head = file.read(HEAD)
            act = read_act(head + file.read()) if is_act_of(head, numbers) else None
        found += [act] if act else []
    acts = newest_acts(found, load_instruments())
    if not acts:
        raise refused(RosterError, "stop_no_acts", where=str(folder))
    log.info("law: %d acts read", len(acts))
    return acts


def check_drift(rulebook: Rulebook, acts: Acts) -> LawCheck:
    """What became of every provision that a rule rests on since it was read."""
    rules = cited_provisions(rulebook)
    return LawCheck([compare_provision(one, acts, rulebook.law) for one in rules], acts, rules)


def cited_as(text: str, provisions: Iterable[Provision]) -> Provision:
    """The provision that somebody typed, as the English or the French rules cite it.

    Raises: SettingsError - no rule rests on it.
    """
    wanted = "".join(text.split()).casefold()
    for one in provisions:
        if wanted in {"".join(cite_text(one.cite, language).split()).casefold() for language in LANGUAGES}:
            return one
    raise refused(SettingsError, "stop_no_such_cite", where=text)


def accepted_readings(check: LawCheck, cites: Iterable[str], by: str, on: dt.date) -> list[Reading]:
    """What was found of these cites, as read again by somebody and kept.

    Raises: SettingsError - no rule rests on one, or it does not stand in both languages.
    """
    drifts = {drift.provision: drift for drift in check.drifts}
    readings: list[Reading] = []
    for cite in cites:
        drift = drifts[cited_as(cite, drifts)]
        if drift.outcome == "same":
            continue
        if drift.outcome not in ACCEPTABLE:
            raise refused(SettingsError, "stop_cannot_accept", where=drift.provision.cite)
        readings += _marked(drift.found, by, on)
    return readings


def seen_readings(check: LawCheck, law: Law, on: dt.date) -> list[Reading]:
    """What was found to be otherwise than it was last seen, so that every report from now on says so."""
    found = (one for drift in check.drifts if drift.outcome not in ("new", "no_file") for one in drift.found)
    return _marked((one for one in found if _is_news(one, law)), "", on)


def _is_news(one: Reading, law: Law) -> bool:
    before = law.seen.get((one.provision, one.language))
    return before is not None and before.sha256 != one.sha256 and before.current_to <= one.current_to


def _marked(readings: Iterable[Reading], by: str, on: dt.date) -> list[Reading]:
    return [msgspec.structs.replace(one, read_by=by, read_on=on.isoformat()) for one in readings]


def signed_lines(rulebook: Rulebook, check: LawCheck, names: Iterable[str], by: str, on: dt.date) -> str:
    """The lines of the register by which somebody signs rules, each with its own hash and those of the law beside it.

    Raises: SettingsError - there is no such rule, or what it rests on has changed and was not read again.
    """
    rules = {key: rule for rule in whole_rules(rulebook) for key in (f"{rule.part}:{rule.id}", rule.id)}
    for name in names:
        if name not in rules:
            raise refused(SettingsError, "stop_no_such_rule", where=name)
    return "".join(_signed_rule(rules[name], rulebook, check, by, on) for name in names)


def _signed_rule(rule: CitedRule, rulebook: Rulebook, check: LawCheck, by: str, on: dt.date) -> str:
    drifts = {drift.provision: drift for drift in check.drifts}
    for provision in rule.provisions:
        if drifts[provision].outcome not in ("same", "moved"):
            raise refused(SettingsError, "stop_sign_changed", where=f"{rule.part}:{rule.id}", cite=provision.cite)
    found = [one for provision in rule.provisions for one in drifts[provision].found]
    readings = _marked(found or [Reading(Provision("", ""), "", "")], by, on)
    return register_lines("signed", readings, rule=f"{rule.part}:{rule.id}", rule_sha256=rule_hash(rule, rulebook))


def add_to_register(register: Path, lines: str) -> None:
    """Add lines to an office's register, which is made with its first.

    Raises: SettingsError - it cannot be written.
    """
    if not lines:
        return
    try:
        is_new = not register.exists()
        with register.open("a", encoding="utf-8", newline="\n") as file:
            file.write(("\t".join(REGISTER) + "\n" if is_new else "") + lines)
    except OSError as error:
        raise refused(SettingsError, "stop_law_register", where=register.name) from error


def law_table(check: LawCheck, law: Law, by: str, on: dt.date, *, accepted: Iterable[str] = ()) -> str:
    """`law.tsv` anew: what is the same stays as it was read, what nobody had read is read, what changed must be named.

    Raises: SettingsError - words changed of a cite that is not accepted by name, or one is not in both languages.
    """
    named = {cited_as(cite, check.rules) for cite in accepted}
    rows = dict(law.read)
    for drift in check.drifts:
        if drift.outcome in ("changed", "moved") and drift.provision not in named:
            raise refused(SettingsError, "stop_law_unread", where=drift.provision.cite)
        if drift.outcome in ACCEPTABLE:
            mark = {"accepted_by": by, "accepted_on": on.isoformat()} if drift.outcome != "new" else {}
            for one in _marked(drift.found, by, on):
                rows[one.provision, one.language] = msgspec.structs.replace(one, **mark)
        elif drift.outcome != "same":
            raise refused(SettingsError, "stop_cannot_accept", where=drift.provision.cite)
    return write_law_table(rows.values())
