"""The folder of a run, which only this module writes: each file beside, then renamed, the manifest last.

Also whether a folder still is what its manifest says: `verify_run` is offline, and needs nothing but the folder.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from reporter.errors import FolderError, RunFolderError, refused
from reporter.model.progress import begin_stage, counting
from reporter.model.report import FATES, Report, RosterDate, Run
from reporter.model.shapes import FATES as FATES_OF_ITEMS
from reporter.pipeline.run.tell import Content, RenderedFiles
from reporter.store.causes import Cause
from reporter.text.catalogue import words

PIECE = 1_048_576  # bytes of a large file that are copied at once
MANIFEST = "manifest.json"
UNFINISHED = ".unfinished.json"
"""In a folder that is being written: of which report, as of when, and the names of its files."""

PLANNED = ".planned.json"
"""Beside a manifest: the report and the week whose mails the store had from then on."""


def manifest(run: Run, told: RenderedFiles, owed: Sequence[Cause] = ()) -> dict[str, object]:
    """What the folder holds and how it came about, without the outputs' digests."""
    return {
        "run_id": run.run_id,
        "as_of": stamp(run),
        "rows_read": run.account.read,
        **{f"rows_{fate}": getattr(run.account, fate) for fate in FATES},
        "rows_excluded_by_rule": dict(run.account.excluded_by_rule),
        "not_read": [asdict(part) for part in run.account.not_read],
        "owed": [{"cause": one.key, "message": one.told(told.office.language)} for one in owed],
        "people": told.office.people,
        "people_by_level": dict(told.office.people_by_level),
        "people_not_scanned_for": told.unseen,
        "people_scanned_for_by_full_name": told.half_seen,
        "not_scanned_for": words("doctor", told.office.language)["scan_limits"],
        "findings": len(told.office.of_people),
        "duties": _duties(told.office),
        "outages_used": list(told.office.outages["outage_id"]),
        "outage_record_complete_to": None
        if run.record_complete_to is None
        else f"{run.record_complete_to:%Y-%m-%dT%H:%M:%SZ}",
        "outage_items": {fate: run.items.get(fate, 0) for fate in FATES_OF_ITEMS},
        "recipients": [recipient.slug for recipient in told.recipients],
        "told": {slug: dict(counts) for slug, counts in told.levels.items()},
        "rulebook_sha256": run.rulebook_sha256,
        "inputs": [{"path": name, "sha256": sha256} for name, sha256 in run.inputs],
        "roster_dates": {one.name: _dated(one) for one in run.roster_dates},
        "versions": dict(run.versions),
        "settings": dict(run.settings),
    }


def _duties(office: Report) -> dict[str, int] | None:
    """The account of the institution's own duties; None when no sheet of them was read."""
    rows = office.duties_account
    if rows is None:
        return None
    return {"rows_read": rows.read, "rows_assessed": rows.assessed, "rows_set_aside": rows.set_aside,
            "rows_excluded": rows.excluded, "findings": len(office.of_institution)}  # fmt: skip


def _dated(one: RosterDate) -> dict[str, str | None]:
    same = None if one.same_since is None else f"{one.same_since:%Y-%m-%dT%H:%M:%SZ}"
    return {"file": one.file, "dated_on": one.dated_on.isoformat() if one.dated_on else None, "same_since": same}


def stamp(run: Run) -> str:
    """The run's clock as it stands in files."""
    return f"{run.as_of:%Y-%m-%dT%H:%M:%SZ}"


def write_run(
    folder: Path,
    files: Mapping[str, Content],
    listed: Mapping[str, object],
    *,
    report: str = "",
    on_whole: Callable[[], object] = lambda: None,
) -> dict[str, object]:
    """Write every file and then the manifest that lists them; what an earlier run left there goes first.

    Until the manifest stands, the folder says itself what will be in it: what has neither is no folder of ours.

    Takes:  files - what each holds, as bytes or in one of the ways for a file too large for the memory;
            report - by which the next run of the same report knows the folder for one that its own left unfinished;
            on_whole - called when all but the manifest is there: from then on it is a finished run.
    Raises: FolderError - the folder cannot be written. KeyboardInterrupt - somebody broke it off; it is gone again.
    """
    begin_stage("files", len(files))
    try:
        _clear(folder)
        begun = {"report": report, "as_of": listed.get("as_of", ""), "files": [*files, MANIFEST]}
        put_file(folder / UNFINISHED, json.dumps(begun).encode())
        outputs = [
            {"path": name, "sha256": put_file(folder / name, content)} for name, content in counting(files.items())
        ]
        _settle()
        on_whole()
        whole = dict(listed) | {"outputs": outputs}
        put_file(folder / MANIFEST, _bytes(whole))
        (folder / UNFINISHED).unlink()
        _settle()
    except KeyboardInterrupt:
        take_unfinished(folder)
        raise
    except OSError as error:
        raise refused(FolderError, "stop_unwritten_open", where=str(folder), what=error.strerror) from error
    return whole


