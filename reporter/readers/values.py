"""Words of a closed list: permit kinds, provinces, yes and no, outcomes, in English and French (model/values.toml).

What is not in the list is told once, with how often it stands there, and left missing. Pure: no files, no clock.
"""

import json
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas import DataFrame, Series
from pandas.api.extensions import ExtensionArray

from reporter.errors import SettingsError, refused
from reporter.model.shapes import ROSTER, SAME_WORDS, value_spellings
from reporter.text.time_zones import zone

Truth = NDArray[np.bool_]
DIGIT = r"\p{Nd}"
"""A digit of any script, in Arrow's patterns."""
INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1f\x7f]"
)
JOINERS = "\u200c\u200d"
JOINED = "\u0590-\u0dff\u0f00-\u109f\u1780-\u17ff\u1800-\u18af"
"""Scripts in which a joiner, or what keeps two letters apart, is part of how a name is spelled."""
NEEDLESS = re.compile(f"(?<![{JOINED}])[{JOINERS}]|[{JOINERS}](?![{JOINED}])")
UNSEEN = (  # as whole columns are told it; the joiners that are needless are gone by then
    r"[\x{AD}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FE00}-\x{FE0F}\x{FEFF}"
    r"\x00-\x08\x0e-\x1f\x7f]"
)
MARKS = ("  ", "\n", "\t", "\r", "\x0b", "\x0c", "\x00", "\x7f")
WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
MORE_SAID = re.compile(r"(?P<first>.{2,}?)\s*(?:\((?P<rest>[^()]+)\)|\s[-–—:]\s+(?P<more>.+))")
MORE_BEHIND = re.compile(r"\w\s*[(\[,;:–—-]|\d")
SHORTEST = 2  # letters of a word that counts with more behind it
DENIED = frozenset(["not", "non", "pas", "no", "never", "jamais", "principle", "principe"])
DITTO = ('"', "″", "〃", "”", "“", "„", ",,", "''", "‟")
NUMBER_SIGN = re.compile(r"#|№|\bn\s?[°º]|\bn\.?o\.?(?![a-z])", re.IGNORECASE)


def tidy(text: str) -> str:
    """The text as written, without what nobody sees: odd spaces, zero-width and direction marks; in NFC.

    A joiner between letters of a script that is spelled with it (Persian, the Indic ones) is seen, and stays.
    """
    visible = NEEDLESS.sub("", INVISIBLE.sub("", text))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def unaccented(text: str) -> str:
    """The text without accents and case, spaces single: what dates are read from."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    bare = unicodedata.normalize("NFKD", INVISIBLE.sub("", text))
    return " ".join("".join(c for c in bare if not unicodedata.combining(c) and c not in JOINERS).casefold().split())


def spelling_key(text: str) -> str:
    """The text without accents, case and punctuation: two spellings of one value have one key."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", unaccented(text)).split())


def tidy_column(cells: Series) -> Series:
    """The whole column tidied; an empty text is missing. Only the unusual cells cost anything."""
    given = arrow = _one_array(cells)
    letters = _letters(arrow)
    if not letters.isascii() or any(mark.encode() in letters for mark in MARKS):
        odd = _odd(arrow)
        arrow = pc.replace_with_mask(arrow, odd, _mended(pc.filter(arrow, odd)))
    if b" " in letters:
        arrow = pc.utf8_trim_whitespace(arrow)
    is_empty = pc.equal(pc.binary_length(arrow), 0)
    if pc.any(is_empty).as_py():
        arrow = pc.if_else(is_empty, None, arrow)
    return cells if arrow is given else Series(python_texts(arrow), index=cells.index, name=cells.name)


def truth(cells: Series) -> Truth:
    """The series as true and false, its own to change; a missing cell is false."""
    return np.array(cells.fillna(False), dtype=bool)


