"""A process that has mails in hand, under a name by which others can tell whether it is still alive.

It holds a lock on a file of its own as long as it lives; the system lets go of it when the process dies, however it
dies. Of a process on another machine, or in another folder, nothing can be told: there the lease of its claims does.
"""

import hashlib
import socket
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

MARK = ".reporter-delivering-{token}.lock"


def place(folder: Path) -> str:
    """A name for this machine and folder that shows neither."""
    return hashlib.sha256(f"{socket.gethostname()}\n{folder.resolve()}".encode()).hexdigest()[:12]


class Worker:
    """This process, in a folder it shares with the others that use the same store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = uuid.uuid4().hex
        self.place = place(folder)
        self._lock: FileLock | None = None

    @property
    def name(self) -> str:
        """What stands in the store as the holder of a claim."""
        return f"{self.place}/{self.token}" if self._lock is not None else self.token

    def __enter__(self) -> "Worker":
        lock = FileLock(self._file(self.token))
        with suppress(OSError, Timeout):  # a folder that cannot be written to: the lease alone tells
            lock.acquire(timeout=0)
            self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
            self._file(self.token).unlink(missing_ok=True)

    def is_gone(self, name: str) -> bool:
        """Whether that process is known to have ended."""
        place, _, token = name.rpartition("/")
        if place != self.place or token == self.token:
            return False
        file = self._file(token)
        if not file.exists():
            return True
        try:
            FileLock(file).acquire(timeout=0).lock.release()
        except (OSError, Timeout):
            return False
        file.unlink(missing_ok=True)
        return True

    def _file(self, token: str) -> Path:
        return self.folder / MARK.format(token=token)
