"""Questions asked of the same engine on the same inputs; nothing is remembered.

In: settings, an instant, what is asked. Out: the answer as values.
One module a question.
Called by `cli`.
"""
