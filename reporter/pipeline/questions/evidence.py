"""An evidence pack: one person's case as a folder and a zip, every file listed with its SHA-256; and helpdesk sheets.

`write_sheets`: for each outage that lasts, a fact sheet for the portal's helpdesk, in both languages: people in counts,
no names. Both read rosters and the record; the store is not changed.
"""

import hashlib
import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
from msgspec import Struct, field
from pandas import DataFrame, Timedelta, Timestamp

import reporter
from reporter.engine.downtime import routes
from reporter.engine.exposure import overlaps
from reporter.errors import FolderError, OutageFileError, RosterError, StoreError, refused
from reporter.model.levels import STILL_TO_FILE
from reporter.model.report import Proof, relief_of, without_credentials
from reporter.model.rulebook import Rulebook, link_for
from reporter.model.shapes import people_part
from reporter.pipeline.assemble.inputs import (
    Inputs,
    examine_inputs,
    ledger_mark,
    office_of,
    offices_of,
    read_for_question,
)
from reporter.pipeline.run.run_folder import MANIFEST, put_file, write_run
from reporter.report.evidence import NEAR, Case, OpenOutage, checklist_standing, fact_sheet, helpdesk_sheet
from reporter.report.people import row_dicts
from reporter.rules.wording import cite_text, tell
from reporter.settings import Settings
from reporter.store.captures import Captures, captures_beside, evidence_beside, evidence_of, write_whole
from reporter.store.ledger import history, outages_known_at
from reporter.store.ledger_rows import instant_text

log = logging.getLogger(__name__)
STARTS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"%PDF": ".pdf", b"GIF8": ".gif", b"{": ".json", b"<": ".html"}
AT_NO_TIME = (1980, 1, 1, 0, 0, 0)  # of every file in a zip: the same pack has the same bytes
OWNER_ONLY = 0o600
_COUNTED = ("services", "began_at", "ended_at", "kind", "verification", "status")
"""What of a version moves the hours of a case."""


class PackRequest(Struct, frozen=True):
    """What the pack is of: a person, the outages asked for (all that touch, when none), a deadline or all."""

    person_id: str
    outage_ids: tuple[str, ...] = ()
    deadline: str = ""
    as_known: Timestamp | None = None


class Pack(Struct, frozen=True):
    """The folder and the zip that were written, and how each item of the checklist stands."""

    folder: Path
    archive: Path
    files: tuple[str, ...]
    standing: Mapping[str, str]


def make_pack(settings: Settings, as_of: Timestamp, wanted: PackRequest, *, out: Path | None = None) -> Pack:
    """Gather one person's case and write it, readable by its owner only.

    Raises: RosterError - no duty of that person; OutageFileError - no such outage; FolderError - cannot be written.
    """
    inputs = read_for_question(settings, as_of, as_known=wanted.as_known)
    with closing(inputs.store):
        case, files = _case(inputs, wanted)
        mark = ledger_mark(inputs.store)
    html, text = fact_sheet(case, templates=settings.path(settings.templates) if settings.templates else None)
    files = {"fact-sheet.html": html.encode(), "fact-sheet.txt": text.encode(), **files}
    folder = out or settings.runs_folder / f"evidence-{case.slug}-{as_of:%Y%m%dT%H%M%SZ}"
    listed = _listed(inputs, case, mark)
    archive = _write(folder, dict(sorted(files.items())), listed)
    log.info("evidence pack: %d files, %d outages", len(files), len(case.proofs))
    return Pack(folder, archive, tuple(sorted(files)), checklist_standing(case.person, case.proofs, case.kept))


def _case(inputs: Inputs, wanted: PackRequest) -> tuple[Case, dict[str, bytes]]:
    settings, book, language = inputs.settings, inputs.rulebook, inputs.settings.language
    person = _person(inputs, wanted.person_id)
    findings = inputs.findings(roster=person)
    if wanted.deadline:
        findings = findings[findings["deadline"].astype("str") == wanted.deadline]
    else:
        findings = _of_the_case(findings)
    if findings.empty:
        raise refused(RosterError, "stop_no_duty", where="DEADLINE")
    shared = overlaps(findings, inputs.gathered.record.outages, routes(book), inputs.as_of)
    outages = _outages(inputs, wanted, shared)
    proofs, files = _proofs(inputs, outages)
    kept = evidence_of(inputs.store, wanted.person_id)
    folder = evidence_beside(inputs.store, settings.home)
    files |= {f"filed/{one.name}": folder.read(one.sha256) for one in kept}  # each checked against its hash
    told = tell(findings, person, book, language)
    case = Case(
        language=language,
        office=office_of(settings, language),
        as_of=inputs.as_of,
        as_known=wanted.as_known,
        slug=f"case-{hashlib.sha256(wanted.person_id.encode()).hexdigest()[:12]}",  # it holds nothing of the person's
        person=row_dicts(person)[0] | {"full_name": told["full_name"].iloc[0]},
        duties=findings.assign(**{name: told[name] for name in ("title", "closes_local")}),
        overlaps=shared[shared["outage_id"].isin(outages["outage_id"])],
        cites={key: _cite(key, book, findings, language) for key in findings["deadline"].astype("str").unique()},
        services={key: service.title.of(language) for key, service in book.services.items()},
        proofs=proofs,
        kept=kept,
    )
    return case, files


