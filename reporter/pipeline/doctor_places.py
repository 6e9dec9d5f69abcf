"""The part of the doctor that looks at the disk: files that are named, folders, their rights, and room."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from reporter.model.checkup import FAULT, OK, WARNING, Check
from reporter.pipeline.locks import password_files
from reporter.settings import Settings
from reporter.store.privacy import NAME as SECRET

SCARCE, NONE_LEFT = 1_000_000_000, 200_000_000  # bytes free
SYNCED = ("onedrive", "dropbox", "google drive", "icloud", "nextcloud")
"""Parts of the names of folders that a program copies to a cloud, and may lock or double."""


def paths(settings: Settings) -> Iterable[Check]:
    """Whether every file that the settings name is there."""
    gone = [key for key, path in _named(settings) if not path.exists()]
    for key in gone:
        yield Check("paths", FAULT, "path_missing", {"key": key})
    if not settings.roster:
        yield Check("paths", WARNING, "no_roster")
    elif not gone:
        yield Check("paths", OK, "paths_good")


def folders(settings: Settings) -> Iterable[Check]:
    """Whether what a run writes can be written, and stays on this machine."""
    for key, folder in _written_to(settings):
        there = _nearest(folder)
        if not os.access(there, os.W_OK | os.X_OK):
            yield Check("folders", FAULT, "not_writable", {"key": key, "path": str(there)})
        elif any(mark in part.casefold() for part in folder.absolute().parts for mark in SYNCED):
            yield Check("folders", WARNING, "synced", {"key": key})
        else:
            yield Check("folders", OK, "folder_good", {"key": key})


def rights(settings: Settings) -> Iterable[Check]:
    """Whether others on this machine can read what holds people or a password; Windows has no such bits."""
    if os.name != "posix":
        yield Check("rights", OK, "rights_unknown")
        return
    wide = [path for path in _private(settings) if path.exists() and path.stat().st_mode & 0o077]
    for path in wide:
        said = {"path": str(path), "mode": "700" if path.is_dir() else "600"}
        yield Check("rights", WARNING, "rights_wide", said)
    if not wide:
        yield Check("rights", OK, "rights_good")


def disk(settings: Settings) -> Iterable[Check]:
    """Whether there is room for the next runs."""
    free = shutil.disk_usage(_nearest(settings.path(settings.out))).free
    said = {"free": f"{free / 1e9:.1f}"}
    if free >= SCARCE:
        yield Check("disk", OK, "disk_good", said)
    else:
        yield Check("disk", FAULT if free < NONE_LEFT else WARNING, "disk_low", said)


def _named(settings: Settings) -> Iterator[tuple[str, Path]]:
    for key in ("roster", "outages", "duties"):
        for n, one in enumerate(getattr(settings, key)):
            yield f"{key}[{n}].path", settings.path(one.path)
    for key, text in (("rules", settings.rules), ("templates", settings.templates)):
        if text:
            yield key, settings.path(text)


def _written_to(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "out", settings.path(settings.out)
    if (database := _database(settings)) is not None:
        yield "store", database.parent


def _private(settings: Settings) -> Iterator[Path]:
    yield settings.path(settings.out)
    if (database := _database(settings)) is not None:
        yield database
        yield from (database.parent / name for name in ("captures", "evidence", SECRET))
    if settings.mail.password_file:
        yield settings.path(settings.mail.password_file)
    yield from (settings.path(file) for file in password_files(settings))


def _database(settings: Settings) -> Path | None:
    text = settings.store_url.removeprefix("sqlite:///")
    return Path(text) if text != settings.store_url and text and not text.startswith((":", "file:")) else None


def _nearest(path: Path) -> Path:
    """The folder itself, or the first above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.is_dir())
