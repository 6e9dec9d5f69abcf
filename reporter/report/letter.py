"""A mail out of its templates: subject, HTML and text from one set of finished facts. Opens only these."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import escape

from reporter.errors import SettingsError
from reporter.report.environment import render


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
            raise SettingsError("leaves out `disclaimer`, which every mail has to say", where=name)
    return Digest(subject=re.sub(r"[ \t\r\n]+", " ", subject).strip(), html=html, text=text)
