"""The chain behind a level, in words: cell, date, rule, instants, outages, facts, judgement. Pure.

It only tells what readers and engine found; nothing is judged here.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Series, Timedelta, Timestamp

from reporter.engine.downtime import way_to
from reporter.model.levels import AT_RISK, BY_NAME, level_word
from reporter.model.problem import Problem
from reporter.model.rulebook import Deadline, OwnDuty, Risk, Rulebook, Version, link_for
from reporter.model.shapes import WHY, is_institution
from reporter.rules.law import marks_of
from reporter.rules.manual import all_met, deciding_tests, fact_said, rule_in_words, version_said
from reporter.rules.wording import Texts, cite_text, distinct, duty_link, service_phrase
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.time_zones import OTTAWA, ZONES, zone

SAID = ["what", "deadline", "counted_on", "on", "is_deciding"]
STAY_COLUMNS = ["person_id", "reading"]


What = Literal["cell", "date", "rule", "opens", "closes", "outage", "fact", "judgement", "row", "problem"]


class Step(Struct, frozen=True):
    """One link of the chain: `source` is a cell, a rule, an outage or a fact; `value` is what it says, in words."""

    what: What
    source: str
    value: str
    cite: str = ""
    link: str = ""


class Counterfactual(Struct, frozen=True):
    """What the engine answers when one thing is changed and it is run again.

    `filed`, `filed_late`: with a filing recorded at `at`; `without`: had these outages not happened; `until`: nothing
    changed but the clock; `confirmed`: were these outages confirmed; `other_date`: with the date read the other way;
    any other is a way to sign in: with that one. `level` and `rule` are empty where the duty would then not be
    there at all.
    """

    change: str
    level: str
    rule: str
    at: Timestamp | None = None
    outages: tuple[str, ...] = ()


class TracedDuty(Struct, frozen=True):
    """One duty, or one row that has none: its finding (empty for such a row), its chain, and what would change it."""

    person_id: str
    source_row: str
    finding: Mapping[Any, Any]
    steps: tuple[Step, ...]
    otherwise: tuple[Counterfactual, ...] = ()


def steps_said(steps: DataFrame, rulebook: Rulebook, language: str) -> "Series[str]":
    """Each step as a few words; each distinct text is made once.

    Takes: STEPS.
    """
    code, found = distinct(steps[SAID])
    return Texts(code, [_said(step, rulebook, language) for step in found]).column(steps.index)


def stay_chain(steps: DataFrame, ends_on: Timestamp, rulebook: Rulebook, language: str) -> Iterator[Step]:
    """Each date that bears on the end of a stay, and the end where there is one."""
    for step, value in zip(steps.to_dict("records"), steps_said(steps, rulebook, language), strict=True):
        yield Step("date", step["column"], value, cite_text(step["cite"], language))
    if pd.notna(ends_on):
        said = words("explain", language)["date_derived"].format(day=formats.day(ends_on, language))
        yield Step("date", "stay_ends_on", said)
    for over_on in steps["stay_over_on"].dropna().unique():
        if over_on > ends_on:
            said = words("explain", language)["date_over"].format(day=formats.day(over_on, language))
            yield Step("date", "stay_over_on", said)


def stays_said(steps: DataFrame, rulebook: Rulebook, language: str) -> DataFrame:
    """The end of each stay with all its steps, one sentence a person: the columns of STAY and `stay`."""
    told = steps.assign(said=steps_said(steps, rulebook, language))
    by = [*STAY_COLUMNS, "stay_ends_on", "stay_over_on"]
    every = DataFrame(
        told.groupby(by, sort=False)["said"].agg(lambda said: formats.join_phrases(said, language))
    ).reset_index()
    code, pairs = distinct(every[["stay_ends_on", "stay_over_on"]])
    ends = Texts(code, [_ends_said(pair["stay_ends_on"], pair["stay_over_on"], language) for pair in pairs])
    return every.assign(stay=ends.column(every.index) + " " + every["said"])[[*STAY_COLUMNS, "stay"]]


def _ends_said(on: Timestamp, over_on: Timestamp, language: str) -> str:
    """When a stay ends, by both readings where they differ."""
    key = "stay_said_over" if over_on > on else "stay_said"
    return words("explain", language)[key].format(on=formats.day(on, language), over=formats.day(over_on, language))


def _said(step: Mapping[Any, Any], rulebook: Rulebook, language: str) -> str:
    w = words("explain", language)
    title = rulebook.deadlines[step["deadline"]].title.of(language) if step["deadline"] else ""
    on, counted_on = (
        formats.day(step[name], language) if pd.notna(step[name]) else "" for name in ("on", "counted_on")
    )
    told = w[f"step_{step['what']}"].format(title=title, on=on, counted_on=counted_on)
    return w["step_decides"].format(step=told) if step["is_deciding"] else told


Row = Mapping[Any, Any]
STAY, GAP = "stay_ends_on", "gap_days"
APPLICATION = ("application_kind", "application_outcome", "application_decided_on", "second_application_filed_at")
BESIDE = (
    *APPLICATION,
    "second_application_kind",
    "second_application_outcome",
    "sign_in_method",
    "province",
    "time_zone",
)
"""Cells that bear on any duty that is filed, beside those that its rule names."""
TOLD = (
    "left_hours",
    "usable_hours",
    "usable_hours_worst",
    "lost_hours",
    "lost_72h",
    "lost_24h",
    "is_filed",
    "is_past",
    "is_over",
)
"""Facts that are always told; the others when a judgement that holds rests on them."""


class TraceContext(Struct, frozen=True, dict=True):
    """What the chain is told from, the same for every duty of a person.

    `cells` is CELLS of the person, `people` ROSTER of the person, `stay` STEPS of the person, `outages` OUTAGES;
    `standing` is how far each outage counts as verified, by its id.
    """

    rulebook: Rulebook
    cells: DataFrame
    people: DataFrame
    stay: DataFrame
    outages: DataFrame
    standing: Mapping[str, str]
    as_of: Timestamp
    language: str

    @property
    def words(self) -> Mapping[str, str]:
        """The fixed words of this language."""
        return words("explain", self.language)

    @cached_property
    def outage_rows(self) -> Mapping[str, Row]:
        """The outages by id."""
        return {str(row["outage_id"]): row for row in self.outages.to_dict("records")}


def chain(finding: Row, known: TraceContext) -> Iterator[Step]:
    """Every step from the cells of a duty to its level.

    Takes: finding - one row of FINDINGS.
    """
    key = str(finding["deadline"])
    deadline = known.rulebook.deadlines[key]
    yield from _cells(finding, deadline, known)
    version = in_force(deadline, finding["in_force_on"])
    yield _rule(key, deadline, version, known)
    yield from _instants(finding, deadline, known)
    for name in [name for name in str(finding["outages"]).split(";") if name]:
        yield from _outage(name, finding, deadline, known)
    yield from _facts(finding, deadline, known)
    yield from _judgements(finding, known)


def in_force(deadline: Deadline, since: Timestamp) -> Version:
    """The version that gave the dates; the first where none did."""
    return next((v for v in deadline.in_force if Timestamp(v.from_) == since), deadline.in_force[0])


def _cells(finding: Row, deadline: Deadline, known: TraceContext) -> Iterator[Step]:
    """The cells that the duty counts from, how their date was read, and the other cells that bear on it."""
    cells, counted = known.cells, finding["counted_on"]
    here = cells[cells["source_row"] == finding["source_row"]]
    derived = deadline.counts_from == STAY
    if derived or any(GAP in known.rulebook.risk(rule).when for rule in holding_risks(finding)):
        yield from _stay(finding, known)
    told = cells.iloc[:0] if derived else _saying(_of(here, (deadline.counts_from,)), counted)
    for cell in told.to_dict("records"):
        yield _cell(cell, known)
    if pd.notna(counted) and not derived:
        rest = _how(told.to_dict("records")[0], finding, known) if len(told) else ""
        value = rest or known.words["date_known"].format(day=formats.day(counted, known.language))
        yield Step("date", deadline.counts_from, value)
    names = [deadline.opens_from, deadline.only_if_before, *deadline.only_without, deadline.filed_by, *deadline.applies]
    names += [deadline.deemed_from, deadline.printed_in] if isinstance(deadline, OwnDuty) else []
    more = _of(here, tuple(name for name in (*names, *(BESIDE if deadline.filed_by else ())) if name))
    yield from (_cell(cell, known) for cell in more.to_dict("records") if cell["said"])


def _stay(finding: Row, known: TraceContext) -> Iterator[Step]:
    """The cells that bear on the end of the stay, each date that they come to, and the end."""
    steps = known.stay[known.stay["reading"] == finding["reading"]]
    for cell in _of(known.cells, tuple(steps["column"].unique())).to_dict("records"):
        if cell["said"]:
            yield _cell(cell, known)
    yield from stay_chain(steps, finding[STAY], known.rulebook, known.language)


def _of(cells: DataFrame, names: tuple[str, ...]) -> DataFrame:
    """The cells read for these columns of the roster, whatever kind of permit their heading names."""
    bare = cells["field"].where(cells["field"] != "application_filed", "application_filed_at")
    ends = tuple(f"_{name}" for name in names)
    return cells[bare.isin(names) | bare.str.endswith(ends)] if names else cells.iloc[:0]


def _saying(cells: DataFrame, day: Timestamp) -> DataFrame:
    """Of several columns for one date, those that say this day; all when none does."""
    said = cells[(cells["on"] == day) | (cells["other"] == day)]
    return said if len(said) else cells


def _cell(cell: Row, known: TraceContext) -> Step:
    sheet = cell["source_row"].rpartition(":")[0]
    place = f"{sheet}{'' if sheet.endswith('!') else '!'}{cell['address']}"
    key = "said" if cell["said"] else "empty"
    return Step("cell", place, known.words[key].format(said=cell["said"], header=cell["header"]))


def _how(cell: Row, finding: Row, known: TraceContext) -> str:
    """How the date was read, and how certain it is."""
    w, day = known.words, formats.day(finding["counted_on"], known.language)
    parts = [w[f"date_{cell['form'] or 'written'}"].format(day=day)]
    if cell["form"] in ("numbers", "short") and cell["order"]:
        parts.append(w[f"order_{cell['order']}"])
    doubt = finding["date_certainty"] or "clear"
    other: str = "" if pd.isna(finding["other_on"]) else formats.day(finding["other_on"], known.language)
    return formats.join_phrases([*parts, w[f"doubt_{doubt}"].format(other=other)], known.language)


def _rule(key: str, deadline: Deadline, version: Version, known: TraceContext) -> Step:
    w, language = known.words, known.language
    says = f"{version_said(deadline, version, known.rulebook, language)} " + w["read_on"].format(
        day=formats.day(Timestamp(version.read_on), language)
    )
    file = "duties.toml" if isinstance(deadline, OwnDuty) else "deadlines.toml"
    place = w["in_force"].format(key=f"{file}: {key}", since=version.from_.isoformat())
    value = w["version"].format(title=deadline.title.of(language), says=says) + _own_mark("deadline", key, known)
    link = duty_link(version.cite, link_for(version, language), language)
    return Step("rule", place, value, cite_text(version.cite, language), link)


def _instants(finding: Row, deadline: Deadline, known: TraceContext) -> Iterator[Step]:
    w = known.words
    if not deadline.has_filing and pd.notna(finding["closes_on"]):
        yield Step(
            "closes", "closes_on", w["only_the_date"].format(day=formats.day(finding["closes_on"], known.language))
        )
        return
    if pd.isna(finding["closes_at"]):
        yield Step("closes", "closes_at", w["no_instant"])
        return
    yield Step("opens", "opens_at", _instant(finding["opens_at"], finding, known))
    is_one = finding["over_at"] == finding["closes_at"]
    told = [f"{_instant(finding['closes_at'], finding, known)}.", w["too_late" if is_one else "too_late_careful"]]
    if pd.notna(finding["last_safe_at"]) and finding["last_safe_at"] < finding["closes_at"]:
        told.append(w["safe_until"].format(local=trace_clock(finding["last_safe_at"], finding, known)))
    yield Step("closes", "closes_at", " ".join(told))
    if not is_one:
        yield Step("closes", "over_at", f"{_instant(finding['over_at'], finding, known)}. {w['too_late_at_last']}")


def _instant(at: Timestamp, finding: Row, known: TraceContext) -> str:
    return known.words["instant"].format(
        utc=formats.clock(at, zone("UTC"), known.language),
        local=trace_clock(at, finding, known),
        whence=_whence(finding, known),
    )


def trace_clock(at: Timestamp, finding: Row, known: TraceContext) -> str:
    return formats.clock(at, zone(str(finding["time_zone"])), known.language)


def _whence(finding: Row, known: TraceContext) -> str:
    """Why this zone: the row's own, its province's, or the office's."""
    rows = known.people[known.people["source_row"] == finding["source_row"]].to_dict("records")
    row: Row = rows[0] if rows else {}
    if pd.notna(row.get("time_zone")):
        return known.words["whence_row"]
    if row.get("province") in ZONES:
        return known.words["whence_province"].format(province=row["province"])
    return known.words["whence_office"]


