"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use, as `import webtrial as wt`. Each question about a run is
answered by a Result: `found = wt.fan_out(run)` has `found.figure()`, `found.table()`,
`found.text()`, `found.data` and `found.limitations`; `found` alone displays the main ones.

Runs
    latest_run            the newest finished run
    find_run              a run by the name or path of its folder
    open_run              the run in a folder
    measure_run           measure what parameters say
    run_given, runs_given, parameters_given
                          parameters of a notebook: from papermill, or its own defaults

Questions, one for each folder of webtrial/results/
{questions}

Data
    trials_table          a row per attempt at a trial
    latencies             a row per request of some trials
    ratio_table           paired ratios of stacks with their verdicts
    estimates             any column of the trials table by cell and stack, with intervals
    at_main_load          the rows of each scenario's main load

By hand
    explore               menus over a run
    Selection, STATISTICS, selected, with_units
                          what menus choose, and the table of it
    response_times        how quickly the menus answer
"""

from importlib import import_module
from pathlib import Path
from typing import Any


def _questions() -> dict[str, str]:
    """Return the questions by the names of their folders: the first lines of their docstrings."""
    found = {}
    for path in sorted((Path(__file__).parent / "results").glob("*/__init__.py")):
        question = path.read_text(encoding="utf-8").partition("\n")[0].strip('"')
        if question:
            found[path.parent.name] = question
    return found


_QUESTIONS = _questions()
_PARTS = {
    "webtrial.publish.notebook_parameters": (
        *("find_run", "parameters_given", "run_given", "runs_given"),
    ),
    "webtrial.publish.measuring": ("measure_run",),
    "webtrial.run.store": ("latest_run", "open_run"),
    "webtrial.stats.trials": ("latencies", "trials_table"),
    "webtrial.stats.ratios": ("ratio_table",),
    "webtrial.stats.estimates": ("at_main_load", "estimates"),
    "webtrial.results.explorer.estimate": ("STATISTICS", "Selection", "selected", "with_units"),
    "webtrial.results.explorer.explorer": ("explore", "response_times"),
} | {f"webtrial.results.{question}": (question,) for question in _QUESTIONS}
_PLACES = {name: module for module, names in _PARTS.items() for name in names}

__all__ = sorted(_PLACES)  # noqa: PLE0605
__doc__ = (__doc__ or "").replace(
    "{questions}", "\n".join(f"    {name:<22}{text}" for name, text in _QUESTIONS.items())
)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
