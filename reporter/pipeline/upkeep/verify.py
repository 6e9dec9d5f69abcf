"""Whether a run folder still is what its manifest says: offline, with nothing but the folder."""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.errors import RunFolderError, refused
from reporter.pipeline.run.write import MANIFEST, PLANNED, UNFINISHED

SQLITE = b"SQLite format 3\0"
PURGED = "purged.json"
"""Beside the manifest: the files that a purge took, with the class and the instant."""
OUR_NOTES = frozenset({MANIFEST, PURGED, PLANNED, UNFINISHED})
"""What stands in a folder of a run and is none of its files."""


@dataclass(frozen=True)
class Verification:
    """What became of a run's files, by path."""

    run_id: str
    whole: tuple[str, ...]
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]
    purged: tuple[str, ...]
    beside: tuple[str, ...]  # what keeps itself: a run of its own in a folder below, a database
    manifest_sha256: str

    @property
    def is_intact(self) -> bool:
        """Whether nothing is missing, changed or put there; what a purge took is none of these."""
        return not (self.missing or self.changed or self.extra)


def verify_run(folder: Path) -> Verification:
    """Compare every file in the folder with its digest in the manifest.

    Raises: RunFolderError - there is no manifest that can be read: the run was never finished, or it is not a run.
    """
    content = manifest_bytes(folder)
    listed = listed_in(content, folder)
    gone = set(purged_from(folder))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - OUR_NOTES
    beside = _beside(folder, there - listed.keys())
    same = {name for name in there & listed.keys() if _sha256(folder / name) == listed[name]}
    return Verification(
        run_id=str(json.loads(content).get("run_id", "")),
        whole=tuple(sorted(same)),
        missing=tuple(sorted(listed.keys() - there - gone)),
        changed=tuple(sorted((there & listed.keys()) - same)),
        extra=tuple(sorted(name for name in there - listed.keys() if not _is_of(name, beside))),
        purged=tuple(sorted((listed.keys() & gone) - there)),
        beside=beside,
        manifest_sha256=hashlib.sha256(content).hexdigest(),
    )


def _beside(folder: Path, names: AbstractSet[str]) -> tuple[str, ...]:
    """What stands in the folder and is no part of this run: the demo keeps last week and its database there."""
    runs = [f"{name.removesuffix(MANIFEST)}" for name in names if name.endswith(f"/{MANIFEST}")]
    databases = [name for name in names if _begins_with(folder / name, SQLITE)]
    return tuple(sorted([*runs, *databases]))


def _is_of(name: str, beside: tuple[str, ...]) -> bool:
    """Whether it is one of those, in its folder, or what a database keeps beside itself while it is open."""
    return any(
        name.startswith(one) if one.endswith("/") else name in (one, f"{one}-wal", f"{one}-shm") for one in beside
    )


def _begins_with(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False


def manifest_bytes(folder: Path) -> bytes:
    """The manifest as it stands. Raises RunFolderError when there is none."""
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise refused(RunFolderError, "stop_no_manifest", where=str(folder)) from error


def listed_in(content: bytes, folder: Path) -> Mapping[str, str]:
    """The digest of each file that the manifest lists. Raises RunFolderError when it cannot be read."""
    try:
        return {str(output["path"]): str(output["sha256"]) for output in json.loads(content)["outputs"]}
    except (ValueError, KeyError, TypeError) as error:
        raise refused(RunFolderError, "stop_manifest_damaged", where=str(folder)) from error


def purged_from(folder: Path) -> Mapping[str, Any]:
    """What purges took out of the folder; nothing where there is no note of any."""
    try:
        noted = json.loads((folder / PURGED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
