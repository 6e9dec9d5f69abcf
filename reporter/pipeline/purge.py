"""Removes what is past its time, class by class: copies and renderings that we made, never the office's own files."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pandas import Timedelta, Timestamp

from reporter.errors import ReporterError
from reporter.pipeline.verify import PURGED, listed_in, manifest_bytes, purged_from
from reporter.pipeline.write import MANIFEST, put
from reporter.settings import Settings
from reporter.store.database import Store
from reporter.store.ledger import captured, captures_beside
from reporter.store.privacy import note_purge, purge_findings, purge_outbox

log = logging.getLogger(__name__)
CLASSES = ("runs", "digests", "rosters", "outbox", "captures")
CELLS = ("set-aside.xlsx", "problems.csv")
"""The files of a run that repeat the cells of a roster as they stood."""


@dataclass(frozen=True)
class Purged:
    """What a purge of one class took, or would take: rows of the store, files, and their bytes."""

    kind: str
    days: float
    rows: int = 0
    files: int = 0
    size: int = 0


def purge(
    settings: Settings,
    store: Store,
    now: Timestamp,
    *,
    classes: Sequence[str] = CLASSES,
    older_than: float | None = None,
    is_dry: bool = False,
) -> tuple[Purged, ...]:
    """Remove what is older than `older_than` days, or than the settings allow to each class; 0 there keeps it.

    Raises: ReporterError - a file cannot be removed. What was removed before it is on record.
    """
    done = []
    for kind in classes:
        days = float(getattr(settings.retention, kind)) if older_than is None else older_than
        if days <= 0 and older_than is None:
            continue
        one = _purge(settings, store, kind, days, now, is_dry=is_dry)
        done.append(one)
        if not is_dry and (one.rows or one.files):
            note_purge(store, kind, {"days": int(days), "rows": one.rows, "files": one.files}, now)
        log.info("purge of %s: %d rows, %d files", kind, one.rows, one.files)
    return tuple(done)


def run_folders(settings: Settings) -> Iterator[Path]:
    """The folders of finished runs where the settings put them."""
    yield from sorted(path.parent for path in settings.path(settings.out).glob(f"*/{MANIFEST}"))


def _purge(settings: Settings, store: Store, kind: str, days: float, now: Timestamp, *, is_dry: bool) -> Purged:
    before = now - Timedelta(days=days)
    if kind == "outbox":
        return Purged(kind, days, rows=purge_outbox(store, before, is_dry=is_dry))
    if kind == "captures":
        paths = _unused_captures(settings, store, before)
        size = sum(path.stat().st_size for path in paths)
        if not is_dry:
            _unlink(paths)
        return Purged(kind, days, files=len(paths), size=size)
    rows = purge_findings(store, before, is_dry=is_dry) if kind == "runs" else 0
    taken = [_purge_folder(folder, kind, before, now, is_dry=is_dry) for folder in run_folders(settings)]
    return Purged(kind, days, rows, sum(files for files, _ in taken), sum(size for _, size in taken))


def _purge_folder(folder: Path, kind: str, before: Timestamp, now: Timestamp, *, is_dry: bool) -> tuple[int, int]:
    """The files of that class in one old run, with their bytes; what was taken is noted beside the manifest first."""
    content = manifest_bytes(folder)
    names = [name for name in listed_in(content, folder) if _is_of(name, kind)]
    paths = {name: folder / name for name in names if _is_within(folder / name, folder)}
    if Timestamp(json.loads(content)["as_of"]) >= before or not paths:
        return 0, 0
    if kind == "runs" and (archive := folder.with_name(f"{folder.name}.zip")).is_file():  # of an evidence pack
        paths[archive.name] = archive
    size = sum(path.stat().st_size for path in paths.values())
    if not is_dry:
        note = {"class": kind, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        whole = dict(purged_from(folder)) | dict.fromkeys(paths, note)
        put(folder / PURGED, json.dumps(whole, indent=1, sort_keys=True).encode())
        _unlink(list(paths.values()))
    return len(paths), size


def _is_of(name: str, kind: str) -> bool:
    if kind == "runs":
        return True
    return name.startswith("digests/") if kind == "digests" else name in CELLS


def _is_within(path: Path, folder: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _unused_captures(settings: Settings, store: Store, before: Timestamp) -> list[Path]:
    """Captured files that no version of the ledger rests on, and that no page is compared with any more."""
    folder = captures_beside(store, settings.path(".")).folder
    seen = folder / "seen.json"
    noted = seen.read_text("utf-8") if seen.is_file() else ""
    named = set(captured(store))
    files = [path for path in folder.glob("*") if len(path.name) == 64 and path.name not in named]
    return sorted(p for p in files if p.name not in noted and p.stat().st_mtime < before.timestamp())


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ReporterError(f"cannot be removed ({error.strerror})", where=str(path)) from error
