"""`reporter trim`: only what is never loaded goes, only from an environment of its own, and not if it is missed."""

import sys

import pytest

from reporter.errors import FolderError
from reporter.pipeline.upkeep import libraries

PROGRAM = ("Requires-Dist: pandas>=3.1", "Requires-Dist: pyarrow", 'Requires-Dist: msal; extra == "microsoft"')


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An environment that holds the program, two of its libraries, and a tool that installs."""
    installed(tmp_path, "ircc-outage-reporter", requires=PROGRAM)
    installed(
        tmp_path, "pandas", "pandas/__init__.py", "pandas/tests/test_a.py", "pandas/tests/io/test_b.py",
        requires=("Requires-Dist: numpy", 'Requires-Dist: lxml; extra == "html"'),
    )  # fmt: skip
    installed(tmp_path, "numpy", "numpy/__init__.py", "numpy/lib/tests/test_c.py", "numpy/testing/__init__.py")
    parts = ("lib.so", "libarrow_python.so", "libarrow_python.so.2600", "libarrow_python.so.2600.1.0", "_flight.so")
    installed(tmp_path, "pyarrow", *(f"pyarrow/{name}" for name in parts))
    installed(tmp_path, "pip", "pip/tests/test_d.py")
    for name in ("icalendar", "sqlalchemy"):
        installed(tmp_path, name, f"{name}/__init__.py")
    with (tmp_path / "ircc_outage_reporter-1.dist-info" / "METADATA").open("a") as file:
        file.write("Requires-Dist: icalendar\nRequires-Dist: SQLAlchemy\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(libraries, "_is_well", lambda: True)
    return tmp_path


def installed(site, name, *files, requires=()):
    home = site / f"{name.replace('-', '_')}-1.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", *requires, ""]))
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("12345")
    (home / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def files(site):
    return {
        path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file() and "dist-info" not in str(path)
    }


def test_what_is_never_loaded_goes_and_nothing_else(site):
    """Tests, copies of a library and the network client go, and the folders that they leave empty."""
    freed = libraries.trim_libraries()

    assert {"pyarrow": 15, "pandas": 10, "numpy": 5} == freed
    assert {
        "pandas/__init__.py", "numpy/__init__.py", "numpy/testing/__init__.py", "pyarrow/lib.so",
        "pyarrow/libarrow_python.so.2600", "pip/tests/test_d.py", "icalendar/__init__.py", "sqlalchemy/__init__.py",
    } == files(site)  # fmt: skip
    assert not (site / "pandas" / "tests").exists()
    assert {} == libraries.trim_libraries()


@pytest.mark.parametrize("outcome", [False, KeyboardInterrupt])
def test_everything_is_put_back_when_the_report_cannot_be_made(site, monkeypatch, outcome):
    """The trial decides, and an interruption of it counts as a failure."""

    def trial():
        if outcome is KeyboardInterrupt:
            raise outcome
        return outcome

    before = files(site)
    monkeypatch.setattr(libraries, "_is_well", trial)
    with pytest.raises(outcome or FolderError):
        libraries.trim_libraries()

    assert before == files(site)


def test_counting_takes_nothing(site):
    """`--dry-run` says what would be freed."""
    before = files(site)

    assert 30 == sum(libraries.trim_libraries(is_dry=True).values())
    assert before == files(site)


def test_an_environment_that_others_use_is_left_alone(site):
    """A library that neither the program nor an extra of it asks for may load what the program does not."""
    installed(site, "msal", "msal/__init__.py")  # of an extra: ours
    libraries.trim_libraries(is_dry=True)
    installed(site, "lxml", "lxml/__init__.py")  # of an extra of pandas that nobody asked for

    with pytest.raises(FolderError, match=r"\(lxml\)"):
        libraries.trim_libraries()


def test_the_python_of_the_machine_is_left_alone(site, monkeypatch):
    """Outside an environment, anything may use the libraries."""
    monkeypatch.setattr(sys, "base_prefix", str(site))

    with pytest.raises(FolderError, match="whole machine"):
        libraries.trim_libraries()


def test_a_checkout_is_left_alone(site):
    """An editable installation is somebody's workplace."""
    origin = site / "ircc_outage_reporter-1.dist-info" / "direct_url.json"
    origin.write_text('{"url": "file:///src", "dir_info": {"editable": true}}')

    with pytest.raises(FolderError, match="checkout"):
        libraries.trim_libraries()
