"""The fact sheets of an office: of one person's case, and of an outage that lasts, for a portal's helpdesk. Pure.

It states what is on record and where; it draws no conclusion and recommends no step in law.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from msgspec import Struct
from pandas import DataFrame, Timestamp

from reporter.model.report import FiledEvidence, Office, Proof
from reporter.report.card import cell_place
from reporter.report.headline import relief_words
from reporter.report.mail.templates import render
from reporter.report.people import Fact, link, one_line, row_dicts
from reporter.rules.wording import day_alone
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

ATTEMPTS = 3
TO_ASK = ("device", "address", "numbers", "form", "second", "witness")
"""What no file of ours can show: the person has to be asked."""
MARKS = {"there": "✓", "missing": "☐", "to_ask": "?"}


def checklist(
    person: Mapping[str, Any], proofs: Sequence[Proof], kept: Sequence[FiledEvidence], w: Mapping[str, str]
) -> dict[str, Any]:
    """The section of the sheet: each item with a mark and a word for how it stands."""
    attempts = [one for one in kept if one.kind == "attempt"]
    inside = sum(any(_within(one.happened_at, proof) for proof in proofs) for one in attempts)
    rows = [
        (f"{MARKS[state]} {w[state]}", w[f"check_{name}"].format(n=len(attempts), inside=inside))
        for name, state in checklist_standing(person, proofs, kept).items()
    ]
    return {"title": w["checklist"], "header": (), "rows": tuple(rows), "notes": ()}


def checklist_standing(
    person: Mapping[str, Any], proofs: Sequence[Proof], kept: Sequence[FiledEvidence]
) -> dict[str, str]:
    """How each item stands: there, missing or to_ask."""
    kinds = [one.kind for one in kept]
    is_dated = bool(person.get("permit_kind")) and not pd.isna(person.get("permit_expires_on"))
    is_there = {
        "dates": is_dated,
        "notice": bool(proofs) and all(proof.captures for proof in proofs),
        "words": bool(proofs) and all(proof.raw_text and proof.outage["source_url"] for proof in proofs),
        "official": bool(proofs) and all(proof.outage["verification"] == "official" for proof in proofs),
        "screenshot": "screenshot" in kinds,
        "error_text": "error_text" in kinds,
        "attempt": kinds.count("attempt") >= ATTEMPTS,
        "confirmation": "confirmation" in kinds,
    }
    said = {name: "there" if held else "missing" for name, held in is_there.items()}
    return said | dict.fromkeys(TO_ASK, "to_ask")


def _within(at: Timestamp | None, proof: Proof) -> bool:
    if at is None:
        return False
    ended = proof.outage["ended_at"]
    return bool(proof.outage["began_at"] <= at and (pd.isna(ended) or at < ended))


RAW = 1_500  # characters of a notice's words; the whole stands in the pack


class Case(Struct, frozen=True):
    """One person's case: TOLD and FINDINGS side by side as `duties`, `overlaps`, and what was kept."""

    language: str
    office: Office
    as_of: Timestamp
    as_known: Timestamp | None
    slug: str
    person: Mapping[str, Any]
    duties: DataFrame
    overlaps: DataFrame
    cites: Mapping[str, tuple[str, str]]  # deadline -> provision and where to read it
    services: Mapping[str, str]
    proofs: tuple[Proof, ...]
    kept: tuple[FiledEvidence, ...]


def fact_sheet(case: Case, *, templates: Path | None = None) -> tuple[str, str]:
    """The sheet as HTML that prints and as text; both print the same sections."""
    return _printed(sheet_facts(case), case.language, templates)


def _printed(context: Fact, language: str, templates: Path | None) -> tuple[str, str]:
    html, text = (
        render(name, context, language=language, templates=templates)
        for name in ("evidence.html.j2", "evidence.txt.j2")
    )
    return html, text


