"""The card of one person: each of its answers is the engine's, on the same rows with one thing changed."""

from pathlib import Path

import made_runs
import msgspec
import pytest
from pandas import DataFrame, NaT, Timedelta

from reporter.cli.terminal import rows_filled
from reporter.pipeline.assemble.inputs import read_for_question
from reporter.pipeline.questions.explain import cards_of, counterfactuals, read_person
from reporter.report.card import also_line, change_lines, duty_lines, fitted, since_line, surety_line
from reporter.report.mail.rows import AskedAt
from reporter.report.trace import Counterfactual, TraceContext
from reporter.rules.wording import tell
from reporter.settings import load_settings
from reporter.text.catalogue import words

HEADER = (*made_runs.HEADER, "Login")
PEOPLE = [
    ["P1", "Ana Invented", "Sales", "hr@example.org", "ON", "Work permit", "2026-09-15", "GCKey"],
    ["P2", "Ben Invented", "Sales", "hr@example.org", "ON", "Work permit", "2026-09-12", ""],
    ["P3", "Cam Invented", "Sales", "hr@example.org", "QC", "Study permit", "soon"],
    ["P4", "Dee Invented", "Sales", "hr@example.org", "ON", "Work permit", "10/09/2026"],
    ["P5", "Eva Invented", "Sales", "hr@example.org", "ON", "Work permit", ""],
]
DOWN = [
    {"services": "gckey", "began_at": "2026-09-15T12:00:00Z", "ended_at": "2026-09-16T15:30:00Z",
     "verification": "user_report"},
]  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("card")
    roster = made_runs.roster(home / "staff.csv", PEOPLE, HEADER)
    return made_runs.settings(home, [roster], [made_runs.outages(home / "down.json", DOWN)])


def card(settings, person):
    return cards_of(settings, made_runs.at(), person).cards[0]


LINES = [
    ("Until", "file before Tuesday, Sep 15"),
    ("Why", "The account is down at St. John’s time. A second reason of some length stands here. A third one too."),
    ("Do", "the office: Tell the person today."),
    ("Since", "Sep 2, 2026"),
    ("If", "filed by then: Low"),
]


def height(lines):
    return rows_filled(lines, 40)


def test_what_is_short_goes_on_beside_the_line_before_and_only_then_do_reasons_give_way():
    """Whole while there is room; then joined, nothing lost; at last the last reasons go, and it is marked."""
    whole, joined, cut, bare = (fitted([LINES], room, height, "en") for room in (9, 8, 6, 4))
    told = "Why: The account is down at St. John’s time."

    assert LINES == whole
    assert (8, True) == (height(joined), all(label in f"{joined}" and text in f"{joined}" for label, text in LINES))
    assert (6, True, False) == (height(cut), told.removeprefix("Why: ") in f"{cut}", "third" in f"{cut}")
    assert (True, False) == ("Tell the person today." in f"{bare}", "reason" in f"{bare}")


def answers(one):
    return {change.change: change.level for change in one.changes}


def test_an_outage_that_is_confirmed_raises_the_level(settings):
    """It is held to High while only users report it; the other sign-in is not touched by it."""
    ana = card(settings, "P1")

    assert ("high", "critical") == (ana.finding["level"], answers(ana)["confirmed"])
    assert answers(ana)["signin_partner"] != "critical"
    assert "gckey" not in answers(ana)


def test_a_filing_is_answered_as_the_chain_answers_it(settings):
    """Two forms of one question do not contradict each other."""
    ana, found = card(settings, "P1"), read_person(settings, made_runs.at(), "P1", None)
    chain = next(one for one in counterfactuals(found.again, ana.finding) if one.change == "filed")

    assert chain in ana.changes


def test_where_the_sign_in_is_not_recorded_each_is_answered(settings):
    """Neither is said to be theirs."""
    assert {"gckey", "signin_partner"} <= set(answers(card(settings, "P2")))


