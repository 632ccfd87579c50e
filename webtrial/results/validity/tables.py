"""The chapters' tables of verdicts and gates: what was struck, and what every trial is held to."""

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import spoken
from webtrial.results.validity.gates import validity_table, verdict_table
from webtrial.results.validity.threats import threats
from webtrial.run import bounds
from webtrial.run.store import Run


def verdicts_as_table(run: Run) -> Table:
    """`verdict_table`."""
    names = {"verdict": "verdict", "attempts": "attempts", "final": "that count"}
    names |= {"pilot": "in the pilot, apart"}
    return Table(verdict_table(run), "Attempts at trials, by their verdict on themselves.", names)


def validity_as_table(run: Run) -> Table:
    """`validity_table` with an example of each reason."""
    frame = validity_table(run)
    return Table(
        frame.assign(gate=frame["gate"].map(spoken)),
        "Attempts by verdict and by the gate that struck.",
        {"verdict": "verdict", "gate": "gate", "kind": "of the", "attempts": "attempts"}
        | {"final": "that count", "example": "for example"},
    )


def threats_as_table(run: Run) -> Table:
    """`threats`."""
    names = {"threat": "what may mislead", "seen": "in this run", "means": "what it means"}
    return Table(threats(run), "Threats to validity, as far as the run itself can tell.", names)


def gates_table() -> Table:
    """Every gate with its bounds."""
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
