"""templates/mjml/clients.toml: nothing is in a mail that is not on the list, with what a reader sees without it."""

import re
import tomllib
from datetime import date
from html.parser import HTMLParser

import pytest
from makers import png
from msgspec.structs import replace
from sample_report import quiet_report, sample_report, stale_report

from reporter import resources
from reporter.model.report import Recipient, logo_of
from reporter.report.mail.digest import DIGEST, digest, digest_facts
from reporter.report.mail.short_mails import brief
from reporter.report.mail.templates import filled_in

LIST = tomllib.loads((resources.templates() / "mjml" / "clients.toml").read_text("utf-8"))
FAMILIES = ("word", "outlook", "gmail", "apple", "phones")
PARTS = ("property", "rule", "element", "attribute")
KNOWN = {part: {name: entry for key, entry in LIST[part].items() for name in (key, *entry.get("names", ()))}
         for part in PARTS}  # fmt: skip
ENTRIES = [(part, key) for part in PARTS for key in LIST[part]]


class Used(HTMLParser):
    """What a mail is made of: (element, property) of inline styles, and the names of everything else."""

    def __init__(self, html):
        super().__init__()
        self.inline, self.found = set(), {part: set() for part in PARTS}
        self.is_style = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.is_style = tag == "style"
        self.found["element"].add(tag)
        self.found["attribute"] |= {name for name, _ in attrs}
        self.inline |= {(tag, name, value) for name, value in declarations(dict(attrs).get("style", ""))}
        self.found["property"] |= {name for name, _ in declarations(dict(attrs).get("style", ""))}

    def handle_comment(self, data):
        if data.startswith("[if"):
            self.found["element"].add("conditional comment")

    def handle_data(self, data):
        if self.is_style and data.strip():
            self.rules(data)
            self.is_style = False

    def rules(self, css):
        """The at-rules, the marks of selectors and the properties of a style block."""
        found = self.found["rule"]
        found |= {f"@media ({name})" for query in re.findall(r"@media([^{]*)\{", css)
                  for name in re.findall(r"\(([\w-]+):", query)}  # fmt: skip
        assert {"@media"} >= set(re.findall(r"@[\w-]+", css))
        flat = re.sub(r"@media[^{]*\{", "", css)
        for selector, body in re.findall(r"([^{}]*)\{([^{}]*)\}", flat):
            found |= {mark for mark in (">", "+", "~", "[") if mark in selector} | set(re.findall(r":[\w-]+", selector))
            found |= {"!important"} if "!important" in body else set()
            self.found["property"] |= {name for name, _ in declarations(body)}


def declarations(style):
    pairs = (one.partition(":") for one in style.split(";") if one.strip())
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def mails():
    """Every kind of mail, with all that an office can add."""
    report = sample_report(people=400)
    office = replace(report.office, logo=logo_of(png()), signature=("A", "B"), disclaimer="C")
    whole = replace(report, office=office)
    view = replace(whole, recipient=Recipient("x", "x@example.org", "en", "Payroll", "payroll"))
    amended = filled_in(DIGEST, digest_facts(whole) | {"amended": ["A"]}, language="en", templates=None)
    return [amended.html, digest(quiet_report()).html, digest(stale_report("fr")).html, brief(view).html]


@pytest.fixture(scope="module")
def used():
    return [Used(html) for html in mails()]


@pytest.mark.parametrize("part", PARTS)
def test_everything_a_mail_uses_is_on_the_list(used, part):
    """A property, rule, element or attribute that nobody looked up does not get into a mail."""
    found = set().union(*(one.found[part] for one in used))

    assert set() == found - set(KNOWN[part])


@pytest.mark.parametrize(("part", "key"), ENTRIES)
def test_what_some_client_lacks_has_what_its_readers_see_instead(part, key):
    """And the page and day it was read from, or the mark that nobody verified it."""
    entry = LIST[part][key]
    said = {entry[family] for family in FAMILIES}

    assert said <= {"yes", "partly", "no", "unknown"}
    assert said == {"yes"} or entry["else"].endswith(".")
    assert entry.get("unverified") or (entry["source"] and date(2019, 1, 1) <= entry["tested"] <= LIST["read_on"])
    assert not (entry.get("unverified") and "source" in entry)


def test_word_is_given_nothing_on_elements_where_it_does_not_take_it(used):
    """Padding on cells and not on paragraphs, for instance: inline styles of a wide screen."""
    wrong = {
        (tag, name)
        for one in used
        for tag, name, value in one.inline
        if tag not in KNOWN["property"][name].get("only_on", [tag])
        and not re.fullmatch(r"0(px)?|none|auto|100%", value)
    }

    assert set() == wrong


def test_nothing_is_on_the_list_that_no_mail_uses(used):
    """An entry that is no longer used goes."""
    found = {(part, name) for one in used for part in PARTS for name in one.found[part]}
    left = [(part, key) for part, key in ENTRIES
            if not found & {(part, name) for name in (key, *LIST[part][key].get("names", ()))}]  # fmt: skip

    assert [] == left
