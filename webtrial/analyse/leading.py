"""What a report opens with: a few findings, a sentence each, every number with its interval."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.analyse.attribution import WHOLE, Attribution, attribution
from webtrial.analyse.frames import rows_of
from webtrial.analyse.headline import DECIDED, failing, headline, named, unreplicated
from webtrial.analyse.pairs import Stacks
from webtrial.analyse.phrases import interval, listed, spoken, times
from webtrial.analyse.words_of_attribution import cause
from webtrial.runs import Run

AS_DEPLOYED = 2
"""So many pairs of frameworks as deployed are told of, those first of which most is decided."""


def leading(run: Run, ratios: pd.DataFrame) -> list[str]:
    """At most four findings as Markdown: who serves more as deployed, who like for like, and where
    the largest difference in cost comes from. `ratios` is `ratio_table`."""
    found = headline(run, ratios, ("throughput",))
    single = unreplicated(ratios)
    stacks = run.manifest.stacks
    deployed, alike = _decided_first(found, "as deployed"), _decided_first(found, "like for like")
    said = [_pair_told(rows, stacks, single) for rows in deployed[:AS_DEPLOYED]]
    said += [f"Like for like: {_pair_told(rows, stacks, single)}" for rows in alike[:1]]
    said += _cause(run, deployed)
    return said or ["No two stacks have trials that count in the same place."]


def _decided_first(found: pd.DataFrame, kind: str) -> list[pd.DataFrame]:
    """The rows of each pair, the pair first of which most is decided."""
    of_kind = found[found["kind"] == kind]
    pairs = [rows for _, rows in of_kind.groupby(["stack", "baseline"], sort=False)]
    return sorted(pairs, key=lambda rows: -int(rows["verdict"].isin(DECIDED).sum()))


def _pair_told(rows: pd.DataFrame, stacks: Stacks, single: bool) -> str:
    """`FastAPI served 2.3 times (1.8–3.1) the requests per second of Flask on user detail, …`."""
    first = rows.iloc[0]
    above, below = named(first["stack"], stacks), named(first["baseline"], stacks)
    known = rows[rows["ratio"].notna()]
    sure = known if single else known[known["verdict"].isin(DECIDED)]
    more, less = sure[sure["ratio"] > 1], sure[sure["ratio"] <= 1]
    said = [*_direction(more, above, below), *_direction(less, below, above)]
    rest = rows.drop(sure.index)
    equal = rest["verdict"] == "indistinguishable"
    said += _elsewhere(rest[equal], "no more apart than a stack from itself")
    said += _elsewhere(rest[~equal], "not decided")
    if len(said) and len(sure) == 0:
        said = [f"{above} against {below}: {'; '.join(said)}"]
    alone = " (one block: no interval, no verdict)" if single else ""
    return f"{'; '.join(said)}{alone}.{''.join(failing(rows, stacks))}"


def _elsewhere(rows: pd.DataFrame, how: str) -> list[str]:
    """`on product search and dashboard not decided`, where there is any."""
    names = [spoken(name) for name in dict.fromkeys(rows["scenario"])]
    return [f"on {listed(names)} {how}"] if names else []


def _direction(rows: pd.DataFrame, winner: str, loser: str) -> Iterator[str]:
    """What the winner served more, scenario by scenario; nothing where it did nowhere."""
    if rows.empty:
        return
    (factor, where), *others = [_factor(row) for row in rows_of(rows)]
    first = f"**{winner}** served {factor} the requests per second of **{loser}** on {where}"
    yield listed([first, *(f"{factor} on {where}" for factor, where in others)])


def _factor(row: dict[str, Any]) -> tuple[str, str]:
    ratio, low, high = row["ratio"], row["low"], row["high"]
    if ratio <= 1:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    span = f" ({interval(low, high)})" if isfinite(low) and isfinite(high) else ""
    return f"{times(ratio, low, high)} times{span}", spoken(row["scenario"])


def _cause(run: Run, deployed: list[pd.DataFrame]) -> list[str]:
    """Where the largest ratio of CPU time between two stacks as deployed comes from."""
    pairs = [(str(rows["stack"].iloc[0]), str(rows["baseline"].iloc[0])) for rows in deployed]
    found = [each for pair in pairs if len((each := attribution(run, *pair)).parts)]
    if not found:
        return []
    return [cause(max(found, key=_factor_of))]


def _factor_of(found: Attribution) -> float:
    """By how much the whole differs, whichever way."""
    parts = found.parts
    ratio = float(parts.loc[parts["part"] == WHOLE, "ratio"].iloc[0])
    return max(ratio, 1 / ratio)
