"""Any CSV with a mapping, and a plain list of beginnings and ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import only, utc

from reporter.errors import OutageFileError, SettingsError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import read_document
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "cle gc": "gckey", "ircc portal": "ircc_portal", "portail d ircc": "ircc_portal"}
COLUMNS = {"services": "Système", "began_at": "Début constaté", "ended_at": "Fin"}
TABLE = "No;Système;Début constaté;Fin\n7;Clé GC;2026-01-05 10:00;2026-01-05 11:00\n"


def read(content, columns=None, **told):
    raw = content if isinstance(content, bytes) else content.encode()
    return read_document(SourceDocument("export.csv", raw, NAMES, columns=columns or {}, **told))


def codes(reading):
    return {problem.code for problem in reading.problems if problem.severity != "info"}


def test_a_table_is_read_under_its_own_headers():
    """The mapping says which header is which; times are Ottawa's, services go by name."""
    row = only(read(TABLE, COLUMNS))

    assert ("gckey", utc("2026-01-05T15:00"), utc("2026-01-05T16:00"), "export.csv:2") == tuple(
        row[name] for name in ("services", "began_at", "ended_at", "source_row")
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_headers_are_found_in_any_usual_encoding(encoding):
    """Accents survive, and case and punctuation do not matter."""
    reading = read(TABLE.upper().encode(encoding), {**COLUMNS, "began_at": "debut constate"})

    assert "gckey" == only(reading)["services"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_usual_separator_is_found(separator):
    """The one under which all mapped headers stand in one row, also below a banner."""
    assert 1 == len(read("Export of 2026\n" + TABLE.replace(";", separator), COLUMNS).outages)


def test_a_constant_stands_for_all_rows():
    """`=planned` is no header."""
    assert "planned" == only(read(TABLE, {**COLUMNS, "kind": "=planned"}))["kind"]


def test_the_callers_services_stand_where_the_table_has_none():
    """An empty cell is filled; a cell that says something is not overruled."""
    reading = read(TABLE + "8;;2026-01-06 10:00;\n", COLUMNS, services="ircc_portal")

    assert ["gckey", "ircc_portal"] == reading.outages["services"].to_list()


def test_a_system_nobody_knows_is_kept_and_told():
    """It is unspecified beside the known one, and its words stand in the note."""
    reading = read(TABLE.replace("Clé GC", "Clé GC|Teleporter"), COLUMNS)

    assert ("gckey;unspecified", "[Teleporter]", {"source_component_unmapped"}) == (
        only(reading)["services"],
        only(reading)["note"],
        codes(reading),
    )


def test_a_mapped_id_is_kept():
    """The source's own number is the id."""
    assert "7" == only(read(TABLE, {**COLUMNS, "outage_id": "No"}))["outage_id"]


def test_a_bad_row_costs_only_itself():
    """A beginning nobody can read is refused with its row; the others are kept."""
    reading = read(TABLE + "8;Clé GC;soon;\n", COLUMNS)

    assert (1, [3]) == (len(reading.outages), [p.row for p in reading.problems if p.severity == "error"])


def test_a_missing_header_is_named():
    """The error shows the mapping, so that it can be corrected."""
    with pytest.raises(OutageFileError, match=r"^export\.csv: has no header row with all of: .*Fin de panne"):
        read(TABLE, {**COLUMNS, "ended_at": "Fin de panne"})


@pytest.mark.parametrize("columns", [{"began": "Début constaté"}, {"services": "Système"}, {"began_at": "=2026-01-01"}])
def test_a_mapping_that_cannot_work_is_a_fault_of_the_settings(columns):
    """A field that does not exist, or no column for the beginning."""
    with pytest.raises(SettingsError, match=r"^columns\."):
        read(TABLE, columns)


PAIRS = "2026-01-05T10:00Z,2026-01-05T11:00Z\n2026-01-06T10:00Z,\n"


@pytest.mark.parametrize("header", ["", "began_at,ended_at\n", "Start time,End time\n", "Début,Fin\n", "down,up\n"])
def test_pairs_are_read_with_or_without_a_header(header):
    """Two columns of instants; an empty end is an open outage; the caller names the service."""
    outages = read(header + PAIRS, services="gckey").outages

    assert ([utc("2026-01-05T10:00"), utc("2026-01-06T10:00")], [False, True], {"gckey"}) == (
        outages["began_at"].to_list(),
        outages["ended_at"].isna().to_list(),
        set(outages["services"]),
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_pairs_are_read_with_any_usual_separator(separator):
    """Comma, semicolon or tab."""
    assert 2 == len(read(PAIRS.replace(",", separator)).outages)


@pytest.mark.parametrize("written", ["1767607200", "1767607200000", "1767607200.5"])
def test_a_count_of_seconds_or_milliseconds_is_an_instant(written):
    """Monitors count from 1970."""
    assert utc("2026-01-05T10:00") == only(read(f"{written},\n"))["began_at"]


def test_pairs_without_a_service_are_unspecified():
    """Never no service, and told."""
    reading = read(PAIRS)

    assert ({"unspecified"}, {"source_component_missing"}) == (set(reading.outages["services"]), codes(reading))


def test_the_end_of_a_pair_does_not_change_its_id():
    """The open outage of last week is the ended one of this week."""
    before = read("2026-01-06T10:00Z,\n", services="gckey")
    after = read("2026-01-06T10:00Z,2026-01-06T12:00Z\n", services="gckey")

    assert only(before)["outage_id"] == only(after)["outage_id"]


def test_a_pair_that_ends_before_it_begins_is_refused_alone():
    """An error with its row; the other pairs are kept."""
    reading = read("2026-01-05T10:00Z,2026-01-05T09:00Z\n" + PAIRS.splitlines()[1] + "\n")

    assert (1, [1]) == (len(reading.outages), [p.row for p in reading.problems if p.severity == "error"])


def test_a_header_alone_is_a_quiet_record():
    """A monitor that saw nothing."""
    assert 0 == len(require(read("began_at,ended_at\n").outages, OUTAGES))


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=12), st.integers(0, len(TABLE.encode())), st.booleans())
def test_damaged_bytes_are_read_or_refused(junk, at, is_mapped):
    """Never an exception of another kind."""
    content = TABLE.encode() if is_mapped else PAIRS.encode()
    try:
        require(read(content[:at] + junk + content[at + 3 :], COLUMNS if is_mapped else None).outages, OUTAGES)
    except OutageFileError as e:
        assert str(e).startswith("export.csv: ")


def test_the_heading_that_is_mapped_gives_its_zone():
    """`began_at = "From (UTC)"` is on UTC's clock."""
    columns = {"services": "What", "began_at": "From (UTC)", "ended_at": "Until UTC"}
    reading = read("What,From (UTC),Until UTC\ngckey,2026-09-08 05:30,2026-09-08 09:00\n", columns)

    assert [utc("2026-09-08T05:30"), utc("2026-09-08T09:00")] == [
        only(reading)[name] for name in ("began_at", "ended_at")
    ]


def test_a_column_of_zones_gives_each_row_its_clock():
    """As in the office's own table."""
    row = only(read(TABLE.replace("Fin\n", "Fin;Fuseau\n").replace("11:00\n", "11:00;UTC\n"), COLUMNS))

    assert (utc("2026-01-05T10:00"), utc("2026-01-05T11:00")) == (row["began_at"], row["ended_at"])
