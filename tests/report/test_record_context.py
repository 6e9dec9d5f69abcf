"""What stands beside the outages, in the workbook and in both bodies of the digest."""

import datetime as dt
import re
from html import unescape
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from msgspec.structs import replace
from pandas import DataFrame, Series
from sample_report import AS_OF, outages, quiet_report, sample_report

from reporter.model.report import AMENDED, LOOKED, RecordContext, Relief
from reporter.report.headline import looked_line, relief_of_findings, relief_words
from reporter.report.mail.digest import digest
from reporter.report.workbook import record_book, workbook
from reporter.rules.materiality import load_profiles, materiality
from reporter.text.catalogue import words

GRANTED = Relief(
    "extension",
    dt.date(2026, 9, 20),
    "study permits that end in September",
    "PP-1",
    "https://office:secret@example.org/r",
    "visitors",
)
ACCOUNT = "2026-09-12-account"
PROFILES = load_profiles()


def looked(*rows):
    names = ["source", "status", "looked_at", "age_days", "is_failed", "is_old"]
    frame = DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return LOOKED.cast(frame.assign(looked_at=pd.to_datetime(frame["looked_at"], utc=True)))


GOOD = ("https://status.example.org/feed?key=abc", "read", "2026-09-14T02:00Z", 0.4, False, False)
OLD = ("https://old.example.org/private-77/x.ics", "unchanged", "2026-09-01T02:00Z", 13.4, False, True)
FAILED = ("https://bad.example.org/", "captive_portal", "2026-09-12T02:00Z", 2.4, True, False)


def amended(**facts):
    row = {"outage_id": ACCOUNT, "title": "Account unavailable", "recorded_at": "2026-09-14T09:00:00.000000Z"}
    frame = DataFrame([row | {"column": name, "was": was, "now": now} for name, (was, now) in facts.items()])
    return AMENDED.cast(frame.assign(recorded_at=pd.to_datetime(frame["recorded_at"], utc=True)))


def evidence(**more):
    counts = materiality(outages(), PROFILES).set_index(pd.Index(outages()["outage_id"]))
    counts = counts.rename(columns=lambda name: name.removeprefix("counts_"))
    return RecordContext(counts=counts, yardsticks={key: profile.title for key, profile in PROFILES.items()}, **more)


def report(language="en", **more):
    beside = evidence(**more)
    whole = sample_report(language, beside=beside)
    relief = relief_of_findings(whole.findings["outages"], whole.outages, beside.granted, language)
    return replace(whole, findings=whole.findings.assign(relief=relief))


def opened(whole):
    return openpyxl.load_workbook(BytesIO(workbook(whole)))


def recorded(whole):
    return openpyxl.load_workbook(BytesIO(record_book(whole)))


