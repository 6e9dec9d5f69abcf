"""What is said beside a rule of the law it rests on: changed and not read again, read again, signed. Pure."""

from collections.abc import Iterable

from pandas import Timestamp

from reporter.model.law import LANGUAGES, Law, Provision
from reporter.model.rulebook import Rulebook
from reporter.rules.law import CitedRule, cited_rules, provisions_of, signature_of
from reporter.rules.wording import cite_text
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

NAMED = 5
"""So many changed cites are named under a mail; the sheet of rules has them all."""


def marks_of(cite: str, law: Law, language: str, *, beside: str = "") -> str:
    """What has become of the provisions that a cite, and what stands beside it, names; nothing when all is as read."""
    provisions = dict.fromkeys((*provisions_of(cite), *provisions_of(beside)))
    return "".join(f" {text}" for one in provisions if (text := _mark(one, law, language)))


def law_changes(cites: Iterable[str], law: Law, language: str) -> str:
    """The same of those provisions alone whose text changed and was not read again; nothing where none did."""
    named = dict.fromkeys(one for cite in cites for one in provisions_of(cite))
    return "".join(f" {_mark(one, law, language)}" for one in named if one in law.changed)


def _mark(provision: Provision, law: Law, language: str) -> str:
    w, cite = words("law", language), cite_text(provision.cite, language)
    if change := law.changed.get(provision):
        return w["mark_gone" if change.is_gone else "mark_changed"].format(cite=cite, day=law_day(change.on, language))
    if again := law.accepted.get(provision):
        day, on = law_day(again.last_amended, language), law_day(again.read_on, language)
        return w["mark_accepted"].format(cite=cite, day=day, by=again.read_by, on=on)
    return "" if law.languages_of(provision) else w["mark_unread"].format(cite=cite)


def signatures_said(rulebook: Rulebook, language: str) -> dict[tuple[str, str], str]:
    """Who has read each rule beside the law and when, by part and id; only of those that still stand as signed."""
    w = words("law", language)
    said: dict[tuple[str, str], str] = {}
    for rule in whole_rules(rulebook):
        if signed := signature_of(rule, rulebook):
            said[rule.part, rule.id] = " " + w["mark_signed"].format(by=signed.by, on=law_day(signed.on, language))
    return said


def whole_rules(rulebook: Rulebook) -> list[CitedRule]:
    """Every rule once, resting on what all of its versions rest on."""
    found: dict[tuple[str, str], CitedRule] = {}
    for rule in cited_rules(rulebook):
        before = found.get((rule.part, rule.id))
        earlier = before.provisions if before else ()
        together = tuple(dict.fromkeys((*earlier, *rule.provisions)))
        found[rule.part, rule.id] = CitedRule(rule.part, rule.id, rule.cite, together, rule.version)
    return list(found.values())


def law_foot(rulebook: Rulebook, language: str) -> str:
    """The sentence under every mail while the words under some rule are not those that were read; else nothing."""
    changed = rulebook.law.changed
    resting = [rule for rule in whole_rules(rulebook) if changed.keys() & set(rule.provisions)]
    if not resting:
        return ""
    cited = sorted({one for rule in resting for one in rule.provisions if one in changed})
    w = words("law", language)
    named = [
        w["foot_cite"].format(cite=cite_text(one.cite, language), day=law_day(changed[one].on, language))
        for one in cited[:NAMED]
    ]
    return count_sentence(w, "foot", len(resting), language, cites=", ".join(named) + ("…" if cited[NAMED:] else ""))


def law_note(rulebook: Rulebook, language: str) -> str:
    """On the sheet of rules: to which day the law was read, and how many rules nobody has signed."""
    rules = whole_rules(rulebook)
    signed = sum(signature_of(rule, rulebook) is not None for rule in rules)
    day = law_read_to(rulebook.law, (one for rule in rules for one in rule.provisions))
    if not day:
        return ""
    return words("law", language)["sheet_read"].format(
        day=law_day(day, language), rules=len(rules), unsigned=len(rules) - signed
    )


def law_read_to(law: Law, provisions: Iterable[Provision]) -> str:
    """The day to which the newest of the files was kept in which the law was last looked at."""
    seen = (law.seen.get((one, language)) for one in provisions for language in LANGUAGES)
    return max((one.current_to for one in seen if one), default="")


def law_day(text: str, language: str) -> str:
    """A day of the table as a reader sees it."""
    return formats.day(Timestamp(text), language) if text else "–"
