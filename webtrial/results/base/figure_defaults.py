"""Figures begin from matplotlib's own defaults: a user's matplotlibrc makes no other bytes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

# Which backend draws is for the process to say, and to ask for it would choose one.
_DEFAULTS: dict[str, Any] = {
    name: value for name, value in mpl.rcParamsDefault.items() if name != "backend"
}


@contextmanager
def drawing_from_defaults(settings: Mapping[str, Any]) -> Iterator[None]:
    """Within the block matplotlib's settings are its defaults with `settings` on top. Decorates
    functions, too."""
    wanted: Any = {**_DEFAULTS, **settings}
    # To set all of the 340 would take 4 ms each time.
    different = {name: value for name, value in wanted.items() if mpl.rcParams[name] != value}
    with mpl.rc_context(different):
        yield