class OpenOutage(Struct, frozen=True):
    """An outage that lasts, and how many people of the rosters it hits: all, and those whose last hour is near."""

    language: str
    office: Office
    as_of: Timestamp
    outage: Mapping[str, Any]  # a row of OUTAGES
    services: Mapping[str, str]
    people: int
    soon: Mapping[int, int]  # within so many days: how many people
    first_at: Timestamp | None = None  # the first last hour of them all


NEAR = (1, 3, 10)
"""Within how many days the people of an open outage are counted."""


def helpdesk_sheet(one: OpenOutage, *, templates: Path | None = None) -> tuple[str, str]:
    """What an office can tell the helpdesk of a portal, as HTML that prints and as text, in the sheet's own frame."""
    return _printed(helpdesk_facts(one), one.language, templates)


def helpdesk_facts(one: OpenOutage) -> Fact:
    """Everything the template may use. Nobody is named: people are counted."""
    w = {**words("evidence", one.language), **words("helpdesk", one.language)}
    digest, outage, place = words("digest", one.language), one.outage, zone(one.office.time_zone)
    services = ", ".join(one_line(one.services.get(name, name)) for name in str(outage["services"]).split(";"))
    began, local = outage["began_at"], one.as_of.tz_convert(place)
    facts = {
        "services": services,
        "began": formats.clock(began, place, one.language),
        "began_utc": _utc(began),
        "kind": digest[f"kind_{outage['kind']}"],
        "verification": digest[f"verification_{outage['verification']}"],
        "source": link(outage["source_url"]) or w["no_source"],
        "people": counted(w, "people", one.people, one.language),
        "soon": formats.number(one.soon[NEAR[-1]], one.language),
    }
    first = w["nobody"] if one.first_at is None else formats.clock(one.first_at, place, one.language)
    day = formats.day(local, one.language)
    sections = [
        _section(
            w["outage"].format(title=services),
            [
                (w["outage_id"], one_line(outage["outage_id"])),
                (digest["services"], services),
                (w["kind"], facts["kind"]),
                (w["interval_utc"], f"{_utc(began)} – {w['open_end']}"),
                (w["interval_local"], f"{facts['began']} – {w['open_end']}"),
                (w["down_for"], _hours((one.as_of - began) / pd.Timedelta(hours=1))),
                (w["verification"], facts["verification"]),
                (w["source"], facts["source"]),
            ],
        ),
        _section(
            w["people"],
            [
                (w["hit"], formats.number(one.people, one.language)),
                *((w[f"within_{days}"], formats.number(one.soon[days], one.language)) for days in NEAR),
                (w["first"], first),
            ],
            notes=[w["counted"].format(day=day)],
        ),
        _section(
            w["report"], [(w["subject_row"], w["subject"].format(**facts)), (w["text_row"], w["text"].format(**facts))]
        ),
        _section(w["to_add"], [(w[name], w[f"{name}_how"]) for name in ("error", "tried", "device")]),
    ]
    return {
        "language": one.language,
        "colon": digest["colon"],
        "case": one_line(outage["outage_id"]),
        "office": one_line(one.office.name),
        "title": w["title"],
        "for_whom": w["for_whom"],
        "sections": sections,
        "disclaimer": f"{digest['disclaimer'].format(date=day)} {one_line(one.office.disclaimer)}".strip(),
    }


def sheet_facts(case: Case) -> Fact:
    """Everything the template may use."""
    w = words("evidence", case.language)
    local = case.as_of.tz_convert(zone(case.office.time_zone))
    sections = [
        _person(case, w),
        *(_duty(row, case, w) for row in row_dicts(case.duties)),
        _overlap(case, w),
        *(_outage(proof, case, w) for proof in case.proofs),
        _kept(case, w),
        checklist(case.person, case.proofs, case.kept, w),
    ]
    ours = words("digest", case.language)["disclaimer"].format(date=formats.day(local, case.language))
    return {
        "language": case.language,
        "colon": words("digest", case.language)["colon"],
        "case": case.slug,
        "office": one_line(case.office.name),
        "title": w["title"],
        "for_whom": w["for_whom"].format(contact=one_line(case.office.licensed_contact) or w["the_contact"]),
        "sections": sections,
        "disclaimer": f"{ours} {one_line(case.office.disclaimer)}".strip(),
    }


