"""Result rows of an experiment: truth, measured, error, passed."""

from dataclasses import asdict, dataclass, replace

import pandas as pd


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value and its true value.

    `experiment` says what was measured, with its unit. `note` adds what a reader should know, or
    why no judgement is possible now.
    """

    experiment: str
    truth: float
    measured: float
    error: float
    passed: bool
    note: str = ""


def within(experiment: str, truth: float, measured: float, limit: float, note: str = "") -> Row:
    """Return a row that passes if the relative error is at most `limit`."""
    error = measured / truth - 1
    return Row(experiment, truth, measured, error, abs(error) <= limit, note)


def equal(experiment: str, truth: int, measured: int, note: str = "") -> Row:
    """Return a row that passes if a count is exactly right."""
    return Row(experiment, truth, measured, measured - truth, measured == truth, note)


def at_most(experiment: str, measured: float, limit: float, note: str = "") -> Row:
    """Return a row that passes if a value that is ideally 0 is at most `limit`."""
    text = f"at most {limit:g}" + (f"; {note}" if note else "")
    return Row(experiment, 0.0, measured, measured, measured <= limit, text)


def undecided(row: Row, reason: str) -> Row:
    """Return `row` as not passed because the machine was disturbed during its experiment."""
    return replace(row, passed=False, note=f"not judged: {reason}")


def as_json(rows: list[Row]) -> str:
    """Return a JSON list of objects with experiment, truth, measured, error and passed."""
    return _frame(rows).drop(columns="note").to_json(orient="records", indent=1, double_precision=6)


def as_text(rows: list[Row]) -> str:
    """Return the rows as a table for a terminal, each with its note, and the number that passed."""
    table = _frame(rows)
    table["passed"] = table["passed"].map({True: "passed", False: "FAILED"})
    text = table.to_string(index=False, float_format="{:,.4g}".format, justify="left")
    return f"{text}\n{sum(row.passed for row in rows)} of {len(rows)} passed"


def _frame(rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(row) for row in rows])
    return frame.astype({"passed": bool})
