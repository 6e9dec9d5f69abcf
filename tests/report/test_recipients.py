"""Rows owned whole are parted once; a role's view holds its part only."""

import typing
from email import message_from_bytes, policy
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import outages, roster, run
from makers import RULEBOOK
from msgspec.structs import replace
from pandas.testing import assert_frame_equal
from sample_report import sample_report

from reporter.model.report import OFFICE_SLUG, Account, Recipient
from reporter.model.shapes import ROWS, TOLD
from reporter.report.mail.short_mails import brief
from reporter.report.recipients import View, only_seen, roles, scope_report, share, side_by_side
from reporter.report.workbook import Stock
from reporter.report.workbook.build import sheets
from reporter.settings import RecipientSettings
from reporter.text.catalogue import words
from reporter.text.formats import day

FIRST = ("full_name", "person_id")
GROUPS = {
    "study-permit-renewal": "status",
    "work-permit-renewal": "status",
    "pgwp-application": "program",
    "document-request": "letter",
}
UNITS = ("Computer Science", "Engineering", "Arts & Lettres", "Graduate Studies")
VIEWS = [name for name, role in roles().items() if not role.owns]


def rows_of(findings):
    """ROWS that say of each finding's row that it was assessed."""
    told = findings.drop_duplicates("source_row")
    return ROWS.cast(told[["source_row", "person_id", "unit", "contact_email"]].assign(outcome="assessed"))


def parted(views, language="en"):
    """The sample report cut for its contacts and these views."""
    whole = sample_report(language)
    findings = whole.findings.assign(source_row=[f"a.xlsx!S:{n}" for n in range(len(whole.findings))])
    whole = replace(whole, findings=findings)
    rows = rows_of(findings)
    parts = share(rows, {}, {}, office="office@example.org", language=language, views=views)
    return whole, parts, scope_report(whole, rows, parts, None, GROUPS)


def test_the_office_hears_of_a_roster_that_names_nobody():
    """It is told that nobody was checked; that its reader has left is said to whoever had rows."""
    whole, (office,) = sample_report(), share(ROWS.empty(), {}, {}, office="o@example.org", language="en").recipients
    bare = Account(read=0, assessed=0, set_aside=0, excluded=0)
    reports = [replace(whole, account=bare, recipient=one) for one in (office, Recipient("u", "u@example.org"))]

    assert OFFICE_SLUG == office.slug
    assert [False, True] == [report.is_farewell for report in reports]


views = st.lists(
    st.builds(
        View,
        address=st.sampled_from(["a@example.org", "b@example.org", "office@example.org"]),
        role=st.sampled_from(VIEWS),
        units=st.lists(st.sampled_from(UNITS), max_size=2, unique=True).map(tuple),
    ),
    max_size=4,
)


@settings(max_examples=10, deadline=None)
@given(views)
def test_rows_laid_side_by_side_are_cut_as_from_the_whole(chosen):
    """The order in which the rows of the whole are kept changes nothing of any reader's report or sheets."""
    whole, _, scopes = parted(chosen)
    laid = replace(whole, findings=side_by_side(whole.findings, scopes))
    stock, laid_stock = Stock.of(whole), Stock.of(whole).side_by_side(laid.findings.index)

    for scope in scopes:
        report, cut = scope.report(whole), scope.report(laid)
        assert_frame_equal(report.findings, cut.findings)
        for one, other in zip(sheets(report, stock), sheets(cut, laid_stock), strict=True):
            assert one.cells.equals(other.cells)
            assert one.table.lines.tolist() == other.table.lines.tolist()


@settings(max_examples=25, deadline=None)
@given(views)
def test_whoever_sees_sees_what_is_theirs_and_no_more(chosen):
    """The parts of those who get rows whole are disjoint, and together everything; a view holds what its role is for.

    Row by row: unit, population, group and level are the role's, and its reader does not have the row whole.
    """
    whole, parts, scopes = parted(chosen)
    units = [n for n in range(parts.owners) if parts.recipients[n].slug != OFFICE_SLUG]  # the office has the whole
    owned = [scopes[n].report(whole).findings.index.tolist() for n in units]

    assert sorted(whole.findings.index) == sorted(place for part in owned for place in part)
    for n, view in enumerate(chosen, start=parts.owners):
        role = roles()[view.role]
        own = [m for m in range(parts.owners) if parts.recipients[m].address.casefold() == view.address.casefold()]
        number = whole.findings["source_row"].map(parts.number)
        has_whole = {place for place, m in number.items() if m in own}
        wanted = [
            place
            for place, row in whole.findings.iterrows()
            if place not in has_whole
            and (not view.units or row["unit"] in view.units)
            and (not role.populations or row["population"] in role.populations)
            and (not role.groups or GROUPS[row["deadline"]] in role.groups)
            and (not role.levels or row["level"] in role.levels)
        ]

        assert wanted == scopes[n].report(whole).findings.index.tolist()


