"""Migration as a table."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import AS_SPOKEN
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, METRIC_TEXT, ratio_text
from webtrial.results.overview.findings import DECIDED
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import title_of


def migration_as_table(run: Run, ratios: pd.DataFrame) -> Table | Prose:
    """`migration_ratios`: a row per scenario and pair, a column per metric; nothing of none."""
    if ratios.empty:
        return Prose("")
    stacks = run.manifest.stacks
    named = ratios.assign(
        text=[ratio_text(row) + _doubt(row) for row in rows_of(ratios)],
        pair=[
            f"{title_of(row['stack'], stacks)} / {title_of(row['baseline'], stacks)}"
            for row in rows_of(ratios)
        ],
        column=ratios["metric"].map(METRIC_TEXT),
    )
    keys = ["scenario", "load", "pair", "differs"]
    wide = named.pivot_table("text", keys, "column", aggfunc="first", sort=False).reset_index()
    columns = {"scenario": "scenario", "load": "load", "pair": "comparison"}
    return Table(
        wide,
        "Two frameworks at one address over each as deployed: first over second (95 % interval; ?"
        " not decided).",
        columns
        | {name: name for name in METRIC_TEXT.values() if name in wide}
        | {"differs": ALSO_DIFFERS},
        AS_SPOKEN,
    )


def _doubt(row: dict[str, Any]) -> str:
    return "" if row["verdict"] in DECIDED else " ?"
