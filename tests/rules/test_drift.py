"""A provision is found by its labels, and is the same as long as its words are; tried on invented acts."""

import pytest
from made_acts import act_xml

from reporter.model.rulebook import Law, Provision, Words
from reporter.rules.drift import (
    act_lines,
    compare_provision,
    find_provision,
    hash_words,
    newest_acts,
    read_act,
    read_provision,
    words_of,
)
from reporter.rules.law import Instrument

KITES = Instrument(Words("Kites Act", "Loi sur les cerfs-volants"), Words("SOR/1900-1", "DORS/1900-1"), Words("", ""))
STRING = Provision("Kites", "12(3)(a)")
ENGLISH = {"12(3)(a)": "a string of 30 m;", "12(3)(b)": "no string", "12.1": "Wind."}
FRENCH = {"12(3)(a)": "un fil de 30 m ;", "12(3)(b)": "aucun fil", "12.1": "Du vent."}


def acts(english=ENGLISH, french=FRENCH, **more):
    both = act_xml(english, **more), act_xml(french, number="DORS/1900-1", language="fr", **more)
    return newest_acts([act for content in both if (act := read_act(content))], {"Kites": KITES})


def known(provision=STRING, **more):
    read = {(provision, act.language): read_provision(act, provision) for act in acts(**more).values()}
    return Law(read=read, seen=read)


def outcome(now, law=None, provision=STRING):
    found = compare_provision(provision, now, law or known())
    return found.outcome, found.languages


def body(inner):
    text = f"<Act><Identification><InstrumentNumber>N/1</InstrumentNumber></Identification><Body>{inner}</Body></Act>"
    return read_act(text.encode())


def test_a_provision_is_found_by_its_labels_in_either_language():
    """French paragraphs have the closing bracket alone."""
    found = [words_of(find_provision(act, "12(3)(a)")) for act in acts().values()]

    assert ["(a) a string of 30 m;", "a) un fil de 30 m ;"] == found


def test_a_part_stands_under_what_has_no_label():
    """The direct part of that label goes first, then the first one further down."""
    act = body(
        "<Section><Label>5</Label><Subsection><Paragraph><Label>(a)</Label><Text>deep</Text></Paragraph></Subsection>"
        "<Paragraph><Label>(a)</Label><Text>near</Text></Paragraph></Section>"
    )

    assert "(a) near" == words_of(find_provision(act, "5(a)"))
    assert find_provision(act, "5(b)") is None
    assert find_provision(act, "6") is None


def test_what_stands_beside_the_text_is_no_part_of_it():
    """Marginal and historical notes are left out; a repealed part says that it is; labels and tails stay."""
    act = body(
        "<Section><MarginalNote>Aside</MarginalNote><Label>7</Label><Text>One\u00a0<Em>two</Em>\n three</Text>"
        "<Repealed>[Gone]</Repealed><HistoricalNote>SOR</HistoricalNote></Section>"
    )

    assert "7 One two three [REPEALED][Gone]" == words_of(act.sections["7"])


def test_the_words_are_set_a_line_for_each_labelled_part():
    """As a reader of the printed page wants them."""
    found = act_lines(acts()["Kites", "en"].sections["12"])

    assert [
        (0, "12 Of what follows:"),
        (1, "(3) Of what follows:"),
        (2, "(a) a string of 30 m;"),
        (2, "(b) no string"),
    ] == [*found]


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u202f", "\n  "])
def test_the_blank_before_a_semicolon_is_no_change_of_the_law(blank):
    """A publication that sets French typography anew raises no alarm."""
    assert ("same", ()) == outcome(acts(french={**FRENCH, "12(3)(a)": f"un fil de 30 m{blank};"}))


def test_one_word_is_a_change_and_says_in_which_language():
    """In the provision itself; not in its neighbour."""
    assert ("changed", ("fr",)) == outcome(acts(french={**FRENCH, "12(3)(a)": "un fil de 40 m ;"}))
    assert ("same", ()) == outcome(acts(french={**FRENCH, "12(3)(b)": "deux fils"}))


def test_a_section_amended_elsewhere_moves_the_date_only():
    """The words of the provision are those that were read."""
    assert ("moved", ()) == outcome(acts(amended="2026-05-01"))


def test_a_provision_can_go_from_both_languages_or_from_one():
    """The one that is left is named."""
    rest = {"12(3)(b)": "no string"}

    assert ("gone", ()) == outcome(acts(english=rest, french=rest))
    assert ("one_language", ("en",)) == outcome(acts(french=rest))


def test_what_was_never_read_is_new_or_unknown():
    """A cite that nobody has read is no change, and one that is in no act is an alarm."""
    assert "new" == outcome(acts(), Law())[0]
    assert "unknown" == outcome(acts(), Law(), Provision("Kites", "99"))[0]


def test_an_act_in_one_language_is_not_compared():
    """Half of the law is no answer."""
    english = {key: act for key, act in acts().items() if key[1] == "en"}

    assert "no_file" == outcome(english)[0]


def test_of_two_files_of_an_act_the_newer_counts():
    """Whatever their names and order."""
    old, new = read_act(act_xml(ENGLISH, to="2026-01-01")), read_act(act_xml(ENGLISH, to="2026-06-01"))

    assert ["2026-06-01"] * 2 == [
        newest_acts(files, {"Kites": KITES})["Kites", "en"].current_to for files in ([old, new], [new, old])
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"no xml", b"<Act><Body/></Act>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<Act>\xff</Act>"],
)
def test_what_is_no_act_is_none(content):
    """A damaged file, another one, and one with entities are passed over."""
    assert read_act(content) is None


def test_the_hash_is_of_the_words_alone():
    """SHA-256 of their UTF-8; nothing else goes in."""
    assert hash_words("a ;b") == hash_words("a;b") != hash_words("a; b")