@pytest.mark.parametrize("role", [name for name in VIEWS if roles()[name].sees])
def test_what_a_role_does_not_see_is_not_in_its_report(role):
    """Every other column is empty, and there are no outages, no changes and no rows set aside."""
    report = only_seen(sample_report(), roles()[role])
    unseen = set(TOLD.names) - set(roles()[role].sees) - {"level", "closes_at", "source_row"}
    empty = report.findings[sorted(unseen)]

    assert not empty.astype("object").where(empty.notna(), False).to_numpy(dtype=bool).any()
    assert [0, 0, 0] == [len(frame) for frame in (report.outages, report.changes, report.set_aside)]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("role", ["payroll", "people_manager"])
def test_both_bodies_of_a_brief_mail_tell_the_same_dates(role, language):
    """Every word of a row in the HTML stands in the text as well, and nobody's reason stands in either."""
    whole = sample_report(language)
    recipient = Recipient("r", "r@example.org", language, "R", role)
    told = brief(only_seen(replace(whole, recipient=recipient), roles()[role]))
    html, text = (" ".join(body.split()) for body in (told.html, told.text))
    dated = whole.findings["closes_on"].dropna().drop_duplicates()
    days = [" ".join(day(on, language, weekday=True).split()) for on in dated]

    assert len([day for day in days if day in html]) >= 5
    assert [] == [day for day in days if (day in html) != (day in text)]
    assert [] == [reason for reason in whole.findings["reason"].dropna() if reason and reason in html + text]


def test_every_role_of_the_settings_has_its_table():
    """The names that settings allow are those of roles.toml."""
    allowed = typing.get_args(typing.get_type_hints(RecipientSettings)["role"])

    assert sorted(roles()) == sorted(allowed)


def test_a_run_sends_each_role_its_part(tmp_path):
    """Payroll gets ids and dates, the manager a name and a date; neither a reason nor an outage."""
    people = [
        ("0001", "Ana Invented", "Field", "hr@example.org", "ON", "Work permit", "2026-09-10"),
        ("0002", "Bo Invented", "Shop", "hr@example.org", "ON", "Work permit", "2026-09-11"),
        ("0003", "Cy Invented", "Shop", "hr@example.org", "ON", "Work permit", "2029-09-11"),
    ]
    down = {"services": "ircc_secure_account", "began_at": "2026-09-08T10:00:00Z", "ended_at": "2026-09-08T16:00:00Z"}
    files = [roster(tmp_path / "staff.csv", people)], [outages(tmp_path / "outages.json", [down])]
    asked = (
        RecipientSettings("pay@example.org", "payroll"),
        RecipientSettings("boss@example.org", "people_manager", ("Shop",), language="fr"),
    )
    run(tmp_path, *files, recipients=asked)
    payroll, boss = (_cells(tmp_path, word) for word in ("payroll", "people-manager"))

    assert ({"0001", "0002"}, {"Bo Invented"}) == (payroll[0], boss[0])
    assert [] == [word for word in ("Invented", "Outage 0") if word in payroll[1]]
    assert [] == [word for word in ("Ana", "0002", "Outage 0") if word in boss[1]]


def _cells(folder, word):
    """The first column of the workbook in that role's mail, and all that the mail says."""
    (path,) = (folder / "out" / "digests").glob(f"{word}-*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    (attached,) = mail.iter_attachments()
    rows = list(openpyxl.load_workbook(BytesIO(attached.get_content())).active.iter_rows(values_only=True))
    headers = {words("workbook", language)[f"col_{name}"] for language in ("en", "fr") for name in FIRST}
    start = next(n for n, row in enumerate(rows) if row[0] in headers)
    said = " ".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
    cells = " ".join(str(cell) for row in rows for cell in row)
    return {row[0] for row in rows[start + 1 :] if row[0]}, said + cells


def test_every_group_of_a_role_is_one_of_the_rules():
    """A role of a group that no duty has would be told of nothing."""
    groups = {deadline.group for deadline in RULEBOOK.whole.deadlines.values()}

    assert set() == {group for role in roles().values() for group in role.groups} - groups
