"""Mail by SMTP, phase by phase: connect, ehlo, starttls, login, mail, rcpt, data, body, dot.

A connection that drops after the last dot is not one that drops before it: only then can the mail have arrived. So
each phase is taken by itself, and the caller is told just before the dot. The way to the server is encrypted and its
certificate checked, always; only a server on this machine may be spoken to in the clear.
"""

import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from reporter.delivery.policy import TAKEN, TalkError, answered, broken_talk
from reporter.delivery.secrets import Tokens
from reporter.model.mail import Envelope, HandOver, Outcome

log = logging.getLogger(__name__)
Security = Literal["starttls", "tls", "none"]
LINE_END = re.compile(rb"\r\n|\r|\n")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
PHASE_SECONDS = 60.0
DOT_SECONDS = 600.0
CLOSING = 421
KEEPS = ("size", "mail", "rcpt", "data", "dot")
"""Phases after whose answer the same connection may be used for the next mail."""


@dataclass(frozen=True)
class Server:
    """A mail server and how to speak to it. `password` is never shown."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None  # instead of a password
    ca_file: str | None = None
    hello: str = "localhost"
    phase_seconds: float = PHASE_SECONDS
    dot_seconds: float = DOT_SECONDS
    largest: int = 0  # bytes of the largest mail that will be sent


class SmtpTransport:
    """One server, one connection kept open from mail to mail, one recipient a mail."""

    name = "smtp"

    def __init__(self, server: Server) -> None:
        self.server = server
        self._talk: _Talk | None = None

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Hand one mail to the server; `on_handover` is called between the mail's last line and the dot.

        Raises: what `on_handover` raises; the dot is not sent then, and the server forgets the mail.
        """
        was_open = self._talk is not None
        outcome = self._once(content, envelope, on_handover)
        if was_open and outcome.phase == "mail" and (outcome.why == "dropped" or outcome.code == CLOSING):
            # Servers hang up on a connection that has been used for long: this says nothing about the mail.
            outcome = self._once(content, envelope, on_handover)
        return outcome

    def greet(self) -> Outcome | None:
        """Connect, encrypt, log in and say goodbye, as before a mail; None when all went well.

        That the server takes less than the largest mail is told too, as `takes_less`.
        """
        try:
            talk = self._opened()
        except TalkError as stop:
            return stop.outcome
        limit = talk.limit
        talk.leave()
        takes_less = 0 < limit < self.server.largest
        return Outcome("refused", why="takes_less", phase="size", said=str(limit)) if takes_less else None

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.leave()
        if self.server.tokens is not None:
            self.server.tokens.close()

    def _once(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        try:
            if self._talk is None:
                self._talk = self._opened()
            outcome = self._talk.send(content, envelope, on_handover)
        except TalkError as stop:
            outcome = stop.outcome
        except BaseException:
            self._drop()
            raise
        self._tidy(outcome)
        return outcome

    def _opened(self) -> "_Talk":
        """A connection that is logged in; where a token has lapsed, with a new one, once. Raises TalkError."""
        tokens = self.server.tokens
        talk = _Talk(self.server)
        try:
            talk.open()
        except TalkError as stop:
            if tokens is None or stop.outcome.why != "token_refused" or not tokens.has_lapsed():
                raise
            talk = _Talk(self.server)
            talk.open()
        if tokens is not None:
            tokens.accepted()
        return talk

    def _tidy(self, outcome: Outcome) -> None:
        """Keep the connection for the next mail where the server has answered, else hang up."""
        is_whole = outcome.state != "ambiguous" and outcome.phase in KEEPS and outcome.code != CLOSING
        if self._talk is None or outcome.state == "sent":
            return
        if not is_whole or not self._talk.forget():
            self._drop()

    def _drop(self) -> None:
        """Hang up without a word: nothing that was begun may be finished."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.drop()


class _Talk:
    """One connection, from the greeting on."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.smtp = smtplib.SMTP(local_hostname=server.hello, timeout=server.phase_seconds)

    def open(self) -> None:
        """Greet the server, encrypt, and log in. Raises TalkError."""
        try:
            self._connect()
            self._hello()
            if self.server.security == "starttls":
                self._encrypt()
                self._hello()
            if self.server.user:
                self._login()
        except BaseException:
            self.drop()
            raise

    @property
    def limit(self) -> int:
        """The largest mail that the server says it takes; 0 when it says nothing, or that it takes any."""
        said = self.smtp.esmtp_features.get("size", "")
        return int(said) if said.isdigit() else 0

    def send(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """One mail to one recipient. Raises TalkError."""
        if 0 < self.limit < len(content):
            return Outcome("refused", why="too_large", phase="size", said=f"SIZE {self.limit}")
        sizes = [f"size={len(content)}"] if "size" in self.smtp.esmtp_features else []
        self._ask("mail", lambda: self.smtp.mail(envelope.sender, sizes), (250,))
        self._ask("rcpt", lambda: self.smtp.rcpt(envelope.recipient), (250, 251))
        self._ask("data", lambda: self.smtp.docmd("DATA"), (354,))
        with self._phase("body", self.server.dot_seconds):
            self.smtp.send(_stuffed(content))
        on_handover()
        with self._phase("dot", self.server.dot_seconds):
            self.smtp.send(b".\r\n")
            code, message = self.smtp.getreply()
        if code != TAKEN and not 400 <= code <= 599:  # a line that was cut off in the middle, for one
            return broken_talk("dot", said="not an answer")
        return answered("dot", code, message)

    def forget(self) -> bool:
        """Have the server forget what was begun; False when it does not answer."""
        try:
            self._ask("rset", self.smtp.rset, (250,))
        except TalkError:
            return False
        return True

    def leave(self) -> None:
        """Say goodbye; it does not matter whether it is heard."""
        with suppress(smtplib.SMTPException, OSError, TalkError), self._phase("quit", self.server.phase_seconds):
            self.smtp.docmd("QUIT")
        self.drop()

    def drop(self) -> None:
        """Hang up at once."""
        with suppress(OSError):
            self.smtp.close()

    def _connect(self) -> None:
        with self._phase("connect", self.server.phase_seconds):
            self.smtp.sock = socket.create_connection((self.server.host, self.server.port), self.server.phase_seconds)
            if self.server.security == "tls":
                self.smtp.sock = self._wrapped(self.smtp.sock)
            code, message = self.smtp.getreply()
        if code != 220:
            raise TalkError(answered("connect", code, message))

    def _hello(self) -> None:
        self._ask("ehlo", self.smtp.ehlo, (250,))

    def _encrypt(self) -> None:
        if not self.smtp.has_extn("starttls"):
            raise TalkError(broken_talk("starttls", why="no_starttls"))
        self._ask("starttls", lambda: self.smtp.docmd("STARTTLS"), (220,))
        with self._phase("starttls", self.server.phase_seconds):
            assert self.smtp.sock is not None
            self.smtp.sock = self._wrapped(self.smtp.sock)
        # What the server said in the clear counts for nothing.
        self.smtp.file, self.smtp.esmtp_features, self.smtp.ehlo_resp, self.smtp.helo_resp = None, {}, None, None

    def _wrapped(self, plain: socket.socket) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.server.ca_file)
        return context.wrap_socket(plain, server_hostname=self.server.host)

    def _login(self) -> None:
        token = self.server.tokens.token() if self.server.tokens else ""
        if isinstance(token, Outcome):
            raise TalkError(token)
        with self._phase("login", self.server.phase_seconds):
            try:
                if token:
                    # A refusal comes as a challenge that must be answered with nothing before the 535 is said.
                    said = f"user={self.server.user}\x01auth=Bearer {token}\x01\x01"
                    self.smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else said)
                else:
                    self.smtp.login(self.server.user, self.server.password)
            except smtplib.SMTPResponseException as refused:
                outcome = answered("login", refused.smtp_code, refused.smtp_error)
                is_token = token and outcome.why == "login_refused"
                raise TalkError(replace(outcome, why="token_refused") if is_token else outcome) from None
            except smtplib.SMTPServerDisconnected:
                raise
            except smtplib.SMTPException:
                raise TalkError(broken_talk("login", why="no_login_offered")) from None

    def _ask(self, phase: str, ask: Callable[[], tuple[int, bytes]], hoped: tuple[int, ...]) -> None:
        with self._phase(phase, self.server.phase_seconds):
            code, message = ask()
        if code == -1:
            raise TalkError(broken_talk(phase))
        if code not in hoped:
            raise TalkError(answered(phase, code, message))

    @contextmanager
    def _phase(self, phase: str, seconds: float) -> Iterator[None]:
        """One phase, cut off when its time is up, also when the server says something every now and then.

        Raises: TalkError - the connection broke, or time was up.
        """
        if self.smtp.sock is not None:
            self.smtp.sock.settimeout(seconds)
        watch = threading.Timer(seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise TalkError(broken_talk(phase, why="bad_certificate", said=error.verify_message)) from None
        except ssl.SSLError:
            raise TalkError(broken_talk(phase, why="tls_failed")) from None
        except OSError as error:  # smtplib's own faults are among them
            raise TalkError(broken_talk(phase, said=type(error).__name__)) from None
        finally:
            watch.cancel()

    def _cut(self) -> None:
        if self.smtp.sock is not None:
            with suppress(OSError):
                self.smtp.sock.shutdown(socket.SHUT_RDWR)


def _stuffed(content: bytes) -> bytes:
    """The mail as lines that end in CRLF, a dot in front of one doubled: nothing in it can end the mail early."""
    lines = LINE_END.sub(b"\r\n", content)
    whole = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return LEADING_DOT.sub(b"..", whole)
