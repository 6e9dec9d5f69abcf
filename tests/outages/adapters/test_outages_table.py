"""One file to OUTAGES, and what was wrong with it."""

import json
from datetime import date
from itertools import permutations

import openpyxl
import pandas as pd
import pytest
from makers import read_outages
from readings import only, utc

from reporter.errors import OutageFileError
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import DescribedSource, read_bytes
from reporter.outages.records import separators
from reporter.text.catalogue import problem_sentences


def clock(text):
    return pd.Timestamp(text).to_pydatetime()


def codes(reading):
    return {problem.code for problem in reading.problems}


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_record_of_the_contract_is_read_without_a_problem(read, kind):
    """A complete record comes out as it stands, in the shape the engine takes."""
    reading = read({}, kind=kind)

    require(reading.outages, OUTAGES)
    assert ((), "gckey", utc("2026-09-01T10:00"), utc("2026-09-01T12:00"), "minute") == (
        reading.problems,
        *(only(reading)[name] for name in ("services", "began_at", "ended_at", "precision")),
    )


def test_an_empty_end_is_an_open_outage(read):
    """Nothing in ended_at: not known to have ended, and no problem while it is ongoing."""
    reading = read({"ended_at": "", "status": "ongoing"})

    assert (True, ()) == (pd.isna(only(reading)["ended_at"]), reading.problems)


def test_resolved_without_an_end_stays_open_and_asks_for_it(read):
    """Somebody says it is over but not since when: it is kept, open, with a warning."""
    reading = read({"ended_at": ""})

    assert (True, {"outage_resolved_without_end"}) == (pd.isna(only(reading)["ended_at"]), codes(reading))


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"status": "", "title": "CANCELLED: GCKey maintenance"}, "cancelled", {"outage_called_off"}),
        ({"status": "", "note": "[Annulée] reportée à une date ultérieure"}, "cancelled", {"outage_called_off"}),
        ({"status": "cancelled", "note": "Cancelled."}, "cancelled", set()),
        ({"status": "announced", "title": "Canceled - GCKey"}, "announced", {"outage_not_called_off"}),
        ({"status": "", "title": "Entretien annulé"}, "resolved", {"outage_not_called_off"}),
        ({"status": "cancelled", "title": "Maintenance cancelled"}, "cancelled", set()),
        ({"status": "resolved", "title": "Only cancelled applications cannot be seen"}, "resolved", set()),
    ],
)
def test_an_outage_that_is_called_off_in_its_first_word_is_so_unless_its_status_says_otherwise(
    read, change, status, told
):
    """`CANCELLED: …` in a title or a note, in either language; told, and so is where the two do not agree, or where a
    sentence begins or ends with the word."""
    reading = read(change)

    assert (status, told) == (only(reading)["status"], codes(reading) - {"outage_word_missing"})


def test_an_unreadable_end_leaves_the_outage_open(read):
    """A word in ended_at does not cost the record: it counts as not known to have ended."""
    reading = read({"ended_at": "soon", "status": "ongoing"})

    assert (True, {"outage_end_unreadable"}) == (pd.isna(only(reading)["ended_at"]), codes(reading))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"began_at": ""}, "outage_began_missing"),
        ({"began_at": "n/a"}, "outage_began_unreadable"),
        ({"began_at": "2026-09-01T12:01Z"}, "outage_ends_before_it_begins"),
    ],
)
def test_a_bad_record_is_refused_alone(read, row, code):
    """A record without a usable beginning is refused with an error; its neighbours are kept."""
    reading = read({"outage_id": "a"}, {"outage_id": "bad"} | row, {"outage_id": "z"})

    assert (["a", "z"], [("error", 3)]) == (
        reading.outages["outage_id"].to_list(),
        [(p.severity, p.row) for p in reading.problems if p.code == code],
    )


