"""Where every row of a roster went, as values: the account that a run closes before it says anything.

A row read has one of five fates. What was not read as rows at all (a sheet, a block, a line) stands beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FATES = ("assessed", "superseded", "repeated", "set_aside", "excluded")
"""What becomes of a row read: the words of ROWS.outcome."""

SHARED = "id_shared"
"""The rule by which rows are set aside whose number stands beside two names: each of them is a person."""


@dataclass(frozen=True)
class NotRead:
    """A part of a roster that was not read as rows: in which sheet, how many rows it seems to hold, and why.

    `why` is the code of a sentence in problems/roster.toml; an empty `sheet` is the whole of a text file.
    """

    source: str
    sheet: str
    rows: int
    why: str


@dataclass(frozen=True)
class Account:
    """The row account: every row read has exactly one of the fates; what was not read stands beside it."""

    read: int
    assessed: int
    set_aside: int
    excluded: int
    excluded_by_rule: Mapping[str, int] = field(default_factory=dict)
    superseded: int = 0  # another row of the same person governs
    repeated: int = 0  # another row says the same
    not_read: tuple[NotRead, ...] = ()

    @property
    def balances(self) -> bool:
        """True when no row has vanished."""
        fates = (self.assessed, self.superseded, self.repeated, self.set_aside, self.excluded)
        return self.read == sum(fates)
