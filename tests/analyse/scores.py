"""Scores over projects as `claims.choices` asks for them, written down instead of computed."""

import pandas as pd

from webtrial.runs import Run

ROWS = [
    ("traditional web app", "django", True, "ahead"),
    ("simple REST API", "fastapi", True, "ahead"),
    ("microservices", "fastapi", False, "too near to the next"),
    ("MVP or prototype", "fastapi", True, "ahead"),
]


def recommended(_: Run) -> pd.DataFrame:
    """A row per project."""
    return pd.DataFrame(ROWS, columns=["project", "stack", "decided", "reason"])
