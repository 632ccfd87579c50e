"""Tables of verdicts, gates, budgets, versions and threats."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import HUMANIZED, format_value, humanize, listed
from webtrial.results.base.result import Renderers
from webtrial.results.connections.server_limits import keep_alive_exceptions_s
from webtrial.results.cost.estimate import (
    MIX_TOLERANCE,
    MIXED_SCENARIOS,
    RANDOM_SCENARIOS,
    RANDOM_TOLERANCE,
    same_work_table,
)
from webtrial.results.migration.estimate import pool_sizes
from webtrial.results.validity.gates import validity_table, verdict_table
from webtrial.results.validity.threats import threats
from webtrial.run import bounds
from webtrial.run.store import Run
from webtrial.stats.pairs import title_of


def gates_table() -> Table:
    """Return every gate with its bounds."""
    frame = pd.DataFrame(_GATES, columns=["gate", "kind", "what", "suspect", "invalid"])
    names = {"gate": "gate", "kind": "kind", "suspect": "suspect if", "invalid": "invalid if"}
    return Table(frame, "Gates for every trial.", names | {"what": "observed quantity"})


_LATE = f"over {bounds.LAG_MIN_MS:g} ms, and over {bounds.LAG_OF_MEDIAN:.0%} of the median latency"
_OVERLOADED = (
    f"over {bounds.CPU_SUSPECT:.0%} of its core, late as in the next row, or stalled over"
    f" {bounds.STALL_SUSPECT_MS:g} ms"
)
_GATES = [
    ("driver", "instrument", "load drivers that died, failed or stopped responding", "", "any"),
    ("client CPU", "instrument", "CPU time of the load driver, as a share of its core",
     f"over {bounds.CPU_SUSPECT:.0%}", f"over {bounds.CPU_INVALID:.0%}"),
    ("unsent", "instrument", "share of the scheduled arrivals that were sent",
     "", f"under {bounds.SENT_MIN:.0%}, and the driver overloaded: {_OVERLOADED}"),
    ("lag", "instrument", "99th percentile of the dispatch lag", "", _LATE),
    ("stall", "instrument", "longest stall of the driver's event loop",
     f"over {bounds.STALL_SUSPECT_MS:g} ms", f"over {bounds.STALL_INVALID_MS:g} ms"),
    ("little", "instrument", "requests in flight, counted and computed (Little's law)",
     "", f"difference over {bounds.LITTLE_MAX:.0%} and over {bounds.LITTLE_FLOOR:g} requests"),
    ("reopened", "instrument", "share of connections that the driver reopened",
     "", f"over {bounds.REOPENED_MAX:.1%}"),
    ("unread", "instrument", "responses that were not read completely", "", "any"),
    ("clock", "instrument", "offset between the windows of several load drivers",
     "", f"over {bounds.CLOCK_MAX:.0%} of the window"),
    ("stolen", "machine", "steal: CPU time that the hypervisor gave to other guests",
     f"over {bounds.STOLEN_MAX:.0%}", ""),
    ("foreign cpu", "machine", "CPU time of processes outside the experiment",
     f"over {bounds.FOREIGN_MAX:.0%}", ""),
    ("throttled", "machine", "periods in which a CPU quota throttled load drivers and services",
     f"over {bounds.THROTTLED_MAX}", ""),
    ("suspended", "machine", "time for which the machine was suspended",
     "", f"over {bounds.SUSPENDED_MAX_S:g} s"),
    ("speed drift", "machine", "change of the machine's speed over the trial",
     f"over {bounds.DRIFT_MAX:.0%}", ""),
]  # fmt: skip


_BY_STACK = {"middleware": "middleware", "prepares": "statements prepared from"}


def budgets_table(run: Run) -> Table:
    """Return the resources that every stack was given, and those that each has in addition."""
    stacks = run.manifest.stacks
    settings = {name: "; ".join(_shared_values(stacks, key)) for key, name in _BY_STACK.items()}
    settings = {name: text for name, text in settings.items() if text}
    pools = {
        f"{title_of(stack, stacks)}: connections per pool": shares
        for stack, shares in pool_sizes(run).items()
    }
    keep_alive = {
        f"{title_of(stack, stacks)}: keep alive s": f"{limit_s:g}, the maximum of its server"
        for stack, limit_s in keep_alive_exceptions_s(run).items()
    }
    caption = "Budgets of every stack. Rows that name a stack apply to that stack only."
    return _pairs_table(
        run.manifest.budgets | keep_alive | settings | pools, ("budget", "value"), caption
    )


def _shared_values(stacks: dict[str, dict[str, Any]], key: str) -> Iterable[str]:
    """Yield each value that stacks have for `key`, and the stacks that have it."""
    recorded = [name for name in stacks if key in stacks[name]]  # older runs did not record it
    for value in dict.fromkeys(format_value(stacks[name][key]) for name in recorded):
        sharing = [name for name in recorded if format_value(stacks[name][key]) == value]
        yield f"{value} ({listed([title_of(name, stacks) for name in sharing])})"


def versions_table(run: Run) -> Table:
    """Return the versions of the measured software and of the tools that measured it."""
    return _pairs_table(run.manifest.versions, ("package", "version"), "Versions.")


def _pairs_table(values: dict[str, Any], names: tuple[str, str], caption: str) -> Table:
    rows = [(humanize(name), format_value(value)) for name, value in values.items()]
    return Table(pd.DataFrame(rows, columns=list(names)), caption)


def verdicts_table(run: Run) -> Table:
    """Return `verdict_table` in columns."""
    names = {"verdict": "verdict", "attempts": "attempts", "final": "counted"}
    names |= {"pilot": "pilot (separate)"}
    return Table(verdict_table(run), "Attempts at trials by verdict.", names)


def reasons_table(run: Run) -> Table:
    """Return `validity_table` with an example of each reason."""
    frame = validity_table(run)
    return Table(
        frame.assign(gate=frame["gate"].map(humanize)),
        "Attempts by verdict and gate.",
        {"verdict": "verdict", "gate": "gate", "kind": "kind", "attempts": "attempts"}
        | {"final": "counted", "example": "example"},
    )


def threats_table(run: Run) -> Table:
    """Return `threats` in columns."""
    names = {"threat": "threat", "seen": "in this run", "means": "consequence"}
    return Table(threats(run), "Threats to validity that the run itself can show.", names)


def equal_work_table(run: Run) -> Table:
    """Return `same_work_table`: statements and rows per request, side by side."""
    columns = {
        "scenario": "scenario",
        "title": "stack",
        "data_statements_per_request": "data statements",
        "rows_per_request": "rows",
        "same": "equal",
        "control_statements_per_request": "control statements",
        "database_time_ms_per_request": "time in PostgreSQL (ms)",
    }
    caption = (
        "Work of PostgreSQL per request. Equal: same data statements and rows. Tolerance for rows:"
        f" {RANDOM_TOLERANCE:.1%} in {listed(list(map(humanize, RANDOM_SCENARIOS)))}, because they"
        f" depend on the drawn requests. Tolerance for both: {MIX_TOLERANCE:.0%} in"
        f" {listed(MIXED_SCENARIOS)}, because the mix of operations depends on the number of"
        " requests."
    )
    return Table(same_work_table(run), caption, columns, HUMANIZED)


def machine_description_table(run: Run) -> Table:
    """Return the machine, the data and the commit of the run."""
    manifest = run.manifest
    parts = {"data": manifest.data, "git": manifest.git}
    entries = chain(manifest.machine.items(), _prefixed(parts))
    return _pairs_table(dict(entries), ("name", "value"), "Machine, data and commit of the run.")


def _prefixed(parts: dict[str, dict[str, Any]]) -> Iterable[tuple[str, Any]]:
    for part, values in parts.items():
        for name, value in values.items():
            yield f"{part}: {name}", value


TABLES: Renderers = {
    "verdicts": lambda result: verdicts_table(result.run),
    "reasons": lambda result: reasons_table(result.run),
    "gates": lambda _: gates_table(),
    "equal_work": lambda result: equal_work_table(result.run),
    "budgets": lambda result: budgets_table(result.run),
    "threats": lambda result: threats_table(result.run),
    "machine": lambda result: machine_description_table(result.run),
    "versions": lambda result: versions_table(result.run),
}
