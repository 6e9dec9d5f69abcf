"""What kind of source a file is, told from its content; and what is no source at all."""

import base64
import json
import string
from itertools import permutations

import msgspec
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reporter.errors import OutageFileError, SettingsError
from reporter.model.published_record import FORMAT, LedgerRow, PublicFacts, PublicRecord, sealed, written
from reporter.model.shapes import OUTAGES, require
from reporter.outages.door import ADAPTERS, KINDS, read_document, source_kind
from reporter.outages.source import OutageReading, SourceDocument, longest_first, mentioned_services, merge_readings
from reporter.text.catalogue import problem_sentences
from reporter.text.formats import fold_name

NAMES = {"gckey": "gckey", "ircc portal": "ircc_portal"}
WHEN = "2026-01-05T10:00:00Z"
CONTENTS = {
    "statuspage": json.dumps({"page": {}, "incidents": [{"id": "a", "status": "investigating", "created_at": WHEN}]}),
    "feed": (
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>"
        f"<entry><id>a/1</id><published>{WHEN}</published><title>GCKey</title></entry></feed>"
    ),
    "upptime-issues": json.dumps([{"number": 1, "title": "GCKey is down", "labels": ["status"], "created_at": WHEN}]),
    "upptime-summary": json.dumps([{"slug": "gckey", "uptime": "99%", "dailyMinutesDown": {"2026-01-05": 3}}]),
    "upptime-history": f"url: https://x.example\nstatus: down\nlastUpdated: {WHEN}\n",
    "ical": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "mapped": f"Down at,Note\n{WHEN},x\n",
    "pairs": f"{WHEN},\n",
    "table": f"services,began_at,kind\ngckey,{WHEN},unplanned\n",
    "monitor": f"Monitor,State,At\nGCKey,down,{WHEN}\n",
    "web-table": f"<html><table><tr><th>System<th>From</tr><tr><td>GCKey<td>{WHEN}</table></html>",
    "notice": "<html><p>GCKey will be unavailable on January 5, 2026, from 5 a.m. to 6 a.m. Eastern time.</p></html>",
    "mail": (
        "From: a@example.org\nTo: b@example.org\nSubject: x\nDate: Mon, 05 Jan 2026 08:00:00 -0500\n\n"
        "GCKey will be unavailable on January 5, 2026, from 5 a.m. to 6 a.m. Eastern time.\n"
    ),
    "cachet": json.dumps({"data": [{"id": 1, "name": "GCKey", "status": 4, "occurred_at": "2026-01-05 10:00:00"}]}),
    "better-stack": json.dumps(
        {"data": [{"id": "1", "type": "incident", "attributes": {"name": "GCKey", "started_at": WHEN}}]}
    ),
    "statusio": json.dumps(
        {"result": {"status_overall": {}, "incidents": [{"_id": "1", "name": "GCKey", "datetime_open": WHEN}]}}
    ),
    "instatus": json.dumps({"page": {"status": "HASISSUES"}, "activeIncidents": [{"name": "GCKey", "started": WHEN}]}),
    "incidentio": json.dumps({"ongoing_incidents": [{"id": "1", "name": "GCKey", "last_update_at": WHEN}]}),
    "google-cloud": json.dumps([{"id": "1", "begin": WHEN, "external_desc": "GCKey", "status_impact": "X"}]),
}
SIGNED = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = "ed25519:" + base64.b64encode(SIGNED.public_key().public_bytes_raw()).decode()
FACTS = PublicFacts(
    "a", ("gckey",), WHEN, "", "minute", "unplanned", "official", "ongoing", "", "https://x.example", ""
)
RECORD = PublicRecord(
    FORMAT, "abc", "Office", KEY, False, "", LedgerRow(1, "x"), {}, sealed("abc", [("added", WHEN, FACTS)])
)
CONTENTS["record"] = written(
    msgspec.structs.replace(RECORD, signature=base64.b64encode(SIGNED.sign(written(RECORD))).decode())
).decode()
COLUMNS = {"mapped": {"began_at": "Down at"}}
AS_OF = pd.Timestamp("2026-01-06T00:00Z")


