"""Reasons and actions: the same facts in both languages, in the person's own time, and never advice."""

import re

import pandas as pd
import pytest
from makers import RULEBOOK, findings, outages, roster

from reporter.rules.load import SPOKEN, load_rulebook
from reporter.rules.manual import rules_frame
from reporter.rules.wording import tell

SHUTDOWN = {"services": "ircc_online", "began_at": "2018-09-10T07:31-04:00", "ended_at": "2018-09-10T18:10-04:00"}
PEOPLE = [
    {"person_id": "1", "permit_kind": "study", "permit_expires_on": pd.Timestamp("2018-09-10"), "full_name": "Ana Bel"},
    {"person_id": "2", "permit_kind": "work", "permit_expires_on": pd.Timestamp("2018-08-01"), "province": "BC"},
    {
        "person_id": "3",
        "letter_kind": "document_request",
        "letter_due_on": pd.Timestamp("2018-09-11"),
        "province": "NL",
    },
    {"person_id": "4", "permit_kind": "study"},
    {
        "person_id": "5",
        "permit_kind": "visitor",
        "permit_expires_on": pd.Timestamp("2018-10-01"),
        "time_zone": "Asia/Tokyo",
    },
]
ADVICE = re.compile(
    r"should apply|you must apply|apply for|is eligible|status (is|was) (kept|maintained)|guarante|illegal|deport"
    r"|devez demander|est admissible|statut (est|a été) conservé|garanti|illégal|expuls",
    re.I,
)


@pytest.fixture
def told():
    people = roster(PEOPLE)
    found = findings(people, outages([SHUTDOWN]), "2018-09-10T18:30-04:00")
    return {language: tell(found, people, RULEBOOK, language) for language in ("en", "fr")}


def numbers(text):
    """Every number of a text; 09:00 is `9 h` in French."""
    return [str(int(number)) for number in re.findall(r"\d+", text.replace("1er", "1").replace(":00 ", " "))]


def test_both_languages_carry_the_same_numbers(told):
    """Every date, hour and count of the English reason stands in the French one too."""
    for english, french in zip(told["en"]["reason"], told["fr"]["reason"], strict=True):
        assert sorted(numbers(english)) == sorted(numbers(french)), (english, french)


def test_french_keeps_its_typography(told):
    """French has a no-break space before the double signs, curly apostrophes, and no English zone names."""
    for text in (*told["fr"]["reason"], *told["fr"]["action"], *told["fr"]["closes_local"].dropna()):
        assert not re.search(r"[^\u00a0][:;!?](\s|$)|'| E[SD]T\b", text), text


def test_local_time_is_the_persons_own(told):
    """The cut-off is shown on the clock of the person's zone, province or office, with the local date."""
    clocks = dict(zip(told["en"]["person_id"], told["en"]["closes_local"], strict=True))

    assert "Sep\u00a010, 2018, 20:00 Ottawa\u00a0time" == clocks["1"]
    assert "Sep\u00a011, 2018, 21:30 St. John’s\u00a0time" == clocks["3"]
    assert "Oct\u00a02, 2018, 09:00 Tokyo\u00a0time" == clocks["5"]


def test_where_nothing_is_filed_only_the_date_is_told():
    """A trip has no cut-off on a clock, and no hour to file before."""
    people = roster([{"person_id": "1", "permit_kind": "study", "travel_on": pd.Timestamp("2018-09-20")}])
    found = findings(people, outages([SHUTDOWN]), "2018-09-10T18:30-04:00")
    told = tell(found, people, RULEBOOK, "en").set_index("deadline").loc["travel"]

    assert "Sep\u00a020, 2018" == told["closes_local"]
    assert pd.isna(told["last_safe_local"])


def test_no_sentence_advises():
    """No sentence of the rulebook says which application to make or that status was kept."""
    for language in ("en", "fr"):
        frame = rules_frame(RULEBOOK, language)
        texts = [*frame["title"], *frame["says"], *(risk.do.of(language) for risk in RULEBOOK.risks)]
        assert [] == [text for text in texts if ADVICE.search(text)]


def test_nothing_is_left_unfilled(told):
    """No reason or action keeps a placeholder, a missing value or an empty sentence."""
    for language in ("en", "fr"):
        for text in (*told[language]["reason"], *told[language]["action"]):
            assert text.strip()
            assert not re.search(r"[{}]|\bnan\b|NaT|\bNone\b(?!\.)", text), text


def test_unverified_values_are_labelled():
    """A rule read only in unverified sources says so in the Rules sheet."""
    frame = rules_frame(RULEBOOK, "en")
    doubtful = frame[frame["confidence"] == "unverified"]

    assert len(doubtful) > 0
    assert all(text.endswith("Unverified.") for text in doubtful["says"])


@pytest.mark.parametrize(("language", "nothing"), [("en", "no online service"), ("fr", "aucun service en ligne")])
def test_a_sentence_of_an_office_s_own_may_name_anything_of_any_duty(tmp_path, language, nothing):
    """Of a duty that has no such number, hour or service that is said; nothing stops the report."""
    kinds = ", ".join(f'"{one}"' for one in sorted({deadline.group for deadline in RULEBOOK.deadlines.values()}))
    every = " | ".join(f"{{{name}}}" for name in sorted(SPOKEN - {"relief"}))
    texts = f'say = {{ en = "{every}", fr = "{every}" }}\ndo = {{ en = "A.", fr = "B." }}\ncite = "M"\n'
    head = f'[risk.mine]\nlevel = "critical"\nwho = ["office"]\nwhen = {{ group = {{ is = [{kinds}] }} }}\n'
    (tmp_path / "own.toml").write_text(head + texts, "utf-8")
    book, people = load_rulebook(tmp_path / "own.toml"), roster(PEOPLE)
    found = findings(people, outages([SHUTDOWN]), "2018-09-10T18:30-04:00", rulebook=book)
    said = [text for text in tell(found, people, book, language)["reason"] if text.count(" | ") > 20]

    assert 4 < len(said)
    assert not [text for text in said if re.search(r"\bnan\b|NaT|None|\|  \|", text)]
    assert any(nothing in text for text in said)
