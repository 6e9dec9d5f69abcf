"""Finished mails to people: message, leak scan, and the ways to send.

In: bytes and an envelope. Out: what came of the attempt.
It knows the model alone.
Called by `cli`, `pipeline`.
"""
