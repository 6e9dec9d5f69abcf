"""A Postfix of its own on this machine, which delivers to maildirs: a mail server as offices have them."""

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
from mail_server import AUTHORITY

needs_postfix = pytest.mark.skipif(
    shutil.which("postfix") is None or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="REAL MAIL SERVER NOT TESTED: apt-get install postfix, and run as root",
)
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
virtual_mailbox_maps = inline:{{{boxes}}}
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


class Postfix:
    """Takes mail for these mailboxes of example.org on 127.0.0.1, and refuses any other."""

    shows_steps, steps = False, ()

    def __init__(self, *names):
        self.home = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.home.chmod(0o755)  # the server's own accounts walk through it
        for name in ("conf", "queue", "data", "box"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        shutil.chown(self.home / "box", 65534, 65534)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        certificate = AUTHORITY.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(str(self.home / "conf" / "key.pem"))
        chain = b"".join(part.bytes() for part in certificate.cert_chain_pems)
        (self.home / "conf" / "cert.pem").write_bytes(chain)
        boxes = ", ".join(f"{name}@example.org={name}/" for name in names)
        (self.home / "conf" / "main.cf").write_text(MAIN.format(home=self.home, boxes=boxes))
        (self.home / "conf" / "master.cf").write_text(MASTER.format(port=self.port))
        self.command = ["postfix", "-c", str(self.home / "conf")]

    def __enter__(self):
        subprocess.run([*self.command, "start"], check=True, capture_output=True, timeout=60)
        return self

    def __exit__(self, *_):
        subprocess.run([*self.command, "stop"], check=False, capture_output=True, timeout=60)
        shutil.rmtree(self.home, ignore_errors=True)

    def arrived(self, expected=0):
        """Each mail that lies in a mailbox, with the mailbox; waits for so many, and until the queue is empty."""
        until = time.monotonic() + 20
        while time.monotonic() < until and (len(self._files()) < expected or self._waiting()):
            time.sleep(0.1)
        return [(file.parents[1].name, message_from_bytes(file.read_bytes(), policy=default)) for file in self._files()]

    def _files(self):
        return sorted(self.home.glob("box/*/new/*"))

    def _waiting(self):
        queues = [self.home / "queue" / name for name in ("maildrop", "incoming", "active")]
        return [path for queue in queues for path in queue.rglob("*") if path.is_file()]
