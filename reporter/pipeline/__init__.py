"""A run from files to files. `run.run` is the unit of work; nothing else knows the order of the steps."""
