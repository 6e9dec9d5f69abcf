"""One way in, whoever asks; and what the pages of each vendor say."""

import json

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from reporter.errors import OutageFileError
from reporter.outages.door import DescribedSource, kind_of_page, read_file
from reporter.pipeline.upkeep.record_outages import read_files

NAMES = {"gckey": "gckey"}
AS_OF = pd.Timestamp("2026-09-10T13:00Z")
CACHET = {
    "id": 1,
    "name": "GCKey",
    "status": 4,
    "occurred_at": "2026-09-09 08:00:00",
    "updated_at": "2026-09-09 12:00:00",
}
BETTER = {"name": "GCKey", "started_at": "2026-09-09T08:00Z", "resolved_at": "2026-09-09T12:00Z"}
STATUS_IO = {
    "_id": "1",
    "name": "GCKey",
    "datetime_open": "2026-09-09T08:00Z",
    "datetime_resolved": "2026-09-09T12:00Z",
}
FORMS = {
    "cachet": {"data": [CACHET]},
    "cachet-3": {
        "data": [
            {
                "id": "1",
                "type": "incidents",
                "attributes": {
                    "name": "GCKey",
                    "status": {"human": "Fixed", "value": 4},
                    "occurred": {"string": "2026-09-09 08:00:00"},
                    "updated": {"string": "2026-09-09 12:00:00"},
                },
            }
        ]
    },
    "better-stack": {"data": [{"id": "1", "type": "incident", "attributes": BETTER}]},
    "statusio": {"result": {"status_overall": {}, "incidents": [STATUS_IO]}},
    "google-cloud": [{"id": "1", "begin": "2026-09-09T08:00Z", "end": "2026-09-09T12:00Z", "external_desc": "GCKey"}],
    "lines": '{"services": "gckey", "began_at": "2026-09-09T08:00Z", "ended_at": "2026-09-09T12:00Z"}\n' * 2,
    "web-table": "<html><table><tr><th>Online service<th>From (UTC)<th>Until (UTC)</tr>"
    "<tr><td>GCKey<td>Sept. 9, 2026, 8:00 a.m.<td>Sept. 9, 2026, noon</table></html>",
    "web-table-fr": "<html><table><tr><th>Système<th>Début<th>Fin</tr>"
    "<tr><td>GCKey<td>9 septembre 2026, 4 h<td>9 septembre 2026, 8 h</table></html>",
    "web-table-days": "<html><h1>Planned outages</h1><table><tr><th>Service<th>Date<th>Time (UTC)</tr>"
    "<tr><td>GCKey<td>Sept. 9, 2026<td>8:00 a.m. to noon</table></html>",
    "web-table-jours": "<html><h1>Interruptions</h1><table><tr><th>Service<th>Date<th>Début (HE)<th>Fin (HE)</tr>"
    "<tr><td>GCKey<td>9 septembre 2026<td>4 h<td>8 h</table></html>",
    "web-table-when": "<html><table><tr><th>Service<th>When</tr>"
    "<tr><td>GCKey<td>September 9, 2026, 4 a.m. to 8 a.m. ET</table></html>",
}


@pytest.fixture
def written(tmp_path):
    """A file with that content and a name that says nothing."""

    def write(content):
        path = tmp_path / "source.txt"
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    return write


