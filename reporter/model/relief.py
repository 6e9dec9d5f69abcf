"""What the department granted because of an outage: recorded as it was said, with its scope, limits and source."""

import datetime as dt
import json
from dataclasses import asdict, dataclass

from reporter.errors import StoreError

KINDS = ("none", "unknown", "extension", "re_invitation", "other_channel_accepted", "other_channel_refused")


@dataclass(frozen=True)
class Relief:
    """One measure: its kind (a word of KINDS), until which day, whom it covers and whom not, and where that is written.

    Nothing is presumed: an outage without a Relief is one of which nobody has said anything.
    """

    kind: str
    until_on: dt.date | None = None
    scope: str = ""
    reference: str = ""
    source: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise StoreError(f"{self.kind!r} is not one of {', '.join(KINDS)}", where="relief")
        if self.kind == "extension" and self.until_on is None:
            raise StoreError("an extension needs the day to which it goes", where="relief")


def relief_text(relief: Relief) -> str:
    """The measure as the ledger writes it."""
    return json.dumps(asdict(relief) | {"until_on": str(relief.until_on or "")}, sort_keys=True, ensure_ascii=False)


def relief_of(text: str) -> Relief | None:
    """The measure that a row of the ledger carries; None when nothing was said."""
    if not text:
        return None
    kept = json.loads(text)
    until_on = dt.date.fromisoformat(kept["until_on"]) if kept["until_on"] else None
    return Relief(**kept | {"until_on": until_on})
