"""An office's own rules: laid over those that ship, refused when wrong, and always told."""

from pathlib import Path

import pytest
from makers import RULEBOOK, findings, one, outages, roster

from reporter.errors import RulebookError
from reporter.resources import samples
from reporter.rules.load import load_rulebook
from reporter.rules.manual import rules_frame

SAMPLE = samples() / "own-rules.toml"
CHANGED = '[risk.one-month]\nwhen = { left_days = { at_least = 8, at_most = 45 } }\ncite = "Manual 4.2"\n'
DAY_40 = [{"person_id": "P1", "permit_kind": "work", "permit_expires_on": "2026-10-19"}]


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


OFF = 'off = { en = "No.", fr = "Non." }\ncite = "M 1"\n'
WRONG = [
    ('[risk.one-month]\nlevel = "low"\n', "office.toml: risk.one-month", "missing `cite`"),
    ('[risk.one-month]\nlevle = "low"\ncite = "M"\n', "office.toml: risk.one-month", "levle"),
    ('[risk.one-month]\nsay = { en = "Soon." }\ncite = "M"\n', "office.toml: risk.one-month", "missing `fr`"),
    ('[risk.missed]\nwhen = { left = { is = true } }\ncite = "M"\n', "office.toml: risk.missed", "'left' is not"),
    ('[risk.our-own]\nlevel = "low"\n', "office.toml: risk.our-own", "missing"),
    ('[deadline.travel]\nroute = ["nowhere"]\ncite = "M"\n', "office.toml: deadline.travel", "'nowhere'"),
    ('[deadline.travel]\ntitle = { en = "Trip" }\ncite = "M"\n', "office.toml: deadline.travel", "missing `fr`"),
    ("[duty.travel]\n", "office.toml: duty", "unknown table"),
    (f"[risk.nobody-knows]\n{OFF}", "office.toml: risk.nobody-knows", "no such rule"),
    ('[risk.four-months]\noff = { en = "No." }\ncite = "M"\n', "office.toml: risk.four-months", "both languages"),
    ('[risk.four-months]\noff = { en = "No.", fr = "Non." }\n', "office.toml: risk.four-months", "missing `cite`"),
    (f"[risk.nothing-near]\n{OFF}", "office.toml", "no judgement is left that always holds"),
    ("[risk.one-month\n", "office.toml", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "what"), WRONG)
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
