"""Scores over projects as `claims.choices` asks for them, written down instead of computed."""

from math import inf, nan

import pandas as pd

from webtrial.results.choosing.criteria import Criteria
from webtrial.run.store import Run

COLUMNS = ["project", "first", "probability", "second", "lacking", "blocks_untouched"]
ROWS = [
    ("traditional web app", "Django", 1.0, "Flask", "", inf),
    ("simple REST API", "FastAPI", 0.99, "Flask", "cold start", 3),
    ("high-performance API", "FastAPI", 0.99, "Flask", "", 2),
    ("microservices", "FastAPI", 0.6, "Flask", "", 3),
    ("real-time application", "FastAPI", nan, "Flask", "", 1),
    ("MVP or prototype", "FastAPI", 0.98, "Django", "", 3),
    ("enterprise application", None, nan, None, "everything", inf),
]


def recommended(_: Run, measured: Criteria) -> pd.DataFrame:
    """A row per project, whatever the criteria."""
    return pd.DataFrame(ROWS, columns=COLUMNS)
