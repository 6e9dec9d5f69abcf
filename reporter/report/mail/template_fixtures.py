"""Tries every template on invented reports, so that a fault in one is found before anything is written or sent."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import TemplateError, meta, nodes
from markupsafe import Markup
from msgspec.structs import replace
from pandas import DataFrame, Timestamp

from reporter import resources
from reporter.errors import SettingsError, refused
from reporter.model.levels import NAMES
from reporter.model.report import Account, Logo, Office, Recipient, Report, Run
from reporter.model.shapes import CHANGES, OUTAGES, RULES, SET_ASIDE, TOLD
from reporter.report.mail import short_mails
from reporter.report.mail.digest import DIGEST, digest_facts
from reporter.report.mail.short_mails import BRIEF
from reporter.report.mail.templates import (
    Digest,
    PreviewEntry,
    environment,
    fault,
    filled_in,
    parts,
    preview_facts,
    render,
)
from reporter.report.stress_map import COUNTS, MAP, MAPPED, map_facts
from reporter.text.time_zones import OTTAWA

AS_OF = Timestamp("2026-09-14T11:00Z")


OFFICE = Office(
    "Specimen office",
    "1 Example Street",
    licensed_contact="A. Specimen",
    logo=Logo(b"", "png", 120, 40),
    signature=("A. Specimen", "Specimen office"),
    disclaimer="Specimen disclaimer.",
)

ROWS = 25  # more people than any mail tells one by one


def specimens(language: str, office: Office = OFFICE) -> Iterator[tuple[str, Report]]:
    """A report in each state: with and without a previous run, more duties than are shown, an open outage."""
    whole = _at_risk(language, office)
    yield "at_risk", whole
    nobody = replace(whole, findings=TOLD.empty(), outages=OUTAGES.empty(), set_aside=SET_ASIDE.empty())
    account = Account(1, 1, 0, 0)
    calm = replace(nobody, account=account, people=1, people_by_level=_counts(none=1), previous_people_by_level={})
    yield "quiet", replace(calm, run=replace(whole.run, previous_as_of=None), office=Office())
    yield "stale", replace(calm, run=replace(whole.run, is_record_stale=True))
    yield "no_record", replace(calm, run=replace(whole.run, has_outage_record=False, record_complete_to=None))
    yield "unread", replace(nobody, account=Account(2, 0, 2, 0), set_aside=whole.set_aside)


def _at_risk(language: str, office: Office) -> Report:
    account = Account(ROWS + 4, ROWS + 3, 1, 0)
    return Report(
        language=language,
        office=office,
        run=Run("specimen", AS_OF, account, "0" * 64, previous_as_of=AS_OF - pd.Timedelta(days=7),
                record_complete_to=AS_OF),
        account=account,
        recipient=Recipient("specimen", "specimen@example.org", language, "Specimen unit"),
        findings=_findings(),
        outages=_outages(),
        set_aside=SET_ASIDE.cast(DataFrame([{"source_row": "s.xlsx!S:2", "cell": "S!F2", "severity": "error"}])),
        changes=CHANGES.cast(DataFrame([{"change": "new", "person_id": "S1"}])).assign(title="", full_name=""),
        rules=RULES.empty(),
        service_titles={"specimen": "GCKey"},
        left_over=1,
        people=ROWS + 3,
        people_by_level=_counts(critical=ROWS + 2, medium=1),
        previous_people_by_level=_counts(critical=1),
    )  # fmt: skip


def _counts(**counts: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, 0) | counts


def _findings() -> DataFrame:
    closes = AS_OF.normalize() + pd.Timedelta(days=6)  # a Sunday
    usual: dict[str, Any] = {
        "level": "critical", "title": "A duty", "closes_on": closes.tz_localize(None) - pd.Timedelta(days=1),
        "closes_at": closes, "last_safe_at": closes, "closes_local": "closes", "last_safe_local": "safe",
        "over_on": closes.tz_localize(None) - pd.Timedelta(days=1), "over_at": closes, "over_local": "over",
        "left_days": 5.0, "left_hours": 130.0, "usable_hours": 120.0, "reason": "Why.", "action": "Do.", "cite": "Rule",
        "link": "https://example.org/", "is_past": False, "is_filed": False, "is_weekend": True,
        "is_unverified": True, "date_certainty": "uncertain", "outages": "open;over", "deadline": "specimen",
        "rule": "specimen",
        "disposition": "open",
    }  # fmt: skip
    bare = {"closes_on": None, "closes_at": None, "last_safe_at": None, "closes_local": "", "left_hours": None,
            "reason": "", "action": "", "cite": "", "link": "", "level": "medium"}  # fmt: skip
    past = {
        "is_past": True,
        "is_over": True,
        "disposition": "missed",
        "left_hours": -30.0,
        "left_days": -1.0,
        "past_days": 1.0,
    }
    rows = [usual | {"person_id": f"S{n}"} for n in range(ROWS + 1)]
    rows = [usual | bare | {"person_id": "S98"}, usual | past | {"person_id": "S99"}, *rows]
    blank = {name: 0.0 for kind in ("hours", "days", "share") for name in TOLD.of_kind(kind)}
    blank |= dict.fromkeys(TOLD.of_kind("truth"), False)
    return TOLD.cast(DataFrame([blank | row for row in rows]))


def _outages() -> DataFrame:
    over = {"outage_id": "over", "services": "specimen", "began_at": AS_OF - pd.Timedelta(days=2), "kind": "unplanned",
            "ended_at": AS_OF - pd.Timedelta(days=1), "verification": "official", "status": "resolved",
            "source_url": "https://example.org/", "title": "Over"}  # fmt: skip
    opened = over | {"outage_id": "open", "ended_at": None, "verification": "user_report", "source_url": ""}
    many = [opened | {"outage_id": f"o{n}"} for n in range(10)]
    frame = DataFrame([over, opened, *many])
    return OUTAGES.cast(frame.assign(ended_at=pd.to_datetime(frame["ended_at"], utc=True)))


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
        context = digest_facts(report)
        assert context["state"] == state
        yield DIGEST, context
        yield BRIEF, short_mails.role_mail_facts(report)
        if state == "at_risk":
            yield from ((DIGEST, part) for part in _in_two(context))
            yield from ((BRIEF, part) for part in _in_two(short_mails.role_mail_facts(report)))
    files = ("s.txt",), ("s.xlsx",)
    entry = PreviewEntry(Recipient("specimen", "", language, "Unit"), {"critical": 1}, Digest("S", "<p>", "T"), *files)
    yield (PREVIEW,), preview_facts([entry], language)
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
    grid = plain | {"header": ("Kind", "File"), "rows": (("screenshot", "1"),)}
    texts = dict.fromkeys(("office", "title", "for_whom", "disclaimer"), "Specimen")
    return texts | {"language": language, "colon": ":", "case": "case-0", "sections": [plain, grid]}


def map_specimen(language: str, most: int) -> Mapping[str, Any]:
    """What the map of a stress test may use: two invented days, on which nobody or somebody is touched."""
    began = pd.date_range("2026-03-01", periods=48, freq="h", tz="UTC")
    moments = DataFrame({"hours": 4.0, "began_at": began, MAPPED: [most] * 48})
    worst = moments.head(1 if most else 0).assign(**dict.fromkeys(COUNTS, most))
    return map_facts(moments, OTTAWA, language, services="Specimen", worst=worst)


def _names_are_known(name: str, context: Mapping[str, Any], language: str, templates: Path | None) -> None:
    """A name in a branch that no specimen enters would fail on the day that it is entered."""
    made = environment(language, templates)
    try:
        source, path, _ = made.loader.get_source(made, name)  # type: ignore[union-attr]
        # NOTE: a template that extends another may use what that one sets
        if "extends" in source or (path is not None and Path(path).is_relative_to(resources.templates())):
            return
        parsed = made.parse(source, name, path)
    except TemplateError as e:
        raise refused(SettingsError, "stop_template", where=fault(e, name), what=e) from e
    # NOTE: what the page itself names, a macro say, is asked for too where it stands in a loop
    own = {macro.name for macro in parsed.find_all(nodes.Macro)}
    own |= {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "store"}
    if unknown := sorted(meta.find_undeclared_variables(parsed) - own - set(context)):
        line = next((n for n, text in enumerate(source.splitlines(), 1) if unknown[0] in text), 1)
        raise refused(SettingsError, "stop_template_name", where=f"{name}:{line}", name=unknown[0])
