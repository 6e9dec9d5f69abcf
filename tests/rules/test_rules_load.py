"""A rulebook that is wrong stops the program and names the file and the key."""

import datetime as dt
import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from holidays import country_holidays
from makers import RULEBOOK, findings, instant, one, outages, roster

from reporter.engine.closing import carried_over, closing_instant, days_off, move
from reporter.errors import RulebookError
from reporter.model.rulebook import link_for
from reporter.resources import samples
from reporter.rules.load import (
    FILES,
    FIRST_YEAR,
    LAST_YEAR,
    federal_holidays,
    legal_holidays,
    load_rulebook,
    service_names,
    unread_entries,
)
from reporter.rules.manual import rules_frame
from reporter.text.formats import fold_name

CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "derived" / "counting.toml").read_text("utf-8"))["case"]

SAMPLE = samples() / "own-rules.toml"
CHANGED = '[risk.one-month]\nwhen = { left_days = { at_least = 8, at_most = 45 } }\ncite = "Manual 4.2"\n'
DAY_40 = [{"person_id": "P1", "permit_kind": "work", "permit_expires_on": "2026-10-19"}]


@pytest.fixture
def home(tmp_path):
    for name in FILES:
        shutil.copy(str(files("reporter.rules") / name), tmp_path / name)
    return tmp_path


def change(home: Path, name: str, old: str, new: str) -> Path:
    text = (home / name).read_text("utf-8")
    assert old in text
    (home / name).write_text(text.replace(old, new, 1), "utf-8")
    return home


# fmt: off
WRONG = [
    ("deadlines.toml", 'cite       = "IRPR 217(1)(a), 183(5)"', "", "deadlines.toml: study-permit-renewal", "`cite` is missing here"),
    ("deadlines.toml", '"120 days before"', '"3 months before"', "study-permit-renewal.in_force[0]", "'3 months before' is not"),
    ("deadlines.toml", 'on_holiday = "stays"\n', "", "study-permit-renewal", "`on_holiday` is missing here"),
    ("deadlines.toml", 'on_holiday = "stays"', 'on_holiday = "moves"', "study-permit-renewal", "moves"),
    ("deadlines.toml", 'group       = "status"', 'grupe = "status"', "study-permit-renewal", "grupe"),
    ("deadlines.toml", 'group       = "status"', 'group = "statsu"', "deadlines.toml", "statsu"),
    ("deadlines.toml", '"status_loss", "study_stop"', '"status_lost"', "study-permit-renewal", "consequence: 'status_lost' is not known here; did you mean status_loss?"),
    ("deadlines.toml", 'permit_kind = ["study"]', 'permit_kind = ["studdy"]', "study-permit-renewal", "applies.permit_kind: 'studdy' is not known here; did you mean study?"),
    ("deadlines.toml", '"extension", "study", "pgwp"', '"extensoin"', "study-permit-renewal", "answered_by: 'extensoin' is not known here; did you mean extension?"),
    ("deadlines.toml", 'usual_kind  = "extension"', 'usual_kind = "extensoin"', "study-permit-renewal", "usual_kind: 'extensoin'"),
    ("deadlines.toml", 'basis      = "regulation"', 'basis = "law"', "study-permit-renewal.in_force[0]", "basis: 'law' is not known here; allowed are document, "),
    ("deadlines.toml", '["ircc_secure_account"]', '["ircc_acount"]', "study-permit-renewal", "'ircc_acount', which is not in services.toml"),
    ("deadlines.toml", '"permit_expires_on"', '"permit_expiry"', "study-permit-renewal", "'permit_expiry' is not a date"),
    ("deadlines.toml", 'filed_by    = "application_filed_at"', "has_filing = false", "study-permit-renewal", "a route says where"),
    ("deadlines.toml", "2002-06-28", '"soon"', "study-permit-renewal", "date"),
    ("deadlines.toml", "[study-permit-renewal]", "[study-permit-renewal]\n[study-permit-renewal]", "deadlines.toml", "[study-permit-renewal] is there twice"),
    ("services.toml", 'needs    = ["ircc_online"]', 'needs    = ["nobody"]', "services.toml: ircc_secure_account", "'nobody'"),
    ("risks.toml", 'was_down_at_close = { is = true }', 'was_down = { is = true }', "missed-while-down", "'was_down' is not a fact"),
    ("risks.toml", "lost_24h_share = { at_least = 0.5 }", "lost_24h_share = { is = true }", "missed-after-a-lost-day", "does not fit"),
    ("risks.toml", "{closes_on}", "{closes_on.__class__}", "no-longer-enrolled", "is not known here"),
    ("risks.toml", "{closes_on}", "{full_name}", "no-longer-enrolled", "{full_name} is not known here"),
    ("risks.toml", 'level = "critical"', 'level = "low"', "missed-after-a-lost-day", "worst first"),
    ("risks.toml", 'id    = "missed-after-a-lost-day"', 'id    = "missed-while-down"', "missed-while-down", "stands twice"),
    ("risks.toml", 'is = ["status", "program", "restoration", "letter", "invitation"]', 'is = ["statsu"]', "missed-while-down", "'statsu'"),
    ("risks.toml", 'disposition = { is = "refused" }', 'disposition = { is = "refusd" }', "", "when.disposition: 'refusd' is not known here; did you mean refused?"),
    ("risks.toml", 'application_outcome = { is = "returned" }', 'application_outcome = { is = "sent back" }', "returned-after-the-end", "when.application_outcome: 'sent back'"),
]
# fmt: on


