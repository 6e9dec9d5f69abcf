"""A real mail server on this machine that keeps what it takes and answers each step as a test tells it to.

Its certificates are made for the test by an authority of its own.
"""

import asyncio
import base64
import contextlib
import gc
import ssl
import threading
from email import message_from_bytes
from email.policy import default

import trustme
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

AUTHORITY = trustme.CA()
USER, PASSWORD = "desk", "s3cret-word"


def _looks():
    """How often the collector has made objects old."""
    return gc.get_stats()[1]["collections"]


class _Session(SMTP):
    """aiosmtpd's protocol, with the steps that it leaves to nobody else in the hands of the script."""

    def __init__(self, script, *arguments, **options):
        self.script = script
        super().__init__(script, *arguments, **options)

    def connection_made(self, transport):
        self.script.transports.append(transport)
        super().connection_made(transport)

    async def push(self, status):
        line = status if isinstance(status, str) else status.decode()
        step = "banner" if self.session is not None and not self.script.greeted else ""
        if step and line.startswith("220"):
            self.script.greeted = True
            line = await self.script.at("banner", self) or line
        await super().push(line)

    async def smtp_DATA(self, arg):
        answer = await self.script.at("data", self)
        if answer:
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


class MailServer:
    """Takes mail on 127.0.0.1. `answers[step]` is what it says at a step instead of yes:

    a line such as "450 4.2.0 later", `HANG` (says nothing), `DROP` (hangs up) or `DRIP` (a letter now and then). A
    list is used up one by one. Steps: banner, ehlo, mail, rcpt, data, dot; at `taken` the mail is kept first.
    """

    HANG, DROP, DRIP = "hang", "drop", "drip"
    shows_steps = True

    def __init__(self, *, tls="starttls", hostname="localhost", authority=AUTHORITY, login=False, size=None):
        self.answers, self.mails, self.steps, self.logins, self.transports = {}, [], [], [], []
        self.greeted, self.looks = False, _looks()
        self.login, self.size, self.tls = login, size, tls
        self.context = None
        if tls != "none":
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(hostname).configure_cert(self.context)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._serve)
        self.started = threading.Event()

    def __enter__(self):
        self.thread.start()
        assert self.started.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(10)

    @property
    def ids(self):
        """The Message-ID of every mail that was kept, in order."""
        return [message_from_bytes(content, policy=default)["Message-ID"] for _, _, content in self.mails]

    def _serve(self):
        asyncio.set_event_loop(self.loop)
        self.stopping = asyncio.Event()
        self.loop.run_until_complete(self._until_stopped())
        self.loop.close()

    async def _until_stopped(self):
        wrapped = self.context if self.tls == "tls" else None
        server = await self.loop.create_server(self._session, "127.0.0.1", 0, ssl=wrapped)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self.stopping.wait()
        server.close()
        for transport in self.transports:
            with contextlib.suppress(AttributeError):  # of Python 3.11.2, where a connection over TLS has ended already
                transport.abort()
        for task in asyncio.all_tasks(self.loop) - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        await asyncio.sleep(0.01)
        # what a broken handshake left behind is let go of while there is a loop to do it: it is young, unless the
        # collector came by meanwhile, and to look through all that is old costs a quarter of a second
        gc.collect(1 if self.looks == _looks() else 2)

    def _session(self):
        self.greeted = False
        return _Session(
            self,
            hostname="localhost",
            loop=self.loop,
            tls_context=self.context if self.tls == "starttls" else None,
            require_starttls=False,
            auth_required=False,
            auth_require_tls=self.tls == "starttls",
            authenticator=self._authenticate if self.login else None,
            auth_exclude_mechanism=() if self.login else ("PLAIN", "LOGIN"),
            data_size_limit=self.size or 33554432,
        )

    def _authenticate(self, server, session, envelope, mechanism, auth_data):
        assert isinstance(auth_data, LoginPassword)
        self.logins.append((auth_data.login.decode(), auth_data.password.decode()))
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)

    async def at(self, step, session):
        """What to say at a step instead of yes; None for yes."""
        self.steps.append(step)
        answer = self.answers.get(step)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else None
        if answer == self.HANG:
            await asyncio.sleep(60)
        if answer == self.DRIP:
            for _ in range(600):
                session._writer.write(b"2")
                await asyncio.sleep(0.1)
        if answer == self.DROP:
            session.transport.abort()
            await asyncio.sleep(60)
        return answer

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        answer = await self.at("ehlo", server)
        return [answer] if answer else responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = await self.at("mail", server)
        if answer:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await self.at("rcpt", server)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = await self.at("dot", server)
        if answer:
            return answer
        self.mails.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content))
        return await self.at("taken", server) or "250 OK"


class TokenMailServer(MailServer):
    """A mail server that lets in whoever has one of the good tokens; else with a challenge first, as Google does."""

    def __init__(self, *good):
        super().__init__()
        self.good, self.challenged = good, []

    async def auth_XOAUTH2(self, server, args):
        said = base64.b64decode(args[1]) if len(args) > 1 else MISSING
        self.logins.append(said)
        if said in [f"user=desk@example.org\x01auth=Bearer {token}\x01\x01".encode() for token in self.good]:
            return AuthResult(success=True)
        self.challenged.append(await server.challenge_auth(b'{"status":"400","schemes":"Bearer"}'))
        return AuthResult(success=False, handled=False)
