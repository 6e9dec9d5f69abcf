"""Finished mails to the outbox, and from the outbox to their readers; whoever looks after it is told.

In: Posts of a run, a clock. Out: a Round, and what still waits.
Called by `cli`, `pipeline/compare`, `pipeline/questions`, `pipeline/run`, `pipeline/upkeep`, `weekly`.
"""
