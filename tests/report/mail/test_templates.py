"""A fault in a template of the office's own is found before anything is written."""

import re
from html import unescape

import pytest
from made_runs import outages, roster, run
from msgspec.structs import replace
from sample_report import sample_report

from reporter import resources
from reporter.errors import SettingsError
from reporter.model.report import OFFICE_SLUG, Recipient
from reporter.report.mail.digest import Digest, digest
from reporter.report.mail.template_fixtures import check_templates, contexts
from reporter.report.mail.templates import PreviewEntry, environment, preview, render


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_template_of_ours_is_tried_in_every_state(language):
    """None is left out, and the five states of a week are all there."""
    tried = list(contexts(language))

    assert {path.name for path in resources.templates().glob("*.j2")} == {name for names, _ in tried for name in names}
    assert {"at_risk", "quiet", "stale", "no_record", "unread"} == {c["state"] for _, c in tried if "state" in c}


def test_ours_are_without_fault():
    """As they stand."""
    assert check_templates(None) > 0


@pytest.mark.parametrize(
    ("name", "source", "where"),
    [
        ("digest.txt.j2", "fine\n{{ nobody }}\n", "digest.txt.j2:2"),
        ("digest.html.j2", "<p>\n\n{% if %}\n", "digest.html.j2:3"),
        ("digest.txt.j2", "\n{% for duty in rows %}{{ duty.name }}{% endfor %}", "digest.txt.j2:2"),
        ("digest.txt.j2", "{% if state == 'never' %}\n{{ typo }}{% endif %}", "digest.txt.j2:2"),  # in no specimen
        ("digest.txt.j2", "\n\n{{ 1 + 'a' }}", "digest.txt.j2:3"),
        ("digest.txt.j2", "{{ 'a' * 10000000000 }}", "digest.txt.j2:1"),
        ("digest.txt.j2", "{{ ''.__class__.__mro__ }}", "digest.txt.j2:1"),
        ("evidence.txt.j2", "{{ sections.nothing }}", "evidence.txt.j2:1"),
        ("preview.html.j2", "{% extends 'ours/none.j2' %}", "preview.html.j2"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(tmp_path, name, source, where):
    """An unknown name, a syntax error, a wrong sum, a text without end, a way out of the sandbox."""
    (tmp_path / name).write_text(source, "utf-8")
    with pytest.raises(SettingsError) as fault:
        check_templates(tmp_path)

    assert fault.value.where.startswith(where)


def test_one_block_can_be_changed_alone(tmp_path):
    """A template that extends ours changes its block, keeps the rest, and may use what ours sets."""
    (tmp_path / "digest.txt.j2").write_text(
        '{% extends "ours/digest.txt.j2" %}{% block foot %}{{ office }} {{ bar }}{% endblock %}', "utf-8"
    )

    assert check_templates(None) == check_templates(tmp_path)


def test_a_run_refuses_a_faulty_template_before_it_writes(tmp_path):
    """Nothing is there but what was there before."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "digest.txt.j2").write_text("{{ nobody }}", "utf-8")
    people = roster(tmp_path / "staff.csv", [("1", "A", "U", "", "ON", "Work permit", "2026-09-15")])
    with pytest.raises(SettingsError):
        run(tmp_path, [people], [outages(tmp_path / "r.json", [])], templates="mine")

    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "reporter.db").exists()


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
    assert "Permis\u00a0: 1\u00a0à déposer" in html
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


def test_a_compiled_template_that_is_torn_is_compiled_anew(tmp_path, monkeypatch):
    """Cut off anywhere, or filled with something else, it costs a moment and no mail."""
    template = "{{ 6 * 7 }} {{ 'a'|upper }}"
    (tmp_path / "t.txt.j2").write_text(template, "utf-8")
    monkeypatch.setattr(resources, "templates", lambda: tmp_path)

    def rendered():
        environment.cache_clear()
        return render("t.txt.j2", {}, language="en")

    try:
        assert "42 A" == rendered()
        (kept,) = (tmp_path / "__pycache__").iterdir()
        whole = kept.read_bytes()
        for torn in (*(whole[:n] for n in range(0, len(whole), 7)), whole[:40] + bytes(len(whole)), b"x" * len(whole)):
            kept.write_bytes(torn)
            assert "42 A" == rendered()
        assert kept.read_bytes() == whole
    finally:
        environment.cache_clear()
