"""Invented acts in the form of the official XML, in both languages; no text of any law."""

import re
from collections.abc import Mapping

KINDS = ("Subsection", "Paragraph", "Subparagraph", "Clause")


def act_xml(
    words: Mapping[str, str],
    *,
    number: str = "SOR/1900-1",
    language: str = "en",
    to: str = "2026-06-14",
    amended: str = "",
) -> bytes:
    """An act with these provisions: `{"12(3)(a)": "words"}`; what holds them is made along the way."""
    sections: dict[str, dict] = {}
    for provision, text in words.items():
        place = sections
        for label in re.findall(r"[^()]+", provision):
            place = place.setdefault(label, {})
        place[""] = text
    body = "".join(_part(label, held, -1, language, amended or "2020-01-01") for label, held in sections.items())
    named = f"<InstrumentNumber>{number}</InstrumentNumber>"
    if "/" not in number:
        named = f'<Chapter><ConsolidatedNumber official="yes">{number}</ConsolidatedNumber></Chapter>'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Act xmlns:lims="http://justice.gc.ca/lims" xml:lang="{language}"'
        f' lims:current-date="{to}"><Identification>{named}</Identification><Body>{body}</Body></Act>'
    ).encode()


def _part(label: str, held: dict, depth: int, language: str, amended: str) -> str:
    kind = "Section" if depth < 0 else KINDS[depth]
    if depth >= 0:
        label = f"{label})" if language == "fr" and label[0].isalpha() else f"({label})"
    text = f"<Text>{held.get('', 'Of what follows:')}</Text>"
    inner = "".join(_part(name, part, depth + 1, language, amended) for name, part in held.items() if name)
    dates = f' lims:inforce-start-date="{amended}" lims:lastAmendedDate="{amended}"'
    return f"<{kind}{dates}><MarginalNote>Note</MarginalNote><Label>{label}</Label>{text}{inner}</{kind}>"
