"""Tables become drawings: one module per family, one visual language in `style`.

Nothing is computed here. What a figure finds (title, alternative text, caption) comes as `Words`
from `webtrial.results.words`; what it shows comes as a table of `webtrial.results`.
"""
