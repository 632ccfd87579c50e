"""Capabilities of the frameworks: found by HTTP requests, in sources and packages, by timing."""
