"""A rulebook that is wrong stops the program and names the file and the key."""

import datetime as dt
import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from makers import RULEBOOK

from reporter.errors import RulebookError
from reporter.model.rulebook import link_for
from reporter.rules.load import FILES, load_rulebook, service_names, unread_entries
from reporter.text.folding import fold_name


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
    ("deadlines.toml", 'cite       = "IRPR 217(1)(a), 183(5)"', "", "deadlines.toml: study-permit-renewal", "missing `cite`"),
    ("deadlines.toml", '"120 days before"', '"3 months before"', "study-permit-renewal.in_force[0]", "'3 months before' is not"),
    ("deadlines.toml", 'on_holiday = "stays"\n', "", "study-permit-renewal", "missing `on_holiday`"),
    ("deadlines.toml", 'on_holiday = "stays"', 'on_holiday = "moves"', "study-permit-renewal", "moves"),
    ("deadlines.toml", 'group       = "status"', 'grupe = "status"', "study-permit-renewal", "grupe"),
    ("deadlines.toml", '["ircc_secure_account"]', '["ircc_acount"]', "study-permit-renewal", "'ircc_acount', which is not in services.toml"),
    ("deadlines.toml", '"permit_expires_on"', '"permit_expiry"', "study-permit-renewal", "'permit_expiry' is not a date"),
    ("deadlines.toml", 'filed_by    = "application_filed_at"', "has_filing = false", "study-permit-renewal", "a route says where"),
    ("deadlines.toml", "2002-06-28", '"soon"', "study-permit-renewal", "date"),
    ("deadlines.toml", "[study-permit-renewal]", "[study-permit-renewal]\n[study-permit-renewal]", "deadlines.toml", "is not TOML"),
    ("services.toml", 'needs    = ["ircc_online"]', 'needs    = ["nobody"]', "services.toml: ircc_secure_account", "'nobody'"),
    ("risks.toml", 'was_down_at_close = { is = true }', 'was_down = { is = true }', "missed-while-down", "'was_down' is not a fact"),
    ("risks.toml", "lost_24h_share = { at_least = 0.5 }", "lost_24h_share = { is = true }", "missed-after-a-lost-day", "does not fit"),
    ("risks.toml", "{closes_on}", "{closes_on.__class__}", "no-longer-enrolled", "is not one of"),
    ("risks.toml", "{closes_on}", "{full_name}", "no-longer-enrolled", "{full_name} is not one of"),
    ("risks.toml", 'level = "critical"', 'level = "low"', "missed-after-a-lost-day", "worst first"),
    ("risks.toml", 'id    = "missed-after-a-lost-day"', 'id    = "missed-while-down"', "missed-while-down", "stands twice"),
    ("risks.toml", 'is = ["status", "program", "restoration", "letter", "invitation"]', 'is = ["statsu"]', "missed-while-down", "'statsu'"),
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
