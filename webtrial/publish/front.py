"""What stands before the chapters: what was measured, where and when, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webtrial.runs import Manifest, Run

TITLE = "Django, Flask and FastAPI on trial"
SUBTITLE = "Three web frameworks as real services on PostgreSQL, measured on one machine"


@dataclass(frozen=True, slots=True)
class Front:
    """`facts` say what was measured and where, `findings` what came out. `made_at` is when
    measuring ended: the same run makes the same bytes."""

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


def front_of(run: Run, findings: Sequence[str] = ()) -> Front:
    """The front of a report on `run`."""
    manifest = run.manifest
    made_at = datetime.fromisoformat(manifest.finished_at or manifest.started_at)
    return Front(TITLE, SUBTITLE, tuple(_facts(manifest, made_at)), tuple(findings), made_at)


def _facts(manifest: Manifest, made_at: datetime) -> list[str]:
    parameters = manifest.parameters
    machine = manifest.machine
    return [
        f"Run {manifest.id}, profile {parameters.profile}, seed {parameters.seed}",
        f"Measured on {made_at:%d %B %Y}",
        f"{machine.get('cores', '?')} cores of {machine.get('cpu', 'an unknown processor')}",
    ]
