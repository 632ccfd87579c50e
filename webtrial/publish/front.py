"""Front matter of a report: what was measured, where and when, and the findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from webtrial.publish.values import values_of
from webtrial.results.base.display import Table
from webtrial.results.claims.evaluate import verify
from webtrial.results.claims.facts import Count, counts_of
from webtrial.results.claims.text import count_text
from webtrial.results.overview.key_findings import key_findings
from webtrial.results.overview.tables import matched_table
from webtrial.results.overview.text import day_of, machine_of, quota_of
from webtrial.run.parameters import PRIVATE
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table

TITLE = "Django, Flask and FastAPI on trial"
MATCHED = "**Matched.**"  # the start of the finding about matched pairs
CHECK = "sha256sum manifest.json trials/* samples/* | sha256sum"
SUBTITLE = "One HTTP API, served by each framework on PostgreSQL, under concurrent load"


@dataclass(frozen=True, slots=True)
class Front:
    """Front matter of the report on one run.

    - `facts`: what was measured and where
    - `findings`: paragraphs of Markdown
    - `matched`: table of the matched pairs (None if there are none)
    - `verdicts`: how many of the article's claims have which verdict, counted for each kind of
      claim, with measured performance first
    - `values`: the result of `values_of`
    - `run`: the id of the run
    - `digest`: the SHA-256 of all its files
    - `parameters`: the parameters of the run
    - `made_at`: when measuring ended, so that the same run produces the same bytes
    """

    title: str
    subtitle: str
    facts: Sequence[str]
    findings: Sequence[str]
    matched: Table | None
    verdicts: Sequence[Count]
    values: Mapping[str, Any]
    run: str
    digest: str
    parameters: Mapping[str, Any]
    made_at: datetime

    def template_data(self) -> dict[str, Any]:
        """Return what the template of the PDF needs, as a dictionary."""
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": [*self.facts, f"SHA-256 of the run's files {self.digest}"],
            "findings": list(self.findings),
            "matched": _table_data(self.matched) if self.matched else "",
            "verdicts": [count_text(count) for count in self.verdicts],
        }


def _table_data(table: Table) -> dict[str, Any]:
    """Return a table as the template of the PDF needs it, with all cells in one list."""
    cells = table.cells()
    return {
        "caption": table.caption,
        "columns": len(cells[0]),
        "head": table.names(),
        "cells": [cell for row in cells for cell in row],
    }


def front_of(run: Run) -> Front:
    """Return the front matter of the report on `run`."""
    manifest = run.manifest
    parameters = manifest.parameters
    ratios = ratio_table(run)
    matched = matched_table(run, ratios)
    return Front(
        title=TITLE,
        subtitle=SUBTITLE,
        facts=(
            f"Measured on {machine_of(manifest)}",
            *quota_of(manifest),
            day_of(manifest),
            f"run {manifest.id}, profile {parameters.profile}, seed {parameters.seed}",
        ),
        findings=key_findings(run, ratios),
        matched=matched if isinstance(matched, Table) else None,
        verdicts=counts_of(verify(run).table),
        values=values_of(run),
        run=manifest.id,
        digest=digest_of(run),
        parameters=parameters.model_dump(mode="json", exclude=set(PRIVATE), exclude_none=True),
        made_at=datetime.fromisoformat(manifest.finished_at or manifest.started_at),
    )


def digest_of(run: Run) -> str:
    """Return the SHA-256 over the run's manifest, records and samples, sorted by name.

    The command CHECK prints the same value in the run's folder.
    """
    parts = ("manifest.json", "trials/[!.]*", "samples/[!.]*")
    files = [path for part in parts for path in sorted(run.path.glob(part))]
    lines = [
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(run.path)}\n" for path in files
    ]
    return sha256("".join(lines).encode()).hexdigest()
