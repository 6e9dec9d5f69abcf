"""Subject, HTML and text say the same, in two languages, and name nobody."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from jinja2.exceptions import SecurityError
from msgspec.structs import replace
from pandas import Timestamp
from sample_report import (
    AS_OF,
    no_record_report,
    quiet_report,
    sample_report,
    stale_report,
    unreadable_report,
)

from reporter.errors import SettingsError
from reporter.model.report import Account, NotRead, Recipient
from reporter.report.headline import headline
from reporter.report.mail.digest import digest, digest_facts, state
from reporter.report.mail.short_mails import brief
from reporter.report.mail.templates import environment
from reporter.report.people import at_risk
from reporter.report.recipients import substance
from reporter.text.catalogue import words

MAKERS = {
    "at_risk": sample_report,
    "quiet": quiet_report,
    "stale": stale_report,
    "no_record": no_record_report,
    "unread": unreadable_report,
}
LANGUAGES = ["en", "fr"]
EVERY = [(name, language) for name in MAKERS for language in LANGUAGES]


class Shown(HTMLParser):
    """What a reader of the HTML sees: text outside style and title, and the addresses of links."""

    def __init__(self, html):
        super().__init__()
        self.hidden, self.words, self.links, self.tags = 0, [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hidden += tag in ("style", "title")
        self.links += [dict(attrs)["href"]] if tag == "a" else []

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data):
        self.words += [] if self.hidden else [data]

    @property
    def text(self):
        return " ".join(self.words)


def numbers(text: str) -> set[str]:
    """Every figure of a text: counts, hours, days, years, document numbers."""
    return set(re.findall(r"\d+(?:[.,:\u202f]\d+)*", text))


def plain_hour(hour: re.Match[str]) -> str:
    """An hour of the English clock as French has it, without leading zero and without `00`."""
    return hour[1] if hour[2] == "00" else f"{hour[1]} {hour[2]}"


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


@pytest.mark.parametrize(("week", "language"), EVERY)
def test_every_figure_of_the_html_is_in_the_text_and_the_other_way_round(week, language):
    """The reader of plain text is told neither less nor more."""
    told = digest(MAKERS[week](language))
    shown = Shown(told.html)

    assert numbers(shown.text) | numbers(" ".join(shown.links)) == numbers(told.text)


@pytest.mark.parametrize(("week", "language"), EVERY)
def test_every_word_of_the_html_is_in_the_text(week, language):
    """No reason, action or notice stands in the HTML alone."""
    told = digest(MAKERS[week](language))

    assert set() == words_of(Shown(told.html).text) - words_of(told.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_html_is_in_the_text(language):
    """Nothing can be followed in the one and not in the other."""
    told = digest(sample_report(language))

    assert [] == [link for link in Shown(told.html).links if link not in told.text]


@pytest.mark.parametrize("week", MAKERS)
def test_both_languages_agree_on_the_figures(week):
    """The English and the French digest of one week hold the same numbers; `09:00` is `9 h`, and `1er` is no figure."""
    english, french = (digest(MAKERS[week](language)).text for language in LANGUAGES)
    english = re.sub(r"\b0?(\d\d?):(\d\d)", plain_hour, english)

    assert numbers(english) == numbers(french)


@pytest.mark.parametrize(("week", "language"), EVERY)
def test_text_lines_hold_78_columns(week, language):
    """A plain-text mail is not broken again on its way; only a link may be longer."""
    lines = digest(MAKERS[week](language)).text.splitlines()

    assert [] == [line for line in lines if len(line) > 78 and "http" not in line]


@pytest.mark.parametrize("week", MAKERS)
def test_each_kind_of_week_is_recognised(week):
    """A quiet week, a record out of date, no record and an unreadable roster are told apart."""
    assert week == state(MAKERS[week]())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_kinds_of_week_look_alike(language):
    """Subject, headline and the colour of the band differ from one kind of week to another."""
    mails = [digest(make(language)) for make in MAKERS.values()]
    headlines = [re.search(r"<h1[^>]*>(.*?)</h1>", mail.html)[1] for mail in mails]

    assert len(MAKERS) == len({mail.subject for mail in mails})
    assert len(MAKERS) == len(set(headlines))


def test_silence_is_never_called_an_all_clear():
    """Without an outage record, the first lines say that nobody looked."""
    told = digest(no_record_report())

    assert "nobody looked for outages: this is not known to be a quiet week" in " ".join(told.text.split())
    assert "nobody looked for outages: this is not known to be a quiet week" in told.html


def test_a_stale_record_is_told_beside_people_at_risk():
    """A week with people at risk does not hide that the record is out of date."""
    report = sample_report()
    told = digest(replace(report, run=replace(report.run, is_record_stale=True)))

    assert "outage record out of date" in told.subject
    assert "[!] The outage record is out of date" in told.text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Permits: 1 ended, 3 to file, the first by Tuesday, Sep 15, 5 high - week of Sep 14, 2026"),
        (
            "fr",
            "Permis\u00a0: 1\u00a0expiré, 3\u00a0à déposer, le premier d’ici le mardi 15\u00a0sept., 5\u00a0élevés"
            " – semaine du 14\u00a0sept.\u00a02026",
        ),
    ],
)
def test_the_subject_counts_and_dates_the_week(language, expected):
    """What must be done, the gravest first, and the Monday of the week."""
    counts = {"critical": 4, "high": 5, "data_problem": 2, "medium": 8, "low": 3, "none": 1}

    assert expected == digest(sample_report(language, people_by_level=counts)).subject


def test_an_english_subject_is_plain_ascii():
    """It goes on the wire as it is written."""
    assert digest(sample_report()).subject.isascii()


def test_the_week_is_the_monday_on_the_office_calendar():
    """At 02:00 UTC on a Monday it is still Sunday in Ottawa, and so still the week before."""
    report = sample_report()
    early = replace(report, run=replace(report.run, as_of=Timestamp("2026-09-14T02:00Z")))

    assert digest(early).subject.endswith("week of Sep 7, 2026")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_told(language):
    """Neither subject nor bodies hold a full name: a person is an id, and the workbook holds the rest."""
    report = sample_report(language)
    told = digest(report)
    names = {name for name in report.findings["full_name"] if len(name) > 2}

    assert [] == [name for name in names if name in told.subject + told.text + told.html]


def hostile(text: str):
    """A report whose every text from a file is that text."""
    report = sample_report(unit="Engineering")
    columns = ["person_id", "title", "reason", "action", "cite", "link", "closes_local", "last_safe_local"]
    findings = report.findings.assign(**dict.fromkeys(columns, text))
    outages = report.outages.assign(title=text, source_url=text, services=text)
    aside = report.set_aside.assign(cell=text)
    recipient = Recipient("unit-1", "unit@example.org", "en", text)
    return replace(report, findings=findings, outages=outages, set_aside=aside, recipient=recipient)


def test_markup_from_a_file_is_escaped():
    """A script in a roster or in a feed is shown as text in the HTML."""
    told = digest(hostile("<script>alert(1)</script>"))

    assert "<script" not in told.html
    assert "&lt;script&gt;alert(1)" in told.html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "x y"])
def test_only_web_addresses_become_links(address):
    """A planted address is never something to click."""
    assert [] == Shown(digest(hostile(address)).html).links


def test_a_newline_from_a_file_starts_no_line():
    """Text from a file stays on its own line, so that it cannot pose as ours."""
    told = digest(hostile("x\r\nSUBJECT: all is well\u2028y\u202ez"))

    assert digest(hostile("x SUBJECT: all is well y z")).text == told.text
    assert not set("\u2028\u202e\r") & set(told.text)
    assert "\n" not in told.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_of_500_people_stays_under_90_kb(language):
    """Gmail cuts a longer one."""
    assert len(digest(sample_report(language, people=500)).html.encode()) < 90_000


def test_the_to_do_stops_at_eight_people_and_counts_the_rest_by_level():
    """Shown, counted, or with a row to correct alone, which is on another sheet: these are all who are at risk."""
    report = sample_report(people=500)
    text = " ".join(digest(report).text.split())
    levels = re.search(r"Also in the workbook, sheet At risk: (.*?)\.", text)[1]

    at_risk = sum(report.people_by_level[name] for name in ("critical", "high", "data_problem", "medium"))
    assert at_risk == 8 + sum(map(int, re.findall(r"\d+", levels))) + report.rows_set_aside


def test_nobody_critical_is_missing_from_the_first_screen():
    """The gravest stand first, whatever their hour: the one who is too late on top, then those whose hour comes."""
    shown = [entry["person"] for entry in digest_facts(sample_report())["first"]]

    assert ["A003", "A001", "A002", "A004"] == shown[:4]


def test_a_person_with_two_duties_has_one_line():
    """The second duty is counted in it."""
    report = sample_report()
    two = report.findings[report.findings["person_id"] == "A003"]
    again = two.assign(
        deadline="restoration", title="Restore the status", is_past=False, is_over=False, disposition="open"
    )
    (entry,) = digest_facts(replace(report, findings=pd.concat([two, again], ignore_index=True)))["first"]

    assert "nothing filed" in entry["stands"]
    assert "1\u00a0other duty" in entry["marks"]


def test_an_action_is_not_told_twice():
    """Nothing stands twice: whoever needs what stands above is sent to its number."""
    first = digest_facts(sample_report())["first"]
    told = {(entry["action"], entry["cite"]): entry["number"] for entry in reversed(first)}

    assert [told[entry["action"], entry["cite"]] for entry in first] != list(range(1, len(first) + 1))
    for entry in first:
        above = told[entry["action"], entry["cite"]]
        assert entry["same"] == ("" if above == entry["number"] else f"As for {above}.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_is_given_once(language):
    """In the text an entry gives where its provision is read, unless an entry above did."""
    report = sample_report(language)
    each = report.findings.assign(action=[f"Step {n}." for n in range(len(report.findings))])
    text, first = (tell(replace(report, findings=each)) for tell in (digest, digest_facts))
    links = [entry["link"] for entry in first["first"] if entry["link"]]

    assert len(set(links)) < len(links)
    assert dict.fromkeys(links, 1) == {link: text.text.count(link) for link in links}


@pytest.mark.parametrize(("language", "told"), [("en", "on Wednesday, Sep"), ("fr", "le mercredi")])
def test_nobody_is_told_to_file_where_nothing_is_filed(language, told):
    """A trip or the end of a passport is a date; its line says which."""
    report = sample_report(language)
    trip = report.findings[report.findings["level"] == "high"].head(1)
    trip = trip.assign(
        closes_on=Timestamp("2026-09-30"),
        last_safe_local=None,
        is_past=False,
        is_filed=False,
        is_over=False,
        disposition="open",
    )
    (entry,) = digest_facts(replace(report, findings=trip))["first"]

    assert entry["stands"].startswith(told)


def test_what_is_filed_has_no_hour_to_file_before():
    """A filing that is recorded is told as one, whatever the clock says."""
    report = sample_report()
    filed = report.findings.assign(is_filed=True, disposition="in_time")

    assert "file before" not in digest(replace(report, findings=filed)).text


@pytest.mark.parametrize(
    ("language", "told", "spared"), [("en", "cut-off", "file before"), ("fr", "heure limite", "déposer")]
)
def test_restoration_has_a_cut_off_and_no_filing_is_named(language, told, spared):
    """What may be asked for is for the licensed contact to say: the mail tells the hour alone."""
    report = sample_report()
    late = report.findings.assign(group="restoration", is_past=False, is_over=False, is_filed=False, disposition="open")
    late = late.assign(closes_at=AS_OF + pd.Timedelta(days=3), last_safe_at=AS_OF + pd.Timedelta(days=3))
    (entry, *_) = digest_facts(replace(report, findings=late, language=language))["first"]

    assert told in entry["stands"]
    assert spared not in entry["stands"]


def test_an_hour_gone_by_is_not_offered():
    """When the service is down up to the cut-off, the mail says so instead of naming an hour that is past."""
    report = sample_report()
    gone = digest(replace(report, findings=report.findings.assign(last_safe_at=AS_OF))).text

    assert "the last dependable hour was" in " ".join(gone.split())
    assert "file before" not in gone


def test_an_hour_stands_on_the_clock_of_a_place_that_is_named():
    """Nobody has to know what PDT is."""
    text = " ".join(digest(sample_report()).text.replace("\u00a0", " ").split())

    assert "11:00 Vancouver time" in text
    assert not re.search(r"\b[ECMPAN][DS]T\b", text)


def test_the_row_account_is_told():
    """Where every row went, in one line."""
    account = Account(read=412, assessed=396, set_aside=9, excluded=7)

    assert "412 read = 396 assessed + 9 set aside + 7 excluded" in digest(sample_report(account=account)).text


def test_the_row_account_agrees_with_its_numbers_in_french():
    """One row is no plural, and a fate that no row has is not named."""
    account = Account(read=412, assessed=411, set_aside=1, excluded=0)

    assert "412 lues = 411 évaluées + 1 mise de côté" in " ".join(
        digest(sample_report("fr", account=account)).text.split()
    )


def test_rows_set_aside_are_told_with_their_first_addresses():
    """An officer can go to the cell, of a file without sheets too."""
    report = unreadable_report()
    rows = report.set_aside.assign(source_row=[f"staff.csv!:{n}" for n in range(60, 69)], cell="F60")

    assert "9\u00a0rows, at Fall 2026!F60; Fall" in digest(report).text
    assert "9\u00a0rows, at staff.csv, F60; staff.csv" in digest(replace(report, set_aside=rows)).text


def test_a_first_report_has_nothing_to_compare():
    """No column of zeros poses as last week's."""
    told = digest(unreadable_report())

    assert "First report" in told.text
    assert "last report" not in told.text.casefold()


