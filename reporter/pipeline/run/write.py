"""The only place that writes a run's files: beside, then renamed, the manifest last."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from reporter.errors import FolderError, refused
from reporter.model.account import FATES
from reporter.model.open_items import FATES as FATES_OF_ITEMS
from reporter.model.report import Report, RosterDate, Run
from reporter.pipeline.run.tell import RenderedFiles
from reporter.store.debts import Cause
from reporter.text.catalogue import words

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
    folder: Path, files: Mapping[str, bytes], listed: Mapping[str, object], *, report: str = ""
) -> dict[str, object]:
    """Write every file and then the manifest that lists them; what an earlier run left there goes first.

    Until the manifest stands, the folder says itself what will be in it: what has neither is no folder of ours.

    Takes:  report - by which the next run of the same report knows the folder for one that its own left unfinished.
    Raises: FolderError - the folder cannot be written.
    """
    try:
        _clear(folder)
        begun = {"report": report, "as_of": listed.get("as_of", ""), "files": [*files, MANIFEST]}
        put_file(folder / UNFINISHED, json.dumps(begun).encode())
        for name, content in files.items():
            put_file(folder / name, content)
        _settle()
        outputs = [{"path": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()]
        whole = dict(listed) | {"outputs": outputs}
        put_file(folder / MANIFEST, _bytes(whole))
        (folder / UNFINISHED).unlink()
        _settle()
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


def put_file(path: Path, content: bytes) -> None:
    """One file, readable by its owner alone, in a folder that is too if it is ours to make."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.unlink(missing_ok=True)
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
    beside.replace(path)


def _settle() -> None:
    """Wait until all that was written is on the disk.

    Once for a thousand files, not once for each: only the manifest says that they are whole, and it comes after.
    """
    if hasattr(os, "sync"):  # Windows has none, and there the manifest's digests alone tell a file cut short
        os.sync()
