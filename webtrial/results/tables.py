"""The chapters' tables: what the analysis found, columns chosen and named for reading."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import interval, listed, number, percent, spoken
from webtrial.results.connections.server_limits import keep_alive_exceptions_s
from webtrial.results.cost.estimate import DRAW, DRAWN, MIX, MIXED, same_work_table
from webtrial.results.migration.estimate import connections_shared
from webtrial.run.parameters import PRIVATE, Parameters
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.histogram import NEEDS_INTERVAL
from webtrial.stats.pairs import title_of

_SPOKEN = {"scenario": spoken}
_OWN = {"middleware": "middleware", "prepares": "statements prepared from"}
_STACK = {"scenario": "scenario", "load": "load", "title": "stack"}


def span_text(low: float, high: float) -> str:
    return "–" if pd.isna(low) or pd.isna(high) else interval(low, high)


def throughput_as_table(estimates: pd.DataFrame) -> Table:
    """`throughput_table` with its intervals and what they rest on."""
    return Table(
        _with_span(estimates),
        "Requests per second in the closed loop: mean over blocks, 95 % interval.",
        _STACK | {"value": "requests/s", "span": "95 % interval"} | _RESTS_ON | _WENT_WRONG,
        _SPOKEN | dict.fromkeys(_WENT_WRONG, percent),
    )


_WENT_WRONG = {"error_fraction": "failed", "dropped_fraction": "not sent"}


_RESTS_ON = {
    "blocks": "blocks",
    "suspect_blocks": "of them suspect",
    "invalid_blocks": "invalid, left out",
}


def _with_span(frame: pd.DataFrame) -> pd.DataFrame:
    spans = [span_text(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)]
    return frame.assign(span=spans)


def latency_as_table(percentiles: pd.DataFrame) -> Table:
    """`latency_against_load` with a column for each percentile; – of too few requests."""
    keys = ["scenario", "load", "title"]
    caption = (
        "Response times in ms (the 99th percentile with its 95 % interval), and what share of"
        " requests failed or could not be sent."
    )
    return _percentile_columns(percentiles, keys, caption, _WENT_WRONG)


def search_as_table(percentiles: pd.DataFrame) -> Table:
    """`search_by_selectivity` with a column for each percentile."""
    caption = "Response times of searches in ms, by how common the word is."
    return _percentile_columns(percentiles, ["load", "title", "kind"], caption)


def _percentile_columns(
    percentiles: pd.DataFrame, keys: list[str], caption: str, beside: dict[str, str] | None = None
) -> Table:
    beside = beside or {}
    texts = [_percentile_cell(row) for row in rows_of(percentiles)]
    rows = percentiles.assign(text=texts, name=percentiles["percentile"].map(_percentile_name))
    wide = rows.pivot_table(
        index=[*keys, "samples", *beside],
        columns="name",
        values="text",
        aggfunc="first",
        sort=False,
    ).reset_index()
    names = [name for name in rows["name"].unique() if name in wide]
    columns = {key: "stack" if key == "title" else key for key in keys}
    columns |= dict(zip(names, names, strict=True)) | {"samples": "requests"}
    return Table(wide, caption, columns | beside, _SPOKEN | dict.fromkeys(beside, percent))


def _percentile_cell(row: dict[str, Any]) -> str:
    """`≥ 12.0`, of a tail `120 (95–160)`."""
    is_tail = row["percentile"] >= NEEDS_INTERVAL and not pd.isna(row["low"])
    span = f" ({interval(row['low'], row['high'])})" if is_tail else ""
    return f"{'≥ ' if row['is_bound'] else ''}{number(row['latency_ms'], 3)}{span}"


def _percentile_name(percentile: float) -> str:
    return "median" if percentile == 50 else f"{percentile:g}th"


def cost_as_table(costs: pd.DataFrame) -> Table:
    """`cost_table` by part, with the interval of the whole."""
    parts = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}
    return Table(
        _with_span(costs),
        f"CPU-milliseconds per request, by who used them.{_not_observed(costs)}",
        _STACK | parts | {"total_ms": "in all", "span": "95 % interval"},
        _SPOKEN,
    )


def _not_observed(costs: pd.DataFrame) -> str:
    parts = costs[["service_ms", "database_ms", "upstreams_ms"]]
    return " –: not observed, and in no sum." if parts.isna().any(axis=None) else ""


def dashboard_as_table(parts: pd.DataFrame) -> Table:
    """`dashboard_parts`: what a dashboard took beside what its upstreams took."""
    bounds = {"in_turn_ms": "upstreams in turn", "slowest_ms": "slower upstream"}
    return Table(
        _with_span(parts),
        "Mean response time of the dashboard in ms, beside what its upstreams took.",
        {"load": "load", "title": "stack", "response_ms": "response", "span": "95 % interval"}
        | bounds,
    )


def upstreams_table(run: Run) -> Table:
    """What each upstream was asked to take, and really took, over the run."""
    rows = [
        (each.name, each.requests, each.asked_mean_ms, each.took_mean_ms)
        for trial in run.trials
        for each in trial.upstreams
    ]
    columns = ["name", "requests", "asked_mean_ms", "took_mean_ms"]
    frame = pd.DataFrame(rows, columns=columns).groupby("name", as_index=False, sort=False)
    table = frame.agg(
        requests=("requests", "sum"),
        asked=("asked_mean_ms", "mean"),
        took=("took_mean_ms", "mean"),
    )
    names = {"name": "upstream", "requests": "requests", "asked": "asked to take (mean, ms)"}
    names |= {"took": "took (mean, ms)"}
    return Table(table, "The upstreams over all trials.", names)


def same_names(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def same_work_as_table(run: Run) -> Table:
    """`same_work_table`: statements and rows per request, side by side."""
    columns = {
        "scenario": "scenario",
        "title": "stack",
        "data_statements_per_request": "data statements",
        "rows_per_request": "rows",
        "same": "the same",
        "control_statements_per_request": "control statements",
        "database_time_ms_per_request": "time in PostgreSQL (ms)",
    }
    caption = (
        "What PostgreSQL was asked, per request. The same: equal data statements and rows. Rows"
        f" may lie {DRAW:.1%} apart in {listed(list(map(spoken, DRAWN)))}, as they depend on what"
        f" is drawn, and both {MIX:.0%} in {listed(MIXED)}, whose mix depends on how many they are."
    )
    return Table(same_work_table(run), caption, columns, _SPOKEN)


def stacks_table(run: Run) -> Table:
    """The stacks of the run by their axes."""
    columns = {
        "title": "stack",
        "data_access": "data access",
        "serialiser": "serialiser",
        "driver": "driver",
        "concurrency": "concurrency",
        "server": "server",
    }
    frame = pd.DataFrame(list(run.manifest.stacks.values()), columns=list(columns))
    return Table(frame, "The stacks and what each is made of.", columns)


def parameters_table(parameters: Parameters) -> Table:
    """Every parameter with its value, but for those that say where something is."""
    rows = [
        (name, written(getattr(parameters, name)), field.description or "")
        for name, field in type(parameters).model_fields.items()
        if name not in PRIVATE
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Table(frame, "The parameters of this run.")


def rates_table(run: Run) -> Table:
    """What the pilot found and the rates that followed from it."""
    manifest = run.manifest
    rows = [
        (scenario, title_of(stack, manifest.stacks), capacity,
         ", ".join(f"{rate:g}" for rate in manifest.rates_per_s.get(scenario, [])) or "–")
        for scenario, stacks in manifest.capacities_per_s.items()
        for stack, capacity in stacks.items()
    ]  # fmt: skip
    columns = {"scenario": "scenario", "stack": "stack", "capacity": "pilot (requests/s)"}
    columns |= {"rates": "common rates (1/s)"}
    frame = pd.DataFrame(rows, columns=list(columns))
    return Table(frame, "What the pilot found, and the rates chosen from it.", columns, _SPOKEN)


def budgets_table(run: Run) -> Table:
    """What every stack was given, and what each has of its own beside it."""
    stacks = run.manifest.stacks
    own = {name: said for key, name in _OWN.items() if (said := "; ".join(_alike(stacks, key)))}
    pools = {
        f"{title_of(stack, stacks)}: connections of each pool": shares
        for stack, shares in connections_shared(run).items()
    }
    kept = {
        f"{title_of(stack, stacks)}: keep alive s": f"{kept_s:g}, the most that its server takes"
        for stack, kept_s in keep_alive_exceptions_s(run).items()
    }
    caption = "The same for every stack, but for what is said to be of one."
    return _pairs_table(run.manifest.budgets | kept | own | pools, ("budget", "value"), caption)


def _alike(stacks: dict[str, dict[str, Any]], key: str) -> Iterable[str]:
    """Each value that stacks have of `key`, and who has it."""
    having = [name for name in stacks if key in stacks[name]]  # runs from before it was told
    for value in dict.fromkeys(written(stacks[name][key]) for name in having):
        alike = [name for name in having if written(stacks[name][key]) == value]
        yield f"{value} ({listed([title_of(name, stacks) for name in alike])})"


def machine_as_table(run: Run) -> Table:
    """The machine, the data and the commit of the run."""
    manifest = run.manifest
    parts = {"data": manifest.data, "git": manifest.git}
    named = chain(manifest.machine.items(), _below(parts))
    return _pairs_table(dict(named), ("what", "value"), "Where the run comes from.")


def _below(parts: dict[str, dict[str, Any]]) -> Iterable[tuple[str, Any]]:
    for part, values in parts.items():
        for name, value in values.items():
            yield f"{part}: {name}", value


def versions_table(run: Run) -> Table:
    """Versions of what was measured and what measured it."""
    return _pairs_table(run.manifest.versions, ("package", "version"), "Versions.")


def _pairs_table(values: dict[str, Any], names: tuple[str, str], caption: str) -> Table:
    rows = [(spoken(name), written(value)) for name, value in values.items()]
    return Table(pd.DataFrame(rows, columns=list(names)), caption)


def written(value: Any) -> str:
    """A value of a manifest as a cell of a table shows it."""
    match value:
        case dict():
            return ", ".join(f"{name} = {written(each)}" for name, each in value.items()) or "–"
        case list() | tuple():
            return ", ".join(map(written, value)) or "none"
        case None:
            return "none"
    return str(value)