def python_texts(arrow: pa.Array | pa.ChunkedArray) -> ExtensionArray:
    """The texts as Python has them, equal ones as one object: most of a roster is said again and again."""
    coded = (
        arrow.combine_chunks().dictionary_encode() if isinstance(arrow, pa.ChunkedArray) else arrow.dictionary_encode()
    )
    texts: ExtensionArray = pd.array(coded.dictionary.to_pylist(), dtype="str")
    return texts.take(coded.indices.fill_null(-1).to_numpy(), allow_fill=True)


def one_of(words: Sequence[str], places: NDArray[np.intp]) -> ExtensionArray:
    """The word at each of these places."""
    texts: ExtensionArray = pd.array(list(words), dtype="str")
    return texts.take(places)


def matches(cells: Series, pattern: str) -> Truth:
    """Where a text holds what a pattern of Arrow's says: looked for in all of them at once. A missing one does not."""
    found = pc.match_substring_regex(_one_array(cells), pattern).fill_null(False)
    return np.array(found.to_numpy(zero_copy_only=False), dtype=bool)


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
    has_joiner = pc.match_substring_regex(arrow, r"[\x{200C}\x{200D}]")
    if pc.any(has_joiner).as_py():
        told = [tidy(text) for text in pc.filter(arrow, has_joiner).to_pylist()]
        arrow = pc.replace_with_mask(arrow, has_joiner, pa.array(told, type=arrow.type))
    visible = pc.replace_substring_regex(arrow, UNSEEN, "")
    spaced = pc.replace_substring_regex(visible, r"[\s\p{Z}]+", " ")
    return pc.utf8_trim_whitespace(pc.utf8_normalize(spaced, "NFC"))


LISTED = (*(name for name in value_spellings() if name in ROSTER.names), *SAME_WORDS)
"""The columns of the roster that hold words of a list."""
SETTLED = "not_temporary"
"""The word by which the settings say that a value means a citizen or a permanent resident."""
VALUES = "[roster.values]"
Lookup = Callable[[str], str | None]


def spelled(text: str) -> str:
    """What two spellings of one value have in common; a sign (`✓`, `#N/A`) is its own spelling."""
    return unaccented(text) if text.startswith("#") else spelling_key(text) or unaccented(text)


@cache
def value_list(name: str) -> Mapping[str, str]:
    """One list: each spelling and the word it stands for; a word of the roster stands for itself."""
    listed = value_spellings()[SAME_WORDS.get(name, name)]
    own = {spelled(word): word for word in listed if name in LISTED}
    return own | {spelled(said): word for word, spellings in listed.items() for said in spellings}


def is_ditto(text: str) -> bool:
    """True of `″` and `- " -`, which point at the cell above: what is meant is lost once rows are sorted."""
    return text.strip("-–— ") in DITTO


def is_bare_sign(text: str) -> bool:
    """True of `-` and `…`, that say nothing; a tick or a box says something, whatever that is."""
    says = any(c.isalnum() or c in "?√×" or unicodedata.category(c) == "So" for c in text)
    return not says and not is_ditto(text)


def is_blank_word(text: str) -> bool:
    """True of `N/A`, `-`, `s/o`: a cell that is filled and says nothing."""
    return is_bare_sign(text) or value_list("date_state").get(spelled(text)) == "missing"


def read_words(cells: Series, lookup: Lookup) -> tuple[Series, DataFrame]:
    """The column in the roster's words, and what was not understood.

    Takes:   cells - tidied text; lookup - a spelling to its word, None when it is not in the list.
    Returns: the words (missing where there is none); value, count, row for each value not in the list.
    """
    codes, uniques = pd.factorize(cells)
    found = [lookup(text) for text in uniques]
    known = pd.array([*found, None], dtype="str")
    read = Series(known.take(codes), index=cells.index, dtype="str")
    strange = np.array([w is None and not is_blank_word(t) for w, t in zip(found, uniques, strict=True)], dtype=bool)
    return read, _strange(cells, codes, np.flatnonzero(strange))


