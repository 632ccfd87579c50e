"""Generate a run with a given number of samples, without measuring.

Latencies are log-normal, of two stacks in five blocks of one cell, written in the format of a run.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from webtrial.run.manifest import Manifest
from webtrial.run.parameters import read_parameters
from webtrial.run.records import (
    PHASES,
    Client,
    Cost,
    Counts,
    Load,
    Machine,
    PlannedTrial,
    Trial,
    Validity,
)
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import samples_name
from webtrial.run.writer import RunWriter

MEDIAN_MS = {"flask": 40.0, "fastapi": 15.0}
SCENARIO = "user_detail"
BLOCKS = 5
WINDOW_S = 60
PIECE = 1_000_000  # rows that are drawn; a longer trial repeats them

_OUTCOMES = ("ok", "timeout")
_TIMEOUTS = 0.001
_TIMEOUT_NS = 10_000_000_000


def make_run(samples: int, folder: Path) -> Path:
    """Write a finished run below `folder` and return its directory.

    `samples` are divided equally among the trials; a remainder is dropped.
    """
    writer = RunWriter(_manifest(), folder)
    planned = [(block, stack) for block in range(1, BLOCKS + 1) for stack in MEDIAN_MS]
    rows = samples // len(planned)
    for number, (block, stack) in enumerate(planned, 1):
        trial = _trial(PlannedTrial(number, block, 1, stack, SCENARIO, _LOAD, number), rows)
        writer.append(trial, _repeated(_piece(trial, min(rows, PIECE)), rows))
    writer.update(state="finished", finished_at=_AT)
    return writer.path


_LOAD = Load("closed", users=100)
_AT = "2026-01-05T10:00:00Z"


def _manifest() -> Manifest:
    parameters = read_parameters(
        {"stacks": list(MEDIAN_MS), "scenarios": [SCENARIO], "blocks": BLOCKS}
    )
    nothing: dict[str, str] = {}
    return Manifest(
        id="synthetic",
        started_at=_AT,
        parameters=parameters,
        planned_trials=BLOCKS * len(MEDIAN_MS),
        machine={},
        versions=nothing,
        git={},
        data={},
        stacks={},
        budgets={},
    )


def _trial(planned: PlannedTrial, rows: int) -> Trial:
    return Trial(
        planned=planned,
        attempt=1,
        started_at=_AT,
        warmup_s=0.0,
        window_s=WINDOW_S,
        counts=Counts(rows, rows, 0, rows, rows),
        client=Client(0.0, 0.0, None, 0.0, 100.0, 100.0, 100, 0, 0, 0.0),
        machine=Machine(0.0, 0.0, 1.0, 1.0),
        cost=Cost(None, None, None, None, None),
        resource_samples=(),
        upstreams=(),
        validity=Validity("valid"),
        samples=samples_name(planned.number, 1),
    )


def _piece(trial: Trial, rows: int) -> pa.Table:
    draw = np.random.default_rng(trial.planned.seed)
    spread = 0.5 * draw.standard_normal(rows) + 0.1 * draw.standard_normal()
    latency_ns = np.round(1e6 * MEDIAN_MS[trial.planned.stack] * np.exp(spread)).astype("i8")
    late = draw.random(rows) < _TIMEOUTS
    intended_ns = np.sort(draw.integers(0, WINDOW_S * 10**9, rows))
    columns = {
        "phase": _dictionary(np.full(rows, PHASES.index("measured")), PHASES),
        "connection": draw.integers(0, 100, rows),
        "kind": _dictionary(np.zeros(rows), ("read",)),
        "intended_ns": intended_ns,
        "sent_ns": intended_ns + draw.integers(0, 100_000, rows),
        "done_ns": intended_ns + np.where(late, _TIMEOUT_NS, latency_ns),
        "status": np.where(late, 0, 200),
        "body_bytes": draw.integers(400, 900, rows),
        "outcome": _dictionary(late, _OUTCOMES),
    }
    arrays = [pa.array(columns[name]) for name in SAMPLES.names]
    return pa.table(arrays, SAMPLES.names).cast(SAMPLES)


def _dictionary(codes: np.ndarray, values: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("i1")), pa.array(list(values)))


def _repeated(piece: pa.Table, rows: int) -> pa.Table:
    """Return `rows` rows that repeat `piece` without copying."""
    whole, rest = divmod(rows, max(len(piece), 1))
    return pa.concat_tables([piece] * whole + [piece.slice(0, rest)])