def _outage(name: str, finding: Row, deadline: Deadline, known: TraceContext) -> Iterator[Step]:
    """One outage in the window: when, how much of it counts, how sure, and why it bears on this person."""
    w = known.words
    row: Any = known.outage_rows[name]
    ids = str(row["services"]).split(";")
    until = known.as_of if pd.isna(row["ended_at"]) else row["ended_at"]
    overlap = min(until, finding["closes_at"]) - max(row["began_at"], finding["opens_at"])
    ended = w["not_ended"] if pd.isna(row["ended_at"]) else trace_clock(row["ended_at"], finding, known)
    value = w["outage_said"].format(
        title=row["title"] if pd.notna(row["title"]) else name,
        services=", ".join(_title(service, known) for service in ids),
        kind=w[f"kind_{row['kind']}"],
        began=trace_clock(row["began_at"], finding, known),
        ended=ended,
        overlap=formats.span(max(overlap, Timedelta(0)).total_seconds() / 3600),
        verification=w[f"sure_{row['verification']}"],
        standing=_standing(row, known),
        route=_route(ids, finding, deadline, known),
    )
    link = str(row["source_url"]) if pd.notna(row["source_url"]) else ""
    yield Step("outage", name, value, "", link if link.startswith(("https://", "http://")) else "")


