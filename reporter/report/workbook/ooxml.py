"""The parts of an .xlsx file beside its sheets: looks, charts, lists of what is in it; and how all are packed. Pure.

As ECMA-376 has them. No part says a theme: every look names its own font and colours.
"""

import re
import zlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from struct import pack
from typing import TypeVar
from xml.sax.saxutils import quoteattr

from msgspec import Struct

from reporter.report.workbook.sheet import CellLook, ChartPlan, Page

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TIES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DRAWN = "http://schemas.openxmlformats.org/drawingml/2006"
KINDS = {
    "docProps/core": "package.core-properties",
    "xl/workbook": "officedocument.spreadsheetml.sheet.main",
    "xl/styles": "officedocument.spreadsheetml.styles",
    "xl/sharedStrings": "officedocument.spreadsheetml.sharedStrings",
    "xl/worksheets/sheet": "officedocument.spreadsheetml.worksheet",
    "xl/tables/table": "officedocument.spreadsheetml.table",
    "xl/drawings/drawing": "officedocument.drawing",
    "xl/charts/chart": "officedocument.drawingml.chart",
}
"""What each part is, by its name less its number."""
UNFIT = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
MOST_STEPS = 6  # of an axis
Thing = TypeVar("Thing", bound=Hashable)


class Numbering(dict[Thing, int]):
    """The number of each thing, in the order in which they are first asked for."""

    def __missing__(self, key: Thing) -> int:
        """The next number."""
        self[key] = number = len(self)
        return number


def escaped(text: str) -> str:
    """The text as a part holds it; what XML has no room for is written as a spreadsheet does: `_x000B_`."""
    return UNFIT.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    mark = found[0]
    if len(mark) > 1:  # a text that only looks so
        return f"_x005F{mark}"
    return ENTITIES.get(mark) or f"_x{ord(mark):04X}_"


def argb(hashed: str) -> str:
    """A colour as a part holds it."""
    return f"FF{hashed.removeprefix('#').upper()}"


def content_types(names: Iterable[str]) -> str:
    """The list of the parts, and what each is."""
    kinds = ((name, KINDS[name.removesuffix(".xml").rstrip("0123456789")]) for name in names if name.endswith(".xml"))
    told = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-{kind}+xml"/>'
        for name, kind in kinds
    )
    ties = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="{ties}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{told}</Types>'
    )


def relations(ties: Sequence[tuple[str, str]]) -> str:
    """What a part refers to as rId1, rId2 and so on: of each the kind, and the part or the address."""
    told = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target={quoteattr(target)}{_mode(kind)}/>'
        for n, (kind, target) in enumerate(ties, start=1)
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{told}</Relationships>'


def _mode(kind: str) -> str:
    return ' TargetMode="External"' if kind.endswith("/hyperlink") else ""


def shared_texts(texts: Iterable[str]) -> str:
    """The part of all texts, each once, in the order of their numbers."""
    return f'{HEAD}<sst xmlns="{MAIN}">{"".join(map(_shared, texts))}</sst>'


@lru_cache(maxsize=20_000)  # headers, titles and sentences stand in many books
def _shared(text: str) -> str:
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<si><t{kept}>{escaped(text)}</t></si>"


