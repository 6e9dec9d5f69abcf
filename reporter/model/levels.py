"""The levels of risk, worst first, with a word and a symbol for each, so that none is told by colour alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
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
