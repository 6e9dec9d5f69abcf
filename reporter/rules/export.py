"""The rulebook as one JSON document with a schema, for others to use and to check: both languages, cites and hashes.

`format` grows by one when a key changes its meaning or goes; new keys may come without that.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from reporter.model.law import LANGUAGES, Provision
from reporter.model.rulebook import Deadline, LevelLimits, OwnDuty, Risk, Rulebook, Service, State, Words
from reporter.rules.law import cited_provisions, load_instruments, section_page
from reporter.rules.wording import cite_text
from reporter.text.catalogue import words

FORMAT = 1


class ProvisionText(Struct, frozen=True):
    """A provision in one language, as it was read: the hash of its words, and its dates; never the words."""

    sha256: str
    in_force_since: str
    last_amended: str
    current_to: str
    read_by: str
    read_on: str
    link: str


class CitedProvision(Struct, frozen=True):
    """A provision that rules rest on; `changed_on` is empty while its words are those that were read."""

    instrument: str
    number: str
    cite: Words
    rules: tuple[str, ...]
    texts: Mapping[str, ProvisionText]  # by language, en and fr
    changed_on: str = ""


class ExportedSignature(Struct, frozen=True):
    """Who has read a rule beside the law."""

    rule: str
    rule_sha256: str
    by: str
    on: str


class ExportedRulebook(Struct, frozen=True):
    """The whole of it; `sha256` is of the files it was read from, and the cites are those of `provisions`."""

    format: int
    reporter: str
    sha256: str
    notice: Words
    instruments: Mapping[str, Words]
    deadlines: Mapping[str, Deadline]
    duties: Mapping[str, OwnDuty]
    risks: tuple[Risk, ...]
    limits: LevelLimits
    states: Mapping[str, State]
    services: Mapping[str, Service]
    provisions: tuple[CitedProvision, ...]
    signatures: tuple[ExportedSignature, ...] = ()


def export_rulebook(rulebook: Rulebook, version: str) -> str:
    """The rulebook as JSON.

    Takes: version - of the program that writes it.
    """
    notice = Words(*(words("law", language)["notice"] for language in LANGUAGES))
    ours = rulebook.institution.deadlines if rulebook.institution else {}
    signatures = (
        ExportedSignature(one.rule, one.rule_sha256, one.by, one.on) for one in rulebook.law.signatures.values()
    )
    told = ExportedRulebook(
        format=FORMAT,
        reporter=version,
        sha256=rulebook.sha256,
        notice=notice,
        instruments={code: one.number for code, one in load_instruments().items()},
        deadlines=rulebook.deadlines,
        duties={key: duty for key, duty in ours.items() if isinstance(duty, OwnDuty)},
        risks=rulebook.whole.risks,
        limits=rulebook.limits,
        states=rulebook.states,
        services=rulebook.services,
        provisions=tuple(_cited(one, rules, rulebook) for one, rules in _rules_by_provision(rulebook).items()),
        signatures=tuple(signatures),
    )
    return msgspec.json.format(msgspec.json.encode(told, order="deterministic")).decode()


def export_schema() -> str:
    """The JSON Schema of that document."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(ExportedRulebook))).decode()


def _rules_by_provision(rulebook: Rulebook) -> dict[Provision, tuple[str, ...]]:
    cited = cited_provisions(rulebook)
    return {one: tuple(dict.fromkeys(f"{rule.part}:{rule.id}" for rule in rules)) for one, rules in cited.items()}


def _cited(provision: Provision, rules: tuple[str, ...], rulebook: Rulebook) -> CitedProvision:
    law = rulebook.law
    texts = {
        language: ProvisionText(
            one.sha256, one.in_force_since, one.last_amended, one.current_to, one.read_by, one.read_on,
            section_page(provision, language),
        )
        for language, one in law.languages_of(provision).items()
    }  # fmt: skip
    change = law.changed.get(provision)
    cite = Words(en=provision.cite, fr=cite_text(provision.cite, "fr"))
    return CitedProvision(
        provision.instrument,
        provision.number,
        cite,
        rules,
        texts,
        change.on if change else "",
    )
