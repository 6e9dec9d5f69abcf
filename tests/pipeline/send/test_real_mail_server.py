"""The whole way to a mailbox: a run, a Postfix of its own on this machine, and the files it delivers."""

from pathlib import Path

import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY
from postfix_server import Postfix, needs_postfix

from reporter.errors import Exit
from reporter.pipeline.run import run as pipeline
from reporter.settings import MailSettings

pytestmark = [pytest.mark.enable_socket, needs_postfix]
PEOPLE = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
    ("03", "Cy Invented", "Far", "far@elsewhere.example", "Ontario", "Work permit", "2026-09-18"),
]


@pytest.fixture
def postfix():
    """A Postfix with two mailboxes."""
    with Postfix("lab", "ops") as server:
        yield server


def test_each_mailbox_has_its_digest_once(tmp_path, postfix):
    """Two runs leave one mail in each box, whole and in its thread; who is refused is told, and spoils nothing."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mail = MailSettings(
        allow=("example.org",),
        first_time_limit=9,
        transport="smtp",
        host="localhost",
        port=postfix.port,
        ca_file="ca.pem",
        reply_to="desk@example.org",
    )
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", PEOPLE)], sender="reports@example.org", mail=mail)
    outcomes = [pipeline.run(known, at(), clock=at) for _ in range(2)]
    mails = postfix.arrived(2)
    boxes, count = dict(mails), len(mails)
    (refused,) = outcomes[1].round.outstanding

    assert ({"lab", "ops"}, 2) == (set(boxes), count)
    assert [Exit.NOT_DELIVERED] * 2 == [outcome.exit_code for outcome in outcomes]
    assert ("refused", "far") == (refused.state, refused.slug.split("-")[0])
    assert ("desk@example.org", "auto-generated") == (boxes["lab"]["Reply-To"], boxes["lab"]["Auto-Submitted"])
    assert {".xlsx", ".ics"} == {Path(part.get_filename()).suffix for part in boxes["lab"].iter_attachments()}
