"""The writer of workbooks for a machine where the fast one cannot be had: the same book by openpyxl, only slower. Pure.

What openpyxl has no word for (alternative texts, the cells whose numbers are meant as text, a fixed clock) is put into
the finished parts.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from io import BytesIO
from itertools import chain
from typing import Any
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumFmt, NumRef, StrRef
from openpyxl.chart.series import Series as DrawnSeries
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.xml.functions import Element

from reporter.report.workbook.sheet import (
    CORE,
    STAMP,
    CellLook,
    ChartPlan,
    Entry,
    NumberRule,
    Page,
    Properties,
    TextRule,
)

CENTIMETRES = 2.54 / 96  # of a pixel
ALT_TEXT = "{504A1905-F514-4f6f-8877-14C23A59335A}"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


def write_book(pages: Sequence[Page], about: Properties) -> bytes:
    """The pages as an .xlsx file; the same pages and properties give the same bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        _SheetWriter(book, page).write()
    out = BytesIO()
    book.save(out)
    return _finish(out.getvalue(), pages, about)


class _SheetWriter:
    """One sheet under work. Looks are worked out once a sheet: openpyxl would do it for each cell."""

    def __init__(self, book: Workbook, page: Page) -> None:
        self.page = page
        self.sheet = book.create_sheet(page.name)
        self._styles: dict[tuple[CellLook, str], Any] = {}

    def write(self) -> None:
        """Everything on the page."""
        self._joined()
        self._cells()
        self._columns()
        for row, height in self.page.heights.items():
            self.sheet.row_dimensions[row + 1].height = height
        if len(self.page.cells):
            self._table()
            self._marks()
        for plan in self.page.charts:
            chart = _chart(self.page, plan)
            self.sheet.add_chart(chart, f"{get_column_letter(plan.column + 1)}{plan.row + 1}")
        self._view()
        self._paper()

    def _put(self, row: int, column: int, value: Any, look: CellLook, number: str = "") -> Any:
        cell: Any = self.sheet.cell(row + 1, column + 1)
        cell.value = value or None if isinstance(value, str) else value
        if cell.value and isinstance(value, str):
            cell.data_type = "s"  # or a text that begins with = is a formula
        cell._style = copy(self._style(look, number))
        return cell

    def _style(self, look: CellLook, number: str) -> Any:
        if (look, number) not in self._styles:
            cell: Any = Cell(self.sheet, row=1, column=1)
            _dress(cell, look)
            cell.number_format = look.number or number or "General"
            self._styles[look, number] = cell._style
        return self._styles[look, number]

    def _joined(self) -> None:
        for first_row, first, last_row, last, text, look in self.page.merges:
            self._put(first_row, first, text, look)
            places = [(row, place) for row in range(first_row, last_row + 1) for place in range(first, last + 1)]
            for row, place in places[1:]:
                self._put(row, place, None, look)
            if len(places) > 1:
                self.sheet.merge_cells(None, first_row + 1, first + 1, last_row + 1, last + 1)

    def _cells(self) -> None:
        page = self.page
        for place, name in enumerate(page.names if len(page.cells) else ()):
            self._put(page.header_row, place, name, page.header)
            look, is_form = page.looks.get(name, CellLook()), name in page.entries
            values = page.cells.column(name).to_pylist()
            for row, value in enumerate(map(_value, values), start=page.top):
                if value is not None or is_form:
                    self._put(row, place, value, look, "yyyy-mm-dd hh:mm:ss" if hasattr(value, "year") else "")
        for name, words in page.links.items():
            self._links(page.names.index(name), page.looks.get(name, CellLook()), name, words)

    def _links(self, place: int, look: CellLook, name: str, words: str) -> None:
        told = zip(self.page.cells.column(name).to_pylist(), self.page.cells.column(words).to_pylist(), strict=True)
        for row, (address, text) in enumerate(told, start=self.page.top):
            if address:
                self._put(row, place, text or address, look).hyperlink = address

    def _columns(self) -> None:
        hidden = {self.page.names.index(name) for name in self.page.hidden}
        for place in range(max(len(self.page.widths), max(hidden, default=-1) + 2)):
            column = self.sheet.column_dimensions[get_column_letter(place + 1)]
            if place < len(self.page.widths):
                column.width = _width(self.page.widths[place])
            if place in hidden:
                column.hidden, column.outlineLevel = True, 1
            elif place - 1 in hidden:
                column.collapsed = True
                column.width = column.width if place < len(self.page.widths) else _width(8.43)

    def _table(self) -> None:
        page = self.page
        edges = f"A{page.header_row + 1}:{get_column_letter(len(page.names))}{page.bottom + 1}"
        if not page.table:
            self.sheet.auto_filter.ref = edges if page.has_filter else None
            return
        table = Table(displayName=page.table, ref=edges)
        table.tableColumns = [TableColumn(id=number, name=name) for number, name in enumerate(page.names, start=1)]
        table.autoFilter = AutoFilter(ref=edges) if page.has_filter else None
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        self.sheet.add_table(table)

    def _marks(self) -> None:
        for name, rules in self.page.rules.items():
            edges = self._column(name)
            for rule in rules:
                self.sheet.conditional_formatting.add(edges, _rule(rule, edges.split(":")[0]))
        for name, entry in self.page.entries.items():
            if entry.advice:
                validation = _validation(entry)
                validation.add(self._column(name))
                self.sheet.add_data_validation(validation)

    def _column(self, name: str) -> str:
        letters = get_column_letter(self.page.names.index(name) + 1)
        return f"{letters}{self.page.top + 1}:{letters}{self.page.bottom + 1}"

    def _view(self) -> None:
        rows, columns = self.page.frozen
        if rows or columns:
            self.sheet.freeze_panes = f"{get_column_letter(columns + 1)}{rows + 1}"
        if self.page.tab:
            self.sheet.sheet_properties.tabColor = _colour(self.page.tab)
        self.sheet.sheet_view.showGridLines = self.page.has_gridlines

    def _paper(self) -> None:
        how, sheet = self.page.print, self.sheet
        sheet.page_setup.orientation = "landscape" if how.is_landscape else "portrait"
        sheet.page_setup.paperSize = how.paper
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, how.tall
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        margins = {"left": 0.4, "right": 0.4, "top": 0.4, "bottom": 0.55, "header": 0.3, "footer": 0.3}
        for side, inches in margins.items():
            setattr(sheet.page_margins, side, inches)
        sheet.print_options.gridLines = how.has_gridlines or None
        sheet.print_options.horizontalCentered = how.is_centred or None
        if how.footer:
            text: Any = Element("oddFooter")
            text.text = how.footer
            sheet.HeaderFooter.oddFooter = HeaderFooterItem.from_tree(text)
        if self.page.frozen[0]:
            sheet.print_title_rows = f"{self.page.header_row + 1}:{self.page.header_row + 1}"