def _standing(row: Row, known: TraceContext) -> str:
    limits, w = known.rulebook.limits, known.words
    is_enough = known.standing[row["outage_id"]] in limits.confirmed
    level = BY_NAME[limits.unconfirmed_outage].word(known.language)
    told = w["confirmed"] if is_enough else w["unconfirmed"].format(level=level)
    return f"{told} ({w['day_only']})" if row["precision"] == "day" else told


def _title(service: str, known: TraceContext) -> str:
    entry = known.rulebook.services.get(service)
    return entry.title.of(known.language) if entry else service


def _phrase(service: str, known: TraceContext) -> str:
    """A service, or e-mail, as it stands in a sentence."""
    if service not in known.rulebook.services:
        return known.words["by_email"]
    return f"{service_phrase([service], known.rulebook, known.language)}"


def _route(ids: list[str], finding: Row, deadline: Deadline, known: TraceContext) -> str:
    """By which services the outage reaches this duty, for the way this person signs in."""
    w, method, services = known.words, str(finding["sign_in_method"]), known.rulebook.services
    ways = [way for service in ids if (way := way_to(deadline.route, services, method, service))]
    if not ways:
        return ""
    first, *others = min(ways, key=len)
    service, *needed = (_phrase(name, known) for name in (first, *others))
    told = w["route_needs" if needed else "route_direct"].format(service=service, others=", ".join(needed))
    if not any(services[name].role == "credential" for name in others):
        return told
    said = w["sign_in_unknown"] if method == "unknown" else w["sign_in"].format(method=_phrase(method, known))
    return f"{told} {said}"