def test_evidence_is_asked_for_only_when_an_outage_touched_somebody():
    """A quiet week does not ask for screenshots."""
    assert "screenshots" in digest(sample_report()).text
    assert "screenshots" not in digest(quiet_report()).text


def test_a_weekend_is_never_rolled_over():
    """The line of whoever has a last day on a weekend says that it stays where it is."""
    report = sample_report()
    weekdays = replace(report, findings=report.findings.assign(is_weekend=False))

    assert "the date does not move" in " ".join(digest(report).text.split())
    assert "the date does not move" not in " ".join(digest(weekdays).text.split())


def test_the_next_report_is_named_only_when_known():
    """A run by hand promises nothing."""
    report = sample_report()
    alone = replace(report, run=replace(report.run, next_report_on=None))

    assert "next report" in digest(report).html
    assert "next report" not in digest(alone).html


def test_an_unconfirmed_outage_is_marked():
    """Its line says that it is not confirmed."""
    assert "(reported, not confirmed)" in " ".join(digest(sample_report()).text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_fetches_nothing_and_tells_its_language(language):
    """No picture, script, font or style sheet comes from outside."""
    tags = Shown(digest(sample_report(language)).html).tags

    assert not {tag for tag, _ in tags} & {"img", "script", "link", "iframe", "object"}
    assert language == dict(tags)["html"]["lang"]


def test_tables_say_what_they_are():
    """A table is for the layout, or has headings with a scope."""
    tags = Shown(digest(sample_report()).html).tags
    heads = [attrs for tag, attrs in tags if tag == "th"]

    assert all(attrs.get("scope") in ("col", "row") for attrs in heads)


def test_the_same_report_gives_the_same_digest():
    """Nothing depends on a clock or on chance."""
    assert digest(sample_report()) == digest(sample_report())


def test_a_template_of_the_users_own_stands_before_ours(tmp_path):
    """One block can be replaced and the rest kept."""
    text = '{% extends "ours/digest.txt.j2" %}{% block foot %}Our own foot.{% endblock %}'
    (tmp_path / "digest.txt.j2").write_text(text)
    told = digest(sample_report(), templates=tmp_path)

    assert told.text.rstrip().endswith("Our own foot.")
    assert digest(sample_report()).html == told.html


@pytest.mark.parametrize("body", ["{{ nothing_of_the_kind }}", "{{ ''.__class__.__mro__ }}", "{% if %}"])
def test_a_template_that_cannot_be_used_is_refused_by_name(tmp_path, body):
    """What is undefined, forbidden or unsound stops the run; nothing is left blank."""
    (tmp_path / "digest.txt.j2").write_text(body)

    with pytest.raises(SettingsError, match=r"digest\.txt\.j2"):
        digest(sample_report(), templates=tmp_path)


@pytest.mark.parametrize("word", ["implied status", "illegal", "deport", "guarantee", "compliant", " visa "])
def test_words_that_judge_a_person_are_not_used(word):
    """The digest gives dates and facts, no advice and no verdict."""
    assert word not in digest(sample_report()).text.casefold()


def test_a_stale_record_that_is_the_headline_is_not_told_twice():
    """The headline and its sentence say it; the notice is for weeks with another headline."""
    assert "[!]" not in digest(stale_report()).text


@pytest.mark.parametrize(("week", "language"), EVERY)
def test_digest_and_workbook_begin_with_the_same_sentence(week, language):
    """Whoever reads the mail and then opens the workbook is told one thing."""
    report = MAKERS[week](language)
    (first, *_), _ = headline(report, at_risk(report))

    assert " ".join(first.split()) in " ".join(digest(report).text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_line_says_whom_it_is_about_and_until_when_outages_are_known(language):
    """Directly under the headline, and before the first person."""
    text = digest(sample_report(language)).text
    trust = digest_facts(sample_report(language))["trust"]

    assert 4 <= len(trust.split("·")) + 1
    assert text.index(trust.split("·")[0]) < text.index(words("people", language)["todo"].upper())


def test_a_quiet_week_is_one_line_that_says_what_was_looked_at():
    """Unless its reader wants the whole mail all the same."""
    report = quiet_report()
    told = {
        quiet: digest(replace(report, recipient=Recipient("u", "u@example.org", quiet=quiet))).text
        for quiet in ("send", "line")
    }

    assert "No duty has changed since" in told["send"]
    assert "No duty has changed since" not in told["line"]
    assert "outages known to" in told["line"]


def test_a_role_that_is_told_of_critical_people_alone_learns_nothing_of_the_others():
    """Nobody critical is no quiet week: the office may have many at High; and of nobody at all nothing was found."""
    contact, registrar = (Recipient("r", "r@example.org", role=role) for role in ("licensed_contact", "registrar"))
    told = digest(replace(quiet_report(), recipient=contact))
    none = digest(replace(quiet_report(), recipient=registrar, people=0))

    assert "Nobody is critical in what could be assessed." in told.text
    assert "The roster has nobody whom this report is for." in none.text
    assert ("Permits: nobody critical", "Permits: nobody to tell of") == (told.subject[:24], none.subject[:26])
    assert [] == [word for text in (told.text, none.text) for word in ("at risk", "quiet") if word in text]


@pytest.mark.parametrize(
    ("called", "expected"), [("id", "A001"), ("initials", "C.B.Ñ. (A001)"), ("name", "Chloé Bélanger-Ñúñez (A001)")]
)
def test_people_are_called_as_the_reader_wants(called, expected):
    """By id, which names nobody, unless the settings say otherwise."""
    report = sample_report(recipient=Recipient("u", "u@example.org", called=called))

    assert expected in [entry["person"] for entry in digest_facts(report)["first"]]


def test_evidence_is_not_asked_for_when_what_was_down_touches_nobody_listed():
    """An outage that is over and touches nobody who is shown asks for no screenshots."""
    report = sample_report()
    over = report.outages.assign(ended_at=AS_OF - pd.Timedelta(hours=1))
    untouched = replace(report, outages=over, findings=report.findings.assign(outages=""))

    assert "" == digest_facts(untouched)["evidence"]
    assert digest_facts(replace(untouched, outages=over.assign(ended_at=pd.NaT)))["evidence"]


def test_nobody_is_counted_twice_in_a_subject():
    """Whoever is told by what is to be done with them is not among those told by level."""
    report = sample_report()
    counts = [int(n) for n in re.findall(r"(?:: |, )(\d+) ", digest(report).subject)]
    at_risk_people = sum(report.people_by_level.get(name, 0) for name in ("critical", "high", "data_problem", "medium"))

    assert counts and sum(counts) <= at_risk_people


@pytest.mark.parametrize(
    ("language", "asked", "looked"),
    [
        ("en", "Please read: https://a.example · https://b.example. Nothing missing here? Answer this mail with one"
               " word: looked.", "The notices were last read by Jo Example, "),
        ("fr", "À consulter : https://a.example · https://b.example. Rien ne manque ici ? Répondez à ce courriel par un"
               " seul mot : vu.", "Avis consultés en dernier par Jo Example, "),
    ],
)  # fmt: skip
def test_the_office_is_asked_to_look_and_told_who_did(language, asked, looked):
    """In its own mail alone; a reader hears that the record is old, and no name of the office's."""
    report = stale_report(language)
    beside = replace(report.beside, pages=("https://a.example", "https://b.example"), is_answered=True,
                     person_look=(AS_OF - pd.Timedelta(days=9), "Jo Example"))  # fmt: skip
    office = replace(report, beside=beside, recipient=Recipient("office", "o@example.org", language))
    other = replace(office, beside=beside.outside, recipient=Recipient("ops-1", "ops@example.org", language))
    mails = [" ".join(digest(one).text.replace("\u00a0", " ").split()) for one in (office, other)]

    alone = digest(replace(office, beside=replace(beside, pages=()))).text

    assert [(True, True), (False, False)] == [(asked in mail, looked in mail) for mail in mails]
    assert ("services/application/account.html" if language == "en" else "services/demande/compte.html") in alone


@pytest.mark.parametrize("text", ["{{ w.__class__.__mro__ }}", "{{ 'x' * 99999999 }}", "{{ 9 ** 99999999 }}"])
def test_a_template_is_kept_from_the_program(text):
    """Nor may it grow without end."""
    with pytest.raises(SecurityError):
        environment("en").from_string(text).render(w={})


def partly_read(report):
    """The same week, had one more roster been unreadable."""
    left = (*report.account.not_read, NotRead("b.csv", "", 0, "roster_unread"))
    return replace(report, account=replace(report.account, not_read=left))


@pytest.mark.parametrize(
    ("language", "subject", "calm", "sum_said"),
    [
        ("en", "a roster could not be read", ("quiet week:", "nothing at risk"), "not read: b.csv (all of it)"),
        ("fr", "une liste n’a pas pu être lue", ("semaine calme :", "rien à signaler"), "non lu : b.csv (en entier)"),
    ],
)
def test_a_week_of_which_a_roster_could_not_be_read_is_never_quiet(language, subject, calm, sum_said):
    """Subject, headline, notice and account say so; nothing says that nobody is at risk without it."""
    quiet, risky = (digest(partly_read(make(language))) for make in (quiet_report, sample_report))

    for mail in (quiet, risky):
        said = mail.text.replace("\u00a0", " ")
        assert subject in mail.subject
        assert sum_said in " ".join(said.split())
        assert "b.csv" in said[: said.index(sum_said[:8])]
        assert not [word for word in calm if word in f"{mail.subject} {said}".lower()]
    assert "b.csv" in brief(partly_read(quiet_report(language))).text.partition(sum_said[:8])[0]
    assert "partly" == state(partly_read(quiet_report(language)))
    assert substance(quiet_report(language)) == substance(partly_read(quiet_report(language)))
