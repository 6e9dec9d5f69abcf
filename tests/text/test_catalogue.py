"""Every sentence a person reads: in both languages, from the same facts, with correct French typography."""

import ast
import re
import string
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import reporter
from reporter.errors import RosterError, StoreError, refused
from reporter.model.levels import LEVELS
from reporter.model.problem import Problem
from reporter.text.catalogue import problem_sentences, words

HOME = Path(reporter.__file__).parent
PAIRS = [
    pytest.param(entry["en"], entry["fr"], id=f"{path.stem}.{key}")
    for folder in ("text/words", "text/problems")
    for path in sorted((HOME / folder).glob("*.toml"))
    for key, entry in tomllib.loads(path.read_text("utf-8")).items()
]
RULES = tuple(sorted((HOME / "rules").glob("*.toml")))


KEYS = {path.stem: set(tomllib.loads(path.read_text("utf-8"))) for path in (HOME / "text/words").glob("*.toml")}
PLURALS = sorted(
    (part, key.removesuffix("_one"))
    for part, keys in KEYS.items()
    for key in keys
    if key.endswith("_one") and f"{key.removesuffix('_one')}_other" in keys
)


def french_of(entry):
    """Every French text below an entry of a rule file."""
    if isinstance(entry, dict):
        own = [entry["fr"]] if isinstance(entry.get("fr"), str) else []
        return own + [text for part in entry.values() for text in french_of(part)]
    return [text for part in entry for text in french_of(part)] if isinstance(entry, list) else []


def names(text):
    """The facts a sentence names; a word that differs by language has its French under `…_fr`."""
    return {name.removesuffix("_fr") for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("english", "french"), PAIRS)
def test_both_languages_name_the_same_facts(english, french):
    """A fact that stands in one language stands in the other."""
    assert names(english) == names(french)


@pytest.mark.parametrize(("english", "french"), PAIRS)
def test_french_typography(english, french):
    """No-break spaces before the double signs and inside guillemets, and curly apostrophes between letters."""
    well_set(french)


@pytest.mark.parametrize("rules", [pytest.param(path, id=path.stem) for path in RULES])
def test_french_typography_of_the_rules(rules):
    """The sentences of the rulebook are set like all others."""
    texts = french_of(tomllib.loads(rules.read_text("utf-8")))

    assert texts
    for text in texts:
        well_set(text)


def well_set(french):
    prose = re.sub(r"https?://\S+|\"[^\"]*\"|\b\w+ = \S+|--[\w-]+|\{\w+\}", "x", french)

    assert not re.search(r"[^\s\u00a0\u202f][;!?»]| [:;!?»](\s|$)|« ", prose), prose
    assert not re.search(r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ]", prose), prose
    assert not re.search("[ \u00a0]\u00a0|\u00a0[ \u00a0]", french), french


def test_every_problem_code_is_known():
    """Each code that the rooms raise has its sentences."""
    codes = set(problem_sentences())
    raised = set()
    for path in HOME.rglob("*.py"):
        raised |= set(re.findall(r"Problem\(\s*[\w.\[\]\"']+,\s*\"([a-z_]+)\"", path.read_text("utf-8")))

    assert raised
    assert set() == raised - codes


def calls(*names):
    """Every call of a function of one of those names, with the place where it stands."""
    for path in sorted(HOME.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{path.relative_to(HOME)}:{node.lineno}", node


def test_settings_and_rosters_are_refused_in_both_languages():
    """No sentence about them stands in the code, where it would stand in one language only."""
    assert [] == [place for place, _ in calls("SettingsError", "RosterError")]


def test_every_refusal_has_its_sentences_and_fills_them():
    """A code that is spelled out is known, and what its sentences name is given."""
    wrong, seen = [], 0
    for place, call in calls("refused"):
        code, given = call.args[1], {one.arg for one in call.keywords} - {"where"}
        if not isinstance(code, ast.Constant) or None in given:
            continue
        seen += 1
        if code.value not in problem_sentences() or names(problem_sentences()[code.value]["en"]) != given:
            wrong.append(f"{place}: {code.value} {sorted(given)}")

    assert (True, []) == (seen > 50, wrong)


def test_a_refusal_is_told_in_the_language_that_is_asked_for():
    """With its place, and with the errors it is made of; one that nobody wrote in French is told in English."""
    inner = [refused(RosterError, "stop_no_person", where="a.xlsx"), StoreError("is locked", where="b.db")]
    outer = refused(RosterError, "stop_none_read", failures=inner)

    assert outer.told("en") == str(outer)
    assert outer.told("fr").startswith("aucune liste ne peut être lue\u00a0: a.xlsx\u00a0: aucune ligne des listes")
    assert outer.told("fr").endswith("; b.db: is locked")


def test_a_problem_has_an_address_and_two_languages():
    """The cell is written as a spreadsheet shows it, and the sentence exists in English and French."""
    problem = Problem("a.xlsx", "contact_unusable", sheet="Staff", row=14, column="F", value="x")

    assert "Staff!F14" == problem.cell
    assert "warning" == problem.severity
    assert problem.message("en") != problem.message("fr")


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_levels_can_be_read(level):
    """Ink on paper keeps a contrast of 4.5 to 1, and no two levels share a symbol."""
    light, dark = sorted((luminance(level.ink), luminance(level.paper)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5
    assert 1 == sum(other.symbol == level.symbol for other in LEVELS)


def test_the_packaged_texts_are_files_of_the_package():
    """The catalogues are found through the package, not through the working folder."""
    assert (files("reporter.text") / "problems").is_dir()


@pytest.mark.parametrize(("part", "key"), PLURALS)
def test_words_that_hang_on_a_number_have_every_form(part, key):
    """One and other; and what stands in one form, but for its number, stands in the other."""
    for language in ("en", "fr"):
        known = words(part, language)
        facts = {name: names(known[f"{key}_{name}"]) - {"n", "count"} for name in ("one", "other")}

        assert facts["one"] == facts["other"]


def test_no_form_of_a_plural_is_left_without_the_others():
    """`many` is for whole millions and stands beside `other`; the words of a mail know no other plurals."""
    many = {(part, key.removesuffix("_many")) for part, keys in KEYS.items() for key in keys if key.endswith("_many")}
    told = {(part, key.removesuffix("_one")) for part in ("digest", "workbook", "questions", "beside")
            for key in KEYS[part] if key.endswith("_one")}  # fmt: skip

    assert {("mail", "why_too")} >= (many | told) - set(PLURALS)


@pytest.mark.parametrize("code", [code for code, entry in problem_sentences().items() if "en_one" in entry])
def test_a_problem_of_one_is_told_in_the_singular(code):
    """Both languages have it, it says the same, and no sentence of ours has (s) or (es) any more."""
    entry = problem_sentences()[code]

    assert {frozenset(names(entry["en"]))} == {frozenset(names(entry[form])) for form in ("fr", "en_one", "fr_one")}
    told = dict.fromkeys(names(entry["en"]) - {"count", "value"}, "x")
    one, many = (Problem("f", code, details={**told, "count": n}).message("en") for n in ("1", "2"))
    assert one != many


def test_no_sentence_leaves_the_number_to_the_reader():
    """None has a plural in brackets."""
    texts = [text for entry in problem_sentences().values() for key, text in entry.items() if key != "severity"]

    assert [] == [text for text in texts if re.search(r"\w\((s|es|x)\)", text)]
