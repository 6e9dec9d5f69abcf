"""How templates are read and filled in: in a sandbox, with nothing undefined, and escaped where it is HTML.

A user's own folder is looked into first, so that one file can be replaced; ours stay reachable as `ours/NAME`,
so that a replacement can extend what it replaces.
"""

import textwrap
import traceback
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from pandas import Timestamp

from reporter import resources
from reporter.errors import SettingsError, refused
from reporter.text import formats
from reporter.text.time_zones import zone

WIDTH = 78
LONGEST = 10_000  # what a template may multiply by


class Sandbox(SandboxedEnvironment):
    """The sandbox of jinja2, which keeps a template from our insides, and from making a text of any length."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers as they are; a text or list repeated within reason."""
        if operator == "**" or max((abs(x) for x in (left, right) if isinstance(x, int)), default=0) > LONGEST:
            raise SecurityError(f"a number is too large for {operator}")
        return super().call_binop(context, operator, left, right)


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
    )
    made.filters.update(_filters(language))
    return made


def render(name: str, context: Mapping[str, Any], *, language: str, templates: Path | None = None) -> str:
    """The template of that name, filled in.

    Raises: SettingsError naming the template, when it is missing, unsound or asks for what there is not.
    """
    return "".join(pieces(name, context, language=language, templates=templates))


def pieces(name: str, context: Mapping[str, Any], *, language: str, templates: Path | None = None) -> Iterator[str]:
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
