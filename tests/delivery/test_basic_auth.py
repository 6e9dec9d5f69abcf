"""delivery/basic_auth.py: which servers take passwords, and until when."""

import pytest

from reporter.delivery.basic_auth import basic_auth


@pytest.mark.parametrize(
    ("host", "provider"),
    [("smtp.office365.com", "Microsoft 365"), ("SMTP.Gmail.com.", "Google"), ("mail.example.org", None)],
)
def test_a_server_is_known_by_its_name(host, provider):
    """In any case; of others nothing is said."""
    fact = basic_auth(host)

    assert provider == (fact and fact.provider)
