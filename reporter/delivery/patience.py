"""When a mail that was put off is tried again, and when patience ends. Pure."""

from itertools import accumulate

from pandas import Timedelta, Timestamp

PAUSES = tuple(Timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))


def next_try(first_tried_at: Timestamp, now: Timestamp, patience: Timedelta) -> Timestamp | None:
    """The instant of the next try: the longer it has been put off, the later; None when that is beyond patience."""
    waited = now - first_tried_at
    pause = next((p for p, reached in zip(PAUSES, accumulate(PAUSES), strict=True) if waited < reached), PAUSES[-1])
    at = now + pause
    return None if at > first_tried_at + patience else at
