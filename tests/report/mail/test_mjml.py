"""The mails' HTML is what its MJML source gives, fetches nothing, and holds up where a mail client is at its worst."""

import importlib.util
import re

import pytest
from sample_report import sample_report

from reporter import resources
from reporter.report.mail.digest import digest

ROOT = resources.templates()


def maker():
    """templates/make_mails.py, which is no part of the program."""
    spec = importlib.util.spec_from_file_location("make_mails", ROOT / "make_mails.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", ["digest.html.j2", "brief.html.j2"])
def test_what_ships_is_what_the_source_gives(name):
    """Whoever changes the one and not the other is told; `make mails` mends it."""
    assert maker().mails()[name] == (ROOT / name).read_text("utf-8")


def test_every_block_of_the_digest_closes_in_the_table_it_opens_in():
    """A block can be replaced by rows of a table: none begins or ends inside a conditional comment for Outlook."""
    source = (ROOT / "digest.html.j2").read_text("utf-8")
    for found in re.finditer(r"\{% (block \w+|endblock) %\}", source):
        before = source[: found.start()]

        assert before.rfind("<!--[if") <= before.rfind("<![endif]-->"), found[0]


def test_nothing_is_fetched():
    """No font, style or picture from anywhere: the only addresses are those that a reader may follow."""
    html = digest(sample_report()).html
    followed = re.findall(r'<a href="([^"]*)"', html)
    rest = re.sub(r'<a [^>]*>[^<]*</a>|xmlns(:\w)?="[^"]*"', "", html)

    assert followed
    assert [] == re.findall(r"https?:[^\s\"')]*|@import|<link|url\(", rest)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_full_mail_stays_below_what_gmail_cuts_off(language):
    """90 KB, with more duties at risk than are shown."""
    mail = digest(sample_report(language, people=400)).html

    assert 8 == mail.count('<td class="line mute" width="24"')
    assert len(mail.encode()) < 90_000


def test_outlooks_word_engine_gets_a_width_of_its_own():
    """It does not know max-width: the card stands in a table of 600 pixels that only it sees."""
    html = digest(sample_report()).html
    card = html[: html.index('<div class="card"')]

    assert 'width="600"' in card[card.rfind("<!--[if mso | IE]>") :]
    assert html.count("<!--[if") == html.count("<![endif]")