def test_zero_length_is_kept_and_told(read):
    """An outage that ends when it begins is no fault, only worth a word."""
    reading = read({"ended_at": "2026-09-01T10:00Z"})

    assert (1, {"outage_zero_length"}) == (len(reading.outages), codes(reading))


def test_bare_dates_are_whole_days_and_say_so(read):
    """Both ends a date: from Ottawa's midnight to the one after the last day."""
    reading = read({"began_at": "2026-09-01", "ended_at": "2026-09-02"})
    row = only(reading)

    assert (utc("2026-09-01T04:00"), utc("2026-09-03T04:00"), "day", {"outage_bare_date"}) == (
        row["began_at"],
        row["ended_at"],
        row["precision"],
        codes(reading),
    )


def test_both_clock_changes_are_told(read):
    """The doubled hour of November and the missing hour of March each carry a warning."""
    november = {"outage_id": "n", "began_at": "2026-11-01 01:10", "ended_at": "2026-11-01 01:20"}
    march = {"outage_id": "m", "began_at": "2026-03-08 02:10", "ended_at": "2026-03-08 04:00"}

    assert {"outage_hour_twice", "outage_hour_skipped"} == codes(read(november, march))


@pytest.mark.parametrize(
    ("column", "written", "expected"),
    [
        ("kind", "Planifié", "planned"),
        ("kind", "imprévue", "unplanned"),
        ("kind", "DÉGRADÉ", "degraded"),
        ("kind", "sécurité", "security"),
        ("verification", "officielle", "official"),
        ("verification", "Presse", "press"),
        ("verification", "signalé par un utilisateur", "user_report"),
        ("verification", "non vérifié", "unverified"),
        ("status", "annoncée", "announced"),
        ("status", "en cours", "ongoing"),
        ("status", "Résolu", "resolved"),
        ("status", "annulé", "cancelled"),
    ],
)
def test_french_words_are_known(read, column, written, expected):
    """The closed lists are read in French, with or without accents and capitals."""
    reading = read({column: written})

    assert (expected, ()) == (only(reading)[column], reading.problems)


@pytest.mark.parametrize(
    ("column", "ended_at", "expected"),
    [
        ("kind", "2026-09-01T12:00Z", "unplanned"),
        ("verification", "2026-09-01T12:00Z", "unverified"),
        ("status", "2026-09-01T12:00Z", "resolved"),
        ("status", "", "ongoing"),
    ],
)
def test_an_unknown_word_is_replaced_and_told(read, column, ended_at, expected):
    """The message names the allowed words and the one taken; an unknown status follows from the end."""
    reading = read({column: "perhaps", "ended_at": ended_at})
    (problem,) = reading.problems

    assert (expected, "outage_word_unknown", expected) == (only(reading)[column], problem.code, problem.details["used"])
    assert expected in problem.details["allowed"]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2026-09-01T09:59", "announced"), ("2026-09-01T11:00", "ongoing"), ("2026-09-01T12:00", "resolved")],
)
def test_an_unstated_status_is_read_off_the_clock(read, as_of, expected):
    """Before it begins it is announced, while it lasts ongoing, from its end on resolved."""
    assert expected == only(read({"status": ""}, as_of=utc(as_of)))["status"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Clé GC", "gckey"),
        ("gckey; Portail d'IRCC", "gckey;ircc_portal"),
        ("gckey, IRCC Portal, GCKEY", "gckey;ircc_portal"),
        ("ircc_portal", "ircc_portal"),
        ("MIFI / Arrima, CAQ", "quebec_mifi"),
        ("unspecified", "unspecified"),
    ],
)
def test_services_go_by_name_or_id(read, written, expected):
    """Names in either language, aliases and ids come out as ids, each once."""
    reading = read({"services": written})

    assert (expected, ()) == (only(reading)["services"], reading.problems)