def test_a_date_read_the_other_way_is_judged_by_itself(settings):
    """October 9 is a month away: its level is not that of September 10."""
    dee = card(settings, "P4")

    assert dee.finding["other_on"].month == 10
    assert answers(dee)["other_date"] in ("medium", "low", "high")


def test_a_row_set_aside_says_which_cell_and_how_bad_it_could_be(settings):
    """A date that cannot be read may be one that has passed."""
    cam = card(settings, "P3")

    assert ("critical", "G4") == (cam.worst, cam.problems[0].cell)


def test_a_date_that_is_missing_could_be_as_bad(settings):
    """The row is assessed, and its level is that it cannot be."""
    eva = card(settings, "P5")

    assert ("data_problem", "critical") == (eva.finding["level"], eva.worst)


SAMPLES = Path(__file__).parents[3] / "samples" / "reporter.toml"
TOLD = [(f"faculte-des-sciences-{n}a2b3c4d", made_runs.at()) for n in range(4)]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """What the samples and a roster of every way a duty can end are judged to be, each kind of sentence once."""
    known = load_settings(SAMPLES)
    office = msgspec.structs.replace(known, store=f"sqlite:///{tmp_path_factory.mktemp('store')}/reporter.db")
    inputs = read_for_question(office, made_runs.at())
    findings = inputs.findings()
    said = findings[["rule", "also", "disposition", "date_certainty"]].astype("str").agg("|".join, axis=1)
    return inputs, findings[~said.duplicated()].reset_index(drop=True)


def cards_at_worst(inputs, findings, language):
    """Both versions of each card with every answer there can be, three readers told and more, and two duties beside."""
    rulebook, people = inputs.rulebook.whole, inputs.gathered.roster
    told = tell(findings, people, rulebook, language)
    spoken = told.assign(relief="", **{name: findings[name] for name in findings if name not in told})
    at = AskedAt(inputs.as_of, "America/Toronto", language)
    for row in spoken.to_dict("records"):
        field = rulebook.deadlines[row["deadline"]].counts_from or "permit_expires_on"
        cell = {"source_row": row["source_row"], "field": field, "address": "AB1234", "said": "2026-09-15"}
        known = TraceContext(
            rulebook=rulebook, cells=DataFrame([cell | {"on": row["counted_on"]}]), people=people, stay=DataFrame(),
            outages=inputs.gathered.record.outages, standing={}, as_of=inputs.as_of, language=language,
        )  # fmt: skip
        before = row["closes_at"] if row["is_past"] else row["last_safe_at"]
        answers = [("filed", "low", before - Timedelta(minutes=1)), ("confirmed", "critical", None)]
        ways = {"gckey": "high", "signin_partner": "medium"} if not row["is_past"] else {}
        answers += [(way, level, None) for way, level in ways.items() if way != row["sign_in_method"]]
        changes = [Counterfactual(*one[:2], "", at=one[2], outages=("a", "b")) for one in answers if one[2] is not NaT]
        yield [
            [*duty_lines(row, known, at), surety_line(row, ("a",), known, has_record=True, is_brief=brief),
             since_line((made_runs.at(), 12), None, TOLD, at, is_brief=brief),
             *also_line([row, row, row], known, is_brief=brief), *change_lines(changes, row, known, at, is_brief=brief)]
            for brief in (False, True)
        ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_whatever_is_judged_fits_in_twelve_lines_and_always_says_why(samples, language):
    """Ten beside the heading and the closing line, at 80 columns."""
    w = words("card", language)
    for versions in cards_at_worst(*samples, language):
        lines = dict(versions[0])
        card = fitted(versions, 10, lambda tried: rows_filled(tried, 80), language)
        text = " ".join(f"{label} {said}" for label, said in card)

        assert rows_filled(card, 80) <= 10, text
        assert " ".join(lines[w["why"]].split(" ")[:4]) in text
        assert lines[w["do"]] in text
