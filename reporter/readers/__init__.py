"""Rosters as offices keep them, to people with their permits, every row accounted for.

In: the bytes of a file that may mean harm. Out: ROSTER, problems, and the account of each row.
Called by `cli`, `page`, `pipeline`, `report`.
"""
