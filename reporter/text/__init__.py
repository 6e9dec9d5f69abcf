"""Every sentence a person can read, in English and French, and how dates, numbers and names are written.

In: a key, a language, what fills the sentence. Out: text. Pure but for the catalogue files, read once.
It imports nothing of ours.
Called by `cli`, `engine`, `errors`, `model`, `outages`, `page`, `pipeline`, `readers`, `report`, `rules`, `settings`,
`settings_text`, `weekly`.
"""