@pytest.mark.parametrize(
    ("written", "expected", "code"),
    [
        ("Teleporter", "unspecified", "outage_services_unknown"),
        ("gckey; Teleporter", "gckey;unspecified", "outage_services_unknown"),
        ("", "unspecified", "outage_services_missing"),
    ],
)
def test_an_unknown_service_is_never_no_service(read, written, expected, code):
    """What nobody knows is kept as unspecified, and the warning shows the words."""
    reading = read({"services": written})
    (problem,) = reading.problems

    assert (expected, code, written) == (only(reading)["services"], problem.code, problem.value)


@pytest.mark.parametrize("claimed", ["official", "press"])
def test_a_claim_without_a_source_is_unverified(read, claimed):
    """Official or press needs an address to check; without one it counts as unverified."""
    reading = read({"verification": claimed, "source_url": ""})

    assert ("unverified", {"outage_without_source"}) == (only(reading)["verification"], codes(reading))


def test_a_source_that_is_no_web_address_is_dropped(read):
    """A script is not a source; nothing of the kind reaches a link in a report."""
    reading = read({"verification": "user_report", "source_url": "javascript:alert(1)"})

    assert ("", {"outage_not_a_link"}) == (only(reading)["source_url"], codes(reading))


def test_a_missing_id_is_made_the_same_each_time(read):
    """Services, beginning and title make the id, however the file spells them."""
    first = only(read({"outage_id": "", "services": "Clé GC"}, name="a"))
    again = only(read({"outage_id": "", "began_at": "2026-09-01 06:00", "note": "x"}, name="b"))

    assert first["outage_id"] == again["outage_id"]


def test_the_same_record_twice_counts_once(read):
    """An identical second row is dropped with a word."""
    reading = read({}, {})

    assert (1, ["info"]) == (len(reading.outages), [p.severity for p in reading.problems])


def test_two_records_with_one_id_keep_the_later_row(read):
    """The later row is the correction; the warning names both rows."""
    reading = read({"title": "Early"}, {"title": "Late"})
    (problem,) = reading.problems

    assert ("Late", "outages.csv:2", "outages.csv:3") == (
        only(reading)["title"],
        problem.details["dropped"],
        problem.details["kept"],
    )


RECORDS = [
    {"outage_id": "b"},
    {"outage_id": "a"},
    {"outage_id": "c", "began_at": "2026-08-01"},
    {"outage_id": "d", "began_at": "never"},
]


@pytest.mark.parametrize("rows", list(permutations(RECORDS)))
def test_the_order_of_records_does_not_matter(read, rows):
    """Whatever the order of rows, the outages come by beginning, then by id."""
    assert ["c", "a", "b"] == read(*rows).outages["outage_id"].to_list()


FRENCH = (
    "Identifiant;Services;Début;Fin;Type;Vérification;Statut;Lien;Titre\n"
    "un;Clé GC;2026-09-01 06:00;2026-09-01 08:00;imprévu;presse;résolu;https://example.org;Panne d’été\n"
)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", set()), ("utf-8-sig", set()), ("cp1252", {"outage_read_as_cp1252"}), ("utf-16", set())],
)
def test_a_french_file_is_read_in_any_usual_encoding(read_text, encoding, told):
    """French headers, semicolons, accents, and the encodings spreadsheet programs write."""
    reading = read_text(FRENCH.encode(encoding))
    row = only(reading)

    assert ("gckey", utc("2026-09-01T10:00"), "Panne d’été", told) == (
        row["services"],
        row["began_at"],
        row["title"],
        codes(reading),
    )


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman"])
def test_a_french_file_of_dos_or_of_an_old_mac_is_a_table_too(read_text, encoding):
    """Read as Windows text, its headings would be others, and its rows two notices without an end."""
    reading = read_text(FRENCH.replace("’", "'").encode(encoding))

    assert ("Panne d'été", {f"outage_read_as_{encoding}"}) == (only(reading)["title"], codes(reading))


