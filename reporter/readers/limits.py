"""How much one file may ask of this machine before it is refused."""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The most that a file may be or need; past any of them it is refused in words.

    `size` counts the bytes of the file, `expanded` those of its parts once unpacked and `ratio` how many
    times larger they become; `memory` and `seconds` bind the process that reads it. `text` is the most
    that the cells of one file may hold, in bytes; `faults` the most cells in error, or never computed.
    """

    size: int = 50 * MEGABYTE
    members: int = 2_000
    expanded: int = 300 * MEGABYTE
    ratio: int = 200
    cells: int = 20_000_000
    text: int = 500 * MEGABYTE
    faults: int = 500_000
    seconds: int = 60
    memory: int = 2_000 * MEGABYTE


LIMITS = Limits()