def audit_summary(whole: Mapping[str, object]) -> dict[str, object]:
    """What the audit record keeps of a run: its clock, inputs, rules and versions, and the digest of its manifest."""
    kept = ("as_of", "inputs", "rulebook_sha256", "versions", "ledger", "recipients")
    return {name: whole[name] for name in kept} | {"manifest_sha256": hashlib.sha256(_bytes(whole)).hexdigest()}


def _bytes(whole: Mapping[str, object]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def _clear(folder: Path) -> None:
    """Take away what the manifest of an earlier run in this folder lists, the manifest first."""
    old = folder / MANIFEST
    if not old.exists():
        return
    try:
        names = [output["path"] for output in json.loads(old.read_text("utf-8"))["outputs"]]
    except (ValueError, KeyError, TypeError):
        names = []
    old.unlink()
    for path in (folder / name for name in names):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            path.unlink()


def begun_in(folder: Path) -> Mapping[str, Any]:
    """What a run that did not come to its end says of its folder; nothing of a finished one."""
    return _note(folder / UNFINISHED)


def note_planned(folder: Path, series: str, week: str) -> None:
    """Write down beside a run that its mails stand in the store, before the first of them goes."""
    put_file(folder / PLANNED, json.dumps({"series": series, "week": week}).encode())


def planned_in(folders: Iterable[Path], series: str, week: str) -> list[str]:
    """The runs in these folders whose mails some store had, of that report and week; a run goes by its folder."""
    wanted = {"series": series, "week": week}
    return sorted(folder.name for folder in folders if _note(folder / PLANNED) == wanted)


def _note(file: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def sweep_unfinished(folders: Iterable[Path], report: str) -> int:
    """Take away what runs of that report left half written, which only whoever has its turn may do; how many."""
    dead = [folder for folder in folders if begun_in(folder).get("report") == report]
    for folder in dead:
        take_unfinished(folder)
    return len(dead)


def take_unfinished(folder: Path) -> None:
    """Take away the files that were to be there, and nothing else; of a run that had just ended, only its note."""
    names = [] if (folder / MANIFEST).exists() else begun_in(folder).get("files", ())
    paths = [folder / name for name in names]
    try:
        for path in (*paths, *(path.with_name(f".{path.name}.tmp") for path in paths)):
            if path.resolve().is_relative_to(folder.resolve()):
                path.unlink(missing_ok=True)
        (folder / UNFINISHED).unlink(missing_ok=True)
        for empty in (*{path.parent for path in paths} - {folder}, *([folder] if names else [])):
            if empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()
    except OSError as error:
        raise refused(FolderError, "stop_not_removed", where=str(folder), what=error.strerror) from error


def put_file(path: Path, content: Content) -> str:
    """One file, readable by its owner alone, in a folder that is too if it is ours to make; gives its SHA-256."""
    beside, digest = path.with_name(f".{path.name}.tmp"), hashlib.sha256()
    with _new_file(beside) as file:
        for piece in _pieces(content):
            file.write(piece)
            digest.update(piece)
    beside.replace(path)
    return digest.hexdigest()


def _pieces(content: Content) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    return _pieces_of_file(content) if isinstance(content, Path) else content()


def _pieces_of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as large:
        while piece := large.read(PIECE):
            yield piece


def _new_file(path: Path) -> BinaryIO:
    """The file, empty; its folder is made, and what a broken run left there goes, where that is found so."""
    try:
        return _open_anew(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        path.unlink()
    return _open_anew(path)


def _open_anew(path: Path) -> BinaryIO:
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _settle() -> None:
    """Wait until all that was written is on the disk.

    Once for a thousand files, not once for each: only the manifest says that they are whole, and it comes after.
    """
    if hasattr(os, "sync"):  # Windows has none, and there the manifest's digests alone tell a file cut short
        os.sync()


SQLITE = b"SQLite format 3\0"
PURGED = "purged.json"
"""Beside the manifest: the files that a purge took, with the class and the instant."""
OUR_NOTES = frozenset({MANIFEST, PURGED, PLANNED, UNFINISHED})
"""What stands in a folder of a run and is none of its files."""


class Verification(Struct, frozen=True):
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
        with path.open("rb") as file:  # findings.csv of a million people is over half a gigabyte
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
