"""The rules held against the law, for people: what became of each cite, and a page of both side by side. Pure.

The page has text of the law, from files of whoever asks for it, and says that it is no official version.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import get_args

from reporter.model.rulebook import LANGUAGES, Provision, Rulebook
from reporter.rules.drift import Act, CiteDrift, Outcome, act_lines, find_provision, read_provision
from reporter.rules.law import (
    CitedRule,
    cited_rules,
    law_day,
    law_read_to,
    load_instruments,
    load_law_limits,
    provisions_of,
    rule_hash,
    section_page,
    signature_of,
    whole_rules,
)
from reporter.rules.manual import rules_frame
from reporter.rules.wording import cite_text
from reporter.text.catalogue import words

Acts = Mapping[tuple[str, str], Act]
DECISION = re.compile(r"\b\d{4} FC \d+\b|\bT-\d+")
Resting = Mapping[Provision, Sequence[CitedRule]]
STYLE = """@page{margin:14mm}
body{font:10.5pt/1.4 'Segoe UI',-apple-system,Roboto,Helvetica,Arial,sans-serif;color:#1B2733}
body{margin:0 auto;padding:8mm 5mm;max-width:270mm}
h1{font-size:18pt;margin:0 0 2mm}
h2{font-size:12.5pt;margin:0 0 2mm;color:#1F3A57}
h3{font-size:10pt;margin:1mm 0}
p{margin:0 0 2mm}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 8mm}
.rule{border-top:2px solid #1F3A57;padding-top:3mm;margin-top:7mm}
.law{background:#F3F6F8;padding:1mm 3mm 2mm;margin:0 0 2mm;font-size:9.5pt}
.law p{margin:0 0 1mm}
.note{color:#4A5560;font-size:9pt}
.sign{display:flex;gap:8mm;margin:9mm 0 0;break-inside:avoid}
.sign span{flex:1;border-top:1px solid #1B2733;padding-top:1mm;font-size:9pt}
@media print{body{padding:0;max-width:none}}"""


def drift_lines(
    drifts: Sequence[CiteDrift], rules: Resting, acts: Acts, rulebook: Rulebook, language: str, today: dt.date
) -> Iterator[str]:
    """What a folder of acts says of the rules: how new it is, each cite that is not as it was, pages to read again."""
    w = words("law", language)
    yield from _act_lines(acts, rulebook, language)
    for drift in drifts:
        if drift.outcome != "same":
            yield _drift_line(drift, rules[drift.provision], language)
    counts = Counter(drift.outcome for drift in drifts)
    parts = ", ".join(f"{counts[name]} {w[name]}" for name in get_args(Outcome) if counts[name])
    yield w["drift_total"].format(n=len(drifts), parts=parts)
    yield from _age_lines(rulebook, rules, language, today)


def _act_lines(acts: Acts, rulebook: Rulebook, language: str) -> Iterator[str]:
    w, known = words("law", language), load_instruments()
    for (code, spoken), act in sorted(acts.items()):
        read = [one.current_to for (p, at), one in rulebook.law.read.items() if (p.instrument, at) == (code, spoken)]
        key = "drift_older" if read and act.current_to < max(read) else "drift_act"
        title, day = known[code].title.of(spoken), law_day(act.current_to, language)
        yield w[key].format(title=title, number=act.number, day=day)


def _drift_line(drift: CiteDrift, rules: Iterable[CitedRule], language: str) -> str:
    w = words("law", language)
    where = ", ".join(w[f"language_{one}"] for one in drift.languages)
    return w["drift_line"].format(
        cite=cite_text(drift.provision.cite, language),
        outcome=w[drift.outcome],
        where=w["drift_where"].format(languages=where) if where else "",
        on=w["drift_on"].format(day=law_day(drift.on, language)) if drift.on else "",
        rules=", ".join(dict.fromkeys(rule.id for rule in rules)),
    )


def _age_lines(rulebook: Rulebook, rules: Resting, language: str, today: dt.date) -> Iterator[str]:
    """What is due to be read again by its age: the law as a whole, and each page that has no hash, oldest first."""
    w, limits = words("law", language), load_law_limits()
    read_to = law_read_to(rulebook.law, rules)
    if read_to and (days := (today - dt.date.fromisoformat(read_to)).days) > limits.law_days:
        yield w["drift_old"].format(day=law_day(read_to, language), days=days)
    pages = [page for page in pages_by_age(rulebook, language) if (today - page[0]).days > limits.page_days]
    yield w["pages_head"] if pages else w["pages_none"].format(days=limits.page_days)
    for read_on, cite, link, ids in pages:
        days, day = (today - read_on).days, law_day(read_on.isoformat(), language)
        yield "  " + w["page_line"].format(day=day, days=days, cite=cite, rules=", ".join(ids), link=link)


def pages_by_age(rulebook: Rulebook, language: str) -> list[tuple[dt.date, str, str, list[str]]]:
    """The pages that rules rest on and no hash watches: the day each was last read, its cite, its link, its rules."""
    found: dict[tuple[dt.date, str, str], list[str]] = {}
    for rule in cited_rules(rulebook):
        if rule.version is not None and _rests_on_pages(rule):
            link = next(iter(rule.links(language)), "")
            key = rule.version.read_on, cite_text(rule.cite, language), link
            found.setdefault(key, []).append(rule.id)
    return [(*key, list(dict.fromkeys(ids))) for key, ids in sorted(found.items())]


def _rests_on_pages(rule: CitedRule) -> bool:
    """Whether a page is cited, by itself or beside the law; an office's practice is on none."""
    return rule.version is not None and rule.version.basis != "office" and any(map(_is_page, rule.cite.split(";")))


def _is_page(part: str) -> bool:
    """Whether a part of a cite is neither of an act or regulation, nor a decision of a court, nor the office's own."""
    return not (provisions_of(part) or DECISION.search(part) or part.strip().startswith("office"))


def drift_facts(drifts: Iterable[CiteDrift], rules: Resting) -> list[dict[str, object]]:
    """What became of every cite, for a program."""
    return [
        {
            "cite": drift.provision.cite,
            "outcome": drift.outcome,
            "languages": list(drift.languages),
            "amended": drift.on,
            "found": {one.language: {"sha256": one.sha256, "current_to": one.current_to} for one in drift.found},
            "rules": list(dict.fromkeys(f"{rule.part}:{rule.id}" for rule in rules[drift.provision])),
        }
        for drift in drifts
    ]


def chosen_rules(rulebook: Rulebook, only: Iterable[str], *, unsigned: bool) -> list[CitedRule]:
    """The rules to be read: those named, else every rule that rests on something beside its duty."""
    names = set(only)
    rules = [rule for rule in whole_rules(rulebook) if not names or names & {rule.id, f"{rule.part}:{rule.id}"}]
    return [rule for rule in rules if not unsigned or signature_of(rule, rulebook) is None]


def law_page(rules: Iterable[CitedRule], rulebook: Rulebook, acts: Acts) -> str:
    """A page to print: each rule in English and French, under it the law it rests on, and a line to sign."""
    says = {language: _rows(rulebook, language) for language in LANGUAGES}
    parts = "".join(_rule_part(rule, rulebook, acts, says) for rule in rules)
    top = _pair("<h1>{page_title}</h1><p>{page_how}</p><p class='note'>{notice}</p>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(words('law', 'en')['page_title'])}</title><style>{STYLE}</style></head><body>{top}{parts}"
        "</body></html>\n"
    )


def _rows(rulebook: Rulebook, language: str) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rules_frame(rulebook, language).fillna("").to_dict("records"):
        found.setdefault((row["part"], row["id"]), []).append({str(key): str(value) for key, value in row.items()})
    return found


def _pair(html: str) -> str:
    """The same in both languages, side by side; what stands in braces is a word of `law.toml`."""
    sides = (f"<div lang='{language}'>{html.format_map(_escaped(language))}</div>" for language in LANGUAGES)
    return f"<div class='pair'>{''.join(sides)}</div>"


def _escaped(language: str) -> dict[str, str]:
    return {key: escape(text) for key, text in words("law", language).items()}


def _rule_part(
    rule: CitedRule,
    rulebook: Rulebook,
    acts: Acts,
    says: Mapping[str, Mapping[tuple[str, str], Sequence[Mapping[str, str]]]],
) -> str:
    sides = ""
    for language in LANGUAGES:
        rows = says[language].get((rule.part, rule.id), ())
        told = "".join(f"<p>{escape(row['says'])}</p><p class='note'>{escape(row['cite'])}</p>" for row in rows)
        title = escape(rows[0]["title"]) if rows else ""
        sides += f"<div lang='{language}'><h2>{title}</h2>{told}{_law_part(rule, acts, language)}</div>"
    signed = signature_of(rule, rulebook)
    lines = "".join(f"<span lang='{language}'>{_sign_words(language)}</span>" for language in LANGUAGES)
    told = escape(f"{signed.by}, {signed.on}") if signed else _both("page_unsigned")
    mark = f"{escape(rule.part)}:{escape(rule.id)} · {rule_hash(rule, rulebook)[:16]}"
    return (
        f"<section class='rule'><p class='note'>{mark} · {told}</p><div class='pair'>{sides}</div>"
        f"<div class='sign'>{lines}</div></section>"
    )


def _sign_words(language: str) -> str:
    w = _escaped(language)
    return f"{w['page_sign']} ({w['page_name']}, {w['page_date']})"


def _both(key: str) -> str:
    return " / ".join(escape(words("law", language)[key]) for language in LANGUAGES)


def _law_part(rule: CitedRule, acts: Acts, language: str) -> str:
    w = words("law", language)
    if not rule.provisions:
        return f"<p class='note'>{escape(w['page_nothing'].format(cite=cite_text(rule.cite, language) or '–'))}</p>"
    return "".join(_provision_part(one, acts, language) for one in rule.provisions)


def _provision_part(provision: Provision, acts: Acts, language: str) -> str:
    w, cite = words("law", language), cite_text(provision.cite, language)
    act = acts.get((provision.instrument, language))
    element, reading = (find_provision(act, provision.number), read_provision(act, provision)) if act else (None, None)
    if element is None or reading is None:
        return f"<div class='law'><p>{escape(w['page_absent'].format(cite=cite))}</p></div>"
    days = {"since": reading.in_force_since, "amended": reading.last_amended, "day": reading.current_to}
    head = w["page_of"].format(cite=cite, **{name: law_day(day, language) for name, day in days.items()})
    lines = "".join(f"<p style='margin-left:{5 * depth}mm'>{escape(text)}</p>" for depth, text in act_lines(element))
    link = escape(section_page(provision, language))
    return f"<div class='law'><h3><a href='{link}'>{escape(head)}</a></h3>{lines}</div>"
