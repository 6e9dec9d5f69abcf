"""Calls over the web that are no mail: a watching service's ping, and what a channel of the office's own is told.

A ping says that a run began, went well or failed: the address and nothing else goes out. A channel is told what the
owner is told: a Teams workflow as a card, anything else as JSON. That is finished text and counts; no person is in
either. The address is a secret, and stands in no log.
"""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

log = logging.getLogger(__name__)
CARD = "application/vnd.microsoft.card.adaptive"
MARKS = re.compile(r"([\\*_\[\]`~#|<>])")
"""What Teams would read as marks of its own, and not as what was said."""

ENDINGS = {"start": "/start", "success": "", "failure": "/fail"}


def post_notice(url: str, kind: str, title: str, text: str, facts: Mapping[str, Any], *, seconds: float) -> bool:
    """Post one notice; False, with a line in the log, when nobody takes it. It never raises, as a ping never does.

    Takes: kind - teams or json; facts - what goes beside the text into JSON: keys and counts.
    """
    import httpx2  # takes longer than a small run that tells nobody

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, and this one is a secret
    body = teams_card(title, text) if kind == "teams" else {"title": title, "text": text, **facts}
    try:
        answer = httpx2.post(url, json=body, timeout=seconds, headers={"User-Agent": "reporter"})
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
        log.warning("webhook: %s", type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("webhook: answered %d", answer.status_code)
    return bool(answer.is_success)


def teams_card(title: str, text: str) -> dict[str, Any]:
    """The body that a Teams workflow takes when it is told of a request: one adaptive card, a block a line."""
    head = {"type": "TextBlock", "text": MARKS.sub(r"\\\1", title), "weight": "Bolder", "wrap": True}
    lines = [line for line in text.splitlines() if line.strip()]
    blocks = [head, *({"type": "TextBlock", "text": MARKS.sub(r"\\\1", line), "wrap": True} for line in lines)]
    card = {"type": "AdaptiveCard", "version": "1.4", "body": blocks}
    return {"type": "message", "attachments": [{"contentType": CARD, "content": card}]}


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
