"""The record of outages, as a person and as a program meet it."""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from reporter.cli.outages import outages
from reporter.errors import ReporterError, SettingsError
from reporter.pipeline.upkeep.intake import Offer, take_in
from reporter.pipeline.upkeep.record_outages import OpenLedger
from reporter.rules.load import load_rulebook, service_names
from reporter.store.captures import captures_beside
from reporter.store.database import open_store

NAMES = service_names(load_rulebook(None, None))

HEADERS = ["outage_id", "services", "began_at", "ended_at", "kind", "verification", "status", "source_url", "title"]
ONE = dict(
    zip(
        HEADERS,
        ["one", "gckey", "2026-09-01T10:00Z", "2026-09-01T12:00Z", "unplanned", "press", "resolved",
         "https://example.org/1", "One"],
        strict=True,
    )
)  # fmt: skip
INCIDENT = {
    "id": "abc",
    "name": "Sign-in errors",
    "status": "resolved",
    "impact": "major",
    "started_at": "2026-09-01T10:00:00Z",
    "created_at": "2026-09-01T10:00:00Z",
    "resolved_at": "2026-09-01T12:00:00Z",
    "updated_at": "2026-09-01T12:00:00Z",
    "shortlink": "https://status.example.org/i/abc",
    "components": [{"name": "GCKey"}, {"name": "Dog licences"}],
    "incident_updates": [],
}


@pytest.fixture
def run(tmp_path):
    """`reporter outages …` on a store of its own: the result, or what --json printed."""

    def invoke(*arguments, stdin=None):
        store = [] if "--help" in arguments else ["--store", f"sqlite:///{tmp_path}/reporter.db"]
        result = CliRunner().invoke(outages, [*arguments, *store], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit | ReporterError):
            raise result.exception
        return json.loads(result.stdout) if "--json" in arguments and result.exit_code == 0 else result

    return invoke


