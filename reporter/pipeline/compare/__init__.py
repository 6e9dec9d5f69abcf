"""How things stand beside what was told before, and why they changed.

In: what was found, what the store remembers. Out: comparisons, attributions, the state of the report.
Called by `pipeline/run`.
"""
