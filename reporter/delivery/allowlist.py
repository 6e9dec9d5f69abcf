"""Who may be written to at all: the domains and addresses that the office has named, and nobody else. Pure.

`example.org` is that domain and no other; `*.example.org` are the domains below it; `hr@example.net` is one address.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reporter.errors import SettingsError, refused
from reporter.model.mail import ascii_domain

LOCAL = re.compile(r"[A-Za-z0-9.#$&'*+/=?^_`{|}~-]+")
"""What may stand before the @. Marks that servers once took for a way through to somebody else are not among them."""
DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ANYBODYS = {
    "aol.com", "bell.net", "gmail.com", "gmx.com", "googlemail.com", "hotmail.ca", "hotmail.com", "icloud.com",
    "live.ca", "live.com", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "rogers.com", "shaw.ca",
    "sympatico.ca", "telus.net", "videotron.ca", "yahoo.ca", "yahoo.com", "yahoo.fr",
}  # fmt: skip
"""Domains at which anybody can have a mailbox: there, each address is named by itself."""
WHERE = "mail.allow"


@dataclass(frozen=True)
class AllowList:
    """The domains and addresses that may be written to, as they stand on the wire, in small letters."""

    domains: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()  # the domains below these
    addresses: frozenset[str] = frozenset()

    def holds(self, address: str) -> bool:
        """Whether that address may be written to; one that is not plainly one address may not."""
        local, at, domain = address.strip().rpartition("@")
        wire = ascii_domain(domain)
        if not at or not LOCAL.fullmatch(local) or not DOMAIN.fullmatch(wire):
            return False
        parents = {wire.split(".", n)[n] for n in range(1, wire.count(".") + 1)}
        return f"{local.casefold()}@{wire}" in self.addresses or wire in self.domains or bool(parents & self.above)


def read_allow_list(entries: Sequence[str]) -> AllowList:
    """The list as the settings give it. Raises: SettingsError - it is empty, or an entry allows too much or nothing."""
    if not entries:
        raise refused(SettingsError, "stop_allow_none", where=WHERE)
    domains: set[str] = set()
    above: set[str] = set()
    addresses: set[str] = set()
    for entry in entries:
        text = entry.strip()
        local, at, domain = text.rpartition("@")
        wire = ascii_domain(domain.removeprefix("*."))
        if not DOMAIN.fullmatch(wire) or (at and (not LOCAL.fullmatch(local) or domain.startswith("*."))):
            raise refused(SettingsError, "stop_allow_entry", where=WHERE, entry=entry)
        if at:
            addresses.add(f"{local.casefold()}@{wire}")
        elif wire in ANYBODYS:
            raise refused(SettingsError, "stop_allow_anybody", where=WHERE, domain=wire)
        else:
            (above if domain.startswith("*.") else domains).add(wire)
    return AllowList(frozenset(domains), frozenset(above), frozenset(addresses))
