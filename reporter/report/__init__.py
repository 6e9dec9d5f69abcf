"""Findings to words, tables, mails and workbooks. Pure but for the templates it reads.

In: values of `model`. Out: text and bytes; it opens no other file and sends nothing.
Called by `cli`, `page`, `pipeline`.
"""
