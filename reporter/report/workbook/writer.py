"""The one door to the library that writes workbooks: pages as values in, the bytes of an .xlsx file out. Pure.

Nothing else in the house names that library, so that another can take its place. Same pages, same bytes: what the
library stamps with the machine's clock is written again with the clock of the report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pandas import Timestamp

if TYPE_CHECKING:
    from rvgsrust_xlsxwriter import Format, Workbook, Worksheet

CORE = "docProps/core.xml"
STAMP = (1980, 1, 1, 0, 0, 0)  # of each part in the package; the library gives the others the same
LANDSCAPE, PORTRAIT = True, False


@dataclass(frozen=True)
class Properties:
    """What the file says of itself; `created` is the clock of the report."""

    title: str
    author: str
    language: str
    created: Timestamp


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
    is_landscape: bool = LANDSCAPE
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


def package(pages: Sequence[Page], about: Properties) -> bytes:
    """The pages as an .xlsx file. The same pages and properties give the same bytes, whenever it is asked."""
    # Imported here: loading it takes longer than many a command of this program lasts.
    from rvgsrust_xlsxwriter import Workbook

    book = Workbook()
    book.set_properties(title=about.title, author=about.author)
    for page in pages:
        _write(_Desk(book, book.add_worksheet(page.name), page))
    return _with_core(book.save_to_buffer(), _core(about))


@dataclass(frozen=True)
class _Desk:
    """One sheet under work."""

    book: "Workbook"
    sheet: "Worksheet"
    page: Page

    @property
    def names(self) -> list[str]:
        """The headers, in order."""
        return list(self.page.cells.column_names)

    @property
    def top(self) -> int:
        """The first row of data."""
        return self.page.header_row + 1

    @property
    def bottom(self) -> int:
        """The last row of data; that of the header when there is none."""
        return self.page.header_row + len(self.page.cells)


def _write(desk: _Desk) -> None:
    page, sheet = desk.page, desk.sheet
    for first_row, first, last_row, last, text, look in page.merges:
        if (first_row, first) == (last_row, last):
            sheet.write(first_row, first, text, _format(look))
        else:
            sheet.merge_range(first_row, first, last_row, last, text, _format(look))
    _cells(desk)
    for place, width in enumerate(page.widths):
        sheet.set_column_width(place, width)
    for row, height in page.heights.items():
        sheet.set_row_height(row, height)
    if len(page.cells):
        _table(desk)
        _marks(desk)
    for chart in page.charts:
        _chart(desk, chart)
    _fold(desk)
    _view(desk)
    _paper(desk)


def _cells(desk: _Desk) -> None:
    page, sheet = desk.page, desk.sheet
    sheet.set_infinity_value("∞")
    looks = {name: _format(look) for name, look in page.looks.items()}
    for name in page.entries:  # where something is to be written an empty cell has a look too
        place = desk.names.index(name)
        if len(page.cells):
            sheet.set_range_format(desk.top, place, desk.bottom, place, looks[name])
    sheet.write_dataframe(page.header_row, 0, page.cells, header_format=_format(page.header), column_formats=looks)
    for name, words in page.links.items():
        place = desk.names.index(name)
        told = zip(page.cells.column(name).to_pylist(), page.cells.column(words).to_pylist(), strict=True)
        for row, (address, text) in enumerate(told, start=desk.top):
            if address:
                sheet.write_url(row, place, address, looks.get(name), text=text or address)


def _table(desk: _Desk) -> None:
    from rvgsrust_xlsxwriter import Table, TableColumn

    page, edges = desk.page, (desk.page.header_row, 0, desk.bottom, len(desk.names) - 1)
    if not page.table:
        if page.has_filter:
            desk.sheet.autofilter(*edges)
        return
    header = _format(page.header)
    columns = [_set(TableColumn(), header=name, header_format=header) for name in desk.names]
    table = _set(Table(), columns=columns, name=page.table, style="light1", autofilter=page.has_filter)
    desk.sheet.add_table(*edges, _set(table, alt_text_title=page.name, alt_text=page.told))


def _set(made: Any, **options: Any) -> Any:
    """One of the library's objects with these options; most of its setters give nothing back."""
    for name, value in options.items():
        getattr(made, f"set_{name}")(value)
    return made


def _marks(desk: _Desk) -> None:
    from rvgsrust_xlsxwriter import ConditionalFormatCell, ConditionalFormatText

    page, sheet = desk.page, desk.sheet
    for name, rules in page.rules.items():
        edges = (desk.top, desk.names.index(name), desk.bottom, desk.names.index(name))
        for rule in rules:
            made: Any = ConditionalFormatText() if isinstance(rule, TextRule) else ConditionalFormatCell()
            if isinstance(rule, TextRule):
                made.set_rule("begins_with", rule.begins)
            else:
                made.set_rule_between(rule.least, rule.most)
            made.set_format(_format(rule.look))
            sheet.add_conditional_format(*edges, made)
    for name, entry in page.entries.items():
        place = desk.names.index(name)
        if entry.advice:
            sheet.add_data_validation(desk.top, place, desk.bottom, place, _validation(entry))
    for name in page.numbers_as_text:
        place = desk.names.index(name)
        sheet.ignore_error_range(desk.top, place, desk.bottom, place, "number_stored_as_text")


