"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use of it, under one name: `import webtrial as wt`. Each part is loaded when it is
first asked for, since most of our processes need none of it.
"""

from importlib import import_module
from typing import Any

_PARTS = {
    "webtrial.publish.given": ("parameters_given", "run_given"),
    "webtrial.publish.measuring": ("measure",),
    "webtrial.runs": ("open_run", "latest_run"),
    "webtrial.scenario_names": ("SCENARIOS",),
    "webtrial.analyse.show": ("Prose", "Table"),
    "webtrial.analyse.phrases": ("counted", "interval", "listed", "number", "reach", "spoken"),
    "webtrial.analyse.headline": ("answer", "headline", "main_load"),
    "webtrial.analyse.compare": ("noise_floors", "ratio_table"),
    "webtrial.analyse.estimates": ("estimates", "throughput_table"),
    "webtrial.analyse.latency": ("distribution", "latency_against_load", "search_by_selectivity"),
    "webtrial.analyse.work": ("cost_table", "dashboard_parts", "same_work_table"),
    "webtrial.analyse.gates": ("machine_table", "validity_table", "verdict_table"),
    "webtrial.analyse.timeline": ("timeline", "typical_trial"),
    "webtrial.analyse.summary": ("trials_table",),
}
_PLACES = {name: module for module, names in _PARTS.items() for name in names}

__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
