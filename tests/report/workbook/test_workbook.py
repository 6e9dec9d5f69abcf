"""The workbook, read back by two readers: every number and date, both languages, and nothing run as a formula."""

from datetime import datetime
from io import BytesIO
from typing import Any

import openpyxl
import pandas as pd
import pytest
import time_machine
from msgspec.structs import replace
from pandas import DataFrame, Timestamp
from python_calamine import CalamineWorkbook
from sample_report import AS_OF, LONG_NAME, no_record_report, quiet_report, sample_report, unreadable_report

from reporter.model.levels import AT_RISK, BY_NAME, LEVELS
from reporter.model.report import Recipient, Report
from reporter.model.shapes import TOLD
from reporter.report.people import at_risk as facts
from reporter.report.people import people_at_risk, today_of
from reporter.report.workbook import Stock, record_book, workbook
from reporter.report.workbook.records import SLOT
from reporter.report.workbook.sheet import columns_of
from reporter.rules.load import load_rulebook
from reporter.text.catalogue import words

FRAMES = ("findings", "outages", "set_aside", "changes")
ENGLISH = ["Summary", "At risk", "Everyone", "To correct", "Evidence"]
FRENCH = ["Sommaire", "À risque", "Tout le monde", "À corriger", "Preuves"]
RECORD_ENGLISH = ["Outages", "Timeline", "Changes", "Why", "Rules", "About"]
RECORD_FRENCH = ["Pannes", "Chronologie", "Changements", "Pourquoi", "Règles", "À propos"]
EVERY = [(book, name) for book, names in (("risk", ENGLISH), ("record", RECORD_ENGLISH)) for name in names]
TABLES = ["at_risk", "everyone", "outages", "set_aside", "changes", "rules", "why", "notes_left"]
LANGUAGES = ["en", "fr"]


MADE: dict[Any, tuple[Report, openpyxl.Workbook]] = {}
"""The books that were opened, to be read by several tests; the report is kept, so that its identity stays its own."""


def opened(report: Report, *, make: Any = workbook, **options: Any) -> openpyxl.Workbook:
    key = (make, id(report), *options.items())
    if key not in MADE:
        MADE[key] = report, openpyxl.load_workbook(BytesIO(make(report, **options)))
    return MADE[key][1]


def recorded(report: Report) -> openpyxl.Workbook:
    return opened(report, make=record_book)


def sheet_of(book: str, name: str) -> Any:
    return (opened if book == "risk" else recorded)(sample_report())[name]


def header_row(sheet: Any) -> int:
    return max(area.max_row for area in sheet.merged_cells.ranges) + 1


def table(sheet: Any) -> DataFrame:
    """What stands under the header row, a column for each header."""
    rows = list(sheet.iter_rows(min_row=header_row(sheet), values_only=True))
    return DataFrame(rows[1:], columns=list(rows[0]), dtype="object")


def told(sheet: Any) -> str:
    """Everything said above the table."""
    cells = (cell for row in sheet.iter_rows(max_row=header_row(sheet) - 1) for cell in row)
    return "\n".join(str(cell.value) for cell in cells if cell.value)


def numbers(column: Any) -> list[float | None]:
    return [None if pd.isna(value) else round(float(value), 2) for value in column]


def days(column: Any) -> list[datetime | None]:
    return [None if pd.isna(value) else pd.Timestamp(value).tz_localize(None).to_pydatetime() for value in column]


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Every cell of every sheet."""
    book = openpyxl.load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def worst(report: Report) -> DataFrame:
    """The first finding of each person: they stand worst first."""
    return report.findings.drop_duplicates("person_id")


def at_risk(report: Report) -> DataFrame:
    return report.findings[report.findings["level"].isin(AT_RISK)]


@pytest.mark.parametrize(("language", "names"), [("en", ENGLISH), ("fr", FRENCH)])
def test_the_sheets_stand_in_order_and_in_the_language_of_the_report(language, names):
    """Five sheets, the most urgent first, named in the reader's language; what they rest on is in a book of its own."""
    record = RECORD_ENGLISH if language == "en" else RECORD_FRENCH

    assert (names, record) == (opened(sample_report(language)).sheetnames, recorded(sample_report(language)).sheetnames)


