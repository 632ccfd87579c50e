"""Validate the load driver against reference servers with known behaviour.

Each module is one experiment. `rows` defines the result of an experiment; `experiments` runs them
all.
"""
