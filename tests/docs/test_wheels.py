"""Nobody has to build a library: what the page on installation says of wheels, checked without asking the index."""

import pytest
from make_wheels import LOCK, OTHERS, SERVED, WHEELS, gaps, pins

LISTED = WHEELS.read_text("utf-8")


def test_every_locked_library_has_a_wheel_for_every_machine_and_python():
    """By name and by a digest that the lock allows; what the lock leaves out on a machine is not asked for there."""
    assert [] == gaps(LOCK.read_text("utf-8"), LISTED, (*SERVED, *OTHERS))


@pytest.mark.parametrize("part", ["win_amd64", "macosx", "manylinux", "cp314"])
def test_a_wheel_that_is_missing_is_found(part):
    """Without those of one system or Python the check is no longer content."""
    fewer = "\n".join(line for line in LISTED.splitlines() if part not in line or "py3-none-any" in line)

    assert gaps(LOCK.read_text("utf-8"), fewer)


def test_a_lock_that_moved_on_makes_the_list_stale():
    """A digest that the list does not have is a gap: `make wheels` lists them again."""
    lock = LOCK.read_text("utf-8")
    digests = next(digests for pin, digests in pins(lock) if pin.name == "pandas")
    for digest in digests:
        lock = lock.replace(digest, digest[::-1])

    assert {"pandas"} == {gap.split()[0] for gap in gaps(lock, LISTED)}
