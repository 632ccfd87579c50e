"""Makes an interpreter on Linux look to Webtrial as if it ran on another system.

Python imports this at its start, in every process that has this folder on PYTHONPATH. The variable
WEBTRIAL_ELSEWHERE holds what `tests.platforms.lacking.lacks` found, as JSON. Modules and names of
the standard library are hidden from Webtrial's own code alone: other packages decide by themselves
what they use on which system. Packages that are not installed there are hidden from everybody.
"""

import builtins
import json
import os
import sys
from types import ModuleType


class Seen(ModuleType):
    """A module of the standard library as another system has it."""

    def __init__(self, module, lacking, changed):
        super().__init__(module.__name__)
        self._module, self._lacking = module, frozenset(lacking)
        vars(self).update(changed)

    def __getattr__(self, name):
        if name in self._lacking:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} here")
        return getattr(self._module, name)


class NotInstalled:
    """Finds no package that is not installed on the other system."""

    def __init__(self, packages):
        self._packages = frozenset(packages)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self._packages:
            raise ModuleNotFoundError(f"No module named {name!r} here", name=name)


def pretend(lacks):
    """From now on."""
    changed = {"sys": {"platform": lacks["platform"]}, "os": {"name": lacks["os_name"]}}
    names = {"sys": []} | lacks["names"]
    ours = builtins.__import__
    seen = {}

    def import_seen(name, globals=None, locals=None, fromlist=(), level=0):
        module = ours(name, globals, locals, fromlist, level)
        importer = (globals or {}).get("__package__") or ""
        if level or importer.partition(".")[0] != "webtrial":
            return module
        if name in lacks["modules"]:
            raise ModuleNotFoundError(f"No module named {name!r} here", name=name)
        told = module.__name__
        if told not in names:
            return module
        if told not in seen:
            seen[told] = Seen(module, names[told], changed.get(told, {}))
        return seen[told]

    sys.meta_path.insert(0, NotInstalled(lacks["packages"]))
    builtins.__import__ = import_seen


if told := os.environ.get("WEBTRIAL_ELSEWHERE"):
    pretend(json.loads(told))
