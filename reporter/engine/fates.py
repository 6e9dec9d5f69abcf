"""What became of each row that was to be assessed: it has a finding, or another row of the person stands for it. Pure.

A renewed permit leaves the old one without a finding, and two rows may say one thing: neither is a row lost, and
each says which row it gives way to.
"""

from pandas import DataFrame, Series

from reporter.model.shapes import FATES_OF_ROWS, ROSTER, require

NO_PERMIT, NO_DUTY = "no_permit", "row_without_duty"


def silent_rows(roster: DataFrame, findings: DataFrame) -> DataFrame:
    """The rows without a finding, each with its fate.

    `superseded`: another row of the person has a later permit; `repeated`: another says as much; `excluded`: the row
    says that there is no permit, and nothing else; else `set_aside`, since no rule can judge what it says.

    Takes:   ROSTER; FINDINGS.
    Returns: FATES_OF_ROWS, in the order of the roster.
    """
    require(roster, ROSTER)
    has_one = roster["source_row"].isin(findings["source_row"])
    silent = roster[~has_one].drop_duplicates("source_row").reset_index(drop=True)
    if silent.empty:
        return FATES_OF_ROWS.empty()
    other = roster[has_one & roster["person_id"].isin(silent["person_id"])]
    later, same = _later(silent, other), _same(silent, other)
    is_none = (silent["permit_kind"] == "none") & silent["permit_expires_on"].isna()
    of = later["source_row"].fillna(same).mask(is_none)
    outcome = Series("set_aside", index=silent.index, dtype="str")
    outcome = outcome.mask(of.notna(), "repeated").mask(later["source_row"].notna(), "superseded")
    outcome = outcome.mask(is_none, "excluded")
    rule = outcome.map({"set_aside": NO_DUTY, "repeated": "row_repeated", "superseded": "permit_superseded"})
    return FATES_OF_ROWS.cast(
        silent[["source_row"]].assign(
            outcome=outcome,
            rule=rule.fillna(NO_PERMIT),
            of=of,
            ends_on=silent["permit_expires_on"],
            later_on=later["permit_expires_on"],
        )
    )


def _later(silent: DataFrame, other: DataFrame) -> DataFrame:
    """The person's last permit, of the row's own kind where there is one, if it ends after the row's."""
    dated = other[other["permit_expires_on"].notna()].sort_values("permit_expires_on", kind="stable")
    found = [_beside(silent, dated.drop_duplicates(by, keep="last"), by) for by in (_KIND, _PERSON)]
    best = found[0].where(found[0]["permit_expires_on"] > silent["permit_expires_on"], found[1])
    return best.where(best["permit_expires_on"] > silent["permit_expires_on"])


_PERSON = ["person_id"]
_KIND = ["person_id", "permit_kind"]


def _beside(silent: DataFrame, last: DataFrame, by: list[str]) -> DataFrame:
    wanted = [*by, "source_row", "permit_expires_on"]
    return silent[by].merge(last[wanted], how="left", on=by)[["source_row", "permit_expires_on"]]


def _same(silent: DataFrame, other: DataFrame) -> Series:
    """The first row of the person that ends on the same day, else the first one."""
    first = other.drop_duplicates(_PERSON)
    alike = other.drop_duplicates([*_PERSON, "permit_expires_on"])
    by = [*_PERSON, "permit_expires_on"]
    equal = silent[by].merge(alike[[*by, "source_row"]], how="left", on=by)["source_row"]
    whole: Series = equal.fillna(silent[_PERSON].merge(first[[*_PERSON, "source_row"]], how="left")["source_row"])
    return whole
