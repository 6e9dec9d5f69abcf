"""Which provisions a cite names, where they are published, and what was read of each: `law.toml` and `law.tsv`.

What an office reads for itself stands in its own register, which only grows: a change that was seen, a reading that was
accepted, a signature under a rule. A rule whose provision changed is marked, also where the rule is told; no level is
moved by it.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
import tomli
from msgspec import Struct
from pandas import Timestamp

from reporter.errors import RulebookError, refused
from reporter.model.rulebook import (
    LANGUAGES,
    Law,
    LawChange,
    OwnDuty,
    Provision,
    Reading,
    Rulebook,
    Signature,
    StateVersion,
    Version,
    Words,
    link_for,
)
from reporter.rules.wording import cite_text
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

TABLE = "law.tsv"
COLUMNS = (
    "instrument", "provision", "language", "sha256", "in_force_since", "last_amended", "current_to", "read_by",
    "read_on", "accepted_by", "accepted_on",
)  # fmt: skip
REGISTER = (
    "entry", "on", "by", "instrument", "provision", "language", "sha256", "in_force_since", "last_amended",
    "current_to", "rule", "rule_sha256",
)  # fmt: skip
"""The columns of an office's register."""
NUMBER = re.compile(r"\d+(?:\.\d+)*(?:\((?:\d|[a-z])[\w.]*\))*")
FURTHER = re.compile(r"(?:\((?:\d|[a-z])[\w.]*\))+")
"""What stands after a comma for a part of the same section: `72(2)(b), (c)`."""
GONE = ""
"""The hash of what is not there."""

NAMED = 5
"""So many changed cites are named under a mail; the sheet of rules has them all."""


class Instrument(Struct, frozen=True, forbid_unknown_fields=True):
    """An act or regulation: its title, its number in the official XML, and the page of one section."""

    title: Words
    number: Words
    page: Words


class LawLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """After how many days the law is to be compared again, and a page to be read again."""

    law_days: int
    page_days: int


class CitedRule(Struct, frozen=True):
    """One entry of the rulebook with the provisions that it rests on; `read_on` is empty where it keeps none."""

    part: str
    id: str
    cite: str
    provisions: tuple[Provision, ...]
    version: Version | StateVersion | None = None

    @property
    def place(self) -> str:
        """Where it stands: `deadline restoration, 2002-06-28`."""
        since = f", {self.version.from_.isoformat()}" if self.version else ""
        return f"{self.part} {self.id}{since}"

    def links(self, language: str) -> list[str]:
        """Where to read what it rests on: its own link, and the section of each provision."""
        told = link_for(self.version, language) if self.version else ""
        return [link for link in (told, *(section_page(one, language) for one in self.provisions)) if link]


@cache
def load_instruments() -> dict[str, Instrument]:
    """The acts and regulations that cites may name, by the name they have there."""
    return msgspec.convert(_law_table()["instrument"], dict[str, Instrument])


@cache
def load_law_limits() -> LawLimits:
    """How old a reading may be."""
    return msgspec.convert(_law_table()["limits"], LawLimits)


@cache
def _law_table() -> dict[str, object]:
    return tomli.loads((files("reporter.rules") / "law.toml").read_text("utf-8"))


@cache
def provisions_of(cite: str) -> tuple[Provision, ...]:
    """The provisions that a cite names, in its order; pages, judgments and an office's own papers are none.

    After a comma may stand a part of the same section: `72(2)(b), (c)` names two. A sentence that cites is read too.
    """
    found: dict[Provision, None] = {}
    for instrument, rest in _named_instruments(cite):
        before = ""
        for number in _numbers(rest):
            before = number if number[0] != "(" else _further(before, number)
            found[Provision(instrument, before)] = None
    return tuple(found)


def _named_instruments(cite: str) -> Iterator[tuple[str, str]]:
    """Each instrument named, with what stands after it up to the next."""
    names = "|".join(map(re.escape, sorted(load_instruments(), key=len, reverse=True)))
    parts = re.split(rf"\b({names}) ", cite)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _numbers(text: str) -> Iterator[str]:
    """The numbers that follow one another, up to the first word that is no part of the list."""
    place, number = 0, re.compile(rf"(?:(?:, ?| and | to | or )?({NUMBER.pattern}|{FURTHER.pattern}))(?![\w-])")
    while found := number.match(text, place):
        yield found[1]
        place = found.end()


def _further(before: str, piece: str) -> str:
    """`(c)` after `72(2)(b)` is `72(2)(c)`, and `(6)` after `209.996(4)(e)` is `209.996(6)`: the last of its kind."""
    places = [found.start() for found in re.finditer(r"\((?=\d)" if piece[1].isdigit() else r"\((?=[a-z])", before)]
    return before[: places[-1]] + piece if places else before + piece


def section_page(provision: Provision, language: str) -> str:
    """The official page of a provision's section."""
    return load_instruments()[provision.instrument].page.of(language).format(section=provision.section)


