"""A small IMAP server on this machine: one account, folders of mails, a password or a token, TLS from the first byte.

It says what RFC 3501 asks of LOGIN, AUTHENTICATE XOAUTH2, SELECT, EXAMINE, UID SEARCH, UID FETCH and LOGOUT, and keeps
every line it was told, so that a test can say what a client never asks for.
"""

import base64
import re
import socketserver
import ssl
import threading

from mail_server import AUTHORITY

USER, PASSWORD, TOKEN = "desk@example.org", "s3cret-word", "t1"


class ImapServer(socketserver.ThreadingTCPServer):
    """`folders[name]` are the mails by number (UID); `validity` is of all; at number `hang_up_at` it breaks off."""

    daemon_threads = True

    def __init__(self):
        self.folders, self.validity, self.hang_up_at = {"INBOX": {}}, 7, None
        self.heard = []
        super().__init__(("127.0.0.1", 0), Talk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert("localhost").configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join(5)
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that does not trust us is no fault of ours."""


class Talk(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self):
        self.mails = {}
        self.say("* OK ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.heard.append(line)
            tag, _, rest = line.partition(" ")
            words = rest.split(" ")
            name = " ".join(words[: 2 if words[0].upper() == "UID" else 1]).upper().replace(" ", "_")
            done = getattr(self, f"do_{name}", lambda rest: "BAD unknown")(rest)
            if done is None:
                return
            self.say(f"{tag} {done}")
            if name == "LOGOUT":
                return

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def do_CAPABILITY(self, _):
        self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        return "OK done"

    def do_LOGIN(self, rest):
        return "OK in" if rest.split(" ")[1:] == [f'"{USER}"', f'"{PASSWORD}"'] else f"NO {USER} may not"

    def do_AUTHENTICATE(self, _):
        self.say("+ ")
        given = base64.b64decode(self.rfile.readline()).decode()
        return "OK in" if given == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01" else "NO no"

    def do_EXAMINE(self, rest):
        folder = rest.split(" ", 1)[1].strip('"')
        if folder not in self.server.folders:
            return "NO no such folder"
        self.mails = self.server.folders[folder]
        self.say(f"* {len(self.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.validity}] valid")
        return "OK [READ-ONLY] done"

    def do_UID_SEARCH(self, rest):
        first = int(re.search(r"UID (\d+):\*", rest)[1])
        found = [number for number in self.mails if number >= first] or list(self.mails)[-1:]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return "OK done"

    def do_UID_FETCH(self, rest):
        numbers, part = re.fullmatch(r"UID FETCH ([\d,]+) \((.*)\)", rest, re.IGNORECASE).groups()
        for place, number in enumerate(map(int, numbers.split(",")), 1):
            whole = self.mails[number]
            if "HEADER" not in part and number == self.server.hang_up_at:
                return None
            content = whole.partition(b"\n\n")[0] + b"\n\n" if "HEADER" in part else whole
            self.say(f"* {place} FETCH (UID {number} BODY[] {{{len(content)}}}")
            self.wfile.write(content)
            self.say(" FLAGS ())")
        return "OK done"

    def do_LOGOUT(self, _):
        self.say("* BYE")
        return "OK bye"


def settings_text(server, home, **more):
    """`[mailbox]` for that server, with the password in a file of the office's."""
    AUTHORITY.cert_pem.write_to_path(home / "ca.pem")
    (home / "word.txt").write_text(PASSWORD, "utf-8")
    said = {
        "host": "localhost",
        "port": server.server_address[1],
        "user": USER,
        "ca_file": "ca.pem",
        "password_file": "word.txt",
        **more,
    }
    lines = [f"{key} = {value!r}" for key, value in said.items()]
    return "\n".join(["[mailbox]", *lines, ""])