@lru_cache(maxsize=64)  # the books of most readers have the same looks
def stylesheet(looks: tuple[CellLook, ...], marks: tuple[CellLook, ...]) -> str:
    """The looks of cells by number, the plain one first; and those that a rule gives to cells."""
    fonts, borders, codes = Numbering[str](), Numbering[str](), Numbering[str]()
    fills = Numbering({'<fill><patternFill patternType="none"/></fill>': 0,
                       '<fill><patternFill patternType="gray125"/></fill>': 1})  # fmt: skip
    cells = [
        f'<xf numFmtId="{CUSTOM + codes[look.number] if look.number else 0}" fontId="{fonts[_font(look)]}" '
        f'fillId="{fills[_fill(look)] if look.paper else 0}" borderId="{borders[_border(look)]}" xfId="0" '
        f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{_alignment(look)}</xf>'
        for look in looks
    ]
    numbers = [f'<numFmt numFmtId="{CUSTOM + n}" formatCode={quoteattr(code)}/>' for code, n in codes.items()]
    lists = {"numFmts": numbers, "fonts": [*fonts], "fills": [*fills], "borders": [*borders]}
    lists |= {"cellStyleXfs": ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'], "cellXfs": cells}
    lists |= {"cellStyles": ['<cellStyle name="Normal" xfId="0" builtinId="0"/>'], "dxfs": [*map(_mark, marks)]}
    told = "".join(f'<{name} count="{len(held)}">{"".join(held)}</{name}>' for name, held in lists.items() if held)
    return f'{HEAD}<styleSheet xmlns="{MAIN}">{told}</styleSheet>'


CUSTOM = 164  # the first number that a number format of one's own may have


def _font(look: CellLook) -> str:
    bold = "<b/>" if look.is_bold else ""
    ink = f'<color rgb="{argb(look.ink)}"/>' if look.ink else ""
    return f'<font>{bold}<sz val="{look.size or 11:g}"/>{ink}<name val="Calibri"/><family val="2"/></font>'


def _fill(look: CellLook) -> str:
    colours = f'<fgColor rgb="{argb(look.paper)}"/><bgColor indexed="64"/>'
    return f'<fill><patternFill patternType="solid">{colours}</patternFill></fill>'


def _border(look: CellLook) -> str:
    sides = ("left", "right", "top", "bottom")
    if not look.border:
        return f"<border>{''.join(f'<{side}/>' for side in sides)}<diagonal/></border>"
    line = f'style="thin"><color rgb="{argb(look.border)}"/>'
    return f"<border>{''.join(f'<{side} {line}</{side}>' for side in sides)}<diagonal/></border>"


def _alignment(look: CellLook) -> str:
    across = f' horizontal="{look.across}"' if look.across else ""
    down = f' vertical="{look.down.replace("vcenter", "center")}"' if look.down else ""
    indent = f' indent="{look.indent}"' if look.indent else ""
    wrap = ' wrapText="1"' if look.is_wrapped else ""
    return f"<alignment{across}{down}{indent}{wrap}/>" if across or down or indent or wrap else ""


def _mark(look: CellLook) -> str:
    ink = f'<font><color rgb="{argb(look.ink)}"/></font>' if look.ink else ""
    paper = f'<fill><patternFill><bgColor rgb="{argb(look.paper)}"/></patternFill></fill>' if look.paper else ""
    return f"<dxf>{ink}{paper}</dxf>"


PIXEL = 9_525  # the units a drawing counts in
LINE_LOOK = '<c:spPr><a:ln><a:solidFill><a:srgbClr val="868686"/></a:solidFill></a:ln></c:spPr>'
GRID_LOOK = LINE_LOOK.replace("868686", "D9D9D9")  # behind what it measures
FONT_LOOK = (
    '<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr><a:latin typeface="Calibri"/></a:defRPr></a:pPr>'
    '<a:endParaRPr lang="en-CA"/></a:p></c:txPr>'
)


def drawing(charts: Sequence[ChartPlan]) -> str:
    """Where the charts of a sheet stand, and what each shows in words; the chart itself is its rId1, rId2 and so on."""
    told = "".join(_placed(plan, n) for n, plan in enumerate(charts, start=1))
    return f'{HEAD}<xdr:wsDr xmlns:xdr="{DRAWN}/spreadsheetDrawing" xmlns:a="{DRAWN}/main">{told}</xdr:wsDr>'


def _placed(plan: ChartPlan, n: int) -> str:
    return (
        f"<xdr:oneCellAnchor><xdr:from><xdr:col>0</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{plan.row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
        f'<xdr:ext cx="{plan.width * PIXEL}" cy="{plan.height * PIXEL}"/><xdr:graphicFrame macro="">'
        f'<xdr:nvGraphicFramePr><xdr:cNvPr id="{n + 1}" name="Chart {n}" descr={quoteattr(plan.told)}/>'
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>"
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{DRAWN}/chart">'
        f'<c:chart xmlns:c="{DRAWN}/chart" xmlns:r="{TIES}" r:id="rId{n}"/>'
        "</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor>"
    )


def chart(page: Page, plan: ChartPlan) -> str:
    """A chart of columns, with what stands in its cells for whoever shows it without reckoning."""
    series = "".join(_series(page, plan, n) for n in range(len(plan.series)))
    grouping, overlap = ("stacked", '<c:overlap val="100"/>') if plan.is_stacked else ("clustered", "")
    legend = '<c:legend><c:legendPos val="b"/></c:legend>' if len(plan.series) > 1 else ""
    return (
        f'{HEAD}<c:chartSpace xmlns:c="{DRAWN}/chart" xmlns:a="{DRAWN}/main" xmlns:r="{TIES}">'
        f'<c:roundedCorners val="0"/><c:chart>{_words(plan.title)}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="col"/><c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}'
        f'<c:gapWidth val="60"/>{overlap}'
        '<c:axId val="1"/><c:axId val="2"/></c:barChart>'
        f'{_axis("cat", 1, 2, "b")}<c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/></c:catAx>'
        f'{_axis("val", 2, 1, "l", plan.axis)}<c:crossBetween val="between"/>'
        f'<c:majorUnit val="{_step(page, plan)}"/></c:valAx></c:plotArea>{legend}<c:plotVisOnly val="1"/></c:chart>'
        f"{FONT_LOOK}</c:chartSpace>"
    )


def _step(page: Page, plan: ChartPlan) -> int:
    """How far the lines behind the columns are apart, 1, 2, 5, 10 …: of a few, programs would draw one for half a
    person."""
    columns = [page.cells.column(one.header)[: plan.rows].to_pylist() for one in plan.series]
    heights = [
        sum(n or 0 for n in row) if plan.is_stacked else max(n or 0 for n in row) for row in zip(*columns, strict=True)
    ]
    steps = (step * 10**zeros for zeros in count() for step in (1, 2, 5))
    return int(next(step for step in steps if step * MOST_STEPS >= max(heights, default=0)))


def _axis(kind: str, own: int, other: int, side: str, title: str = "") -> str:
    """An axis, up to what only its kind has."""
    lines = f"<c:majorGridlines>{GRID_LOOK}</c:majorGridlines>{_words(title)}" if title else ""
    form = '<c:numFmt formatCode="General" sourceLinked="1"/>' if title else ""
    return (
        f'<c:{kind}Ax><c:axId val="{own}"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{side}"/>{lines}{form}<c:majorTickMark val="out"/>'
        f'<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{LINE_LOOK}<c:crossAx val="{other}"/>'
        '<c:crosses val="autoZero"/>'
    )


def _words(text: str) -> str:
    run = f"<a:p><a:r><a:t>{escaped(text)}</a:t></a:r></a:p>"
    return f'<c:title><c:tx><c:rich><a:bodyPr/>{run}</c:rich></c:tx><c:overlay val="0"/></c:title>'


def _series(page: Page, plan: ChartPlan, n: int) -> str:
    one = plan.series[n]
    names, numbers = (page.cells.column(header)[: plan.rows].to_pylist() for header in (plan.categories, one.header))
    cached = "<c:formatCode>General</c:formatCode>"
    return (
        f'<c:ser><c:idx val="{n}"/><c:order val="{n}"/><c:tx><c:v>{escaped(one.header)}</c:v></c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{one.colour.removeprefix("#")}"/></a:solidFill></c:spPr>'
        f"<c:cat><c:strRef><c:f>{escaped(page.cells_of(plan.categories, plan.rows))}</c:f>"
        f"<c:strCache>{_points(map(escaped, names))}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>{escaped(page.cells_of(one.header, plan.rows))}</c:f>"
        f"<c:numCache>{cached}{_points(map(str, numbers))}</c:numCache></c:numRef></c:val></c:ser>"
    )


def _points(values: Iterable[str]) -> str:
    told = [f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values)]
    return f'<c:ptCount val="{len(told)}"/>{"".join(told)}'


