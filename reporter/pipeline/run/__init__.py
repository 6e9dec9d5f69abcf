"""One run, from rosters to reports: the unit of work.

In: settings, an instant, a clock if mail is to go. Out: a folder with its manifest last, and a FinishedRun.
Called by `cli`, `page`, `pipeline/questions`, `pipeline/upkeep`, `weekly`.
"""
