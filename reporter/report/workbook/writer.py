"""The one door to the libraries that write workbooks: pages as values in, the bytes of an .xlsx file out. Pure.

The fast library writes; where it cannot be loaded or fails, openpyxl does (see spare_writer.py), so that no week waits
for a package. Same pages, same bytes, by either: what a library stamps with the machine's clock is written again with
the clock of the report.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

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
    counted_days,
)

if TYPE_CHECKING:
    from rvgsrust_xlsxwriter import Format, Workbook, Worksheet

log = logging.getLogger(__name__)
FAST, SPARE = "rvgsrust-xlsxwriter", "openpyxl"
"""The libraries, by the names that they are installed by."""


def package(pages: Sequence[Page], about: Properties) -> bytes:
    """The pages as an .xlsx file. The same pages and properties give the same bytes, whenever it is asked."""
    if writer_library() == FAST:
        try:
            return _write_fast(pages, about)
        except Exception as error:  # noqa: BLE001 - no library may stop the week; what it says may quote a cell
            log.warning("workbook: %s failed (%s), %s writes it", FAST, type(error).__name__, SPARE)
    from reporter.report.workbook.spare_writer import write_book

    return write_book(pages, about)


def writer_library() -> str:
    """The library that writes here: the fast one, or the other where that is not installed or cannot be loaded."""
    try:
        import rvgsrust_xlsxwriter  # noqa: F401
    except Exception:  # noqa: BLE001 - a compiled package that does not fit the machine raises what it likes
        return SPARE
    return FAST


def _write_fast(pages: Sequence[Page], about: Properties) -> bytes:
    # Imported here: loading it takes longer than many a command of this program lasts.
    from rvgsrust_xlsxwriter import Workbook

    book = Workbook()
    book.set_properties(title=about.title, author=about.author)
    for page in pages:
        _write(_Desk(book, book.add_worksheet(page.name), page))
    return _with_core(book.save_to_buffer(), about.core)


@dataclass(frozen=True)
class _Desk:
    """One sheet under work."""

    book: "Workbook"
    sheet: "Worksheet"
    page: Page


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
        place = desk.page.names.index(name)
        if len(page.cells):
            sheet.set_range_format(desk.page.top, place, desk.page.bottom, place, looks[name])
    cells = _counted_days(page)
    sheet.write_dataframe(page.header_row, 0, cells, header_format=_format(page.header), column_formats=looks)
    for name, words in page.links.items():
        place = desk.page.names.index(name)
        told = zip(page.cells.column(name).to_pylist(), page.cells.column(words).to_pylist(), strict=True)
        for row, (address, text) in enumerate(told, start=desk.page.top):
            if address:
                sheet.write_url(row, place, address, looks.get(name), text=text or address)


def _counted_days(page: Page) -> Any:
    """The cells, instants as the days that a spreadsheet counts: the library shows every instant to the second."""
    import pyarrow as pa

    cells = page.cells
    for place, name in enumerate(page.names):
        if pa.types.is_timestamp(cells.schema.types[place]) and page.looks.get(name, CellLook()).number:
            cells = cells.set_column(place, name, counted_days(cells.column(name)))
    return cells


def _table(desk: _Desk) -> None:
    from rvgsrust_xlsxwriter import Table

    page, edges = desk.page, (desk.page.header_row, 0, desk.page.bottom, len(desk.page.names) - 1)
    if not page.table:
        if page.has_filter:
            desk.sheet.autofilter(*edges)
        return
    columns = [_column(name, page.header) for name in page.names]
    table = _set(Table(), columns=columns, name=page.table, style="light1", autofilter=page.has_filter)
    desk.sheet.add_table(*edges, _set(table, alt_text_title=page.name, alt_text=page.told))


@cache
def _column(name: str, look: CellLook) -> Any:
    """The library's own form of a table's column, by its header."""
    from rvgsrust_xlsxwriter import TableColumn

    return _set(TableColumn(), header=name, header_format=_format(look))


def _set(made: Any, **options: Any) -> Any:
    """One of the library's objects with these options; most of its setters give nothing back."""
    for name, value in options.items():
        getattr(made, f"set_{name}")(value)
    return made


def _marks(desk: _Desk) -> None:
    page, sheet, names = desk.page, desk.sheet, desk.page.names
    for name, rules in page.rules.items():
        place = names.index(name)
        for rule in rules:
            sheet.add_conditional_format(page.top, place, page.bottom, place, _rule(rule))
    for name, entry in page.entries.items():
        place = names.index(name)
        if entry.advice:
            sheet.add_data_validation(page.top, place, page.bottom, place, _validation(entry))
    for name in page.numbers_as_text:
        place = names.index(name)
        sheet.ignore_error_range(page.top, place, page.bottom, place, "number_stored_as_text")


@cache
def _rule(rule: TextRule | NumberRule) -> Any:
    """The library's own form of a conditional format."""
    from rvgsrust_xlsxwriter import ConditionalFormatCell, ConditionalFormatText

    made: Any = ConditionalFormatText() if isinstance(rule, TextRule) else ConditionalFormatCell()
    if isinstance(rule, TextRule):
        made.set_rule("begins_with", rule.begins)
    else:
        made.set_rule_between(rule.least, rule.most)
    made.set_format(_format(rule.look))
    return made


@cache
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
        return f"={desk.page.cells_of(header, plan.rows)}"

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
    places = sorted(map(desk.page.names.index, desk.page.hidden))
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
    sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.55, header=0.3, footer=0.3)
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
