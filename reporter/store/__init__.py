"""What outlives a run: runs, mails, the outage ledger, the audit, what was filed as evidence.

In: values of `model`. Out: values of `model`. SQLite or PostgreSQL, always in transactions.
It knows nothing of rosters, rules or words.
Called by `cli`, `page`, `pipeline`, `weekly`.
"""
