"""The chain behind a level, and what would change it: told from what was read, and proven by the engine."""

import made_runs
import pandas as pd
import pytest
from makers import RULEBOOK, findings
from pandas.testing import assert_frame_equal

from reporter.errors import RosterError
from reporter.model.levels import RANK
from reporter.model.shapes import OWN
from reporter.pipeline.assemble.inputs import read_inputs
from reporter.pipeline.questions.explain import Again, explain

AS_OF = made_runs.at()
HEADER = (*made_runs.HEADER, "Login")
PEOPLE = [
    ["P1", "Ana Invented", "Sales", "hr@example.org", "BC", "Work permit", "2026-09-15", "GCKey"],
    ["P2", "Ben Invented", "Sales", "hr@example.org", "ON", "Work permit", "2026-10-20"],
    ["P3", "Cam Invented", "Sales", "hr@example.org", "QC", "Study permit", "soon"],
    ["P4", "Dee Invented", "Sales", "hr@example.org", "AB", "Study permit", "2027-03-01"],
    ["P4", "Dee Invented", "Sales", "hr@example.org", "AB", "Study permit", "2026-03-01"],
]
DOWN = [
    {"services": "gckey", "began_at": "2026-09-08T12:00:00Z", "ended_at": "2026-09-08T15:30:00Z"},
    {"services": "ircc_secure_account", "began_at": "2026-09-15T22:00:00Z", "ended_at": "2026-09-16T02:00:00Z"},
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("explain")
    roster = made_runs.roster(home / "staff.csv", PEOPLE, HEADER)
    return made_runs.settings(home, [roster], [made_runs.outages(home / "down.json", DOWN)])


@pytest.fixture(scope="module")
def ana(settings):
    return explain(settings, AS_OF, "P1").parts[0]


@pytest.fixture(scope="module")
def inputs(settings):
    return read_inputs(settings, AS_OF)


def steps(part, what):
    return [step for step in part.steps if step.what == what]


def again_found(inputs, source_row, **filed):
    """The engine as the tests compose it, on the whole roster with one row changed; the level of that row's duty."""
    people, as_of = inputs.gathered.roster, filed.pop("as_of", AS_OF)
    record = filed.pop("record", inputs.gathered.record.outages)
    for name, value in filed.items():
        changed = people[name].astype("object").mask(people["source_row"] == source_row, value)
        people = people.assign(**{name: changed.astype(people[name].dtype)})
    found = findings(people, record, as_of, rulebook=RULEBOOK)
    row = found[(found["source_row"] == source_row) & (found["deadline"] == "work-permit-renewal")].iloc[0]
    return row["level"], row["rule"]


def test_the_chain_goes_from_the_cell_to_the_judgement(ana):
    """The kinds of step stand in the order in which a level comes about."""
    kinds = list(dict.fromkeys(step.what for step in ana.steps))

    assert ["cell", "date", "rule", "opens", "closes", "outage", "fact", "judgement"] == kinds


def test_the_first_step_is_the_cell_as_written(ana):
    """Its address is that of the spreadsheet, its text what stands there."""
    cell = ana.steps[0]

    assert ("staff.csv!G2", "“2026-09-15” under “Permit expiry”") == (cell.source, cell.value)


def test_the_rule_has_its_law(ana):
    """The version in force, with cite and link."""
    (rule,) = steps(ana, "rule")
    version = RULEBOOK.deadlines["work-permit-renewal"].in_force[0]

    assert (version.cite, version.link.en) == (rule.cite, rule.link)


def test_the_cut_off_is_told_in_utc_and_on_the_person_s_clock(ana):
    """Midnight UTC is the afternoon before in British Columbia, whose zone is told with its province."""
    (closes,) = steps(ana, "closes")

    assert "00:00 UTC" in closes.value
    assert "17:00" in closes.value
    assert "the zone of the province, BC). It is the first" in closes.value


def test_an_outage_tells_how_much_of_it_counts_and_why_it_bears_on_the_person(ana):
    """Two of the four hours lie before the cut-off; the sign-in is on the route because the roster names it."""
    sign_in, maintenance = (step.value.replace("\u00a0", " ") for step in steps(ana, "outage"))

    assert "3 h 30 min of it" in sign_in
    assert "which needs GCKey. The sign-in on record is GCKey." in sign_in
    assert "; 2 h of it" in maintenance


def test_the_judgement_that_decides_comes_first(ana):
    """It names the level and the facts that meet its conditions, and its law stands beside."""
    first = steps(ana, "judgement")[0]

    assert f"risks.toml: {ana.finding['rule']}" == first.source
    assert RULEBOOK.risk(ana.finding["rule"]).cite == first.cite
    assert "no filing is recorded" in first.value


def test_a_person_s_rows_alone_give_the_same_findings_as_the_whole_roster(inputs):
    """No duty of one person looks at another's rows."""
    whole = inputs.findings()
    for person in ("P1", "P2", "P4"):
        roster = inputs.gathered.roster
        alone = Again(inputs, roster[roster["person_id"] == person], OWN.empty()).as_it_is()
        same = whole[whole["person_id"] == person].reset_index(drop=True)

        assert_frame_equal(same.astype("object"), alone.astype("object"))


def test_each_answer_about_a_filing_is_the_engine_s(ana, inputs):
    """Run independently with that filing in the row, the level and the rule are the same."""
    told = [a for a in ana.otherwise if a.change.startswith("filed")]
    for answer in told:
        changed = {"application_filed_at": answer.at, "application_outcome": "pending", "as_of": max(AS_OF, answer.at)}

        assert again_found(inputs, ana.source_row, **changed) == (answer.level, answer.rule)
    assert ["low", "critical"] == [answer.level for answer in told]


def test_each_answer_about_an_outage_is_the_engine_s(ana, inputs):
    """Run independently on a record without it, the level and the rule are the same."""
    told = [a for a in ana.otherwise if a.change == "without"]
    record = inputs.gathered.record.outages
    for answer in told:
        rest = record[~record["outage_id"].isin(answer.outages)]

        assert again_found(inputs, ana.source_row, record=rest) == (answer.level, answer.rule)
    assert [("o0",), ("o1",), ("o0", "o1")] == [answer.outages for answer in told]


def test_a_level_that_will_rise_says_from_which_minute(settings, inputs):
    """At that minute the engine gives the worse level, and at every look before it does not."""
    ben = explain(settings, AS_OF, "P2").parts[0]
    (until,) = [a for a in ben.otherwise if a.change == "until"]
    rank = RANK[ben.finding["level"]]
    looks = [*pd.date_range(AS_OF, until.at, freq="240h", inclusive="left"), until.at - pd.Timedelta(minutes=1)]

    assert (until.level, until.rule) == again_found(inputs, ben.source_row, as_of=until.at)
    assert rank > RANK[until.level]
    assert all(RANK[again_found(inputs, ben.source_row, as_of=look)[0]] >= rank for look in looks)


def test_a_person_set_aside_hears_why_with_the_cell(settings):
    """The row is shown, and the problem with its address."""
    (part,) = explain(settings, AS_OF, "P3").parts

    assert {} == part.finding
    assert ["staff.csv!G4"] == [step.source for step in steps(part, "problem")]


def test_a_row_without_a_duty_of_its_own_is_shown(settings):
    """The older permit has no duty, and says so."""
    last = explain(settings, AS_OF, "P4").parts[-1]

    assert ("staff.csv!:6", True) == (last.source_row, bool(steps(last, "row")))


def test_an_unknown_person_is_an_error_that_names_nobody(settings):
    """Neither the id that was asked for nor anybody else's stands in the message."""
    with pytest.raises(RosterError) as caught:
        explain(settings, AS_OF, "P9")

    assert not [word for word in ("P9", "P1", "Invented") if word in str(caught.value)]


def test_where_nothing_is_filed_no_hour_and_no_filing_time_are_told(tmp_path):
    """A trip closes at no clock; the chain says so instead of an instant."""
    roster = made_runs.roster(
        tmp_path / "staff.csv",
        [["P1", "Ana Invented", "Sales", "hr@example.org", "BC", "Work permit", "2026-10-01", "2026-09-25"]],
        (*made_runs.HEADER, "Travel date"),
    )
    parts = explain(made_runs.settings(tmp_path, [roster], []), AS_OF, "P1").parts
    trip = next(part for part in parts if part.finding["deadline"] == "travel")
    (closes,) = steps(trip, "closes")

    assert "closes_on" == closes.source
    assert "UTC" not in closes.value
    assert "usable_hours" not in {step.source for step in steps(trip, "fact")}


def test_the_end_of_a_stay_is_told_by_both_readings(tmp_path):
    """The 89th day after completion and the 90th: the later one on a line of its own, under its own name."""
    header = (*made_runs.HEADER, "Completed on")
    row = ["P1", "Ana Invented", "Sales", "", "ON", "Study permit", "2027-08-31", "2026-04-30"]
    people = made_runs.roster(tmp_path / "staff.csv", [row], header)
    known = made_runs.settings(tmp_path, [people], language="fr")
    part = next(one for one in explain(known, AS_OF, "P1").parts if "restoration" in one.finding["deadline"])
    ends = {step.source: step.value.replace("\u00a0", " ") for step in steps(part, "date")}

    assert ("28", "29") == tuple(
        next(word for word in ends[name].replace(",", " ").split() if word.isdigit() and len(word) == 2)
        for name in ("stay_ends_on", "stay_over_on")
    )


def test_a_receipt_with_its_hour_settles_a_day_alone(tmp_path):
    """Filed by its day alone on the last day, the person is in doubt; the hour before the cut-off ends it."""
    header = (*made_runs.HEADER, "Application submitted")
    person = ["P1", "Ana Invented", "Sales", "hr@example.org", "ON", "Work permit", "2026-09-08", "2026-09-08"]
    roster = made_runs.roster(tmp_path / "staff.csv", [person], header)
    settings = made_runs.settings(tmp_path, [roster], [made_runs.outages(tmp_path / "down.json", [])])
    ana = next(p for p in explain(settings, AS_OF, "P1").parts if p.finding["deadline"] == "work-permit-renewal")
    told = {answer.change: answer.level for answer in ana.otherwise if answer.change.startswith("filed")}

    assert "filed-day-alone" == ana.finding["rule"]
    assert {"filed": "low", "filed_late": "critical"} == told


def test_a_reply_recorded_settles_a_letter(tmp_path):
    """The answer is put where the rule looks for it, and not among the applications."""
    header = (*made_runs.HEADER, "Letter kind", "Letter due on")
    letter = ["P1", "Ana Invented", "Sales", "hr@example.org", "ON", "", "", "document request", "2026-09-11"]
    roster = made_runs.roster(tmp_path / "staff.csv", [letter], header)
    settings = made_runs.settings(tmp_path, [roster], [made_runs.outages(tmp_path / "down.json", [])])
    ana = next(p for p in explain(settings, AS_OF, "P1").parts if p.finding["deadline"] == "document-request")
    (told,) = [answer for answer in ana.otherwise if answer.change == "filed"]

    assert ("high", "none") == (ana.finding["level"], told.level)
