"""The mails: subject, HTML and text from one set of finished facts.

In: a Report for one reader. Out: a Letter.
Called by pipeline; templates are looked over by `template_fixtures`.
"""
