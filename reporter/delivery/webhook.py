"""Calls over the web that are no mail: a watching service's ping, and what a channel of the office's own is told.

A ping says that a run began, went well or failed: the address and nothing else goes out. A channel is told what the
owner is told: a Teams workflow as a card, anything else as JSON. That is finished text and counts; no person is in
either. The address is a secret, and stands in no log.
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

log = logging.getLogger(__name__)
CARD = "application/vnd.microsoft.card.adaptive"
MARKS = re.compile(r"([\\*_\[\]`~#|<>])")
"""What Teams would read as marks of its own, and not as what was said."""

AGENT = {"User-Agent": "reporter"}
ENDINGS = {"start": "/start", "success": "", "failure": "/fail"}


def post_notice(url: str, kind: str, title: str, text: str, facts: Mapping[str, Any], *, seconds: float) -> bool:
    """Post one notice; False, with a line in the log, when nobody takes it. It never raises, as a ping never does.

    Takes: kind - teams or json; facts - what goes beside the text into JSON: keys and counts.
    """
    body = teams_card(title, text) if kind == "teams" else {"title": title, "text": text, **facts}
    return _is_good("webhook", lambda web: web.post(url, json=body, timeout=seconds, headers=AGENT))


def _is_good(what: str, ask: Callable[[Any], Any]) -> bool:
    answer = _answer(what, ask)
    if answer is not None and not answer.is_success:
        log.warning("%s: answered %d", what, answer.status_code)
    return answer is not None and bool(answer.is_success)


def _answer(what: str, ask: Callable[[Any], Any]) -> Any:
    """What was answered; None, with a line in the log, where nothing was: it never raises."""
    import httpx2  # takes longer than a small run that tells nobody

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, and this one is a secret
    try:
        return ask(httpx2)
    except (httpx2.HTTPError, httpx2.InvalidURL, KeyError, ValueError, OSError) as error:
        log.warning("%s: %s", what, type(error).__name__)
        return None


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
    ending = ENDINGS[what]

    def ask(web: Any) -> Any:
        address = web.URL(url)
        whole = address.copy_with(path=address.path.rstrip("/") + ending)
        return web.get(whole, timeout=seconds, headers=AGENT)

    return _is_good(f"ping {what}", ask)


def server_time(url: str, *, seconds: float) -> datetime | None:
    """What time it is by that server's clock; None when it does not say.

    It is asked for its front page: the address itself would count as a ping, and what is secret in it stays here.
    """

    def ask(web: Any) -> datetime:
        front = web.URL(url).copy_with(path="/", query=None)
        return parsedate_to_datetime(web.head(front, timeout=seconds, headers=AGENT).headers["Date"])

    said: datetime | None = _answer("time of the watching service", ask)
    return said if said and said.tzinfo else None