@pytest.mark.parametrize(("name", "old", "new", "where", "what"), WRONG)
def test_what_is_wrong_is_refused_with_file_and_key(home, name, old, new, where, what):
    """A typo in a rule is a load error that says where it stands and what is allowed."""
    with pytest.raises(RulebookError) as caught:
        load_rulebook(change(home, name, old, new))

    assert where in str(caught.value)
    assert what in str(caught.value)


def test_versions_stand_in_order(home):
    """Two versions of one deadline from the same day are refused."""
    text = (home / "deadlines.toml").read_text("utf-8")
    block = text[text.index("[[restoration.in_force]]") : text.index("[document-request]")]
    (home / "deadlines.toml").write_text(text + "\n" + block, "utf-8")

    with pytest.raises(RulebookError, match=r"restoration\.in_force\[1\]: versions stand in order"):
        load_rulebook(home)


def test_a_missing_file_is_named(home):
    """A rulebook without one of its files says which."""
    (home / "services.toml").unlink()

    with pytest.raises(RulebookError, match=r"services\.toml: cannot be read"):
        load_rulebook(home)


def test_every_citation_is_there_and_dated():
    """Each version cites and links the law, and says when somebody last read it."""
    versions = [version for deadline in RULEBOOK.deadlines.values() for version in deadline.in_force]

    assert all(v.cite and v.link.en.startswith("https://") and v.read_on > dt.date(2026, 1, 1) for v in versions)


def test_a_french_reader_is_sent_to_french_pages():
    """No link of the French rulebook leads to a page in English, and none of the English one to French."""
    entries = [*RULEBOOK.whole.deadlines.values(), *RULEBOOK.states.values()]
    versions = [version for entry in entries for version in entry.in_force]

    assert not [v.cite for v in versions if re.search(r"/(en|eng|english)/", link_for(v, "fr"))]
    assert not [v.cite for v in versions if re.search(r"/(fr|fra|francais)/", link_for(v, "en"))]


def test_no_two_services_share_a_name():
    """Every alias names one service, so that an outage is never booked on the wrong one."""
    pairs = [
        (fold_name(name), key)
        for key, service in RULEBOOK.services.items()
        for name in {fold_name(n) for n in (key, service.title.en, service.title.fr, *service.aliases)}
    ]

    assert len(pairs) == len(dict(pairs)) == len(service_names(RULEBOOK))


def test_the_law_read_a_year_ago_is_to_be_read_again():
    """The deadlines nobody has read for a year are named."""
    assert [] == unread_entries(RULEBOOK, dt.date(2027, 6, 10))
    assert "post-graduation-work-permit" in unread_entries(RULEBOOK, dt.date(2027, 6, 11))