def read(content, *, kind="", components=None, columns=None, services="", as_of=AS_OF):
    """A document with that content and a name that says nothing, read."""
    raw = content if isinstance(content, bytes) else content.encode()
    return read_document(
        SourceDocument("source.txt", raw, NAMES, components or {}, columns or {}, services, as_of, key=KEY), kind
    )


def test_every_kind_has_a_sample_here():
    """A new adapter brings its sample."""
    assert sorted(KINDS) == sorted(CONTENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_told_from_its_content(kind):
    """Whatever the file is called."""
    assert kind == source_kind(
        SourceDocument("source.txt", CONTENTS[kind].encode(), NAMES, columns=COLUMNS.get(kind, {}), as_of=AS_OF)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_shape(kind):
    """OUTAGES with the outage of the sample, and the digest of its bytes."""
    reading = read(CONTENTS[kind], columns=COLUMNS.get(kind))

    require(reading.outages, OUTAGES)
    assert (["2026-01-05"], 64) == (reading.outages["began_at"].dt.strftime("%Y-%m-%d").to_list(), len(reading.sha256))


@pytest.mark.parametrize("kind", KINDS)
def test_reading_twice_gives_the_same(kind):
    """Same bytes, same outages, same problems: an import of the same file can add nothing."""
    first, again = (read(CONTENTS[kind], columns=COLUMNS.get(kind)) for _ in range(2))

    pd.testing.assert_frame_equal(first.outages, again.outages)
    assert (first.problems, first.sha256) == (again.problems, again.sha256)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_of_the_byte_order_is_no_obstacle(kind):
    """Some programs put one before the text."""
    assert 1 == len(read(b"\xef\xbb\xbf" + CONTENTS[kind].encode(), columns=COLUMNS.get(kind)).outages)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "notice"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in to Wi-Fi</body></html>", "web page"),
        (b"\n<html><head></head></html>", "web page"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html xmlns='y'></html>", "web page"),
    ],
)
def test_a_page_that_stands_in_front_is_never_an_empty_source(kind, content, words):
    """A captive portal answers with a page, whatever was asked for, also when the kind is stated."""
    with pytest.raises(OutageFileError, match=rf"^source\.txt: ({words}|)"):
        read(content, kind=kind, columns=COLUMNS.get(kind))
    with pytest.raises(OutageFileError, match=rf"^source\.txt: .*{words}"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"[]",
        b"{}",
        b'{"message": "Not Found"}',
        b"3",
        b"\x00\x01\x02",
        b"name,email\nx,y\n",
        b"<?xml version='1.0'?><note/>",
    ],
)
def test_what_is_of_no_kind_is_refused_in_words(content):
    """The kinds are named, so that the caller can say which it is."""
    with pytest.raises(OutageFileError, match=r"^source\.txt: is of no kind .*statuspage"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [b'{"outages": []}', b"services,began_at,ended_at\ngckey,2026-01-05,2026-01-06\n", b"PK\x03\x04\x00\x00"],
)
def test_the_offices_own_table_is_a_kind_like_the_others(content):
    """The same door reads it."""
    assert "table" == source_kind(SourceDocument("outages", content, NAMES))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "notice"])
def test_a_stated_kind_that_does_not_fit_is_refused(kind):
    """Read as what it is not, a document is an error, never an empty reading."""
    with pytest.raises(OutageFileError, match=r"^source\.txt: "):
        read(b'{"a": 1}', kind=kind, columns=COLUMNS.get(kind))


def test_an_unknown_kind_is_refused():
    """With the kinds there are."""
    with pytest.raises(SettingsError, match=r"`carrier-pigeon` is not a kind of source; use .*ical"):
        read("x", kind="carrier-pigeon")