@pytest.mark.parametrize("columns", [{}, {"began_at": "began_at"}])
def test_another_sheet_of_outages_is_told(tmp_path, columns):
    """One sheet of a workbook is read; what stands in another may be the outage that counts."""
    book = openpyxl.Workbook()
    for name, began in (("2026", "2026-09-01T10:00Z"), ("2025", "2025-09-01T10:00Z")):
        page = book.create_sheet(name)
        page.append(["services", "began_at"])
        page.append(["gckey", began])
    book.create_sheet("Notes").append(["see 2026"])
    book.save(tmp_path / "outages.xlsx")
    reading = read_bytes(
        "outages.xlsx", (tmp_path / "outages.xlsx").read_bytes(), {"gckey": "gckey"}, DescribedSource(columns=columns)
    )
    told = [problem for problem in reading.problems if problem.code == "source_sheet_unread"]

    assert (utc("2026-09-01T10:00"), ["2025"]) == (only(reading)["began_at"], [problem.sheet for problem in told])


def test_an_apostrophe_that_keeps_a_cell_as_text_is_no_part_of_an_instant(read):
    """As a spreadsheet's export leaves it."""
    assert utc("2026-09-01T10:00") == only(read({"began_at": "'2026-09-01T10:00Z"}))["began_at"]


def test_tabs_and_a_banner_above_the_header_are_no_obstacle(read_text):
    """The header is the row that names the columns, whatever stands above it."""
    reading = read_text("Outages 2026\n\nservices\tbegan_at\tended_at\ngckey\t2026-09-01T10:00Z\t2026-09-01T11:00Z\n")

    assert "outages.csv:4" == only(reading)["source_row"]


def test_an_open_quote_costs_only_its_row(read_text):
    """A quotation mark never closed does not swallow the records after it."""
    reading = read_text(
        'outage_id,services,began_at,ended_at,title\na,gckey,2026-09-01T10:00Z,2026-09-01T11:00Z,"open\n'
        "b,gckey,2026-09-02T10:00Z,2026-09-02T11:00Z,fine\n"
    )

    assert (["a", "b"], True) == (reading.outages["outage_id"].to_list(), "outage_quotes" in codes(reading))


def test_a_row_longer_than_its_header_is_told(read_text):
    """An unquoted comma moves cells; the cells beyond the header are not lost without a word."""
    reading = read_text("services,began_at,ended_at,title\ngckey,2026-09-01T10:00Z,2026-09-01T11:00Z,slow, then down\n")

    assert ["E2"] == [p.cell for p in reading.problems if p.code == "outage_cells_beyond"]


