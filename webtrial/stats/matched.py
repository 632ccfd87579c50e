"""Differences between frameworks that remain when stacks are matched."""

from collections.abc import Iterable

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.matching import framework_pairs, has_own_server, unmatched
from webtrial.stats.pairs import Stacks, framework_of, is_deployed, stacks_in_order
from webtrial.stats.trials import at_common_loads, measured, trials_table

OWN = "each as deployed"


def matched_ratios(run: Run, ratios: pd.DataFrame, metric: str = "throughput") -> pd.DataFrame:
    """Return the matched pairs at the main closed loads: rows of `ratio_table` of one metric.

    Only scenarios count in which more stacks than those as deployed were measured. Further columns:
    frameworks (`FastAPI / Flask`), concurrency (OWN, or the one both share: `both threads`).
    """
    rows = at_main_load(ratios[(ratios["metric"] == metric) & (ratios["match"] != "")])
    more = rows.loc[rows["kind"] == "matched", "scenario"].unique()
    rows = rows[rows["scenario"].isin(more)].reset_index(drop=True)
    stacks = run.manifest.stacks
    ratios_found = rows.assign(
        frameworks=[
            f"{framework_of(row['stack'], stacks)} / {framework_of(row['baseline'], stacks)}"
            for row in rows_of(rows)
        ],
        concurrency=[
            _concurrency((row["stack"], row["baseline"]), stacks) for row in rows_of(rows)
        ],
    )
    order = [" / ".join(names) for names in framework_pairs(stacks_in_order(run))]
    return ratios_found.sort_values(
        "frameworks", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
    )


def missing_matches(run: Run) -> list[str]:
    """Return which stacks are missing for a matched pair, in the scenario with the most stacks.

    Sentences are those of `matching.unmatched`; none if only the stacks as deployed were measured.
    """
    trials = at_main_load(at_common_loads(measured(trials_table(run))))
    chosen = trials[trials["scenario"].isin(run.manifest.parameters.scenarios)]
    by_scenario = chosen.groupby("scenario", sort=False)["stack"].unique()
    if by_scenario.empty:
        return []
    scenario = max(by_scenario.index, key=lambda name: len(by_scenario[name]))
    measured_stacks = {
        name: axes
        for name, axes in stacks_in_order(run).items()
        if name in set(by_scenario[scenario])
    }
    if all(is_deployed(name, measured_stacks) for name in measured_stacks):
        return []
    return unmatched(measured_stacks, str(scenario))


def _concurrency(pair: Iterable[str], stacks: Stacks) -> str:
    if all(has_own_server(name, stacks) for name in pair):
        return OWN
    shared = {str(stacks[name].get("concurrency")) for name in pair}
    return f"both {shared.pop()}"