def _section(
    title: str, rows: Sequence[tuple[str, ...]], *, header: Sequence[str] = (), notes: Sequence[str] = ()
) -> Fact:
    return {"title": title, "header": tuple(header), "rows": tuple(rows), "notes": tuple(notes)}


def _person(case: Case, w: Mapping[str, str]) -> Fact:
    person, kind, row = case.person, one_line(case.person.get("permit_kind")), str(case.person["source_row"])
    rows = [
        (w["case"], case.slug),
        (w["person_id"], one_line(person["person_id"])),
        (w["full_name"], one_line(person.get("full_name")) or w["not_recorded"]),
        (w["permit"], w.get(f"permit_{kind}", kind) or w["not_recorded"]),
        (w["expires"], _day(person.get("permit_expires_on"), case) or w["not_recorded"]),
        (w["source_row"], one_line(cell_place(row, row.rpartition(":")[2]))),
        (w["as_of"], _both(case.as_of, case)),
    ]
    known = [] if case.as_known is None else [(w["as_known"], _both(case.as_known, case))]
    return _section(w["person"], [*rows, *known])


def _duty(row: Fact, case: Case, w: Mapping[str, str]) -> Fact:
    cite, address = case.cites[str(row["deadline"])]
    filed = _receipt(row, case) or (one_line(w["not_recorded"]) if row["is_filed"] else w["none_filed"])
    rows = [
        (w["last_day"], _day(row["closes_on"], case) or w["not_recorded"]),
        (w["counted_on"], _day(row["counted_on"], case) or w["not_recorded"]),
        (w["opens"], _utc(row["opens_at"])),
        (w["closes_local"], one_line(row["closes_local"])),
        (w["closes_utc"], _utc(row["closes_at"])),
        (w["safe_by"], _utc(row["safe_by_at"])),
        (w["filed"], filed),
        (w["lost"], _hours(row["lost_hours"])),
        (w["lost_72h"], _hours(row["lost_72h"])),
        (w["rule"], f"deadlines.toml: {row['deadline']}"),
        (w["cite"], f"{cite} {link(address)}".strip()),
    ]
    title = w["duty"].format(title=one_line(row["title"]))
    return _section(title, [(name, value or w["not_recorded"]) for name, value in rows], notes=[w["no_rollover"]])


def _receipt(row: Fact, case: Case) -> str:
    """The receipt; where its hour is not recorded the day alone, since no clock can be laid beside an outage."""
    if pd.isna(row["filed_from_at"]):
        return _both(row["filed_at"], case)
    return day_alone(row["filed_at"], row["filed_from_at"], str(row["time_zone"]), case.language)


def _overlap(case: Case, w: Mapping[str, str]) -> Fact:
    titles = dict(zip(case.duties["deadline"].astype("str"), case.duties["title"], strict=True))
    touching = case.overlaps[case.overlaps["minutes"] > 0]
    rows = [
        (
            one_line(titles[row["deadline"]]),
            one_line(row["outage_id"]) + ("" if row["is_down"] else f" ({w['slow']})"),
            ", ".join(one_line(case.services.get(name, name)) for name in row["services"].split(";")),
            _utc(row["began_at"]),
            _utc(row["ended_at"]),
            _minutes(row["minutes"]),
            _minutes(row["minutes_72h"]),
        )
        for row in row_dicts(touching)
    ]
    names = ("duty", "outage", "services", "from", "to", "minutes", "last")
    header = [w[f"overlap_col_{name}"] for name in names] if rows else ()
    return _section(w["overlap"], rows, header=header, notes=[] if rows else [w["no_overlap"]])


