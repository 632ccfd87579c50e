"""Tables of each framework's capabilities and footprint."""

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.result import Renderers
from webtrial.results.capabilities.estimate import QUESTION
from webtrial.stats.frames import rows_of

FOOTPRINT = ("lines of code", "installed packages", "cold start", "memory")


_NAMES = ": package names"  # lists of package names are too long for a column


def features_table(table: pd.DataFrame) -> Table:
    """Return `capability_table` without the questions about footprint."""
    rows = table[~table["capability"].isin(FOOTPRINT)]
    caption = (
        "Features of each framework, from probes of the running services and from their sources."
    )
    return _as_table(rows, caption)


def footprint_table(table: pd.DataFrame, findings: pd.DataFrame) -> Table:
    """Return the questions about footprint in `capability_table`.

    The machine and the day are stated for figures that depend on them.
    """
    rows = table[table["capability"].isin(FOOTPRINT) & ~table["question"].str.endswith(_NAMES)]
    measured = findings[findings["machine"] != ""]
    machines = {f"{row['machine']}, on {row['measured_at']}" for row in rows_of(measured)}
    note = f" Seconds and MiB measured on {'; '.join(sorted(machines))}." if machines else ""
    return _as_table(rows, f"Footprint of each service.{note}")


def _as_table(rows: pd.DataFrame, caption: str) -> Table:
    questions = [
        f"{row['question']} ({row['unit']})" if row["unit"] else row["question"]
        for row in rows_of(rows)
    ]
    frameworks = [str(name) for name in rows.columns if name not in QUESTION]
    columns = {"capability": "", "question": "", **{name: name for name in frameworks}}
    return Table(rows.assign(question=questions), caption, columns)


TABLES: Renderers = {
    "features": lambda result: features_table(result.data),
    "footprint": lambda result: footprint_table(result.data, result.findings),
}
