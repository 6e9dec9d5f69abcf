"""What nobody sees goes, what spells a name stays."""

import pandas as pd
import pytest

from reporter.readers.values import tidy, tidy_column
from reporter.text.folding import fold_name

ZWNJ, ZWJ, ZWSP, SHY = "\u200c", "\u200d", "\u200b", "\u00ad"
TOLD = {
    f"علی{ZWNJ}رضا": f"علی{ZWNJ}رضا",  # Persian: with the mark it is another word than without
    f"क्{ZWJ}ष": f"क्{ZWJ}ष",
    f"ශ්{ZWJ}රී ලාල්": f"ශ්{ZWJ}රී ලාල්",
    f"{ZWNJ}علی{ZWNJ}": "علی",  # at an end it joins nothing
    f"E{ZWNJ}10{ZWJ}01": "E1001",
    f"Zo{SHY}é{ZWSP}": "Zoé",
    f"Ana {ZWJ} Bel": "Ana Bel",
    f"علی {ZWNJ}رضا": "علی رضا",
}


@pytest.mark.parametrize(("written", "kept"), TOLD.items())
def test_a_joiner_stays_where_it_spells_a_name(written, kept):
    """In Persian and Indic scripts, between two letters; anywhere else it is an unseen mark like the others."""
    assert kept == tidy(written)
    assert [kept] == tidy_column(pd.Series([written], dtype="str")).tolist()


def test_two_spellings_meet_whatever_joins_them():
    """One file has the mark and another has not: it is one name all the same."""
    assert fold_name(f"علی{ZWNJ}رضا") == fold_name("علیرضا")
