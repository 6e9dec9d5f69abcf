"""Rosters that stand elsewhere: a file in SharePoint, OneDrive or on an SFTP server, or the rows of a database's query.

Each is fetched for one reading, into a folder that nobody else can open and that is gone right after; the reader then
treats it as any other file, and its digest stands among the inputs of the run. What cannot be had is a roster that was
not read, with its reason: never an empty one.
"""

import asyncio
import base64
import csv
import logging
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import httpx2
from msgspec import Struct
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from reporter.delivery.secrets import GRAPH_SCOPE
from reporter.errors import RosterError, refused
from reporter.model.mail import Outcome
from reporter.pipeline.assemble.credentials import authority_file, kept_password, microsoft_tokens, safe_url
from reporter.readers.sandbox import LIMITS
from reporter.resources import library
from reporter.settings import RosterSettings, Settings, file_age

log = logging.getLogger(__name__)
GRAPH_URL = "https://graph.microsoft.com/v1.0"
TRIES = 3
PAUSE_SECONDS = 2.0
"""Before the first try again, longer before the next; what does not come then is fetched by the next run."""
LONGEST_SECONDS = 60.0
NO_RIGHT, PASSING = (401, 403), (408, 425, 429, 500, 502, 503, 504)


class _LaterError(Exception):
    """The server could not be asked, or had no time: another try is worth it. The text names nobody."""


@contextmanager
def roster_file(settings: Settings, entry: RosterSettings) -> Iterator[Path]:
    """A copy of that roster, for as long as it is read.

    Raises: RosterError - it cannot be had. SettingsError - a password or a library for it is missing.
    """
    with TemporaryDirectory(prefix="reporter-") as folder:
        path = fetch_roster(settings, entry, Path(folder))
        log.info("roster fetched: %d bytes", path.stat().st_size)
        yield path


class RemoteRoster(Struct, frozen=True):
    """A roster that is elsewhere: its table of the settings, its address in parts, and the folder its copy goes to."""

    settings: Settings
    entry: RosterSettings
    parts: SplitResult
    folder: Path

    def password(self, user: str) -> str:
        """What it is let in by."""
        return kept_password(self.settings, self.entry, user, f"roster {self.entry.path}")

    def named(self, found: str) -> Path:
        """Where the copy goes: by its own name where a pattern was asked for, else by the roster's."""
        name = Path(self.entry.path).name
        return self.folder / (PurePosixPath(found).name if "*" in name else name)

    def refuse(self, code: str, what: object) -> RosterError:
        """The reason, with the host alone: the rest of an address can name a person or hold a key."""
        host = self.parts.hostname or self.parts.scheme
        return refused(RosterError, code, where=Path(self.entry.path).name, host=host, what=what)


def fetch_roster(settings: Settings, entry: RosterSettings, folder: Path) -> Path:
    """That roster as a file in the folder, under the name it goes by. Raises: as `roster_file`."""
    remote = RemoteRoster(settings, entry, urlsplit(entry.address), folder)
    way = WAYS.get(remote.parts.scheme, _by_query)
    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(multiplier=PAUSE_SECONDS, max=LONGEST_SECONDS, jitter=PAUSE_SECONDS),
        retry=retry_if_exception_type(_LaterError),
        reraise=True,
    )
    try:
        return tries(way, remote)
    except _LaterError as error:
        raise remote.refuse("stop_roster_unreachable", str(error)) from None


def _by_graph(remote: RemoteRoster) -> Path:
    """A file of SharePoint or OneDrive, by the address that a browser shows or a sharing link."""
    settings = remote.settings
    secret = remote.password(settings.mail.client_id)
    tokens = microsoft_tokens(settings, GRAPH_SCOPE, secret)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses
    trust = ssl.create_default_context(cafile=authority_file(settings))
    try:
        token = tokens.token()
        if isinstance(token, Outcome):
            what = token.said or token.why
            raise _LaterError(what) if token.phase == "connect" else remote.refuse("stop_roster_refused", what)
        with httpx2.Client(follow_redirects=True, verify=trust, timeout=settings.mail.phase_seconds) as client:
            graph = safe_url("graph_url", (settings.mail.graph_url or GRAPH_URL).rstrip("/"))
            return _download(remote, graph, client, token)
    except (httpx2.HTTPError, OSError) as error:
        raise _LaterError(type(error).__name__) from None
    finally:
        tokens.close()


def _download(remote: RemoteRoster, graph: str, client: Any, token: str) -> Path:
    shared = base64.urlsafe_b64encode(remote.entry.address.encode()).decode().rstrip("=")
    headers = {"Authorization": f"Bearer {token}"}  # the client keeps it from the other host that the file comes from
    with client.stream("GET", f"{graph}/shares/u!{shared}/driveItem/content", headers=headers) as answer:
        if answer.status_code in PASSING:
            raise _LaterError(f"HTTP {answer.status_code}")
        if answer.status_code != 200:
            code = "stop_roster_refused" if answer.status_code in NO_RIGHT else "stop_roster_not_there"
            raise remote.refuse(code, f"HTTP {answer.status_code}")
        return _kept(answer.iter_bytes(), remote.named(remote.parts.path))