def _facts(finding: Row, deadline: Deadline, known: TraceContext) -> Iterator[Step]:
    held = [known.rulebook.risk(rule) for rule in holding_risks(finding)]
    tested = [name for risk in held for name in risk.when]
    told = TOLD if deadline.has_filing and pd.notna(finding["closes_at"]) else ()
    names = (*told, *tested)
    for name in dict.fromkeys(names):
        yield Step("fact", name, fact_said(name, finding[name], known.rulebook, known.language))


def holding_risks(finding: Row) -> list[str]:
    """The judgements that hold, the one that decides first."""
    return [str(finding["rule"]), *(name for name in str(finding["also"]).split(";") if name)]


def _file(risk: Risk, known: TraceContext) -> str:
    """Where the judgement stands: those of the institution's own duties have a file of their own, save the notes."""
    ours = known.rulebook.institution
    return "duties.toml" if ours and not risk.is_note and risk in ours.risks else "risks.toml"


def _judgements(finding: Row, known: TraceContext) -> Iterator[Step]:
    w, language = known.words, known.language
    for number, name in enumerate(holding_risks(finding)):
        risk = known.rulebook.risk(name)
        key = "beside" if risk.is_note else "also" if number else "decides"
        conditions = all_met(risk, finding, known.rulebook, language)
        value = w[key].format(level=level_word(risk.level, language), conditions=conditions)
        value += _own_mark("risk", name, known) + marks_of(risk.cite, known.rulebook.law, language)
        yield Step("judgement", f"{_file(risk, known)}: {name}", value, cite_text(risk.cite, language))
    if finding["is_unverified"]:
        held = w["held"].format(level=level_word(str(finding["level"]), language))
        yield Step("judgement", "risks.toml: limits", held, cite_text(known.rulebook.limits.cite, language))


