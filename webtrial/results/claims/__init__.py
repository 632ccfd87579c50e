"""Which of the article's claims hold? Each is a row of data/claims.csv, judged over a run.

A row names the predicate that judges it; most need no more than the columns of the row. Adding a
claim is adding a row and, rarely, a function that registers itself (`predicates.predicate`).

**Verdicts.** *Supported*: direction and size hold. *Partly*: the direction holds, the size does
not. *Refuted*: the direction does not hold. *Inconclusive*: fewer than three untouched blocks, or
an interval that reaches over what would decide. *Not testable here*: something is needed that this
run, or any run, does not have; the reason says what.

**Absolute figures** (1,200 requests per second, 85 ms) belong to the machine that they were
measured on: another machine passes or fails them by its speed alone, which says nothing of the
claim. What carries over is how the article's figures stand to each other. So such a figure is
judged by its ratio to each of the other two frameworks' figures for the same thing, and what is
measured here is shown with its machine beside. `crud-throughput-django` is supported where Django
stands to Flask and to FastAPI as 1,200 stands to 1,800 and to 8,500, whatever its requests per
second; refuted where it does not even stand on the same side of one of them. A single framework's
figure cannot be wrong alone: three verdicts share three ratios.

**Counting.** Claims are of three kinds, which are never added up: performance that was measured,
features that probes looked for, choices that our weights decide. Statements that repeat one fact
count once (`facts`).

**No claim** is what cannot fail, such as that a thread has one request at a time, and what the
article only implies, such as the requests in flight that follow from its table (`in_flight`).

**Users that are supported** have no such ratio, since they are a bound that is reached or is not.
They are judged only as far as the machine makes the case harder: with no more cores than the
article's machine, a number that is reached here counts, one that is missed says that more cores
would be needed; with more cores it is the other way round.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.claims.case import ASSUMED_THINK_TIME_S, Limits
from webtrial.results.claims.references import reference_table
from webtrial.run.store import Run
from webtrial.stats.thresholds import P99_LIMIT_MS

if TYPE_CHECKING:
    from webtrial.results.claims.evaluate import Verification


class Claims(Result):
    """The article's claims with their verdicts, and what others published."""

    def __init__(self, run: Run, limits: Limits) -> None:
        """Judged with `limits`, which what shows them repeats."""
        super().__init__(run)
        self.limits = limits

    @cached_property
    def judged(self) -> "Verification":
        """Every claim, and every comparison that one rests on."""
        from webtrial.results.claims.evaluate import verify  # noqa: PLC0415 - imports this package

        return verify(self.run, self.limits)

    @property
    def data(self) -> pd.DataFrame:
        """Columns of `Verification.table`."""
        return self.judged.table

    @property
    def limitations(self) -> tuple[str, ...]:
        """Which claims are not decided, each with its reason."""
        unsure = self.data[self.data["verdict"].isin(["inconclusive", "not testable here"])]
        return tuple(f"{row.id}: {row.reason}" for row in unsure.itertuples())

    @cached_property
    def references(self) -> pd.DataFrame:
        """What others published beside what this run found: columns of
        `references.reference_table`."""
        return reference_table(self.run)


def claims(
    run: Run,
    p99_limit_ms: float = P99_LIMIT_MS,
    assumed_think_time_s: float = ASSUMED_THINK_TIME_S,
) -> Claims:
    """Every claim of the article judged over `run`: a request is in time within `p99_limit_ms`, a
    user thinks for `assumed_think_time_s` between two requests.

    `data` has a row per claim: columns of `Verification.table`. ClaimError where a row of
    data/claims.csv cannot be understood.
    """
    return Claims(run, Limits(p99_limit_ms, assumed_think_time_s))
