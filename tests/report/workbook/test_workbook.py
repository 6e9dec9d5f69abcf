"""The workbook, read back by two readers: every number and date, both languages, and nothing run as a formula."""

from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import openpyxl
import pandas as pd
import pytest
from pandas import DataFrame
from python_calamine import CalamineWorkbook
from sample_report import LONG_NAME, no_record_report, quiet_report, sample_report, unreadable_report

from reporter.model.levels import AT_RISK, BY_NAME, LEVELS
from reporter.model.report import Recipient, Report
from reporter.model.shapes import TOLD, WHY
from reporter.report.workbook import Stock, workbook
from reporter.report.workbook.findings import AT_RISK_COLUMNS, EVERYONE_COLUMNS, LEFT_COLUMNS
from reporter.report.workbook.reasons import WHY_COLUMNS
from reporter.report.workbook.records import CHANGE_COLUMNS, OUTAGE_COLUMNS, RULE_COLUMNS, SET_ASIDE_COLUMNS
from reporter.text.catalogue import words

FRAMES = ("findings", "outages", "set_aside", "changes")
ENGLISH = [
    "Summary",
    "At risk",
    "Everyone",
    "Outages",
    "Timeline",
    "Evidence",
    "Why",
    "Set aside",
    "Changes",
    "Rules",
    "About",
]
FRENCH = [
    "Sommaire",
    "À risque",
    "Tout le monde",
    "Pannes",
    "Chronologie",
    "Preuves",
    "Pourquoi",
    "Mis de côté",
    "Changements",
    "Règles",
    "À propos",
]
TABLES = [AT_RISK_COLUMNS, EVERYONE_COLUMNS, OUTAGE_COLUMNS, SET_ASIDE_COLUMNS, CHANGE_COLUMNS, RULE_COLUMNS]
TABLES += [WHY_COLUMNS, LEFT_COLUMNS]
WIDE = ("At risk", "Outages", "Evidence", "Why")
LANGUAGES = ["en", "fr"]


def opened(report: Report, **options: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(workbook(report, **options)))


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
    """Eleven sheets, the most urgent first, named in the reader's language."""
    assert names == opened(sample_report(language)).sheetnames


@pytest.mark.parametrize("columns", TABLES)
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
    report = sample_report(language)
    shown = table(opened(report)[words("workbook", language)["sheet_at_risk"]])

    assert numbers(at_risk(report)[name]) == numbers(shown[words("workbook", language)[f"col_{name}"]])


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
    shown = table(opened(report)["Outages"])

    assert days(report.outages[name]) == days(shown[words("workbook", "en")[f"col_{name}"]])


@pytest.mark.parametrize("name", ["was_closes_at", "closes_at"])
def test_instants_of_changes_are_real_instants_in_utc(name):
    """Was and now stand side by side, and a missing one stays empty."""
    report = sample_report()

    assert days(report.changes[name]) == days(table(opened(report)["Changes"])[words("workbook", "en")[f"col_{name}"]])


def test_french_and_english_carry_the_same_numbers_and_dates():
    """Cell by cell, what is no text is equal in both languages."""
    english, french = (opened(sample_report(language)) for language in LANGUAGES)
    plain = [
        [value for row in book[name].iter_rows(values_only=True) for value in row if not isinstance(value, str | None)]
        for book, names in ((english, ENGLISH), (french, FRENCH))
        for name in names
    ]

    assert plain[: len(ENGLISH)] == plain[len(ENGLISH) :]
    assert sum(len(values) for values in plain) > 400