def cited_rules(rulebook: Rulebook) -> Iterator[CitedRule]:
    """Every entry of the rulebook with what it rests on: its cite, and what its note or a relief names."""
    whole = rulebook.whole
    for risk in whole.risks:
        yield CitedRule("risk", risk.id, risk.cite, _named_in(risk.cite, risk.note))
    for key, deadline in whole.deadlines.items():
        relief = deadline.relief if isinstance(deadline, OwnDuty) else None
        for version in deadline.in_force:
            cited = _named_in(version.cite, version.note, relief)
            yield CitedRule("deadline", key, version.cite, cited, version)
    for key, state in whole.states.items():
        for dated in state.in_force:
            yield CitedRule("state", key, dated.cite, provisions_of(dated.cite), dated)
    for key, service in whole.services.items():
        yield CitedRule("service", key, service.cite, provisions_of(service.cite))


def _named_in(cite: str, *beside: Words | None) -> tuple[Provision, ...]:
    """The provisions of a cite, then those that stand beside it and not in it, each once."""
    texts = (cite, *(text.en for text in beside if text))
    return tuple(dict.fromkeys(one for text in texts for one in provisions_of(text)))


def cited_provisions(rulebook: Rulebook) -> dict[Provision, list[CitedRule]]:
    """Every provision that some rule rests on, with those rules, in order."""
    found: dict[Provision, list[CitedRule]] = {}
    for rule in cited_rules(rulebook):
        for provision in rule.provisions:
            found.setdefault(provision, []).append(rule)
    return dict(sorted(found.items(), key=lambda pair: _law_order(pair[0])))


def _law_order(provision: Provision) -> tuple[str, list[tuple[int, str]]]:
    """For putting provisions in the order of the act."""
    pieces = re.split(r"[().]+", provision.number)
    return provision.instrument, [(int(piece), "") if piece.isdigit() else (0, piece) for piece in pieces]


def read_law_table(text: str) -> dict[tuple[Provision, str], Reading]:
    """`law.tsv` as readings, by provision and language.

    Raises: RulebookError - a column is missing, or a row stands twice.
    """
    readings: dict[tuple[Provision, str], Reading] = {}
    for number, row in enumerate(_rows(text, COLUMNS, TABLE), start=2):
        reading = _reading(row)
        key = reading.provision, reading.language
        if key in readings:
            twice = {"cite": reading.provision.cite, "language": reading.language}
            raise refused(RulebookError, "stop_law_twice", where=f"{TABLE}:{number}", **twice)
        readings[key] = reading
    return readings


def write_law_table(readings: Iterable[Reading]) -> str:
    """The readings as `law.tsv`, in the order of the acts."""
    rows = sorted(readings, key=lambda one: (_law_order(one.provision), one.language))
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *map(_cells, rows)))


def _cells(one: Reading) -> Sequence[str]:
    return (
        one.provision.instrument, one.provision.number, one.language, one.sha256, one.in_force_since,
        one.last_amended, one.current_to, one.read_by, one.read_on, one.accepted_by, one.accepted_on,
    )  # fmt: skip


