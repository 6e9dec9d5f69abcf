"""Whether a process that sent mails has ended: known by its mark in the folder, at this start of the machine."""

import pytest

from reporter.pipeline.send import deliver
from reporter.pipeline.send.deliver import MARK, Worker


def left_behind(folder):
    """The name of a worker whose process was killed: its mark stays, and its lock is let go."""
    with Worker(folder) as dead:
        name = dead.name
    (folder / MARK.format(token=dead.token)).touch()
    return name


def test_a_worker_whose_lock_is_free_has_ended(tmp_path):
    """And stays known as such, though its mark is cleared away."""
    name = left_behind(tmp_path)
    with Worker(tmp_path) as worker:
        assert [True, True] == [worker.is_gone(name), worker.is_gone(name)]


def test_a_worker_at_work_has_not_ended(tmp_path):
    """Its lock is held."""
    with Worker(tmp_path) as other, Worker(tmp_path) as worker:
        assert not worker.is_gone(other.name)


@pytest.mark.parametrize("start", ["twin", "earlier"])
def test_of_a_worker_elsewhere_or_before_nothing_is_known(tmp_path, monkeypatch, start):
    """A twin has one name and path, and not the mark; after a start, the mark may have come with a copy."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(deliver.socket, "gethostname", lambda: "twin")
    name = left_behind(folders[0])
    if start == "earlier":
        monkeypatch.setattr(deliver, "boot", lambda: "later")
        with Worker(folders[0]) as worker:
            assert not worker.is_gone(name)
        return
    with Worker(folders[1]) as worker:
        worker.place = name.partition("/")[0]
        assert not worker.is_gone(name)
