"""What came with the installation: the templates and the samples, and the libraries that not every office needs.

The folders are beside the modules in a wheel, at the top of a checkout.

An editable install takes its modules from the checkout and keeps a copy of the templates, frozen on the day of
the install, elsewhere. Looking beside the modules first, then one folder up, finds the living ones both times.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from reporter.errors import ReporterError, SettingsError, refused

PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """The folder of our mail and page templates."""
    return folder("templates")


def samples() -> Path:
    """The folder of invented rosters and outages that `reporter demo` runs on."""
    return folder("samples")


def meanings() -> Path:
    """What each key and column means, a sentence each: the reference and the schema of the settings are made of it."""
    packaged = PACKAGE / "meanings.toml"
    return packaged if packaged.is_file() else PACKAGE.parent / "docs" / "meanings.toml"


def folder(name: str, *, package: Path = PACKAGE) -> Path:
    """The packaged folder of that name if it is there, else the one beside the package.

    Raises: SettingsError when the installation has neither.
    """
    for place in (package / name, package.parent / name):
        if place.is_dir():
            return place
    raise refused(SettingsError, "stop_installation", where=str(package), name=name)


def library(name: str, extra: str, *, kind: type[ReporterError] = SettingsError, where: str = "mail") -> Any:
    """A module that not every office needs, of the extra that installs it.

    Raises: that kind of error, at that place - it is not installed; says how to.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise refused(kind, "stop_library", where=where, extra=extra) from error
