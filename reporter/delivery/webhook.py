"""Tells a channel of the office's own what its owner is told: to a Teams workflow as a card, to anything else as JSON.

What goes out is finished text and counts; no person is in either. The address is a secret, and stands in no log.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)
CARD = "application/vnd.microsoft.card.adaptive"
MARKS = re.compile(r"([\\*_\[\]`~#|<>])")
"""What Teams would read as marks of its own, and not as what was said."""


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
