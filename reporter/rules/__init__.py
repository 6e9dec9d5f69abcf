"""The law and the judgements as dated, cited data, and what checks them and puts them into words.

In: TOML of ours and of the office. Out: a Rulebook, refused as a whole when anything in it is not understood.
Called by `cli`, `pipeline`, `report`, `weekly`.
"""
