"""Takes out of the libraries of this installation what the program never loads: tests, headers, two network clients.

In: nothing but where Python runs. Out: what was freed of each library. The libraries belong to their makers, so an
update of one brings its parts back; and only an environment that holds this program alone is touched.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from reporter.errors import FolderError, refused

NAME = "ircc-outage-reporter"
INSTALLERS = ("pip", "setuptools", "wheel", "uv", "hatchling", "editables")
"""What may stand beside the program and loads none of its libraries."""
NEVER_LOADED = {
    "pyarrow": (
        "pyarrow/*arrow_flight*", "pyarrow/_flight*", "pyarrow/*arrow_s3*", "pyarrow/_s3fs*",
        "pyarrow/tests/*", "pyarrow/include/*", "pyarrow/src/*", "pyarrow/*.lib",
        # NOTE: a wheel holds no links: of these three copies only `libarrow_python.so.N` is loaded
        "pyarrow/libarrow_python.so", "pyarrow/libarrow_python.so.*.*",
    ),
    "pandas": ("pandas/tests/*",),
    "numpy": ("numpy/tests/*", "numpy/*/tests/*"),
    "icalendar": ("icalendar/tests/*",),
    "sqlalchemy": ("sqlalchemy/testing/*",),
}  # fmt: skip
"""The parts of each library, as its record of installed files names them; `*` goes over folders."""
LONGEST_TRIAL = 300.0  # seconds


def trim_libraries(*, is_dry: bool = False) -> dict[str, int]:
    """The bytes that each library loses. The parts come back where a first report cannot be made without them.

    Raises: FolderError - the environment is not the program's own, or the trial failed.
    """
    _require_own()
    parts = {name: list(_parts(distribution(name), patterns)) for name, patterns in NEVER_LOADED.items()}
    freed = {name: sum(path.stat().st_size for path in files) for name, files in parts.items() if files}
    if freed and not is_dry:
        _take_out([path for files in parts.values() for path in files])
    return freed


def _require_own() -> None:
    """Raises: FolderError - Python itself, a checkout, or other programs than this one would lose something."""
    if sys.prefix == sys.base_prefix:
        raise refused(FolderError, "stop_no_environment")
    own = _closure([NAME, *INSTALLERS])
    there = {_key(one.name): one for one in distributions() if one.name}
    origin = json.loads(there[NAME].read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        raise refused(FolderError, "stop_a_checkout")
    if strangers := sorted(there[key].name for key in there.keys() - own):
        raise refused(FolderError, "stop_other_programs", names=", ".join(strangers))


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _closure(names: Iterable[str]) -> set[str]:
    """The names, and all that they ask for, directly or not; of the program itself, with every extra."""
    found: set[str] = set()
    left = [(name, {"*"} if name == NAME else set[str]()) for name in names]
    asked: set[tuple[str, str]] = set()
    while left:
        name, extras = left.pop()
        new = {(name, extra) for extra in extras or {""}} - asked
        if not new:
            continue
        asked |= new
        found.add(name)
        left += _requirements(name, extras)
    return found


def _requirements(name: str, extras: set[str]) -> Iterator[tuple[str, set[str]]]:
    """What a distribution asks for, and with which extras; nothing where it is not installed."""
    there = next(iter(distributions(name=name)), None)
    for line in (there.requires or ()) if there is not None else ():
        only_for = re.search(r"""extra\s*==\s*['"]([^'"]+)""", line)
        asked = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", line)
        if asked and (only_for is None or "*" in extras or only_for[1] in extras):
            yield _key(asked[1]), {one.strip() for one in (asked[2] or "").split(",") if one.strip()}


def _parts(library: Distribution, patterns: Iterable[str]) -> Iterator[Path]:
    for file in library.files or ():
        path = Path(str(file.locate()))
        if any(fnmatch(file.as_posix(), pattern) for pattern in patterns) and path.is_file():
            yield path


def _take_out(files: list[Path]) -> None:
    """Set the files aside, make a first report, and let go of them; or put them back."""
    with tempfile.TemporaryDirectory(dir=sys.prefix, prefix="trim-") as folder:
        aside = {path: Path(folder) / str(n) for n, path in enumerate(files)}
        try:
            for path, place in aside.items():
                path.rename(place)
            is_well = _is_well()
        except BaseException:
            _put_back(aside)
            raise
        if not is_well:
            _put_back(aside)
            raise refused(FolderError, "stop_trial_failed")
    for parent in sorted({parent for path in files for parent in path.parents}, key=lambda one: -len(one.parts)):
        if parent.is_relative_to(sys.prefix) and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def _put_back(aside: Mapping[Path, Path]) -> None:
    for path, place in aside.items():
        if place.exists():
            place.rename(path)


def _is_well() -> bool:
    """Whether a new process makes the report of the samples."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "reporter", "demo", "--out", str(Path(folder) / "demo")]
        try:
            return subprocess.run(command, capture_output=True, cwd=folder, timeout=LONGEST_TRIAL).returncode == 0
        except (subprocess.TimeoutExpired, OSError):
            return False
