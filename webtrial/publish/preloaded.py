"""Imported by the process that kernels are forked from: all that a chapter needs, and the run read
as far as every chapter reads it."""

import atexit
import gc
import os
from contextlib import suppress
from pathlib import Path

import ipykernel.kernelapp  # noqa: F401

import webtrial
from webtrial.publish.given import read_beforehand
from webtrial.publish.warm import READ
from webtrial.results.claims.evaluate import verify
from webtrial.stats.ratios import ratio_table

# The last thing: DuckDB would list on the terminal what it still holds at an interpreter's end.
atexit.register(os._exit, 0)

for name in webtrial.__all__:
    getattr(webtrial, name)

if READ in os.environ:
    with suppress(Exception):  # the chapter that meets it says so
        run = read_beforehand(Path(os.environ[READ]))
        ratio_table(run)
        verify(run)
gc.freeze()  # pages that nobody writes to stay shared
