"""The foreign formats, one file each: what recognises it, and what reads it.

In: a SourceDocument. Out: its items, refused ones with their reason. The door loads each by its name.
Called by `cli`, `pipeline`.
"""
