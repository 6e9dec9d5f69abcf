"""Every sentence, in English and French: words from `words/*.toml`, faults and refusals from `problems/*.toml`.

Words that hang on a number stand there once a form: KEY_one and KEY_other, and KEY_many where French needs it.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from reporter.text import formats


@cache
def words(part: str, language: str) -> Mapping[str, str]:
    """The words of one part (`workbook`, `digest`, ...) in one language, by key."""
    return {key: entry[language] for key, entry in _both(part).items()}


@cache
def _both(part: str) -> Mapping[str, Mapping[str, str]]:
    """The words of one part in both languages: a report in two is made of every file twice."""
    return _entries(files("reporter.text") / "words" / f"{part}.toml")


@cache
def problem_sentences() -> dict[str, dict[str, str]]:
    """Every problem and refusal by its code: its severity and its sentences, those for a count of one apart."""
    folder = files("reporter.text") / "problems"
    tables = [_entries(path) for path in folder.iterdir() if path.name.endswith(".toml")]
    return {code: entry for table in tables for code, entry in table.items()}


def _entries(path: Traversable) -> dict[str, dict[str, str]]:
    """The entries of one file; in their French, no line ends between a number and what it counts."""
    return {
        key: {name: formats.held_numbers(text) if name.startswith("fr") else text for name, text in entry.items()}
        for key, entry in tomli.loads(path.read_text("utf-8")).items()
    }


def counted(w: Mapping[str, str], noun: str, count: int, language: str) -> str:
    """A count with its noun: `3 people`."""
    one, other = w[f"{noun}_one"], w[f"{noun}_other"]
    return formats.plural(count, one, other, language, many=w.get(f"{noun}_many", ""))


def count_sentence(w: Mapping[str, str], key: str, count: int, language: str, **more: str) -> str:
    """The sentence in the form that its count asks for, filled in; the count stands as `{n}` or `{count}`."""
    sentence = w.get(f"{key}_{formats.form(count, language)}") or w[f"{key}_other"]
    told = formats.number(count, language)
    return sentence.format(n=told, count=told, **more)
