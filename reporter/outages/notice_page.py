"""A page, a markdown file or a plain text as lines to read: what is a heading, what stands in which box. Pure.

Nothing of a page is run or fetched; scripts, styles, menus, footers and comments are left out.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_IS_HTML = re.compile(
    r"<(?:!doctype|html|head|body|main|div|section|article|p|h[1-6]|ul|ol|li|span|table|details|aside)\b", re.I
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "footer",
        "head",
        "svg",
        "select",
        "option",
        "button",
        "iframe",
        "object",
    ]
)
_DEEPEST = 300  # elements inside one another; what lies deeper belongs to the last of them
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_FLOWING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
    ]
)
_BOX = re.compile(r"(?:^|[\s_-])(?:alert|notice|banner|warning|outage|panne|avis)(?:$|[\s_-])")
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|hide|d-none|is-hidden|mfp-hide|invisible)(?:$|\s)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(?:=+|-{3,})\s*$")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)])\s+")
_FRONT = re.compile(r"\A﻿?---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,2000}\)")
_LOOSE = re.compile(r"<(?=[^<>]*(?:<|\Z))")  # opens nothing, but costs a search to the end of the page each time
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LANG = re.compile(r"^lang:\s*[\"']?(en|fr)", re.MULTILINE)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """One paragraph, item or heading; `level` is 1 to 6 for a heading, 0 for anything else."""

    text: str
    level: int = 0
    box: int = 0
    is_hidden: bool = False
    is_item: bool = False
    language: str = ""


@dataclass(frozen=True)
class Page:
    """A source taken apart: its title and its lines."""

    title: str
    lines: tuple[Line, ...]
    is_page: bool


def read_page(text: str) -> Page:
    """The lines of a source, whichever of the three it is."""
    if _IS_HTML.search(text):
        return _read_html(text)
    return _read_text(text)


def _read_text(text: str) -> Page:
    """Markdown and plain text alike: blank lines part paragraphs, lines that run on are joined."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    fields = front.group(1) if front else ""
    body = _COMMENT.sub(" ", text[front.end() :] if front else text)
    language = match.group(1) if (match := _LANG.search(fields)) else ""
    title = match.group(1) if (match := _TITLE.search(fields)) else ""
    lines: list[Line] = []
    gathered: list[str] = []
    is_item = False

    def flush(level: int = 0) -> None:
        if gathered:
            lines.append(Line(_plain_markdown(" ".join(gathered)), level, is_item=is_item, language=language))
        gathered.clear()

    for raw in body.split("\n"):
        stripped = raw.strip().lstrip(">").strip()
        if heading := _HEADING.match(stripped):
            flush()
            lines.append(Line(_plain_markdown(heading.group(2)), len(heading.group(1)), language=language))
        elif _UNDERLINE.match(stripped) and len(gathered) == 1 and not is_item:
            flush(level=1 if stripped.startswith("=") else 2)
        elif not stripped or set(stripped) <= set("-*_= "):
            flush()
            is_item = False
        else:
            if item := _ITEM.match(stripped):
                flush()
                is_item = True
                stripped = stripped[item.end() :]
            gathered.append(stripped)
    flush()
    return Page(title, tuple(line for line in lines if line.text), bool(front) or any(line.level for line in lines))


def _plain_markdown(text: str) -> str:
    return re.sub(r"\*\*|__|`", "", _LINK.sub(r"\1", text)).strip("*_ ")


def _read_html(text: str) -> Page:
    reader = _Reader()
    try:
        reader.feed(_LOOSE.sub("&lt;", _COMMENT.sub(" ", text)))
        reader.close()
    except AssertionError:  # what html.parser answers to a broken <![ section; the lines so far stand
        pass
    reader.flush()
    return Page(" ".join("".join(reader.title).split()), tuple(reader.lines), True)


@dataclass
class _Element:
    tag: str
    is_skipped: bool
    is_hidden: bool
    box: int
    language: str


@dataclass
class _Reader(HTMLParser):
    """Gathers the lines of a page; an element that is never closed costs nothing but its own box."""

    lines: list[Line] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    opened: list[_Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    boxes: int = 0
    in_title: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element; what is inside is hidden, boxed or in a language as its parents say, or itself."""
        if tag == "br":
            self.words.append(" ")
        self.in_title = tag == "title" and "svg" not in {element.tag for element in self.opened}
        if tag in _VOID:
            return
        if tag not in _FLOWING:
            self.flush()
        if tag in ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6"):
            self._close_paragraph()
        if len(self.opened) >= _DEEPEST:
            return
        said = {name: (value or "") for name, value in attrs}
        parent = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        is_box = bool(_BOX.search(said.get("class", "").lower())) or said.get("role") == "alert"
        self.boxes += is_box
        self.opened.append(
            _Element(
                tag,
                parent.is_skipped or tag in _SKIPPED,
                parent.is_hidden or _is_hidden(said),
                self.boxes if is_box else parent.box,
                said.get("lang", "")[:2].lower() or parent.language,
            )
        )

    def handle_endtag(self, tag: str) -> None:
        """Closes the element and what was left open inside it; an end without a beginning is passed over."""
        self.in_title = self.in_title and tag != "title"
        places = [place for place, element in enumerate(self.opened) if element.tag == tag]
        if not places:
            return
        if tag not in _FLOWING:
            self.flush()
        del self.opened[places[-1] :]

    def handle_data(self, data: str) -> None:
        """Words, kept unless their element is left out."""
        if self.in_title:
            self.title.append(data)
        elif not (self.opened and self.opened[-1].is_skipped):
            self.words.append(data)

    def _close_paragraph(self) -> None:
        """A new paragraph or heading ends the paragraph before it, closed or not."""
        if self.opened and self.opened[-1].tag == "p":
            self.opened.pop()

    def flush(self) -> None:
        """Ends the line."""
        text = " ".join("".join(self.words).split())
        self.words.clear()
        if not text:
            return
        inside = self.opened[-1] if self.opened else _Element("", False, False, 0, "")
        tags = [element.tag for element in self.opened]
        headings = [int(tag[1]) for tag in tags if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()]
        level = headings[-1] if headings else 0
        self.lines.append(Line(text, level, inside.box, inside.is_hidden, "li" in tags, inside.language))


def _is_hidden(said: dict[str, str]) -> bool:
    return (
        "hidden" in said
        or said.get("aria-hidden") == "true"
        or bool(_HIDDEN_CLASS.search(said.get("class", "").lower()))
        or bool(_HIDDEN_STYLE.search(said.get("style", "").lower()))
    )