def test_the_digest_of_the_rulebook_follows_its_text(home):
    """Two rulebooks that differ by a word have different digests."""
    before = load_rulebook(home).sha256

    assert before != load_rulebook(change(home, "risks.toml", "no filing is recorded", "nothing is recorded")).sha256


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_counting(case):
    """The last day, the first instant too late, and the mark of a day off are those of the table."""
    on = pd.Series([pd.Timestamp(case["on"])]).astype("datetime64[us]")
    day = move(on, case["span"])

    assert [pd.Timestamp(case["day"])] == day.to_list(), case["name"]
    assert [instant(case["late"].isoformat())] == closing_instant(day, "utc").to_list(), case["name"]
    assert [case.get("off", False)] == days_off(day, federal_holidays()).to_list(), case["name"]


def test_the_federal_holidays_are_those_of_the_library():
    """Day by day; docs/make_federal_days.py writes them anew."""
    days = country_holidays("CA", categories=("government",), years=range(FIRST_YEAR, LAST_YEAR + 1))

    assert sorted(days) == federal_holidays().date.tolist()


def test_only_the_court_carries_a_day_over():
    """Every version of every duty stays on its day, save those of the Federal Court."""
    carried = {
        key
        for key, deadline in RULEBOOK.deadlines.items()
        for version in deadline.in_force
        if version.on_holiday == "carried over"
    }

    assert {"federal-court", "federal-court-abroad"} == carried


@pytest.mark.parametrize(
    ("on", "day"),
    [
        ("2026-09-11", "2026-09-11"),  # a Friday
        ("2026-09-12", "2026-09-14"),
        ("2026-09-05", "2026-09-08"),  # the Saturday before Labour Day
        ("2026-04-03", "2026-04-07"),  # Good Friday and Easter Monday
        ("2026-12-26", "2026-12-28"),  # Boxing Day is no holiday of the Act, but a Saturday
        ("2029-07-01", "2029-07-03"),  # Canada Day on a Sunday is kept on the Monday
        ("2020-09-30", "2020-09-30"),
        ("2021-09-30", "2021-10-01"),  # a holiday since that year
    ],
)
def test_a_day_is_carried_over_to_the_next_that_is_none(on, day):
    """Saturdays, Sundays and the holidays of the Interpretation Act are passed over, and nothing else."""
    moved = carried_over(pd.Series([pd.Timestamp(on)]).astype("datetime64[us]"), pd.DatetimeIndex(legal_holidays()))

    assert [pd.Timestamp(day)] == moved.to_list()


def own(folder: Path, text: str):
    path = folder / "office.toml"
    path.write_text(text, "utf-8")
    return load_rulebook(path)


def level(book):
    return one(findings(roster(DAY_40), outages([]), "2026-09-09T13:00:00Z", rulebook=book), "work-permit-renewal")[
        "level"
    ]


def test_a_threshold_of_the_office_decides(tmp_path):
    """Forty days before the end the judgement that ships says medium, the office's says high."""
    assert ("medium", "high") == (level(RULEBOOK), level(own(tmp_path, CHANGED)))


def test_the_other_tests_and_words_of_a_changed_rule_stay(tmp_path):
    """Only the key that was given is another."""
    was, now = RULEBOOK.risk("one-month"), own(tmp_path, CHANGED).risk("one-month")

    assert (was.say, was.when["group"], was.when["is_filed"]) == (now.say, now.when["group"], now.when["is_filed"])


def test_the_law_stays_beside_the_office_s_cite(tmp_path):
    """A change does not take the source away."""
    assert f"{RULEBOOK.risk('one-month').cite}; Manual 4.2" == own(tmp_path, CHANGED).risk("one-month").cite


def test_what_was_and_what_is_are_told(tmp_path):
    """The rules' sheet and command show the old and the new value, and the authority."""
    frame = rules_frame(own(tmp_path, CHANGED), "en").set_index("id")

    assert (
        "Changed by this office (office.toml): when.left_days: at_least = 8, at_most = 30 → at_least = 8, at_most = 45."
        " On the authority of: Manual 4.2." == frame.loc["one-month", "own"]
    )


def test_a_rule_as_it_ships_has_nothing_beside_it():
    """Without own rules the column is empty."""
    assert {""} == set(rules_frame(RULEBOOK, "fr")["own"].fillna(""))


