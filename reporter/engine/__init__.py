"""What is due, and what the outages took of it: whole columns of UTC instants. Pure: no files, no clock.

In: ROSTER, OUTAGES, a Rulebook, an instant. Out: EXPOSURE, and FINDINGS judged by the rules.
Called by `cli`, `pipeline`, `report`.
"""
