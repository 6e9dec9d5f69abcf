"""What the end of each document still bears on: the next application, or a permit that already rests on it. Pure.

A document is judged for what its date is for (`serves` in the rulebook), not for being over: an attestation letter by
which a permit was issued has done its work, however long the permit runs on.
"""

import pandas as pd
from pandas import DataFrame, Series

from reporter.engine.closing import move
from reporter.model.rulebook import Deadline, Rulebook


def document_needs(whole: DataFrame, person: DataFrame, rulebook: Rulebook) -> Series:
    """For each duty what its date bears on; empty for one that is no document.

    `next`: the next application needs it and must come first; `later`: the stay ends sooner than it, so the stay's own
    end decides; `used`: the permit on record rests on it; else what the rulebook says that it serves.

    Takes: the duties; the roster's row of each, with `issued_on`, the day of the person's last permit.
    """
    need = Series("", index=whole.index, dtype="str")
    for name in whole["deadline"].unique():
        deadline = rulebook.deadlines[name]
        if deadline.serves:
            here = whole["deadline"] == name
            need = need.mask(here, _of_application(whole["closes_on"], person, deadline))
    return need


def _of_application(ends_on: Series, person: DataFrame, deadline: Deadline) -> Series:
    if deadline.serves != "application":
        return Series(deadline.serves, index=ends_on.index, dtype="str")
    stay_ends_on, issued_on = person["stay_ends_on"], person["issued_on"]
    no_date = Series(pd.NaT, index=ends_on.index, dtype="datetime64[us]")
    begins_on = move(ends_on, deadline.begins) if deadline.begins else no_date
    first_on = move(stay_ends_on, deadline.next_within) if deadline.next_within else no_date
    is_known = issued_on.notna() & begins_on.notna()
    is_used = is_known & (issued_on >= begins_on) | ~is_known & (ends_on < first_on) | (issued_on > ends_on)
    said = Series("next", index=ends_on.index, dtype="str").mask(ends_on > stay_ends_on, "later")
    return said.mask(is_used, "used")
