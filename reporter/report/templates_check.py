"""Tries every template on invented reports, so that a fault in one is found before anything is written or sent."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import TemplateError, meta, nodes
from markupsafe import Markup
from pandas import DataFrame

from reporter import resources
from reporter.errors import SettingsError, refused
from reporter.model import evidence as model
from reporter.model.report import Office, Recipient
from reporter.report import brief
from reporter.report.brief import BRIEF
from reporter.report.digest import DIGEST, facts
from reporter.report.environment import environment, fault, render
from reporter.report.heatmap import MAP, MAPPED, map_facts
from reporter.report.letter import Digest, filled_in, parts
from reporter.report.preview import Entry, preview_facts
from reporter.report.specimen import OFFICE, specimens
from reporter.text.time_zones import OTTAWA

SHEET = ("evidence.html.j2", "evidence.txt.j2")
PREVIEW = "preview.html.j2"
LANGUAGES = ("en", "fr")


def check_templates(templates: Path | None, offices: Mapping[str, Office] | None = None) -> int:
    """How many renderings went well: every template, in both languages, in every state of a report.

    Takes:  offices - the office of the settings as a reader of each language sees it; else an invented one.
    Raises: SettingsError - the folder is not there; or naming the first file and line that cannot be used.
    """
    if templates is not None and not templates.is_dir():
        raise refused(SettingsError, "stop_no_folder", where=f"templates: {templates.name}")
    done = 0
    for language in LANGUAGES:
        office = (offices or {}).get(language, OFFICE)
        for names, context in contexts(language, office):
            for name in names:
                _names_are_known(name, context, language, templates)
            if len(names) > 2:
                filled_in(names, context, language=language, templates=templates)
            else:
                for name in names:
                    render(name, context, language=language, templates=templates)
            done += len(names)
    return done


def contexts(language: str, office: Office = OFFICE) -> Iterator[tuple[Sequence[str], Mapping[str, Any]]]:
    """The templates of each mail or page with what they may be given, in every state."""
    for state, report in specimens(language, office):
        context = facts(report)
        assert context["state"] == state
        yield DIGEST, context
        yield BRIEF, brief.facts(report)
        if state == "at_risk":
            yield from ((DIGEST, part) for part in _in_two(context))
            yield from ((BRIEF, part) for part in _in_two(brief.facts(report)))
    files = ("s.txt",), ("s.xlsx",)
    entry = Entry(Recipient("specimen", "", language, "Unit"), {"critical": 1}, Digest("S", "<p>", "T"), *files)
    yield (PREVIEW,), preview_facts([entry], language, office.logo)
    yield SHEET, sheet_specimen(language)
    yield from (((MAP,), map_specimen(language, most)) for most in (0, 7))


def _in_two(context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Both parts of a mail in two languages."""
    other = {**context, "language": next(one for one in LANGUAGES if one != context["language"])}
    yield parts(context, other)[0] | {"also": {"html": Markup("<p>"), "text": "text"}}
    yield parts(other, context)[1]


def sheet_specimen(language: str) -> Mapping[str, Any]:
    """What the fact sheet of an evidence pack may use, invented."""
    plain = {"title": "Section", "header": (), "rows": (("Name", "Value"),), "notes": ("Note",)}
    grid = plain | {"header": ("Kind", "File"), "rows": ((model.KINDS[0], "1"),)}
    texts = dict.fromkeys(("office", "title", "for_whom", "disclaimer"), "Specimen")
    return texts | {"language": language, "colon": ":", "case": "case-0", "sections": [plain, grid]}


def map_specimen(language: str, most: int) -> Mapping[str, Any]:
    """What the map of a stress test may use: two invented days, on which nobody or somebody is touched."""
    began = pd.date_range("2026-03-01", periods=48, freq="h", tz="UTC")
    moments = DataFrame({"hours": 4.0, "began_at": began, MAPPED: [most] * 48})
    return map_facts(moments, OTTAWA, language, services="Specimen")


def _names_are_known(name: str, context: Mapping[str, Any], language: str, templates: Path | None) -> None:
    """A name in a branch that no specimen enters would fail on the day that it is entered."""
    made = environment(language, templates)
    try:
        source, path, _ = made.loader.get_source(made, name)  # type: ignore[union-attr]
        parsed = made.parse(source, name, path)
        # NOTE: what the page itself names, a macro say, is asked for too where it stands in a loop
        own = {macro.name for macro in parsed.find_all(nodes.Macro)}
        own |= {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "store"}
        asked = meta.find_undeclared_variables(parsed) - own
    except TemplateError as e:
        raise refused(SettingsError, "stop_template", where=fault(e, name), what=e) from e
    is_ours = path is not None and Path(path).is_relative_to(resources.templates())
    # NOTE: a template that extends another may use what that one sets
    if not is_ours and "extends" not in source and (unknown := sorted(asked - set(context))):
        line = next((n for n, text in enumerate(source.splitlines(), 1) if unknown[0] in text), 1)
        raise refused(SettingsError, "stop_template_name", where=f"{name}:{line}", name=unknown[0])