def test_a_version_from_another_day_is_added_in_its_place(tmp_path):
    """What the law said before stays; a new version needs its own cite."""
    text = (
        '[deadline.travel]\ncite = "Manual 9"\n[[deadline.travel.in_force]]\nfrom = 2027-01-01\n'
        'opens = "60 days before"\non_holiday = "stays"\ncite = "Manual 9.1"\nbasis = "office"\n'
        'link = "https://example.org"\nread_on = 2026-09-01\n'
    )
    versions = own(tmp_path, text).deadlines["travel"].in_force

    assert ["30 days before", "60 days before"] == [version.opens for version in versions]
    assert "Manual 9.1" == versions[-1].cite


def test_a_rule_switched_off_is_told_with_the_reason(tmp_path):
    """It judges nobody, and stands in the list of rules all the same."""
    book = own(
        tmp_path, '[risk.four-months]\noff = { en = "We do it ourselves.", fr = "Par nos soins." }\ncite = "M 2"\n'
    )
    row = rules_frame(book, "fr").set_index("id").loc["four-months"]

    assert "four-months" not in {risk.id for risk in book.risks}
    assert "Désactivée. Par nos soins." == row["says"]


def test_an_own_judgement_goes_before_those_of_its_level():
    """The sample's own judgement stands first among the high ones."""
    high = [risk.id for risk in load_rulebook(SAMPLE).risks if risk.level == "high"]

    assert "half-of-the-last-three-days-lost" == high[0]


def test_the_digest_of_the_rules_covers_the_office_s_own(tmp_path):
    """A report can be traced to the very text that judged it."""
    digests = {RULEBOOK.sha256, own(tmp_path, CHANGED).sha256, own(tmp_path, CHANGED + "\n").sha256}

    assert 3 == len(digests)


def test_a_folder_of_own_files_is_laid_over_in_the_order_of_their_names(tmp_path):
    """A later file goes before an earlier one."""
    (tmp_path / "a.toml").write_text(CHANGED, "utf-8")
    (tmp_path / "b.toml").write_text(CHANGED.replace("45", "50"), "utf-8")

    assert 50 == load_rulebook(tmp_path).risk("one-month").when["left_days"].at_most


def version(*lines):
    """A change of the version of one kind of duty."""
    return "\n".join(["[deadline.travel]", "cite = 'M'", "[[deadline.travel.in_force]]", "from = '2002-06-28'", *lines])


