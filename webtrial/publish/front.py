"""What stands before the chapters: what was measured, where and when, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from webtrial.analyse.claims.evaluate import verify
from webtrial.analyse.claims.verdicts import VERDICTS
from webtrial.analyse.compare import ratio_table
from webtrial.analyse.leading import leading
from webtrial.parameters import PRIVATE
from webtrial.publish.sentences import day_of, machine_of, quota_of
from webtrial.publish.values import values_of
from webtrial.runs import Run

TITLE = "Django, Flask and FastAPI on trial"
CHECK = "sha256sum manifest.json trials/* samples/* | sha256sum"
SUBTITLE = "One HTTP API, served by each framework on PostgreSQL, under concurrent load"


@dataclass(frozen=True, slots=True)
class Front:
    """`facts` say what was measured and where, `findings` (paragraphs of Markdown) what came out,
    `verdicts` how many of the article's claims came out in which way. `values` is `values_of`.

    `run` is its id, `digest` of all its files, `parameters` what it was asked.
    `made_at` is when measuring ended: the same run makes the same bytes.
    """

    title: str
    subtitle: str
    facts: Sequence[str]
    findings: Sequence[str]
    verdicts: Mapping[str, int]
    values: Mapping[str, Any]
    run: str
    digest: str
    parameters: Mapping[str, Any]
    made_at: datetime

    @property
    def claims(self) -> int:
        """How many claims were judged."""
        return sum(self.verdicts.values())

    def described(self) -> dict[str, Any]:
        """As a template of the document takes it."""
        counts = [f"{count} {verdict}" for verdict, count in self.verdicts.items() if count]
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": [*self.facts, f"SHA-256 of its files {self.digest}"],
            "findings": list(self.findings),
            "verdicts": f"Of the article’s {self.claims} claims: {', '.join(counts)}.",
        }


def front_of(run: Run) -> Front:
    """The front of a report on `run`."""
    manifest = run.manifest
    parameters = manifest.parameters
    counts = verify(run).table["verdict"].value_counts()
    return Front(
        title=TITLE,
        subtitle=SUBTITLE,
        facts=(
            f"Measured on {machine_of(manifest)}",
            *quota_of(manifest),
            day_of(manifest),
            f"run {manifest.id}, profile {parameters.profile}, seed {parameters.seed}",
        ),
        findings=leading(run, ratio_table(run)),
        verdicts={verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS},
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
