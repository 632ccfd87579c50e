"""What many analyses of a run begin with is computed once for each run: a run does not change."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from webtrial.records import Trials
from webtrial.runs import Run

T = TypeVar("T")


def remembered(function: Callable[[Run], T]) -> Callable[[Run], T]:
    """The function, which is asked once for each run. What it answers is not to be changed."""
    known: WeakKeyDictionary[Run, tuple[Trials, T]] = WeakKeyDictionary()

    @wraps(function)
    def answer(run: Run) -> T:
        trials = run.trials
        if run not in known or known[run][0] is not trials:
            known[run] = trials, function(run)
        return known[run][1]

    return answer
