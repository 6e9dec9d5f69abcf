"""model/names.py: two spellings of a name meet."""

import pytest

from reporter.model.names import plain


@pytest.mark.parametrize("written", ["Clé GC", "cle-gc", "CLE_GC", "  clé   gc ", "Cle\u0301 GC", "clé gc"])
def test_case_accents_and_punctuation_do_not_matter(written):
    """A name is the same however it is accented, cased or joined."""
    assert "cle gc" == plain(written)


def test_a_ligature_is_its_two_letters():
    """`Main-d'œuvre` and `main d'oeuvre` are one name."""
    assert plain("main d'oeuvre") == plain("Main-d’Œuvre")


def test_different_names_stay_different():
    """The new portal is not the portal."""
    assert plain("IRCC portal") != plain("IRCC portal - New version")
