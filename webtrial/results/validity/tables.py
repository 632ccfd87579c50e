"""Tables of verdicts, gates, budgets, versions and threats."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import HUMANIZED, humanize, listed, written
from webtrial.results.base.result import Shows
from webtrial.results.connections.server_limits import keep_alive_exceptions_s
from webtrial.results.cost.estimate import DRAW, DRAWN, MIX, MIXED, same_work_table
from webtrial.results.migration.estimate import connections_shared
from webtrial.results.validity.gates import validity_table, verdict_table
from webtrial.results.validity.threats import threats
from webtrial.run import bounds
from webtrial.run.store import Run
from webtrial.stats.pairs import title_of


def gates_table() -> Table:
    """Return every gate with its bounds."""
    frame = pd.DataFrame(_GATES, columns=["gate", "kind", "what", "suspect", "invalid"])
    names = {"gate": "gate", "kind": "of the", "suspect": "suspect", "invalid": "invalid"}
    return Table(frame, "What every trial is held to.", names | {"what": "what is observed"})


_LATE = f"over {bounds.LAG_MIN_MS:g} ms, and over {bounds.LAG_OF_MEDIAN:.0%} of the median latency"
_UNFIT = (
    f"over {bounds.CPU_SUSPECT:.0%} of its core, late as by the next gate, or stalled over"
    f" {bounds.STALL_SUSPECT_MS:g} ms"
)
_GATES = [
    ("driver", "instrument", "load drivers that died, failed or fell silent", "", "any"),
    ("client CPU", "instrument", "share of its core that the load driver used",
     f"over {bounds.CPU_SUSPECT:.0%}", f"over {bounds.CPU_INVALID:.0%}"),
    ("unsent", "instrument", "share of the drawn arrivals that were sent",
     "", f"under {bounds.SENT_MIN:.0%}, and the driver unfit: {_UNFIT}"),
    ("lag", "instrument", "99th percentile of how late an arrival was sent", "", _LATE),
    ("stall", "instrument", "longest time that the driver's event loop did not turn",
     f"over {bounds.STALL_SUSPECT_MS:g} ms", f"over {bounds.STALL_INVALID_MS:g} ms"),
    ("little", "instrument", "requests in flight (Little's law), counted against computed",
     "", f"apart by over {bounds.LITTLE_MAX:.0%}, and over {bounds.LITTLE_FLOOR:g} requests"),
    ("reopened", "instrument", "share of connections that the driver opened anew",
     "", f"over {bounds.REOPENED_MAX:.1%}"),
    ("unread", "instrument", "answers that were not read whole", "", "any"),
    ("clock", "instrument", "how far apart the windows of several load drivers may lie",
     "", f"over {bounds.CLOCK_MAX:.0%} of the window"),
    ("stolen", "machine", "time that the hypervisor gave to others",
     f"over {bounds.STOLEN_MAX:.0%}", ""),
    ("foreign cpu", "machine", "CPU used by processes that are not ours",
     f"over {bounds.FOREIGN_MAX:.0%}", ""),
    ("throttled", "machine", "periods in which a CPU quota stopped load driver and services",
     f"over {bounds.THROTTLED_MAX}", ""),
    ("suspended", "machine", "time for which the machine was suspended",
     "", f"over {bounds.SUSPENDED_MAX_S:g} s"),
    ("speed drift", "machine", "change of the machine's speed over the trial",
     f"over {bounds.DRIFT_MAX:.0%}", ""),
]  # fmt: skip


_OWN = {"middleware": "middleware", "prepares": "statements prepared from"}


def budgets_table(run: Run) -> Table:
    """Return the resources that every stack was given, and those that each has in addition."""
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
    """Yield each value that stacks have for `key`, and the stacks that have it."""
    having = [name for name in stacks if key in stacks[name]]  # older runs did not record it
    for value in dict.fromkeys(written(stacks[name][key]) for name in having):
        alike = [name for name in having if written(stacks[name][key]) == value]
        yield f"{value} ({listed([title_of(name, stacks) for name in alike])})"


def versions_table(run: Run) -> Table:
    """Return the versions of the measured software and of the tools that measured it."""
    return _pairs_table(run.manifest.versions, ("package", "version"), "Versions.")


def _pairs_table(values: dict[str, Any], names: tuple[str, str], caption: str) -> Table:
    rows = [(humanize(name), written(value)) for name, value in values.items()]
    return Table(pd.DataFrame(rows, columns=list(names)), caption)


def verdicts_table(run: Run) -> Table:
    """Return `verdict_table` in columns."""
    names = {"verdict": "verdict", "attempts": "attempts", "final": "that count"}
    names |= {"pilot": "in the pilot, apart"}
    return Table(verdict_table(run), "Attempts at trials, by their verdict on themselves.", names)


def reasons_table(run: Run) -> Table:
    """Return `validity_table` with an example of each reason."""
    frame = validity_table(run)
    return Table(
        frame.assign(gate=frame["gate"].map(humanize)),
        "Attempts by verdict and by the gate that struck.",
        {"verdict": "verdict", "gate": "gate", "kind": "of the", "attempts": "attempts"}
        | {"final": "that count", "example": "for example"},
    )


def threats_table(run: Run) -> Table:
    """Return `threats` in columns."""
    names = {"threat": "what may mislead", "seen": "in this run", "means": "what it means"}
    return Table(threats(run), "Threats to validity, as far as the run itself can tell.", names)


def equal_work_table(run: Run) -> Table:
    """Return `same_work_table`: statements and rows per request, side by side."""
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
        f" may lie {DRAW:.1%} apart in {listed(list(map(humanize, DRAWN)))}, as they depend on what"
        f" is drawn, and both {MIX:.0%} in {listed(MIXED)}, whose mix depends on how many they are."
    )
    return Table(same_work_table(run), caption, columns, HUMANIZED)


def machine_description_table(run: Run) -> Table:
    """Return the machine, the data and the commit of the run."""
    manifest = run.manifest
    parts = {"data": manifest.data, "git": manifest.git}
    named = chain(manifest.machine.items(), _below(parts))
    return _pairs_table(dict(named), ("what", "value"), "Where the run comes from.")


def _below(parts: dict[str, dict[str, Any]]) -> Iterable[tuple[str, Any]]:
    for part, values in parts.items():
        for name, value in values.items():
            yield f"{part}: {name}", value


TABLES: Shows = {
    "verdicts": lambda found: verdicts_table(found.run),
    "reasons": lambda found: reasons_table(found.run),
    "gates": lambda _: gates_table(),
    "equal_work": lambda found: equal_work_table(found.run),
    "budgets": lambda found: budgets_table(found.run),
    "threats": lambda found: threats_table(found.run),
    "machine": lambda found: machine_description_table(found.run),
    "versions": lambda found: versions_table(found.run),
}
