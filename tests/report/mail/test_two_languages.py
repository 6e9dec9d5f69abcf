"""One mail in two languages says the same twice, and is cut off nowhere."""

import re

import pytest
from msgspec.structs import replace
from sample_report import no_record_report, quiet_report, sample_report, stale_report, unreadable_report

from reporter.model.report import Recipient
from reporter.report.mail.digest import MailStock, digest
from reporter.report.mail.short_mails import brief
from reporter.report.mail.templates import LONGEST, Digest, fitting

MAKERS = [sample_report, quiet_report, stale_report, no_record_report, unreadable_report]
CLOCK = re.compile(r"\b0?(\d\d?):(\d\d)\b")
SHOWN_NUMBER = re.compile(r'<td class="line mute" width="24"')


def in_both(make=sample_report, first="en", second="fr", **more):
    return digest(make(first, **more), also=(make(second, **more), MailStock()))


def seen_by_payroll(language, people=40):
    return replace(
        sample_report(language, people=people), recipient=Recipient("pay", "p@example.org", language, "Pay", "payroll")
    )


def halves(mail: Digest) -> list[tuple[str, str]]:
    """Of HTML and of text: the upper part and the lower."""
    html, text = mail.html.split("<div aria-label="), re.split(r"^\[(?:EN|FR)\] ", mail.text, flags=re.MULTILINE)
    return [(html[1], html[2]), (text[1], text[2])]


def figures(text: str) -> set[str]:
    """Every count, hour, day and document number that a reader sees."""
    seen = re.sub(
        r"<[^>]*>|&#\d+;", " ", CLOCK.sub(lambda at: at[1] if at[2] == "00" else f"{at[1]} {at[2]}", text)
    ).replace("\u202f", ",")
    return set(re.findall(r"\d+(?:[.,:]\d+)*", re.sub(r"\b1er\b", "1", seen)))


@pytest.mark.parametrize("make", MAKERS)
def test_both_parts_hold_the_same_figures(make):
    """Every number, date and hour, in HTML and text, in every kind of week."""
    for english, french in halves(in_both(make)):
        assert figures(english) == figures(french)


def test_both_parts_name_the_same_people_in_the_same_order():
    """And the same links."""
    (english, french), _ = halves(in_both())

    assert re.findall(r"<strong[^>]*>([A-Z]\d{3})</strong>", english) == re.findall(
        r"<strong[^>]*>([A-Z]\d{3})</strong>", french
    )
    assert re.findall(r'href="(http[^"]*)"', english) == re.findall(r'href="(http[^"]*)"', french)


@pytest.mark.parametrize(("first", "second"), [("en", "fr"), ("fr", "en")])
def test_the_first_language_stands_first_and_each_part_says_which_it_is(first, second):
    """A screen reader changes its voice, and a link leads to the other part and back."""
    html = in_both(first=first, second=second).html

    assert [first, first, second] == re.findall(r'<(?:html|div)[^>]* lang="(\w\w)"', html)
    assert [first, second] == re.findall(r'<a name="(\w\w)"></a>', html)
    assert [(second, second), (first, first)] == re.findall(r'<a href="#(\w\w)" lang="(\w\w)"', html)


def test_it_is_one_page():
    """One head and one body, whatever stands in them."""
    html = in_both().html

    assert {1} == {
        html.count(mark) for mark in ("<!doctype", "<head>", "</head>", "<body", "</body>", "</html>", "<title>")
    }
    assert html.count("<!--[if") == html.count("<![endif]")


def test_the_subject_is_short_and_in_both():
    """The worst two levels in each, and the week in digits."""
    assert (
        "Permits: 1 ended, 3 to file, the first by Tuesday, Sep 15 / "
        "Permis\u00a0: 1\u00a0expiré, 3\u00a0à déposer, le premier d’ici le mardi 15\u00a0sept. (2026-09-14)"
    ) == in_both().subject


@pytest.mark.parametrize("make", [no_record_report, stale_report, unreadable_report])
def test_a_short_subject_does_not_hide_that_nobody_looked(make):
    """It differs from that of a quiet week."""
    assert in_both(make).subject != in_both(quiet_report).subject


def test_a_subject_of_rows_nobody_can_assess_says_so():
    """The third level is told where the first two have nobody."""
    report = sample_report()
    counts = dict.fromkeys(report.people_by_level, 0) | {"data_problem": 3}
    alone = replace(report, people_by_level=counts, findings=report.findings.iloc[:0])

    assert digest(alone, also=(alone, MailStock())).subject.startswith("Permits: 3 cannot be assessed /")


@pytest.mark.parametrize("people", [40, 400, 2000])
def test_it_stays_below_what_gmail_cuts_off(people):
    """With eight people in each part, and the rest counted."""
    mail = in_both(people=people)

    assert len(mail.html.encode()) <= LONGEST
    assert [8, 8] == [len(SHOWN_NUMBER.findall(part)) for part in halves(mail)[0]]


def test_rows_go_before_a_mail_is_cut_off():
    """The first step that fits is taken, and the last when none does."""
    sizes = {(25, 10): 100_000, (12, 5): 95_000, (5, 2): 80_000, (1, 1): 10}
    made = []

    def make(rows, outages):
        made.append((rows, outages))
        return Digest("", "x" * sizes[rows, outages], "")

    assert 80_000 == len(fitting(make, tuple(sizes)).html)
    assert [(25, 10), (12, 5), (5, 2)] == made
    assert 100_000 == len(fitting(make, ((25, 10),)).html)


def test_long_actions_make_fewer_people_of_them():
    """A mail of one language too; those left out are counted."""
    report = sample_report(people=400)
    rows = [f"What is to be done, {n}. " * 700 for n in range(len(report.findings))]
    html = digest(replace(report, findings=report.findings.assign(action=rows))).html

    assert len(html.encode()) <= LONGEST
    levels = re.search(r"Also in the workbook, sheet At risk: (.*?)\.", html)[1]
    shown, left = len(SHOWN_NUMBER.findall(html)), sum(map(int, re.findall(r"\d+", levels)))
    assert shown < 8
    at_risk = sum(report.people_by_level[name] for name in ("critical", "high", "data_problem", "medium"))
    assert shown + left + report.rows_set_aside == at_risk


def test_the_mail_of_a_role_is_in_both_as_well():
    """Dates and names alike in both parts, twelve people in each."""
    mail = brief(seen_by_payroll("en", 60), also=seen_by_payroll("fr", 60))
    (english, french), texts = halves(mail)

    assert figures(english) == figures(french)
    assert figures(texts[0]) == figures(texts[1])
    assert 12 == english.count('<th scope="row"')
    assert mail.subject.startswith("Permit dates: ") and " / Dates de permis\u00a0: " in mail.subject


def test_both_texts_hold_78_columns_and_come_one_after_the_other():
    """The second begins with the way back to the first."""
    text = in_both().text
    jumps = re.findall(r"^\[..\] .*$", text, re.MULTILINE)

    assert [] == [line for line in text.splitlines() if len(line) > 78 and "http" not in line]
    assert ["[FR] Version française plus bas", "[EN] English version above"] == jumps
