"""How cells look: one calm palette, one format for each kind of column, one rule for each level.

Every colour goes with a word and a symbol; ink on paper keeps a contrast of at least 4.5 to 1.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from reporter.model.levels import BY_NAME, LEVELS
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from rustpy_xlsxwriter import Format
NAVY, WHITE, GREY, LINE, BAND, ENTRY = "#1F3A5F", "#FFFFFF", "#4A5560", "#C9D1DA", "#F3F5F8", "#FFFCEB"
SYMBOL_OF_DOUBT = "!"


@dataclass(frozen=True)
class Tone:
    """The look of a line of words: its ink on its paper, and a symbol that says the same without colour."""

    ink: str
    paper: str
    symbol: str = ""
    size: float = 11
    is_bold: bool = False


TONES = {
    "title": Tone(WHITE, NAVY, size=20, is_bold=True),
    "subtitle": Tone(WHITE, NAVY, size=11),
    "heading": Tone(NAVY, WHITE, size=14, is_bold=True),
    "label": Tone(NAVY, "#EEF2F7", is_bold=True),
    "plain": Tone("#1B2733", WHITE),
    "small": Tone(GREY, WHITE, size=9),
    "note": Tone(GREY, "#F5F7FA", size=10),
    "act": Tone(BY_NAME["critical"].ink, BY_NAME["critical"].paper, BY_NAME["critical"].symbol, 15, True),
    "high": Tone(BY_NAME["high"].ink, BY_NAME["high"].paper, BY_NAME["high"].symbol, 15, True),
    "watch": Tone(BY_NAME["medium"].ink, BY_NAME["medium"].paper, BY_NAME["medium"].symbol, 15, True),
    "calm": Tone(BY_NAME["low"].ink, BY_NAME["low"].paper, "✓", 15, True),
    "unknown": Tone("#3D2E00", "#FFC94D", SYMBOL_OF_DOUBT, 15, True),
    "unread": Tone(WHITE, "#3B2A63", "?", 15, True),
    "doubt": Tone("#3D2E00", "#FFE29A", SYMBOL_OF_DOUBT, is_bold=True),
    "good": Tone("#1D4731", "#EAF6EE", "✓"),
    **{f"level_{level.name}": Tone(level.ink, level.paper, level.symbol, is_bold=True) for level in LEVELS},
}
# kind of column: its number format; numbers stand right, dates left
NUMBERS = {"date": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm", "hours": "#,##0.00", "days": "0"}
NUMBERS |= {"entered_date": "yyyy-mm-dd", "count": '#,##0;-#,##0;"–"', "difference": '+#,##0;−#,##0;"–"'}
DATES = ("date", "instant", "entered_date")


@cache
def tone_format(tone: Tone) -> "Format":
    """The look of a banner line."""
    from rustpy_xlsxwriter import Format

    look = Format().set_font_color(tone.ink).set_background_color(tone.paper).set_font_size(tone.size)
    look = look.set_align("vcenter").set_align("left").set_text_wrap().set_indent(1)
    return look.set_bold() if tone.is_bold else look


@cache
def column_format(kind: str) -> "Format":
    """The look of a column of that kind: top aligned, numbers with their unit's decimals, text wrapped."""
    from rustpy_xlsxwriter import Format

    look = Format().set_align("top").set_indent(1)
    if kind == "key":
        return look.set_font_color(GREY).set_align("left")
    if kind.startswith("entered"):
        look = look.set_background_color(ENTRY).set_border("thin").set_border_color(LINE)
    if kind in NUMBERS:
        return look.set_num_format(NUMBERS[kind]).set_align("left" if kind in DATES else "right")
    look = look.set_align("left").set_text_wrap()
    if kind in ("level", "change"):
        look = look.set_bold()
    return look.set_font_color("#0B5394") if kind == "link" else look


@cache
def header_format() -> "Format":
    """The look of a table's header row."""
    from rustpy_xlsxwriter import Format

    look = Format().set_bold().set_font_color(WHITE).set_background_color(NAVY).set_text_wrap()
    return look.set_align("vcenter").set_align("left").set_indent(1).set_border("thin").set_border_color(LINE)


@cache
def rules_of(kind: str, language: str) -> list[dict[str, Any]]:
    """The conditional formats of a column of that kind, matched by how its text begins."""
    if kind == "level":
        return [_rule(f"{level.symbol} {level.word(language)}", TONES[f"level_{level.name}"]) for level in LEVELS]
    w = words("workbook", language)
    if kind == "sure":
        doubtful = (w["sure_unverified"], w["sure_press"], w["sure_user_report"])
        return [_rule(text, TONES["doubt"]) for text in doubtful]
    if kind == "change":
        inks = {"new": "#7A1F1F", "worse": "#7A1F1F", "better": "#1D4731", "gone": "#1D4731", "same": GREY}
        return [_rule(w[f"change_{change}"], Tone(ink, WHITE)) for change, ink in inks.items()]
    return []


def _rule(text: str, tone: Tone) -> dict[str, Any]:
    from rustpy_xlsxwriter import Format

    # A `cell` rule of this library compares numbers only: words are matched by a `text` rule.
    look = Format().set_font_color(tone.ink)
    look = look if tone.paper == WHITE else look.set_background_color(tone.paper)
    return {"type": "text", "criteria": "begins_with", "value": text, "format": look}