def test_a_real_workbook_date_is_on_ottawas_clock(tmp_path):
    """Excel's own dates have no zone: a time is Ottawa's, a midnight beside a time is a time, else a whole day."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Pannes")
    sheet.append(["Services", "Début", "Fin", "Titre"])
    sheet.append(["gckey", clock("2026-09-08"), clock("2026-09-08 05:30"), "night"])
    sheet.append(["gckey", clock("2026-09-15 18:00"), clock("2026-09-16"), "evening"])
    sheet.append(["gckey", date(2026, 9, 22), date(2026, 9, 22), "day"])
    book.save(tmp_path / "outages.xlsx")
    outages = read_outages(tmp_path / "outages.xlsx", {}).outages

    assert [
        ("night", utc("2026-09-08T04:00"), utc("2026-09-08T09:30"), "minute"),
        ("evening", utc("2026-09-15T22:00"), utc("2026-09-16T04:00"), "minute"),
        ("day", utc("2026-09-22T04:00"), utc("2026-09-23T04:00"), "day"),
    ] == list(outages[["title", "began_at", "ended_at", "precision"]].itertuples(index=False, name=None))


def test_a_workbook_row_has_its_address(tmp_path):
    """file!sheet:row for the record, sheet and cell for the problem."""
    book = openpyxl.Workbook()
    book.active.append(["Services", "Début", "Fin"])
    book.active.append(["gckey", "2026-09-01T10:00Z", "n/a"])
    book.save(tmp_path / "outages.xlsx")
    reading = read_outages(tmp_path / "outages.xlsx", {"gckey": "gckey"})

    assert ("outages.xlsx!Sheet:2", "Sheet!C2") == (
        only(reading)["source_row"],
        next(p.cell for p in reading.problems if p.code == "outage_end_unreadable"),
    )


RECORD = {"services": ["Clé GC", "ircc_portal"], "began_at": "2026-09-01T10:00Z", "ended_at": None, "status": "ongoing"}


def test_json_says_up_to_when_it_is_complete(read_text):
    """An object with outages and complete_to; a list of services is as good as semicolons."""
    reading = read_text(json.dumps({"complete_to": "2026-09-09T12:00-04:00", "outages": [RECORD]}), "outages.json")

    assert (utc("2026-09-09T16:00"), "gckey;ircc_portal") == (reading.complete_to, only(reading)["services"])


def test_nobody_vouches_for_the_future(read_text):
    """A complete_to after as_of counts as as_of, with a warning."""
    text = json.dumps({"complete_to": "2027-01-01", "outages": []})
    reading = read_text(text, "outages.json", as_of=utc("2026-09-09"))

    assert (utc("2026-09-09"), {"outage_complete_to_ahead"}) == (reading.complete_to, codes(reading))


def test_an_unreadable_complete_to_is_no_promise(read_text):
    """Then nothing says up to when the record is complete."""
    reading = read_text(json.dumps({"complete_to": "now", "outages": []}), "outages.json")

    assert (None, {"outage_complete_to_unreadable"}) == (reading.complete_to, codes(reading))


def test_an_item_that_is_no_record_is_told(read_text):
    """Text in the list of outages is an error of its own; the record beside it is kept."""
    reading = read_text(json.dumps(["GCKey is down", RECORD]), "outages.json")

    assert (1, [1]) == (len(reading.outages), [p.row for p in reading.problems if p.code == "outage_not_a_record"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("outages.csv", b"name,email\nx,y\n"),
        ("outages.csv", b""),
        ("outages.csv", b"began_at\x00,services\n"),
        ("outages.xlsx", b"PK\x03\x04 not a workbook"),
        ("outages.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("outages.json", b"{"),
        ("outages.json", b'{"incidents": []}'),
        ("outages.json", b"[" * 100_000),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(read_text, name, content):
    """The error names the file and never passes for an empty record."""
    with pytest.raises(OutageFileError, match=rf"^{name}: \w"):
        read_text(content, name)


def test_a_missing_file_says_so(tmp_path):
    """A name that does not exist is an error, not a quiet week."""
    with pytest.raises(OutageFileError, match=r"^none.csv: there is no such file in "):
        read_outages(tmp_path / "none.csv", {})


@pytest.mark.parametrize(("name", "content"), [("o.csv", "services,began_at\n"), ("o.json", "[]")])
def test_a_table_without_rows_is_an_empty_record(read_text, name, content):
    """A header and nothing under it is a quiet week, in the right shape."""
    assert 0 == len(require(read_text(content, name).outages, OUTAGES))


def test_every_message_is_complete_in_both_languages(read):
    """The sentences of the problems met in a bad file have all they need."""
    reading = read(
        {"outage_id": "", "kind": "x", "services": "y", "source_url": "z", "ended_at": "w"}, {"began_at": ""}, {}, {}
    )

    assert all("{" not in p.message(language) for p in reading.problems for language in ("en", "fr"))
    assert {code for code in problem_sentences() if code.startswith("outage_")} >= codes(reading)


def test_ten_thousand_records_are_all_there(read):
    """The whole-column road gives one outage for each of many records."""
    rows = [{"outage_id": f"o{n:05d}", "began_at": "2026-09-01 00:00"} for n in range(10_000)]

    assert 10_000 == len(read(*rows).outages)


def window(reading):
    return tuple(only(reading)[name] for name in ("began_at", "ended_at"))


@pytest.mark.parametrize(
    ("began", "ended", "instants"),
    [
        ("Start (UTC)", "End (UTC)", ("05:30", "09:00")),
        ("Début (UTC)", "Fin (heure de l'Est)", ("05:30", "13:00")),
        ("Start time (ET)", "End time (Eastern time)", ("09:30", "13:00")),
        ("start_utc", "end_utc", ("05:30", "09:00")),
        ("Start [PT]", "End - Pacific time", ("12:30", "16:00")),
        ("Début (HP)", "Fin (heure du Pacifique)", ("12:30", "16:00")),
        ("Start (UTC-5)", "End (GMT −03:30)", ("10:30", "12:30")),
        ("Start (required)", "End (yyyy-mm-dd hh:mm)", ("09:30", "13:00")),
        ("Start (24h) (UTC)", "End (24h) (UTC)", ("05:30", "09:00")),
        ("Started at", "Ends at", ("09:30", "13:00")),
    ],
)
def test_a_heading_gives_its_zone_to_its_cells(read_text, began, ended, instants):
    """In brackets or behind the name; without one the clock is Ottawa's."""
    table = f"services;{began};{ended};status\ngckey;2026-09-08 05:30;2026-09-08 09:00;resolved\n"
    reading = read_text(table)

    assert tuple(utc(f"2026-09-08T{at}") for at in instants) == window(reading)
    assert not {code for code in codes(reading) if "clock" in code or "unused" in code}


