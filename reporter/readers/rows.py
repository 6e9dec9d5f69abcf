"""Which rows of the table are people, and by which stated rule a row is not one.

Every row of the table gets exactly one outcome. Pure: no files, no clock.
"""

import re

import numpy as np
import pandas as pd
from pandas import Series

from reporter.readers.date_text import parts_of
from reporter.readers.page import Page, Truth, truth
from reporter.readers.spelling import key, plain, tidy, tidy_column
from reporter.readers.table import starts_another
from reporter.readers.values import words

TOTAL = re.compile(
    r"(?:(?:grand|sub|sous|net) ?)?tota(?:l|ls|ux)(?: .*)?"
    r"|(?:nombre|number|count|somme|sum|effectif|compte|nb)(?: (?:of|de|d|total|des).*|\s*\d*)?"
)
FIRST = 2  # the columns in which a note stands


def excluded_rows(page: Page) -> Series:
    """The rule that takes a row out, empty where none does: blank, repeated_header, other_table, total, note…"""
    blank = _blank(page)
    rule = Series("", index=page.index, dtype="str")
    totals = _totals(page)
    rule[_notes(page, blank | totals)] = "note"
    rule[totals] = "total"
    rule[_repeated(page)] = "repeated_header"
    rule[page.index.isin(starts_another(page.table))] = "other_table"
    if page.options.skip_hidden_rows:
        rule[page.index.isin(sorted(page.table.sheet.hidden_rows))] = "hidden_by_choice"
    rule[blank] = "blank"
    return rule


def _blank(page: Page) -> Truth:
    read = page.cells.notna().to_numpy().any(axis=1)
    ids = page.bound("person_id")[0].column
    broken = page.broken[(page.broken["code"] == "cell_error") | (page.broken["column"] == ids)]
    read |= page.index.isin(broken["row"])
    others = page.table.rows.loc[~read].drop(columns=list(page.cells.columns))
    if others.empty:
        return ~read
    read[~read] = np.column_stack([tidy_column(others[c]).notna() for c in others]).any(axis=1)
    return ~read


def _repeated(page: Page) -> Truth:
    """The header again, as page breaks leave it: the id column's own header, and one more where there is one."""
    ids = page.of("person_id")
    assert ids is not None
    texts = {b.column: page.table.heading.texts[b.column] for b in page.binding.bound if b.field != "dropped"}
    maybe = truth(ids.str.lower() == texts[page.bound("person_id")[0].column].lower())
    if not maybe.any():
        return maybe
    lines = page.cells.loc[maybe]
    same = np.column_stack([truth(lines[c].str.lower() == text.lower()) for c, text in texts.items()])
    maybe[maybe] = same.sum(axis=1) >= min(2, len(texts))
    return maybe


def _totals(page: Page) -> Truth:
    """Lines that count: `Total`, `Sous-total :`, `Nombre d'employés`, with no date where a permit's would be."""
    ids = page.of("person_id")
    assert ids is not None
    says = _says_total(ids)
    without = truth(ids.isna())
    if without.any():
        says[without] = _says_total(_first_filled(page, without))
    if says.any():
        says[says] = ~_holds_date(page, says)
    return says


def _says_total(cells: Series) -> Truth:
    found = truth(cells.str.match(r"(?i)(?:grand|sub|sous|net|tota|nombre|number|count|somme|sum|effectif|compte|nb)"))
    found[found] = [bool(TOTAL.fullmatch(key(text))) for text in cells[found]]
    return found


def _first_filled(page: Page, which: Truth) -> Series:
    """The first text of each of these rows, in any column of the table."""
    lines = page.table.rows.loc[which].drop(columns=[b.column for b in page.bound("dropped")]).astype("object")
    return lines.bfill(axis=1).iloc[:, 0].astype("str").str.strip()


def _holds_date(page: Page, which: Truth) -> Truth:
    columns = [b.column for b in page.binding.bound if b.field.endswith(("_on", "_at"))]
    lines = page.cells.loc[which, columns]
    return np.array(
        [any(parts_of(plain(v)) for v in line if isinstance(v, str)) for line in lines.to_numpy(dtype=object)]
    )


def _notes(page: Page, other: Truth) -> Truth:
    """Lines of text under the table: one lone text, which is no id, after the last row that holds more than one."""
    lone = lone_texts(page)
    people = np.flatnonzero(~other & ~lone)
    after = np.arange(len(lone)) > (people[-1] if len(people) else -1)
    return lone & after


def lone_texts(page: Page) -> Truth:
    """Rows whose one filled cell, in the first columns, is no id, name or date: a note, a heading between groups."""
    filled = page.table.rows.notna().to_numpy()
    lone: Truth = filled.sum(axis=1) == 1
    column, columns = page.bound("person_id")[0].column, list(page.table.heading.texts)
    named = {b.column for name in ("full_name", "family_name", "given_names") for b in page.bound(name)}
    coded = truth(page.cells[column].str.contains(r"\d")).sum() * 2 > len(lone)
    places = np.flatnonzero(lone)
    spots = filled[places].argmax(axis=1)
    texts = page.table.rows.iloc[places].to_numpy(dtype=object)[np.arange(len(places)), spots]
    for place, spot, written in zip(places, spots.tolist(), texts, strict=True):
        at, text = columns[spot], tidy(str(written))
        is_like_id = at == column and _is_like_id(text, bool(coded))
        is_name = at in named and not _is_remark(text)
        lone[place] = (at == column or spot < FIRST) and not is_like_id and not is_name and _is_text(text)
    return lone


def _is_text(text: str) -> bool:
    found = parts_of(plain(text))
    return any(c.isalpha() for c in text) and (found is None or bool(found.note))


def _is_remark(text: str) -> bool:
    """More than a name: a sentence, a label, a footnote."""
    return text.startswith("*") or text.endswith(".") or ":" in text or text.count(" ") > 3


def _is_like_id(text: str, coded: bool) -> bool:
    if " " in text or text.endswith((":", ".")) or text.startswith("*") or len(text) > 40:
        return False
    return any(c.isdigit() for c in text) or not coded


def not_temporary(page: Page, dated: pd.DataFrame) -> Truth:
    """Citizens and permanent residents, who have no permit to watch: the status says so, or every expiry cell does.

    Takes: dated - for each column of permit expiries, by column number, whether the cell is a date.
    """
    kinds = page.of("permit_kind")
    said: Truth = np.zeros(len(page.index), dtype=bool) if kinds is None else _says_settled(kinds)
    columns = [b.column for b in page.bound("permit_expires_on")]
    if not columns:
        return said
    each = np.column_stack([_says_settled(page.cells[c]) for c in columns])
    return said | (each.any(axis=1) & ~dated[columns].to_numpy().any(axis=1))


def _says_settled(cells: Series) -> Truth:
    codes, uniques = pd.factorize(cells)
    settled = np.array([words("not_temporary").get(key(text)) is not None for text in uniques] + [False])
    return settled[codes]
