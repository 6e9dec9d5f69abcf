"""The whole way to a mailbox: a run, a Postfix of its own on this machine, and the files it delivers."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from made_runs import at, roster, settings
from mail_server import AUTHORITY

from reporter.errors import Exit
from reporter.pipeline import run as pipeline
from reporter.settings import MailSettings

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        shutil.which("postfix") is None or not hasattr(os, "geteuid") or os.geteuid() != 0,
        reason="REAL MAIL SERVER NOT TESTED: apt-get install postfix, and run as root",
    ),
]
PEOPLE = [
    ("01", "Ana Invented", "Lab", "lab@example.org", "Ontario", "Work permit", "2026-09-15"),
    ("02", "Bo Invented", "Ops", "ops@example.org", "Ontario", "Work permit", "2026-09-18"),
    ("03", "Cy Invented", "Far", "far@elsewhere.example", "Ontario", "Work permit", "2026-09-18"),
]
MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {home}/box
virtual_mailbox_maps = inline:{{lab@example.org=lab/, ops@example.org=ops/}}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
smtpd_tls_cert_file = {home}/conf/cert.pem
smtpd_tls_key_file = {home}/conf/key.pem
smtpd_tls_security_level = encrypt
smtpd_recipient_restrictions = reject_unauth_destination
maillog_file = {home}/data/log
maillog_file_prefixes = {home}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def postfix():
    """A Postfix with a folder of its own: its port and the folder of its mailboxes."""
    home = Path(tempfile.mkdtemp(prefix="postfix-"))
    home.chmod(0o755)  # the server's own accounts walk through it
    for name in ("conf", "queue", "data", "box"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "box", 65534, 65534)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    certificate = AUTHORITY.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(home / "conf" / "key.pem"))
    (home / "conf" / "cert.pem").write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    (home / "conf" / "main.cf").write_text(MAIN.format(home=home))
    (home / "conf" / "master.cf").write_text(MASTER.format(port=port))
    command = ["postfix", "-c", str(home / "conf")]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=60)
    yield port, home / "box"
    subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=60)
    shutil.rmtree(home, ignore_errors=True)


def arrived(box, expected):
    """The mails in the mailboxes, by mailbox; waits until there are so many, since a queue takes its time."""
    for _ in range(100):
        files = sorted(box.glob("*/new/*"))
        if len(files) >= expected:
            break
        time.sleep(0.1)
    return {file.parents[1].name: message_from_bytes(file.read_bytes(), policy=default) for file in files}, len(files)


def test_each_mailbox_has_its_digest_once(tmp_path, postfix):
    """Two runs leave one mail in each box, whole and in its thread; who is refused is told, and spoils nothing."""
    port, box = postfix
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mail = MailSettings(
        allow=("example.org",),
        first_time_limit=9,
        transport="smtp",
        host="localhost",
        port=port,
        ca_file="ca.pem",
        reply_to="desk@example.org",
    )
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", PEOPLE)], sender="reports@example.org", mail=mail)
    outcomes = [pipeline.run(known, at(), clock=at) for _ in range(2)]
    boxes, count = arrived(box, 2)
    (refused,) = outcomes[1].round.outstanding

    assert ({"lab", "ops"}, 2) == (set(boxes), count)
    assert [Exit.NOT_DELIVERED] * 2 == [outcome.exit_code for outcome in outcomes]
    assert ("refused", "far") == (refused.state, refused.slug.split("-")[0])
    assert ("desk@example.org", "auto-generated") == (boxes["lab"]["Reply-To"], boxes["lab"]["Auto-Submitted"])
    assert {".xlsx", ".ics"} == {Path(part.get_filename()).suffix for part in boxes["lab"].iter_attachments()}
