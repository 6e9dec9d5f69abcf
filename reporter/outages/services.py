"""Which services a record means: names in either language, or ids, to ids. Pure."""

import re
from collections.abc import Mapping

from reporter.text.folding import fold_name

UNSPECIFIED = "unspecified"
_BETWEEN = re.compile(r"[;|\n]")


def known_services(names: Mapping[str, str]) -> dict[str, str]:
    """The plain names and, beside them, the ids themselves and `unspecified`."""
    return {fold_name(service): service for service in names.values()} | dict(names) | {UNSPECIFIED: UNSPECIFIED}


def service_ids(text: str, known: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The ids separated by `;`, and the names nobody knows, which count as `unspecified`: never as none."""
    parts = [part for piece in _BETWEEN.split(text) for part in _pieces(piece, known)]
    unknown = tuple(part for part in parts if fold_name(part) not in known)
    ids = dict.fromkeys(known.get(fold_name(part), UNSPECIFIED) for part in parts)
    return ";".join(ids) or UNSPECIFIED, unknown


def _pieces(piece: str, known: Mapping[str, str]) -> list[str]:
    """The piece as one name if it is one; else what stands between its commas."""
    pieces = [piece] if fold_name(piece) in known else piece.split(",")
    return [part.strip() for part in pieces if fold_name(part)]