def test_an_offset_in_the_cell_goes_before_the_zone_of_the_heading(read_text):
    """Whatever the heading says: the cell knows better."""
    cells = "2026-09-08T05:30-04:00,2026-09-08T11:00Z"

    assert (utc("2026-09-08T09:30"), utc("2026-09-08T11:00")) == window(
        read_text(f"services,Start (UTC),End (PT)\ngckey,{cells}\n")
    )


@pytest.mark.parametrize("heading", ["Time zone", "tz", "Fuseau horaire"])
def test_a_column_of_zones_gives_each_row_its_clock(read_text, heading):
    """An empty cell is Ottawa's; an offset goes before it; a record in a zone that nobody knows is refused."""
    rows = [("UTC", "2026-01-05 10:00"), ("UTC-8", "2026-01-06 10:00"), ("", "2026-01-07 10:00")]
    rows += [("ET", "2026-01-08T10:00Z"), ("CET", "2026-01-09 10:00")]
    lines = [f"gckey,{began},{zone}" for zone, began in rows]
    reading = read_text("\n".join([f"services,began_at,{heading}", *lines]))

    assert ["05 10:00", "06 18:00", "07 15:00", "08 10:00"] == [f"{at:%d %H:%M}" for at in reading.outages["began_at"]]
    assert {"outage_began_unreadable"} == {p.code for p in reading.problems if p.severity == "error"}


def test_a_zone_that_nobody_knows_is_told_and_never_guessed(read_text):
    """A time without an offset is not read; one with an offset is."""
    reading = read_text(
        "services,Start (Mars time),End (Mars time)\n"
        "gckey,2026-09-08 05:30,2026-09-08 09:00\ngckey,2026-09-08T05:30Z,2026-09-08 09:00\n"
    )
    told = [p.message("en") for p in reading.problems if p.code == "outage_clock_unknown"]

    assert (2, True) == (len(told), all("Mars time" in text and "Write UTC" in text for text in told))
    assert (utc("2026-09-08T05:30"), True) == (window(reading)[0], pd.isna(window(reading)[1]))
    assert {"outage_began_unreadable", "outage_end_unreadable"} <= codes(reading)


