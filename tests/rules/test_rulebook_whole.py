"""The rulebook is whole: the judgements that were agreed on are there, and what fails with what is as told."""

from importlib.resources import files

import pytest
from makers import RULEBOOK

from reporter.engine.downtime import closure, information
from reporter.errors import RulebookError
from reporter.rules.load import load_rulebook
from reporter.rules.manual import rules_frame

AGREED = {
    "R01": ["restoration-running", "restoration-last-week"],
    "R02": ["restoration-over"],
    "R03": ["missed-while-down", "missed-after-a-lost-day"],
    "R04": ["missed", "program-window-closed", "letter-date-passed", "invitation-lapsed"],
    "R05": ["cut-off-covered", "cautious-hour-covered"],
    "R06": ["no-way-in"],
    "R07": ["last-day-with-outage"],
    "R08": ["last-day"],
    "R09": ["last-three-days-with-outage"],
    "R10": ["maintenance-in-last-three-days"],
    "R11": ["maintenance-in-the-month"],
    "R12": ["one-week", "one-month", "two-months", "four-months"],
    "R13": ["filed-and-pending"],
    "R14": ["filed-late"],
    "R15": ["second-after-a-refusal"],
    "R16": ["returned-after-the-end"],
    "R17": ["down-at-filing"],
    "R18": ["letter-due-in-a-week", "letter-due-in-two-days", "letter-due-and-down", "letter-due-in-two-weeks"],
    "R19": ["invitation-due", "invitation-with-outage"],
    "R20": ["upstream-down"],
    "R21": ["own-portal-down"],
    "R22": ["passport-ends-first", "passport-ends-first-soon", "passport-soon", "passport-within-half-a-year"],
    "R23": ["travel-near-the-end", "travel-while-pending", "visa-ends-before-travel"],
    "R24": ["start-after-the-end", "start-while-pending"],
    "R25": ["no-longer-enrolled"],
    "R27": [
        "document-ends-before-the-application",
        "document-ends-before-long",
        "document-over-before-the-application",
    ],
    "R28": ["information-service-down"],
    "R30": ["sign-in-may-be-down"],
    "R31": ["weekend-or-holiday"],
    "R32": ["no-end-recorded", "letter-without-a-date", "two-readings", "uncertain-date"],
    "R33": ["document-suspended"],
}
"""R26 is a deadline, R29 a limit and R34 a state: see the tests below."""
CASCADES = {  # what is down: what it takes along, and what it does not
    "gckey": (
        {"ircc_secure_account", "rep_portal", "employer_portal", "dli_portal", "iec"},
        {
            "ircc_portal",
            "ircc_portal_new",
            "pr_portal",
            "rep_pr_portal",
            "citizenship_online",
            "loa_portal",
            "eta_form",
        },
    ),
    "signin_partner": ({"ircc_secure_account", "rep_portal", "employer_portal", "dli_portal"}, {"pr_portal", "epay"}),
    "email_codes": ({"ircc_portal", "pr_portal", "loa_portal", "rep_pr_portal"}, {"ircc_secure_account", "dli_portal"}),
    "ircc_online": (
        {"ircc_secure_account", "pr_portal", "web_form", "epay", "employer_portal"},
        {"lmia_online", "vac"},
    ),
    "epay": (set(), {"ircc_secure_account", "employer_portal", "eta_form"}),
    "lmia_online": (set(), {"employer_portal", "ircc_secure_account"}),
    "status_tracker": (set(), {"ircc_secure_account", "pr_portal", "web_form"}),
    "chatbot": (set(), {"ircc_secure_account", "web_form"}),
    "call_centre": (set(), {"ircc_secure_account", "web_form"}),
}
ONLY_TELLS = ("status_tracker", "cas", "chatbot", "call_centre", "citizenship_tracker", "ircc_website")

KIND = """
[deadline.{key}]
title       = {{ en = "A kind of our own", fr = "Un genre à nous" }}
for_whom    = {{ en = "Some.", fr = "Certains." }}
group       = "{group}"
consequence = ["refusal"]
counts_from = "term_starts_on"
{more}

[[deadline.{key}.in_force]]
from       = 2015-01-01
last_day   = "on the day"
on_holiday = "stays"
cite       = "Office manual 9"
basis      = "office"
link       = "https://example.org/manual"
read_on    = 2026-08-20
"""
RISK = """
[risk.{id}]
level = "high"
who   = ["office"]
when  = {{ deadline = {{ is = "our-test" }}, is_past = {{ is = {past} }} }}
say   = {{ en = "Look.", fr = "Voir." }}
do    = {{ en = "Look.", fr = "Voir." }}
cite  = "Office manual 9"
"""