OFF = 'off = { en = "No.", fr = "Non." }\ncite = "M 1"\n'
WRONG_OVERLAYS = [
    ('[risk.one-month]\nlevel = "low"\n', "office.toml: risk.one-month", "missing `cite`"),
    ('[risk.one-month]\nlevle = "low"\ncite = "M"\n', "office.toml: risk.one-month.levle", "line 2, unknown key; did you mean level?"),
    ('[risk.one-month]\nsay = { en = "Soon." }\ncite = "M"\n', "office.toml: risk.one-month.say", "`fr` is missing here"),
    ('[risk.missed]\nwhen = { left = { is = true } }\ncite = "M"\n', "office.toml: risk.missed", "'left' is not"),
    ('[risk.our-own]\nlevel = "low"\n', "office.toml: risk.our-own: line 1", "missing"),
    ('[deadline.travel]\nroute = ["nowhere"]\ncite = "M"\n', "office.toml: deadline.travel", "'nowhere'"),
    ('[deadline.travel]\ntitle = { en = "Trip" }\ncite = "M"\n', "office.toml: deadline.travel.title", "`fr` is missing here"),
    ("[duty.travel]\n", "office.toml: duty", "unknown table"),
    (f"[risk.nobody-knows]\n{OFF}", "office.toml: risk.nobody-knows", "no such rule"),
    ('[risk.four-months]\noff = { en = "No." }\ncite = "M"\n', "office.toml: risk.four-months", "both languages"),
    ('[risk.four-months]\noff = { en = "No.", fr = "Non." }\n', "office.toml: risk.four-months", "missing `cite`"),
    (f"[risk.nothing-near]\n{OFF}", "office.toml: risk.nothing-near", "no judgement is left that always holds"),
    ("[risk.one-month\n", "office.toml: line 1 is not TOML", "[risk.one-month"),
    ("deadline = 3\n", "office.toml: deadline", "write [deadline.NAME]"),
    ("[[risk]]\n", "office.toml: risk", "write [risk.NAME]"),
    ("limits = 3\n", "office.toml: limits", "write [limits]"),
    ("[limits]\nconfirmed = ['pres']\ncite = 'M'\n", "office.toml: limits", "did you mean press?"),
    ("[risk.one-mnth]\nsay = { en = 'A', fr = 'B' }\ncite = 'M'\n", "office.toml: risk.one-mnth", "mean one-month?"),
    ("[risk.missed]\nid = 'other'\ncite = 'M'\n", "office.toml: risk.missed", "take `id` out"),
    ("[risk.missed]\nsay = { en = '{over_on', fr = 'B' }\ncite = 'M'\n", "office.toml: risk.missed", "a brace is not"),
    ("[risk.missed]\nsay = { en = '{past:>9}', fr = 'B' }\ncite = 'M'\n", "office.toml: risk.missed", "stands alone"),
    ("[risk.missed]\nsay = { en = 'A', fr = ' ' }\ncite = 'M'\n", "office.toml: risk.missed", "say.fr is empty"),
    ("[risk.missed]\nwhen = { past_days = { at_least = 2, at_most = 1 } }\ncite = 'M'\n", "office.toml", "never hold"),
    ("[risk.missed]\nwhen = { best_verification = { is = 'oficial' } }\ncite = 'M'\n", "office.toml", "mean official?"),
    ("[risk.four-months]\nwhen = { left_days = { at_least = 9, at_most = 20 } }\ncite = 'M'\n", "office.toml", "one-month"),
    ("[deadline.travel]\ntitle = 'Trip'\ncite = 'M'\n", "office.toml: deadline.travel.title: line 2", "both languages"),
    ("[deadline.travel]\ncite = 'M'\nin_force = ['a']\n", "office.toml: deadline.travel.in_force[0]", "needs a table"),
    ("[deadline.travel]\ncite = 'M'\n[deadline.travel.in_force]\n", "office.toml", "[[deadline.travel.in_force]]"),
    (version("last_day = '5 days before'", "opens = 'on the day'"), "office.toml: deadline.travel", "opens: 'on the day'"),
    (version("last_day = '999999 days after'"), "office.toml: deadline.travel.in_force[0]", "beyond a hundred years"),
    (version("link = 'nowhere'"), "office.toml: deadline.travel.in_force[0]", "begins with https://"),
    (version("read_on = 2026-02-30"), "office.toml: line 5", "there is no such day"),
    (f"[service.gckey]\n{OFF}", "office.toml: service.gckey", "cannot be switched off: ircc_secure_account"),
    ("[service.gckey]\nneeds = ['ircc_secure_account']\ncite = 'M'\n", "office.toml: service.gckey", "on itself"),
    ("[service.epay]\naliases = ['GCKey']\ncite = 'M'\n", "office.toml: service.epay", "a name of gckey already"),
    ("[service.'a;b']\ntitle = { en = 'A', fr = 'A' }\n", 'office.toml: service."a;b"', "letters, digits"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "what"), WRONG_OVERLAYS)
def test_what_is_wrong_is_refused_with_the_office_s_file_and_key(tmp_path, text, where, what):
    """A slip in the office's file is never an idle rule."""
    with pytest.raises(RulebookError) as caught:
        own(tmp_path, text)

    assert str(caught.value).startswith(where)
    assert what in str(caught.value)


def test_a_deadline_that_judgements_name_can_be_switched_off(tmp_path):
    """Those judgements then hold for nobody, and the rest of the rulebook stays."""
    book = own(tmp_path, f"[deadline.passport-expiry]\n{OFF}")

    assert set(RULEBOOK.deadlines) - {"passport-expiry"} == set(book.deadlines)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sample_shows_each_kind_of_change(language):
    """One threshold, one own judgement, one title and one rule switched off."""
    frame = rules_frame(load_rulebook(SAMPLE), language)
    told = set(frame.loc[frame["own"].fillna("") != "", "id"])

    assert {"one-month", "half-of-the-last-three-days-lost", "work-permit-renewal", "four-months"} == told
