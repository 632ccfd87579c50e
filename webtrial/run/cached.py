"""Cache results that many analyses share, once per run: a run does not change."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from webtrial.run.records import Trials
from webtrial.run.store import Run

Ts = TypeVarTuple("Ts")


T = TypeVar("T")


def cached_per_run(function: Callable[[Run, *Ts], T]) -> Callable[[Run, *Ts], T]:
    """Decorate `function` to be called once per run and further arguments.

    Callers must not modify the cached result. A run whose records were replaced is computed anew.
    """
    cache: WeakKeyDictionary[Run, tuple[Trials, dict[tuple[*Ts], T]]] = WeakKeyDictionary()

    @wraps(function)
    def wrapper(run: Run, *arguments: *Ts) -> T:
        trials = run.trials
        if run not in cache or cache[run][0] is not trials:
            cache[run] = trials, {}
        results = cache[run][1]
        if arguments not in results:
            results[arguments] = function(run, *arguments)
        return results[arguments]

    return wrapper
