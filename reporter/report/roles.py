"""What each role may see: an owner gets rows whole; any other role a view of some duties, and of some columns. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from pandas import DataFrame, Series

from reporter.model.report import RecordContext, Report
from reporter.model.rulebook import Group, LevelName, Words
from reporter.model.shapes import DTYPES, TOLD, Column

Rows = NDArray[np.bool_]
KEPT = ("level", "closes_at", "source_row")
"""Of a view these stay, to order its rows by and to find them again; no file shows them."""


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """One table of roles.toml; an empty list allows everything."""

    title: Words
    owns: bool = False
    populations: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    levels: tuple[LevelName, ...] = ()
    sees: tuple[str, ...] = ()

    def wants(self, findings: DataFrame, groups: Mapping[str, str]) -> Rows:
        """Which findings the role is for. Takes: TOLD; the group of each deadline."""
        wanted = np.ones(len(findings), dtype=bool)
        deadlines = [name for name, group in groups.items() if group in self.groups] if self.groups else ()
        for column, allowed in (("population", self.populations), ("level", self.levels), ("deadline", deadlines)):
            if allowed or (column == "deadline" and self.groups):
                wanted &= findings[column].fillna("").isin(list(allowed)).to_numpy(dtype=bool)
        return wanted


@dataclass(frozen=True)
class View:
    """One reader with a role in the settings: of which units (none named: of all)."""

    address: str
    role: str
    units: tuple[str, ...] = ()
    language: str = ""


@cache
def roles() -> Mapping[str, Role]:
    """Every role by its name."""
    table = tomllib.loads((files("reporter.report") / "roles.toml").read_text("utf-8"))
    return msgspec.convert(table, dict[str, Role])


def only_seen(report: Report, role: Role) -> Report:
    """The report without what the role does not see; the report itself when it sees everything."""
    if not role.sees:
        return report
    return replace(
        report,
        findings=DataFrame({column.name: _column(report.findings, column, role) for column in TOLD.columns}),
        outages=report.outages.iloc[:0],
        set_aside=report.set_aside.iloc[:0],
        changes=report.changes.iloc[:0],
        beside=RecordContext(),
    )


def _column(findings: DataFrame, column: Column, role: Role) -> Series:
    """The column itself, or one as long that says nothing: a truth that is not seen is false."""
    if column.name in role.sees or column.name in KEPT:
        return findings[column.name]
    nothing = False if column.kind == "truth" else None
    return Series(nothing, index=findings.index, dtype=DTYPES[column.kind])
