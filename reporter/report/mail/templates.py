"""A mail out of its templates: subject, HTML and text from one set of finished facts. Opens only these."""

import re
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2 import __version__ as jinja2_version
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape
from msgspec import Struct
from pandas import Timedelta, Timestamp

from reporter import resources
from reporter.errors import SettingsError, refused
from reporter.model.levels import NAMES
from reporter.model.report import OFFICE_SLUG, Logo, Office, Recipient, Report
from reporter.report.people import Fact, badge, one_line
from reporter.text import formats
from reporter.text.catalogue import counted, words
from reporter.text.time_zones import zone

WIDTH = 78
LONGEST_PIECE = 10_000  # what a template may multiply by


class Sandbox(SandboxedEnvironment):
    """The sandbox of jinja2, which keeps a template from our insides, and from making a text of any length."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers as they are; a text or list repeated within reason."""
        if operator == "**" or max((abs(x) for x in (left, right) if isinstance(x, int)), default=0) > LONGEST_PIECE:
            raise SecurityError(f"a number is too large for {operator}")
        return super().call_binop(context, operator, left, right)


class CompiledTemplates(FileSystemBytecodeCache):
    """Our templates as jinja2 compiled them, kept beside them in `__pycache__`, as Python keeps its modules.

    In an installation that may not be written to each process compiles them anew, and an office's own always.
    """

    def __init__(self) -> None:
        super().__init__(str(resources.templates() / "__pycache__"), f"%s.jinja2-{jinja2_version}.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the one that is kept; one that was torn, by a full disk or a power cut, is compiled anew."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - what unpacking says of half a file is any of a dozen
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one of ours, if there is a place for it."""
        home = Path(self.directory)
        if bucket.code and Path(bucket.code.co_filename).parent == home.parent:
            with suppress(OSError):
                home.mkdir(exist_ok=True)
                super().dump_bytecode(bucket)


@cache
def environment(language: str, templates: Path | None = None) -> Environment:
    """The jinja2 environment of one language, kept, since every recipient's digest is made with it.

    Takes: language - en or fr, for the filters; templates - the user's own folder, looked into first.
    """
    made = Sandbox(
        loader=_loader(templates),
        autoescape=_is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=CompiledTemplates(),
    )
    made.filters.update(_filters(language))
    return made


def render(name: str, context: Mapping[str, Any], *, language: str, templates: Path | None = None) -> str:
    """The template of that name, filled in.

    Raises: SettingsError naming the template, when it is missing, unsound or asks for what there is not.
    """
    return "".join(rendered_pieces(name, context, language=language, templates=templates))


def rendered_pieces(
    name: str, context: Mapping[str, Any], *, language: str, templates: Path | None = None
) -> Iterator[str]:
    """The same piece by piece, for a page so long that it should stand in memory once."""
    try:
        yield from environment(language, templates).get_template(name).generate(context)
    except (TemplateError, RecursionError) as e:
        raise refused(SettingsError, "stop_template", where=fault(e, name), what=e) from e
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as e:
        # NOTE: the text of such a fault can quote what stood in a row
        raise refused(SettingsError, "stop_template_fault", where=fault(e, name), what=type(e).__name__) from None


def fault(e: BaseException, name: str) -> str:
    """The template and the line that a fault came from: jinja2 puts them on the traceback."""
    if isinstance(e, TemplateSyntaxError):
        return f"{e.name or name}:{e.lineno}"
    frames = [at for at in traceback.extract_tb(e.__traceback__) if at.filename.endswith(".j2")]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else name


def _loader(templates: Path | None) -> BaseLoader:
    ours = FileSystemLoader(resources.templates())
    theirs = [FileSystemLoader(templates)] if templates else []
    return ChoiceLoader([*theirs, ours, PrefixLoader({"ours": ours})])


def _is_html(name: str | None) -> bool:
    # NOTE: jinja2's own select_autoescape() does not recognise a name that ends in .html.j2
    return name is None or name.endswith(".html.j2")


def _filters(language: str) -> dict[str, Any]:
    return {
        "day": lambda on, weekday=False: formats.day(on, language, weekday=weekday),
        "clock": lambda at, place: formats.clock(at, zone(place), language),
        "span": formats.span,
        "number": lambda value: formats.number(value, language),
        "plural": lambda value, one, other, many="": formats.plural(value, one, other, language, many=many),
        "wrap": wrap,
        "iso": lambda at: Timestamp(at).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@lru_cache(maxsize=20_000)
def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """The text on lines of at most 78 columns; no-break spaces hold, and long words are left whole.

    Takes: first - what stands before the first line; rest - before the others (blanks of the same width).
    """
    rest = " " * len(first) if rest is None else rest
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


LONGEST = 90_000  # bytes of HTML; Gmail cuts off what is longer than about 102 KB


class Digest(Struct, frozen=True):
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
        if wanted not in body and "".join(str(wanted).split()) not in "".join(body.split()):
            raise refused(SettingsError, "stop_template_disclaimer", where=name)
    return Digest(subject=re.sub(r"[ \t\r\n]+", " ", subject).strip(), html=html, text=text)


def fitting(make: Callable[[int, int], Digest], steps: Sequence[tuple[int, int]]) -> Digest:
    """The mail with as many rows and outages as it can show without being cut off on its way; at least the last."""
    for rows, outages in steps:
        told = make(rows, outages)
        if len(told.html.encode()) <= LONGEST:
            break
    return told


def mail_of(
    names: Sequence[str], first: Mapping[str, Any], second: Mapping[str, Any] | None, templates: Path | None
) -> Digest:
    """A mail; with a second part it says the same in two languages, one below the other, each with a way to the other.

    Takes: what each part's templates may use; of two the rows are fewer, so that the mail stays as short as another.
    """
    if second is None:
        return filled_in(names, first, language=first["language"], templates=templates)
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


def brand(office: Office) -> Fact:
    """The office's colour, the picture of its sign, its signature, and what it says below our disclaimer."""
    return {
        "accent": office.accent,
        "ink": office.ink,
        "logo": _logo(office),
        "signature": [one_line(line) for line in office.signature],
        "disclaimer": one_line(office.disclaimer),
    }


def _logo(office: Office) -> Fact | None:
    logo = office.logo
    if logo is None:
        return None
    return {"src": f"cid:{logo.cid}", "width": logo.width, "height": logo.height, "alt": one_line(office.name)}


def monday(report: Report) -> Timestamp:
    """The Monday of the week of `as_of`, on the office's calendar; of a reader who hears every day, that day."""
    return _monday(report.run.as_of, report.office.time_zone, is_daily=_is_daily(report))


@lru_cache(maxsize=16)  # every mail of a run asks for the same
def _monday(at: Timestamp, time_zone: str, *, is_daily: bool) -> Timestamp:
    local = at.tz_convert(zone(time_zone)).tz_localize(None)
    return local if is_daily else local - Timedelta(days=local.day_of_week)


def week_said(report: Report) -> str:
    """What a subject says of it: that it is the week of that day, or the day."""
    text = formats.day(monday(report), report.language)
    said = text if _is_daily(report) else words("digest", report.language)["week_of"].format(day=text)
    return of_a_subject(said, report.language)


def of_a_subject(text: str, language: str) -> str:
    """The text as a subject has it: in English without a no-break space it is plain ASCII, and is not sent encoded."""
    return text if language == "fr" else text.replace(formats.NBSP, " ")


def _is_daily(report: Report) -> bool:
    return report.recipient is not None and report.recipient.rhythm == "daily"


def of_rosters(report: Report) -> list[Fact]:
    """What could not be read, so that nobody takes the people told of for everybody."""
    if not report.account.unread:
        return []
    places = formats.join_phrases(report.account.unread, report.language)
    return [{"symbol": "!", "text": words("digest", report.language)["notice_unread"].format(places=places)}]


def of_files(report: Report) -> list[Fact]:
    """What is to be known of the files that go with the mail."""
    return [{"symbol": "–", "text": text} for text in report.about_files]


def of_every_mail(report: Report, w: Mapping[str, str]) -> Fact:
    """What every mail says: whose it is, and under it whom to refer to, what this is not, why it came, and the run."""
    office, run = report.office, report.run
    local = run.as_of.tz_convert(zone(office.time_zone))
    why = w["why_you"].format(office=one_line(office.name) or w["the_office"])
    return {
        "w": w,
        "language": report.language,
        "unit": one_line(report.recipient.title) if report.recipient else "",
        "office": one_line(office.name),
        "contact": w["contact"].format(contact=one_line(office.licensed_contact)) if office.licensed_contact else "",
        "disclaimer": w["disclaimer"].format(date=formats.day(local, report.language)),
        "why_you": f"{report.law_foot} {why}".lstrip(),
        "address": one_line(office.address),
        "both": None,
        "also": None,
        "brand": brand(office),
        "run": w["run_value"].format(run=one_line(run.run_id)),
    }


class PreviewEntry(Struct, frozen=True):
    """One recipient with the counts, the mail, and the names of its own files and of what is attached."""

    recipient: Recipient
    people_by_level: Mapping[str, int]
    digest: Digest
    files: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    is_held: bool = False  # it waits until somebody releases it
    is_skipped: bool = False  # it is not sent: its reader wants none of a quiet week


def preview(entries: Sequence[PreviewEntry], *, language: str, templates: Path | None = None) -> bytes:
    """The page: recipients to choose from, and each mail as HTML, from the file beside it, and as text."""
    page, facts = BytesIO(), preview_facts(entries, language)
    for piece in rendered_pieces("preview.html.j2", facts, language=language, templates=templates):
        page.write(piece.encode())
    return page.getvalue()


def from_disk(html: str, logo: Logo | None) -> str:
    """The mail as a file: its picture is the one that stands beside it."""
    return html.replace(f"cid:{logo.cid}", logo.name) if logo else html


def preview_facts(entries: Sequence[PreviewEntry], language: str) -> dict[str, Any]:
    """Everything its template may use."""
    w = words("digest", language)
    count = counted(w, "preview_count", len(entries), language)
    shown = [_shown(entry, w, language) for entry in entries]
    return {"w": w, "language": language, "count": count, "entries": shown}


def _shown(entry: PreviewEntry, w: Mapping[str, str], language: str) -> Mapping[str, Any]:
    recipient, counts = entry.recipient, entry.people_by_level
    return {
        "slug": recipient.slug,
        "title": w["preview_office"] if recipient.slug == OFFICE_SLUG else one_line(recipient.title) or recipient.slug,
        "to": one_line(recipient.address) or "–",
        "language": recipient.language,
        "languages": [language.upper() for language in recipient.languages],
        "subject": entry.digest.subject,
        "page": f"{recipient.slug}.html",
        "text": entry.digest.text,
        "files": entry.files,
        "attached": entry.attached,
        "is_held": entry.is_held and not entry.is_skipped,
        "is_skipped": entry.is_skipped,
        "levels": [{**badge(name, language), "count": counts[name]} for name in NAMES if counts.get(name)],
    }
