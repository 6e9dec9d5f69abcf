"""Names compared as people read them: without case, accents or punctuation. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold_name(text: str) -> str:
    """The text as lower-case words without accents or punctuation, so that two spellings of a name meet.

    `Clé GC`, `cle-gc` and `CLE GC` are one name; `CléGC` is another, and wants its own alias.
    """
    if text.isascii():
        return _BETWEEN_WORDS.sub(" ", text.lower()).strip()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    bare = "".join(one for one in apart if not unicodedata.combining(one) and unicodedata.category(one) != "Cf")
    return _BETWEEN_WORDS.sub(" ", bare).strip()


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that was most likely meant; nothing where none is like it."""
    plain = {one.casefold(): one for one in names}
    found = difflib.get_close_matches(name.casefold(), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else ""
