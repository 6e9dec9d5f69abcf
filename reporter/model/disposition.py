"""How a duty ended: one word for everybody who asks, so that no two places answer the question differently.

`engine/filing.py` computes it once, and every sheet, mail, calendar, question and test of the past reads it. Only
`in_time` may reassure anybody.
"""

from pandas import DataFrame, Series

DISPOSITIONS = ("open", "in_time", "in_doubt", "late", "refused", "refused_early", "returned", "missed")
"""`in_doubt`: a filing counts for the duty, and whether it came in time, or answers all of it, is not certain;
`late` goes before `refused`; `returned` is as if nothing had been made, and so is `refused_early`, refused by the last
day with no other application on record; `missed` is over by every reading."""
STILL_TO_FILE = ("open", "returned", "refused_early")
"""Nothing is recorded that could answer it: it is to be filed as long as its date is ahead."""
UNSETTLED = ("in_doubt", "late", "refused", "refused_early", "returned")
"""Something is recorded, and nobody may take it for an answer."""


def still_to_file(findings: DataFrame) -> "Series[bool]":
    """Which of these duties can still be answered by a filing: nothing answers them, and their date is ahead."""
    is_ahead = ~findings["is_past"].astype(bool)
    return (is_ahead & findings["disposition"].isin(STILL_TO_FILE)).astype(bool)
