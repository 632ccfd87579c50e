"""Preload what every chapter needs into the process that kernels are forked from.

Importing this module imports all results and reads the run as far as every chapter reads it.
"""

import atexit
import gc
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import ipykernel.kernelapp  # noqa: F401

from webtrial import results
from webtrial.publish.notebook_parameters import preload_run
from webtrial.publish.warm_kernels import PRELOAD_RUN
from webtrial.results.claims.evaluate import verify
from webtrial.stats.ratios import ratio_table

# Runs last: at interpreter exit DuckDB would list on the terminal what it still holds.
atexit.register(os._exit, 0)

for module in walk_packages(results.__path__, "webtrial.results."):
    import_module(module.name)

if PRELOAD_RUN in os.environ:
    with suppress(Exception):  # the chapter that runs into the error reports it
        run = preload_run(Path(os.environ[PRELOAD_RUN]))
        ratio_table(run)
        verify(run)
gc.freeze()  # memory pages that are never written stay shared with forks