@pytest.mark.parametrize(
    ("began", "ended", "instants"),
    [
        ("Start", "End (UTC)", ("05:30", "09:00")),
        ("Start (UTC)", "End", ("05:30", "13:00")),
        ("Start", "End (PT)", ("09:30", "16:00")),
        ("Start (PT)", "End", ("12:30", "16:00")),
    ],
)
def test_a_zone_at_one_end_alone_is_told(read_text, began, ended, instants):
    """The other end is read on the clock that loses no down time."""
    reading = read_text(f"services,{began},{ended}\ngckey,2026-09-08 05:30,2026-09-08 09:00\n")

    assert tuple(utc(f"2026-09-08T{at}") for at in instants) == window(reading)
    assert "outage_clock_of_one" in codes(reading)


@pytest.mark.parametrize("label", ["EST", "EDT", "HNE", "HAE"])
def test_standard_time_in_a_heading_is_the_clock_of_the_place_and_told(read_text, label):
    """Nobody goes by standard time in September; who does, says UTC-5."""
    reading = read_text(f"services,Start ({label}),End ({label})\ngckey,2026-09-08 05:30,2026-09-08 09:00\n")

    assert (utc("2026-09-08T09:30"), utc("2026-09-08T13:00")) == window(reading)
    assert "outage_clock_one_form" in codes(reading)


def test_a_day_under_a_zone_is_the_day_of_that_zone(read_text):
    """A bare date is the whole day on the clock of its heading."""
    reading = read_text("services,Start (UTC),End (UTC)\ngckey,2026-09-08,2026-09-08\n")

    assert (utc("2026-09-08T00:00"), utc("2026-09-09T00:00")) == window(reading)
    assert "outage_bare_date_elsewhere" in codes(reading)


def test_an_hour_that_comes_twice_under_a_zone_loses_no_down_time(read_text):
    """The clocks of Halifax go back too."""
    reading = read_text("services,Start (AT),End (AT)\ngckey,2026-11-01 01:30,2026-11-01 01:30\n")

    assert (utc("2026-11-01T04:30"), utc("2026-11-01T05:30")) == window(reading)
    assert "outage_hour_twice_elsewhere" in codes(reading)


def test_a_heading_that_says_something_else_is_not_taken_for_an_end(read_text):
    """`End (estimated)` is no zone, and no end."""
    reading = read_text("services,Start,End (estimated)\ngckey,2026-09-08 05:30,2026-09-08 09:00\n")

    assert (True, True) == (pd.isna(window(reading)[1]), "outage_column_unused" in codes(reading))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_table_parted_by_bars_is_read(read_text, order):
    """As one parted by commas is."""
    rows = ["gckey|2026-09-08 05:30|2026-09-08 09:00|a; b", "ircc_portal|2026-09-09|||"]
    reading = read_text("\n".join(["services|Start (UTC)|End (UTC)|note", *[rows[n] for n in order]]))
    first = reading.outages.set_index("services").loc["gckey"]

    assert (2, utc("2026-09-08T05:30"), "a; b") == (len(reading.outages), first["began_at"], first["note"])


def test_prose_with_bars_is_no_table_of_bars():
    """A page's crumbs, or a table as people draw it in a text, are left to who reads notices."""
    drawn = "Planned work\n| Service | Start | End |\n|---|---|---|\n| GCKey | 2026-09-08 05:30 | 2026-09-08 09:00 |\n"

    assert (",", ";", "\t") == separators(drawn)


def test_a_banner_above_a_table_of_bars_is_no_obstacle(read_text):
    """Its rows were read as a notice, each instant as an outage of its own without an end."""
    reading = read_text("Outages of the office\nservices|Start|End\ngckey|2026-09-08 05:30Z|2026-09-08 09:00Z\n")

    assert (utc("2026-09-08T05:30"), utc("2026-09-08T09:00")) == window(reading)


