"""Mail by Microsoft Graph, with a token of the application's own: a small one by one POST, a large one as a draft.

The answer 202 means taken, whatever else it says: such a mail is never sent again. A last POST that was begun and not
answered for may have been taken. Whatever goes wrong before it has sent nothing; the draft is thrown away then.
"""

import base64
import logging
import ssl
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx2
from msgspec import Struct
from msgspec.structs import replace

from reporter.delivery.policy import TalkError, answered, broken_talk, without_addresses
from reporter.delivery.secrets import Tokens
from reporter.model.mail import Envelope, HandOver, Outcome

log = logging.getLogger(__name__)
PIECE = 10 * 320 * 1024
"""Bytes sent at a time; Graph takes less than 4 MB, in multiples of 320 KiB."""


class MailFile(Struct, frozen=True):
    """One file of a mail."""

    name: str
    kind: str
    data: bytes


class MailParts(Struct, frozen=True):
    """The mail without its attached files, headers as they were, and the files."""

    rest: bytes
    attached: tuple[MailFile, ...]


def _taken_apart(content: bytes) -> MailParts:
    """The mail's parts; one that has no files attached is all rest."""
    mail = BytesParser(EmailMessage, policy=SMTP.clone(refold_source="none")).parsebytes(content)
    files = list(mail.iter_attachments()) if mail.get_content_type() == "multipart/mixed" else []
    attached = tuple(
        MailFile(part.get_filename() or "file", part.get_content_type(), bytes(part.get_payload(decode=True) or b""))
        for part in files
    )
    if files:
        mail.set_payload([part for part in mail.iter_parts() if part not in files])
    return MailParts(mail.as_bytes(), attached)


def _upload_pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file piece by piece, each with its `Content-Range`."""
    for begin in range(0, len(data), PIECE):
        piece = data[begin : begin + PIECE]
        yield f"bytes {begin}-{begin + len(piece) - 1}/{len(data)}", piece


GRAPH_URL = "https://graph.microsoft.com/v1.0"
LARGEST = 3_000_000
"""Bytes that are taken in one go, whether a mail or an attached file."""
LARGEST_FILE = 150_000_000
LAPSED = 401
LATER = (429, 503)
NO_RIGHT = 403
NOT_ALLOWED = (LAPSED, NO_RIGHT)
NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
TEXT = {"Content-Type": "text/plain"}
LASTING = {"Prefer": 'IdType="ImmutableId"'}
"""Else a draft gets another id when it moves."""


class GraphServer(Struct, frozen=True):
    """The mailbox that sends, and where."""

    mailbox: str
    url: str = GRAPH_URL
    ca_file: str | None = None
    phase_seconds: float = 60.0
    post_seconds: float = 600.0


class GraphTransport:
    """One mailbox; the token is fetched with the first mail, and again before it ends."""

    name = "graph"

    def __init__(self, server: GraphServer, tokens: Tokens) -> None:
        self.server, self.tokens = server, tokens
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses: the mailbox, keys of uploads
        trust = ssl.create_default_context(cafile=server.ca_file)
        timeout = httpx2.Timeout(server.post_seconds, connect=server.phase_seconds)
        self._client = httpx2.Client(follow_redirects=False, verify=trust, timeout=timeout)

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Hand one mail over; `on_handover` is called just before the POST that may be the last step."""
        token = self.tokens.token()
        if isinstance(token, Outcome):
            return token
        once = cache(on_handover)  # however often the mail is tried
        outcome = self._tried(content, token, once)
        if outcome.code == LAPSED and self.tokens.has_lapsed():  # such an answer has taken nothing
            token = self.tokens.token()
            outcome = self._tried(content, token, once) if isinstance(token, str) else token
        if outcome.state == "sent":
            self.tokens.accepted()
        return outcome

    def greet(self) -> Outcome | None:
        """Whether a token is to be had. The right to send shows with the first mail: nothing else needs it."""
        token = self.tokens.token()
        return token if isinstance(token, Outcome) else None

    def close(self) -> None:
        """Let go of the connection and the token."""
        self.tokens.close()
        self._client.close()

    def _tried(self, content: bytes, token: str, on_handover: HandOver) -> Outcome:
        mailbox = _Mailbox(self._client, f"{self.server.url}/users/{quote(self.server.mailbox)}", token)
        try:
            if len(content) <= LARGEST:
                on_handover()
                return mailbox.mail(content)
            return mailbox.mail_in_pieces(content, on_handover)
        except TalkError as stop:
            return stop.outcome


