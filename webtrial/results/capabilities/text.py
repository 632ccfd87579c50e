"""Tables of each framework's capabilities and footprint."""

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.result import Shows
from webtrial.results.capabilities.estimate import QUESTION
from webtrial.stats.frames import rows_of

FOOTPRINT = ("lines of code", "installed packages", "cold start", "memory")


_NAMES = ": which"  # lists of package names are too long for a column


def answers_table(table: pd.DataFrame) -> Table:
    """Return `capability_table` without questions of size."""
    rows = table[~table["capability"].isin(FOOTPRINT)]
    caption = "What each framework can do: asked of the running services, read in their sources."
    return _as_table(rows, caption)


def footprint_table(table: pd.DataFrame, findings: pd.DataFrame) -> Table:
    """Return the questions of size in `capability_table`.

    The machine and the day are stated for figures that depend on them.
    """
    rows = table[table["capability"].isin(FOOTPRINT) & ~table["question"].str.endswith(_NAMES)]
    taken = findings[findings["machine"] != ""]
    where = {f"{row['machine']}, on {row['measured_at']}" for row in rows_of(taken)}
    told = f" Seconds and MiB on {'; '.join(sorted(where))}." if where else ""
    return _as_table(rows, f"What each service takes.{told}")


def _as_table(rows: pd.DataFrame, caption: str) -> Table:
    asked = [
        f"{row['question']} ({row['unit']})" if row["unit"] else row["question"]
        for row in rows_of(rows)
    ]
    frameworks = [str(name) for name in rows.columns if name not in QUESTION]
    columns = {"capability": "", "question": "", **{name: name for name in frameworks}}
    return Table(rows.assign(question=asked), caption, columns)


TABLES: Shows = {
    "answers": lambda found: answers_table(found.data),
    "footprint": lambda found: footprint_table(found.data, found.findings),
}
