"""What keeps the program and its records in order: doctor, privacy, verification, the outage record.

In: settings. Out: findings, or what was changed.
Called by cli and weekly.
"""
