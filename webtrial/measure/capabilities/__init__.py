"""Capabilities of the frameworks: asked over HTTP, read in sources and packages, timed."""
