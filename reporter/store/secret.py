"""A secret of this store's own, in a file beside it that only its owner reads; never in the database or its backups.

With it the audit record calls an erased person by a name that nobody can guess from a list of ids.
"""

import os
import secrets
from pathlib import Path

from reporter.errors import StoreError

NAME = "audit.key"
BYTES = 32


def own_secret(folder: Path) -> bytes:
    """The secret in that folder; made when it is first needed. Raises: StoreError - it cannot be kept or read."""
    path = folder / NAME
    try:
        _make(path)
        kept = path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot be kept ({error.strerror})", where=NAME) from error
    if len(kept) != BYTES:  # a process was killed while it wrote
        raise StoreError("is damaged; restore it from a backup, or delete it to have another made", where=NAME)
    return kept


def _make(path: Path) -> None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
