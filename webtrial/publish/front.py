"""What stands before the chapters: what was measured, where and when, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webtrial.analyse.compare import ratio_table
from webtrial.publish.sentences import answer_in_words, day_of, machine_of
from webtrial.runs import Run

TITLE = "Django, Flask and FastAPI on trial"
SUBTITLE = "One HTTP API, served by each framework on PostgreSQL, under concurrent load"


@dataclass(frozen=True, slots=True)
class Front:
    """`facts` say what was measured and where, `findings` (paragraphs of Markdown) what came out.
    `made_at` is when measuring ended: the same run makes the same bytes."""

    title: str
    subtitle: str
    facts: Sequence[str]
    findings: Sequence[str]
    made_at: datetime

    def described(self) -> dict[str, Any]:
        """As a template takes it."""
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": list(self.facts),
            "findings": list(self.findings),
        }


def front_of(run: Run) -> Front:
    """The front of a report on `run`."""
    manifest = run.manifest
    parameters = manifest.parameters
    facts = (
        f"Measured on {machine_of(manifest)}",
        day_of(manifest),
        f"run {manifest.id}, profile {parameters.profile}, seed {parameters.seed}",
    )
    said = answer_in_words(run, ratio_table(run)).text
    made_at = datetime.fromisoformat(manifest.finished_at or manifest.started_at)
    return Front(TITLE, SUBTITLE, facts, said.split("\n\n"), made_at)
