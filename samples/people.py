"""Who is in the sample rosters: invented people, most with years left, a few with a story.

A story is what the demo is to show: a permit that ends under an evening maintenance window, a filing that was
in time by the kitchen clock and late by UTC. Everybody else is drawn at random and needs nothing for months.
Values are dates or text under the names of the roster's fields; how a cell writes them is the sheets' affair.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

Person = dict[str, Any]

SEED = 20260909
TODAY = date(2026, 9, 9)  # the demo's as_of is nine in the morning, Ottawa time
FINE_FROM, FINE_TO = 135, 1_080  # days from TODAY in which nothing is due for a while
PROVINCES = ("ON",) * 9 + ("QC",) * 3 + ("BC",) * 3 + ("AB",) * 2 + ("NS", "MB", "SK", "NL")
DEPARTMENTS = {
    "Assembly": "hr.plant@example.org",
    "Logistics": "hr.plant@example.org",
    "Field service": "hr.field@example.org",
    "Software": "hr.research@example.org",
    "Mechatronics": "hr.research@example.org",
    "Finance": "hr.corporate@example.org",
    "Sales": "hr.corporate@example.org",
}
FACULTIES = {
    "Faculté des sciences": "international.sciences@example.ca",
    "Faculté des arts et des lettres": "international.lettres@example.ca",
    "Faculté de génie": "international.genie@example.ca",
    "Faculté des sciences de la santé": "international.sante@example.ca",
    "École de gestion": "international.gestion@example.ca",
}

# The invented evening window of 15 September covers the instant at which permits of that day close.
WORKER_STORIES: tuple[Person, ...] = (
    {"permit_expires_on": date(2026, 9, 8)},  # ended yesterday, nothing filed: restoration is running
    {"permit_expires_on": date(2026, 9, 15), "sign_in_method": "GCKey"},
    {"permit_expires_on": date(2026, 8, 28), "application_filed_at": "2026-08-28 20:30", "province": "ON"},  # 00:30 UTC
    {"permit_expires_on": date(2026, 9, 9)},
    {"permit_expires_on": date(2026, 9, 10), "sign_in_method": "GCKey"},
    {"permit_expires_on": date(2026, 9, 21)},
    {"permit_expires_on": date(2026, 9, 29), "sign_in_method": "Sign-In Partner"},
    {"permit_expires_on": date(2026, 10, 6)},
    {"permit_expires_on": date(2026, 12, 18), "job_starts_on": date(2027, 1, 4)},  # starts after the permit
    {"permit_expires_on": date(2026, 10, 20), "must_leave_by_on": date(2026, 12, 31)},  # two dates on one permit
    {"permit_expires_on": date(2028, 3, 31), "passport_expires_on": date(2027, 7, 2)},  # the passport ends first
    {"permit_expires_on": date(2027, 11, 30), "passport_expires_on": date(2027, 1, 29)},
    {"permit_expires_on": date(2026, 11, 27), "travel_on": date(2026, 11, 20)},
    {
        "permit_expires_on": date(2027, 8, 13),
        "letter_kind": "Biometrics instruction letter",
        "letter_due_on": date(2026, 9, 21),
    },
    {"permit_expires_on": date(2026, 11, 2), "permit_kind": "PGWP", "passport_expires_on": date(2026, 11, 2)},
    *({"permit_expires_on": TODAY + timedelta(days=days)} for days in (33, 36, 41, 47, 51, 55, 58)),
    *({"permit_expires_on": TODAY + timedelta(days=days)} for days in range(62, 120, 4)),
    {
        "permit_expires_on": date(2026, 8, 31),
        "application_filed_at": "2026-07-22 10:12",
        "application_outcome": "Pending",
    },
    {
        "permit_expires_on": date(2026, 9, 8),
        "application_filed_at": "2026-06-09 02:40",
        "application_outcome": "Pending",
    },
    {
        "permit_expires_on": date(2026, 7, 31),
        "application_filed_at": "2026-07-31 19:47",
        "application_outcome": "Pending",
    },
    {
        "permit_expires_on": date(2026, 9, 18),
        "application_filed_at": "2026-08-03 14:05",
        "application_outcome": "Pending",
    },
    {
        "permit_expires_on": date(2026, 10, 2),
        "application_filed_at": "2026-09-01 09:31",
        "application_outcome": "Pending",
    },
    {
        "permit_expires_on": date(2028, 8, 31),
        "application_filed_at": "2026-06-30 16:20",
        "application_outcome": "Approved",
    },
    {"permit_kind": "PR", "permit_expires_on": None, "permit_number": None, "permit_issued_on": None},
    {"permit_kind": "Citizen", "permit_expires_on": None, "permit_number": None, "permit_issued_on": None},
)
STUDENT_STORIES: tuple[Person, ...] = (
    {"permit_expires_on": date(2026, 9, 15), "sign_in_method": "CléGC"},
    {"permit_expires_on": date(2026, 8, 20)},  # three weeks into restoration
    {"permit_expires_on": date(2027, 6, 30), "letter_kind": "Demande de documents", "letter_due_on": date(2026, 9, 11)},
    {"permit_expires_on": date(2026, 9, 9), "sign_in_method": "CléGC"},
    {"permit_expires_on": date(2026, 9, 10)},
    {
        "permit_expires_on": date(2027, 2, 28),
        "completed_on": date(2026, 6, 19),
        "enrolment_status": "Diplômé",
    },  # + 90 d
    {"permit_expires_on": date(2026, 12, 31), "completed_on": date(2026, 8, 14), "enrolment_status": "Diplômée"},
    {"permit_expires_on": date(2026, 9, 30)},
    {"permit_expires_on": date(2026, 10, 5)},
    {"permit_expires_on": date(2026, 12, 30), "term_starts_on": date(2027, 1, 11)},  # the term starts without a permit
    {
        "permit_expires_on": date(2027, 8, 31),
        "letter_kind": "Lettre d’équité procédurale",
        "letter_due_on": date(2026, 9, 16),
    },
    {"permit_expires_on": date(2027, 5, 31), "letter_kind": "Données biométriques", "letter_due_on": date(2026, 9, 22)},
    {"permit_expires_on": date(2028, 5, 31), "passport_expires_on": date(2027, 9, 14)},
    {"permit_expires_on": date(2026, 11, 6), "caq_expires_on": date(2026, 10, 15)},
    *({"permit_expires_on": TODAY + timedelta(days=days)} for days in (32, 38, 44, 46, 50, 53, 56, 59)),
    *({"permit_expires_on": TODAY + timedelta(days=days)} for days in range(61, 120, 3)),
    {"permit_expires_on": date(2026, 8, 31), "application_filed_at": "2026-07-15 11:32"},
    {"permit_expires_on": date(2026, 8, 31), "application_filed_at": "2026-08-20 14:05"},
    {"permit_expires_on": date(2026, 9, 12), "application_filed_at": "2026-08-28 21:15"},
    {"permit_expires_on": date(2026, 9, 8), "application_filed_at": "2026-08-11 08:49"},
    {"permit_expires_on": date(2026, 9, 30), "application_filed_at": "2026-08-31 17:58"},
)


# What somebody typed where a date or a key should be; text stands in the cell as it is here.
WORKER_FAULTS: tuple[Person, ...] = (
    {"permit_expires_on": "31/02/2026"},
    {"permit_expires_on": "#REF!"},
    {"permit_expires_on": "TBD"},
    {"permit_expires_on": "In process"},
    {"permit_expires_on": None},
    {"person_id": None},
    {"contact_email": None},
)
STUDENT_FAULTS: tuple[Person, ...] = (
    {"permit_expires_on": "30/02/2027"},
    {"permit_expires_on": "à venir"},
    {"permit_expires_on": "en traitement"},
    {"permit_expires_on": "#N/A"},
    {"permit_expires_on": None},
    {"permit_expires_on": date(1926, 8, 31)},  # a century off
    {"person_id": None},
    {"contact_email": "international.genie"},
)


def workers(count: int = 262) -> list[Person]:
    """The employer's people, in the order of their numbers."""
    rng = Random(SEED)
    names = _names(rng)
    stories = _spread(rng, (*WORKER_STORIES, *WORKER_FAULTS), count)
    return [_worker(rng, next(names), f"E{20117 + 13 * row}", story) for row, story in enumerate(stories)]