class Packed(Struct, frozen=True):
    """A part as it stands in a package."""

    crc: int
    size: int  # bytes, before it was packed
    content: bytes


def pack_pieces(pieces: Iterable[str]) -> Packed:
    """A part that comes in pieces, so that a long one never stands in memory whole."""
    press, content, crc, size = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS), [], 0, 0
    for piece in pieces:
        plain = piece.encode()
        crc, size = zlib.crc32(plain, crc), size + len(plain)
        content.append(press.compress(plain))
    return Packed(crc, size, b"".join([*content, press.flush()]))


@lru_cache(maxsize=512)  # most of the small parts of a book stand in many others
def pack_text(text: str) -> Packed:
    """A part as one text."""
    return pack_pieces([text])


LEVEL = 4  # of nine: the higher ones take twice the time for two bytes in a hundred
STARTED = 33  # 1980-01-01 as a package counts: the same in every week


def package_of(parts: Mapping[str, Packed]) -> bytes:
    """The package: the parts one behind another, each after a head of its own, and a directory of all at the end."""
    files, directory, place = [], [], 0
    for name, part in parts.items():
        told = pack(
            "<HHHHHIIIHH", 20, 0, zlib.DEFLATED, 0, STARTED, part.crc, len(part.content), part.size, len(name), 0
        )
        head = b"PK\3\4" + told + name.encode()
        directory.append(b"PK\1\2" + pack("<H", 20) + told + pack("<HHHII", 0, 0, 0, 0, place) + name.encode())
        files += [head, part.content]
        place += len(head) + len(part.content)
    listed, count = b"".join(directory), len(directory)
    end = b"PK\5\6" + pack("<HHHHIIH", 0, 0, count, count, len(listed), place, 0)
    return b"".join([*files, listed, end])