def _kept(pieces: Iterable[bytes], path: Path) -> Path:
    """The file; of one that is too large so much that the reader sees it is."""
    size = 0
    with path.open("wb") as file:
        for piece in pieces:
            size += file.write(piece)
            if size > LIMITS.size:
                break
    return path


def _by_sftp(remote: RemoteRoster) -> Path:
    """A file of an SFTP server whose key is known; of a pattern the newest."""
    settings, entry, parts = remote.settings, remote.entry, remote.parts
    ssh = library("asyncssh", "sftp", kind=RosterError, where=Path(entry.path).name)
    secret = remote.password(parts.username or "")
    key = [(str(settings.path(entry.key_file)), secret)] if entry.key_file else []
    try:
        options: dict[str, Any] = {
            "port": parts.port or 22,
            "username": unquote(parts.username or ""),
            "password": None if key else secret or None,
            "client_keys": [ssh.read_private_key(path, passphrase or None) for path, passphrase in key] or None,
            "known_hosts": ([ssh.import_public_key(entry.host_key)], [], []),
            "agent_path": None,
            "config": None,
            "connect_timeout": settings.mail.phase_seconds,
            "login_timeout": settings.mail.phase_seconds,
        }
        return asyncio.run(_copied(ssh, remote, options))
    except (ssh.KeyImportError, ssh.KeyEncryptionError, FileNotFoundError) as error:
        raise remote.refuse("stop_roster_key", type(error).__name__) from None
    except ssh.HostKeyNotVerifiable as error:
        raise remote.refuse("stop_roster_host_key", type(error).__name__) from None
    except (ssh.PermissionDenied, ssh.SFTPPermissionDenied) as error:
        raise remote.refuse("stop_roster_refused", type(error).__name__) from None
    except (ssh.SFTPNoSuchFile, ssh.SFTPNoSuchPath) as error:
        raise remote.refuse("stop_roster_not_there", type(error).__name__) from None
    except (ssh.Error, OSError) as error:
        raise _LaterError(type(error).__name__) from None


async def _copied(ssh: Any, remote: RemoteRoster, options: Mapping[str, Any]) -> Path:
    path = unquote(remote.parts.path).removeprefix("/~/")
    async with ssh.connect(remote.parts.hostname, **options) as server, server.start_sftp_client() as files:
        if "*" in PurePosixPath(path).name:
            path = await _newest(ssh, files, path, remote.entry.newest)
        async with files.open(path, "rb") as file:
            content = await file.read(LIMITS.size + 1)
    return _kept([content], remote.named(path))


async def _newest(ssh: Any, files: Any, pattern: str, newest: str) -> str:
    folder, name = str(PurePosixPath(pattern).parent), PurePosixPath(pattern).name
    found = [one for one in await files.readdir(folder) if fnmatchcase(one.filename, name)]
    ages = {one.filename: file_age(one.filename, one.attrs.mtime or 0, newest) for one in found}
    fitting = [one for one in ages if not one.startswith(("~$", "."))]
    if not fitting:
        raise ssh.SFTPNoSuchFile("nothing fits the pattern")
    return f"{folder}/{max(fitting, key=ages.__getitem__)}"


def _by_query(remote: RemoteRoster) -> Path:
    """The rows of a query as a .csv file. Nothing is ever committed, and the database is told so where it can be."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

    try:
        engine = _reading_engine(remote)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise remote.refuse("stop_roster_driver", type(error).__name__) from None
    is_reached = False
    try:
        with engine.connect() as connection:
            is_reached = True
            return _queried(connection, remote)
    except DBAPIError as error:
        what = type(error.orig).__name__
        if error.connection_invalidated or not is_reached:
            raise _LaterError(what) from None
        raise remote.refuse("stop_roster_query", what) from None
    except SQLAlchemyError as error:  # such as a statement that gives no rows
        raise remote.refuse("stop_roster_query", type(error).__name__) from None
    finally:
        engine.dispose()


def _reading_engine(remote: RemoteRoster) -> Any:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.pool import NullPool

    url = make_url(remote.entry.address)
    if url.get_backend_name() == "sqlite":
        file = remote.settings.path(url.database or "")
        return create_engine(f"sqlite:///file:{file.absolute().as_posix()}?mode=ro&uri=true", poolclass=NullPool)
    secret = remote.password(url.username or "")
    options = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
    return create_engine(
        url.set(password=secret) if secret else url, poolclass=NullPool, execution_options=options, hide_parameters=True
    )


def _queried(connection: Any, remote: RemoteRoster) -> Path:
    from sqlalchemy import text

    query = text(remote.entry.query.replace(":", r"\:"))  # the query as it stands: no part of it is to be filled in
    rows = connection.execution_options(stream_results=True).execute(query)
    path = remote.named(f"{Path(remote.entry.path).stem}.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(rows.keys())
        for row in rows:
            sheet.writerow("" if value is None else getattr(value, "isoformat", lambda v=value: v)() for value in row)
            if file.tell() > LIMITS.size:
                break
    return path


WAYS: Mapping[str, Callable[[RemoteRoster], Path]] = {"https": _by_graph, "sftp": _by_sftp}
"""By how an address begins; any other is that of a database."""