def _value(value: Any) -> Any:
    """The cell's value; an infinite number is its sign, what is no number is empty."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "∞" if value > 0 else "-∞"
    return value


def _colour(hashed: str) -> str:
    return f"FF{hashed.removeprefix('#').upper()}"


def _dress(cell: Any, look: CellLook) -> None:
    """The look on one cell, or on the format of a rule."""
    font: dict[str, Any] = {"b": True} if look.is_bold else {}
    font |= {"color": _colour(look.ink)} if look.ink else {}
    cell.font = Font(name="Calibri", family=2, scheme="minor", sz=look.size or 11, **font)
    if look.paper:
        cell.fill = PatternFill("solid", fgColor=_colour(look.paper))
    vertical = {"vcenter": "center", "": None}.get(look.down, look.down)
    cell.alignment = Alignment(look.across or None, vertical, wrap_text=look.is_wrapped or None, indent=look.indent)
    if look.border:
        side = Side("thin", color=_colour(look.border))
        cell.border = Border(side, side, side, side)


def _width(characters: float) -> float:
    """A width as the file counts it: with the padding of a cell, in whole pixels of seven a digit."""
    return math.trunc((int(characters * 7 + 0.5) + 5) / 7 * 256) / 256


def _rule(rule: TextRule | NumberRule, first: str) -> Any:
    """Takes: first - the first cell that the rule holds for."""
    font = Font(color=_colour(rule.look.ink)) if rule.look.ink else None
    fill = PatternFill("solid", bgColor=_colour(rule.look.paper)) if rule.look.paper else None
    look = DifferentialStyle(font=font, fill=fill)
    if isinstance(rule, NumberRule):
        return Rule("cellIs", operator="between", formula=[f"{rule.least:g}", f"{rule.most:g}"], dxf=look)
    text = rule.begins.replace('"', '""')
    formula = [f'LEFT({first},{len(rule.begins)})="{text}"']
    return Rule("beginsWith", operator="beginsWith", text=rule.begins, formula=formula, dxf=look)


def _validation(entry: Entry) -> DataValidation:
    said: dict[str, Any] = {"prompt": entry.advice, "error": entry.refusal, "allow_blank": True}
    said |= {"showInputMessage": True, "showErrorMessage": True}
    if entry.choices:
        return DataValidation("list", '"{}"'.format(",".join(entry.choices)), **said)
    least, most = entry.bounds
    return DataValidation("whole", str(least), str(most), operator="between", **said)


def _chart(page: Page, plan: ChartPlan) -> Any:
    chart: Any = BarChart(gapWidth=60, overlap=100 if plan.is_stacked else None)
    chart.type, chart.grouping = "col", "stacked" if plan.is_stacked else "clustered"
    names = AxDataSource(strRef=StrRef(page.cells_of(plan.categories, plan.rows)))
    for place, one in enumerate(plan.series):
        values = NumDataSource(numRef=NumRef(page.cells_of(one.header, plan.rows)))
        drawn = DrawnSeries(idx=place, order=place, val=values, cat=names, tx=SeriesLabel(v=one.header))
        drawn.graphicalProperties = GraphicalProperties(solidFill=one.colour.removeprefix("#"))
        chart.series.append(drawn)
    chart.title, chart.y_axis.title = plan.title, plan.axis
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt = NumFmt("General")
    chart.width, chart.height = plan.width * CENTIMETRES, plan.height * CENTIMETRES
    if len(plan.series) > 1:
        chart.legend.position = "b"
    else:
        chart.legend = None
    return chart


Edit = Callable[[str], str]


def _finish(book: bytes, pages: Sequence[Page], about: Properties) -> bytes:
    """The package with what openpyxl cannot say, and one clock on every part."""
    edits = dict(chain(_alternative_texts(pages), _meant_as_text(pages))) | {CORE: lambda _: about.core}
    out = BytesIO()
    with ZipFile(BytesIO(book)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            content, stamp = old.read(name), ZipInfo(name, STAMP)
            stamp.compress_type, stamp.create_system = ZIP_DEFLATED, 0
            new.writestr(stamp, edits[name](content.decode()).encode() if name in edits else content)
    return out.getvalue()


def _alternative_texts(pages: Sequence[Page]) -> Iterator[tuple[str, Edit]]:
    """Of each table and each drawing, which are numbered in the order of the sheets."""
    tables = [page for page in pages if page.table and len(page.cells)]
    for number, page in enumerate(tables, start=1):
        said = f"<x14:table altText={quoteattr(page.name)} altTextSummary={quoteattr(page.told)}/>"
        more = f'<extLst><ext uri="{ALT_TEXT}" xmlns:x14="{X14}">{said}</ext></extLst></table>'
        yield f"xl/tables/table{number}.xml", _swap({"</table>": more})
    for number, page in enumerate((page for page in pages if page.charts), start=1):
        told = {f'name="Chart {n}"': f'name="Chart {n}" descr={quoteattr(plan.told)}'
                for n, plan in enumerate(page.charts, start=1)}  # fmt: skip
        yield f"xl/drawings/drawing{number}.xml", _swap(told)


def _swap(texts: Mapping[str, str]) -> Edit:
    """Each text once for another; one that is not there would mean that openpyxl writes in another way now."""

    def edit(part: str) -> str:
        for old, new in texts.items():
            assert part.count(old) == 1, old
            part = part.replace(old, new)
        return part

    return edit


def _meant_as_text(pages: Sequence[Page]) -> Iterator[tuple[str, Edit]]:
    """The columns of identifiers, at which a spreadsheet would shake its head in every cell."""
    for number, page in enumerate(pages, start=1):
        if page.numbers_as_text and len(page.cells):
            letters = [get_column_letter(page.names.index(name) + 1) for name in page.numbers_as_text]
            areas = [f"{letter}{page.top + 1}:{letter}{page.bottom + 1}" for letter in letters]
            marks = f'<ignoredError sqref="{" ".join(areas)}" numberStoredAsText="1"/>'
            yield f"xl/worksheets/sheet{number}.xml", _before_the_parts(f"<ignoredErrors>{marks}</ignoredErrors>")


def _before_the_parts(more: str) -> Edit:
    """The place that the schema of a sheet gives it: before its drawing and its tables."""

    def edit(part: str) -> str:
        following = re.compile("<drawing |<legacyDrawing |<tableParts|</worksheet>")
        place = following.search(part, part.rindex("</sheetData>"))
        assert place is not None
        return part[: place.start()] + more + part[place.start() :]

    return edit
