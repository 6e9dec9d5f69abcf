"""What passes between rooms: the shapes of frames, and the values at the doors.

In: nothing. Out: types and shapes, without files, clock or judgement.
It imports `text` only.
Called by `cli`, `delivery`, `engine`, `outages`, `page`, `pipeline`, `readers`, `report`, `rules`, `settings`,
`store`, `weekly`.
"""
