"""A French reader finds acts and judgments under their French names, and no prose in English."""

import re

import pytest
from makers import RULEBOOK

from reporter.model.rulebook import link_for
from reporter.rules.materiality import load_profiles
from reporter.rules.wording import addresses, cite_text, duty_link, link_text

NAMES = r"(RIPR|LIPR|Loi d’interprétation|canada\.ca\u00a0: Centre d’aide|\d{4} CF|Guide) ?[\d.()a-z, ]*"
OTHERS = {"canada.ca", "Parmar, T-1004-81", "Centre d’aide 676"}  # the same in both languages, or without a name


def every_cite():
    books = [RULEBOOK, RULEBOOK.institution] if RULEBOOK.institution else [RULEBOOK]
    for book in books:
        dated = [v for part in (book.deadlines, book.states) for entry in part.values() for v in entry.in_force]
        yield from (entry.cite for entry in (*dated, *book.services.values(), *book.risks, book.limits))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("IRPR 217(1)(a), 183(5)", "RIPR 217(1)a), 183(5)"),
        ("IRPR 205(c)(i)", "RIPR 205c)(i)"),
        ("IRPA 72(2)(b), (c)", "LIPR 72(2)b), c)"),
        ("IRPR 222(1)(a.1), 220.1(1)", "RIPR 222(1)a.1), 220.1(1)"),
        ("IRPR 9.3(2); 2025 FC 1147", "RIPR 9.3(2)\u00a0; 2025 CF 1147"),
        ("canada.ca: Help Centre 074", "canada.ca\u00a0: Centre d’aide 074"),
        ("our manual, page 3", "our manual, page 3"),
    ],
)
def test_acts_and_judgments_have_their_french_names(english, french):
    """With paragraphs as French statutes write them; a cite that an office wrote itself stays as it is."""
    assert french == cite_text(english, "fr")
    assert english == cite_text(english, "en")


def test_every_cite_of_the_rules_has_its_french():
    """Each part is an act, a judgment or a page with a French name, or its words stand in cites.toml."""
    parts = {part for cite in every_cite() for part in cite_text(cite, "fr").split("\u00a0; ") if part}
    left = {part for part in parts - OTHERS - set(addresses().prose.values()) if not re.fullmatch(NAMES, part)}

    assert parts
    assert set() == left


def test_no_entry_stands_there_for_nothing():
    """A cite that no rule has any more is taken out of cites.toml."""
    yardsticks = [profile.cite for profile in load_profiles().values()]
    parts = {part.strip() for cite in (*every_cite(), *yardsticks) for part in cite.split(";")}

    assert set() == set(addresses().prose) - parts


@pytest.mark.parametrize(
    ("cite", "english", "french"),
    [
        (
            "IRPR 182(1); IRPA 47",
            "https://laws-lois.justice.gc.ca/eng/regulations/SOR-2002-227/section-182.html",
            "https://laws-lois.justice.gc.ca/fra/reglements/DORS-2002-227/section-182.html",
        ),
        (
            "IRPR 9.3(1), 183(5)",
            "https://laws-lois.justice.gc.ca/eng/regulations/SOR-2002-227/section-9.3.html",
            "https://laws-lois.justice.gc.ca/fra/reglements/DORS-2002-227/section-9.3.html",
        ),
        (
            "IRPA 72(2)(b)",
            "https://laws-lois.justice.gc.ca/eng/acts/I-2.5/section-72.html",
            "https://laws-lois.justice.gc.ca/fra/lois/I-2.5/section-72.html",
        ),
        (
            "canada.ca: Help Centre 074",
            "https://ircc.canada.ca/english/helpcentre/answer.asp?qnum=074",
            "https://ircc.canada.ca/francais/centre-aide/reponse.asp?qnum=074",
        ),
        ("2021 FC 607", "", ""),
        ("office policy: no date is guessed", "", ""),
    ],
)
def test_label_and_target_are_one_provision_in_one_language(cite, english, french):
    """Side by side: what is cited, and where it leads an English and a French reader."""
    assert (english, french) == (link_text(cite, "en"), link_text(cite, "fr"))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_link_of_the_rules_leads_to_what_is_cited(language):
    """The number of the section stands in the address, and the address is of the reader's language."""
    other = {"en": ("/fra/", "/fr/", "francais"), "fr": ("/eng/", "/en/", "english")}[language]
    found = [(cite, link_text(cite, language)) for cite in every_cite()]
    linked = [(cite, link) for cite, link in found if link]

    assert len(linked) > 40
    assert [] == [link for _, link in linked if any(mark in link for mark in other)]
    numbers = [(cite, re.search(r"(?:section-|qnum=)([\d.]+\d|\d+)", link)) for cite, link in linked]
    assert [] == [cite for cite, number in numbers if number and not re.search(rf"\b{number[1]}\b", cite)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_duty_leads_a_french_reader_to_no_english_page(language):
    """Where a duty's page has no address in that language, its provision is told without one."""
    book = [RULEBOOK, RULEBOOK.institution] if RULEBOOK.institution else [RULEBOOK]
    held = [entry.in_force[-1] for one in book for entry in one.deadlines.values()]
    links = [duty_link(version.cite, link_for(version, language), language) for version in held]

    assert any(links)
    assert language == "en" or [] == [link for link in links if "/en/" in link or "/eng/" in link or "english" in link]