@pytest.mark.parametrize(
    "rows",
    [
        "services,Date,Start,End\ngckey,2026-09-08,22:00,1:30",
        "services,Date,Start time,End time\ngckey,2026-09-08,10 PM,1:30 a.m.",
        "services,Start date,Start time,End date,End time\ngckey,2026-09-08,22:00:00,2026-09-09,01:30:00",
        "services;Date de début;Heure de début;Date de fin;Heure de fin;Type\n"
        "gckey;2026-09-08;22 h;2026-09-09;1 h 30;Panne",
        "services,Start,Duration,kind\ngckey,2026-09-08 22:00,3.5 h,planned",
        "services,Start,End,Duration (min),kind\ngckey,2026-09-08 22:00,,210,planned",
        "Date,Time,services,Start,End\n2026-09-09,08:15,gckey,2026-09-08 22:00,2026-09-09 01:30",
        "services,Outage start,Restored\ngckey,2026-09-08 22:00,2026-09-09 01:30",
        '[{"service": ["gckey"], "start": "2026-09-08 22:00", "end": null, "duration_min": 210, "kind": "planned"}]',
    ],
)
def test_an_office_may_part_a_day_from_its_hours_or_say_how_long(read_text, rows):
    """Its rows were refused, or had no end, or a whole day."""
    reading = read_text(rows, "outages.json" if rows[0] == "[" else "outages.csv")

    assert (utc("2026-09-09T02:00"), utc("2026-09-09T05:30")) == window(reading)
    assert not {"outage_column_unused", "outage_header_twice"} & {*codes(reading)}


def test_a_column_of_yes_and_no_is_no_end(read_text):
    """Where another one has the instants."""
    reading = read_text("services,Start,Resolved,End\ngckey,2026-09-08 22:00,yes,2026-09-09 01:30\n")

    assert (utc("2026-09-09T02:00"), utc("2026-09-09T05:30")) == window(reading)


def test_a_length_of_what_goes_on_is_no_end(read_text):
    """It says how long so far; one that cannot be read, or without a unit, is told."""
    rows = "id,services,Start,Status,Duration,kind\n"
    rows += "a,gckey,2026-09-08 22:00,Ongoing,2 h,\nb,gckey,2026-09-08 22:00,,a while,\nc,gckey,2026-09-08 22:00,,90,\n"
    reading = read_text(rows)

    assert [True, True, False] == reading.outages.sort_values("outage_id")["ended_at"].isna().tolist()
    assert {"source_length_unreadable", "source_unit_assumed"} <= {*codes(reading)}


@pytest.mark.parametrize(
    "row", ["x,e.g. gckey,", "EXAMPLE,gckey,", "x,gckey,Example - delete this row", "x,p. ex. gckey,", "ex. 1,gckey,"]
)
def test_a_row_that_shows_how_to_fill_in_is_no_outage(read_text, row):
    """It counted, or waited as an unknown service."""
    reading = read_text(f"id,services,note,start\n{row},2026-09-08 05:30\ny,gckey,for example e.g. this,2026-09-08\n")

    assert (["y"], True) == (reading.outages["outage_id"].tolist(), "outage_example" in codes(reading))


def test_services_joined_in_one_cell_are_each_down(read_text):
    """Where each part is one; two names that nobody knows are two outages, and both are told."""
    names = ["gckey & IRCC Portal", "gckey + IRCC Portal", "gckey and IRCC Portal", "CLE GC / Portail d'IRCC"]
    joined = read_text("services,start\n" + "".join(f"{name},2026-09-08 05:30\n" for name in names))
    odd = read_text("services,start\nPayroll & HR,2026-09-08 05:30\nthe intranet,2026-09-08 05:30\n")

    assert (["gckey;ircc_portal"], 2) == (joined.outages["services"].tolist(), len(odd.outages))


def test_a_cell_merged_over_rows_holds_for_each(tmp_path):
    """The second row had no service."""
    book = openpyxl.Workbook()
    for row in (["Services", "Start"], ["gckey", "2026-09-08 05:30"], [None, "2026-09-09 05:30"], [None, "2026-09-10"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "outages.xlsx")
    outages = read_outages(tmp_path / "outages.xlsx", {"gckey": "gckey"}).outages

    assert ["gckey", "gckey", "unspecified"] == outages["services"].tolist()
