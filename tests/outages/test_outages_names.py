"""Two spellings of a name meet."""

import pytest

from reporter.text.folding import fold_name


@pytest.mark.parametrize("written", ["Clé GC", "cle-gc", "CLE_GC", "  clé   gc ", "Cle\u0301 GC", "clé gc"])
def test_case_accents_and_punctuation_do_not_matter(written):
    """A name is the same however it is accented, cased or joined."""
    assert "cle gc" == fold_name(written)


def test_a_ligature_is_its_two_letters():
    """`Main-d'œuvre` and `main d'oeuvre` are one name."""
    assert fold_name("main d'oeuvre") == fold_name("Main-d’Œuvre")


def test_different_names_stay_different():
    """The new portal is not the portal."""
    assert fold_name("IRCC portal") != fold_name("IRCC portal - New version")
