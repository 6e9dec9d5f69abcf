"""What is usually kept when a filing was tried during an outage, with what is there and what is missing. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pandas import Timestamp

from reporter.model.evidence import Kept, Proof

ATTEMPTS = 3
TO_ASK = ("device", "address", "numbers", "form", "second", "witness")
"""What no file of ours can show: the person has to be asked."""
MARKS = {"there": "✓", "missing": "☐", "to_ask": "?"}


def checklist(
    person: Mapping[str, Any], proofs: Sequence[Proof], kept: Sequence[Kept], w: Mapping[str, str]
) -> dict[str, Any]:
    """The section of the sheet: each item with a mark and a word for how it stands."""
    attempts = [one for one in kept if one.kind == "attempt"]
    inside = sum(any(_within(one.happened_at, proof) for proof in proofs) for one in attempts)
    rows = [
        (f"{MARKS[state]} {w[state]}", w[f"check_{name}"].format(n=len(attempts), inside=inside))
        for name, state in standing(person, proofs, kept).items()
    ]
    return {"title": w["checklist"], "header": (), "rows": tuple(rows), "notes": ()}


def standing(person: Mapping[str, Any], proofs: Sequence[Proof], kept: Sequence[Kept]) -> dict[str, str]:
    """How each item stands: there, missing or to_ask."""
    kinds = [one.kind for one in kept]
    is_dated = bool(person.get("permit_kind")) and not pd.isna(person.get("permit_expires_on"))
    is_there = {
        "dates": is_dated,
        "notice": bool(proofs) and all(proof.captures for proof in proofs),
        "words": bool(proofs) and all(proof.raw_text and proof.outage["source_url"] for proof in proofs),
        "official": bool(proofs) and all(proof.outage["verification"] == "official" for proof in proofs),
        "screenshot": "screenshot" in kinds,
        "error_text": "error_text" in kinds,
        "attempt": kinds.count("attempt") >= ATTEMPTS,
        "confirmation": "confirmation" in kinds,
    }
    said = {name: "there" if held else "missing" for name, held in is_there.items()}
    return said | dict.fromkeys(TO_ASK, "to_ask")


def _within(at: Timestamp | None, proof: Proof) -> bool:
    if at is None:
        return False
    ended = proof.outage["ended_at"]
    return bool(proof.outage["began_at"] <= at and (pd.isna(ended) or at < ended))
