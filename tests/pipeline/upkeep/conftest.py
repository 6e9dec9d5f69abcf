"""What tests of upkeep share."""

import pytest

from reporter.store.database import open_store


@pytest.fixture
def store(tmp_path):
    """An open, empty store."""
    opened = open_store(f"sqlite:///{tmp_path}/reporter.db")
    yield opened
    opened.close()
