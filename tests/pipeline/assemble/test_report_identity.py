"""A report keeps its id whatever it is called by now; a store that was put back is noticed before anybody is told."""

import json
from contextlib import contextmanager

import msgspec
import pytest
from light_office import LightOffice
from made_runs import at
from pandas import Series

from reporter.cli import context
from reporter.errors import Exit
from reporter.model.mail import AMBIGUOUS
from reporter.pipeline.assemble.report_identity import IDENTITIES, keep_identity
from reporter.pipeline.send.plan import reader_id
from reporter.pipeline.send.status import last_failure
from reporter.report.recipients import share
from reporter.settings import Identity, OfficeSettings, RosterSettings, Settings
from reporter.store.database import open_store
from reporter.store.outbox import entries, resolve_mail

MONDAY, TUESDAY, LATER = "2026-11-30T12:30:00Z", "2026-12-01T13:00:00Z", "2026-12-01T14:00:00Z"
UNITS = ("lab", "ops", "far", "dean")


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Monday's reports are out."""
    made = LightOffice(tmp_path, monkeypatch, {"staff.csv": UNITS[:3], "students.csv": UNITS[3:]})
    assert Exit.DONE == made.look(at(MONDAY))
    return made


def on(office, *names):
    """The office on these rosters."""
    office.change(roster=tuple(RosterSettings(path=name) for name in names))


def rename(office):
    (office.folder / "staff.csv").rename(office.folder / "staff-2026-12.csv")
    on(office, "staff-2026-12.csv", "students.csv")
    office.change(office=OfficeSettings(name="Another name", time_zone="America/Toronto"))


def test_a_renamed_roster_and_office_keep_their_history_and_tell_nobody_twice(office):
    """By the file beside the settings; the next week goes by the same id."""
    before = office.settings.report.series
    rename(office)
    codes = [office.look(at(when)) for when in (TUESDAY, "2026-12-07T12:30:00Z")]

    assert ([Exit.DONE, Exit.DONE], before) == (codes, office.settings.report.series)
    assert office.settings.report_name != before
    assert [2, 2, 2, 2] == office.counts(*UNITS)


def test_a_name_that_the_store_knows_needs_no_file(office):
    """Say on a second machine, whose settings came without it."""
    rename(office)
    office.look(at("2026-12-07T12:30:00Z"))
    (office.folder / IDENTITIES).unlink()
    office.change()

    assert (office.settings.report_name != office.settings.report.series, "") == (True, office.settings.organisation)
    assert Exit.DONE == office.look(at("2026-12-08T12:30:00Z"))
    assert [2, 2, 2, 2] == office.counts(*UNITS)


@pytest.mark.parametrize("names", [["staff-2026-12.csv", "students.csv"], ["staff.csv", "students.csv", "more.csv"]])
def test_a_new_name_that_nobody_knows_is_asked_about(office, names):
    """With neither file nor note: the people are known, also where more have come than there were."""
    (office.folder / IDENTITIES).unlink()
    (office.folder / "staff-2026-12.csv").write_text("\n".join(UNITS[:3]), "utf-8")
    (office.folder / "more.csv").write_text("\n".join(f"new{n}" for n in range(9)), "utf-8")
    before = office.settings.report.series
    on(office, *names)
    asked = office.look(at("2026-12-07T12:30:00Z"))
    office.change(series=before)

    assert (Exit.INPUT, True) == (asked, before in last_failure(office.settings))
    assert Exit.DONE == office.look(at("2026-12-07T13:30:00Z"), rosters=True)
    assert [2, 2, 2, 2] == office.counts(*UNITS)


