"""What keeps the program and its records in order: settings, doctor, privacy, retention, the law, the outage record.

In: settings. Out: findings, or what was changed.
Called by `cli`, `page`, `weekly`.
"""
