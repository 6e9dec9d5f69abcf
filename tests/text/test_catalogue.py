"""Every sentence a person reads: in both languages, from the same facts, with correct French typography."""

import ast
import re
import string
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import reporter
from reporter.errors import ReporterError, RosterError, StoreError, refused
from reporter.model.levels import LEVELS
from reporter.model.problem import Problem
from reporter.readers.headers import fields_of_roster, kind_fields
from reporter.text.catalogue import problem_sentences, words

HOME = Path(reporter.__file__).parent
PAIRS = {
    f"{path.stem}.{key}": (entry["en"], entry["fr"])
    for folder in ("text/words", "text/problems")
    for path in sorted((HOME / folder).glob("*.toml"))
    for key, entry in tomllib.loads(path.read_text("utf-8")).items()
}
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


def test_both_languages_name_the_same_facts():
    """A fact that stands in one language stands in the other."""
    assert len(PAIRS) > 1000
    assert [] == [where for where, (english, french) in PAIRS.items() if names(english) != names(french)]


def test_french_typography():
    """No-break spaces before the double signs and inside guillemets, and curly apostrophes between letters."""
    assert {} == {where: text for where, (_, text) in PAIRS.items() if ill_set(text)}


def test_french_typography_of_the_rules():
    """The sentences of the rulebook are set like all others."""
    texts = {path.name: french_of(tomllib.loads(path.read_text("utf-8"))) for path in RULES}

    assert all(texts[f"{name}.toml"] for name in ("deadlines", "risks", "services", "duties"))
    assert [] == [(name, text) for name, found in texts.items() for text in found if ill_set(text)]


ILL = (r"[^\s\u00a0\u202f][;!?»]| [:;!?»](\s|$)|« ", r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ]")


def ill_set(french):
    """Whether a space or an apostrophe of it is not the right one; addresses, keys and options stand as they are."""
    prose = re.sub(r"https?://\S+|\"[^\"]*\"|\b\w+ = \S+|--[\w-]+|\{\w+\}", "x", french)
    return any(re.search(ill, prose) for ill in ILL) or bool(re.search("[ \u00a0]\u00a0|\u00a0[ \u00a0]", french))


@pytest.mark.parametrize("french", ["quoi?", "c'est", "« oui »", "un\u00a0 : deux", "fin ; ou"])
def test_what_is_ill_set_is_seen(french):
    """Each of the faults alone."""
    assert ill_set(french)


def test_every_code_stands_once():
    """Two sentences under one code would be one sentence, by the order of the files."""
    files = (HOME / "text/problems").glob("*.toml")
    codes = [code for path in files for code in tomllib.loads(path.read_text("utf-8"))]

    assert [] == sorted({code for code in codes if codes.count(code) > 1})


def test_every_problem_code_is_known():
    """Each code that the rooms raise has its sentences."""
    codes = set(problem_sentences())
    raised = set()
    for path in HOME.rglob("*.py"):
        raised |= set(re.findall(r"Problem\(\s*[\w.\[\]\"']+,\s*\"([a-z_]+)\"", path.read_text("utf-8")))

    assert raised
    assert set() == raised - codes


CALLS: list[tuple[str, ast.Call]] = []


