"""Two runs as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.base.ratio_labels import ratio_label
from webtrial.results.comparison import figure as replication
from webtrial.results.comparison.text import changes_figure_text, replication_figure_text
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.pairs import title_of


def draw_replication(run: Run, found: pd.DataFrame) -> Shown:
    """`replication` of requests per second at the main closed loads; `run` names the stacks."""
    table = at_main_load(found[found["metric"] == "throughput"])
    table = table[table["ratio_before"].notna() | table["ratio_after"].notna()]
    if table.empty:
        return absent("no two stacks that both runs compare")
    stacks = run.manifest.stacks
    titles = table.assign(
        title=[title_of(name, stacks) for name in table["stack"]],
        baseline_title=[title_of(name, stacks) for name in table["baseline"]],
    )
    return replication.draw(titles, replication_figure_text(titles))


def draw_changes(changed: pd.DataFrame) -> Shown:
    """`changes` of requests per second at the main closed loads."""
    table = at_main_load(changed[changed["metric"] == "throughput"])
    table = table[table["ratio"].notna()]
    if table.empty:
        return absent("no closed load of a stack in both runs")
    spans = zip(table["ratio"], table["low"], table["high"], strict=True)
    drawn = table.assign(
        kind="second run over the first",
        baseline_title="itself before",
        floor=float("nan"),
        blocks=table[["blocks_before", "blocks_after"]].min(axis=1),
        label=[ratio_label(*span) for span in spans],
    )
    return ratios.draw(drawn, changes_figure_text(drawn))
