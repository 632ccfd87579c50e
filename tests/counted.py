"""What tests have done, counted where they did it: for data/hardening.csv.

A test says `injected("kill -9 of a service")` when it has seen that fault survived, `tried(…)` how
many bad inputs of a kind a stack refused, `held(…)` what load it stood. All of it is shown when the
tests are done; `make soak` writes it down.
"""

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # half a second for every worker, else
    from webtrial.results.validity.robustness import Key

COUNTS: "Counter[Key]" = Counter()


def injected(fault: str, times: int = 1) -> None:
    """A fault was injected and survived so many times."""
    COUNTS["fault", fault, ""] += times


def tried(kind: str, stack: str, times: int) -> None:
    """So many bad inputs of a kind did no harm to a stack."""
    COUNTS["bad input", kind, stack] += times


def held(load: str, stack: str, amount: int) -> None:
    """A stack held so much of a load."""
    COUNTS["load", load, stack] += amount
