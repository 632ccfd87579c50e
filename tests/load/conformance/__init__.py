"""What httpx's own transport does on a wire, ours does too: tests run against both.

Those of httpx's own bear the marker `conformance`. Where httpx itself depends on how fast the
machine is, ours alone is held.
"""
