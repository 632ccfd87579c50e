"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use, as `import webtrial as wt`. A question is asked of a run and answered by a
Result: `found = wt.fan_out(run)` has `found.figure()`, `found.table()`, `found.text()`,
`found.data` and `found.limitations`; `found` alone shows what else it has.

Runs
    latest_run            the newest finished run
    find_run              a run by the name or path of its folder
    open_run              the run in a folder
    measure_run           measure what parameters say
    run_given, runs_given, parameters_given
                          what a notebook was told by papermill, or its own defaults

Questions
    plan                  what will be measured, and how long does it take?
    overview              who serves how many times the requests of whom?
    throughput            how many requests per second, and how many times as many?
    latency               how long does a request take?
    cost                  what does a request cost in CPU time, and where does its time go?
    search                what does a search cost, by what is searched for?
    dashboard             what does a dashboard gain from asking its sources at once?
    connections           how many connections does each stack hold?
    capacity              how much can each stack serve in time?
    attribution           which choices make how much of a difference?
    fan_out               what does it take to ask several sources?
    migration             what does it cost to serve with two frameworks at once?
    capabilities          what can each framework do, besides being fast?
    claims                which of the article's claims hold?
    choosing              which framework suits which project?
    validity              can the numbers be trusted?
    comparison            what of one run holds in another?

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
from typing import Any

_QUESTIONS = (
    *("plan", "overview", "throughput", "latency", "cost", "search", "dashboard", "connections"),
    *("capacity", "attribution", "fan_out", "migration", "capabilities", "claims", "choosing"),
    *("validity", "comparison"),
)
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


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