@pytest.mark.parametrize(
    ("names", "new"),
    [
        (["staff.csv"], ""),
        (["staff.csv", "students.csv", "more.csv"], "kim"),
        (["staff.csv", "more.csv"], "kim"),
        (["staff.csv", "more.csv"], "lab"),  # most of its people are known, and those of students.csv are gone
    ],
)
def test_another_set_of_rosters_is_asked_about_once(office, names, new):
    """One that is gone, one that is new, one in another's place; then it is the same report."""
    (office.folder / "more.csv").write_text(new, "utf-8")
    on(office, *names)
    codes = [office.look(at("2026-12-07T12:30:00Z"), rosters=is_meant) for is_meant in (False, True)]
    next_week = office.look(at("2026-12-14T12:30:00Z"))

    assert [Exit.INPUT, Exit.DONE, Exit.DONE] == [*codes, next_week]
    assert [3, 3, 3] == office.counts(*UNITS[:3])


def test_whoever_is_found_again_after_a_store_was_put_back_is_in_doubt_too(office):
    """A roster that was away when somebody said so: its readers may have had the report by the store that is gone."""
    (office.folder / "students.csv").rename(office.folder / "away.csv")
    (office.folder / "reporter.db").unlink()
    codes = [office.look(at(TUESDAY), store=True)]
    (office.folder / "away.csv").rename(office.folder / "students.csv")
    codes.append(office.look(at(LATER)))
    with office.opened() as store:
        slugs = [mail.slug for mail in entries(store, state=AMBIGUOUS)]

    assert ([Exit.INPUT, Exit.NOT_DELIVERED], list(UNITS)) == (codes, slugs)
    assert [1, 1, 1, 1] == office.counts(*UNITS)


@pytest.mark.parametrize("is_fresh", [True, False])
def test_a_store_put_back_tells_nobody_before_somebody_has_said_who_was_told(office, is_fresh):
    """A fresh one, or one from before the mails went: each mail of the week is in doubt, and resolved one by one."""
    store, old = office.folder / "reporter.db", b""
    if not is_fresh:
        office.look(at("2026-12-07T12:30:00Z"), answer="later")
        old = store.read_bytes()
        office.look(at("2026-12-07T13:30:00Z"))
    when = TUESDAY if is_fresh else "2026-12-08T13:00:00Z"
    before = office.counts(*UNITS)
    store.unlink()
    if old:
        store.write_bytes(old)
    office.change()
    refused, said = office.look(at(when)), last_failure(office.settings)
    doubtful = office.look(at(when), store=True)
    with office.opened() as opened:
        numbers = [mail.number for mail in entries(opened, state=AMBIGUOUS)]
        for number in numbers:
            resolve_mail(opened, number, at(when), arrived=True)

    assert (Exit.SETTINGS, Exit.NOT_DELIVERED, 4) == (refused, doubtful, len(numbers))
    assert "--accept-store" in said
    assert Exit.DONE == office.look(at("2026-12-08T14:00:00Z" if old else LATER))
    assert before == office.counts(*UNITS)


@pytest.mark.parametrize("step", ["recorded", "claimed", "handed_over", "accepted"])
def test_a_copy_from_the_midst_of_a_look_that_died_is_noticed(office, step):
    """Also a week later, when the mails that the copy has to send are long with their readers."""
    store, copy = office.folder / "reporter.db", office.folder / "backup.db"
    assert office.killed_look(at("2026-12-07T12:30:00Z"), "accepted", 3, copied=step)
    live, told, codes = store.read_bytes(), office.counts(*UNITS), []
    for when in ("2026-12-07T14:30:00Z", "2026-12-14T09:00:00Z"):
        store.write_bytes(copy.read_bytes())
        codes.append(office.look(at(when)))
    store.write_bytes(live)

    assert ([Exit.SETTINGS, Exit.SETTINGS], [2, 2, 2, 1]) == (codes, told)
    assert (Exit.NOT_DELIVERED, [2, 2, 2, 2]) == (office.look(at("2026-12-14T09:30:00Z")), office.counts(*UNITS))


