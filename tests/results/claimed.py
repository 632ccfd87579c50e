"""Runs that are made to be judged, and the article's claims judged on them, all or some."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.synthetic_run import CLOSED, OPEN, Truth, synthetic_run, vouch_for
from webtrial.results.claims.claims_file import COLUMNS, FILE
from webtrial.results.claims.context import Limits
from webtrial.results.claims.evaluate import Verification, verify
from webtrial.run.records import Load
from webtrial.run.store import Run, open_run

# Medians at 100 users that stand to each other as the article's requests per second do.
ARTICLE = {"django": 8500 / 1200, "flask": 8500 / 1800, "fastapi": 1.0}
MEDIANS = {name: 12 * factor for name, factor in ARTICLE.items()} | {
    "django-plain": 50.0,
    "django-async": 60.0,
    "fastapi-orm": 40.0,
    "fastapi-tortoise": 45.0,
}
MATCHED = ("django-raw", "flask-raw-plain", "fastapi-psycopg-plain")  # raw SQL, psycopg, no more
MEDIANS |= dict.fromkeys(MATCHED, 20.0)
EXTRA_STACKS = {
    "user_detail": ("django-plain", "django-async", "fastapi-orm", "fastapi-tortoise", *MATCHED)
}
SCENARIOS = ("user_detail", "crud", "product_search", "dashboard")
HELD = tuple(Load("persistent", connections=count, rate_per_s=200.0) for count in (400, 5000))
WAITING = dict.fromkeys(MEDIANS, 0.05)  # ms of CPU per request: no core is busy
QUIET = Truth(
    MEDIANS,
    noise=0.005,
    drift=0.02,
    lost=dict.fromkeys(MEDIANS, 0.0),
    cpu_ms=WAITING,
    memory_mib={"fastapi-psycopg-plain": 60.0},
)


def claimed_run(folder: Path, truth: Truth = QUIET, **given: Any) -> Run:
    given = {
        "scenarios": SCENARIOS,
        "loads": (CLOSED, OPEN, *HELD),
        "extra_stacks": EXTRA_STACKS,
    } | given
    path = synthetic_run(folder, truth, **given).path
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["budgets"] = {"threads_per_process": 1000, "server_processes": 1}
    (path / "manifest.json").write_text(json.dumps(manifest))
    vouch_for(path)
    return open_run(path)


def judged_alone(run: Run, *names: str, limits: Limits | None = None) -> Verification:
    """What becomes of the claims of these names: most tests are about one or two of them. A figure
    is judged by its ratios to the figures of other stacks, which have to be named as well."""
    with TemporaryDirectory() as folder:
        return verify(run, limits, claims_file(Path(folder), *names))


def claims_file(folder: Path, *names: str, changes: Mapping[str, str] | None = None) -> Path:
    """A file of the claims of these names, the first of them changed."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id"] in names]
    next(row for row in rows if row["id"] == names[0]).update(changes or {})
    path = folder / "claims.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def verdicts(judged: Verification) -> dict[str, str]:
    return judged.table.set_index("id")["verdict"].to_dict()


def reason(judged: Verification, name: str) -> str:
    return str(judged.table.set_index("id").at[name, "reason"])
