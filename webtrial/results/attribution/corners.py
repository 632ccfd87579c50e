"""The effect of a change of framework on CPU time per request, one pair of stacks at a time.

The two stacks of a corner are a matched pair that also has the same ORM and the same serialiser, or
none. They have the same concurrency if such a pair was measured; otherwise each has the concurrency
and server that its framework is deployed with.
"""

import pandas as pd

from webtrial.stats.matching import matched_pairs
from webtrial.stats.pairs import Pair, Stacks, framework_of, title_of
from webtrial.stats.ratios import CPU, ratio_of

SCENARIO = "user_detail"
_MAY_DIFFER = {"concurrency", "server"}


def corners(cell: pd.DataFrame, stack: str, baseline: str, stacks: Stacks) -> pd.DataFrame:
    """Return CPU time of the service per request at each corner of two frameworks.

    A row per pair of measured stacks, in the order of `stacks`; none if both frameworks are the
    same. `cell` holds the used rows of `trials_table` of one scenario and load. Columns: stack,
    title, baseline, baseline_title, concurrency (of both, or "threads to async" from baseline to
    stack), differs (axes apart from the framework), middleware (whether it differs, since it comes
    with the framework), ratio, low, high (t interval over blocks), blocks, blocks_untouched,
    suspect, verdict, reason.
    """
    framework, baseline_framework = (framework_of(name, stacks) for name in (stack, baseline))
    measured = set(cell.loc[cell["role"] == "measure", "stack"])
    stacks = {name: axes for name, axes in stacks.items() if name in measured}
    pairs = corner_pairs(framework, baseline_framework, stacks)
    rows = [
        ratio_of(cell, pair, CPU)
        | {
            "title": title_of(pair.stack, stacks),
            "baseline_title": title_of(pair.baseline, stacks),
            "concurrency": _concurrency(pair, stacks),
            "middleware": stacks[pair.stack].get("middleware")
            != stacks[pair.baseline].get("middleware"),
        }
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    *("stack", "title", "baseline", "baseline_title", "concurrency", "differs"),
    *("middleware", "ratio", "low", "high", "blocks", "blocks_untouched", "suspect"),
    *("verdict", "reason"),
)


def corner_pairs(framework: str, baseline: str, stacks: Stacks) -> list[Pair]:
    """Return the corners of two frameworks; none if both are the same."""
    pairs = [
        pair if framework_of(pair.stack, stacks) == framework else _swapped(pair)
        for pair in matched_pairs(stacks, SCENARIO)
        if {framework_of(name, stacks) for name in (pair.stack, pair.baseline)}
        == {framework, baseline}
        and set(pair.differs_in(SCENARIO)) <= _MAY_DIFFER
    ]
    return [pair for pair in pairs if _is_nearest(pair, pairs, stacks)]


def _swapped(pair: Pair) -> Pair:
    return Pair(pair.baseline, pair.stack, pair.kind, pair.differs, pair.match)


def _is_nearest(pair: Pair, pairs: list[Pair], stacks: Stacks) -> bool:
    """Whether the pair is one of the closest among the pairs with the same match.

    Pairs of stacks with the same concurrency are closest. Among pairs with equal concurrency, those
    of stacks with the same server are closer.
    """
    same_match = [each for each in pairs if each.match == pair.match]
    close = [each for each in same_match if "concurrency" not in each.differs] or same_match
    concurrency = _concurrency(pair, stacks)
    alternatives = [each for each in close if _concurrency(each, stacks) == concurrency]
    return pair in ([each for each in alternatives if "server" not in each.differs] or alternatives)


def _concurrency(pair: Pair, stacks: Stacks) -> str:
    ends = [str(stacks[name].get("concurrency", "")) for name in (pair.baseline, pair.stack)]
    return " to ".join(dict.fromkeys(ends))
