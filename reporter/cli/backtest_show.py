"""How the answer of `backtest` looks: the definitions, a table of levels, a table of rules, and who was missed."""

from typing import Any

from pandas import Timestamp
from rich.table import Table
from rich.text import Text

from reporter.cli.desk import stamps
from reporter.cli.whatif_show import console, counted, level_text, table_of
from reporter.engine.backtest import missed_by
from reporter.model.levels import BY_NAME
from reporter.pipeline.questions.backtest import BackTest
from reporter.text import formats
from reporter.text.catalogue import words
from reporter.text.time_zones import zone

COUNTS = ("ended_missed", "led_to_nothing", "not_flagged")
THRESHOLD = "high"  # whom to name: missed without ever having been at this level


def facts(answer: BackTest) -> dict[str, Any]:
    """The answer for a program."""
    ends, scores = answer.outcomes, answer.scores
    missed = missed_by(answer.seen, ends, THRESHOLD)
    return {
        "source": answer.source,
        "reports": [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in answer.instants],
        "duties": {str(name): int(count) for name, count in ends["outcome"].value_counts().sort_index().items()},
        "scores": [
            {key: None if value != value else value for key, value in row.items()}  # a lead without a flag
            for row in scores.to_dict("records")
        ],
        f"missed_below_{THRESHOLD}": missed.assign(closes_at=stamps(missed["closes_at"])).to_dict("records"),
    }


def show(answer: BackTest, zone_name: str, language: str) -> None:
    """Print the answer for a person, what the words mean before the numbers."""
    w, out = words("questions", language), console()
    ends = answer.outcomes["outcome"]
    first, last = (_day(at, zone_name, language) for at in (answer.instants[0], answer.instants[-1]))
    told = counted(int((ends != "untold").sum()), "duty", language)
    lines = [
        w["back_test"].format(began=first, ended=last, count=len(answer.instants), duties=told),
        w["by_runs" if answer.source == "runs" else "by_replay"],
        w["defined"],
        w["untold"].format(n=int((ends == "untold").sum())),
        "",
    ]
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
    for part in ("level", "rule"):
        out.print(_table(answer, part, language))
    people = missed_by(answer.seen, answer.outcomes, THRESHOLD)["person_id"].drop_duplicates().tolist()
    line = w["missed_who"].format(level=BY_NAME[THRESHOLD].word(language), people=", ".join(people) or "–")
    out.print(line, soft_wrap=True, markup=False)


def _table(answer: BackTest, part: str, language: str) -> Table:
    w = words("questions", language)
    table = table_of(w[f"scores_{part}"])
    table.add_column(w[part])
    for name in ("flagged", "lead", *COUNTS):
        table.add_column(w[name], justify="right")
    for row in answer.scores[answer.scores["part"] == part].to_dict("records"):
        leads = [row[f"lead_{name}_days"] for name in ("min", "median", "max")]
        lead = " / ".join(_days(value, language) for value in leads) if row["flagged"] else "–"
        named = level_text(row["name"], language) if part == "level" else Text(row["name"])
        # A rule that did not decide has not missed anybody: another one may have.
        counts = [str(row[name]) if part == "level" or name != "not_flagged" else "" for name in COUNTS]
        table.add_row(named, str(row["flagged"]), lead, *counts)
    return table


def _days(value: float, language: str) -> str:
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "fr" else text


def _day(at: Timestamp, zone_name: str, language: str) -> str:
    return formats.day(at.tz_convert(zone(zone_name)), language)
