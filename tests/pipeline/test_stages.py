"""How often a run goes through each stage, and for how many bytes: a slow way back is seen."""

import pytest
from made_runs import outages, roster, run
from stages import STAGES, counted_stages

PEOPLE = 5  # a reader
ONCE = {
    "read": 1, "engine": 1, "compare": 1, "words, once a language": 1, "tables, once a language": 1, "scopes": 1,
    "agenda": 1, "leak table": 1, "office: workbook": 1, "office: calendar": 1, "findings.csv": 1, "files": 1,
    "store": 1,
}  # fmt: skip
EACH = [
    "each: cut",
    "each: workbook",
    "each: calendar",
    "each: digest",
    "each: mail",
    "each: leak scan",
    "each: preview",
]
SLOW = (
    ("a head read by the library", "reporter.delivery.mail_texts", "_library_head"),
    ("a piece unpacked by the library", "zipfile", "ZipFile.read"),
    ("a header written by the library", "reporter.delivery.message", "_library_line"),
    ("an index of the people", "reporter.delivery.leak_scan", "MarkIndex.of"),
)
"""Ways that are right for whatever comes, and that no mail of ours has to go: stage, module, function."""


def counted(folder, readers):
    """The stages of one run for so many readers, in this process."""
    folder.mkdir()
    people = [
        (f"E{n:04d}", f"Ana Invented{n}", f"Unit {n % readers:02d}", f"hr{n % readers}@example.org", "ON",
         "Work permit", f"2026-09-{10 + n // readers}")
        for n in range(PEOPLE * readers)
    ]  # fmt: skip
    down = {"services": "ircc_secure_account", "began_at": "2026-09-08T10:00:00Z", "ended_at": "2026-09-08T16:00:00Z"}
    with counted_stages((*STAGES, *SLOW)) as costs:
        run(folder, [roster(folder / "staff.csv", people)], [outages(folder / "outages.json", [down])])
    return costs


@pytest.fixture(scope="module")
def few_and_many(tmp_path_factory):
    """The same office with three readers, and with nine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("reporter.pipeline.run.workers.worker_count", lambda: 1)
        folder = tmp_path_factory.mktemp("stages")
        return counted(folder / "few", 3), counted(folder / "many", 9)


def test_what_does_not_hang_on_the_reader_is_done_once(few_and_many):
    """Reading, judging, wording, tables, the look-up of the leak scan: once a run or a language, however many read."""
    for costs in few_and_many:
        assert ONCE == {stage: costs[stage].calls for stage in ONCE}


def test_each_reader_costs_one_of_each(few_and_many):
    """One cut, one book, one calendar, one digest, one mail, one scan for each; nothing is made twice."""
    few, many = few_and_many

    assert dict.fromkeys(EACH, (3, 9)) == {stage: (few[stage].calls, many[stage].calls) for stage in EACH}
    assert (4, 10) == (few["each: sheets"].calls, many["each: sheets"].calls)  # and the office's


def test_a_readers_parcel_does_not_grow_with_other_readers(few_and_many):
    """Book, calendar and mail hold the reader's own rows: three times the readers add nothing to any of them."""
    few, many = few_and_many
    sizes = [
        (few[stage].bytes / 3, many[stage].bytes / 9) for stage in ("each: workbook", "each: calendar", "each: mail")
    ]

    assert [] == [pair for pair in sizes if not pair[0] or not 0.95 < pair[1] / pair[0] < 1.05]


def test_a_readers_book_is_packed_small(few_and_many):
    """Five people in 20 kB: another part, or looser packing, costs every reader, and whoever mails and scans it."""
    for readers, costs in zip((3, 9), few_and_many, strict=True):
        assert costs["each: workbook"].bytes / readers < 20_000


def test_every_mail_is_looked_through_once(few_and_many):
    """The scan goes over as many bytes as were mailed, no more and no fewer."""
    for costs in few_and_many:
        assert costs["each: mail"].bytes == costs["each: leak scan"].bytes


def test_no_mail_of_ours_is_taken_to_pieces_by_a_library(few_and_many):
    """What we made ourselves is plain: its heads, its headers and the pieces of its book; and one index is for all."""
    few, many = few_and_many

    assert [(0, 0)] * 2 + [(1, 1)] == [(few[name].calls, many[name].calls) for name, *_ in (*SLOW[:2], SLOW[3])]
    assert 4 * 3 == few[SLOW[2][0]].calls  # of eleven, and it remembers those: they are the same for all readers


def test_an_error_leaves_the_stages_as_they_were():
    """Counting is taken off again whatever happens, and another count begins at nothing."""
    import reporter.pipeline.run.tell as tell

    before = tell.find_leaks
    with pytest.raises(ZeroDivisionError), counted_stages():
        raise ZeroDivisionError

    assert before is tell.find_leaks
