"""A fault in somebody's file: where it is, what was found, what is allowed. Returned, never raised.

The sentences live in `text/problems/*.toml`, one file a room, each in English and French; `en_one` and `fr_one`
stand for the ordinary ones where their `count` asks for the singular.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from pandas import DataFrame

from reporter.text import formats
from reporter.text.catalogue import problem_sentences

SEVERITIES = ("error", "warning", "info")
"""The worst first."""
COLUMNS = ("source", "sheet", "row", "column", "code", "severity", "message", "value")


class Problem(Struct, frozen=True):
    """One fault with its address.

    `source` is the file's name, `row` the row the spreadsheet shows (0 for the file as a whole),
    `column` the spreadsheet's column letter or a key, `value` what stood there.
    `code` is an entry of problems/*.toml; `details` fill the placeholders of its sentences.
    """

    source: str
    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """`error` sets the row aside or loses the value, `warning` keeps it with a doubt, `info` only tells."""
        return problem_sentences()[self.code]["severity"]

    @property
    def cell(self) -> str:
        """The address as a spreadsheet shows it: `Staff!F14`, or as much of it as is known.

        Of a list of items, which has keys in place of columns, the item and its key: `#3 ended_at`.
        """
        is_key = bool(self.row) and not self.column.isupper() and self.column != ""
        place = f"#{self.row} {self.column}" if is_key else f"{self.column}{self.row or ''}"
        return f"{self.sheet}!{place}" if self.sheet and place else self.sheet or place

    def message(self, language: str = "en") -> str:
        """What was found, what is allowed and what to do, in one or two sentences."""
        entry, count = problem_sentences()[self.code], str(self.details.get("count", ""))
        form = formats.form(int(count), language) if count.isdecimal() else "other"
        return entry.get(f"{language}_{form}", entry[language]).format(value=self.value, **self.details)


def of_one_kind(problems: Iterable[Problem]) -> list[list[Problem]]:
    """The problems by what is wrong and where: one kind in one column of one sheet, the worst kinds first.

    Within a kind they stay in the order of the file; what 3,000 cells of a column share is one thing to put right.
    """
    kinds: dict[tuple[int, str, str, str, str], list[Problem]] = {}
    for one in problems:
        kinds.setdefault((SEVERITIES.index(one.severity), one.source, one.sheet, one.column, one.code), []).append(one)
    return [kinds[key] for key in sorted(kinds, key=lambda key: key[0])]


def problems_frame(problems: Iterable[Problem], language: str = "en") -> DataFrame:
    """The problems as the rows of problems.csv, in the order of the file."""
    rows = [
        (p.source, p.sheet, p.row or "", p.column, p.code, p.severity, p.message(language), p.value) for p in problems
    ]
    return DataFrame(rows, columns=list(COLUMNS)).astype({"row": "str"})


def letter(column: int) -> str:
    """The name of a column: 0 is A, 25 is Z, 26 is AA."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(ord("A") + rest) + name
        column -= 1
    return name