def _rows(text: str, columns: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(text.lstrip("\ufeff").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
        raise refused(RulebookError, "stop_law_columns", where=where, names=", ".join(missing))
    for row in reader:
        yield {name: (row[name] or "").strip() for name in columns}


def _reading(row: Mapping[str, str]) -> Reading:
    known = {key: row[key] for key in ("language", "sha256", "in_force_since", "last_amended", "current_to")}
    marks = {key: row.get(key, "") for key in ("read_by", "read_on", "accepted_by", "accepted_on")}
    return Reading(Provision(row["instrument"], row["provision"]), **known, **marks)


def _read_register(text: str, where: str) -> Iterator[tuple[str, Reading, str, str]]:
    """The entries of an office's register, oldest first: what each is, of what, and of which rule.

    Raises: RulebookError - a column is missing, or an entry is of no kind that there is.
    """
    for number, row in enumerate(_rows(text, REGISTER, where), start=2):
        if row["entry"] not in ("seen", "accepted", "signed"):
            raise refused(RulebookError, "stop_law_entry", where=f"{where}:{number}", value=row["entry"])
        yield (
            row["entry"],
            _reading({**row, "read_by": row["by"], "read_on": row["on"]}),
            row["rule"],
            row["rule_sha256"],
        )


def register_lines(entry: str, readings: Iterable[Reading], *, rule: str = "", rule_sha256: str = "") -> str:
    """Lines to add to a register."""
    lines = [
        (entry, one.read_on, one.read_by, one.provision.instrument, one.provision.number, one.language, one.sha256,
         one.in_force_since, one.last_amended, one.current_to, rule, rule_sha256)
        for one in readings
    ]  # fmt: skip
    return "".join("\t".join(line) + "\n" for line in lines)


def load_law(home: Traversable | Path, register: Path | None) -> Law:
    """What is known of the law under the rules that stand in `home`, with an office's register laid over it.

    A rulebook without a table of its own goes by ours: a hash is of the text, whoever cites it.
    Raises: RulebookError - the table or the register cannot be used.
    """
    table = home / TABLE if (home / TABLE).is_file() else files("reporter.rules") / TABLE
    read = read_law_table(table.read_text("utf-8"))
    if register is None or not register.is_file():
        return Law(read=read, seen=read)
    try:
        text = register.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refused(RulebookError, "stop_law_register", where=register.name) from error
    return _laid_over(read, _read_register(text, register.name))


def _laid_over(
    shipped: Mapping[tuple[Provision, str], Reading], entries: Iterable[tuple[str, Reading, str, str]]
) -> Law:
    """What an office saw, read again and signed, in the order in which it did.

    An entry older than the reading that ships now is passed over: that version of the rules was written knowing it.
    """
    read, seen, accepted = dict(shipped), dict(shipped), dict[Provision, Reading]()
    signed: dict[str, Signature] = {}
    for entry, one, rule, rule_sha256 in entries:
        key = one.provision, one.language
        if entry == "signed":
            signed[rule] = _signed(signed.get(rule), one, rule, rule_sha256)
        elif key not in shipped or one.current_to >= shipped[key].current_to:
            seen[key] = one
            if entry == "accepted":
                read[key], accepted[one.provision] = one, one
    return Law(read=read, seen=seen, changed=_law_changes(read, seen), accepted=accepted, signatures=signed)


def _signed(before: Signature | None, one: Reading, rule: str, rule_sha256: str) -> Signature:
    """A signature with one more provision: a rule that rests on several has a line for each."""
    is_same = before is not None and (before.by, before.on, before.rule_sha256) == (
        one.read_by,
        one.read_on,
        rule_sha256,
    )
    hashes = dict(before.provisions) if before and is_same else {}
    if one.provision.number:
        hashes[one.provision, one.language] = one.sha256
    return Signature(rule, rule_sha256, one.read_by, one.read_on, hashes)


def _law_changes(
    read: Mapping[tuple[Provision, str], Reading], seen: Mapping[tuple[Provision, str], Reading]
) -> dict[Provision, LawChange]:
    """Each provision whose words, as last seen in either language, are not those that were read.

    The day is that of the amendment; where the file tells no newer one, that on which the change was seen.
    """
    changes: dict[Provision, LawChange] = {}
    for key, one in seen.items():
        if key in read and read[key].sha256 != one.sha256:
            before = changes.get(one.provision)
            on, is_gone = (before.on, before.is_gone) if before else ("", False)
            day = one.last_amended if one.last_amended > read[key].last_amended else one.read_on
            changes[one.provision] = LawChange(one.provision, max(day, on), is_gone or one.sha256 == GONE)
    return changes


def check_law(rulebook: Rulebook, law: Law) -> None:
    """Refuse a cite that was not read in both languages, and a rule read before its provision was last amended.

    What an office's own file adds or changes is its own to answer for.
    Takes:  law - the table that ships with the rules, without anybody's register.
    Raises: RulebookError - with the rule and the provision.
    """
    own = {(change.part, change.id) for change in rulebook.changes}
    for rule in cited_rules(rulebook):
        if (rule.part, rule.id) not in own:
            for provision in rule.provisions:
                _check_provision(rule, provision, law)


def _check_provision(rule: CitedRule, provision: Provision, law: Law) -> None:
    read = law.languages_of(provision)
    if missing := [language for language in LANGUAGES if language not in read or not read[language].sha256]:
        details = {"cite": provision.cite, "languages": ", ".join(missing)}
        raise refused(RulebookError, "stop_cite_not_read", where=rule.place, **details)
    if rule.version is None:
        return
    for one in read.values():
        if max(rule.version.read_on.isoformat(), one.accepted_on) < one.last_amended:
            raise refused(
                RulebookError,
                "stop_cite_amended_since",
                where=rule.place,
                cite=provision.cite,
                amended=one.last_amended,
                read_on=rule.version.read_on.isoformat(),
            )


def _changes_under(rule: CitedRule, law: Law) -> list[LawChange]:
    """What has changed of the provisions that a rule rests on, and nobody has read again."""
    return [law.changed[provision] for provision in rule.provisions if provision in law.changed]


def rule_hash(rule: CitedRule, rulebook: Rulebook) -> str:
    """SHA-256 of an entry as it stands, so that a signature does not outlive what was signed."""
    whole = rulebook.whole
    entries = {"deadline": whole.deadlines, "state": whole.states, "service": whole.services}
    entry = whole.risk(rule.id) if rule.part == "risk" else entries[rule.part][rule.id]
    return hashlib.sha256(msgspec.json.encode(entry, order="sorted")).hexdigest()


def signature_of(rule: CitedRule, rulebook: Rulebook) -> Signature | None:
    """Who has read the rule beside the law; nobody, once the rule or a provision is no longer what was signed."""
    law = rulebook.law
    signed = law.signatures.get(f"{rule.part}:{rule.id}")
    if signed is None or signed.rule_sha256 != rule_hash(rule, rulebook) or _changes_under(rule, law):
        return None
    now = {
        (one, language): law.read[one, language].sha256 for one in rule.provisions for language in law.languages_of(one)
    }
    return signed if now.items() <= dict(signed.provisions).items() else None


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
