"""Many items in several processes, with the answers of one."""

import os

import pytest

from reporter.errors import SettingsError
from reporter.pipeline.run.workers import share_out

ITEMS = list(range(30))


def lost(item):
    return f"{item} was lost"


def said(item):
    return f"{item} in its turn"


@pytest.mark.parametrize("hands", [1, 2, 3])
def test_the_answers_come_in_the_order_of_the_items(hands):
    """However many processes there are, the answers are those of one."""
    assert [said(item) for item in ITEMS] == share_out(said, ITEMS, lost=lost, hands=hands)()


def dies_of_seven(item):
    if item == 7:
        os._exit(1)
    return said(item)


def test_an_item_that_kills_its_process_costs_the_others_nothing():
    """The process that dies takes nobody's answer along but that of the item it died of."""
    expected = [lost(item) if item == 7 else said(item) for item in ITEMS]

    assert expected == share_out(dies_of_seven, ITEMS, lost=lost, hands=2)()


def refuses(item):
    raise SettingsError("the template cannot be used", where="digest.html.j2")


def test_what_the_work_raises_is_raised_to_whoever_waits():
    """An error keeps its kind and its words on the way out of the process."""
    answers = share_out(refuses, ITEMS, lost=lost, hands=2)

    with pytest.raises(SettingsError, match=r"digest\.html\.j2"):
        answers()
