"""The manifest of a run: its parameters, machine, versions, data and state."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from webtrial.run.cards import card
from webtrial.run.parameters import Parameters

FORMAT = 3


PLAIN = re.compile(r"\w[\w ,.()&-]{0,99}")


State = Literal["running", "finished", "interrupted", "failed"]


class Interruption(BaseModel):
    """How a run had ended before it was resumed. Times are ISO 8601, UTC."""

    model_config = ConfigDict(extra="forbid")

    state: State  # "running" if the process died before it could write another state
    why: str | None
    ended_at: str | None
    resumed_at: str
    attempts: int  # intact attempts on disk
    git: dict[str, Any]  # of the code that resumed the run
    damaged: dict[str, str] = {}  # file → what was wrong with it


DURATIONS = frozenset({"seconds"})
"""Keys in the manifest's parts that hold durations: they differ even between two runs of identical
code."""


class Manifest(BaseModel):
    """Facts about a run as a whole."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    id: str
    state: State = "running"
    why: str | None = None  # of an interruption or a failure
    started_at: str
    finished_at: str | None = None
    parameters: Parameters
    planned_trials: int = 0
    machine: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any]
    data: dict[str, Any]
    stacks: dict[str, dict[str, Any]]
    budgets: dict[str, Any]
    capacities_per_s: dict[str, dict[str, float]] = {}  # scenario → stack → found by the pilot
    rates_per_s: dict[str, list[float]] = {}  # scenario → common arrival rates
    interruptions: list[Interruption] = []

    @field_validator("stacks")
    @classmethod
    def _plain_names(cls, stacks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Reject unusual names: they appear in the headings, figures and tables of any reader."""
        names = [text for name, each in stacks.items() for text in (name, each.get("title", name))]
        if strange := [text for text in names if not PLAIN.fullmatch(str(text))]:
            raise ValueError(
                f"{strange[0]!r} is not a valid stack name: use only letters, digits and _ ,.()&-"
            )
        return stacks

    def _repr_html_(self) -> str:
        return card(f"Manifest of {self.id}", main_facts(self))


def main_facts(manifest: Manifest) -> dict[str, str]:
    """Return the facts of a manifest that a reader needs first."""
    parameters, machine = manifest.parameters, manifest.machine
    blocks = f"{parameters.blocks} blocks of {parameters.duration_s:g} s"
    return {
        "state": manifest.state + (f": {manifest.why}" if manifest.why else ""),
        "measured (UTC)": f"{manifest.started_at} to {manifest.finished_at or '?'}",
        "machine": f"{machine.get('cores', '?')} cores of {machine.get('processor') or '?'}",
        "profile": f"{parameters.profile}: {blocks}",
        "scenarios": ", ".join(parameters.all_scenarios),
        "stacks": ", ".join(manifest.stacks),
        "versions": ", ".join(f"{name} {each}" for name, each in manifest.versions.items()),
        "commit": str(manifest.git.get("commit") or manifest.git.get("why", "?")),
    }