@pytest.mark.parametrize("columns", [columns_of(part) for part in TABLES], ids=TABLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_of_a_sheet_share_a_header(language, columns):
    """Options go by header, so two columns of one name would lose one of them."""
    w = words("workbook", language)
    headers = [column.header or w[f"col_{column.word or column.name}"] for column in columns]

    assert len(headers) == len(set(headers))


@pytest.mark.parametrize("name", ["left_days", "usable_hours", "usable_hours_worst", "lost_hours", "lost_72h"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_at_risk_is_that_of_the_findings(language, name):
    """No number is lost, rounded beyond two decimals or turned into text, in either language."""
    report, w = sample_report(language), words("workbook", language)
    shown = table(opened(report)[w["sheet_at_risk"]])
    expected = sorted(zip(at_risk(report)["person_id"], numbers(at_risk(report)[name]), strict=True))

    assert expected == sorted(zip(shown[w["col_person_id"]], numbers(shown[w[f"col_{name}"]]), strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_date_is_a_real_date(language):
    """The last day is a date the spreadsheet can sort, not a text."""
    report = sample_report(language)
    shown = table(opened(report)[words("workbook", language)["sheet_everyone"]])

    assert days(worst(report)["closes_on"]) == days(shown[words("workbook", language)["col_closes_on"]])


@pytest.mark.parametrize("name", ["began_at", "ended_at"])
def test_instants_of_outages_are_real_instants_in_utc(name):
    """Beside Ottawa's clock in words, the instant itself stands in UTC."""
    report = sample_report()
    shown = table(recorded(report)["Outages"])

    assert days(report.outages[name]) == days(shown[words("workbook", "en")[f"col_{name}"]])


@pytest.mark.parametrize("name", ["was_closes_at", "closes_at"])
def test_instants_of_changes_are_real_instants_in_utc(name):
    """Was and now stand side by side, and a missing one stays empty."""
    report = sample_report()

    assert days(report.changes[name]) == days(
        table(recorded(report)["Changes"])[words("workbook", "en")[f"col_{name}"]]
    )


def test_french_and_english_carry_the_same_numbers_and_dates():
    """Cell by cell, what is no text is equal in both languages."""
    books = [*map(opened, map(sample_report, LANGUAGES)), *map(recorded, map(sample_report, LANGUAGES))]
    plain = [
        [
            value
            for sheet in book
            for row in sheet.iter_rows(values_only=True)
            for value in row
            if not isinstance(value, str | None)
        ]
        for book in books
    ]

    assert (plain[0], plain[2]) == (plain[1], plain[3])
    assert sum(map(len, plain)) > 400


def test_another_reader_sees_the_same_cells():
    """calamine, which shares no code with openpyxl, reads the same ids, names and hours."""
    report = sample_report()
    sheet = CalamineWorkbook.from_filelike(BytesIO(workbook(report))).get_sheet_by_name("Everyone")
    rows = sheet.to_python()
    start = next(n for n, row in enumerate(rows) if row[0] == "Level") + 1
    people = worst(report)
    expected = zip(people["full_name"], people["person_id"], numbers(people["lost_hours"]), strict=True)

    assert list(expected) == [(row[1], row[2], row[6]) for row in rows[start:]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_that_looks_like_a_formula_stays_text(language):
    """Somebody's name is never run: no cell of the workbook is a formula."""
    book = opened(sample_report(language))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    names = table(book.worksheets[2])[words("workbook", language)["col_full_name"]].tolist()

    assert "f" not in kinds
    assert {'=HYPERLINK("http://x","y")', "+1", "@a", "<script>alert('x')</script>"} <= set(names)


def test_no_link_leads_to_a_row_that_sorting_moves():
    """Links lead out to the web alone; who looks for a row finds it by its id, in whatever order the rows stand."""
    books = (opened(sample_report()), recorded(sample_report()))
    links = [cell.hyperlink for book in books for sheet in book for row in sheet.iter_rows() for cell in row]

    assert {None} == {link.location for link in links if link}
    assert any(link and link.target.startswith("https://") for link in links)


def test_a_cut_evidence_sheet_says_loudly_how_much_is_missing():
    """Nobody takes the rows shown for all of them."""
    assert "NOT ALL: 1,234 more rows" in told(opened(sample_report(evidence_left_out=1234))["Evidence"])


def test_the_timeline_keeps_planned_and_unplanned_apart_and_counts_no_hour_twice():
    """Hours of a week from Monday on Ottawa's clock: 3.25 h and 12.5 h to the report, which falls in two weeks."""
    shown = table(recorded(sample_report())["Timeline"]).set_index("From")

    assert [3.25 + 5.5, 7.0] == shown["IRCC secure account – unplanned"].tolist()[:2]
    assert 6.5 == shown["IRCC Portal – planned"].sum()


def test_paper_is_the_offices():
    """A4 where the office says so, Letter otherwise."""
    report = sample_report()
    a4 = opened(replace(report, office=replace(report.office, paper="a4")))

    assert {1} == {int(sheet.page_setup.paperSize) for sheet in opened(report)}
    assert {9} == {int(sheet.page_setup.paperSize) for sheet in a4}


def test_about_tells_what_was_read_by_which_rules_and_that_this_is_no_advice():
    """Somebody who was not there can find the files and the rules again."""
    report = sample_report()
    shown = " ".join(str(value) for value in table(recorded(report)["About"])["Value"])

    assert [] == [sha for _, sha in report.run.inputs if sha not in shown]
    assert report.run.rulebook_sha256 in shown
    assert "not immigration or legal advice" in shown


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "internal:Rules!A1", "external:c:/x"])
def test_only_web_addresses_become_links(address):
    """What an outage file gives as its source never opens a file or a sheet."""
    report = sample_report()
    sheet = recorded(replace(report, outages=report.outages.assign(source_url=address)))["Outages"]

    assert [] == [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert table(sheet)["Note"][0].endswith(f"(not a web address) {address}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_level_has_its_word_its_symbol_and_a_rule_that_colours_it(language):
    """Colour is never alone, and it follows the word when rows are sorted."""
    sheet = opened(sample_report(language)).worksheets[2]
    rules = [rule for area in sheet.conditional_formatting for rule in area.rules if rule.type == "beginsWith"]
    colours = {rule.text: rule.dxf.fill.bgColor.rgb or rule.dxf.fill.fgColor.rgb for rule in rules}
    expected = {f"{level.symbol} {level.word(language)}": f"FF{level.paper[1:]}" for level in LEVELS}

    assert expected == {text: colours[text] for text in expected}
    assert set(table(sheet).iloc[:, 0]) <= set(expected)


def test_an_outage_without_an_end_says_so():
    """None of them is known to have ended: the hours run to the time of the report."""
    report = sample_report()
    never = pd.Series([pd.NaT] * 3, dtype="datetime64[us, UTC]")
    shown = table(recorded(replace(report, outages=report.outages.assign(ended_at=never)))["Outages"])

    assert ["no end known"] * 3 == shown["Ended (Ottawa)"].tolist()
    assert [45.0, 12.5, 0.0] == shown["Hours"].tolist()


def test_an_unverified_outage_says_so_in_words():
    """Nobody has to know a code to see that an outage is not confirmed."""
    assert "user report" == table(recorded(sample_report())["Outages"])["How sure"][1]


@pytest.mark.parametrize("doubt", [{"is_weekend": True}, {"is_unverified": True}, {"date_certainty": "ambiguous"}])
def test_a_doubt_about_a_date_or_a_level_is_told_in_words(doubt):
    """A last day on a weekend, an outage not confirmed, a date read in two ways: each is said beside the duty."""
    report = sample_report()
    certain = {"is_weekend": False, "is_unverified": False, "date_certainty": "clear"}
    shown = table(opened(replace(report, findings=report.findings.assign(**{**certain, **doubt})))["At risk"])
    (name, value), w = next(iter(doubt.items())), words("workbook", "en")

    assert {w.get(f"mind_{name}") or w[f"mind_{value}"]} == set(shown["Mind"])


def test_an_unverified_rule_says_so_in_words():
    """A rule nobody has confirmed is labelled on the sheet of rules."""
    assert "unverified - confirm before relying on it" == table(recorded(sample_report())["Rules"])["How sure"].iloc[-1]


def test_a_row_set_aside_has_its_file_sheet_and_cell():
    """Whoever mends the roster is told the cell, what stood there and what is allowed."""
    row = table(opened(sample_report())["To correct"]).iloc[1]

    assert ("students.xlsx", "Fall 2026", "F61", "=1+1") == (
        row["File"],
        row["Sheet"],
        row["Cell"],
        row["What was found"],
    )
    assert "is not a date" in row["What is wrong and what is allowed"]


@pytest.mark.parametrize(
    ("source_row", "cell", "expected"),
    [
        ("staff.csv:3", "", ["staff.csv", None, "row 3"]),
        ("acme.xlsx!Staff!old:14", "", ["acme.xlsx", "Staff!old", "row 14"]),
        ("acme.xlsx!Staff:14", "Staff!F14", ["acme.xlsx", "Staff", "F14"]),
        ("acme.xlsx", "", ["acme.xlsx", None, None]),
    ],
)
def test_the_place_of_a_row_is_told_as_far_as_it_is_known(source_row, cell, expected):
    """A text file has no sheets, and a fault of the whole file no row."""
    report = sample_report()
    aside = report.set_aside.assign(source_row=source_row, cell=cell)
    shown = table(opened(replace(report, set_aside=aside))["To correct"])

    assert expected == shown.loc[0, ["File", "Sheet", "Cell"]].tolist()


@pytest.mark.parametrize(("book", "name"), [one for one in EVERY if one[1] not in ("Summary", "Timeline", "Why")])
def test_tables_are_the_spreadsheets_own_with_filters_and_two_frozen_rows(book, name):
    """Scrolling never loses whose row it is, and every table can be filtered and sorted as one."""
    sheet = sheet_of(book, name)
    (own,) = sheet.tables.values()

    assert 2 == header_row(sheet) == int(own.autoFilter.ref.split(":")[0].lstrip("A"))
    assert header_row(sheet) + 1 == int("".join(c for c in sheet.freeze_panes if c.isdigit()))
    assert sheet.freeze_panes[0] != "A"


@pytest.mark.parametrize(("book", "name"), EVERY)
def test_every_sheet_prints_one_page_wide_with_its_run_in_the_footer(book, name):
    """A printed sheet can be traced to its run, and no column of it is on another page."""
    sheet = sheet_of(book, name)

    assert ("portrait" if name in ("Everyone", "Evidence") else "landscape") == sheet.page_setup.orientation
    assert (True, 1) == (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToWidth or 1)
    assert "2026-09-14-7f3a" in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.right.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_sheet_says_why(language):
    """Nothing to show is said in words, with the reason."""
    w = words("workbook", language)
    risk, record = opened(quiet_report(language)), recorded(quiet_report(language))

    assert w["none_at_risk"] in told(risk[w["sheet_at_risk"]])
    assert w["none_outages"] in told(record[w["sheet_outages"]])
    assert w["none_changes"] in told(record[w["sheet_changes"]])


def test_a_sheet_of_nothing_to_do_is_left_out():
    """Nothing to correct and nothing to prove is no page to print."""
    assert ["Summary", "At risk", "Everyone"] == opened(quiet_report()).sheetnames


def test_no_outages_because_nobody_looked_is_not_no_outages():
    """An empty sheet of outages tells an absent record from a quiet one."""
    assert words("workbook", "en")["none_outages_absent"] in told(recorded(no_record_report())["Outages"])


def test_an_empty_everyone_says_that_nobody_was_checked():
    """A roster that could not be read does not look like a roster of people without risk."""
    assert words("workbook", "en")["none_everyone"] in told(opened(unreadable_report())["Everyone"])


def test_a_reader_of_one_unit_is_given_that_unit_only():
    """The heading names the unit, and no cell of the workbook names a person of another."""
    book = opened(sample_report(unit="Engineering"))
    text = "\n".join(
        str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value
    )
    others = sample_report().findings.query("unit != 'Engineering'")["full_name"]

    assert "Engineering" in told(book["Summary"]).splitlines()[0]
    assert [] == [name for name in others if len(name) > 2 and name in text]


def test_more_rows_than_a_sheet_holds_go_on_loudly_on_the_next():
    """A sheet that is full says so, and no row is lost."""
    report = sample_report()
    book = opened(report, rows_a_sheet=30)

    assert ["Everyone", "Everyone 2"] == [name for name in book.sheetnames if name.startswith("Everyone")]
    assert "PART 1 OF 2" in told(book["Everyone"])
    assert "PART 2 OF 2" in told(book["Everyone 2"])
    ids = [*table(book["Everyone"])["Person id"], *table(book["Everyone 2"])["Person id"]]
    assert worst(report)["person_id"].tolist() == ids


def test_a_short_workbook_leaves_out_the_long_sheets_and_says_so():
    """What is to be done is whole."""
    whole, short = sample_report(), replace(sample_report(), about_files=("Some sheets are left out.",))
    book = opened(short, is_short=True)

    assert {"Everyone", "Evidence"} == set(opened(whole).sheetnames) - set(book.sheetnames)
    assert cells(workbook(whole))["At risk"][-1][:10] == cells(workbook(short, is_short=True))["At risk"][-1][:10]
    assert "Some sheets are left out." in told(book["Summary"])


def test_everyone_has_a_row_a_person_with_the_number_of_other_duties():
    """The worst duty stands for the person; the others are counted."""
    shown = table(opened(sample_report())["Everyone"])
    others = dict(zip(shown["Person id"], shown["Other duties"], strict=True))

    assert (1, 1, 0) == (others["A001"], others["B004"], others["A002"])
    assert len(set(shown["Person id"])) == len(shown["Person id"])
    assert "▲ Critical" == dict(zip(shown["Person id"], shown["Level"], strict=True))["A001"]


def test_a_workbook_cut_from_the_whole_is_that_of_the_part_alone():
    """Rows put into words once for everybody give a recipient the cells that their own rows give."""
    whole = sample_report()
    part = replace(
        whole,
        recipient=Recipient("unit-1", "unit@example.org", "en", "Engineering"),
        findings=whole.findings[whole.findings["unit"] == "Engineering"],
        outages=whole.outages.iloc[:2],
        set_aside=whole.set_aside[whole.set_aside["unit"] == "Engineering"],
        changes=whole.changes.iloc[::2],
    )
    numbers = {was: now for now, was in enumerate(part.findings.index)}
    pairs = whole.evidence[whole.evidence["finding"].isin(part.findings.index)]
    alone = replace(part, **{name: getattr(part, name).reset_index(drop=True) for name in FRAMES})
    alone = replace(alone, evidence=pairs.assign(finding=pairs["finding"].map(numbers)))

    assert cells(workbook(alone)) == cells(workbook(part, stock=Stock.of(whole)))


def test_a_long_name_is_wrapped_and_whole():
    """300 characters are neither cut nor spilled over the next column."""
    sheet = opened(sample_report())["At risk"]
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == LONG_NAME.strip())

    assert cell.alignment.wrap_text
    assert sheet.row_dimensions[cell.row].height > 100
    assert sheet.column_dimensions[cell.column_letter].width < 60


def test_many_units_get_a_sheet_of_their_own_and_the_sums_agree():
    """Beyond six units the Summary shows the worst hit and one column for the rest."""
    report = sample_report()
    units = [f"Unit {n % 9}" for n in range(len(report.findings))]
    book = opened(replace(report, findings=report.findings.assign(unit=pd.Series(units, dtype="str"))))
    by_unit, summary = table(book["Units"]), table(book["Summary"]).dropna(subset=["Level"])
    shown = summary.iloc[:, 4:].dropna(axis=1, how="all")

    assert report.people == by_unit["People"].sum()
    assert list(report.people_by_level.values()) == shown.sum(axis=1).tolist()


def test_the_input_frames_are_not_changed():
    """Writing a report leaves its values as they were."""
    report = sample_report()
    before = report.findings.copy(deep=True)
    workbook(report)

    pd.testing.assert_frame_equal(before, report.findings)


@pytest.mark.parametrize("make", [workbook, record_book])
def test_twice_the_same_report_gives_twice_the_same_bytes(make):
    """Whatever the machine's clock says: the file says when the report is of."""
    with time_machine.travel("2031-02-03T04:05:06Z", tick=False):
        first = make(sample_report("fr"))
    with time_machine.travel("2032-03-04T05:06:07Z", tick=False):
        second = make(sample_report("fr"))

    assert first == second


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_what_it_is_in_which_language_by_whom_and_of_when(language):
    """A program that reads it aloud has to know its language; a file server its title."""
    said = opened(sample_report(language)).properties

    assert (language, AS_OF.tz_localize(None), sample_report().office.name) == (
        said.language, said.created, said.creator,
    )  # fmt: skip
    assert words("workbook", language)["title"] in said.title


def test_the_headers_are_those_declared_and_no_more():
    """Rows picked out of a frame bring no column of the library's own along."""
    report = sample_report()
    changes = report.changes[report.changes["change"] == "new"]
    shown = table(recorded(replace(report, changes=changes))["Changes"])

    assert len(columns_of("changes")) == shown.dropna(axis=1, how="all").shape[1] + 2  # nothing was, so both are empty
    assert [words("workbook", "en")[f"col_{c.word or c.name}"] for c in columns_of("changes")] == list(shown.columns)[
        :8
    ]


def test_missing_texts_are_empty_cells():
    """What is not known stays empty: no cell says nan, None or <NA>."""
    report = sample_report()
    gone = pd.Series([None] * len(report.findings), dtype="str")
    texts = (
        "full_name",
        "unit",
        "title",
        "action",
        "cite",
        "outages",
        "reason",
        "source_row",
        "closes_local",
        "change",
    )
    book = opened(replace(report, findings=report.findings.assign(**dict.fromkeys(texts, gone))))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}

    assert not [cell for cell in cells if "nan" in cell.split() or "<NA>" in cell or "NaT" in cell]


def test_a_report_of_nobody_is_still_a_workbook():
    """No findings, no outages, nothing set aside: every sheet but that of weeks, and no error."""
    report = unreadable_report()
    empty = replace(report, findings=TOLD.empty(), set_aside=report.set_aside.iloc[:0], rules=report.rules.iloc[:0])

    book = opened(replace(empty, people=0, people_by_level=dict.fromkeys(BY_NAME, 0)))

    assert ["Summary", "At risk", "Everyone"] == book.sheetnames


def test_the_rules_are_those_that_the_findings_met_in_sentences():
    """Twelve pages of rules nobody met are no help; a judgement is shown with an example, not with its template."""
    report = sample_report()
    say = report.rules["title"].where(report.rules["part"] != "risk", "{left} left until {closes_local}; {unheard_of}")
    shown = table(recorded(replace(report, rules=report.rules.assign(title=say)))["Rules"])
    met = {*report.findings["deadline"], *report.findings["rule"], *";".join(report.outages["services"]).split(";")}

    assert set(shown["Entry"]) <= met
    assert "5 days left until Sep 15, 2026, 20:00 Ottawa time; –" in shown["Title"].tolist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_of_every_judgement_has_an_example(language):
    """No brace and no dash stands on the sheet of rules, whatever is met."""
    told = [risk.say.of(language) for risk in load_rulebook().risks]
    slots = {slot for text in told for slot in SLOT.findall(text)}

    assert set() == slots - set(words("rule_examples", language))


@pytest.mark.parametrize("unit", [None, "Engineering"])
def test_at_risk_shows_twelve_columns_those_to_write_in_beside_the_name(unit):
    """What only the office needs is folded away in its own book, and in nobody else's; the key is folded in each."""
    sheet = opened(sample_report(unit=unit))["At risk"]
    titles = [cell.value for cell in sheet[2] if cell.value]
    folded = {name: one for name, one in sheet.column_dimensions.items() if one.hidden}
    hidden = sum(one.max - one.min + 1 for one in folded.values())

    assert ["Level", "Name", "Person id", "Status", "Owner", "Due", "Note"] == titles[:7]
    assert 12 == len(titles) - hidden
    assert hidden == 1 if unit else hidden > 10
    assert {1} == {one.outlineLevel for one in folded.values()}


def test_no_hour_to_file_before_where_it_is_over_or_filed():
    """A003 is over: the column says nothing, though the hour is known."""
    shown = table(opened(sample_report())["At risk"]).set_index("Person id")["File before (local time)"]

    assert shown["A003"] is None
    assert "Ottawa\u00a0time" in shown["A004"]


def test_the_worst_level_stands_first_and_within_it_the_people_in_the_order_of_every_first_screen():
    """Whom the mail names first is the first row here."""
    report = sample_report()
    shown = table(opened(report)["At risk"])
    people = [one.person_id for one in people_at_risk(facts(report), today_of(report)) if one.is_critical]
    levels = [text.split()[0] for text in shown["Level"]]

    assert people == shown["Person id"].head(len(people)).tolist()
    assert sorted(levels, key=[level.symbol for level in LEVELS].index) == levels


def test_evidence_is_of_those_at_risk_alone():
    """Who has nothing to do needs no proof of it."""
    report = sample_report()
    shown = set(table(opened(report)["Evidence"])["Person id"])

    assert shown
    assert shown <= set(at_risk(report)["person_id"])


@pytest.mark.parametrize(("years", "first"), [(0, "Sep 7, 2026"), (1, "Sep 1, 2025"), (3, "Sep 1, 2023")])
def test_every_outage_relied_on_is_in_the_timeline_however_old(years, first):
    """Its hours are counted, by weeks or, where these are too many, by months."""
    report = sample_report()
    old = report.outages.assign(
        began_at=report.outages["began_at"].where(report.outages.index != 0, Timestamp(f"{2026 - years}-09-12T14:00Z")),
        ended_at=report.outages["ended_at"].where(report.outages.index != 0, Timestamp(f"{2026 - years}-09-12T17:15Z")),
    )
    shown = table(recorded(replace(report, outages=old))["Timeline"])

    assert first == shown["From"][0].replace("\xa0", " ")
    assert 15.75 == shown["IRCC secure account – unplanned"].sum()
