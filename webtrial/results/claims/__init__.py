"""Which of the article's claims hold? Each is a row of data/claims.csv, judged over a run.

A row names the predicate that judges it; most need no more than the columns of the row. To add a
claim, add a row and, rarely, a function that registers itself (`predicates.predicate`).

**Verdicts.** *Supported*: direction and size hold. *Partly*: the direction holds, the size does
not. *Refuted*: the direction does not hold. *Inconclusive*: fewer than three untouched blocks, or
an interval that extends across the deciding bound. *Not testable here*: something is needed that
this run, or any run, does not have; the reason says what.

**Absolute figures** (1,200 requests per second, 85 ms) belong to the machine that they were
measured on. Another machine passes or fails them by its speed alone, which says nothing about the
claim. The ratios between the article's figures do carry over. Such a figure is therefore judged by
its ratio to each of the other two frameworks' figures for the same quantity, and the value measured
here is shown with its machine. `crud-throughput-django` is supported if Django's ratios to Flask
and to FastAPI are those of 1,200 to 1,800 and to 8,500, whatever its requests per second; it is
refuted if even the direction of one of them is wrong. A single framework's figure cannot be wrong
alone: three verdicts share three ratios.

**Counting.** Claims are of three kinds, which are never added up: performance that was measured,
features that probes looked for, choices that our weights decide. Statements that repeat one fact
count once (`facts`).

**No claim** is a statement that cannot fail, such as that a thread has one request at a time, or
one that the article only implies, such as the requests in flight that follow from its table
(`in_flight`).

**Supported users** have no such ratio, since they are a bound that is reached or missed. They are
judged only if the machine makes the case harder. With no more cores than the article's machine, a
number that is reached here counts, and one that is missed is reported as needing more cores; with
more cores it is the other way round.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.claims.context import ASSUMED_THINK_TIME_S, Limits
from webtrial.results.claims.references import reference_table
from webtrial.run.store import Run
from webtrial.stats.thresholds import P99_LIMIT_MS

if TYPE_CHECKING:
    from webtrial.results.claims.evaluate import Verification


class Claims(Result):
    """The verdicts on the article's claims, and results published by others."""

    def __init__(self, run: Run, limits: Limits) -> None:
        """Set the `limits` by which claims are judged; figures and texts state them."""
        super().__init__(run)
        self.limits = limits

    @cached_property
    def judged(self) -> "Verification":
        """Every claim, and every comparison behind one."""
        from webtrial.results.claims.evaluate import verify  # noqa: PLC0415 - imports this package

        return verify(self.run, self.limits)

    @property
    def data(self) -> pd.DataFrame:
        """Columns of `Verification.table`."""
        return self.judged.table

    @property
    def limitations(self) -> tuple[str, ...]:
        """The claims that are not decided, each with its reason."""
        undecided = self.data[self.data["verdict"].isin(["inconclusive", "not testable here"])]
        return tuple(f"{row.id}: {row.reason}" for row in undecided.itertuples())

    @cached_property
    def references(self) -> pd.DataFrame:
        """Published results beside those of this run: columns of `references.reference_table`."""
        return reference_table(self.run)


def claims(
    run: Run,
    p99_limit_ms: float = P99_LIMIT_MS,
    assumed_think_time_s: float = ASSUMED_THINK_TIME_S,
) -> Claims:
    """Judge every claim of the article over `run`.

    A request is in time within `p99_limit_ms`; a user thinks for `assumed_think_time_s` between two
    requests. `data` has a row per claim: columns of `Verification.table`. ClaimError if a row of
    data/claims.csv is invalid.
    """
    return Claims(run, Limits(p99_limit_ms, assumed_think_time_s))
