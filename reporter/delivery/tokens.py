"""Tokens that let a program send mail without a password; each provider has a module of its own.

A token is kept in memory for one run, never written to the disk, never shown and never logged.
"""

import importlib
from functools import partial
from typing import Any, Protocol

from reporter.errors import SettingsError, refused
from reporter.model.mail import Outcome


class Source(Protocol):
    """Where tokens come from. `token` gives one that still holds, or what became of asking; no mail is named yet."""

    def token(self) -> str | Outcome: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


class Tokens:
    """The tokens of one application; tells one that has lapsed from one that was never any good."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._given, self._accepted = "", ""

    def token(self) -> str | Outcome:
        """A token that still holds; else what became of asking for one."""
        given = self._source.token()
        self._given = given if isinstance(given, str) else ""
        return given

    def accepted(self) -> None:
        """A server has let us in with the last token."""
        self._accepted = self._given

    def has_lapsed(self) -> bool:
        """Whether the token that was refused just now had been taken before: then another one is worth a try, once."""
        if not self._given or self._given != self._accepted:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Ask for another one next time."""
        self._source.forget()
        self._given, self._accepted = "", ""

    def close(self) -> None:
        """Let go of the token and of the connection it came by."""
        self.forget()
        self._source.close()


def library(name: str, extra: str) -> Any:
    """A module that not every office needs, of the extra that installs it.

    Raises: SettingsError - it is not installed; says how to.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise refused(SettingsError, "stop_library", where="mail", extra=extra) from error


def session(ca_file: str | None, seconds: float, extra: str) -> Any:
    """A `requests` session that gives up after so many seconds. Raises: SettingsError - it is not installed.

    NOTE: said with each request, our own authority holds; said of the session, REQUESTS_CA_BUNDLE would go before it.
    """
    made = library("requests", extra).Session()
    made.request = partial(made.request, timeout=seconds, verify=ca_file)
    return made