class _Mailbox:
    """What Graph is asked to do for one mailbox, with one token."""

    def __init__(self, client: httpx2.Client, url: str, token: str) -> None:
        self.client, self.url = client, url
        self.headers = {"Authorization": f"Bearer {token}"} | LASTING

    def mail(self, content: bytes) -> Outcome:
        """The whole mail at once."""
        return self._last(f"{self.url}/sendMail", content=base64.b64encode(content), headers=self.headers | TEXT)

    def mail_in_pieces(self, content: bytes, on_handover: HandOver) -> Outcome:
        """A draft, its files, and then that it be sent. Raises TalkError; nothing was sent then."""
        parts = _taken_apart(content)
        if len(parts.rest) > LARGEST or any(len(file.data) > LARGEST_FILE for file in parts.attached):
            return Outcome("refused", why="too_large", phase="size", said=f"SIZE {LARGEST}")
        body = base64.b64encode(parts.rest)
        made = self._asked("draft", "POST", f"{self.url}/messages", content=body, headers=self.headers | TEXT)
        draft = f"{self.url}/messages/{quote(_told(made, 'id'), safe='')}"
        is_left = False
        try:
            for file in parts.attached:
                self._attach(draft, file)
            on_handover()
            outcome = self._last(f"{draft}/send", headers=self.headers)
            is_left = outcome.state in ("sent", "ambiguous")
            return outcome
        finally:
            if not is_left:
                self._throw_away(draft)

    def _attach(self, draft: str, file: MailFile) -> None:
        url = f"{draft}/attachments"
        known = {"name": file.name, "contentType": file.kind}
        if len(file.data) < LARGEST:
            data = base64.b64encode(file.data).decode()
            whole = known | {"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": data}
            self._asked("attach", "POST", url, json=whole, headers=self.headers)
            return
        item = known | {"attachmentType": "file", "size": len(file.data)}
        opened = self._asked(
            "attach", "POST", f"{url}/createUploadSession", json={"AttachmentItem": item}, headers=self.headers
        )
        there = _told(opened, "uploadUrl")
        if not there.startswith("https://"):
            raise TalkError(broken_talk("attach", why="server_refuses_us", said="an address in the clear"))
        for span, piece in _upload_pieces(file.data):  # the address is the key: no token goes with them
            headers = {"Content-Range": span, "Content-Type": "application/octet-stream"}
            self._asked("attach", "PUT", there, content=piece, headers=headers)

    def _throw_away(self, draft: str) -> None:
        """Best done, and no harm if not: a draft tells nobody."""
        try:
            answer = self.client.request("DELETE", draft, headers=self.headers)
        except httpx2.HTTPError as error:
            log.warning("a draft was left in the mailbox: %s", type(error).__name__)
            return
        if not answer.is_success:
            log.warning("a draft was left in the mailbox: answered %d", answer.status_code)

    def _asked(self, phase: str, method: str, url: str, **asked: Any) -> httpx2.Response:
        """The answer of a step that sends nothing. Raises TalkError - it was no yes, or there was none."""
        try:
            answer = self.client.request(method, url, **asked)
        except NOT_BEGUN:
            raise TalkError(broken_talk("connect")) from None
        except httpx2.HTTPError as error:
            raise TalkError(broken_talk(phase, said=type(error).__name__)) from None
        if answer.is_success:
            return answer
        outcome = _refused(answer, phase)
        if outcome is None:
            raise TalkError(replace(broken_talk(phase, why="later"), code=answer.status_code))
        if outcome.code == NO_RIGHT:  # smaller mails need no draft, and fare better
            outcome = replace(outcome, why="graph_no_drafts", is_general=False, is_final=False)
        raise TalkError(outcome)

    def _last(self, url: str, **asked: Any) -> Outcome:
        """The step that sends; where its answer does not plainly say yes or no, the mail may have been taken."""
        try:
            answer = self.client.request("POST", url, **asked)
        except NOT_BEGUN:
            return broken_talk("connect")
        except httpx2.HTTPError as error:
            return broken_talk("dot", said=type(error).__name__)
        if answer.status_code == 202:
            return Outcome("sent", phase="dot", code=202)
        said = without_addresses(answer.text)
        doubt = Outcome("ambiguous", why="no_answer", phase="dot", code=answer.status_code, said=said)
        return _refused(answer, "dot") or doubt


def _refused(answer: httpx2.Response, phase: str) -> Outcome | None:
    """What a plain "later" or "no" means for the mail; None where the answer is neither."""
    code, said = answer.status_code, without_addresses(answer.text)
    if code in NOT_ALLOWED:
        return Outcome(
            "refused", why="graph_forbids", phase="login", code=code, said=said, is_general=True, is_final=True
        )
    if code in LATER:
        wait = _seconds(answer.headers)
        return Outcome("deferred", why="later", phase=phase, code=code, said=said, wait_seconds=wait)
    if 400 <= code < 500 and code != 408:
        return answered("dot", 552 if code == 413 else 550, said)
    return None


def _seconds(headers: Mapping[str, str]) -> float:
    asked = headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else 0.0


def _told(answer: httpx2.Response, key: str) -> str:
    """A value of an answer. Raises TalkError - it is not there."""
    try:
        return str(answer.json()[key])
    except (ValueError, KeyError, TypeError):
        raise TalkError(broken_talk("attach", why="server_refuses_us", said=f"no {key}")) from None
