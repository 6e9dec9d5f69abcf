"""The headers of mails, each read once: most parts of most mails are headed alike, and the library reads slowly."""

from email.headerregistry import BaseHeader, HeaderRegistry
from functools import cache, lru_cache


@cache
def _kind(name: str) -> type[BaseHeader]:
    return _library[name]


@lru_cache(maxsize=256)
def _header(name: str, value: str) -> BaseHeader:
    return _kind(name)(name, value)


class Headings(HeaderRegistry):
    """The library's own headers, which nobody changes once they are made, kept for the next mail."""

    def __getitem__(self, name: str) -> type[BaseHeader]:
        """The kind of header of that name."""
        return _kind(name.lower())

    def __call__(self, name: str, value: str) -> BaseHeader:
        """The header."""
        return _header(name, value)


_library = HeaderRegistry()