@pytest.mark.parametrize("is_other", [False, True])
def test_an_office_of_another_name_is_asked_about_by_its_people_and_another_one_is_not(office, is_other):
    """Where nothing beside the settings tells whose report it is: of two in one store, both may have a `staff.csv`."""
    before = office.settings.report.series
    (office.folder / IDENTITIES).unlink()
    for name in ("staff.csv", "students.csv") if is_other else ():
        (office.folder / name).write_text("\n".join(f"{name[:3]}{n}" for n in range(3)), "utf-8")
    office.change(office=OfficeSettings(name="Another name", time_zone="America/Toronto"))
    code, ours = office.look(at(TUESDAY)), office.settings.report.series
    office.change(series="" if is_other else before)
    codes = [code, *(office.look(at(when)) for when in (LATER, "2026-12-07T12:30:00Z"))]

    assert ours not in (before, office.settings.report_name)
    assert (["Another name", ours] if is_other else ["", before]) == [
        office.settings.organisation,
        office.settings.report.series,
    ]
    assert [Exit.DONE if is_other else Exit.INPUT, Exit.DONE, Exit.DONE] == codes
    assert ([1, 2] if is_other else [2, 0]) == office.counts("lab", "sta0")


CONFIG = '[office]\nname = "Invented"\n\n[[roster]]\npath = "{path}"\n'


@pytest.mark.parametrize(
    ("path", "given", "is_same"),
    [
        ("staff-*.csv", ["staff-2026-12.csv"], True),
        ("staff.csv", ["staff.csv", "set-aside.xlsx"], True),
        ("staff.csv", ["students.csv"], False),
    ],
)
def test_a_roster_of_the_command_line_is_that_of_the_settings_when_its_name_fits(tmp_path, path, given, is_same):
    """A dated export beside its pattern, or mended rows beside their roster, are the same report; another is not."""
    config = tmp_path / "reporter.toml"
    config.write_text(CONFIG.format(path=path), "utf-8")
    plain = context.settings(config)
    (tmp_path / IDENTITIES).write_text(
        json.dumps({"reporter.toml": {"organisation": "Old", "series": "kept"}}), "utf-8"
    )
    here = context.settings(config, rosters=tuple(tmp_path / name for name in given))

    assert ("kept" == here.report.series, plain.roster_names == here.roster_names) == (is_same, is_same)


def test_a_reader_with_a_new_address_is_the_same_reader(tmp_path):
    """`[formerly]`: by id and by the name of the digest; the mail goes to the new address."""
    rows = {"source_row": ["s!S:2"], "unit": ["Ops"], "contact_email": ["ops@old.example.org"]}
    known = {"languages": {}, "units": {}, "office": "", "language": "en"}
    frame = Series(rows).to_frame().T.explode(list(rows))
    (old,) = share(frame, **known).recipients
    moved = frame.assign(contact_email="Ops@new.example.org")
    (new,) = share(moved, **known, formerly={"ops@new.example.org": "ops@old.example.org"}).recipients
    (other,) = share(moved, **known).recipients

    assert (reader_id(old), old.slug, "ops@new.example.org") == (reader_id(new), new.slug, new.address)
    assert reader_id(old) != reader_id(other)


def test_nothing_is_noted_of_settings_that_no_file_holds(tmp_path):
    """A run without --config leaves no file of ours beside the roster."""
    known = Settings(folder=str(tmp_path), roster=(RosterSettings(path="staff.csv"),))
    with opened(known) as store:
        keep_identity(known, store, "2026-W49")
        without = (tmp_path / IDENTITIES).exists()
        keep_identity(msgspec.structs.replace(known, identity=Identity(file="reporter.toml")), store, "2026-W49")

    kept = json.loads((tmp_path / IDENTITIES).read_text("utf-8"))

    assert (False, known.report.series) == (without, kept["reporter.toml"]["series"])


@contextmanager
def opened(known):
    store = open_store(known.store_url)
    try:
        yield store
    finally:
        store.close()
