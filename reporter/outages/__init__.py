"""What others publish of outages, to OUTAGES and problems: one way in, whatever the format.

In: the bytes of a file, page or feed, and what the office says of its source. Out: an account of each item.
Each foreign format is one file in `adapters`.
Called by `cli`, `page`, `pipeline`.
"""