@pytest.fixture(autouse=True, scope="module")
def every_call():
    """Read for these tests alone: so many nodes are a burden to every process that collects its garbage."""
    CALLS.extend(
        (f"{path.relative_to(HOME)}:{node.lineno}", node)
        for path in sorted(HOME.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )
    yield
    CALLS.clear()


def calls(*names):
    """Every call of a function or method of one of those names, with the place where it stands."""
    return [(at, node) for at, node in CALLS if getattr(node.func, "id", getattr(node.func, "attr", "")) in names]


def kinds(base=ReporterError):
    """The names of every class of error, private ones too."""
    return {base.__name__}.union(*(kinds(one) for one in base.__subclasses__()))


def test_every_error_is_raised_in_both_languages():
    """No sentence of an error stands in the code, where it would stand in one language only."""
    assert {"StoreError", "WithheldError"} < kinds()
    assert [] == [place for place, _ in calls(*kinds() - {"FileRefusedError"})]  # that one is made of a Problem


def test_every_refusal_has_its_sentences_and_fills_them():
    """A code that is spelled out is known, and what its sentences name is given."""
    wrong, seen = [], 0
    for place, call in (*calls("refused"), *calls("refuse")):
        code, given = call.args[-1], {one.arg for one in call.keywords} - {"where"}
        if not isinstance(code, ast.Constant) or not isinstance(code.value, str) or None in given:
            continue
        seen += 1
        if code.value not in problem_sentences() or names(problem_sentences()[code.value]["en"]) != given:
            wrong.append(f"{place}: {code.value} {sorted(given)}")

    assert (True, []) == (seen > 50, wrong)


def test_every_sentence_of_a_problem_is_told_by_somebody():
    """A code that no module says is a sentence that nobody can meet, though the page of problems lists it."""
    code = "\n".join(path.read_text("utf-8") for path in sorted(HOME.rglob("*.py")))
    said = set(re.findall(r'"(\w+)"', code))
    made = {re.sub(r"\{.*?\}", r"\\w+", text) for text in re.findall(r'(?<!\[)f"(\w*\{[^{}"]+\}\w*)"', code)}
    forms = [re.compile(form) for form in made if len(form) > len(r"\w+") + 3]
    silent = [
        key for key in problem_sentences()
        if key not in said and not any(form.fullmatch(key) for form in forms)
        and not (key.removesuffix("_elsewhere") in said and "_elsewhere" in said)
    ]  # fmt: skip

    assert [] == silent


def test_what_somebody_can_mend_is_no_fault_of_the_program():
    """Exit code 1 is for what nobody outside can mend; any other refusal has a class of its own, and its code."""
    raised = [call for path in sorted(HOME.rglob("*.py")) for call in raises(ast.parse(path.read_text("utf-8")))]
    base = {call.args[1].value for call in raised if getattr(call.args[0], "id", "") == "ReporterError"}

    assert len(raised) > 50
    assert {"stop_account_open", "stop_process_died"} == base


def raises(tree):
    """The calls of `refused` that are raised where they stand."""
    found = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return [call for call in found if getattr(call.func, "id", "") == "refused"]


def test_a_refusal_is_told_in_the_language_that_is_asked_for():
    """With its place, and with the errors it is made of; one that nobody wrote in French is told in English."""
    inner = [refused(RosterError, "stop_no_person", where="a.xlsx"), StoreError("is locked", where="b.db")]
    outer = refused(RosterError, "stop_none_read", failures=inner)

    assert outer.in_language("en") == str(outer)
    assert outer.in_language("fr").startswith(
        "aucune liste ne peut être lue\u00a0: a.xlsx\u00a0: aucune ligne des listes"
    )
    assert outer.in_language("fr").endswith("; b.db: is locked")


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


def test_words_that_hang_on_a_number_have_every_form():
    """One and other; and what stands in one form, but for its number, stands in the other."""
    wrong = [
        (part, key, language)
        for part, key in PLURALS
        for language in ("en", "fr")
        if forms(part, key, language, "one") != forms(part, key, language, "other")
    ]

    assert (True, []) == (len(PLURALS) > 50, wrong)


def forms(part, key, language, form):
    """What that form of it names beside the number."""
    return names(words(part, language)[f"{key}_{form}"]) - {"n", "count"}


def test_no_form_of_a_plural_is_left_without_the_others():
    """`many` is for whole millions and stands beside `other`; the words of a mail know no other plurals."""
    many = {(part, key.removesuffix("_many")) for part, keys in KEYS.items() for key in keys if key.endswith("_many")}
    told = {(part, key.removesuffix("_one")) for part in ("digest", "workbook", "questions", "beside")
            for key in KEYS[part] if key.endswith("_one")}  # fmt: skip

    assert {("mail", "why_too")} >= (many | told) - set(PLURALS)


def test_a_problem_of_one_is_told_in_the_singular():
    """Both languages have it, it says the same facts, and it is not the sentence of many."""
    with_one = {code: entry for code, entry in problem_sentences().items() if "en_one" in entry}
    wrong = [
        code
        for code, entry in with_one.items()
        if len({frozenset(names(entry[form])) for form in ("en", "fr", "en_one", "fr_one")}) > 1
        or told(code, "1") == told(code, "2")
    ]

    assert (True, []) == (len(with_one) > 3, wrong)


def told(code, count):
    """The problem of that many, with something in every other place."""
    facts = dict.fromkeys(names(problem_sentences()[code]["en"]) - {"count", "value"}, "x")
    return Problem("f", code, details={**facts, "count": count}).message("en")


def test_no_sentence_leaves_the_number_to_the_reader():
    """None has a plural in brackets."""
    texts = [text for entry in problem_sentences().values() for key, text in entry.items() if key != "severity"]

    assert [] == [text for text in texts if re.search(r"\w\((s|es|x)\)", text)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_field_of_a_roster_has_a_name(language):
    """By which `check` and `init` call it; what only the readers themselves fill has none."""
    filled = {"application_filed_from_at", "letter_answered_from_at", "second_application_filed_from_at"}

    assert fields_of_roster() - set(kind_fields()) - filled == set(words("field_labels", language))