def _own_mark(part: str, key: str, known: TraceContext) -> str:
    """What the office made of a rule, as a sentence after it."""
    kinds = {change.kind for change in known.rulebook.changes if (change.part, change.id) == (part, key)}
    wording = "own_rule" if "own" in kinds else "changed_rule" if kinds else ""
    return f" {known.words[wording]}" if wording else ""


def row_without_duty(source_row: str, problems: tuple[Problem, ...], known: TraceContext) -> TracedDuty:
    """A row of the person that no duty came of: its cells, what became of it, and what was wrong with it."""
    cells = known.cells[known.cells["source_row"] == source_row]
    first = cells.to_dict("records")[0]
    w = known.words
    steps = [_cell(cell, known) for cell in cells.to_dict("records") if cell["said"]]
    rule = first["rule"] if pd.notna(first["rule"]) else ""
    fate = words("workbook", known.language).get(f"rule_{rule}", rule)  # as the sheet of what was not assessed has it
    steps.append(Step("row", source_row, w[f"row_{first['outcome']}"].format(rule=fate)))
    steps += [Step("problem", f"{p.source}!{p.cell}", p.message(known.language)) for p in problems]
    return TracedDuty("", source_row, {}, tuple(steps))


MOST = 5_000
"""Duties shown, the worst first; the sheet says so, and every other one can be explained by itself."""
SOURCE_ROW = r"^(.*):(\d+)$"
Headings = Mapping[tuple[str, str], str]
"""The letter of the column that holds a field, by file!sheet and field."""


def why_frame(
    findings: DataFrame, told: DataFrame, stays: DataFrame, rulebook: Rulebook, headings: Headings, language: str
) -> DataFrame:
    """The rows behind the duties at risk, on their own index.

    Takes:   FINDINGS; TOLD on the same rows; STEPS of everybody in them who is at risk.
    Returns: WHY.
    """
    shown = findings[findings["level"].isin(AT_RISK)].head(MOST)
    said = told.loc[shown.index]
    columns = ["level", "person_id", "title", "closes_on", "closes_local", "last_safe_local", "outages", "cite"]
    return WHY.cast(
        said[columns].assign(
            cell=_cell_words(shown, rulebook, headings),
            counted_on=shown["counted_on"],
            date_certainty=shown["date_certainty"].astype("str"),
            closes_at=shown["closes_at"],
            stay=_stays(shown, stays, rulebook, language),
            **_rules(shown, rulebook, language),
            rule=shown["rule"].astype("str"),
            conditions=deciding_tests(shown, rulebook, language),
            also=shown["also"].astype("str").str.replace(";", formats.join_phrases(("", ""), language)),
        )
    )


