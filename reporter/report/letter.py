"""A mail out of its templates: subject, HTML and text from one set of finished facts. Opens only these."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from reporter.errors import SettingsError, refused
from reporter.report.environment import render
from reporter.text.catalogue import words

LONGEST = 90_000  # bytes of HTML; Gmail cuts off what is longer than about 102 KB


@dataclass(frozen=True)
class Digest:
    """One digest: a one-line subject without a name, and the two bodies that say the same."""

    subject: str
    html: str
    text: str


def filled_in(names: Sequence[str], context: Mapping[str, Any], *, language: str, templates: Path | None) -> Digest:
    """A mail from the templates of its subject, HTML and text.

    Raises: SettingsError when one cannot be used, or leaves out what every mail has to say: that it is no advice.
    """
    subject, html, text = (render(name, context, language=language, templates=templates) for name in names)
    said = (escape(context["disclaimer"]), context["disclaimer"])
    for name, body, wanted in zip(names[1:], (html, text), said, strict=True):
        if "".join(str(wanted).split()) not in "".join(body.split()):
            raise refused(SettingsError, "stop_template_disclaimer", where=name)
    return Digest(subject=re.sub(r"[ \t\r\n]+", " ", subject).strip(), html=html, text=text)


def fitting(make: Callable[[int, int], Digest], steps: Sequence[tuple[int, int]]) -> Digest:
    """The mail with as many rows and outages as it can show without being cut off on its way; at least the last."""
    for rows, outages in steps:
        told = make(rows, outages)
        if len(told.html.encode()) <= LONGEST:
            break
    return told


def in_two(names: Sequence[str], first: Mapping[str, Any], second: Mapping[str, Any], templates: Path | None) -> Digest:
    """One mail that says the same in two languages, one part below the other, each with a way to the other.

    Takes: what each part's templates may use; the rows of each are fewer, so that the mail stays as short as another.
    """
    above, below = parts(first, second)
    under = filled_in(names, below, language=second["language"], templates=templates)
    also = {"html": Markup(under.html), "text": under.text}
    return filled_in(names, above | {"also": also}, language=first["language"], templates=templates)


def parts(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The names of both parts: the first has the mail's subject, each says where the other stands."""
    one, other = first["language"], second["language"]
    subject = f"{first['subject_short']} / {second['subject_short']} ({first['monday']})"
    below = words("digest", other)["part_below"]
    above = words("digest", one)["part_above"]
    upper = {"is_second": False, "anchor": one, "other": other, "jump": below}
    lower = {"is_second": True, "anchor": other, "other": one, "jump": above}
    return {**first, "subject": subject, "both": upper}, {**second, "both": lower}
