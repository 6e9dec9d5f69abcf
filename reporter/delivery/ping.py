"""Tells a watching service that a run began, went well or failed: the address and nothing else goes out."""

import logging
from datetime import datetime
from email.utils import parsedate_to_datetime

log = logging.getLogger(__name__)

ENDINGS = {"start": "/start", "success": "", "failure": "/fail"}


def ping(url: str, what: str, *, seconds: float) -> bool:
    """Ask for that address with the ending of `what`; False, with a line in the log, when nobody answers well.

    It never raises: a run must not fail because of who watches it.
    """
    import httpx2  # takes longer than a small run that tells nobody

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, and this one is a secret
    try:
        address = httpx2.URL(url)
        whole = address.copy_with(path=address.path.rstrip("/") + ENDINGS[what])
        answer = httpx2.get(whole, timeout=seconds, headers={"User-Agent": "reporter"})
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
        log.warning("ping %s: %s", what, type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("ping %s: answered %d", what, answer.status_code)
    return bool(answer.is_success)


def server_time(url: str, *, seconds: float) -> datetime | None:
    """What time it is by that server's clock; None when it does not say.

    It is asked for its front page: the address itself would count as a ping, and what is secret in it stays here.
    """
    import httpx2

    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        front = httpx2.URL(url).copy_with(path="/", query=None)
        answer = httpx2.head(front, timeout=seconds, headers={"User-Agent": "reporter"})
        said = parsedate_to_datetime(answer.headers["Date"])
    except (httpx2.HTTPError, httpx2.InvalidURL, KeyError, ValueError, OSError) as error:
        log.warning("time of the watching service: %s", type(error).__name__)
        return None
    return said if said.tzinfo else None
