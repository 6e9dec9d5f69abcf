"""The fixed words of the workbook and the digest, in English and French, from `words/*.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def words(part: str, language: str) -> Mapping[str, str]:
    """The words of one part (`workbook`, `digest`, ...) in one language, by key."""
    text = (files("reporter.report") / "words" / f"{part}.toml").read_text("utf-8")
    return {key: entry[language] for key, entry in tomllib.loads(text).items()}