def test_another_reader_sees_the_same_cells():
    """calamine, which shares no code with openpyxl, reads the same ids, names and hours."""
    report = sample_report()
    sheet = CalamineWorkbook.from_filelike(BytesIO(workbook(report))).get_sheet_by_name("Everyone")
    rows = sheet.to_python()
    start = next(n for n, row in enumerate(rows) if row[0] == "Level") + 1
    people = worst(report)
    expected = zip(people["person_id"], people["full_name"], numbers(people["lost_hours"]), strict=True)

    assert list(expected) == [(row[1], row[2], row[9]) for row in rows[start:]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_that_looks_like_a_formula_stays_text(language):
    """Somebody's name is never run: no cell of the workbook is a formula."""
    book = opened(sample_report(language))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    names = table(book.worksheets[2])[words("workbook", language)["col_full_name"]].tolist()

    assert "f" not in kinds
    assert {'=HYPERLINK("http://x","y")', "+1", "@a", "<script>alert('x')</script>"} <= set(names)


def followed(book, name, row, header):
    """Where a link of a sheet leads: the sheet, and the row there by header."""
    sheet = book[name]
    headers = {cell.value: cell.column for cell in sheet[header_row(sheet)]}
    to, _, place = sheet.cell(row, headers[header]).hyperlink.location.rpartition("!")
    there = book[to.strip("'")]
    titles = [cell.value for cell in there[header_row(there)]]
    line = there[place].row
    return there.title, line, dict(zip(titles, (cell.value for cell in there[line]), strict=True))


@pytest.mark.parametrize("unit", [None, "Engineering"])
def test_links_lead_from_a_person_over_the_evidence_to_the_outage_and_back(unit):
    """Each click lands on the row about the same person or the same outage."""
    report = sample_report(unit=unit)
    book = opened(report)
    first = header_row(book["At risk"]) + 1
    person, outage = at_risk(report)[["person_id", "outages"]].iloc[0]
    proof, row, shown = followed(book, "At risk", first, "See")

    assert ("Evidence", person, outage.split(";")[0]) == (proof, shown["Person id"], shown["Outage"])
    assert ("At risk", first) == followed(book, "Evidence", row, "To the person")[:2]
    there, line, found = followed(book, "Evidence", row, "To the outage")
    assert ("Outages", shown["Outage"]) == (there, found["Outage"])
    assert shown["Outage"] == followed(book, "Outages", line, "To the evidence")[2]["Outage"]


def test_a_cut_evidence_sheet_says_loudly_how_much_is_missing():
    """Nobody takes the rows shown for all of them."""
    assert "NOT ALL: 1,234 more rows" in told(opened(sample_report(evidence_left_out=1234))["Evidence"])


def test_the_timeline_keeps_planned_and_unplanned_apart_and_counts_no_hour_twice():
    """Hours of a week from Monday on Ottawa's clock: 3.25 h and 12.5 h to the report, which falls in two weeks."""
    shown = table(opened(sample_report())["Timeline"]).set_index("Week of")

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
    shown = " ".join(str(value) for value in table(opened(report)["About"])["Value"])

    assert [] == [sha for _, sha in report.run.inputs if sha not in shown]
    assert report.run.rulebook_sha256 in shown
    assert "not immigration or legal advice" in shown


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "internal:Rules!A1", "external:c:/x"])
def test_only_web_addresses_become_links(address):
    """What an outage file gives as its source never opens a file or a sheet."""
    report = sample_report()
    sheet = opened(replace(report, outages=report.outages.assign(source_url=address)))["Outages"]
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]

    assert [] == [link for link in links if not (link or "").startswith("'Evidence'!")]
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
    shown = table(opened(replace(report, outages=report.outages.assign(ended_at=never)))["Outages"])

    assert ["not known to have ended"] * 3 == shown["Ended (Ottawa)"].tolist()
    assert [45.0, 12.5, 0.0] == shown["Hours"].tolist()


def test_an_unverified_outage_says_so_in_words():
    """Nobody has to know a code to see that an outage is not confirmed."""
    assert (
        "reported by users - confirm before relying on it" == table(opened(sample_report())["Outages"])["How sure"][1]
    )


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
    assert "unverified - confirm before relying on it" == table(opened(sample_report())["Rules"])["How sure"].iloc[-1]


def test_a_row_set_aside_has_its_file_sheet_and_cell():
    """Whoever mends the roster is told the cell, what stood there and what is allowed."""
    row = table(opened(sample_report())["Set aside"]).iloc[1]

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
    shown = table(opened(replace(report, set_aside=aside))["Set aside"])

    assert expected == shown.loc[0, ["File", "Sheet", "Cell"]].tolist()


@pytest.mark.parametrize("name", [name for name in ENGLISH[1:] if name != "Timeline"])
def test_tables_have_filters_and_a_frozen_header_and_id(name):
    """Scrolling never loses whose row it is, and every table can be filtered."""
    sheet = opened(sample_report())[name]

    assert str(header_row(sheet)) in sheet.auto_filter.ref
    assert header_row(sheet) + 1 == int("".join(c for c in sheet.freeze_panes if c.isdigit()))
    assert sheet.freeze_panes[0] != "A"


