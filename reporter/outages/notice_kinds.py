"""What kind of outage a notice tells, how it stands at the capture, and what around it leaves a doubt. Pure."""

from pandas import Timestamp

from reporter.outages.notice_instants import Doubt, Window, doubt
from reporter.outages.notice_terms import says
from reporter.outages.services import UNSPECIFIED


def around(text: str, services: str, how: str, *, is_hidden: bool) -> list[Doubt]:
    """The doubts that come from where a notice stands and whom it speaks of."""
    is_test = says(text, "test_only") and not says(text, "production")
    found = {
        doubt("notice_service_from_page", used=services): how == "page",
        doubt("notice_service_unknown"): services == UNSPECIFIED,
        doubt("notice_hidden"): is_hidden,
        doubt("notice_test_environment"): is_test,
    }
    return [one for one, holds in found.items() if holds]


def kind_of(heading: str, text: str, window: Window, captured_at: Timestamp, *, is_now: bool) -> str:
    """Security, degraded, intermittent, planned or unplanned: what the words say, else whether it was told beforehand.

    Maintenance that "may cause instability" is planned, so that its hours count as down.
    """
    if says(text, "security"):
        return "security"
    if says(text, "degraded") and not says(text, "down") and (is_now or not says(text, "works")):
        return "intermittent" if says(text, "intermittent") else "degraded"
    if is_now:
        return "planned" if says(text, "works") else "unplanned"
    if says(text, "planned", "works") or says(heading, "planned", "works"):
        return "planned"
    return "unplanned" if says(text, "past") or (window.began_at < captured_at and says(text, "now")) else "planned"


def status_of(window: Window, text: str, captured_at: Timestamp) -> str:
    """Cancelled by its words; else what the clock says at the capture."""
    if says(text, "cancelled"):
        return "cancelled"
    if window.began_at > captured_at:
        return "announced"
    return "resolved" if window.ended_at is not None and window.ended_at <= captured_at else "ongoing"