@pytest.mark.parametrize("services", ["gckye", ""])
def test_a_component_mapped_to_no_service_is_a_fault_of_the_settings(services):
    """A slip in the mapping must not hide an outage."""
    with pytest.raises(SettingsError, match=r"^components\.Login: "):
        read(CONTENTS["pairs"], components={"Login": services})


def test_services_that_do_not_exist_are_a_fault_of_the_settings():
    """Stated for a whole source, a slip would turn all its outages into those of no known service."""
    with pytest.raises(SettingsError, match=r"^services: "):
        read(CONTENTS["pairs"], services="gckye")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "record"])  # it cannot be changed
def test_the_services_stated_stand_where_a_source_names_none_that_is_known(kind):
    """On every kind; what the source calls its parts is kept in the note."""
    reading = read(CONTENTS[kind].replace("GCKey", "Door").replace("gckey", "door"), services="ircc_portal",
                   columns=COLUMNS.get(kind))  # fmt: skip

    assert {"ircc_portal"} == {*reading.outages["services"]} - {"unspecified"} or kind in ("table", "notice", "mail")


@pytest.mark.parametrize("adapter", ADAPTERS, ids=KINDS)
def test_a_column_mapping_is_followed_or_refused(adapter):
    """An option that is not followed is an error, never nothing."""
    columns = {"began_at": "No such heading"}
    with pytest.raises(OutageFileError, match=r"^source\.txt: "):
        read(CONTENTS[adapter.kind], kind=adapter.kind, columns=columns)


@pytest.mark.parametrize("order", list(permutations(["pairs", "ical", "statuspage"])))
def test_the_order_of_sources_does_not_matter(order):
    """Gathered, the outages are the same whatever was read first."""
    whole = merge_readings([read(CONTENTS[kind]) for kind in order])

    assert ["ical:a", "statuspage:a"] == sorted(i for i in whole.outages["outage_id"] if ":" in i)
    assert (3, True) == (len(whole.outages), bool(whole.outages["began_at"].is_monotonic_increasing))


def test_gathering_keeps_what_the_sources_saw():
    """States and unknown components of all readings."""
    whole = merge_readings([read(CONTENTS["upptime-history"]), read(CONTENTS["upptime-summary"])])

    assert (1, {"upptime:source.txt@2026-01-05T10:00:00Z"}) == (len(whole.states), set(whole.unspecified))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("GCKey: slow", "gckey"),
        ("IRCC Portal (new version)", "portal_new"),
        ("The IRCC Portal and GCKey", "ircc_portal;gckey"),
        ("Gckeyring", ""),
        ("EN", ""),
        ("unspecified", ""),
        ("IRCC Portal not affected by the outage of GCKey", "gckey"),
    ],
)
def test_a_title_names_a_service_by_whole_words(title, expected):
    """The longer name before the shorter inside it, in the order of the title, and no name of two letters."""
    known = {"gckey": "gckey", "ircc portal": "ircc_portal", "ircc portal new version": "portal_new", "en": "x"}

    assert expected == mentioned_services(title, longest_first(known | {"unspecified": "unspecified"}))


UNTIL = "2026-01-05T12:00:00Z"
WORK = {"id": "1", "name": "GCKey"}
IN_LISTS = {
    "instatus": {"activeMaintenances": [WORK | {"status": "INPROGRESS", "start": WHEN, "duration": "120"}]},
    "incidentio": {
        "ongoing_incidents": [],
        "in_progress_maintenances": [WORK | {"starts_at": WHEN, "ends_at": UNTIL}],
    },
    "statusio": {
        "result": {
            "status_overall": {},
            "incidents": [],
            "maintenance": {"active": [WORK | {"datetime_planned_start": WHEN, "datetime_planned_end": UNTIL}]},
        }
    },
}


