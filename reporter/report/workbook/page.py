"""Sheets as values: what a writer of workbooks is given, whichever library it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from pandas import Timestamp

CORE = "docProps/core.xml"
STAMP = (1980, 1, 1, 0, 0, 0)  # of each part in a package, whenever it is written


@dataclass(frozen=True)
class Properties:
    """What the file says of itself; `created` is the clock of the report."""

    title: str
    author: str
    language: str
    created: Timestamp

    @property
    def core(self) -> str:
        """The part that says what the file is, in the language it is in, by the clock of the report."""
        at = f"{self.created.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"
        author = escape(self.author)
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
            'xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dc:title>{escape(self.title)}</dc:title><dc:creator>{author}</dc:creator>"
            f"<cp:lastModifiedBy>{author}</cp:lastModifiedBy>"
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
            f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified>'
            f"<dc:language>{self.language}</dc:language></cp:coreProperties>"
        )


@dataclass(frozen=True)
class CellLook:
    """The look of a cell; what is not named stays as the spreadsheet has it."""

    ink: str = ""
    paper: str = ""
    size: float = 0
    is_bold: bool = False
    is_wrapped: bool = False
    across: str = ""  # left, right or center
    down: str = ""  # top or vcenter
    indent: int = 0
    number: str = ""  # the number format
    border: str = ""  # the colour of a thin line all around


@dataclass(frozen=True)
class TextRule:
    """Cells whose text begins so look so, wherever sorting takes them."""

    begins: str
    look: CellLook


@dataclass(frozen=True)
class NumberRule:
    """Cells whose number lies between the two look so."""

    least: float
    most: float
    look: CellLook


@dataclass(frozen=True)
class Entry:
    """What may be entered in a column: one of `choices`, or where there are none a whole number of `bounds`."""

    advice: str
    refusal: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Series:
    """One series of a chart: the column of that header, in rows of the page's table."""

    header: str
    colour: str


@dataclass(frozen=True)
class ChartPlan:
    """A chart of columns over the first rows of the page's own table; `told` says in words what it shows."""

    title: str
    told: str
    axis: str
    categories: str  # the header of the column of names
    series: tuple[Series, ...]
    rows: int  # how many rows of the table are drawn
    row: int
    column: int = 0
    width: int = 860
    height: int = 240
    is_stacked: bool = False


@dataclass(frozen=True)
class Print:
    """How a page goes on paper: as wide as one sheet, and as many sheets long as `tall` says (0: as it needs)."""

    paper: int = 1
    is_landscape: bool = True
    tall: int = 0
    footer: str = ""
    has_gridlines: bool = False
    is_centred: bool = False


@dataclass(frozen=True)
class Page:
    """One sheet: joined cells above, one table under them. Columns are named by header, places counted from 0.

    `merges` are (first row, first column, last row, last column, text, look); `links` name the columns of web
    addresses, each with the column whose words stand for it; `hidden` columns are folded away behind a group.
    """

    name: str
    cells: Any  # an Arrow table
    header_row: int = 0
    header: CellLook = field(default_factory=CellLook)
    widths: tuple[float, ...] = ()
    looks: Mapping[str, CellLook] = field(default_factory=dict)
    merges: tuple[tuple[int, int, int, int, str, CellLook], ...] = ()
    heights: Mapping[int, float] = field(default_factory=dict)
    rules: Mapping[str, Sequence[TextRule | NumberRule]] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    numbers_as_text: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    charts: tuple[ChartPlan, ...] = ()
    table: str = ""  # the table's name, which is what makes it a table of the spreadsheet's own
    told: str = ""  # its alternative text
    has_filter: bool = False
    frozen: tuple[int, int] = (0, 0)  # rows and columns that stay in sight
    tab: str = ""
    has_gridlines: bool = True
    print: Print = field(default_factory=Print)

    @property
    def names(self) -> list[str]:
        """The headers, in order."""
        return list(self.cells.column_names)

    @property
    def top(self) -> int:
        """The first row of data."""
        return self.header_row + 1

    @property
    def bottom(self) -> int:
        """The last row of data; that of the header when there is none."""
        return self.header_row + len(self.cells)

    def cells_of(self, header: str, rows: int) -> str:
        """The first rows of that column, as a formula names them."""
        letters, name = _letters(self.names.index(header)), self.name.replace("'", "''")
        return f"'{name}'!${letters}${self.top + 1}:${letters}${self.top + rows}"


def _letters(place: int) -> str:
    """The name of a column: A, B … Z, AA …"""
    before, rest = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(65 + rest)
