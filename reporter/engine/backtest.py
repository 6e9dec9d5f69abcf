"""How well the levels and rules warned: what was seen week by week, held against how each duty ended. Pure."""

import numpy as np
import pandas as pd
from pandas import DataFrame, Series, Timestamp

from reporter.model.levels import RANK, STILL_TO_FILE
from reporter.model.shapes import shape

SEEN = shape("SEEN")
ENDED = shape("ENDED")
SCORED = shape("SCORED")
ALARMS = shape("ALARMS")
STATE_OF = {
    "open": "open",
    "returned": "open",
    "refused_early": "open",
    "in_time": "filed",
    "refused": "filed",  # in time, and that is what a warning is for
    "in_doubt": "untold",
    "late": "missed",
    "missed": "missed",
}
"""What each disposition is to a test of the past; one to be filed again is missed once its date is over."""
DUTY = ["person_id", "deadline", "closes_at"]
THRESHOLDS = ("critical", "high", "medium", "low")


def duty_states(findings: DataFrame) -> Series:
    """How each duty stands: open, filed, missed or untold. A filing without its instant tells nothing of its end.

    Takes: FINDINGS.
    """
    how = findings["disposition"].astype("str")
    state = how.map(STATE_OF).mask(how.isin(STILL_TO_FILE) & findings["is_over"], "missed")
    return state.mask(findings["is_filed"] & findings["filed_at"].isna(), "untold")


def duty_endings(seen: DataFrame, first_at: Timestamp, last_at: Timestamp) -> DataFrame:
    """How each duty ended whose cut-off fell within the period: by the latest run that saw it after the cut-off.

    A duty that no run saw after its cut-off is `gone`: renewed, corrected, or taken off the roster.

    Takes:   SEEN.
    Returns: ENDED.
    """
    within = seen[(seen["closes_at"] > first_at) & (seen["closes_at"] <= last_at)]
    after = within[within["seen_at"] >= within["closes_at"]].sort_values("seen_at", kind="stable")
    latest = after.drop_duplicates(DUTY, keep="last")[[*DUTY, "state"]]
    every = within[DUTY].drop_duplicates().merge(latest, how="left", on=DUTY)
    outcome = every["state"].fillna("gone").replace("open", "gone")
    return ENDED.cast(every.assign(outcome=outcome).sort_values(DUTY).reset_index(drop=True))


def score(seen: DataFrame, outcomes: DataFrame) -> DataFrame:
    """For each level and each rule: how early it flagged, whom it missed, and how often it led to nothing.

    Takes:   SEEN; ENDED. An `untold` outcome is left out.
    Returns: SCORED, the levels first, then the rules in order of the flags they raised.
    """
    known = outcomes[outcomes["outcome"] != "untold"]
    flags = _flags(seen)
    rank = flags["level"].map(RANK)
    lines = [_line("level", name, flags[rank <= RANK[name]], known) for name in THRESHOLDS]
    by_rule = flags[rank <= RANK["low"]]
    lines += [_line("rule", str(name), one, known) for name, one in by_rule.groupby("rule")]
    whole = SCORED.cast(DataFrame(lines))
    rules = whole[whole["part"] == "rule"].sort_values(["flagged", "name"], ascending=[False, True], kind="stable")
    told = pd.concat([whole[whole["part"] == "level"], rules[rules["flagged"] > 0]], ignore_index=True)
    return SCORED.cast(told)


def alarm_counts(standing: DataFrame) -> DataFrame:
    """How many people stood at each level in a report, and by which judgement: what an office was asked to read.

    Takes:   a row a person and report: `seen_at`, and the `level` and `rule` of the person's worst duty.
    Returns: ALARMS, the levels first, each worst first.
    """
    reports = standing.groupby("seen_at").size()
    parts = [("level", "level", list(RANK)), ("rule", "rule", sorted(standing["rule"].unique()))]
    lines = [
        _alarms(part, name, standing[standing[column] == name], reports)
        for part, column, names in parts
        for name in names
    ]
    whole = DataFrame(lines)
    rank = whole["level"].map(RANK)
    order = whole.assign(rank=rank, is_rule=whole["part"] == "rule", most=-whole["people_max"])
    told = order[(order["part"] == "level") | (order["level"] != "none")]
    return ALARMS.cast(told.sort_values(["is_rule", "rank", "most", "name"], kind="stable").reset_index(drop=True))


def _alarms(part: str, name: str, rows: DataFrame, reports: "Series[int]") -> dict[str, object]:
    counts = rows.groupby("seen_at").size().reindex(reports.index, fill_value=0)
    return {
        "part": part,
        "name": name,
        "level": name if part == "level" else str(rows["level"].iloc[0]),
        "reports": int((counts > 0).sum()),
        "people_median": int(np.ceil(counts.median())),
        "people_max": int(counts.max()),
        "share_max": float((counts / reports).max()),
    }


def missed_by(seen: DataFrame, outcomes: DataFrame, level: str) -> DataFrame:
    """The duties missed that were never flagged at that level or worse before their cut-off: rows of ENDED."""
    flags = _flags(seen)
    warned = flags.loc[flags["level"].map(RANK) <= RANK[level], DUTY].drop_duplicates()
    joined = outcomes.merge(warned, how="left", on=DUTY, indicator="side")
    alone = joined[(joined["outcome"] == "missed") & (joined["side"] == "left_only")]
    return ENDED.cast(alone.reset_index(drop=True))


def _flags(seen: DataFrame) -> DataFrame:
    """What was seen before the cut-off of duties that were still to be filed, or of which no end was told."""
    return seen[(seen["seen_at"] < seen["closes_at"]) & seen["state"].isin(["open", "untold"])]


def _line(part: str, name: str, flags: DataFrame, outcomes: DataFrame) -> dict[str, object]:
    first = flags.groupby(DUTY)["seen_at"].min().rename("first_at").reset_index()
    both = outcomes.merge(first, how="left", on=DUTY)
    is_flagged, is_missed = both["first_at"].notna(), both["outcome"] == "missed"
    lead = ((both["closes_at"] - both["first_at"]).dt.total_seconds() / 86_400)[is_flagged]
    return {
        "part": part,
        "name": name,
        "flagged": int(is_flagged.sum()),
        "lead_min_days": _of(lead, 0.0),
        "lead_median_days": _of(lead, 0.5),
        "lead_max_days": _of(lead, 1.0),
        "ended_missed": int((is_flagged & is_missed).sum()),
        "led_to_nothing": int((is_flagged & ~is_missed).sum()),
        "not_flagged": int((~is_flagged & is_missed).sum()),
    }


def _of(lead: "Series[float]", quantile: float) -> float:
    return float(np.quantile(lead, quantile)) if len(lead) else float("nan")