def column(sheet, header):
    """The cells under that header."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(n for n, row in enumerate(rows) if header in row)
    return [row[rows[top].index(header)] for row in rows[top + 1 :]]


def bodies(whole):
    """The HTML as its text, and the text twin, both on one line."""
    told = digest(whole)
    html = unescape(re.sub(r"<[^>]+>", " ", told.html))
    return [" ".join(body.split()) for body in (html, told.text)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_measure_says_whom_it_covers_and_whom_not_and_where_that_is_written(language):
    """In both languages, and without the password in the address."""
    told = relief_words(GRANTED, "Sign-in fails", language)

    for part in ("Sign-in fails", "study permits that end in September", "visitors", "PP-1", "https://example.org/r"):
        assert part in told
    assert "secret" not in told


@pytest.mark.parametrize("relief", [None, Relief("none"), Relief("unknown")])
def test_where_nothing_is_granted_a_finding_says_nothing(relief):
    """The sheet of outages says which of the three it is."""
    granted = {} if relief is None else {ACCOUNT: relief}
    told = relief_of_findings(Series([ACCOUNT, ""], dtype="str"), outages(), granted, "en")

    assert ["", ""] == told.tolist()
    assert 3 == len({relief_words(one, "X", "en") for one in (None, Relief("none"), Relief("unknown"))})


def test_a_measure_stands_beside_the_findings_that_rely_on_its_outage_and_no_others():
    """With the advice to check, since no roster answers whom it covers."""
    used = Series([ACCOUNT, f"x;{ACCOUNT}", "2026-09-13-gckey", None], dtype="str")
    told = relief_of_findings(used, outages(), {ACCOUNT: GRANTED}, "en")

    assert [True, True, False, False] == (told != "").tolist()
    assert told.iloc[0].endswith(words("beside", "en")["relief_check"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_measure_is_told_in_the_workbook_and_in_both_bodies(language):
    """At risk, Everyone, the sheet of outages, the HTML and the text."""
    whole, header = report(language, granted={ACCOUNT: GRANTED}), words("workbook", language)["col_relief"]
    book = opened(whole)

    w = words("workbook", language)
    assert any("PP-1" in (cell or "") for cell in column(book[w["sheet_at_risk"]], w["col_reason"]))
    assert any("PP-1" in (cell or "") for cell in column(recorded(whole)[w["sheet_outages"]], header))
    for body in bodies(whole):
        assert "PP-1" in body
        assert " ".join(words("beside", language)["relief_check"].split()) in body


def test_a_week_without_a_measure_has_no_column_for_it():
    """The sheets of findings stay as they are; the sheet of outages says that nothing is recorded."""
    book, header = opened(report()), words("workbook", "en")["col_relief"]

    assert not any(header in row for row in book["At risk"].iter_rows(values_only=True))
    assert {"Not known: nothing is recorded."} == set(column(recorded(report())["Outages"], header))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sheet_of_outages_says_which_rules_would_count_each(language):
    """A column a profile, under its title."""
    sheet = recorded(report(language))[words("workbook", language)["sheet_outages"]]
    w = words("beside", language)
    told = {
        key: column(sheet, w["counts_header"].format(title=profile.title.of(language)))
        for key, profile in PROFILES.items()
    }

    assert [w["counts_last_day"], w["counts_no"], w["counts_last_day"]] == told["office"]
    assert [
        w["counts_yes" if answer == "yes" else f"counts_{answer}"] for answer in evidence().counts["us-nhd"]
    ] == told["us-nhd"]


def test_each_source_has_its_age_and_how_it_stands():
    """Those that failed or are old stand first, in words."""
    sheet = recorded(report(looked=looked(GOOD, OLD, FAILED)))["Sources"]

    assert ["OLD", "NOT READ", "looked at"] == column(sheet, "How it stands")
    assert [13.4, 2.4, 0.4] == column(sheet, "Age in days")
    assert "A LOG-IN PAGE CAME INSTEAD" == column(sheet, "Last look")[1]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_digest_names_the_sources_that_failed_or_are_old(language):
    """In one line of both bodies, with since when."""
    whole = report(language, looked=looked(GOOD, OLD, FAILED))

    for body in bodies(whole):
        assert " ".join(looked_line(whole).split()) in body
    assert ["bad.example.org", "old.example.org"] == re.findall(r"\b\w+\.example\.org", looked_line(whole))


@pytest.mark.parametrize(
    ("language", "since"), [("en", "Sep 13, 2026, 22:00 Ottawa time"), ("fr", "13 sept. 2026 à 22 h")]
)
def test_sources_that_were_all_looked_at_are_told_as_such(language, since):
    """Since the oldest look."""
    told = looked_line(report(language, looked=looked(GOOD, ("b.csv", "read", AS_OF, 0, False, False))))

    assert since in told.replace("\u00a0", " ")
    assert "2 " in told.replace("\u00a0", " ")


def test_no_source_is_no_line_and_no_sheet():
    """The record says by itself that nobody looked."""
    whole = quiet_report()

    assert "" == looked_line(whole)
    assert "Sources" not in recorded(whole).sheetnames


def test_a_source_that_was_never_read_says_so():
    """It has no date to show."""
    told = looked_line(report(looked=looked(("c.json", "failed", None, None, True, False))))

    assert "c.json (NEVER READ)" in told


def test_a_recipient_sees_of_a_web_source_its_host_only():
    """A path or a query can be a key."""
    mine = evidence(looked=looked(GOOD, OLD, ("b.csv", "read", AS_OF, 0, False, False))).of("unit-1", [])

    assert ["status.example.org", "old.example.org", "b.csv"] == mine.looked["source"].tolist()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_amended_evidence_is_told_old_and_new(language):
    """In a sheet of its own and in both bodies: instants on Ottawa's clock, codes in words."""
    changes = amended(
        ended_at=("2026-09-12T17:15:00.000000Z", "2026-09-12T19:00:00.000000Z"), kind=("unplanned", "planned")
    )
    whole, w = report(language, amended=changes), words("workbook", language)
    sheet = recorded(whole)[w["sheet_amended"]]
    was, now = column(sheet, w["col_amended_was"]), column(sheet, w["col_amended_now"])

    assert [w["kind_unplanned"], w["kind_planned"]] == [was[1], now[1]]
    assert ("13:15" in was[0] or "13\u00a0h\u00a015" in was[0]) and ("15:00" in now[0] or "15\u00a0h" in now[0])
    for body in bodies(whole):
        assert " ".join(words("beside", language)["amended"].split()).casefold() in body.casefold()
        assert " ".join(f"{was[0]} → {now[0]}".split()) in body


