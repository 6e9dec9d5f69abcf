"""Reads what a run or a question needs, and judges it.

In: settings and an instant. Out: Inputs, the Intake of rosters and outages, findings.
Called by `cli`, `pipeline/compare`, `pipeline/questions`, `pipeline/run`, `pipeline/send`, `pipeline/upkeep`,
`weekly`.
"""
