"""Routes without async, which FastAPI runs in threads, and what they call.

Except for `resources` and `upstreams`, each module is the one of the same name above it without
async and await.
"""