def test_every_agreed_judgement_is_there():
    """None of the judgements agreed on is missing from the rulebook of people or of the institution."""
    own = RULEBOOK.institution.risks if RULEBOOK.institution else ()
    known = {risk.id for risk in (*RULEBOOK.risks, *own)}

    assert {} == {key: gone for key, ids in AGREED.items() if (gone := set(ids) - known)}


def test_what_is_agreed_and_is_no_judgement_is_there_too():
    """The earlier end of a study permit is a deadline, the cap on rumours a limit, citizens a state."""
    assert RULEBOOK.deadlines["study-permit-after-completion"].ends_stay
    assert "high" == RULEBOOK.limits.unconfirmed_outage
    assert "none" == RULEBOOK.limits.unverified_rule
    assert "citizens-and-permanent-residents" in RULEBOOK.states


@pytest.mark.parametrize("down", list(CASCADES))
def test_what_fails_with_what(down):
    """A service that is down takes along those that need it, for somebody who signs in that way, and no others."""
    method = down if down in ("gckey", "signin_partner") else "gckey"
    hit = {name for name in RULEBOOK.services if down in closure([name], RULEBOOK.services, method)}
    with_it, without = CASCADES[down]

    assert set() == with_it - hit
    assert set() == without & hit


@pytest.mark.parametrize("service", ONLY_TELLS)
def test_a_service_that_only_tells_is_on_no_route(service):
    """No duty waits for a tracker, a chatbot or a telephone."""
    routes = [closure(d.route, RULEBOOK.services, "unknown") for d in RULEBOOK.deadlines.values()]

    assert service in information(RULEBOOK)
    assert not any(service in route for route in routes)


def test_only_what_needs_a_receipt_stops_with_the_payment():
    """Fees paid inside an application go on without the payment service."""
    assert ["restoration"] == [
        key for key, d in RULEBOOK.deadlines.items() if "epay" in closure(d.route, RULEBOOK.services, "gckey")
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_rules_sheet_tells_for_whom_and_what_follows(language):
    """Each deadline says who has it and what a missed day may bring."""
    frame = rules_frame(RULEBOOK, language).set_index("id")["says"]
    follows = {"en": "If missed:", "fr": "En cas de retard"}[language]

    assert [] == [
        key
        for key, deadline in RULEBOOK.deadlines.items()
        if deadline.for_whom.of(language) not in " ".join([*frame.loc[[key]]])
        or follows not in " ".join([*frame.loc[[key]]])
    ]


@pytest.mark.parametrize(
    ("was", "name", "place"),
    [
        ("duty.dli-correction", "duty.work-permit-renewal", "duties.toml: work-permit-renewal"),
        ('id    = "own-missed"', 'id    = "missed"', "duties.toml: risk missed"),
    ],
)
def test_a_name_is_of_people_or_of_the_institution(tmp_path, was, name, place):
    """A finding tells its kind and its judgement by name alone: one that stands for two is refused, with its place."""
    for file in files("reporter.rules").iterdir():
        if file.name.endswith(".toml"):
            (tmp_path / file.name).write_text(file.read_text("utf-8").replace(was, name), "utf-8")

    with pytest.raises(RulebookError) as error:
        load_rulebook(tmp_path)
    assert place == error.value.where


def loaded(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return load_rulebook(path)


@pytest.mark.parametrize(
    ("more", "missing"),
    [("", "due"), (RISK.format(id="near", past="false"), "past"), (RISK.format(id="gone", past="true"), "due")],
)
def test_a_kind_that_no_judgement_can_reach_is_refused(tmp_path, more, missing):
    """A document kind that is silent when due, or when past, is refused by the office's own file and key."""
    with pytest.raises(RulebookError, match=rf"own\.toml: deadline\.our-test: .*quiet = \['{missing}'\]"):
        loaded(tmp_path, KIND.format(key="our-test", group="document", more="") + more)


@pytest.mark.parametrize(
    ("group", "more", "risks"),
    [
        ("letter", "", ""),
        ("document", 'quiet = ["due", "past"]', ""),
        ("document", 'quiet = ["past"]', RISK.format(id="near", past="false")),
        ("document", "", RISK.format(id="near", past="false") + RISK.format(id="gone", past="true")),
    ],
)
def test_a_kind_that_speaks_or_says_that_it_is_quiet_is_read(tmp_path, group, more, risks):
    """A kind of a group with judgements, one with its own, and one that says when it is quiet are all read."""
    book = loaded(tmp_path, KIND.format(key="our-test", group=group, more=more) + risks)

    assert "our-test" in book.deadlines
