"""What stands before the chapters: what was measured, where and when, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from webtrial.publish.values import values_of
from webtrial.results.base.display import Table
from webtrial.results.claims.evaluate import verify
from webtrial.results.claims.facts import Count, counts_of
from webtrial.results.claims.text import claims_counted
from webtrial.results.overview.key_findings import key_findings
from webtrial.results.overview.tables import matched_table
from webtrial.results.overview.text import day_of, machine_of, quota_of
from webtrial.run.parameters import PRIVATE
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table

TITLE = "Django, Flask and FastAPI on trial"
MATCHED = "**Matched.**"  # how the finding about matched pairs begins
CHECK = "sha256sum manifest.json trials/* samples/* | sha256sum"
SUBTITLE = "One HTTP API, served by each framework on PostgreSQL, under concurrent load"


@dataclass(frozen=True, slots=True)
class Front:
    """`facts` say what was measured and where, `findings` (paragraphs of Markdown) what came out,
    `matched` the matched pairs (None where there are none), `verdicts` how many of the article's
    claims came out in which way, each kind of claims by itself and measured performance first.
    `values` is `values_of`.

    `run` is its id, `digest` of all its files, `parameters` what it was asked.
    `made_at` is when measuring ended: the same run makes the same bytes.
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

    def described(self) -> dict[str, Any]:
        """As a template of the document takes it."""
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": [*self.facts, f"SHA-256 of its files {self.digest}"],
            "findings": list(self.findings),
            "matched": _described(self.matched) if self.matched else "",
            "verdicts": [claims_counted(count) for count in self.verdicts],
        }


def _described(table: Table) -> dict[str, Any]:
    """A table as a template of the document takes it: all its cells in one row."""
    cells = table.cells()
    return {
        "caption": table.caption,
        "columns": len(cells[0]),
        "head": table.names(),
        "cells": [cell for row in cells for cell in row],
    }


def front_of(run: Run) -> Front:
    """The front of a report on `run`."""
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
        matched=matched if len(matched.frame) else None,
        verdicts=counts_of(verify(run).table),
        values=values_of(run),
        run=manifest.id,
        digest=digest_of(run),
        parameters=parameters.model_dump(mode="json", exclude=set(PRIVATE), exclude_none=True),
        made_at=datetime.fromisoformat(manifest.finished_at or manifest.started_at),
    )


def digest_of(run: Run) -> str:
    """SHA-256 of the run's manifest, records and samples, in the order of their names: as
    CHECK gives it in the run's folder."""
    parts = ("manifest.json", "trials/[!.]*", "samples/[!.]*")
    files = [path for part in parts for path in sorted(run.path.glob(part))]
    lines = [
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(run.path)}\n" for path in files
    ]
    return sha256("".join(lines).encode()).hexdigest()
