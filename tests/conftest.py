"""What every test shares."""

import gc

import pytest

import reporter.text.time_zones  # noqa: F401  one copy of the time-zone rules, before anything looks one up
from reporter.readers import libre_office


@pytest.fixture(autouse=True, scope="session")
def no_office_program():
    """LibreOffice takes seconds, and not every machine has it: no test rests on it unasked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(libre_office, "PROGRAMS", ())
        yield


def pytest_collection_finish():
    """What is there before the first test stays to the end: the collector need not look through it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as the command line does
