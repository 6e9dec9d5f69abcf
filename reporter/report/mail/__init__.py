"""The mails: subject, HTML and text from one set of finished facts.

In: a Report for one reader. Out: a Letter.
Templates are looked over by `template_fixtures`.
Called by `cli`, `page`, `pipeline`, `report`.
"""