@pytest.mark.parametrize("name", ENGLISH)
def test_every_sheet_prints_landscape_as_wide_as_is_said_with_its_run_in_the_footer(name):
    """A printed sheet can be traced to its run."""
    sheet = opened(sample_report())[name]

    assert ("landscape", True) == (sheet.page_setup.orientation, sheet.sheet_properties.pageSetUpPr.fitToPage)
    assert (2 if name in WIDE else 1) == (sheet.page_setup.fitToWidth or 1)  # left out, it is 1
    assert "2026-09-14-7f3a" in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.right.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_sheet_says_why(language):
    """Nothing to show is said in words, with the reason."""
    w = words("workbook", language)
    book = opened(quiet_report(language))
    reasons = [w["none_at_risk"], w["none_outages"], w["none_set_aside"], w["none_changes"]]
    sheets = [w["sheet_at_risk"], w["sheet_outages"], w["sheet_set_aside"], w["sheet_changes"]]

    assert [True] * 4 == [reason in told(book[name]) for reason, name in zip(reasons, sheets, strict=True)]


def test_no_outages_because_nobody_looked_is_not_no_outages():
    """An empty sheet of outages tells an absent record from a quiet one."""
    assert words("workbook", "en")["none_outages_absent"] in told(opened(no_record_report())["Outages"])


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


@pytest.mark.parametrize(("part", "header"), [("Evidence", "To the person"), ("Why", "Back"), ("At risk", "Chain")])
def test_links_find_their_rows_on_whichever_sheet_these_stand(part, header):
    """Where a table goes on over several sheets, each link leads to the row of the same person, and all are there."""
    report = sample_report()
    reasons = at_risk(report)[["level", "person_id", "title"]]
    book = opened(replace(report, why=WHY.cast(reasons)), rows_a_sheet=7)
    names = [name for name in book.sheetnames if name.startswith(part)]
    rows = [
        (name, row, shown["Person id"])
        for name in names
        for row, (_, shown) in enumerate(table(book[name]).iterrows(), header_row(book[name]) + 1)
        if shown[header]
    ]
    reached = [followed(book, name, row, header) for name, row, _ in rows]

    assert [person for _, _, person in rows] == [shown["Person id"] for _, _, shown in reached]
    assert len(names) > 1 < len({sheet for sheet, _, _ in reached})


def test_a_short_workbook_leaves_out_the_long_sheets_and_says_so():
    """What is to be done is whole; no link leads to a sheet that is not there."""
    whole, short = sample_report(), replace(sample_report(), about_files=("Some sheets are left out.",))
    book = opened(short, is_short=True)

    assert {"Everyone", "Evidence", "Why"} == set(opened(whole).sheetnames) - set(book.sheetnames)
    assert cells(workbook(whole))["At risk"][-1][:10] == cells(workbook(short, is_short=True))["At risk"][-1][:10]
    assert "Some sheets are left out." in told(book["Summary"])
    assert not [cell.hyperlink for row in book["At risk"] for cell in row if cell.hyperlink]


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


def test_twice_the_same_report_gives_twice_the_same_cells():
    """Only the stamp the library puts into the file's properties may differ."""
    first, second = (
        [list(sheet.iter_rows(values_only=True)) for sheet in opened(sample_report("fr"))] for _ in range(2)
    )

    assert first == second


def test_the_headers_are_those_declared_and_no_more():
    """Rows picked out of a frame bring no column of the library's own along."""
    report = sample_report()
    changes = report.changes[report.changes["change"] == "new"]
    shown = table(opened(replace(report, changes=changes))["Changes"])

    assert len(CHANGE_COLUMNS) == shown.dropna(axis=1, how="all").shape[1] + 2  # nothing was, so both are empty
    assert [words("workbook", "en")[f"col_{c.word or c.name}"] for c in CHANGE_COLUMNS] == list(shown.columns)[:8]


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

    assert [name for name in ENGLISH if name != "Timeline"] == book.sheetnames


def test_a_reader_has_the_rules_their_rows_met_and_the_office_all():
    """Twelve pages of rules nobody there met are no help; what the findings rest on is there."""
    part = sample_report(unit="Engineering")
    one = replace(part, findings=part.findings.head(3))
    whole, met = (set(table(opened(report)["Rules"])["Entry"]) for report in (replace(one, recipient=None), one))
    rests_on = {*one.findings["deadline"], *one.findings["rule"]}

    assert whole & rests_on == met & rests_on
    assert met < whole
