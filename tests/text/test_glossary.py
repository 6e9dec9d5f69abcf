"""One word for each thing: every English and French string, every template and every page, held to the glossary."""

import re
import tomllib
from pathlib import Path

import pytest

import reporter

HOME = Path(reporter.__file__).parent
ROOT = Path(__file__).parents[2]
GLOSSARY = tomllib.loads((HOME / "text/glossary.toml").read_text("utf-8"))
FILES = sorted([*HOME.glob("text/*/*.toml"), *HOME.glob("rules/*.toml"), *HOME.glob("report/*.toml")])
LANGUAGES = {"en": "en", "fr": "fr", "en_one": "en", "fr_one": "fr"}


def texts_below(entry, where):
    """Every text of both languages below an entry, with the place where it stands."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in LANGUAGES and isinstance(value, str):
                yield where, LANGUAGES[key], value
            else:
                yield from texts_below(value, f"{where}.{key}")
    elif isinstance(entry, list):
        for number, value in enumerate(entry):
            yield from texts_below(value, f"{where}[{number}]")


def words_of_code():
    """The sentences that stand in code, `Words(en=…, fr=…)`, each text as it is put together."""
    for path in sorted(HOME.glob("rules/*.py")):
        for language, text in re.findall(r'\b(en|fr)=((?:f?"(?:[^"\\]|\\.)*"\s*)+)', path.read_text("utf-8")):
            yield path.stem, language, "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))


TEXTS = [
    *(one for path in FILES for one in texts_below(tomllib.loads(path.read_text("utf-8")), path.stem)),
    *words_of_code(),
]
TEMPLATES = [("templates/" + path.name, path.read_text("utf-8")) for path in sorted(ROOT.glob("templates/**/*.j2"))]
PAGES = [
    (path.name, re.sub(r"```.*?```|`[^`]*`", "", path.read_text("utf-8"), flags=re.DOTALL))  # no ids and no commands
    for path in (
        *sorted(ROOT.glob("docs/*.md")),
        *(ROOT / f"{name}.md" for name in ("README", "SECURITY", "CONTRIBUTING")),
    )
    if path.name not in ("glossary.md", "headings.md")  # the words, and those of other people's rosters
]


def offenders(name, language, texts):
    """What says the same with a word that is not ours."""
    entry = GLOSSARY[name]
    found = [re.compile(pattern) for pattern in entry.get(f"not_{language}", [])]
    but = tuple(entry.get("but", ["\0"]))
    wrong = ((where, text) for where, text in texts if any(one.search(text) for one in found))
    return [(where, text) for where, text in wrong if not where.startswith(but)]


@pytest.mark.parametrize("name", GLOSSARY)
def test_no_string_has_another_word_for_it(name):
    """A reader who meets two words takes them for two things."""
    assert len(TEXTS) > 2000
    for language in ("en", "fr"):
        texts = [(where, text) for where, spoken, text in TEXTS if spoken == language]
        assert [] == offenders(name, language, texts)


@pytest.mark.parametrize("name", sorted(set(GLOSSARY) - {"dash", "last-day"}))
def test_no_template_and_no_page_has_another_word_for_it(name):
    """The pages are in English, save the French rules; templates hold few words, in neither."""
    english = [(name, text) for name, text in PAGES if ".fr." not in name]
    french = [(name, text) for name, text in PAGES if ".fr." in name]

    assert [] == [where for where, _ in offenders(name, "en", english)]
    assert [] == [where for where, _ in offenders(name, "fr", [*french, *TEMPLATES])]


@pytest.mark.parametrize("name", sorted(set(GLOSSARY) - {"advice", "dash", "indicate"}))
def test_each_word_is_used(name):
    """A word that nobody says is no glossary's."""
    for language in ("en", "fr"):
        stem = GLOSSARY[name][language][:5].casefold()
        assert any(stem in text.casefold() for _, spoken, text in TEXTS if spoken == language)


def test_another_word_is_seen():
    """Each pattern finds what it is for."""
    assert offenders("settings", "fr", [("x", "dans les paramètres")])
    assert offenders("digest", "en", [("x", "the digest of the message")])
    assert not offenders("digest", "en", [("x", "the digest of the office")])
