"""A stand-in on this machine for what Microsoft and Google answer over https: tokens, and Graph's mail endpoints."""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from mail_server import AUTHORITY

HANG_UP = 0
TENANT = "example.org"


class WebServer(ThreadingHTTPServer):
    """Gives tokens (`t1`, `t2`, …) and takes mails. `token` is what it answers to whoever asks for one;

    `answers[step]` is a (code, headers), or a list of them used up one by one, where it shall not say yes. Steps: mail,
    draft, attach, session, piece, send, delete. `good` are the tokens it takes; all, if empty.
    """

    def __init__(self):
        self.token = (200, {})
        self.answers, self.asked, self.mails, self.forms, self.given = {}, [], [], [], 0
        self.good, self.attached, self.pieces, self.deleted = (), [], {}, []
        self.files, self.bearers = {}, []  # by the address that a browser shows; who asked for them
        super().__init__(("127.0.0.1", 0), Talk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join(5)
        self.server_close()

    def handle_error(self, request, client_address):
        """A test that does not trust us, or hangs up, is no fault of ours."""


class Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_GET(self):
        if "/shares/" in self.path or self.path.startswith("/file/"):
            return self.give_file()
        root = f"{self.server.url}/{TENANT}"
        found = {"issuer": root, "authorization_endpoint": f"{root}/authorize", "token_endpoint": f"{root}/token"}
        return self.say(200 if f"/{TENANT}/" in self.path else 400, found)

    def give_file(self):
        """As Graph does: it sends on to another host, where a token has no business."""
        self.server.bearers.append(self.headers["Authorization"])
        share = self.path.split("/")[-3 if "/shares/" in self.path else -1].removeprefix("u!")
        if "file" in self.server.answers:
            code, headers = self.server.answers["file"]
            return self.say(code, {}, headers)
        if "/shares/" in self.path:
            there = self.server.url.replace("localhost", "127.0.0.1")
            return self.say(302, {}, {"Location": f"{there}/file/{share}"})
        address = base64.urlsafe_b64decode(share + "=" * (-len(share) % 4)).decode()
        return self.say_bytes(200, self.server.files[address])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = urlsplit(self.path).path
        if path.endswith("/token"):
            return self.give_token(body)
        self.server.asked.append(path)
        step = {"sendMail": "mail", "messages": "draft", "createUploadSession": "session", "attachments": "attach"}
        name = step.get(path.rpartition("/")[2], "send")
        token = self.headers["Authorization"].removeprefix("Bearer ")
        if self.server.good and token not in self.server.good:
            return self.say(401, {"error": {"code": "InvalidAuthenticationToken"}})
        if name in ("mail", "draft"):
            self.server.mails.append((dict(self.headers), base64.b64decode(body)))
        elif name == "attach":
            self.server.attached.append(json.loads(body))
        elif name == "session":
            self.server.attached.append(json.loads(body)["AttachmentItem"])
        return self.answer(name)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert "Authorization" not in self.headers
        first, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")[::2]
        begin, end = (int(part) for part in first.split("-"))
        assert end - begin + 1 == len(body)
        file = self.server.pieces.setdefault(self.path, bytearray())
        is_last = end + 1 == int(total)
        if self.answer("piece", 201 if is_last else 200):
            assert len(file) == begin
            file += body

    def do_DELETE(self):
        self.server.deleted.append(urlsplit(self.path).path)
        self.answer("delete", 204)

    def answer(self, step, yes=None):
        told = self.server.answers.get(step)
        if isinstance(told, list):
            told = told.pop(0) if told else None
        if told is None:
            self.say(*self.yes(step, yes))
            return True
        code, headers = told
        if code == HANG_UP:
            self.close_connection = True
        else:
            self.say(code, {} if code == 202 else {"about": "lab@example.org"}, headers)
        return False

    def yes(self, step, code):
        if step == "session":
            return 201, {"uploadUrl": f"{self.server.url}/upload/{len(self.server.attached)}?sig=s3cret"}
        return {"mail": 202, "send": 202, "draft": 201, "attach": 201}.get(step, code), {"id": "AA=/bb"}

    def give_token(self, body):
        self.server.forms.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        code, found = self.server.token
        if code == 200:
            self.server.given += 1
            found = {"access_token": f"t{self.server.given}", "expires_in": 3600, "token_type": "Bearer"} | found
        self.say(code, found)

    def say(self, code, found, headers=()):
        self.say_bytes(code, b"" if code in (202, 204) else json.dumps(found).encode(), headers)

    def say_bytes(self, code, body, headers=()):
        self.send_response(code)
        for name, value in (dict(headers) | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
