"""Whoever looks after the unattended runs learns of each failure by more than one way: a file, a ping, a mail.

The file stands as long as the failure lasts, and tells whether the mail was sent already. Nothing here stops a run,
and nothing that is told names a person: only the report's own errors are quoted, which never do.
"""

import logging
import os
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime

from pandas import Timestamp

from reporter.delivery.ping import ping
from reporter.errors import Exit, ReporterError
from reporter.model.mail import Envelope
from reporter.pipeline.send.plan import sender_domain
from reporter.pipeline.send.transports import envelope_sender, is_sending, open_transport
from reporter.settings import Settings
from reporter.text.catalogue import words

log = logging.getLogger(__name__)


def last_failure(settings: Settings) -> str:
    """What is written of a failure that lasts; empty when there is none."""
    try:
        return settings.path(settings.owner.failure_file).read_text("utf-8")
    except OSError:
        return ""


def tell_start(settings: Settings) -> None:
    """A run begins."""
    _ping(settings, "start")


def tell_success(settings: Settings) -> None:
    """A run went well, or what had failed was put right."""
    with suppress(OSError):
        settings.path(settings.owner.failure_file).unlink(missing_ok=True)
    _ping(settings, "success")


def tell_failure(settings: Settings, code: int, what: str, now: Timestamp, *, is_mail_down: bool = False) -> None:
    """A run failed, or not everybody got theirs: write it down, ping, and send one mail as soon as one can be sent."""
    w = words("owner", settings.language)
    text = w["failure"].format(at=f"{now:%Y-%m-%d %H:%M}Z", code=int(code), what=what, cure=w[_cure(code)])
    was_mailed = w["mailed"] in last_failure(settings)
    _write(settings, text + (w["mailed"] + "\n" if was_mailed else ""))
    _ping(settings, "failure")
    can_mail = settings.owner.address and is_sending(settings) and not is_mail_down
    if can_mail and not was_mailed and _mail(settings, w["subject"], text, now):
        _write(settings, text + w["mailed"] + "\n")


def is_mail_owed(settings: Settings) -> bool:
    """Whether something failed and the owner's mail could not be sent so far."""
    text = last_failure(settings)
    is_wanted = bool(text and settings.owner.address and is_sending(settings))
    return is_wanted and words("owner", settings.language)["mailed"] not in text


def _cure(code: int) -> str:
    return {Exit.NOT_DELIVERED: "cure_mail", Exit.UNEXPECTED: "cure_unexpected"}.get(Exit(code), "cure")


def _write(settings: Settings, text: str) -> None:
    file = settings.path(settings.owner.failure_file)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600)
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as error:
        log.error("the failure cannot be written down: %s", type(error).__name__)


def _ping(settings: Settings, what: str) -> None:
    if settings.owner.ping_url:
        ping(settings.owner.ping_url, what, seconds=settings.owner.ping_seconds)


def _mail(settings: Settings, subject: str, text: str, now: Timestamp) -> bool:
    """One mail to the owner, past the outbox: it is no report, and may be lost. False when it was not taken."""
    letter, own = EmailMessage(), f"<failure.{now:%Y%m%dT%H%M%S%f}@{sender_domain(settings)}>"
    letter["From"], letter["To"], letter["Subject"] = settings.sender, settings.owner.address, subject
    letter["Date"], letter["Message-ID"] = format_datetime(now.to_pydatetime()), own
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    try:
        transport = open_transport(settings)
        try:
            envelope = Envelope(envelope_sender(settings), settings.owner.address, "owner", own)
            outcome = transport.deliver(letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")), envelope, _go)
        finally:
            transport.close()
    except ReporterError as error:
        log.warning("mail to the owner: %s", type(error).__name__)
        return False
    log.info("mail to the owner: %s %s", outcome.state, outcome.why)
    return outcome.state in ("sent", "ambiguous")


def _go() -> None:
    """Nothing is written down before this mail goes."""
