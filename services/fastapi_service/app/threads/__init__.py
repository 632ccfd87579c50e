"""Routes without async, which FastAPI runs in threads, and the modules that they use.

Except for `resources` and `upstreams`, each module is the one of the same name above it without
async and await.
"""
