"""What the library that reads the settings says of a wrong value, as one of our own sentences. Pure."""

import re
from collections.abc import Mapping

KNOWN = {
    "stop_unknown_field": r"Object contains unknown field `(?P<name>.*)`",
    "stop_kind": r"Expected `(?P<wanted>.*)`, got `(?P<found>.*)`",
    "stop_choice": r"Invalid enum value '(?P<found>.*)'",
}


def of_value(what: str) -> tuple[str, Mapping[str, str]]:
    """The code of the sentence in problems/stops.toml, and what fills it; the words as they are, if not known."""
    for code, pattern in KNOWN.items():
        if found := re.fullmatch(pattern, what):
            return code, found.groupdict()
    return "stop_value", {"what": what}
