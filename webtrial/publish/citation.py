"""Citation file of a report (Citation File Format 1.2.0, https://citation-file-format.github.io)."""

from datetime import datetime
from importlib.metadata import version
from typing import Any

import yaml

from webtrial.publish.front import SUBTITLE, TITLE
from webtrial.results.claims.references import read_references
from webtrial.results.overview.text import machine_of
from webtrial.run.store import Run

AUTHORS = [{"name": "The maintainers of Webtrial"}]


def citation_of(run: Run) -> str:
    """Return the text of `CITATION.cff` for the report on `run`."""
    manifest = run.manifest
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these results, please cite this run.",
        "type": "dataset",
        "title": f"{TITLE}: run {manifest.id}",
        "authors": AUTHORS,
        "version": manifest.id,
        "date-released": datetime.fromisoformat(manifest.finished_at or manifest.started_at).date(),
        "abstract": f"{SUBTITLE}. Measured on {machine_of(manifest)}, with Webtrial"
        f" {version('webtrial')}.",
        "keywords": ["benchmark", "Django", "Flask", "FastAPI", "PostgreSQL", "reproducibility"],
        "references": list(_references()),
    }
    if not manifest.git.get("dirty") and (commit := manifest.git.get("commit")):
        fields["commit"] = commit
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=96)


def _references() -> list[dict[str, Any]]:
    sources = read_references()[["source", "address"]].drop_duplicates()
    return [
        {
            "type": "website",
            "title": f"{source}: published results",
            "authors": [{"name": source}],
            "url": address,
        }
        for source, address in sources.itertuples(index=False)
    ]
