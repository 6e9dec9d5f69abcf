"""From the settings to the way mails are sent. A new way is one more line in TRANSPORTS."""

import ipaddress
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct
from pandas import Timedelta, Timestamp

from reporter.delivery.folder import FolderTransport
from reporter.delivery.policy import Gate, read_allow_list
from reporter.delivery.secrets import GRAPH_SCOPE, SMTP_SCOPE, GoogleTokens, Tokens
from reporter.errors import SettingsError, refused
from reporter.model.mail import ALERT, MAIL, POINTER, Envelope, HandOver, Outcome, Transport
from reporter.pipeline.assemble.credentials import authority_file, mail_password, microsoft_tokens, safe_url
from reporter.pipeline.assemble.timetable import Timetable
from reporter.pipeline.send.plan import sender_domain
from reporter.settings import Settings


class RoutedTransport:
    """Takes each mail to the way of its channel; one whose channel has no way waits."""

    def __init__(self, ways: Mapping[str, Transport]) -> None:
        self.ways = ways

    @property
    def name(self) -> str:
        """That of the first way."""
        return next(iter(self.ways.values())).name

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Send it by the way of its channel."""
        way = self.ways.get(envelope.channel)
        if way is None:
            return Outcome("deferred", why="no_way_to_point", phase="gate")
        return way.deliver(content, envelope, on_handover)

    def greet(self) -> Outcome | None:
        """Try every way; what the first says that does not work."""
        return next((outcome for way in self.ways.values() if (outcome := way.greet()) is not None), None)

    def close(self) -> None:
        """Let go of every way."""
        for way in self.ways.values():
            way.close()


PORTS = {"starttls": 587, "tls": 465, "none": 25}


def open_transport(settings: Settings, *, only_to: str = "") -> Transport:
    """The way to send that the settings name, behind the gate; nothing is connected yet.

    Takes:  only_to - an address on the list to which everything goes, and nothing to anybody else.
    Raises: SettingsError - something is missing for it, nobody may be written to, or it would send in the clear.
    """
    _check_senders(settings)
    allowed = read_allow_list(settings.mail.allow)
    if only_to and not allowed.holds(only_to):
        raise refused(SettingsError, "stop_to_me", where="mail.allow")
    return Gate(TRANSPORTS[settings.mail.transport](settings), allowed, only_to)


Clock = Callable[[], Timestamp]


class SendingPolicy(Struct, frozen=True):
    """What the office has settled about sending: for whom a person is asked, how long it is tried, where it stands."""

    folder: Path  # of the settings, where the processes that send leave their marks
    envelope_sender: str  # where a mail server reports what it could not deliver
    first_time_limit: int  # first mails to so many recipients go without a yes
    most: int  # and so many mails in one round
    patience: Callable[[Timestamp], Timestamp]  # from the first try to the instant at which a mail is given up
    is_resending: bool  # once, a mail that may have arrived
    shelf: str  # how the office calls the place where its run folders are kept

    @classmethod
    def of(cls, settings: Settings) -> "SendingPolicy":
        """As the settings say."""
        mail = settings.mail
        return cls(
            folder=settings.home,
            envelope_sender=settings.envelope_sender,
            first_time_limit=mail.first_time_limit,
            most=mail.most,
            patience=partial(_patience_end, Timetable.of(settings), settings.mail.patience_hours),
            is_resending=mail.ambiguous == "resend",
            shelf=mail.shelf,
        )


def _patience_end(timetable: Timetable, hours: float, first_tried_at: Timestamp) -> Timestamp:
    """After so many hours or, where there are none, when the next report is due, which says it better."""
    if hours:
        return first_tried_at + Timedelta(hours=hours)
    return timetable.due(first_tried_at, first_tried_at).following.at


class Sending(Struct, frozen=True):
    """The way out, behind the gate; what the office has settled about it; and the clock of each attempt.

    `note` is told of each mail that is about to be handed over, by its number, id and attempt.
    """

    transport: Transport
    policy: SendingPolicy
    clock: Clock
    note: Callable[[int, str, int], object] = lambda *_: None


def open_sending(settings: Settings, clock: Clock) -> Sending:
    """Sending as the settings say. Raises: SettingsError - see `open_transport`."""
    return Sending(open_transport(settings), SendingPolicy.of(settings), clock)


def greet(settings: Settings) -> Outcome | None:
    """Try the way to send and send nothing; None when all went well."""
    way = open_transport(settings)
    try:
        return way.greet()
    finally:
        way.close()


def _smtp(settings: Settings) -> Transport:
    from reporter.delivery.smtp import Server, SmtpTransport  # each way out is loaded by those who use it

    mail = settings.mail
    if not mail.host:
        raise refused(SettingsError, "stop_host", where="mail.host")
    if mail.security == "none" and not is_loopback(mail.host):
        raise refused(SettingsError, "stop_clear", where="mail.security")
    ca_file = authority_file(settings)
    server = Server(
        host=mail.host,
        port=mail.port or PORTS[mail.security],
        security=mail.security,
        user=mail.user if mail.auth == "password" else settings.sending_mailbox,
        password=mail_password(settings) if mail.user and mail.auth == "password" else "",
        tokens=SMTP_TOKENS[mail.auth](settings) if mail.auth in SMTP_TOKENS else None,
        ca_file=ca_file,
        hello=sender_domain(settings.sender),
        phase_seconds=mail.phase_seconds,
        dot_seconds=mail.dot_seconds,
        largest=mail.max_bytes,
    )
    return SmtpTransport(server)


def _graph(settings: Settings) -> Transport:
    from reporter.delivery.graph import GRAPH_URL, GraphServer, GraphTransport

    mail = settings.mail
    url = safe_url("graph_url", (mail.graph_url or GRAPH_URL).rstrip("/"))
    server = GraphServer(settings.sending_mailbox, url, authority_file(settings), mail.phase_seconds, mail.dot_seconds)
    return GraphTransport(server, microsoft_tokens(settings, GRAPH_SCOPE))


def _google(settings: Settings) -> Tokens:
    secret, ca_file = mail_password(settings), authority_file(settings)
    return Tokens(GoogleTokens(secret, settings.sending_mailbox, ca_file=ca_file, seconds=settings.mail.phase_seconds))


def _folder(settings: Settings) -> Transport:
    if not settings.mail.share:
        raise refused(SettingsError, "stop_share", where="mail.share")
    ways: dict[str, Transport] = {MAIL: FolderTransport(settings.path(settings.mail.share))}
    if settings.mail.pointer != "none":
        if not settings.mail.share_as:
            raise refused(SettingsError, "stop_share_as", where="mail.share_as")
        ways[POINTER] = TRANSPORTS[settings.mail.pointer](settings)
    return RoutedTransport({**ways, ALERT: ways.get(POINTER, ways[MAIL])})


def is_loopback(host: str) -> bool:
    """Whether the name or number is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _check_senders(settings: Settings) -> None:
    is_mailed = "smtp" in (settings.mail.transport, settings.mail.pointer)
    if is_mailed and sender_domain(settings.sender) == "localhost" and not is_loopback(settings.mail.host):
        raise refused(SettingsError, "stop_sender", where="sender")


TRANSPORTS: Mapping[str, Callable[[Settings], Transport]] = {"smtp": _smtp, "graph": _graph, "folder": _folder}
SMTP_TOKENS: Mapping[str, Callable[[Settings], Tokens]] = {
    "xoauth2-microsoft": lambda settings: microsoft_tokens(settings, SMTP_SCOPE),
    "xoauth2-google": _google,
}