def _validation(entry: Entry) -> Any:
    from rvgsrust_xlsxwriter import DataValidation

    made = DataValidation()
    if entry.choices:
        made.allow_list_strings(list(entry.choices))
    else:
        made.allow_whole_number("between", *entry.bounds)
    made.set_input_message(entry.advice)
    made.set_error_message(entry.refusal)
    return made


def _chart(desk: _Desk, plan: ChartPlan) -> None:
    from rvgsrust_xlsxwriter import Chart, ChartFormat, ChartSeries

    def cells(header: str) -> str:
        letters, name = _letters(desk.names.index(header)), desk.page.name.replace("'", "''")
        return f"='{name}'!${letters}${desk.top + 1}:${letters}${desk.top + plan.rows}"

    chart = Chart("column_stacked" if plan.is_stacked else "column")
    for one in plan.series:
        drawn = {"values": cells(one.header), "categories": cells(plan.categories), "name": one.header}
        chart.push_series(_set(ChartSeries(), **drawn, format=_set(ChartFormat(), fill_color=one.colour), gap=60))
    _set(chart, title_name=plan.title, y_axis_name=plan.axis, alt_text=plan.told, width=plan.width, height=plan.height)
    if len(plan.series) > 1:
        chart.set_legend_position("bottom")
    else:
        chart.set_legend_hidden()
    desk.sheet.insert_chart(plan.row, plan.column, chart)


def _fold(desk: _Desk) -> None:
    """Columns side by side share one fold; each stretch ends where a column stays in sight."""
    places = sorted(map(desk.names.index, desk.page.hidden))
    starts = [place for place in places if place - 1 not in places]
    ends = [place for place in places if place + 1 not in places]
    for first, last in zip(starts, ends, strict=True):
        desk.sheet.group_columns_collapsed(first, last)


def _view(desk: _Desk) -> None:
    page, sheet = desk.page, desk.sheet
    if any(page.frozen):
        sheet.freeze_panes(*page.frozen)
    if page.tab:
        sheet.set_tab_color(page.tab)
    sheet.set_screen_gridlines(page.has_gridlines)


def _paper(desk: _Desk) -> None:
    how, sheet = desk.page.print, desk.sheet
    sheet.set_landscape() if how.is_landscape else sheet.set_portrait()
    sheet.set_paper_size(how.paper)
    sheet.set_print_fit_to_pages(1, how.tall)
    sheet.set_margins(left=0.4, right=0.4, top=0.45, bottom=0.6, header=0.3, footer=0.3)
    sheet.set_print_gridlines(how.has_gridlines)
    sheet.set_print_center_horizontally(how.is_centred)
    if how.footer:
        sheet.set_footer(how.footer)
    if desk.page.frozen[0]:
        sheet.set_repeat_rows(desk.page.header_row, desk.page.header_row)


@cache
def _format(look: CellLook) -> "Format":
    """The library's own form of a look."""
    from rvgsrust_xlsxwriter import Format

    made = Format()
    steps: dict[str, Any] = {
        "set_font_color": look.ink,
        "set_background_color": look.paper,
        "set_font_size": look.size,
        "set_align": look.across,
        "set_vertical_align": look.down,
        "set_indent": look.indent,
        "set_num_format": look.number,
    }
    for name, value in steps.items():
        if value:
            made = getattr(made, name)(value)
    made = made.set_bold() if look.is_bold else made
    made = made.set_text_wrap() if look.is_wrapped else made
    return made.set_border("thin").set_border_color(look.border) if look.border else made


def _letters(place: int) -> str:
    """The name of a column: A, B … Z, AA …"""
    before, rest = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(65 + rest)


def _core(about: Properties) -> str:
    """The part that says what the file is, in the language it is in, by the clock of the report."""
    at = f"{about.created.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"
    author = escape(about.author)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(about.title)}</dc:title><dc:creator>{author}</dc:creator>"
        f"<cp:lastModifiedBy>{author}</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified>'
        f"<dc:language>{about.language}</dc:language></cp:coreProperties>"
    )


def _with_core(book: bytes, core: str) -> bytes:
    """The package with that part written anew at its end; every other part stays as it is packed."""
    with ZipFile(BytesIO(book)) as old:
        parts, cut, end = old.infolist(), old.getinfo(CORE).header_offset, old.start_dir
    until = min([part.header_offset for part in parts if part.header_offset > cut], default=end)
    out = BytesIO()
    out.write(book[:cut] + book[until:end])
    with ZipFile(out, "w") as new:  # writes its directory behind what stands there already
        for part in (one for one in parts if one.filename != CORE):
            part.header_offset -= until - cut if part.header_offset > cut else 0
            new.filelist.append(part)
            new.NameToInfo[part.filename] = part
        stamp = ZipInfo(CORE, STAMP)
        stamp.compress_type, stamp.create_system = ZIP_DEFLATED, 0
        new.writestr(stamp, core.encode())
    return out.getvalue()
