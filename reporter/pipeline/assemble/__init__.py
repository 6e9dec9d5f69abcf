"""Reads what a run or a question needs, and judges it.

In: settings and an instant. Out: Inputs, the Intake of rosters and outages, findings.
Doors: `inputs`, `report_identity`. Called by every other room of pipeline, cli and weekly.
"""
