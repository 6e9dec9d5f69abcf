"""Mapping profiles: what an office has confirmed about its roster's headers, kept for the runs that follow."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from reporter.errors import SettingsError, refused

FOLDER = "mappings"


def profile_path(home: Path, roster: Path) -> Path:
    """Where the profile of a roster of that file name stands, in the settings file's folder."""
    return home / FOLDER / f"{roster.stem}.toml"


def load_profile(path: Path) -> dict[str, str]:
    """Field to header, as confirmed; empty when there is no profile.

    Raises: SettingsError - the file is not a profile.
    """
    if not path.exists():
        return {}
    try:
        columns = tomllib.loads(path.read_text("utf-8"))["columns"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise refused(SettingsError, "stop_profile", where=path.name) from error
    return {str(field): str(header) for field, header in columns.items()}


def save_profile(path: Path, columns: Mapping[str, str]) -> None:
    """Write the profile; an older one is replaced."""
    lines = [f"{field} = {json.dumps(header, ensure_ascii=False)}" for field, header in columns.items()]
    head = "# Which header each field stands under. A header that changes stops the run until this is confirmed again."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, "", "[columns]", *lines, ""]), "utf-8")