@pytest.fixture
def table(tmp_path):
    """An outage file with these rows, each the record ONE with changes."""

    def write(*rows, name="outages.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, HEADERS)
            writer.writeheader()
            writer.writerows(ONE | row for row in rows)
        return str(path)

    return write


@pytest.fixture
def page(tmp_path):
    """A Statuspage document with the incident, changed as told."""

    def write(name="incidents.json", **changes):
        path = tmp_path / name
        incident = INCIDENT | changes
        path.write_text(json.dumps({"page": {"url": "https://status.example.org"}, "incidents": [incident]}))
        return str(path)

    return write


def account(told):
    """What an import did; one that leaves something open exits 4, and prints it all the same."""
    told = told if isinstance(told, dict) else json.loads(told.stdout)
    return tuple(told[name] for name in ("read", "added", "changed", "unchanged", "refused"))


def test_an_import_gives_its_account(run, table):
    """Every record is added, changed, unchanged or refused, and the problems say why."""
    result = run("import", table({}, {"outage_id": "two"}, {"outage_id": "bad", "began_at": ""}), "--json")
    told = json.loads(result.stdout)

    assert ((3, 2, 0, 0, 1), 4) == (account(told), result.exit_code)
    assert "outage_began_missing" in {problem["code"] for problem in told["problems"]}


def test_the_same_import_again_adds_nothing(run, table):
    """Also when a status nobody stated has moved on with the clock in between."""
    path = table(
        {}, {"outage_id": "two", "status": "", "began_at": "2026-09-20T10:00Z", "ended_at": "2026-09-20T12:00Z"}
    )
    run("import", path, "--as-of", "2026-09-09T00:00Z", "--json")
    told = run("import", path, "--as-of", "2026-10-09T00:00Z", "--json")

    assert (2, 0, 0, 2, 0) == account(told)


def test_the_list_has_the_shape_of_the_outage_file(run, table):
    """Its records, and beside them how many versions there were and what maps to no service."""
    run("import", table({"ended_at": "", "status": "ongoing", "services": "GCKey; Dog licences"}), "--json")
    (record,) = run("list", "--json")

    assert {**record, **ONE} | {"ended_at": "", "status": "ongoing", "services": "gckey;unspecified"} == record | {
        "began_at": ONE["began_at"]
    }
    assert ("2026-09-01T10:00:00Z", 1, ["Dog licences"]) == (
        record["began_at"],
        record["versions"],
        record["unspecified_components"],
    )


def test_what_is_listed_can_be_imported_again(run, table, tmp_path):
    """The list is an outage file: it says nothing the ledger does not know."""
    run("import", table({}, {"outage_id": "two", "ended_at": "", "status": "ongoing"}), "--json")
    path = tmp_path / "listed.json"
    path.write_text(json.dumps(run("list", "--json")))

    assert (2, 0, 0, 2, 0) == account(run("import", str(path), "--json"))


def test_the_list_as_it_was_known(run, table):
    """Between two imports the first one counts."""
    run("import", table({}), "--as-of", "2026-09-07T00:00Z", "--json")
    run("import", table({"title": "New"}), "--as-of", "2026-09-08T00:00Z", "--json")
    titles = [
        [record["title"] for record in run("list", "--json", "--as-known", day)]
        for day in ("2026-09-06T00:00Z", "2026-09-07T12:00Z", "2026-09-09T00:00Z")
    ]

    assert [[], ["One"], ["New"]] == titles


def test_entries_of_one_second_are_told_apart(run, table):
    """The clock is read to the microsecond, so what was known in between can be asked for."""
    run("import", table({}), "--json")
    run("import", table({"title": "New"}), "--json")
    first, second = (version["recorded_at"] for version in run("history", "one", "--json"))

    assert first < second
    assert ["One"] == [record["title"] for record in run("list", "--json", "--as-known", first)]


@pytest.mark.parametrize(("language", "expected"), [("en", "not known to have ended"), ("fr", "fin inconnue")])
def test_a_person_reads_the_list_in_either_language(run, table, language, expected):
    """An unknown end and an unverified record say so in words."""
    run("import", table({"ended_at": "", "status": "ongoing", "verification": "unverified"}), "--json")
    shown = run("list", "--lang", language).stdout

    assert (True, True) == (expected in shown, "UNVERIFIED" in shown or "NON VÉRIFIÉE" in shown)


def test_an_empty_record_is_no_all_clear(run):
    """No outage on record and no outage are not the same."""
    assert "does not mean there was none" in run("list").stdout


def test_a_status_page_is_imported_by_its_content(run, page):
    """Its components become services; the one nobody knows is listed."""
    told = run("import", page(), "--json")
    (record,) = run("list", "--json")

    assert (1, 1, 0, 0, 0) == account(told)
    assert ("gckey;unspecified", ["Dog licences"]) == (record["services"], record["unspecified_components"])


def test_a_component_is_mapped_by_hand(run, page):
    """What the source's word means can be said on the command line."""
    run("import", page(), "--component", "Dog licences=epay", "--json")

    assert ["gckey;epay"] == [record["services"] for record in run("list", "--json")]


def test_an_edited_status_page_adds_a_version(run, page):
    """Reopened and closed again later: three versions of one incident."""
    run("import", page(), "--json")
    run("import", page(status="investigating", resolved_at=None), "--json")
    told = run("import", page(resolved_at="2026-09-01T15:00:00Z"), "--json")
    (record,) = run("list", "--json")

    assert ((1, 0, 1, 0, 0), 3, "2026-09-01T15:00:00Z") == (account(told), record["versions"], record["ended_at"])
    assert ["added", "reopened", "amended"] == [v["action"] for v in run("history", record["outage_id"], "--json")]


def test_one_unusable_file_costs_the_others_nothing(run, table, tmp_path):
    """The good one is on record; the other is named on stderr, and the exit says so."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"incidents": [')
    result = run("import", str(bad), table({}))

    assert (4, 1) == (result.exit_code, len(run("list", "--json")))
    assert "bad.json" in result.stderr


def test_the_capture_of_an_import_is_kept(run, table, tmp_path):
    """Beside the database, under its SHA-256, which the version names."""
    path = table({})
    run("import", path, "--json")
    sha256 = run("show", "one", "--json")["captured_sha256"]

    assert (tmp_path / "outages.csv").read_bytes() == (tmp_path / "captures" / sha256).read_bytes()


def test_an_outage_is_added_with_a_few_flags(run):
    """A service and a beginning are enough; without a source it is unverified, and says so."""
    result = run("add", "--services", "GCKey", "--began", "2026-09-08 00:00", "--title", "Down")
    (record,) = run("list", "--json")

    assert ("gckey", "2026-09-08T04:00:00Z", "", "unverified") == (
        record["services"],
        record["began_at"],
        record["ended_at"],
        record["verification"],
    )
    assert "unverified" in result.stderr


def test_an_outage_with_its_source_is_as_good_as_the_source(run):
    """An official notice with its address makes an official record."""
    run("add", "--services", "gckey", "--began", "2026-09-08", "--source-kind", "official_notice", "--source-url",
        "https://www.canada.ca/x", "--source-lang", "fr", "--raw", "en panne")  # fmt: skip
    (record,) = run("list", "--json")
    shown = run("show", record["outage_id"], "--json")

    assert ("official", "official_notice", "fr", "en panne") == (
        record["verification"],
        shown["source_kind"],
        shown["source_language"],
        shown["raw_text"],
    )


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--services", "gckey"], 2),
        (["--began", "2026-09-08"], 2),
        (["--services", "gckey", "--began", "yesterday"], 4),
        (["--services", "gckey", "--began", "2026-09-08", "--ended", "2026-09-06"], 4),
    ],
)
def test_what_is_missing_or_wrong_is_refused(run, flags, code):
    """Off a terminal nothing is asked; nothing is put on record."""
    result = run("add", *flags)

    assert code == getattr(result.exception, "exit_code", result.exit_code)
    assert [] == run("list", "--json")


def test_an_outage_is_not_added_twice(run):
    """The same id again is an amendment, and has to be called one."""
    add = ("add", "--id", "one", "--services", "gckey", "--began", "2026-09-08")
    run(*add)
    result = run(*add)

    assert ("amend" in str(result.exception), 1) == (True, run("list", "--json")[0]["versions"])


def test_an_end_is_written_afterwards(run):
    """The status follows the end, and the first version is still there."""
    run("add", "--id", "one", "--services", "gckey", "--began", "2026-09-08T00:00Z")
    run("amend", "one", "--ended", "2026-09-08T06:00Z")
    versions = run("history", "one", "--json")

    assert [("", "ongoing"), ("2026-09-08T06:00:00.000000Z", "resolved")] == [
        (version["ended_at"], version["status"]) for version in versions
    ]


def test_an_amendment_leaves_what_it_does_not_name(run):
    """Another title leaves a whole day a whole day; a new source lifts an unverified record."""
    run("add", "--id", "one", "--services", "gckey", "--began", "2026-09-08")
    run("amend", "one", "--title", "New", "--source-kind", "press", "--source-url", "https://example.org/p")
    (record,) = run("list", "--json")

    assert ("day", "press", "New") == (record["precision"], record["verification"], record["title"])


def test_a_withdrawal_needs_its_reason(run, table):
    """Off a terminal it is a fault of usage, and the outage stays."""
    run("import", table({}), "--json")

    assert (2, 1) == (run("withdraw", "one").exit_code, len(run("list", "--json")))


def test_an_outage_is_reopened(run, table):
    """Its end is taken away again, as a version that says so."""
    run("import", table({}), "--json")
    run("amend", "one", "--reopen")

    assert ["added", "reopened"] == [version["action"] for version in run("history", "one", "--json")]


def test_what_the_department_granted_is_written_beside_it(run, table):
    """With its scope and its source; the facts stay."""
    run("import", table({}), "--json")
    run("amend", "one", "--relief", "extension", "--relief-until", "2026-09-20", "--relief-scope", "study permits")
    shown = run("show", "one", "--json")

    assert ("extension", "2026-09-20", "study permits", "press") == (
        shown["relief"]["kind"],
        shown["relief"]["until_on"],
        shown["relief"]["scope"],
        shown["verification"],
    )


def test_outages_are_withdrawn_and_merged(run, table):
    """They leave the list, and their history says why."""
    run("import", table({}, {"outage_id": "two"}, {"outage_id": "three"}), "--json")
    run("withdraw", "two", "--reason", "a drill")
    run("merge", "three", "one")

    assert ["one"] == [record["outage_id"] for record in run("list", "--json")]
    assert ("a drill", "one") == (
        run("history", "two", "--json")[-1]["note"],
        run("history", "three", "--json")[-1]["merged_into"],
    )


@pytest.mark.parametrize("command", [["show"], ["history"], ["amend", "--title", "x"], ["withdraw", "--reason", "x"]])
def test_an_outage_that_is_not_there_is_told(run, command):
    """By its id, with exit 4."""
    result = run(command[0], "none", *command[1:])

    assert (4, True) == (result.exception.exit_code, "none" in str(result.exception))


def test_the_ledger_is_verified(run, table, tmp_path):
    """Whole, it exits 0; with a captured file changed, 9."""
    run("import", table({}), "--json")
    whole = run("verify", "--json")
    (capture,) = (path for path in (tmp_path / "captures").iterdir() if len(path.name) == 64)
    capture.write_text("all was well")
    result = run("verify", "--json")

    assert ([], [], 9) == (whole["faults"], whole["captures_lost"], result.exit_code)


def test_sources_say_how_old_they_are(run, table):
    """Nobody looked is told as such; then the age of the look."""
    before = run("sources").stdout
    run("import", table({}), "--as-of", "2026-09-07T00:00Z", "--json")
    (source,) = run("sources", "--as-of", "2026-09-09T00:00Z", "--json")

    assert ("Nobody" in before, "outages.csv", 2.0) == (True, source["source"], source["age_days"])


def test_what_a_person_reads_is_on_the_offices_clock(run, table):
    """`history`, `sources`, `lint` and `pending` printed instants as programs write them."""
    run("import", table({"ended_at": ""}, {"outage_id": "odd", "services": "intranet"}), "--as-of", "2026-09-07T00:00Z")
    run("amend", "one", "--ended", "2026-09-08T12:00Z", "--as-of", "2026-09-08T13:00Z")
    asked = (("history", "one"), ("sources",), ("lint", "--as-of", "2026-09-09T00:00Z"), ("pending",))
    told = {words[0]: run(*words).stdout.replace("\u00a0", " ") for words in asked}

    assert not [words for words, text in told.items() if re.search(r"\dT\d\d:\d\d", text)]
    assert "Sep 6, 2026, 20:00 Ottawa time" in told["sources"]
    assert "– → Sep 8, 2026, 08:00 Ottawa time" in told["history"]


NOTICE = (
    "This online service will be unavailable from 12:00 a.m. to 5:30 a.m. Eastern time, on Tuesday, September 8, 2026, "
    "in order to perform system maintenance."
)
WHERE = "https://www.canada.ca/en/immigration-refugees-citizenship/services/visit-canada/eta.html"


def test_a_notice_is_drafted_and_put_on_record_with_yes(run):
    """Its window, and its words as they stood."""
    told = run("notice", "-", "--page", WHERE, "--yes", "--as-of", "2026-09-01T12:00Z", "--json", stdin=NOTICE)
    (record,) = run("list", "--json")

    assert ("2026-09-08T04:00:00Z", "2026-09-08T09:30:00Z", True) == (
        record["began_at"],
        record["ended_at"],
        told["recorded"],
    )
    assert "system maintenance" in run("show", record["outage_id"], "--json")["raw_text"]


def test_a_draft_is_shown_as_whoever_compares_it_reads_the_notice(run):
    """On Ottawa's clock, which is that of the notices, and in words; what became of it is counted in French."""
    given = ("notice", "-", "--page", WHERE, "--yes", "--as-of", "2026-09-01T12:00Z", "--lang", "fr")
    told = run(*given, stdin=NOTICE).output.replace("\u00a0", " ")

    assert "Début : 8 sept. 2026 à 0 h, heure d’Ottawa\n" in told
    assert "Nature : prévue\n" in told
    assert "1 lue = 1 ajoutée + 0 modifiée + 0 inchangée + 0 refusée\n" in told


def test_a_notice_is_not_put_on_record_by_itself(run):
    """Without --yes, and nobody to ask, it stays a draft."""
    told = run("notice", "-", "--page", WHERE, "--as-of", "2026-09-01T12:00Z", "--json", stdin=NOTICE)

    assert (1, False, []) == (len(told["outages"]), told["recorded"], run("list", "--json"))


def test_a_draft_is_put_right_as_it_is_confirmed(run, tmp_path):
    """Services, beginning and end as on the page; what the source said stays, and a correction is of one item."""
    (tmp_path / "n.txt").write_text(NOTICE, "utf-8")
    store = open_store(f"sqlite:///{tmp_path}/reporter.db")
    offer = Offer("n.txt", NOTICE.encode())
    take_in(
        OpenLedger(store, captures_beside(store, tmp_path), NAMES),
        offer,
        at=pd.Timestamp("2026-09-01T12:00Z").as_unit("us"),
    )
    store.close()
    (item,) = run("pending", "--json")
    right = ["--services", "gckey", "--began", "2026-09-08T01:00", "--ended", "2026-09-08T06:00-04:00"]
    twice = run("pending", "confirm", item["item_id"], "other", *right)
    run("pending", "confirm", item["item_id"], *right, "--who", "Jo Example", "--as-of", "2026-09-01T13:00Z")
    (record,) = run("list", "--json")

    assert 2 == twice.exit_code
    assert ("gckey", "2026-09-08T05:00:00Z", "2026-09-08T10:00:00Z") == (
        record["services"] if isinstance(record["services"], str) else ";".join(record["services"]),
        record["began_at"],
        record["ended_at"],
    )
    assert [] == run("pending", "--json")


def test_a_text_that_is_no_notice_is_refused(run):
    """With the reason, and exit 4; a program is told by the same names as of one that is put on record."""
    result = run("notice", "-", "--json", stdin="The site could be down for several reasons, including maintenance.")
    told, drafted = json.loads(result.stdout), run("notice", "-", "--page", WHERE, "--json", stdin=NOTICE)

    assert (4, list(drafted), None) == (result.exit_code, list(told), told["account"])
    assert [] == run("list", "--json")


@pytest.mark.parametrize(
    ("stdin", "ended_at"),
    [
        ("GCKey is now available.", "2026-09-09T12:00Z"),
        ("GCKey was restored on September 9, 2026, at 6 a.m. Eastern time.", "2026-09-09T10:00Z"),
        ("La CléGC fonctionne de nouveau.", "2026-09-09T12:00Z"),
        ("The web form is now available.", None),
    ],
)
def test_a_notice_of_what_is_back_is_offered_the_outage_it_ends(run, stdin, ended_at):
    """With the command that ends it; nothing is ended by itself."""
    run("add", "--id", "open", "--services", "gckey", "--began", "2026-09-09T05:00Z", "--as-of", "2026-09-09T06:00Z")
    told = run("notice", "-", "--as-of", "2026-09-09T12:00Z", stdin=stdin)
    (record,) = run("list", "--json")

    assert (4, None) == (told.exit_code, record["ended_at"] or None)
    assert (ended_at is not None) == (f"reporter outages amend open --ended {ended_at}" in told.stdout)


def test_an_incident_that_leaves_the_summary_of_a_page_is_over(run, tmp_path):
    """Two looks: at the second its end is told, with what it lies between."""
    path = tmp_path / "summary.json"
    whole = {"page": {"url": "https://status.example.org"}, "components": [], "scheduled_maintenances": []}
    ongoing = INCIDENT | {"status": "investigating", "resolved_at": None}
    for incidents, at in ([ongoing], "2026-09-01T13:00Z"), ([], "2026-09-02T13:00Z"):
        path.write_text(json.dumps(whole | {"incidents": incidents}))
        run("import", str(path), "--as-of", at, "--json")
    (record,) = run("list", "--json")

    assert ("2026-09-02T13:00:00Z", "resolved", True) == (
        record["ended_at"],
        record["status"],
        record["note"].startswith("[ended_at: 2026-09-01T13:00Z – 2026-09-02T13:00Z]"),
    )


@pytest.mark.parametrize(
    ("options", "words"), [(("--kind", "statuspge"), "`statuspge` is not a kind"), (("--services", "gckye"), "gckye")]
)
def test_an_option_that_says_nothing_known_is_a_fault_of_usage(run, page, options, words):
    """A slip in it must not pass for a source without outages."""
    fault = run("import", page(), *options).exception

    assert (SettingsError, True) == (type(fault), words in str(fault))


def test_columns_are_refused_where_a_source_has_none(run, page):
    """An option that is not followed is an error."""
    result = run("import", page(), "--column", "began_at=From")

    assert (4, True) == (result.exit_code, "stand in no columns" in result.stderr)


def test_slips_are_found(run, table):
    """An outage longer than usual has a code; nothing is changed."""
    run("import", table({"ended_at": "2026-09-09T12:00Z"}), "--json")
    found = run("lint", "--json", "--as-of", "2026-09-10T00:00Z")

    assert "lint_long" in {problem["code"] for problem in found}


@pytest.mark.enable_socket
def test_the_sources_of_the_settings_are_fetched(run, page, monkeypatch):
    """Each with its account; with not one that could be read, the exit is 4."""
    from loopback import Server

    from reporter.cli import context
    from reporter.settings import SourceSettings

    server = Server()
    server.answers["/a"] = [(200, {}, Path(page()).read_bytes()), (404, {}, b"")]
    source = SourceSettings(url=server.url("/a"))
    usual = context.settings
    monkeypatch.setattr(context, "settings", lambda *a, **k: Sourced(usual(*a, **k), (source,)))
    try:
        (told,) = json.loads(run("fetch", "--json").stdout)
        failed = run("fetch")
    finally:
        server.close()

    assert ("read", 1, 0, 4) == (told["status"], told["added"], told["drafts"], failed.exit_code)


class Sourced:
    """Settings with these sources."""

    def __init__(self, known, sources):
        self.known, self.sources = known, sources

    def __getattr__(self, name):
        return getattr(self.known, name)


def test_fetching_nothing_says_so(run):
    """Settings without sources are no error."""
    assert (0, True) == ((result := run("fetch")).exit_code, "no source" in result.stderr)


@pytest.mark.parametrize("command", sorted(outages.commands))
def test_every_command_explains_itself(run, command):
    """With --help, without touching a store."""
    assert "Usage" in run(command, "--help").stdout


@pytest.mark.parametrize("command", ["list", "fetch"])
def test_a_kind_that_is_misspelt_stops_every_command(run, tmp_path, command):
    """It would leave its source unread; the table is named, and the kind that was meant."""
    config = tmp_path / "reporter.toml"
    config.write_text('[[sources]]\nurl = "https://example.org/"\nkind = "notcie"\n', "utf-8")
    result = run(command, "--config", str(config))

    assert isinstance(result.exception, SettingsError)
    assert "reporter.toml: sources[0].kind" in str(result.exception)
    assert "did you mean `notice`?" in str(result.exception)


def test_a_record_is_published_read_and_compared(tmp_path):
    """By its commands alone, in two folders: without the key it is refused, and both ends are shown side by side."""

    def invoke(office, command, *arguments):
        (tmp_path / office).mkdir(exist_ok=True)
        settings = tmp_path / office / "reporter.toml"
        settings.write_text(f'[office]\nname = "{office}"\n', "utf-8")
        result = CliRunner().invoke(outages, [command, *map(str, arguments), "--config", str(settings)])
        if result.exception and not isinstance(result.exception, SystemExit | ReporterError):
            raise result.exception
        return result

    def add(office, ended):
        said = {"services": "gckey", "kind": "unplanned", "verification": "official", "status": "resolved",
                "began": "2026-09-01T10:00Z", "title": "x", "source-url": "https://example.org/1"}  # fmt: skip
        options = [word for name, text in said.items() for word in (f"--{name}", text)]
        assert 0 == invoke(office, "add", "--id", "one", "--ended", ended, *options).exit_code

    site, given = tmp_path / "site", tmp_path / "given.json"
    add("North", "2026-09-01T12:00Z")
    add("South", "2026-09-01T15:00Z")
    early = invoke("North", "publish", site)
    key = invoke("North", "key").stdout.strip()
    done = invoke("North", "publish", site, "--no-history")
    bare = invoke("South", "import", site / "record.json")
    read = invoke("South", "import", site / "record.json", "--key", key)
    ends = next(line for line in invoke("South", "compare").stdout.splitlines() if line.startswith(" ≠ Ended"))
    ours = invoke("South", "key").stdout.strip()

    assert isinstance(early.exception, SettingsError)
    assert done.stdout.endswith("site: 1\u00a0entry, 1 of them new\n")
    assert (4, 0) == (bare.exit_code, read.exit_code)
    assert ["11:00", "08:00"] == re.findall(r"\d\d:\d\d", ends)
    assert f"--key {ours}" in invoke("South", "give", given, "one").stdout
