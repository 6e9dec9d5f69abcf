"""Captured files beside the database, each under the SHA-256 of its bytes, so that a changed one shows.

Beside them stands what the web servers said of each page, so that an unchanged page is not fetched again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from reporter.errors import StoreError
from reporter.store.database import Store

FOLDER = "captures"
_SEEN = "seen.json"


@dataclass(frozen=True)
class Captures:
    """The folder of captured files; made when the first file is kept, readable by its owner only."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256; the same bytes are kept once."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not (self.folder / sha256).exists():
            self._write(sha256, content)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes as captured. Raises StoreError when they are gone, or are not what was captured."""
        if len(sha256) != 64 or not sha256.isalnum():
            raise StoreError("is not the SHA-256 of a captured file", where=sha256[:70])
        try:
            content = (self.folder / sha256).read_bytes()
        except OSError as e:
            raise StoreError(f"the captured file cannot be read ({e.strerror})", where=sha256) from e
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreError("the captured file was changed after it was captured; restore a backup", where=sha256)
        return content

    def seen(self, url: str) -> Mapping[str, str]:
        """What was noted of that address: etag, last_modified, sha256; empty when it was never fetched."""
        return self._all_seen().get(url, {})

    def note(self, url: str, said: Mapping[str, str]) -> None:
        """Note what the server said of that address."""
        whole = self._all_seen() | {url: dict(said)}
        self._write(_SEEN, json.dumps(whole, sort_keys=True, indent=1).encode())

    def _all_seen(self) -> dict[str, dict[str, str]]:
        try:
            noted = json.loads((self.folder / _SEEN).read_text("utf-8"))
        except (OSError, ValueError):  # only saves a download; without it, everything is fetched again
            return {}
        return noted if isinstance(noted, dict) else {}

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all: written beside, then put in place."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, delete=False) as file:  # its rights are 0600
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(self.folder / name)
        except OSError as e:
            with suppress(OSError, UnboundLocalError):
                Path(file.name).unlink(missing_ok=True)
            raise StoreError(f"the captured file cannot be kept ({e.strerror})", where=self.folder.name) from e


def captures_beside(store: Store, otherwise: Path) -> Captures:
    """The captures beside an SQLite file; with a database server, those in the folder given instead."""
    return Captures(store.folder(otherwise) / FOLDER)
