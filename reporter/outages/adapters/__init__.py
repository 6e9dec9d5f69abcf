"""The foreign formats, one file each: what recognises it, and what reads it.

In: a SourceDocument. Out: its items, refused ones with their reason.
Called by `outages` alone.
"""
