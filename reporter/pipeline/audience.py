"""Who reads this report, and which rows of it: from the rosters and the settings."""

from collections.abc import Sequence
from dataclasses import replace

from reporter.model.report import Recipient
from reporter.pipeline.gather import Gathered
from reporter.report.recipients import Audience, View, roles, share
from reporter.settings import Settings


def with_leavers(parts: Audience, leavers: Sequence[Recipient]) -> Audience:
    """The same, and those who have no row any more after those who have."""
    owners = parts.owners
    return replace(parts, recipients=(*parts.recipients[:owners], *leavers, *parts.recipients[owners:]))


def audience(settings: Settings, gathered: Gathered) -> Audience:
    """The recipients; one's language is the first that their rows name, else the unit's, else the office's."""
    said = gathered.roster[["contact_email", "language"]].dropna().drop_duplicates("contact_email")
    units = {name: unit.address for name, unit in settings.units.items()}
    by_address = {u.address.strip().casefold(): u.language for u in settings.units.values() if u.language}
    views = []
    for one in settings.recipients:
        if roles()[one.role].owns:
            units |= dict.fromkeys(one.units, one.address)
            by_address |= {one.address.strip().casefold(): one.language} if one.language else {}
        else:
            views.append(View(one.address, one.role, one.units, one.language or ""))
    languages = by_address | dict(zip(said["contact_email"].str.strip().str.casefold(), said["language"], strict=True))
    return share(gathered.rows, languages, units, office=settings.office.address, language=settings.spoken, views=views)
