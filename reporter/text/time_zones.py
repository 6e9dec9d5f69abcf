"""Time zones: one copy of the rules, and the zone of each province.

Canadian clock law changed in 2026, and an operating system's own zone files may be older than that. The
`tzdata` package is therefore made the only source, here, before any zone is looked up.
"""

import zoneinfo

zoneinfo.reset_tzpath(to=())
OTTAWA = "America/Toronto"
ZONES = {
    "AB": "America/Edmonton",
    "BC": "America/Vancouver",
    "MB": "America/Winnipeg",
    "NB": "America/Moncton",
    "NL": "America/St_Johns",
    "NS": "America/Halifax",
    "NT": "America/Yellowknife",
    "NU": "America/Iqaluit",
    "ON": "America/Toronto",
    "PE": "America/Halifax",
    "QC": "America/Toronto",
    "SK": "America/Regina",
    "YT": "America/Whitehorse",
}


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that IANA name; ZoneInfoNotFoundError (a KeyError) when there is none."""
    return zoneinfo.ZoneInfo(name)
