"""Pages for one person at this machine: a small server on loopback that answers this browser, and nobody else.

In: what each address answers (`PageRoute`), and what fills a template. Out: a page in English and French, until closed.
`server` knows nothing of what is shown; one module a page beside it. Imported late.
Called by `cli`.
"""