def students(count: int = 321, *, seed: int = SEED + 1, stories: Sequence[Person] | None = None) -> list[Person]:
    """The university's people, in the order of their numbers; one of them holds two permits, in two rows."""
    rng = Random(seed)
    names = _names(rng)
    told = _spread(rng, (*STUDENT_STORIES, *STUDENT_FAULTS) if stories is None else stories, count - 1)
    first_number = 412_873 + 31_000 * (seed - SEED - 1)
    people = [_student(rng, next(names), f"{first_number + 29 * row:08d}", story) for row, story in enumerate(told)]
    first = next(person for person in people[20:] if person["permit_number"] and person["person_id"])
    second = {**first, "permit_kind": "Permis de travail", "permit_number": _permit_number(rng, "U")}
    return [copy for person in people for copy in ([person, second] if person is first else [person])]


def _worker(rng: Random, name: tuple[str, str], number: str, story: Person) -> Person:
    unit = rng.choice(tuple(DEPARTMENTS))
    expires_on = _expiry(rng, story)
    person = {
        "person_id": number,
        "full_name": " ".join(filter(None, name)),
        "unit": unit,
        "contact_email": DEPARTMENTS[unit],
        "province": rng.choice(PROVINCES),
        "permit_kind": rng.choice(("Work permit",) * 6 + ("Open work permit", "PGWP")),
        "permit_number": _permit_number(rng, "U"),
        "permit_issued_on": _issued(rng, expires_on),
        "permit_expires_on": expires_on,
        "sign_in_method": rng.choice(("GCKey",) * 5 + ("Sign-In Partner",) * 3 + ("unknown", None)),
        "passport_expires_on": _passport(rng, expires_on),
        "job_starts_on": _weekday(TODAY - timedelta(days=rng.randrange(90, 2_000))) if rng.random() < 0.6 else None,
    }
    return person | story


