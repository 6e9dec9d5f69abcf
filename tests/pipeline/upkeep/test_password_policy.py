"""Which servers take passwords, and until when."""

from datetime import date

import pytest

from reporter.pipeline.upkeep.doctor import FACTS, basic_auth
from reporter.text.catalogue import words


@pytest.mark.parametrize(
    ("host", "day", "said"),
    [
        ("smtp.office365.com", date(2026, 12, 31), "microsoft_before"),
        ("SMTP.Office365.com.", date(2027, 1, 1), "microsoft_after"),
        ("smtp-mail.outlook.com", date(2027, 1, 1), "microsoft_after"),
        ("smtp-hve.office365.com", date(2028, 9, 30), "microsoft_volume"),
        ("smtp-hve.office365.com", date(2028, 10, 1), "microsoft_volume_over"),
        ("smtp.gmail.com", date(2026, 1, 1), "google"),
    ],
)
def test_a_server_is_known_by_its_name_and_the_day(host, day, said):
    """On the last day the old sentence still holds; the next day it does not."""
    assert said == basic_auth(host).said_on(day)


@pytest.mark.parametrize("host", ["mail.example.org", "smtp.notgmail.com", "office365.com.example.org", ""])
def test_of_other_servers_nothing_is_said(host):
    """Also of those whose names only look alike."""
    assert basic_auth(host) is None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_fact_has_its_sentence(language):
    """Before and after its day."""
    known = words("doctor", language)

    assert [] == [key for fact in FACTS for key in (fact.before, fact.after) if key and key not in known]
