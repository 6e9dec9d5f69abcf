"""Maker of `Report` values for the tests of the writers: about forty invented people, some with hostile names.

The numbers are plausible and consistent with one another, but were not computed by the engine.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from msgspec.structs import replace
from pandas import DataFrame, Timedelta, Timestamp

from reporter.model.levels import NAMES, RANK
from reporter.model.report import Account, Office, Recipient, Report, Run
from reporter.model.shapes import CHANGES, EVIDENCE, OUTAGES, RULES, SET_ASIDE, TOLD
from reporter.text.formats import clock
from reporter.text.time_zones import zone

AS_OF = Timestamp("2026-09-14T11:00Z")  # a Monday, 07:00 in Ottawa
TITLES = {
    "study-permit-renewal": ("Apply to extend a study permit", "Demander la prolongation d'un permis d'études"),
    "work-permit-renewal": ("Apply to extend a work permit", "Demander la prolongation d'un permis de travail"),
    "pgwp-application": ("Apply for a post-graduation work permit", "Demander un permis de travail postdiplôme"),
    "document-request": ("Answer a request for documents", "Répondre à une demande de documents"),
}
OFFICE = Office(
    name="Office of International Affairs, Université Invented",
    address="1 Example Street, Ottawa",
    licensed_contact="Aline Exemple, RCIC (aline@example.org)",
)
RUN = Run(
    run_id="2026-09-14-7f3a",
    as_of=AS_OF,
    account=Account(read=0, assessed=0, set_aside=0, excluded=0),
    rulebook_sha256="5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592",
    inputs=(("students.xlsx", "9" * 64), ("outages.csv", "a" * 64)),
    versions={"reporter": "0.1.0", "pandas": "3.1.0", "tzdata": "2026.6"},
    record_complete_to=Timestamp("2026-09-14T06:00Z"),
    previous_as_of=Timestamp("2026-09-07T11:00Z"),
    next_report_on=Timestamp("2026-09-21"),
)
SERVICES = {
    "en": {"ircc_secure_account": "IRCC secure account", "gckey": "GCKey", "ircc_portal": "IRCC Portal"},
    "fr": {"ircc_secure_account": "Compte sécurisé d'IRCC", "gckey": "CléGC", "ircc_portal": "Portail d'IRCC"},
}
RELIED_ON = ("2026-09-12-account", "2026-09-12-account;2026-09-13-gckey")
LONG_NAME = "Maximiliana " * 25  # 300 characters
EAST, WEST, NFLD = "America/Toronto", "America/Vancouver", "America/St_Johns"
# person, full name, unit, zone, deadline, days from as_of to the last day, level, change, rule, lost hours
PEOPLE: tuple[tuple[Any, ...], ...] = (
    ("A001", "Chloé Bélanger-Ñúñez", "Computer Science", EAST, 0, 1, "critical", "worse", "door-shut", 9.5),
    ("A002", '=HYPERLINK("http://x","y")', "Arts & Lettres", WEST, 1, 2, "critical", "new", "door-shut", 9.5),
    ("A003", "<script>alert('x')</script>", "Engineering", NFLD, 0, -2, "critical", "same", "missed", 3.25),
    ("A004", "+1", "Engineering", EAST, 3, 4, "critical", "new", "lost-72h", 31.0),
    ("B001", "@a", "Computer Science", "America/Regina", 0, 6, "high", "better", "lost-72h", 12.75),
    ("B002", "مريم الفاسي", "Arts & Lettres", "America/Edmonton", 2, 8, "high", "new", "lost-72h", 8.0),
    ("B003", "-2+3 cmd|' /C calc'!A0", "Engineering", EAST, 1, 9, "high", "worse", "lost-72h", 8.0),
    ("B004", "Nguyễn Thị Ánh", "Graduate Studies", "America/Halifax", 0, 11, "high", "same", "week-left", 0.0),
    ("B005", LONG_NAME.strip(), "Graduate Studies", EAST, 0, 12, "high", "same", "week-left", 4.4),
    ("C001", 'O\'Neil, Séan "Jack"', "Computer Science", EAST, 0, None, "data_problem", "new", "no-date", 0.0),
    ("C002", "王小明", "<b>R&D</b> / Montréal", EAST, 2, None, "data_problem", "same", "no-date", 0.0),
)  # fmt: skip
GIVEN = ("Amara", "Béatrice", "Chidi", "Dušan", "Élodie", "Farah", "Goran", "Hye-jin", "Inès", "João")
FAMILY = ("Okafor", "Tremblay", "Łukasz", "García", "Haddad", "Müller")


def sample_report(language: str = "en", *, unit: str | None = None, people: int = 40, **changes: Any) -> Report:
    """A report of an ordinary week; `unit` keeps one unit and names a recipient, `changes` replace its fields.

    Made once for each language and unit: whoever changes a frame in place is found by whoever comes after.
    """
    made = _ordinary(language, unit, people)
    return replace(made, **changes) if changes else made


@cache
def _ordinary(language: str, unit: str | None, people: int) -> Report:
    findings = told(people_rows(people), language)
    set_aside = set_aside_rows(language)
    whole = account_of(findings, set_aside, excluded=7)
    if unit is not None:
        findings = findings[findings["unit"] == unit].reset_index(drop=True)
        set_aside = set_aside[set_aside["unit"] == unit].reset_index(drop=True)
    account = account_of(findings, set_aside, excluded=7 if unit is None else 0)
    worst = findings.groupby("person_id")["level"].agg(lambda levels: min(levels, key=RANK.__getitem__))
    aside = int((set_aside["severity"] == "error").sum())  # each of them a person none of whose rows was assessed
    counts = {**worst.value_counts(), "data_problem": int((worst == "data_problem").sum()) + aside}
    return Report(
        language=language,
        office=OFFICE,
        run=replace(RUN, account=whole),
        account=account,
        recipient=None if unit is None else Recipient("unit-1", "unit@example.org", language, unit),
        findings=findings,
        outages=outages(),
        set_aside=set_aside,
        changes=change_rows(findings),
        rules=rule_rows(language),
        service_titles=SERVICES[language],
        people=len(worst) + aside,
        people_by_level={level: int(counts.get(level, 0)) for level in NAMES},
        evidence=evidence_rows(findings),
        previous_people_by_level={"critical": 2, "high": 6, "data_problem": 2, "medium": 7, "low": 10, "none": 12},
    )


def quiet_report(language: str = "en", **changes: Any) -> Report:
    """A week in which nobody is at risk, no row was set aside and the outage record is fresh."""
    report = sample_report(language)
    calm = report.findings[report.findings["level"].isin(["low", "none"])].reset_index(drop=True)
    calm = calm.assign(change="same")
    account = Account(read=len(calm), assessed=len(calm), set_aside=0, excluded=0)
    people = calm["person_id"].nunique()
    counts = {**dict.fromkeys(NAMES, 0), **calm.drop_duplicates("person_id")["level"].value_counts().to_dict()}
    quiet = replace(
        report,
        findings=calm,
        outages=OUTAGES.empty(),
        set_aside=SET_ASIDE.empty(),
        changes=change_rows(TOLD.empty()),
        people=people,
        people_by_level=counts,
        account=account,
        run=replace(report.run, account=account),
    )
    return replace(quiet, **changes)


def stale_report(language: str = "en") -> Report:
    """A week in which nobody is at risk as far as is known: the outage record ends nine days ago."""
    report = quiet_report(language)
    run = replace(report.run, is_record_stale=True, record_complete_to=Timestamp("2026-09-05T00:00Z"))
    return replace(report, run=run)


def no_record_report(language: str = "en") -> Report:
    """A week for which no outage record was given at all."""
    report = quiet_report(language)
    return replace(report, run=replace(report.run, has_outage_record=False, record_complete_to=None))


def unreadable_report(language: str = "en") -> Report:
    """A roster of 9 rows none of which could be assessed."""
    report = sample_report(language)
    aside = report.set_aside[report.set_aside["severity"] == "error"]
    account = Account(read=len(aside), assessed=0, set_aside=len(aside), excluded=0)
    return replace(
        report,
        findings=TOLD.empty(),
        outages=OUTAGES.empty(),
        set_aside=aside,
        changes=change_rows(TOLD.empty()),
        people=len(aside),
        people_by_level={**dict.fromkeys(NAMES, 0), "data_problem": len(aside)},
        account=account,
        run=replace(report.run, account=account, previous_as_of=None),
        previous_people_by_level={},
    )


def people_rows(count: int) -> Sequence[tuple[Any, ...]]:
    """The handwritten people, worst first, and as many plain ones as are asked for."""
    units = ("Computer Science", "Arts & Lettres", "Engineering", "Graduate Studies")
    zones = ("America/Toronto", "America/Vancouver", "America/Winnipeg", "America/Halifax")
    plain = [
        (
            f"D{n:03d}",
            f"{GIVEN[n % len(GIVEN)]} {FAMILY[n % len(FAMILY)]}",
            units[n % 4],
            zones[n // 2 % 4],
            n % 3,
            14 + 5 * n % 160,
            ("medium", "low", "none", "low")[n % 4],
            ("same", "same", "new", "better")[n // 3 % 4],
            "month-left" if n % 4 == 0 else "on-time",
            round(0.4 * (n % 9), 2),
        )
        for n in range(max(0, count - len(PEOPLE)))
    ]
    second = [  # a second duty of two people
        ("A001", "Chloé Bélanger-Ñúñez", "Computer Science", EAST, 3, 20, "medium", "new", "month-left", 2.0),
        ("B004", "Nguyễn Thị Ánh", "Graduate Studies", "America/Halifax", 3, 40, "low", "same", "on-time", 0.0),
    ]  # fmt: skip
    return [*PEOPLE, *plain, *second]


def told(rows: Sequence[tuple[Any, ...]], language: str = "en") -> DataFrame:
    """TOLD rows, worst first, with the numbers that follow from the last day and the hours lost."""
    names = ["person_id", "full_name", "unit", "zone", "which", "in_days", "level", "change", "rule", "lost_hours"]
    frame = DataFrame(list(rows), columns=names)
    frame["closes_on"] = AS_OF.tz_localize(None).normalize() + pd.to_timedelta(frame["in_days"].astype(float), unit="D")
    frame["closes_at"] = (frame["closes_on"] + Timedelta(days=1)).dt.tz_localize("UTC")
    frame["over_on"], frame["over_at"] = frame["closes_on"], frame["closes_at"]
    frame["safe_by_at"] = frame["closes_on"].dt.tz_localize("UTC")
    frame["left_hours"] = (frame["closes_at"] - AS_OF) / Timedelta(hours=1)
    shut = (frame["rule"] == "door-shut").to_numpy()
    frame["last_safe_at"] = frame["closes_at"] - pd.to_timedelta(np.where(shut, 6, 0), unit="h")
    return TOLD.cast(_with_words(_with_hours(frame, shut), language))


def _with_hours(frame: DataFrame, shut: np.ndarray) -> DataFrame:
    left = frame["left_hours"].clip(lower=0)
    usable = (left - np.where(shut, 6.25, 0)).clip(lower=0)
    return frame.assign(
        left_days=np.floor(frame["left_hours"] / 24),
        usable_hours=usable,
        usable_hours_worst=np.where(shut, 0.0, usable),
        lost_72h=frame["lost_hours"].clip(upper=20.5),
        lost_24h=frame["lost_hours"].clip(upper=6.25),
        is_past=frame["left_hours"] <= 0,
        is_over=frame["left_hours"] <= 0,
        is_filed=frame["level"] == "none",
        disposition=np.select([frame["level"] == "none", frame["left_hours"] <= 0], ["in_time", "missed"], "open"),
        is_down=shut,
        is_down_confirmed=shut,
        covers_close=shut,
        is_weekend=frame["closes_on"].dt.day_of_week >= 5,
        is_unverified=frame["rule"] == "week-left",
        time_zone=frame["zone"],
    )


def _with_words(frame: DataFrame, language: str) -> DataFrame:
    french = language == "fr"
    deadlines = list(TITLES)
    clocks = [_clock(at, z, language) for at, z in zip(frame["closes_at"], frame["zone"], strict=True)]
    safe = [_clock(at, z, language) for at, z in zip(frame["last_safe_at"], frame["zone"], strict=True)]
    missing = "La date de fin du permis est vide." if french else "The expiry date of the permit is empty."
    lost = (
        "{} heures de dépôt perdues en raison d'une panne d'un service requis."
        if french
        else "{} hours of filing time lost to an outage of a needed service."
    )
    reasons = [
        missing if rule == "no-date" else lost.format(h)
        for rule, h in zip(frame["rule"], frame["lost_hours"], strict=True)
    ]
    action = (
        "Conserver l'avis de panne; confirmer le dossier auprès de la personne autorisée aujourd'hui."
        if french
        else "Keep the outage notice; confirm the file with the licensed contact today."
    )
    at_risk = frame["level"].isin(["critical", "high", "medium"])
    return frame.assign(
        contact_email="unit@example.org",
        population="student",
        permit_kind="study",
        deadline=frame["which"].map(deadlines.__getitem__),
        title=frame["which"].map(lambda n: TITLES[deadlines[n]][french]),
        closes_local=clocks,
        last_safe_local=safe,
        reason=reasons,
        action=np.where(at_risk, action, ""),
        cite="IRPR s. 217(1)(a)",
        link="https://laws-lois.justice.gc.ca/eng/regulations/sor-2002-227/section-217.html",
        also=np.where(frame["level"] == "critical", "lost-72h;weekend", ""),
        date_certainty="clear",
        outages=pd.cut(frame["lost_hours"], [-1, 0, 8, 999], labels=["", *RELIED_ON]).astype("str"),
        source_row=[f"students.xlsx!Fall 2026:{n + 2}" for n in range(len(frame))],
    ).sort_values(["level", "closes_at", "person_id"], key=_rank, ignore_index=True)  # fmt: skip


def _rank(column: pd.Series) -> pd.Series:
    return column.map(RANK) if column.name == "level" else column


def _clock(at: Timestamp, place: str, language: str) -> str:
    return "" if pd.isna(at) else clock(at, zone(place), language)


def outages() -> DataFrame:
    """Three outages: one over, one still going on and unverified, one announced."""
    first = (
        "2026-09-12-account",
        "ircc_secure_account",
        "2026-09-12T14:00Z",
        "2026-09-12T17:15Z",
        "unplanned",
        "official",
        "resolved",
    )
    second = (
        "2026-09-13-gckey",
        "gckey;ircc_secure_account",
        "2026-09-13T22:30Z",
        None,
        "unplanned",
        "user_report",
        "ongoing",
    )
    third = (
        "2026-09-19-portal",
        "ircc_portal",
        "2026-09-19T04:00Z",
        "2026-09-19T10:30Z",
        "planned",
        "official",
        "announced",
    )
    names = ["outage_id", "services", "began_at", "ended_at", "kind", "verification", "status"]
    frame = DataFrame([first, second, third], columns=names)
    instants = {name: pd.to_datetime(frame[name], utc=True) for name in ("began_at", "ended_at")}
    return OUTAGES.cast(
        frame.assign(
            **instants,
            announced_at=pd.to_datetime(frame["began_at"], utc=True) + Timedelta(minutes=20),
            source_url=["https://example.org/notice/1", "", "https://example.org/notice/3?a=1&b=2"],
            title=["Account unavailable", "Sign-in fails", "Maintenance"],
            note=["Restored at 13:15 Eastern.", "=1+1 as three people reported", "Planned, four a.m. UTC"],
            precision=["minute", "minute", "day"],
            source_row=[f"outages.csv:{n}" for n in (2, 3, 4)],
        )
    )  # fmt: skip


def evidence_rows(findings: DataFrame) -> DataFrame:
    """EVIDENCE: each finding beside the outages it names, an hour and a quarter each."""
    pairs = findings["outages"][findings["outages"] != ""].str.split(";").explode()
    known = outages().set_index("outage_id").loc[pairs]
    frame = DataFrame({"finding": pairs.index, "outage_id": pairs.to_list(), "began_at": known["began_at"].to_list()})
    ended = frame["began_at"] + Timedelta(minutes=75)
    return EVIDENCE.cast(
        frame.assign(ended_at=ended, hours=1.25, hours_72h=1.25, hours_24h=0.0, covers_close=frame.index % 2 == 0)
    )


def set_aside_rows(language: str = "en") -> DataFrame:
    """Nine rows set aside and one assessed with a doubt."""
    what = {
        "en": "'n/a' is not a date (use 2026-03-31 or 31/03/2026).",
        "fr": "« n/a » n'est pas une date (écrire 2026-03-31 ou 31/03/2026).",
    }[language]
    return SET_ASIDE.cast(
        DataFrame(
            {
                "source_row": [f"students.xlsx!Fall 2026:{n}" for n in range(60, 70)],
                "person_id": [f"E{n:03d}" for n in range(10)],
                "unit": ["Computer Science", "Engineering"] * 5,
                "contact_email": "unit@example.org",
                "cell": [f"Fall 2026!F{n}" for n in range(60, 70)],
                "value": ["n/a", "=1+1", "", "soon", "31/31/2026", "+1", "@x", "<b>", "32.13.2026", "n/a"],
                "what": what,
                "severity": ["error"] * 9 + ["warning"],
            }
        )
    )


def change_rows(findings: DataFrame) -> DataFrame:
    """CHANGES with title and full_name beside: what the findings call new, worse or better, and one person gone."""
    moved = findings[findings["change"].isin(["new", "worse", "better"]) & (findings["level"] != "none")]
    was = moved["change"].map({"new": "", "worse": "medium", "better": "critical"})
    earlier = moved["closes_at"].where(moved["change"] != "new")
    kept = moved[["change", "person_id", "deadline", "level", "closes_at", "title", "full_name"]]
    rows = kept.assign(was_level=was, was_closes_at=earlier)
    gone = moved.head(1)[["deadline", "title"]].assign(
        change="gone", person_id="Z009", full_name="Zoé Partie", level="", was_level="high", was_closes_at=AS_OF
    )
    both = pd.concat([rows, gone], ignore_index=True)
    return CHANGES.cast(both).assign(title=both["title"].astype("str"), full_name=both["full_name"].astype("str"))


def rule_rows(language: str = "en") -> DataFrame:
    """A few rules, one of them unverified."""
    french = language == "fr"
    deadlines = [
        ("deadline", key, pair[french], pair[french], "", "IRPR s. 217(1)(a)", "official")
        for key, pair in TITLES.items()
    ]
    door = "Service en panne, 7 jours ou moins" if french else "Service down with 7 days or less left"
    lost = "Heures perdues dans les 72 dernières heures" if french else "Hours lost in the last 72 hours"
    rest = [
        ("service", "gckey", SERVICES[language]["gckey"], SERVICES[language]["gckey"], "", "", "secondary"),
        ("risk", "door-shut", door, door, "critical", "IRPR 9.3(1)", "official"),
        ("risk", "lost-72h", lost, lost, "high", "", "unverified"),
    ]
    names = ["part", "id", "title", "says", "level", "cite", "confidence"]
    frame = DataFrame([*deadlines, *rest], columns=names)
    return RULES.cast(frame.assign(link="https://laws-lois.justice.gc.ca/", read_on="2026-08-20"))


def account_of(findings: DataFrame, set_aside: DataFrame, *, excluded: int) -> Account:
    """The row account that goes with these frames."""
    assessed = findings["person_id"].nunique()
    aside = int((set_aside["severity"] == "error").sum())
    by_rule: Mapping[str, int] = {"permanent resident": excluded - 2, "left": 2} if excluded else {}
    return Account(assessed + aside + excluded, assessed, aside, excluded, by_rule)
