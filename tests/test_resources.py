"""resources.py: the folder beside the modules if it is there, else the one at the top of the checkout."""

import pytest

from reporter.errors import SettingsError
from reporter.resources import folder


@pytest.mark.parametrize("where", ["reporter/templates", "templates"])
def test_the_folder_is_found_in_a_wheel_and_in_a_checkout(tmp_path, where):
    """Either place will do."""
    (tmp_path / "reporter").mkdir()
    (tmp_path / where).mkdir()

    assert tmp_path / where == folder("templates", package=tmp_path / "reporter")


def test_the_packaged_folder_stands_before_the_other(tmp_path):
    """An installed package never picks up a folder that happens to lie beside it."""
    (tmp_path / "reporter" / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()

    assert tmp_path / "reporter" / "templates" == folder("templates", package=tmp_path / "reporter")


def test_an_installation_without_the_folder_is_told(tmp_path):
    """The fault says what is missing."""
    with pytest.raises(SettingsError, match="templates"):
        folder("templates", package=tmp_path)
