"""Modules of services/ in this process. They belong to no package, hence are not importable."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from webtrial.run.stacks import SERVICES


@contextmanager
def module_of(folder: str, name: str) -> Iterator[ModuleType]:
    """The module `name` of a folder of services/; it and its neighbours are forgotten after."""
    place = SERVICES / folder
    sys.path.insert(0, str(place))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(place))
        for known, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").parent == place:
                del sys.modules[known]