def _of_the_case(findings: DataFrame) -> DataFrame:
    """The duties at some level, or that lost hours and can still be done; all where none is so.

    A start of years ago and a passport that ends years ahead are no part of it.
    """
    is_told = (findings["level"] != "none") | (~findings["is_past"] & (findings["lost_hours"] > 0))
    return findings[is_told] if is_told.any() else findings


def _person(inputs: Inputs, person_id: str) -> DataFrame:
    roster = inputs.gathered.roster
    person = roster[roster["person_id"] == person_id].reset_index(drop=True)
    if person.empty:
        aside = (people_part(inputs.gathered.rows)["person_id"] == person_id).any()
        raise refused(RosterError, "stop_person_aside" if aside else "stop_person_unknown", where="PERSON")
    return person


def _cite(key: str, book: Rulebook, findings: DataFrame, language: str) -> tuple[str, str]:
    """The provision in force on the last day."""
    closes = findings.loc[findings["deadline"].astype("str") == key, "closes_on"].max()
    versions = book.deadlines[key].in_force
    held = [v for v in versions if pd.isna(closes) or v.from_ <= closes.date()] or list(versions)
    return cite_text(held[-1].cite, language), link_for(held[-1], language)


def _outages(inputs: Inputs, wanted: PackRequest, shared: DataFrame) -> DataFrame:
    """The outages asked for, else all that shut a service one of the duties needs while it could be done."""
    record = inputs.gathered.record.outages
    absent = set(wanted.outage_ids) - set(record["outage_id"])
    if absent:
        raise refused(OutageFileError, "stop_no_such_outages", where=", ".join(sorted(absent)))
    ids = wanted.outage_ids or tuple(shared.loc[shared["minutes"] > 0, "outage_id"])
    return record[record["outage_id"].isin(ids)].sort_values(["began_at", "outage_id"], ignore_index=True)


def _proofs(inputs: Inputs, outages: DataFrame) -> tuple[tuple[Proof, ...], dict[str, bytes]]:
    """What the ledger holds of each outage, and the files that show it: each captured file once, under its hash."""
    shelf = _Shelf(captures_beside(inputs.store, inputs.settings.home))
    in_ledger = set(outages_known_at(inputs.store)["outage_id"])
    proofs: list[Proof] = []
    files: dict[str, bytes] = {}
    for number, outage in enumerate(row_dicts(outages), start=1):
        versions = row_dicts(history(inputs.store, outage["outage_id"])) if outage["outage_id"] in in_ledger else []
        proof, own = _proof(outage, versions, shelf, f"outages/{number:02d}-{_plain_name(outage['outage_id'])}")
        proofs.append(proof)
        files |= own
    return tuple(proofs), files | shelf.files


class _Shelf(Struct):
    """The captured files of a pack, each read and packed once, however many outages it tells of."""

    captures: Captures
    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def place(self, sha256: str) -> str:
        """The name in the pack of a captured file as it was captured; empty when it is not so any more."""
        if sha256 not in self.names:
            self.names[sha256] = self._put(sha256)
        return self.names[sha256]

    def _put(self, sha256: str) -> str:
        try:
            content = self.captures.read(sha256)
        except StoreError:
            return ""
        name = f"captures/{sha256[:12]}{_suffix_of(content)}"
        self.files[name] = content
        return name


def _proof(
    outage: dict[str, Any], versions: list[dict[str, Any]], shelf: _Shelf, place: str
) -> tuple[Proof, dict[str, bytes]]:
    texts = [{key: without_credentials(str(value)) for key, value in version.items()} for version in versions]
    whole = {v["captured_sha256"] for v in texts} - {""}
    captured = dict.fromkeys(_telling_captures(texts))
    named = tuple(name for sha256 in captured if (name := shelf.place(sha256)))
    lost = tuple(sha256 for sha256 in captured if not shelf.place(sha256))
    raw = next((v["raw_text"] for v in reversed(texts) if v["raw_text"]), "")
    relief = relief_of(texts[-1]["relief"]) if texts else None
    shown = {key: _json(value) for key, value in outage.items()}
    document = json.dumps({"outage": shown, "versions": texts}, ensure_ascii=False, indent=2, sort_keys=True)
    files = {f"{place}/record.json": f"{document}\n".encode()}
    if raw:
        files[f"{place}/notice.txt"] = raw.encode()
    return Proof(outage, tuple(texts), relief, named, lost, raw, len(whole) - len(captured)), files