def _student(rng: Random, name: tuple[str, str], number: str, story: Person) -> Person:
    faculty = rng.choice(tuple(FACULTIES))
    expires_on = _expiry(rng, story)
    has_filed = "application_filed_at" in story
    is_fine = not story
    person = {
        "person_id": number,
        "given_names": name[0] or None,
        "family_name": name[1] or name[0],
        "unit": faculty,
        "contact_email": FACULTIES[faculty],
        "permit_kind": "Permis d'études",
        "permit_number": _permit_number(rng, "S"),
        "permit_expires_on": expires_on,
        "caq_expires_on": (expires_on + timedelta(days=730 * has_filed)) if rng.random() < 0.9 else None,
        "passport_expires_on": _passport(rng, expires_on),
        "enrolment_status": rng.choice(("Inscrit", "Inscrite")) if rng.random() < 0.95 or story else "Congé autorisé",
        "term_starts_on": date(2027, 1, 11)
        if is_fine and expires_on > date(2027, 6, 1) and rng.random() < 0.5
        else None,
        "sign_in_method": rng.choice(("CléGC",) * 5 + ("Partenaire de connexion",) * 2 + (None,)),
    }
    return person | story


def _expiry(rng: Random, story: Person) -> date:
    """The day of the story, else a day on which nothing is due for months; study permits often end in August."""
    on = story.get("permit_expires_on")
    if isinstance(on, date) and on > date(2000, 1, 1):
        return on
    drawn = TODAY + timedelta(days=rng.randrange(FINE_FROM, FINE_TO))
    return date(drawn.year, 8, 31) if rng.random() < 0.2 and drawn.month > 2 and drawn.year > TODAY.year else drawn


def _issued(rng: Random, expires_on: date) -> date:
    """A permit of one, two or three years, never issued in the future."""
    lengths = [days for days in (364, 729, 1_094) if expires_on - timedelta(days=days) < TODAY]
    return expires_on - timedelta(days=rng.choice(lengths))


def _passport(rng: Random, expires_on: date) -> date:
    return max(expires_on, TODAY) + timedelta(days=rng.randrange(240, 2_600))


def _weekday(on: date) -> date:
    return on - timedelta(days=max(0, on.weekday() - 4))


def _permit_number(rng: Random, prefix: str) -> str:
    return f"{prefix}{rng.randrange(10**8, 10**9)}"


def _spread(rng: Random, stories: Sequence[Person], count: int) -> list[Person]:
    """The stories among people without one, in no order."""
    told = [*stories, *({} for _ in range(count - len(stories)))]
    rng.shuffle(told)
    return told


def _names(rng: Random) -> Iterator[tuple[str, str]]:
    """Given and family names without end, none twice; one word or another script has no family name."""
    origins = tomllib.loads((Path(__file__).parent / "names.toml").read_text("utf-8"))["origin"]
    weights = [origin["weight"] for origin in origins]
    seen: set[tuple[str, str]] = set()
    while True:
        origin = rng.choices(origins, weights)[0]
        whole = origin.get("whole")
        name = (rng.choice(whole), "") if whole else (rng.choice(origin["given"]), rng.choice(origin["family"]))
        if name not in seen:
            seen.add(name)
            yield name
