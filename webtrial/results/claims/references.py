"""Results that others published of the same frameworks, beside those of a run.

data/references.csv has a row per published comparison: who, when, on what, which test, the two
rates, which of our stacks and scenarios are closest, and what still differs.
"""

from math import exp, isfinite, log
from pathlib import Path
from typing import Any

import pandas as pd

from webtrial.errors import ClaimError
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.pairs import Pair, title_of
from webtrial.stats.ratios import THROUGHPUT, ratio_of
from webtrial.stats.trials import at_common_loads, trials_table
from webtrial.system.folders import REPOSITORY

FILE = REPOSITORY / "data" / "references.csv"

_WORDS = ("source", "address", "date", "hardware", "test", "scenario", "stack", "baseline")
_RATES = ("stack_per_s", "baseline_per_s")
COLUMNS = (*_WORDS, *_RATES, "differs")


def read_references(path: Path = FILE) -> pd.DataFrame:
    """Return every published comparison, a row each: COLUMNS, the rates as numbers.

    Raises ClaimError if the file is missing or a rate is not a number.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if tuple(table.columns) != COLUMNS:
            raise ValueError(
                f"the columns are {', '.join(table.columns)}; expected: {', '.join(COLUMNS)}"
            )
        return table.astype(dict.fromkeys(_RATES, float))
    except (OSError, ValueError) as error:
        raise ClaimError(f"{path} cannot be read: {error}") from None


def reference_table(run: Run, references: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the published ratios of requests per second beside ours.

    A row each, in the file's order. Ours are at the main closed load of the closest scenario.

    Columns: source, address, date, hardware, test, differs, scenario, load, stack, title, baseline,
    baseline_title, published (ratio), ratio, low, high, blocks (NaN and 0 if the run has no such
    pair), apart (published over ours), agrees: whether the published ratio lies within our
    interval, None without an interval of enough untouched blocks.
    """
    references = read_references() if references is None else references
    trials = trials_table(run)
    used = trials[trials["used"] & trials["role"].isin(["measure", "a/a"])]
    main = at_main_load(at_common_loads(used))
    stacks = run.manifest.stacks
    rows = [
        row
        | {"title": title_of(row["stack"], stacks)}
        | {"baseline_title": title_of(row["baseline"], stacks)}
        | _compare(row, main[main["scenario"] == row["scenario"]])
        for row in rows_of(references)
    ]
    return pd.DataFrame(rows, columns=list(_TABLE))


_TABLE = (
    *("source", "address", "date", "hardware", "test", "differs", "scenario", "load"),
    *("stack", "title", "baseline", "baseline_title"),
    *("published", "ratio", "low", "high", "blocks", "apart", "agrees"),
)


def _compare(reference: dict[str, Any], cell: pd.DataFrame) -> dict[str, Any]:
    published = reference["stack_per_s"] / reference["baseline_per_s"]
    pair = Pair(reference["stack"], reference["baseline"], "variant")
    row = ratio_of(cell, pair, THROUGHPUT)
    decides = row["blocks_untouched"] >= MINIMUM_BLOCKS and isfinite(row["low"])
    return {
        "load": str(cell["load"].iloc[0]) if len(cell) else "",
        "published": published,
        **{name: row[name] for name in ("ratio", "low", "high", "blocks")},
        "apart": published / row["ratio"],
        "agrees": row["low"] <= published <= row["high"] if decides else None,
    }


def furthest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `reference_table` with a ratio of this run, furthest from ours first."""
    measured = table.dropna(subset=["ratio"])
    factor = measured["apart"].map(lambda apart: exp(abs(log(apart))))
    return measured.assign(factor=factor).sort_values("factor", ascending=False, kind="stable")
