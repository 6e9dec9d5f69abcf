"""The levels of risk, worst first; and how a duty ended, in one word for everybody who asks.

Each level has a word and a symbol, so that none is told by colour alone. How a duty ended `engine/filing.py` computes
once, and every sheet, mail, calendar, question and test of the past reads it, so that no two places answer the question
differently. Only `in_time` may reassure anybody.
"""

from msgspec import Struct
from pandas import DataFrame, Series

DISPOSITIONS = ("open", "in_time", "in_doubt", "late", "refused", "refused_early", "returned", "missed")
"""`in_doubt`: a filing counts for the duty, and whether it came in time, or answers all of it, is not certain;
`late` goes before `refused`; `returned` is as if nothing had been made, and so is `refused_early`, refused by the last
day with no other application on record; `missed` is over by every reading."""
ANSWERS = ("answers", "carries_stay", "not_carried", "unclear", "another", "")
"""What an application is to a duty, the best first: it answers it; it carries the stay and no right to work or study;
it was made in time and nothing carries; its kind decides and is not recorded; it asks for something else; none."""
VERIFICATIONS = ("official", "press", "user_report", "unverified")
"""How sure an outage is, the surest first; what is none of them counts as the last."""
STILL_TO_FILE = ("open", "returned", "refused_early")
"""Nothing is recorded that could answer it: it is to be filed as long as its date is ahead."""
UNSETTLED = ("in_doubt", "late", "refused", "refused_early", "returned")
"""Something is recorded, and nobody may take it for an answer."""


class Level(Struct, frozen=True):
    """One level: `ink` on `paper` keeps a contrast of at least 4.5 to 1 (checked by a test)."""

    name: str
    symbol: str
    en: str
    fr: str
    ink: str
    paper: str

    def word(self, language: str) -> str:
        """The level's name for a reader."""
        return self.fr if language == "fr" else self.en


LEVELS = (
    Level("critical", "▲", "Critical", "Critique", "#FFFFFF", "#9B1C1C"),
    Level("high", "◆", "High", "Élevé", "#5B2C00", "#FFD8A8"),
    Level("data_problem", "?", "Cannot assess", "À vérifier", "#3B2A63", "#E4DAF7"),
    Level("medium", "●", "Medium", "Moyen", "#574300", "#FFF0B3"),
    Level("low", "○", "Low", "Faible", "#1D4731", "#DDF3E4"),
    Level("none", "–", "None", "Aucun", "#4A5560", "#EEF1F4"),
)
NAMES = tuple(level.name for level in LEVELS)
RANK = {name: rank for rank, name in enumerate(NAMES)}
BY_NAME = {level.name: level for level in LEVELS}
AT_RISK = ("critical", "high", "data_problem", "medium")


def level_word(name: str, language: str) -> str:
    """A level's sign and word."""
    return f"{BY_NAME[name].symbol} {BY_NAME[name].word(language)}"


def still_to_file(findings: DataFrame) -> "Series[bool]":
    """Which of these duties can still be answered by a filing: nothing answers them, and their date is ahead."""
    is_ahead = ~findings["is_past"].astype(bool)
    return (is_ahead & findings["disposition"].isin(STILL_TO_FILE)).astype(bool)
