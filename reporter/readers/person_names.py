"""People's names compared, in any script, and the key of a person whose list has no numbers. Pure."""

import hashlib
import unicodedata
from collections.abc import Iterator

from pandas import DataFrame, Series

INSIDE_A_WORD = "'’ʼ.\u200c\u200d"  # O'Brien is one word, and so is a Persian name with its joiner
LETTERS = 10  # of a key: among 100,000 people, two share one by chance once in some 200 lists
Name = tuple[str, ...]


def name_words(text: str) -> Name:
    """The words of a name in any script, without case and Latin accents; titles and order are left as they stand."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(_letters(apart))
    return tuple(unicodedata.normalize("NFC", bare).split())


def _letters(text: str) -> Iterator[str]:
    """The letters and marks that tell names apart; a blank for what stands between words."""
    is_latin = False
    for letter in text:
        if unicodedata.category(letter)[0] == "M":
            if not is_latin:
                yield letter
            continue
        is_latin = "a" <= letter <= "z"
        if letter not in INSIDE_A_WORD:
            yield letter if letter.isalnum() else " "


def is_one_name(one: Name, other: Name) -> bool:
    """Whether two names can be one person's: the words of the shorter stand in the longer, some as initials.

    A name that is not told agrees with any. `Marie Roy` agrees with `Roy, Marie-Ève` and `M. Roy`, not `Marie Ray`.
    """
    if not one or not other or "".join(one) == "".join(other):
        return True
    few, many = sorted((one, other), key=len)
    return any(word in many and not _is_initial(word) for word in few) and all(
        any(_is_one_word(word, longer) for longer in many) for word in few
    )


def _is_one_word(one: str, other: str) -> bool:
    return one == other or ((_is_initial(one) or _is_initial(other)) and one[0] == other[0])


def _is_initial(word: str) -> bool:
    """One letter of a script that has capitals: in the others, one sign may be a whole name."""
    return len(word) == 1 and word.upper() != word


def made_ids(names: DataFrame, units: Series, filled: Series) -> Series:
    """A key for each person, of name and unit: the same each week, whatever the order, case and accents of the name.

    A row without a name, or with nothing beside it, gets none.

    Takes: the cells of the names; those of the units; how many cells each row has filled.
    """
    whole = [" ".join(parts) for parts in names.fillna("").itertuples(index=False)]
    keys = [_made_id(name, unit) for name, unit in zip(whole, units.fillna(""), strict=True)]
    is_person = names.notna().any(axis=1) & (filled > names.notna().sum(axis=1))
    return Series(keys, index=names.index, dtype="str").where(is_person)


def _made_id(name: str, unit: str) -> str:
    words = "\n".join([*sorted(name_words(name)), "", *name_words(unit)])
    return f"P-{hashlib.sha256(words.encode()).hexdigest()[:LETTERS].upper()}"
