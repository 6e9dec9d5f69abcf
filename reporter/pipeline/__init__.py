"""The application: the rooms that know settings, and the order in which the others are asked.

Six rooms, imports downwards only: assemble, send, compare, run, then questions and upkeep.
Called by `cli`, `page`, `weekly`.
"""
