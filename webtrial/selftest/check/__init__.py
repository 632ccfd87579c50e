"""Whether the instrument tells the truth: experiments against servers that know it.

Each module is one experiment; `rows` says what an experiment gives, `experiments` runs them all.
"""