def _strange(cells: Series, codes: NDArray[np.intp], places: NDArray[np.intp]) -> DataFrame:
    """Each of these distinct values with how often it stands there and the first row where it does."""
    seen, first, count = np.unique(codes, return_index=True, return_counts=True)
    at = np.searchsorted(seen, places)
    rows = first[at]
    return DataFrame({"value": cells.iloc[rows].array, "count": count[at], "row": cells.index[rows]})


def lookup(name: str, own: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> Lookup:
    """The lookup of one list, in which the office's own values go first; `time_zone` is the world's zones.

    Takes: own - see `office_values`.
    """

    ways: Mapping[str, Lookup] = {"time_zone": _zone, "permit_kind": _kind, "yes_no": _yes_no}
    known = ways.get(name, partial(_leading, name=name))
    said = {text: word for text, word in own.get(name, {}).items() if word != SETTLED}
    return (lambda text: said.get(spelled(text)) or known(text)) if said else known


def office_values(values: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """What the settings say that an office's own values mean: for each field, a spelling and its word.

    Raises: SettingsError - a field without a list of words, or a word that is not in its list.
    """
    for name, said in values.items():
        if name not in (*LISTED, "time_zone"):
            raise refused(SettingsError, "stop_value_field", where=VALUES, name=name, names=", ".join(LISTED))
        allowed = allowed_words(name)
        for text, word in said.items():
            if not (word in allowed or (name == "time_zone" and _zone(word))):
                told = {"text": text, "word": word, "words": ", ".join(allowed)}
                raise refused(SettingsError, "stop_value_word", where=f"{VALUES}.{name}", **told)
    return {name: {spelled(text): word for text, word in said.items()} for name, said in values.items()}


def allowed_words(name: str) -> tuple[str, ...]:
    """The words that a field can hold; a permit kind may also say that the person has no permit to watch."""
    if name == "time_zone":
        return ("America/Toronto",)
    return (*dict.fromkeys(value_list(name).values()), *([SETTLED] if name == "permit_kind" else []))


def quoted(text: str) -> str:
    """The text as a line of the settings writes it."""
    return json.dumps(text, ensure_ascii=False)


def says_settled(text: str, own: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a value says citizen or permanent resident: in a known word, or in one that the settings explain."""
    said = own.get("permit_kind", {}).get(spelled(text))
    return said == SETTLED if said else value_list("not_temporary").get(spelling_key(text)) is not None


def _yes_no(text: str) -> str | None:
    """Yes or no alone: beside either may stand a day that counts."""
    return value_list("yes_no").get(spelled(text))


def _kind(text: str) -> str | None:
    """The kind of a permit; of `Study permit (PhD)` what stands first, unless the rest is a kind of its own."""
    known = value_list("permit_kind")
    if (word := known.get(spelled(text))) or not (parts := MORE_SAID.fullmatch(text)):
        return word
    first, rest = known.get(spelled(parts["first"])), parts["rest"] or parts["more"]
    is_other = known.get(spelled(rest), first) != first or spelling_key(rest) in value_list("not_temporary")
    return None if is_other else first


def _leading(text: str, name: str) -> str | None:
    """The word of a list; of `Refused (2026-11-20)` what stands first, unless the rest decides otherwise.

    Behind it stands a sign or a number: `approved in principle` is no approval.
    """
    known, words = value_list(name), spelling_key(text).split()
    if (word := known.get(spelled(text))) or not MORE_BEHIND.search(text):
        return word
    others = value_list("application_outcome") if name == "no_application" else known
    size = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in known), 0)
    first, rest = known.get(" ".join(words[:size])), words[size:]
    is_other = any(more in DENIED or others.get(more, first) not in (first, "pending") for more in rest)
    return None if is_other or len("".join(words[:size])) < SHORTEST else first


def _zone(text: str) -> str | None:
    try:
        zone(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return text