@pytest.mark.parametrize(
    ("now", "told"), [("withdrawn", "withdrawn: no longer counted"), ("merged other", "counted as one with other")]
)
def test_an_outage_taken_out_is_an_amendment(now, told):
    """Withdrawn, or counted as one with another."""
    sheet = recorded(report(amended=amended(action=("added", now))))["Amended evidence"]

    assert ([told], ["yes"]) == (column(sheet, "Now"), column(sheet, "Then"))


def test_nothing_amended_is_no_sheet_and_no_block():
    """An ordinary week looks as it did."""
    whole = report()

    assert "Amended evidence" not in recorded(whole).sheetnames
    assert not [body for body in bodies(whole) if words("beside", "en")["amended"].casefold() in body.casefold()]


def test_many_amendments_are_cut_short_in_the_digest():
    """A few, and how many more the workbook has."""
    facts = {"title": ("a", "b")} | {f"note{n}": ("a", "b") for n in range(10)}
    told = bodies(report(amended=amended(**facts)))

    assert [] == [body for body in told if not re.search(r"and \d more in the workbook", " ".join(body.split()))]


def test_a_recipient_is_told_of_what_their_findings_rely_or_relied_on_only():
    """By the outages of this report, or of the last one, whatever the unit is called by now."""
    changes = pd.concat([amended(title=("a", "b")), amended(note=("a", "b")).assign(outage_id="gone")])
    beside = evidence(amended=changes, relied={"1f2e3d4c": frozenset({"gone"})})

    assert (["gone"], [ACCOUNT], []) == tuple(
        beside.of(slug, ids).amended["outage_id"].tolist()
        for slug, ids in (("new-name-1f2e3d4c", []), ("unit-00000000", [ACCOUNT]), ("unit-00000000", ["other"]))
    )


@pytest.mark.parametrize(("on", "is_told"), [("2026-09-19", False), ("2026-09-20", False), ("2026-09-21", True)])
def test_a_day_that_has_passed_is_told_as_passed(on, is_told):
    """The day before, on the day, the day after."""
    told = relief_words(Relief("extension", dt.date(2026, 9, 20)), "X", "en", dt.date.fromisoformat(on))

    assert is_told == (words("beside", "en")["relief_passed"] in told)


@pytest.mark.parametrize("source", ["https://me:secret@e.org/r", "see https://me:s@cret@e.org/r, page 2"])
def test_no_password_is_kept_with_a_relief(source):
    """Wherever it is shown or written, the address stands alone."""
    relief = Relief("none", source=source)

    assert ("cret" in relief.source, "e.org/r" in relief_words(relief, "X", "en")) == (False, True)


CLOSED = "2026-09-08T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("fact", "is_told"),
    [
        ({"title": ("a", "b")}, True),
        ({"ended_at": ("2026-09-08T11:00:00.000000Z", "2026-09-08T13:00:00.000000Z")}, True),
        ({"ended_at": (CLOSED, "2026-09-08T13:00:00.000000Z")}, False),
        ({"ended_at": ("", "2026-09-08T13:00:00.000000Z")}, False),
        ({"ended_at": ("", "2026-09-08T11:59:59.000000Z")}, True),
        ({"relief": ("", "{}")}, True),
    ],
)
def test_a_recipient_is_told_of_what_can_touch_a_finding_only(fact, is_told):
    """Not of hours that lie behind the last cut-off of their findings; the office is told of all."""
    beside = evidence(amended=amended(**fact))
    theirs = beside.of("unit-00000000", [ACCOUNT], {ACCOUNT: pd.Timestamp(CLOSED)})

    assert (1, is_told) == (len(beside.amended), bool(len(theirs.amended)))
