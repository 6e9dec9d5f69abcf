"""The room that every page is served from: its token, who may ask, what a page may load, its languages and its end.

Loopback alone. The address holds a token that nobody can guess; a question has to name this very address as its host
(so that no other name leads here) and, where it changes something, as its origin (so that no other page sends it). A
page loads nothing but its own style and script. Nothing is logged: an address holds the token, a form what was typed.
"""

import logging
import secrets
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct, field

from reporter.errors import ReporterError, SettingsError, refused
from reporter.resources import library
from reporter.text.catalogue import words

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
log = logging.getLogger(__name__)
HOST = "127.0.0.1"
LANGUAGES = ("en", "fr")
LARGEST_FORM = 50_000_000
"""Bytes of one form with its files: a few screenshots and saved pages."""
EXTRA, HERE = "page", Path(__file__).parent
FILES = {"page.css": "text/css", "page.js": "text/javascript"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"referrer-policy": b"same-origin",  # with less, a browser names no origin with a form
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
KEPT, NOT_KEPT = b"private, max-age=86400", b"no-store"
"""What a browser may keep: the style, which the last page needs when nobody answers any more; and nothing else."""


class SentFile(Struct, frozen=True):
    """A file that was sent with a form."""

    name: str
    content: bytes


class Visit(Struct, frozen=True):
    """A question that was let in: in which language, the named parts of its address, and what its form holds."""

    language: str
    parts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[SentFile, ...] = ()

    def text(self, name: str) -> str:
        """What was typed under that name, without the blanks about it."""
        return next(iter(self.fields.get(name, ())), "").strip()


class Shown(Struct, frozen=True):
    """A template of this folder, filled in."""

    template: str
    facts: Mapping[str, Any]
    status: int = 200


class GoTo(Struct, frozen=True):
    """Another page of this server, from the language on: `item/1a2b`."""

    place: str = ""


class Picture(Struct, frozen=True):
    """A picture as it was sent."""

    content: bytes
    media_type: str


Reply = Shown | GoTo | Picture


class PageRoute(Struct, frozen=True):
    """What answers to an address below the language, such as `item/{item}`; a form is answered by `posted` alone."""

    place: str
    answer: Callable[[Visit], Reply]
    posted: bool = False


class LocalServer:
    """The pages of `routes`, in the catalogue's words `part`, until somebody closes them or ends the command.

    Raises: SettingsError - the extra `reporter[page]` is not installed, or the port is taken.
    """

    def __init__(self, routes: Sequence[PageRoute], part: str, *, language: str, port: int = 0) -> None:
        self._uvicorn = library("uvicorn", EXTRA, where=EXTRA)
        library("starlette", EXTRA, where=EXTRA)
        library("python_multipart", EXTRA, where=EXTRA)
        self._routes, self._part, self._language = routes, part, language
        self._token = secrets.token_urlsafe(24)
        self._socket = _listening(port)
        self._port = self._socket.getsockname()[1]
        self._server: Any = None

    @property
    def address(self) -> str:
        """Where the page is, with its token."""
        return f"http://{HOST}:{self._port}/{self._token}/"

    def run(self) -> None:
        """Answer until the page is closed, or the command is ended by Ctrl+C or a signal."""
        config = self._uvicorn.Config(
            _Guard(self._application(), self._token, self._port),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        self._server = self._uvicorn.Server(config)
        before = signal.signal(signal.SIGTERM, lambda *_: None) if _is_main() else None
        try:
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:  # the server has come to its end by then; this was the way to ask for it
            log.info("page: closed by a key")
        finally:
            self._socket.close()
            if before is not None:
                signal.signal(signal.SIGTERM, before)

    def stop(self) -> None:
        """Come to an end once what is being answered is answered."""
        if self._server is not None:
            self._server.should_exit = True

    def _application(self) -> "ASGIApp":
        from starlette.applications import Starlette
        from starlette.responses import RedirectResponse
        from starlette.routing import Route as Way

        def to_language(_: "Request") -> "Response":
            return RedirectResponse(f"/{self._token}/{self._language}/", 303)

        ways = [Way("/{token}/", to_language), Way("/{token}/file/{name}", _file)]
        ways += [self._way(route) for route in (*self._routes, PageRoute("close", self._close, posted=True))]
        return Starlette(routes=ways)

    def _way(self, route: PageRoute) -> Any:
        from starlette.concurrency import run_in_threadpool
        from starlette.routing import Route as Way

        async def answer(request: "Request") -> "Response":
            visit = await _visit(request)
            return self._response(await run_in_threadpool(self._answered, route, visit), visit, request)

        return Way(f"/{{token}}/{{language}}/{route.place}", answer, methods=["POST" if route.posted else "GET"])

    def _answered(self, route: PageRoute, visit: Visit) -> Reply:
        """The reply; what is refused is told on a page of its own, and what nobody foresaw by its kind alone."""
        try:
            return route.answer(visit)
        except ReporterError as error:
            return Shown("refused.html.j2", {"message": error.in_language(visit.language)}, 400)
        except Exception as error:  # noqa: BLE001  its text can hold what was typed
            log.error("page: %s", type(error).__name__)
            return Shown("refused.html.j2", {"message": words("page", visit.language)["fault"]}, 500)

    def _response(self, reply: Reply, visit: Visit, request: "Request") -> "Response":
        from starlette.responses import HTMLResponse, RedirectResponse, Response

        root = f"/{self._token}/{visit.language}/"
        if isinstance(reply, GoTo):
            return RedirectResponse(root + reply.place, 303)
        if isinstance(reply, Picture):
            return Response(reply.content, media_type=reply.media_type)
        other = next(one for one in LANGUAGES if one != visit.language)
        place = request.url.path.removeprefix(root) if request.method == "GET" else ""
        frame = {
            "w": {**words("page", visit.language), **words(self._part, visit.language)},
            "language": visit.language,
            "root": root,
            "files": f"/{self._token}/file/",
            "other": {
                "language": other,
                "address": f"/{self._token}/{other}/{place}",
                "name": words("page", other)["name"],
            },
        }
        return HTMLResponse(_templates().get_template(reply.template).render({**frame, **reply.facts}), reply.status)

    def _close(self, visit: Visit) -> Reply:
        self.stop()
        return Shown("closed.html.j2", {})


def _is_main() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


def _listening(port: int) -> socket.socket:
    """A socket of this machine alone, at any free port where none is named. Raises: SettingsError - it is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.bind((HOST, port))
    except OSError as error:
        made.close()
        raise refused(SettingsError, "stop_page_port", where="--port", port=port, what=error.strerror) from error
    made.listen()
    return made


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(HERE)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _file(request: "Request") -> "Response":
    """The style and the script, which stand in files of their own so that a page may hold neither."""
    from starlette.responses import PlainTextResponse, Response

    name = request.path_params["name"]
    if name not in FILES:
        return PlainTextResponse("404", 404)
    return Response((HERE / name).read_bytes(), media_type=FILES[name])


async def _visit(request: "Request") -> Visit:
    """What the question says. A form with more parts than any page of ours has is refused by the library."""
    from starlette.datastructures import UploadFile
    from starlette.exceptions import HTTPException

    parts = dict(request.path_params)
    language = parts.pop("language")
    if language not in LANGUAGES:
        raise HTTPException(404)
    parts.pop("token")
    fields: dict[str, tuple[str, ...]] = {}
    files: list[SentFile] = []
    if request.method == "POST":
        async with request.form(max_files=50, max_fields=200, max_part_size=LARGEST_FORM) as form:
            for name, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    fields[name] = (*fields.get(name, ()), value)
                elif value.filename:
                    files.append(SentFile(Path(value.filename.replace("\\", "/")).name, await value.read()))
    return Visit(language, parts, fields, tuple(files))


class _Guard:
    """Lets in what this page's own browser asks, and says of every answer what the browser may do with it."""

    def __init__(self, inner: "ASGIApp", token: str, port: int) -> None:
        self._inner, self._token = inner, token
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        from starlette.responses import PlainTextResponse

        async def with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                keeps = KEPT if scope["path"].startswith(f"/{self._token}/file/") else NOT_KEPT
                message["headers"] = [*message["headers"], *HEADERS.items(), (b"cache-control", keeps)]
            await send(message)

        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        code = self._fault(scope, headers)
        inner: ASGIApp = PlainTextResponse(str(code), code) if code else self._inner
        await inner(scope, receive, with_headers)

    def _fault(self, scope: "Scope", headers: Mapping[str, str]) -> int:
        """The code of the answer to whoever is not let in; 0 for who is."""
        host = headers.get("host", "")
        said = scope["path"].split("/")[1] if "/" in scope["path"] else ""
        if host not in self._hosts:
            return 421
        if not secrets.compare_digest(said.encode(), self._token.encode()):
            return 404
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403
        if scope["method"] not in ("GET", "HEAD") and headers.get("origin", "") != f"http://{host}":
            return 403
        if scope["method"] not in ("GET", "HEAD") and not headers.get("content-length", "").isdecimal():
            return 411
        size = headers.get("content-length", "")
        return 413 if size.isdecimal() and int(size) > LARGEST_FORM else 0
