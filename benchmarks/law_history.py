"""Replays the published history of the acts: which cites of today's rules changed on which day.

    python -m benchmarks.law_history CLONE

It needs a clone of the public repository of the consolidated acts (justicecanada/laws-lois-xml), and keeps none of its
text: each publication is held against the one before by the same code as `reporter rules drift`.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from reporter.model.rulebook import LANGUAGES, Provision, Reading
from reporter.rules.drift import read_act, read_provision
from reporter.rules.law import Instrument, cited_provisions, load_instruments
from reporter.rules.load import load_rulebook

Found = Mapping[Provision, Reading | None]
FOLDERS = {"en": ("eng/regulations", "eng/acts"), "fr": ("fra/reglements", "fra/lois")}


def publications(clone: Path, instrument: Instrument, language: str) -> Iterator[tuple[str, bytes]]:
    """Each version of an act, oldest first: the day on which it was published, and its XML."""
    name = instrument.number.of(language).replace("/", "-")
    regulation, act = FOLDERS[language]
    path = f"{regulation if name.startswith(('SOR', 'DORS')) else act}/{name}.xml"
    for line in _git(clone, "log", "--reverse", "--format=%h %cs", "--", path).decode().splitlines():
        commit, day = line.split()
        yield day, _git(clone, "show", f"{commit}:{path}")


def _git(clone: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", clone, *words], capture_output=True, check=True).stdout


def changes(clone: Path, code: str, language: str, wanted: tuple[Provision, ...]) -> Iterator[tuple[str, Provision]]:
    """The day and the provision of each change of words, repeal or beginning since the oldest publication."""
    before: Found | None = None
    for day, content in publications(clone, load_instruments()[code], language):
        act = read_act(content)
        if act is None:
            continue
        now = {one: read_provision(act, one) for one in wanted}
        if before is not None:
            yield from ((day, one) for one in wanted if _words(now[one]) != _words(before[one]))
        before = now


def _words(reading: Reading | None) -> str:
    return reading.sha256 if reading else ""


def main(clone: str) -> None:
    """Print each day on which the text of a cite changed, and which; then how many there were."""
    cited = tuple(cited_provisions(load_rulebook()))
    told: dict[str, list[str]] = {}
    for code in load_instruments():
        wanted = tuple(one for one in cited if one.instrument == code)
        for language in LANGUAGES:
            for day, one in changes(Path(clone), code, language, wanted):
                told.setdefault(day, []).append(f"{one.cite} {language}")
    for day, cites in sorted(told.items()):
        print(f"{day}  {len(cites):3}  {', '.join(f'{cite} ({n})' for cite, n in _together(cites))}")
    print(f"{sum(map(len, told.values()))} changes of {len(cited)} provisions in two languages, on {len(told)} days")


def _together(cites: list[str]) -> list[tuple[str, str]]:
    """Each cite once, with its languages."""
    counted = Counter(cite.rsplit(" ", 1)[0] for cite in cites)
    return [
        (cite, "/".join(one.rsplit(" ", 1)[1] for one in cites if one.rsplit(" ", 1)[0] == cite)) for cite in counted
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
