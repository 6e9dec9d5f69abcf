"""Writes workbooks: pages as values in, the bytes of an .xlsx file out. Pure.

Same pages, same bytes. What stands in many books is packed once: an office of three hundred readers writes as many.
"""

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, count, islice
from typing import Any
from xml.sax.saxutils import quoteattr

import pyarrow as pa
from msgspec import Struct, field

from reporter.report.workbook.ooxml import (
    HEAD,
    MAIN,
    PACKAGE,
    TIES,
    Numbering,
    Packed,
    argb,
    chart,
    content_types,
    drawing,
    escaped,
    pack_pieces,
    pack_text,
    package_of,
    relations,
    shared_texts,
    stylesheet,
)
from reporter.report.workbook.sheet import (
    CORE,
    CellLook,
    Entry,
    NumberRule,
    Page,
    Print,
    Properties,
    TextRule,
    column_letters,
    counted_days,
)

ROWS = 2_000  # of a table, made at a time
MOST_LINKS, LONGEST_LINK = 65_530, 2_079  # that a spreadsheet takes: of a sheet, and characters


def package(pages: Sequence[Page], about: Properties) -> bytes:
    """The pages as an .xlsx file. The same pages and properties give the same bytes, whenever it is asked."""
    book = _Book()
    parts = dict(chain.from_iterable(_sheet_parts(book, page, n) for n, page in enumerate(pages, start=1)))
    sheets = [(f"{TIES}/worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(pages) + 1)]
    beside = [(f"{TIES}/styles", "styles.xml"), (f"{TIES}/sharedStrings", "sharedStrings.xml")]
    whole = [
        (f"{TIES}/officeDocument", "xl/workbook.xml"),
        (f"{PACKAGE}/relationships/metadata/core-properties", CORE),
    ]
    small = {
        "_rels/.rels": relations(whole),
        "xl/workbook.xml": _workbook(pages),
        "xl/_rels/workbook.xml.rels": relations([*sheets, *beside]),
        "xl/styles.xml": stylesheet(tuple(book.looks), tuple(book.marks)),
        CORE: about.core,
    }
    parts |= {name: pack_text(text) for name, text in small.items()}
    parts["xl/sharedStrings.xml"] = pack_pieces([shared_texts(book.texts)])
    return package_of({"[Content_Types].xml": pack_text(content_types(parts)), **parts})


class _Book(Struct):
    """What the sheets of a book have in common, under work: numbered as the sheets ask for it."""

    texts: Numbering[str] = field(default_factory=Numbering)
    looks: Numbering[CellLook] = field(default_factory=lambda: Numbering({CellLook(): 0}))
    marks: Numbering[CellLook] = field(default_factory=Numbering)
    tables: int = 0
    drawings: int = 0
    charts: int = 0


def _sheet_parts(book: _Book, page: Page, number: int) -> Iterator[tuple[str, Packed]]:
    """The sheet, its table, its charts, and what ties them together."""
    links = list(islice(_links(page), MOST_LINKS))
    ties = [(f"{TIES}/hyperlink", _address(address)) for _, address in links]
    pieces = _sheet(book, page, links, is_first=number == 1)
    yield f"xl/worksheets/sheet{number}.xml", pack_pieces(pieces)
    if page.charts:
        book.drawings += 1
        ties.append((f"{TIES}/drawing", f"../drawings/drawing{book.drawings}.xml"))
        yield from _chart_parts(book, page)
    if page.table and len(page.cells):
        book.tables += 1
        ties.append((f"{TIES}/table", f"../tables/table{book.tables}.xml"))
        yield f"xl/tables/table{book.tables}.xml", pack_text(_table(page, book.tables))
    if ties:
        yield f"xl/worksheets/_rels/sheet{number}.xml.rels", pack_text(relations(ties))


def _chart_parts(book: _Book, page: Page) -> Iterator[tuple[str, Packed]]:
    numbers = range(book.charts + 1, book.charts + len(page.charts) + 1)
    book.charts += len(page.charts)
    yield f"xl/drawings/drawing{book.drawings}.xml", pack_text(drawing(page.charts))
    ties = [(f"{TIES}/chart", f"../charts/chart{n}.xml") for n in numbers]
    yield f"xl/drawings/_rels/drawing{book.drawings}.xml.rels", pack_text(relations(ties))
    for n, plan in zip(numbers, page.charts, strict=True):
        yield f"xl/charts/chart{n}.xml", pack_text(chart(page, plan))


def _workbook(pages: Sequence[Page]) -> str:
    """The sheets by name, the rows that each page on paper begins with, and the cells that are filtered."""
    sheets = "".join(
        f'<sheet name={quoteattr(page.name)} sheetId="{n}" r:id="rId{n}"/>' for n, page in enumerate(pages, start=1)
    )
    names = "".join(chain.from_iterable(_names(page, n) for n, page in enumerate(pages)))
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{TIES}"><bookViews><workbookView windowWidth="16095" '
        f'windowHeight="9660"/></bookViews><sheets>{sheets}</sheets>'
        f"{f'<definedNames>{names}</definedNames>' if names else ''}"
        '<calcPr calcId="124519" fullCalcOnLoad="1"/></workbook>'
    )


def _names(page: Page, n: int) -> Iterator[str]:
    name = escaped("'{}'".format(page.name.replace("'", "''")))
    if page.has_filter and not page.table and len(page.cells):
        edges = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", _edges(page))
        yield f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">{name}!{edges}</definedName>'
    if page.frozen[0]:
        row = page.header_row + 1
        yield f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">{name}!${row}:${row}</definedName>'


def _sheet(book: _Book, page: Page, links: Sequence[tuple[str, str]], *, is_first: bool) -> Iterator[str]:
    """The sheet in the order that its schema asks for, in three pieces or, of a long table, more."""
    tab = f'<tabColor rgb="{argb(page.tab)}"/>' if page.tab else ""
    yield (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{TIES}"><sheetPr>{tab}<pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="{_used(page)}"/>{_view(page, is_first=is_first)}'
        f"{_columns(page.widths, _folded(page))}<sheetData>{_joined_rows(book, page)}"
    )
    yield from _table_rows(book, page)
    rules = "".join(_rules(book, page))
    yield (
        f"</sheetData>{_filter(page)}{_merged(page)}{rules}{_validations(page)}{_linked(links)}{_paper(page.print)}"
        f"{_ignored(page)}{_parts(page, len(links))}</worksheet>"
    )


def _linked(links: Sequence[tuple[str, str]]) -> str:
    told = "".join(f'<hyperlink ref="{place}" r:id="rId{n}"/>' for n, (place, _) in enumerate(links, start=1))
    return f"<hyperlinks>{told}</hyperlinks>" if told else ""


def _parts(page: Page, ties: int) -> str:
    """The charts and the table, by the numbers that they have after so many ties."""
    charts = f'<drawing r:id="rId{ties + 1}"/>' if page.charts else ""
    table = f'<tablePart r:id="rId{ties + 1 + bool(page.charts)}"/>' if page.table and len(page.cells) else ""
    return charts + (f'<tableParts count="1">{table}</tableParts>' if table else "")


def _filter(page: Page) -> str:
    return f'<autoFilter ref="{_edges(page)}"/>' if page.has_filter and not page.table and len(page.cells) else ""


def _cell(row: int, place: int) -> str:
    return f"{column_letters(place)}{row + 1}"


def _edges(page: Page) -> str:
    """The table of the page with its header."""
    return f"{_cell(page.header_row, 0)}:{_cell(page.bottom, len(page.names) - 1)}"


def _area(page: Page, name: str) -> str:
    """The cells of a column."""
    place = page.names.index(name)
    first, last = _cell(page.top, place), _cell(page.bottom, place)
    return first if first == last else f"{first}:{last}"


def _used(page: Page) -> str:
    last = max([len(page.names) - 1, *(merge[3] for merge in page.merges)])
    return f"A1:{_cell(page.bottom, last)}"


def _view(page: Page, *, is_first: bool) -> str:
    """What is seen of the sheet: its lines, and what stays when one scrolls."""
    lines = "" if page.has_gridlines else ' showGridLines="0"'
    chosen = ' tabSelected="1"' if is_first else ""
    rows, columns = page.frozen
    view = f'<sheetView{lines}{chosen} workbookViewId="0"'
    if not any(page.frozen):
        return f"<sheetViews>{view}/></sheetViews>"
    pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    split = (f' xSplit="{columns}"' if columns else "") + (f' ySplit="{rows}"' if rows else "")
    return (
        f'<sheetViews>{view}><pane{split} topLeftCell="{_cell(rows, columns)}" activePane="{pane}" state="frozen"/>'
        f'<selection pane="{pane}"/></sheetView></sheetViews>'
    )


def _folded(page: Page) -> tuple[int, ...]:
    return tuple(page.names.index(name) for name in page.hidden)


@lru_cache(maxsize=64)  # every reader's sheet of a kind has the same columns
def _columns(widths: tuple[float, ...], folded: tuple[int, ...]) -> str:
    """The widths; columns that are folded away, and the one that stands for the fold."""
    told = [_column(place, widths, folded) for place in range(max(len(widths), max(folded, default=-1) + 2))]
    level = ' outlineLevelCol="1"' if folded else ""
    held = f"<cols>{''.join(told)}</cols>" if any(told) else ""
    return f'<sheetFormatPr defaultRowHeight="15"{level}/>{held}'


def _column(place: int, widths: tuple[float, ...], folded: tuple[int, ...]) -> str:
    has_width, is_behind_fold = place < len(widths), place - 1 in folded
    if not (has_width or is_behind_fold):
        return ""
    width = _width(widths[place]) if has_width else _width(PLAIN)
    own = ' customWidth="1"' if has_width else ""
    fold = ' hidden="1" outlineLevel="1"' if place in folded else ' collapsed="1"' if is_behind_fold else ""
    return f'<col min="{place + 1}" max="{place + 1}" width="{width}"{own}{fold}/>'


PLAIN = 8.43  # characters, the width of a column that nobody gave one


def _width(characters: float) -> float:
    """A width as the file counts it: with the padding of a cell, in whole pixels of seven a digit."""
    return math.trunc((int(characters * 7 + 0.5) + 5) / 7 * 256) / 256


def _row(page: Page, row: int, cells: str) -> str:
    height = page.heights.get(row)
    tall = f' ht="{height:g}" customHeight="1"' if height else ""
    return f'<row r="{row + 1}"{tall}>{cells}</row>'


def _joined_rows(book: _Book, page: Page) -> str:
    """The lines above the table, of joined cells; where there is no table, the room of its header too."""
    above = page.header_row if len(page.cells) else page.top
    rows: dict[int, list[str]] = {row: [] for row in range(above)}
    for row, first, _, last, text, look in page.merges:
        begun = f'" s="{book.looks[look]}"'
        cells = rows.setdefault(row, [])
        cells.append(f'<c r="{_cell(row, first)}{begun}{_text(book, text)}')
        cells.append(_blank_cells(row, first + 1, last, begun))
    return "".join([_row(page, row, "".join(cells)) for row, cells in rows.items()])


@lru_cache(maxsize=4_096)  # the lines of most books stand in the same places
def _blank_cells(row: int, first: int, last: int, begun: str) -> str:
    return "".join(f'<c r="{_cell(row, place)}{begun}/>' for place in range(first, last + 1))


def _text(book: _Book, text: str) -> str:
    """A text from its look on: what is empty is a blank cell of that look."""
    return f' t="s"><v>{book.texts[text]}</v></c>' if text else "/>"


def _table_rows(book: _Book, page: Page) -> Iterator[str]:
    """The table, some rows at a time."""
    if not len(page.cells):
        return
    header, cells = f'" s="{book.looks[page.header]}"', page.cells
    names = [f'<c r="{_cell(page.header_row, n)}{header}{_text(book, name)}' for n, name in enumerate(page.names)]
    yield _row(page, page.header_row, "".join(names))
    starts = [f'<c r="{column_letters(place)}' for place in range(len(page.names))]
    for first in range(0, len(cells), ROWS):
        some = cells.slice(first, ROWS)
        columns = [_column_cells(book, page, name, some.column(n)) for n, name in enumerate(page.names)]
        rows = enumerate(zip(*columns, strict=True), start=page.top + first)
        yield "".join([_row(page, row, _cells_of_row(starts, row + 1, held)) for row, held in rows])


def _cells_of_row(starts: Sequence[str], number: int, cells: Sequence[str]) -> str:
    """Each cell behind its column's letters and the row's number."""
    return "".join([f"{start}{number}{cell}" for start, cell in zip(starts, cells, strict=True) if cell])


def _column_cells(book: _Book, page: Page, name: str, values: Any) -> list[str]:
    """Each cell of a column from its look on; nothing where there is none, a blank one where something may be entered.

    A spreadsheet counts instants in days; it knows no zones, so by the clock of UTC.
    """
    look = book.looks[page.looks.get(name, CellLook())]
    begun = f'" s="{look}"' if look else '"'
    absent, empty = f"{begun}/>" if name in page.entries else "", f"{begun}/>" if look else ""
    if pa.types.is_large_string(values.type) or pa.types.is_string(values.type):
        texts = book.texts
        return [
            f'{begun} t="s"><v>{texts[text]}</v></c>' if text else absent if text is None else empty
            for text in values.to_numpy().tolist()
        ]
    if pa.types.is_timestamp(values.type):
        values = counted_days(values)
    return [
        f"{begun}><v>{value!r}</v></c>" if math.isfinite(value) else _endless(book, value, begun) or absent
        for value in values.to_numpy().tolist()
    ]


def _endless(book: _Book, value: float, begun: str) -> str:
    """A number without end as its sign; nothing for what is no number."""
    return "" if math.isnan(value) else f"{begun}{_text(book, '∞' if value > 0 else '-∞')}"


def _merged(page: Page) -> str:
    areas = [
        f'<mergeCell ref="{_cell(row, first)}:{_cell(last_row, last)}"/>'
        for row, first, last_row, last, *_ in page.merges
        if (row, first) != (last_row, last)
    ]
    return f'<mergeCells count="{len(areas)}">{"".join(areas)}</mergeCells>' if areas else ""


def _rules(book: _Book, page: Page) -> Iterator[str]:
    """The conditional formats; of two that hold for a cell the earlier counts."""
    priorities = count(1)
    for name, rules in page.rules.items() if len(page.cells) else ():
        area = _area(page, name)
        first = area.split(":")[0]
        told = [_rule(rule, first, f'dxfId="{book.marks[rule.look]}" priority="{next(priorities)}"') for rule in rules]
        if told:
            yield f'<conditionalFormatting sqref="{area}">{"".join(told)}</conditionalFormatting>'


def _rule(rule: TextRule | NumberRule, first: str, held: str) -> str:
    """Takes: first - the first cell that the rule holds for."""
    if isinstance(rule, NumberRule):
        bounds = f"<formula>{rule.least:g}</formula><formula>{rule.most:g}</formula>"
        return f'<cfRule type="cellIs" {held} operator="between">{bounds}</cfRule>'
    quoted = rule.begins.replace('"', '""')
    return (
        f'<cfRule type="beginsWith" {held} operator="beginsWith" text={quoteattr(rule.begins)}>'
        f'<formula>LEFT({first},{len(rule.begins)})="{escaped(quoted)}"</formula></cfRule>'
    )


def _validations(page: Page) -> str:
    asked = page.entries.items() if len(page.cells) else ()
    told = [_validation(entry, _area(page, name)) for name, entry in asked if entry.advice]
    return f'<dataValidations count="{len(told)}">{"".join(told)}</dataValidations>' if told else ""


def _validation(entry: Entry, area: str) -> str:
    kind = "list" if entry.choices else "whole"
    bounds = ['"{}"'.format(",".join(entry.choices))] if entry.choices else [*map(str, entry.bounds)]
    formulas = "".join(f"<formula{n}>{escaped(bound)}</formula{n}>" for n, bound in enumerate(bounds, start=1))
    return (
        f'<dataValidation type="{kind}" allowBlank="1" showInputMessage="1" showErrorMessage="1" '
        f'error={quoteattr(entry.refusal)} prompt={quoteattr(entry.advice)} sqref="{area}">{formulas}</dataValidation>'
    )


def _links(page: Page) -> Iterator[tuple[str, str]]:
    """The cells of links, each with its address; one too long for a spreadsheet stays a text."""
    for name in page.links:
        place = page.names.index(name)
        for row, address in enumerate(page.cells.column(name).to_pylist(), start=page.top):
            if address and len(address) <= LONGEST_LINK:
                yield _cell(row, place), address


NO_ADDRESS = re.compile(r'[ "<>\[\]`^{}\\]|%(?![0-9a-fA-F]{2})')


def _address(address: str) -> str:
    """The address as a spreadsheet takes it: it calls a file broken that holds one which is none."""
    return NO_ADDRESS.sub(lambda mark: f"%{ord(mark[0]):02X}", address)


@lru_cache(maxsize=64)  # the footer of a run is the same on every page
def _paper(how: Print) -> str:
    """How a page is printed: as wide as one sheet of paper."""
    lines = ' gridLines="1"' if how.has_gridlines else ""
    centred = ' horizontalCentered="1"' if how.is_centred else ""
    options = f"<printOptions{centred}{lines}/>" if centred or lines else ""
    footer = f"<headerFooter><oddFooter>{escaped(how.footer)}</oddFooter></headerFooter>" if how.footer else ""
    return (
        f'{options}<pageMargins left="0.4" right="0.4" top="0.4" bottom="0.55" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="{how.paper}" fitToHeight="{how.tall}" '
        f'orientation="{"landscape" if how.is_landscape else "portrait"}"/>{footer}'
    )


def _ignored(page: Page) -> str:
    """The columns of identifiers, at which a spreadsheet would shake its head in every cell."""
    if not (page.numbers_as_text and len(page.cells)):
        return ""
    areas = " ".join(_area(page, name) for name in page.numbers_as_text)
    return f'<ignoredErrors><ignoredError sqref="{areas}" numberStoredAsText="1"/></ignoredErrors>'


ALT_TEXT = "{504A1905-F514-4f6f-8877-14C23A59335A}"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


def _table(page: Page, number: int) -> str:
    """The rows as a table of the spreadsheet's own, with what it is in words."""
    edges, name = _edges(page), quoteattr(page.table)
    filtered = f'<autoFilter ref="{edges}"/>' if page.has_filter else ""
    said = f"<x14:table altText={quoteattr(page.name)} altTextSummary={quoteattr(page.told)}/>"
    return (
        f'{HEAD}<table xmlns="{MAIN}" id="{number}" name={name} displayName={name} ref="{edges}" totalsRowShown="0">'
        f'{filtered}<tableColumns count="{len(page.names)}">{_table_columns(tuple(page.names))}</tableColumns>'
        '<tableStyleInfo name="TableStyleLight1" showFirstColumn="0" showLastColumn="0" showRowStripes="1" '
        f'showColumnStripes="0"/><extLst><ext uri="{ALT_TEXT}" xmlns:x14="{X14}">{said}</ext></extLst></table>'
    )


@lru_cache(maxsize=64)
def _table_columns(headers: tuple[str, ...]) -> str:
    return "".join(f'<tableColumn id="{n}" name={quoteattr(name)}/>' for n, name in enumerate(headers, start=1))
