"""The chapters' tables: what the analysis found, columns chosen and named for reading."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

from webtrial.analyse.estimates import at_main_load
from webtrial.analyse.frames import rows_of
from webtrial.analyse.headline import DECIDED, headline
from webtrial.analyse.migration import connections_shared
from webtrial.analyse.pairs import title_of
from webtrial.analyse.phrases import interval, listed, number, percent, spoken, times
from webtrial.analyse.serving import keep_alive_exceptions_s
from webtrial.analyse.show import Table
from webtrial.analyse.thresholds import TOLERATED_SHARE
from webtrial.analyse.work import DRAW, DRAWN, MIX, MIXED, same_work_table
from webtrial.parameters import PRIVATE, Parameters
from webtrial.runs import Run

_SPOKEN = {"scenario": spoken}
_OWN = {"middleware": "middleware", "prepares": "statements prepared from"}
_STACK = {"scenario": "scenario", "load": "load", "title": "stack"}


def findings_of(run: Run, ratios: pd.DataFrame) -> pd.DataFrame:
    """`headline`, also where nothing can be compared."""
    return ratios.assign(sentence="") if ratios.empty else headline(run, ratios)


def scoreboard(run: Run, ratios: pd.DataFrame) -> Table:
    """Who serves how many times the requests per second of whom, by scenario, with intervals.

    Rows are pairs of stacks, as deployed before like for like; what is not decided is marked.
    """
    rows = at_main_load(ratios[ratios["metric"] == "throughput"])
    if rows.empty:
        return Table(rows[["stack", "baseline"]], "Nothing can be compared.")
    named = _compared(run, rows).assign(
        text=[
            _scored(row) + (" !" if failing else "")
            for row, failing in zip(rows_of(rows), _failing(rows), strict=True)
        ],
        scenario=rows["scenario"].map(spoken),
    )
    wide = named.pivot_table(
        index=["kind", "pair"], columns="scenario", values="text", aggfunc="first", sort=False
    )
    wide = wide.reindex(columns=list(dict.fromkeys(named["scenario"]))).reset_index()
    loads = listed(list(dict.fromkeys(rows["load"])))
    failing = (
        f"; ! over {TOLERATED_SHARE:.0%} of one's requests failed" if _failing(rows).any() else ""
    )
    return Table(
        wide,
        f"Requests per second, first over second, at {loads} (95 % interval; ? not decided"
        f"{failing}).",
        {"kind": "", "pair": "comparison"} | _same(wide.columns[2:]),
    )


def _scored(row: dict[str, Any]) -> str:
    ratio = times(row["ratio"], row["low"], row["high"])
    span = "" if pd.isna(row["low"]) else f" ({interval(row['low'], row['high'])})"
    return f"{ratio}{span}{'' if row['verdict'] in DECIDED else ' ?'}"


def _failing(rows: pd.DataFrame) -> pd.Series:
    return (rows["failed"] > TOLERATED_SHARE) | (rows["failed_baseline"] > TOLERATED_SHARE)


def findings_table(run: Run, findings: pd.DataFrame) -> Table:
    """`headline` in columns."""
    names = {"throughput": "requests per second", "p50": "median response time"}
    frame = _compared(run, findings).assign(metric=findings["metric"].map(names))
    columns = {"scenario": "scenario", "load": "load", "metric": "what", "pair": "comparison"}
    return Table(
        frame,
        "The findings at the main loads, as deployed before like for like.",
        columns | {"kind": "kind"} | _COMPARED,
        _SPOKEN,
    )


def ratios_as_table(run: Run, ratios: pd.DataFrame, metric: str) -> Table:
    """The paired ratios of one metric at the main loads, with their verdicts and reasons."""
    rows = _at_main_load(ratios[ratios["metric"] == metric], _OPENED.get(metric, "closed"))
    return Table(
        _compared(run, rows),
        f"Ratios of {_CAPTIONS[metric]}, first over second, paired by block.",
        {"scenario": "scenario", "load": "load", "pair": "comparison"}
        | _COMPARED
        | {"reason": "because"},
        _SPOKEN,
    )


_OPENED = {"p50": "open", "p99": "open"}
_CAPTIONS = {
    "throughput": "requests per second",
    "p50": "median response times",
    "p99": "99th percentiles of response time",
    "cpu": "CPU time of the service per request",
}
_COMPARED = {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks", "verdict": "verdict"}


def _at_main_load(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of each scenario at its main load of that kind, else of the other."""
    other = {"closed": "open", "open": "closed"}[kind]
    wanted = at_main_load(rows, kind)
    return wanted if len(wanted) else at_main_load(rows, other)


def _compared(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    stacks = run.manifest.stacks
    records = rows.to_dict("records")
    return rows.assign(
        pair=[
            f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in records
        ],
        span=[_span(r["low"], r["high"]) for r in records],
        ratio=[times(r["ratio"], r["low"], r["high"]) for r in records],
    )


def _span(low: float, high: float) -> str:
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
    spans = [_span(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)]
    return frame.assign(span=spans)


def latency_as_table(percentiles: pd.DataFrame) -> Table:
    """`latency_against_load` with a column for each percentile; – of too few requests."""
    keys = ["scenario", "load", "title"]
    caption = "Response times in ms, and what share of requests failed or could not be sent."
    return _percentile_columns(percentiles, keys, caption, _WENT_WRONG)


def search_as_table(percentiles: pd.DataFrame) -> Table:
    """`search_by_selectivity` with a column for each percentile."""
    caption = "Response times of searches in ms, by how common the word is."
    return _percentile_columns(percentiles, ["load", "title", "kind"], caption)


def _percentile_columns(
    percentiles: pd.DataFrame, keys: list[str], caption: str, beside: dict[str, str] | None = None
) -> Table:
    beside = beside or {}
    texts = [
        f"{'≥ ' if bound else ''}{number(value, 3)}"
        for value, bound in zip(percentiles["latency_ms"], percentiles["is_bound"], strict=True)
    ]
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
        (each.name, each.requests, each.asked_mean_ms, each.took_mean_ms, each.took_p99_ms)
        for trial in run.trials
        for each in trial.upstreams
    ]
    columns = ["name", "requests", "asked_mean_ms", "took_mean_ms", "took_p99_ms"]
    frame = pd.DataFrame(rows, columns=columns).groupby("name", as_index=False, sort=False)
    table = frame.agg(
        requests=("requests", "sum"),
        asked=("asked_mean_ms", "mean"),
        took=("took_mean_ms", "mean"),
        worst=("took_p99_ms", "max"),
    )
    names = {"name": "upstream", "requests": "requests", "asked": "asked to take (mean, ms)"}
    names |= {"took": "took (mean, ms)", "worst": "worst trial's 99th percentile (ms)"}
    return Table(table, "The upstreams over all trials.", names)


def _same(names: Iterable[str]) -> dict[str, str]:
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