def _outage(proof: Proof, case: Case, w: Mapping[str, str]) -> Fact:
    outage, d = proof.outage, words("digest", case.language)
    services = ", ".join(one_line(case.services.get(name, name)) for name in str(outage["services"]).split(";"))
    ended, title = outage["ended_at"], one_line(outage["title"]) or one_line(outage["outage_id"])
    on = case.as_of.tz_convert(zone(case.office.time_zone)).date()
    rows = [
        (w["outage_id"], one_line(outage["outage_id"])),
        (w["kind"], d[f"kind_{outage['kind']}"]),
        (d["services"], services),
        (w["interval_utc"], f"{_utc(outage['began_at'])} – {_utc(ended) or w['open_end']}"),
        (w["interval_local"], f"{_clock(outage['began_at'], case)} – {_clock(ended, case) or w['open_end']}"),
        (w["verification"], d[f"verification_{outage['verification']}"]),
        (w["announced"], _utc(outage["announced_at"]) or w["not_recorded"]),
        (w["source"], link(outage["source_url"]) or w["no_source"]),
        (w["versions"], _versions(proof, w, case.language)),
        (w["captures"], formats.join_phrases(_captured(proof, w), case.language) or w["no_source"]),
        (w["relief"], relief_words(proof.relief, title, case.language, on) if proof.relief else w["relief_nothing"]),
        *([(w["raw_text"], one_line(proof.raw_text)[:RAW])] if proof.raw_text else []),
    ]
    return _section(w["outage"].format(title=title), rows, notes=[w["relief_limit"]])


def _versions(proof: Proof, w: Mapping[str, str], language: str) -> str:
    if not proof.versions:
        return w["not_ledger"].format(source=one_line(proof.outage["source_row"]))
    said = (
        w["version"].format(n=v["version"], action=w[f"action_{v['action']}"], at=v["recorded_at"][:19] + "Z")
        for v in proof.versions
    )
    return formats.join_phrases(said, language)


def _captured(proof: Proof, w: Mapping[str, str]) -> list[str]:
    lost = [w["lost_file"].format(sha256=sha256[:12]) for sha256 in proof.lost]
    return [*proof.captures, *lost, *([w["left_files"].format(n=proof.n_left)] if proof.n_left else [])]


def _kept(case: Case, w: Mapping[str, str]) -> Fact:
    rows = [(w[f"kind_{one.kind}"], formats.join_phrases(_filed(one, case, w), case.language)) for one in case.kept]
    return _section(w["kept"], rows, notes=[] if rows else [w["kept_none"]])


def _filed(one: FiledEvidence, case: Case, w: Mapping[str, str]) -> list[str]:
    form = w["kept_no_when" if one.happened_at is None else "kept_when"]
    when = form.format(at=_both(one.happened_at, case), recorded=_utc(one.recorded_at))
    return [part for part in (when, one_line(one.note), one.name, f"SHA-256 {one.sha256}") if part]


def _both(at: Timestamp | None, case: Case) -> str:
    return "" if at is None or pd.isna(at) else f"{_clock(at, case)} = {_utc(at)}"


def _clock(at: Timestamp, case: Case) -> str:
    return "" if pd.isna(at) else formats.clock(at, zone(case.office.time_zone), case.language)


def _utc(at: Timestamp) -> str:
    return "" if pd.isna(at) else f"{at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"


def _day(on: Any, case: Case) -> str:
    return "" if on is None or pd.isna(on) else formats.day(on, case.language, weekday=True)


def _hours(hours: float) -> str:
    return "" if pd.isna(hours) else _minutes(hours * 60)


def _minutes(minutes: float) -> str:
    """A length to the minute, in hours and in minutes alone where it is an hour or more."""
    length = formats.span(minutes / 60)
    return f"{length} ({round(minutes)}{formats.NBSP}min)" if minutes >= 60 else length
