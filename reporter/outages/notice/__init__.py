"""Notices as people write them, in English and French, to draft outages for somebody to confirm.

In: a page or a text, and when it was seen. Out: drafts, with a doubt wherever the words leave one.
Called by `cli`, `outages`, `pipeline`.
"""
