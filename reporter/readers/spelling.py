"""Text as people type it: what is tidied before it is kept, and what is ignored when it is compared.

Pure: no files, no clock.
"""

import re
import unicodedata

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas import Series

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]")
UNSEEN = (  # the same, as whole columns are told it
    r"[\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}\x00-\x08\x0e-\x1f\x7f]"
)
MARKS = ("  ", "\n", "\t", "\r", "\x0b", "\x0c", "\x00", "\x7f")
WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
NUMBER_SIGN = re.compile(r"#|№|\bn\s?[°º]|\bn\.?o\.?(?![a-z])", re.IGNORECASE)


def tidy(text: str) -> str:
    """The text as written, without what nobody sees: odd spaces, zero-width and direction marks; in NFC."""
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", text)).split())


def plain(text: str) -> str:
    """The text without accents and case, spaces single: what dates are read from."""
    bare = unicodedata.normalize("NFKD", INVISIBLE.sub("", text))
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).casefold().split())


def key(text: str) -> str:
    """The text without accents, case and punctuation: two spellings of one value have one key."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain(text)).split())


def tidy_column(cells: Series) -> Series:
    """The whole column tidied; an empty text is missing. Only the unusual cells cost anything."""
    arrow = _one_array(cells)
    letters = _letters(arrow)
    if not letters.isascii() or any(mark.encode() in letters for mark in MARKS):
        odd = _odd(arrow)
        arrow = pc.replace_with_mask(arrow, odd, _mended(pc.filter(arrow, odd)))
    if b" " in letters:
        arrow = pc.utf8_trim_whitespace(arrow)
    is_empty = pc.equal(pc.binary_length(arrow), 0)
    if pc.any(is_empty).as_py():
        arrow = pc.if_else(is_empty, None, arrow)
    return Series(pd.array(arrow, dtype="str"), index=cells.index, name=cells.name)


def _one_array(cells: Series) -> pa.Array:
    arrow = pa.array(cells.astype("str").array)
    return arrow.combine_chunks() if isinstance(arrow, pa.ChunkedArray) else arrow


def _letters(arrow: pa.Array) -> bytes:
    """The column's letters as one text: looked through at once, they tell whether any cell needs tidying."""
    data = arrow.buffers()[2]
    return data.to_pybytes() if data else b""


def _odd(arrow: pa.Array) -> pa.Array:
    """Where a cell has other than plain letters, or spaces that the eye does not count."""
    odd = pc.invert(pc.string_is_ascii(arrow))
    for mark in MARKS:
        odd = pc.or_(odd, pc.match_substring(arrow, mark))
    return odd.fill_null(False)


def _mended(arrow: pa.Array) -> pa.Array:
    visible = pc.replace_substring_regex(arrow, UNSEEN, "")
    spaced = pc.replace_substring_regex(visible, r"[\s\p{Z}]+", " ")
    return pc.utf8_trim_whitespace(pc.utf8_normalize(spaced, "NFC"))
