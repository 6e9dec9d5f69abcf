"""One page that shows every mail, runs nothing of theirs and fetches nothing."""

import re
from dataclasses import replace
from html import unescape

import pytest
from sample_report import sample_report

from reporter.model.report import OFFICE_SLUG, Recipient
from reporter.report.mail.digest import Digest, digest
from reporter.report.mail.preview import PreviewEntry, preview


def entry(unit="Engineering", language="en", *, slug="unit-1", mail=None, address="unit@example.org"):
    report = replace(sample_report(language, unit=unit), recipient=Recipient(slug, address, language, unit))
    return PreviewEntry(
        report.recipient, report.people_by_level, mail or digest(report), (f"{slug}.eml", f"{slug}.html")
    )


def page(*entries, language="en"):
    return preview(entries or [entry()], language=language).decode()


def test_each_mail_is_there_as_html_and_as_text():
    """The text as it was written; the HTML is the file beside the page, read when it is looked at."""
    mail = digest(sample_report(unit="Engineering"))
    html = page(entry(mail=mail))

    assert "unit-1.html" == re.search(r'<iframe [^>]*loading="lazy"[^>]* src="([^"]*)"', html)[1]
    assert mail.text == unescape(re.search(r"<pre[^>]*>(.*?)</pre>", html, flags=re.DOTALL)[1])


def test_the_page_of_200_mails_stays_small():
    """Under 3 MB: it opens at once, also on the drive of an office."""
    one = entry(mail=digest(sample_report(people=400)))
    entries = [replace(one, recipient=replace(one.recipient, slug=f"unit-{n}")) for n in range(200)]

    assert len(preview(entries, language="en")) < 3_000_000


def test_every_recipient_is_listed_with_subject_and_files():
    """Title, slug, subject and the files beside the page."""
    html = page(entry(), entry("Computer Science", "fr", slug="unit-2"))

    assert ["unit-1", "unit-2"] == re.findall(r'<a href="#([^"]*)"', html)
    assert "Permis\u00a0: 1 à déposer" in html
    assert 'href="unit-2.eml"' in html


def test_a_mail_that_is_not_sent_is_told_from_one_that_waits():
    """Whoever wants no mail of a quiet week gets none, held or not; the office's has a name."""
    html = page(
        replace(entry(slug="calm"), is_held=True, is_skipped=True),
        replace(entry(), recipient=Recipient(OFFICE_SLUG, "")),
    )

    assert ("Not sent: a quiet week" in html, "Held for review" in html) == (True, False)
    assert ">The office</strong>" in html


def test_a_mail_may_run_no_script():
    """Each frame is sandboxed with nothing allowed."""
    frames = re.findall(r"<iframe ([^>]*?)src=", page(entry(), entry(slug="unit-2")))

    assert ["sandbox ", "sandbox "] == [frame[:8] for frame in frames]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '" onload="alert(1)', "</pre><script>alert(1)"])
def test_markup_from_a_roster_is_escaped(text):
    """A unit, a subject or a body cannot leave its place on the page."""
    html = page(entry(mail=Digest(text, text, text)), entry("Engineering", slug="unit-2", address=text))

    assert 1 == html.count("<script>")
    assert text not in html


def test_the_page_fetches_nothing():
    """No address of the web stands in it outside the mails, and its policy forbids all fetching."""
    plain = page(entry(mail=Digest("s", "h", "t")))

    assert not re.search(r"https?://|@import|url\(", plain)
    assert "default-src 'none'" in plain


def test_a_run_without_digests_says_so():
    """An empty page is not a broken one."""
    assert "There is no digest in this run." in preview([], language="en").decode()


@pytest.mark.parametrize(("language", "title"), [("en", "Digests to look over"), ("fr", "Bulletins à relire")])
def test_the_page_speaks_the_language_of_the_office(language, title):
    """Whatever the languages of the mails in it."""
    html = page(language=language)

    assert f'<html lang="{language}">' in html
    assert f"<h1>{title}</h1>" in html