def _telling_captures(versions: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The captured files by which the case stands: of the first version, the newest, and each that changed an hour.

    A page that is looked at each day and differs each day would fill the pack with copies of itself.
    """
    for number, version in enumerate(versions):
        before = versions[number - 1]
        is_end = number in (0, len(versions) - 1)
        if version["captured_sha256"] and (is_end or any(version[name] != before[name] for name in _COUNTED)):
            yield version["captured_sha256"]


def _suffix_of(content: bytes) -> str:
    """What a captured file is, by its first bytes; it was kept without a name."""
    return next((suffix for start, suffix in STARTS.items() if content.lstrip()[:8].startswith(start)), ".txt")


def _plain_name(text: str) -> str:
    """An id as part of a file's name, on any system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60] or "outage"


def _json(value: Any) -> Any:
    if isinstance(value, Timestamp):
        return None if pd.isna(value) else instant_text(value)
    return None if value is pd.NaT else value


def _listed(inputs: Inputs, case: Case, mark: Mapping[str, str]) -> dict[str, object]:
    return {
        "case": case.slug,
        "as_of": instant_text(case.as_of),
        "as_known": None if case.as_known is None else instant_text(case.as_known),
        "deadlines": sorted(case.cites),
        "outages": [proof.outage["outage_id"] for proof in case.proofs],
        "checklist": checklist_standing(case.person, case.proofs, case.kept),
        "inputs": [{"path": name, "sha256": sha256} for name, sha256 in inputs.gathered.inputs],
        "ledger": dict(mark),
        "rulebook_sha256": inputs.rulebook.sha256,
        "versions": {"reporter": reporter.__version__},
    }


def _write(folder: Path, files: Mapping[str, bytes], listed: Mapping[str, object]) -> Path:
    """The folder with its manifest, and beside it the same as a zip whose bytes depend on nothing else."""
    archive = folder.parent / f"{folder.name}.zip"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_run(folder, files, listed)
        for name in (*files, MANIFEST):
            (folder / name).chmod(OWNER_ONLY)
        content = _zipped(folder.name, dict(files) | {MANIFEST: (folder / MANIFEST).read_bytes()})
        write_whole(archive, content, OWNER_ONLY)
    except OSError as e:
        raise refused(FolderError, "stop_unwritten", where=folder.name, what=e.strerror) from e
    return archive


def _zipped(name: str, files: Mapping[str, bytes]) -> bytes:
    # NOTE: stored, not deflated: what a compressor makes of the same bytes differs between its versions
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{name}/{path}", AT_NO_TIME)
            entry.create_system, entry.external_attr = 3, OWNER_ONLY << 16
            archive.writestr(entry, files[path])
    return buffer.getvalue()


LANGUAGES = ("en", "fr")


def write_sheets(settings: Settings, as_of: Timestamp, folder: Path) -> tuple[Path, ...]:
    """The sheets of every outage that is open at that instant, readable by their owner alone.

    Raises: ReporterError - no roster can be read.
    """
    inputs = read_for_question(settings, as_of)
    with closing(inputs.store):
        files = dict(_sheets(inputs))
    for name, content in files.items():
        put_file(folder / name, content.encode())
    return tuple(folder / name for name in files)


def _sheets(inputs: Inputs) -> Iterator[tuple[str, str]]:
    record, findings = inputs.gathered.record.outages, people_part(examine_inputs(inputs).findings)
    is_open = (record["began_at"] <= inputs.as_of) & ~(record["ended_at"] <= inputs.as_of)
    known, settings, offices = inputs.rulebook.services, inputs.settings, offices_of(inputs.settings)
    for outage in row_dicts(record[is_open & (record["status"] != "cancelled")]):
        hit = _people_hit(findings, str(outage["outage_id"]))
        for language in LANGUAGES:
            titles = {key: service.title.of(language) for key, service in known.items()}
            one = OpenOutage(language, offices[language], inputs.as_of, outage, titles, **_counts(hit, inputs.as_of))
            html, text = helpdesk_sheet(one, templates=settings.template_folder)
            stem = f"helpdesk-{_plain_name(str(outage['outage_id']))}.{language}"
            yield f"{stem}.html", html
            yield f"{stem}.txt", text


def _people_hit(findings: DataFrame, outage_id: str) -> DataFrame:
    """The duties that can still be done and that this outage touches."""
    named = findings["outages"].astype("str").str.split(";").map(lambda ids: outage_id in ids).astype(bool)
    return findings[named & findings["disposition"].isin(list(STILL_TO_FILE)) & ~findings["is_past"]]


def _counts(hit: DataFrame, as_of: Timestamp) -> Mapping[str, Any]:
    soon = {days: hit.loc[hit["closes_at"] <= as_of + Timedelta(days=days), "person_id"].nunique() for days in NEAR}
    first = hit["closes_at"].min()
    return {"people": hit["person_id"].nunique(), "soon": soon, "first_at": None if pd.isna(first) else first}