def _stays(findings: DataFrame, stays: DataFrame, rulebook: Rulebook, language: str) -> "Series[str]":
    """How the end of each person's stay came about; empty where no date says one."""
    of_people = findings[STAY_COLUMNS].assign(person_id=findings["person_id"].mask(is_institution(findings)))
    theirs = stays[stays["person_id"].isin(of_people["person_id"].dropna().unique())]
    said = stays_said(theirs, rulebook, language)
    beside = of_people.merge(said, how="left", on=STAY_COLUMNS)["stay"].fillna("")
    return beside.astype("str").set_axis(findings.index)


def _cell_words(findings: DataFrame, rulebook: Rulebook, headings: Headings) -> "Series[str]":
    """Where the date stands that each duty counts from; the row alone where it comes of several cells."""
    place = findings["source_row"].str.extract(SOURCE_ROW)
    code, kinds = distinct(
        DataFrame({"sheet": place[0], "deadline": findings["deadline"], "kind": findings["permit_kind"]})
    )
    letters = [_letter(str(row["sheet"]), str(row["deadline"]), str(row["kind"]), rulebook, headings) for row in kinds]
    letter = Texts(code, letters).column(findings.index)
    cell = place[0].str.removesuffix("!") + "!" + letter + place[1]  # a text file has no sheet
    return cell.where(letter != "", findings["source_row"])


def _letter(sheet: str, deadline: str, kind: str, rulebook: Rulebook, headings: Headings) -> str:
    field = rulebook.deadlines[deadline].counts_from
    return headings.get((sheet, f"{kind}_{field}")) or headings.get((sheet, field), "")


def _rules(findings: DataFrame, rulebook: Rulebook, language: str) -> "dict[str, Series[str]]":
    """The version of the deadline that holds: since when, its law and where to read it."""
    code, firsts = distinct(findings[["deadline", "in_force_on"]])
    held = [in_force(rulebook.deadlines[str(row["deadline"])], row["in_force_on"]) for row in firsts]
    said = {
        "in_force": [f"{row['deadline']}, {v.from_.isoformat()}" for row, v in zip(firsts, held, strict=True)],
        "law": [cite_text(version.cite, language) for version in held],
        "link": [duty_link(version.cite, link_for(version, language), language) for version in held],
    }
    return {name: Texts(code, texts).column(findings.index) for name, texts in said.items()}


def otherwise_said(answer: Counterfactual, finding: Row, known: TraceContext) -> str:
    """What would change the level, as one sentence."""
    w, language = known.words, known.language
    if not answer.level:
        level = w["not_there"]
    else:
        same = answer.level == finding["level"] and answer.rule == finding["rule"]
        why = "" if same else rule_in_words(answer.rule, known.rulebook, language)
        level = w["by_rule" if why else "unchanged"].format(level=level_word(answer.level, language), why=why)
    is_all = len(answer.outages) > 1
    at = "" if answer.at is None else trace_clock(answer.at, finding, known)
    key = "without_all" if is_all else answer.change
    return w[key].format(at=at, outages=_outage_named(answer.outages, known), level=level)


def _outage_named(ids: Sequence[str], known: TraceContext) -> str:
    """The outage by its title and day; nothing where none or several are meant."""
    if len(ids) != 1:
        return ""
    row = known.outage_rows[ids[0]]
    title: str = row["title"] if pd.notna(row["title"]) else ids[0]
    return known.words["outage_named"].format(
        title=title, day=formats.day(row["began_at"].tz_convert(OTTAWA), known.language)
    )