@pytest.mark.parametrize("form", IN_LISTS)
def test_work_that_a_page_lists_as_under_way_behind_its_end_overran(form):
    """Its end is not known; the announced one told the run that it was over."""
    outages = [read(json.dumps(IN_LISTS[form]), as_of=pd.Timestamp(f"2026-01-05T{at}Z")).outages for at in (11, 13)]

    assert [[UNTIL], []] == [one["ended_at"].dropna().dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list() for one in outages]


@pytest.mark.parametrize("code", [code for code in problem_sentences() if code.startswith("source_")])
def test_both_languages_of_a_message_ask_for_the_same(code):
    """English and French have the same placeholders, and French its no-break spaces."""
    entry = problem_sentences()[code]
    wanted = [{name for _, name, _, _ in string.Formatter().parse(entry[language])} for language in ("en", "fr")]

    assert wanted[0] == wanted[1]
    assert not any(f" {sign}" in entry["fr"] for sign in ";:!?»")


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_can_be_said(kind):
    """The problems of each sample have all their sentences need."""
    problems = read(CONTENTS[kind], columns=COLUMNS.get(kind)).problems

    assert all("{" not in problem.message(language) for problem in problems for language in ("en", "fr"))


@pytest.mark.parametrize("written", ["Clé GC", "cle-gc", "CLE_GC", "  clé   gc ", "Cle\u0301 GC", "clé gc"])
def test_case_accents_and_punctuation_do_not_matter(written):
    """A name is the same however it is accented, cased or joined."""
    assert "cle gc" == fold_name(written)


def test_a_ligature_is_its_two_letters():
    """`Main-d'œuvre` and `main d'oeuvre` are one name."""
    assert fold_name("main d'oeuvre") == fold_name("Main-d’Œuvre")


def test_different_names_stay_different():
    """The new portal is not the portal."""
    assert fold_name("IRCC portal") != fold_name("IRCC portal - New version")


def ids(reading):
    return reading.outages["outage_id"].to_list()


@pytest.mark.parametrize("order", list(permutations(["a", "b", "c"])))
def test_the_order_of_files_does_not_matter(read, order):
    """Whatever the order of files, the outages come by beginning, then by id."""
    readings = [read({"outage_id": name}, name=name) for name in order]

    assert ["a", "b", "c"] == ids(merge_readings(readings))


def test_an_outage_in_two_files_counts_once(read):
    """The same content in two files is one outage, with a word."""
    whole = merge_readings([read({}, name="first"), read({}, name="second")])

    assert (["one"], ["outage_same_twice"]) == (ids(whole), [p.code for p in whole.problems])


def test_the_later_file_corrects_the_earlier(read):
    """The same id with another end: the later file is believed, and the warning names both rows."""
    whole = merge_readings([read({}, name="first"), read({"ended_at": "2026-09-01T13:00Z"}, name="second")])
    (problem,) = whole.problems

    assert (["second.csv:2"], ("first.csv", 2, "first.csv:2", "second.csv:2")) == (
        whole.outages["source_row"].to_list(),
        (problem.source, problem.row, problem.details["dropped"], problem.details["kept"]),
    )


def test_the_problems_of_all_files_are_kept(read):
    """Gathering loses no problem."""
    whole = merge_readings(
        [read({"began_at": ""}, name="first"), read({"kind": "x", "outage_id": "two"}, name="second")]
    )

    assert ["outage_began_missing", "outage_word_unknown"] == [p.code for p in whole.problems]


def test_the_record_reaches_as_far_as_its_latest_file():
    """Of several promises of completeness the latest counts; a file without one takes none away."""
    ends = [pd.Timestamp("2026-09-01", tz="UTC"), None, pd.Timestamp("2026-09-08", tz="UTC")]
    whole = merge_readings([OutageReading(OUTAGES.empty(), (), "0", end) for end in ends])

    assert ends[2] == whole.complete_to


def test_no_file_at_all_is_an_empty_record():
    """Nothing gathered has the right shape and promises nothing."""
    whole = merge_readings([])

    assert (0, None) == (len(require(whole.outages, OUTAGES)), whole.complete_to)
