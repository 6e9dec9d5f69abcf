"""Turns findings into sentences: the reason, the action and the law, in the reader's language and local time.

Each sentence is made once for each distinct set of facts it names, however many people share them. Pure.
"""

import string
from collections.abc import Callable, Mapping

import pandas as pd
from pandas import DataFrame, Series

from reporter.model import speech
from reporter.model.places import zone
from reporter.model.rulebook import Rulebook, Words
from reporter.model.told import TOLD

UTC = zone("UTC")

Speaker = Callable[..., str]

NOTES = {
    "unverified": Words(
        en="The outage is not confirmed: confirm it before relying on it.",
        fr="La panne n’est pas confirmée\u00a0: la confirmer avant de s’y fier.",
    ),
}

STATES = {
    "missing": Words(en="the cell is empty", fr="la cellule est vide"),
    "no_expiry": Words(en="the cell says that there is none", fr="la cellule dit qu’il n’y en a pas"),
    "in_process": Words(en="the cell says that it is in process", fr="la cellule dit que c’est en cours"),
    "unknown": Words(en="the cell says that it is not known", fr="la cellule dit qu’elle est inconnue"),
}

UNITS = {"en": ("day", "days"), "fr": ("jour", "jours")}
LESS_THAN_A_DAY = Words(en="less than a day", fr="moins d’un jour")
NOT_RECORDED = Words(en="hour not recorded", fr="heure non consignée")
NOT_KNOWN = Words(en="not recorded", fr="non consignée")


def tell(findings: DataFrame, roster: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """The findings as a reader sees them, in the same order.

    Takes:   FINDINGS; ROSTER, for the names and units; the language, `en` or `fr`.
    Returns: TOLD; `change` is left empty (see engine/changes.py).
    """
    people = roster.drop_duplicates("source_row").set_index("source_row")
    person = people.reindex(findings["source_row"]).set_index(findings.index)
    clocks = {name: _clocks(findings, name, language) for name in ("closes_at", "last_safe_at")}
    reason, action = _sentences(findings, clocks, rulebook, language)
    beside = {name: person[name] for name in ("full_name", "unit", "contact_email")}
    named = person["full_name"].fillna(_joined_name(person))
    return TOLD.cast(
        findings.assign(
            **beside | {"full_name": named},
            title=_mapped(findings["deadline"], lambda key: rulebook.deadlines[key].title.of(language)),
            link=_mapped(findings["deadline"], lambda key: rulebook.deadlines[key].in_force[-1].link),
            cite=_mapped(findings["rule"], lambda key: rulebook.risk(key).cite),
            closes_local=clocks["closes_at"],
            last_safe_local=clocks["last_safe_at"],
            reason=reason,
            action=action,
        )
    )


def _joined_name(person: DataFrame) -> Series:
    both = person["given_names"].str.cat(person["family_name"], sep=" ")
    return both.fillna(person["family_name"]).fillna(person["given_names"])


def _mapped(labels: Series, say: Callable[[str], str]) -> Series:
    """A text for each row, made once a label."""
    words = {key: say(key) for key in labels.cat.categories}
    return labels.map(words).astype("str")


def _clocks(findings: DataFrame, name: str, language: str) -> Series:
    """An instant on each person's own clock, made once for each instant and zone."""
    pairs = findings[[name, "time_zone"]].astype({"time_zone": "str"})
    known = pairs.dropna().drop_duplicates()
    texts = [speech.clock(at, zone(where), language) for at, where in known.itertuples(index=False)]
    return pairs.merge(known.assign(text=texts).astype({"text": "str"}), how="left", on=[name, "time_zone"])["text"]


def _sentences(
    findings: DataFrame, clocks: Mapping[str, Series], rulebook: Rulebook, language: str
) -> tuple[Series, Series]:
    """The reason and the action of every finding; notes that hold are added to the reason."""
    facts = findings.assign(closes_local=clocks["closes_at"], last_safe_local=clocks["last_safe_at"])
    reason, action = (Series("", index=findings.index, dtype="str") for _ in range(2))
    for rule, rows in facts.groupby("rule", observed=True, sort=False).indices.items():
        risk, group = rulebook.risk(str(rule)), facts.iloc[rows]
        reason.loc[group.index] = _spoken(risk.say, group, rulebook, language)
        action.loc[group.index] = _spoken(risk.do, group, rulebook, language)
    noted = _notes(facts, rulebook, language)
    unsure = Series("", index=findings.index, dtype="str").where(
        ~findings["is_unverified"], " " + NOTES["unverified"].of(language)
    )
    return reason + noted + unsure, action


def _notes(facts: DataFrame, rulebook: Rulebook, language: str) -> Series:
    """The sentences of the notes that hold, in the order of the rulebook."""
    held = {key: set(key.split(";")) for key in facts["also"].cat.categories}
    said = Series("", index=facts.index, dtype="str")
    for risk in rulebook.risks:
        rows = facts["also"].isin([key for key, names in held.items() if risk.is_note and risk.id in names])
        if rows.any():
            said = said.where(
                ~rows, said + " " + _spoken(risk.say, facts[rows], rulebook, language).reindex(facts.index)
            )
    return said


def _spoken(words: Words, rows: DataFrame, rulebook: Rulebook, language: str) -> Series:
    """One sentence for each row, made once for each distinct set of what it names."""
    template = words.of(language)
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    if not names:
        return Series(template, index=rows.index, dtype="str")
    speakers = _speakers(rulebook, language)
    used = list(dict.fromkeys(column for name in names for column in speakers[name][0]))
    code = rows.groupby(used, dropna=False, observed=True, sort=False).ngroup()
    firsts = rows[used][~code.duplicated().to_numpy(dtype=bool)]
    texts = [
        template.format(**{name: speakers[name][1](*(fact[c] for c in speakers[name][0])) for name in names})
        for fact in firsts.to_dict("records")
    ]
    return code.map(dict(zip(code[firsts.index], texts, strict=True))).astype("str")


def _speakers(rulebook: Rulebook, language: str) -> dict[str, tuple[tuple[str, ...], Speaker]]:
    """For each word that a sentence may name: the columns it is made of, and how it is said."""

    def day(on: pd.Timestamp) -> str:
        return NOT_KNOWN.of(language) if pd.isna(on) else speech.day(on, language)

    def utc(at: pd.Timestamp) -> str:
        return NOT_RECORDED.of(language) if pd.isna(at) else speech.clock(at, UTC, language)

    def days(number: float) -> str:
        return speech.plural(int(number), *UNITS[language], language) if number else LESS_THAN_A_DAY.of(language)

    def services(key: str) -> str:
        return ", ".join(rulebook.services[name].title.of(language) for name in rulebook.deadlines[key].route)

    def state(name: str) -> str:
        return STATES.get(name, STATES["missing"]).of(language)

    spans = ("lost_24h", "lost_72h", "planned_72h", "planned_hours")
    return {
        "closes_on": (("closes_on",), day),
        "counted_on": (("counted_on",), day),
        "stay_ends_on": (("stay_ends_on",), day),
        "closes_local": (("closes_local",), str),
        "last_safe_local": (("last_safe_local",), str),
        "closes_utc": (("closes_at",), utc),
        "filed_utc": (("filed_at",), utc),
        "left": (("left_days",), days),
        "left_clock": (("left_hours",), speech.span),
        "past": (("past_days",), days),
        "usable": (("usable_hours",), speech.span),
        "usable_worst": (("usable_hours_worst",), speech.span),
        "services": (("deadline",), services),
        "expiry_state": (("permit_expires_state",), state),
        **{name: ((name,), speech.span) for name in spans},
    }
