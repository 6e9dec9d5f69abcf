"""Why levels changed since the last run, as parts that add up to the whole change. Pure."""

from pandas import Series

from reporter.model.report import Report
from reporter.text.catalogue import words
from reporter.text.formats import number


def causes(report: Report) -> dict[str, "Series[int]"]:
    """The steps of level by each cause, on the rows of the report's changes; empty where the causes are not known.

    Up is worse. What the first step was, and so its name, is that of the run: `roster`, `rules`, `roster_or_rules`…
    """
    if report.causes.empty or report.changes.empty:
        return {}
    known = report.causes.reindex(report.changes.index)
    start = str(known["start"].iloc[0]).replace("_", "_or_")
    parts = {start: known["by_start"], "time": known["by_time"]}
    return parts if "outages" in start else parts | {"outages_amended": known["by_outages"]}


def why_changed(report: Report) -> str:
    """The parts and their sum as one sentence; empty where they are not known."""
    parts = {name: int(steps.sum()) for name, steps in causes(report).items()}
    if not parts:
        return ""
    w = words("workbook", report.language)
    told = ", ".join(f"{w[f'cause_{name}']} {_signed(steps, report)}" for name, steps in parts.items())
    return w["cause_told"].format(net=_signed(sum(parts.values()), report), parts=told)


def _signed(steps: int, report: Report) -> str:
    sign = "+" if steps > 0 else "−" if steps < 0 else ""
    return sign + number(abs(steps), report.language)