@pytest.mark.parametrize("form", FORMS)
def test_the_same_outage_in_every_form(form, written):
    """From 08:00 to 12:00 UTC, on one service, over."""
    outages = read_file(written(FORMS[form]), NAMES, as_of=AS_OF).outages

    assert [("gckey", "08:00", "12:00", "resolved")] == [
        (one.services, f"{one.began_at:%H:%M}", f"{one.ended_at:%H:%M}", one.status) for one in outages.itertuples()
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_run_and_the_linter_read_what_an_import_reads(form, written):
    """No format is known to one and refused by another."""
    path = written(FORMS[form])

    assert_frame_equal(read_file(path, NAMES, as_of=AS_OF).outages, read_files([path], NAMES, at=AS_OF)[0])


@pytest.mark.parametrize("form", ["statusio", "google-cloud", "cachet", "better-stack"])
def test_an_incident_without_an_end_is_open(form, written):
    """Whatever the field is called."""
    gone = ("end", "resolved_at", "datetime_resolved")
    text = json.dumps(FORMS[form]).replace('"status": 4', '"status": 2')
    whole = json.loads(text, object_hook=lambda one: {key: value for key, value in one.items() if key not in gone})
    outages = read_file(written(whole), NAMES, as_of=AS_OF).outages

    assert [(True, "ongoing")] == [(pd.isna(one.ended_at), one.status) for one in outages.itertuples()]


def test_a_further_page_of_a_list_is_told(written):
    """What was not read is not complete in silence."""
    paged = {"data": [CACHET], "meta": {"pagination": {"links": {"next_page": "https://x.example/?page=2"}}}}

    assert "source_page_left_out" in [
        problem.code for problem in read_file(written(paged), NAMES, as_of=AS_OF).problems
    ]


def test_the_last_line_that_breaks_off_is_a_file_cut_off(written):
    """JSON Lines are whole line by line."""
    with pytest.raises(OutageFileError, match=r"line 2: .*cut off"):
        read_file(written(FORMS["lines"][:-30]), NAMES, as_of=AS_OF)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>GCKey will be down on September 15, 2026, from 6 p.m. to 8 p.m. Eastern time.</p>", "notice"),
        ("<p>Sign in to the network</p><form></form>", "notice"),
        (FORMS["web-table"], "web-table"),
    ],
)
def test_a_page_is_told_by_what_stands_on_it(body, expected):
    """A table is one also where notices are due."""
    page = f"<html><body>{body}</body></html>".encode()

    assert expected == kind_of_page("page", page, NAMES, DescribedSource("notice"), as_of=AS_OF)


def test_a_cell_over_several_rows_holds_for_each(written):
    """And one over several columns moves what stands behind it: else the beginning is read as the service."""
    rows = "<tr><td rowspan='2'>GCKey<td>{0}, 1 a.m.<td>{0}, 3 a.m.</tr><tr><td>{1}, 1 a.m.<td>{1}, 3 a.m.</tr>"
    head = "<tr><th>Service<th>From<th>To</tr><tr><td colspan='3'>ET</tr>"
    page = f"<html><table>{head}{rows.format('March 4, 2027', 'March 5, 2027')}</table></html>"
    outages = read_file(written(page), NAMES, as_of=AS_OF).outages

    assert [("gckey", "03-04 06:00", "03-04 08:00"), ("gckey", "03-05 06:00", "03-05 08:00")] == [
        (one.services, f"{one.began_at:%m-%d %H:%M}", f"{one.ended_at:%m-%d %H:%M}") for one in outages.itertuples()
    ]


def test_a_log_in_page_is_no_source(written):
    """Neither a table nor a dated notice stands on it."""
    with pytest.raises(OutageFileError, match="sign-in page"):
        read_file(written("<html><p>Sign in to continue</p></html>"), NAMES, as_of=AS_OF)


def test_hours_beside_a_table_are_left_for_somebody(written):
    """A notice under the table is not lost because the table was read."""
    page = FORMS["web-table"].replace("</html>", "<p>Also on September 20, 2026, from 1 a.m. to 3 a.m.</p></html>")

    assert ["refused"] == [item.fate for item in read_file(written(page), NAMES, as_of=AS_OF).open_items]


@pytest.mark.parametrize("text", ["Name, Permit\nGCKey, outage on September 9 2026 from 1 a.m. to 3 a.m.\n"])
def test_a_table_without_a_beginning_is_no_notice(text, written):
    """It is refused, with the kinds there are."""
    with pytest.raises(OutageFileError, match="no kind"):
        read_file(written(text), NAMES, as_of=AS_OF)


def test_a_table_says_what_it_assumed_of_midnight_and_noon(written):
    """As a notice does: the longer reading counts, and the other is named."""
    cells = (
        ("March 5, 2027, 10 p.m.", "March 6, 2027, midnight"),
        ("March 8, 2027, 12:00 p.m.", "March 9, 2027, 5 a.m."),
    )
    rows = "".join(f"<tr><td>GCKey<td>{began}<td>{ended}</tr>" for began, ended in cells)
    reading = read_file(
        written(f"<html><table><tr><th>Service<th>From (ET)<th>To (ET)</tr>{rows}</table></html>"), NAMES, as_of=AS_OF
    )
    told = [(problem.code, problem.row) for problem in reading.problems if problem.code.startswith("notice_")]

    assert (2, [("notice_midnight", 2), ("notice_noon_or_midnight", 3)]) == (len(reading.outages), told)
