"""Lists the ready-made wheels that the lock allows, and says which machine would have to build a library itself.

Part of `make locks`, which asks the index for their names (a pylock.toml). The list stands in requirements.wheels, so
that the check itself asks nobody: a wheel counts when its name fits the machine and its digest is one of the lock.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[1]
LOCK, WHEELS = ROOT / "requirements.lock", ROOT / "requirements.wheels"
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
HEAD = "# The wheels that requirements.lock allows, by digest; made by docs/make_wheels.py.\n"


@dataclass(frozen=True)
class Machine:
    """One system as a lock's markers name it, and the platforms whose wheels it takes."""

    name: str
    system: str
    machine: str
    platforms: tuple[str, ...]

    def environment(self, python: tuple[int, int]) -> dict[str, str]:
        """What markers go by."""
        release = f"{python[0]}.{python[1]}"
        return {"sys_platform": self.system, "platform_machine": self.machine, "python_version": release,
                "python_full_version": f"{release}.0", "implementation_name": "cpython",
                "platform_python_implementation": "CPython", "extra": "",
                "os_name": "nt" if self.system == "win32" else "posix"}  # fmt: skip

    def tags(self, python: tuple[int, int]) -> frozenset[Tag]:
        """Every tag that fits."""
        return _tags(python, self.platforms)


@cache
def _tags(python: tuple[int, int], platforms: tuple[str, ...]) -> frozenset[Tag]:
    own = cpython_tags(python, platforms=platforms)
    return frozenset([*own, *compatible_tags(python, f"cp{python[0]}{python[1]}", platforms)])


def _linux(machine: str) -> tuple[str, ...]:
    return (*(f"manylinux_2_{n}_{machine}" for n in range(28, 4, -1)), f"manylinux2014_{machine}", f"linux_{machine}")


SERVED = (
    Machine("Windows, 64 bit", "win32", "AMD64", ("win_amd64",)),
    Machine("macOS 14, Apple", "darwin", "arm64", tuple(mac_platforms((14, 0), "arm64"))),
    Machine("Linux, Intel and AMD, glibc 2.28", "linux", "x86_64", _linux("x86_64")),
)
"""The machines that have to have a wheel of everything."""
OTHERS = (
    Machine("macOS 14, Intel", "darwin", "x86_64", tuple(mac_platforms((14, 0), "x86_64"))),
    Machine("Linux on ARM, glibc 2.28", "linux", "aarch64", _linux("aarch64")),
)


def pins(lock: str) -> list[tuple[Requirement, frozenset[str]]]:
    """What the lock names, with its marker and the digests that it allows."""
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    found = [(block.split("\\\n", 1)[0], frozenset(re.findall(r"sha256:([0-9a-f]{64})", block))) for block in blocks]
    return [(Requirement(head.strip()), digests) for head, digests in found if "==" in head]


def gaps(lock: str, wheels: str, machines: tuple[Machine, ...] = SERVED) -> list[str]:
    """Each library, machine and Python for which no listed wheel both fits and is allowed."""
    listed = dict(line.split(" ", 1) for line in wheels.splitlines() if not line.startswith("#"))
    return [
        f"{pin.name} {pin.specifier}: {machine.name}, Python {python[0]}.{python[1]}"
        for pin, digests in pins(lock)
        for names in [[listed[digest] for digest in digests if digest in listed]]
        for machine in machines
        for python in PYTHONS
        if pin.marker is None or pin.marker.evaluate(machine.environment(python))
        if not any(_fits(name, pin, machine.tags(python)) for name in names)
    ]


_parsed = cache(parse_wheel_filename)


def _fits(file: str, pin: Requirement, tags: frozenset[Tag]) -> bool:
    name, version, _, own = _parsed(file)
    return name == canonicalize_name(pin.name) and version in pin.specifier and not own.isdisjoint(tags)


def _listed(table: dict[str, list[dict[str, list[dict[str, object]]]]], allowed: frozenset[str]) -> Iterator[str]:
    """Digest and name of each wheel that fits one of the machines."""
    tags = frozenset().union(*(m.tags(python) for m in (*SERVED, *OTHERS) for python in PYTHONS))
    for wheel in (wheel for package in table["packages"] for wheel in package.get("wheels", ())):
        digest = wheel["hashes"]["sha256"]  # type: ignore[index]
        name = unquote(str(wheel.get("name") or str(wheel["url"]).rpartition("/")[2]))
        if digest in allowed and not parse_wheel_filename(name)[3].isdisjoint(tags):
            yield f"{digest} {name}"


def main() -> None:
    """Write the list from uv's answer, and print what has no wheel."""
    lock = LOCK.read_text("utf-8")
    allowed = frozenset().union(*(digests for _, digests in pins(lock)))
    lines = sorted(_listed(tomllib.loads(Path(sys.argv[1]).read_text("utf-8")), allowed), key=lambda one: one[65:])
    WHEELS.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    for line in gaps(lock, WHEELS.read_text("utf-8"), (*SERVED, *OTHERS)):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
