"""Where the templates and the samples are: beside the modules in a wheel, at the top of a checkout.

An editable install takes its modules from the checkout and keeps a copy of the templates, frozen on the day of
the install, elsewhere. Looking beside the modules first, then one folder up, finds the living ones both times.
"""

from pathlib import Path

from reporter.errors import SettingsError, refused

PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """The folder of our mail and page templates."""
    return folder("templates")


def samples() -> Path:
    """The folder of invented rosters and outages that `reporter demo` runs on."""
    return folder("samples")


def folder(name: str, *, package: Path = PACKAGE) -> Path:
    """The packaged folder of that name if it is there, else the one beside the package.

    Raises: SettingsError when the installation has neither.
    """
    for place in (package / name, package.parent / name):
        if place.is_dir():
            return place
    raise refused(SettingsError, "stop_installation", where=str(package), name=name)
