"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use of it, under one name: `import webtrial as wt`. Each part is loaded when it is
first asked for, since most of our processes need none of it.
"""

from importlib import import_module
from typing import Any

_PARTS = {
    "webtrial.publish.given": (
        "parameters_given",
        "run_given",
        "runs_given",
        "find_run",
    ),
    "webtrial.publish.measuring": ("measure_run",),
    "webtrial.results.cost.drawn": (
        "draw_cost",
        "draw_cost_of_all",
        "draw_request_time",
    ),
    "webtrial.results.dashboard.drawn": ("draw_dashboard",),
    "webtrial.results.latency.drawn": (
        *("draw_distribution", "draw_latency", "draw_over_time", "draw_tail", "draw_timeline"),
        *("draw_typical",),
    ),
    "webtrial.results.validity.drawn": (
        "draw_machine",
        "draw_noise_floor",
        "draw_verdicts",
    ),
    "webtrial.results.throughput.drawn": (
        *("draw_ratios", "draw_throughput", "draw_throughput_of_all"),
    ),
    "webtrial.results.search.drawn": (
        "draw_search",
        "draw_search_of_all",
    ),
    "webtrial.results.attribution.drawn": ("draw_attribution",),
    "webtrial.results.capacity.drawn": ("draw_capacity",),
    "webtrial.results.connections.drawn": ("draw_connections",),
    "webtrial.results.migration.drawn": ("draw_migration",),
    "webtrial.results.attribution.tables": (
        *("attribution_as_table", "corners_as_table", "paths_as_table"),
    ),
    "webtrial.results.cost.tables": (
        "floor_as_table",
        "request_time_as_table",
        "cost_as_table",
    ),
    "webtrial.results.migration.tables": ("migration_as_table",),
    "webtrial.results.capacity.tables": ("rates_in_time_as_table",),
    "webtrial.results.search.tables": (
        *("search_ratios_as_table", "search_spread_as_table", "search_as_table"),
    ),
    "webtrial.results.dashboard.tables": (
        *("variants_as_table", "dashboard_as_table", "upstreams_table"),
    ),
    "webtrial.results.connections.tables": (
        *("connections_as_table", "servers_as_table", "silent_as_table"),
    ),
    "webtrial.results.dashboard.text": (
        *("at_once_in_words", "dashboard_in_words", "upstreams_in_words"),
    ),
    "webtrial.results.attribution.text": ("attribution_in_words",),
    "webtrial.results.connections.text": (
        "connections_in_words",
        "silent_in_words",
    ),
    "webtrial.results.cost.text": ("floor_in_words",),
    "webtrial.results.migration.text": ("migration_in_words",),
    "webtrial.results.capacity.text": (
        "processes_in_words",
        "rates_in_time_in_words",
    ),
    "webtrial.results.search.text": (
        "search_spread_in_words",
        "search_in_words",
    ),
    "webtrial.results.validity.pair_gaps_text": ("pair_gaps_in_words",),
    "webtrial.results.capacity.pilot_shares_text": (
        *("pilot_shares_as_table", "pilot_shares_in_words"),
    ),
    "webtrial.results.dashboard.thread_limits_text": (
        *("thread_limits_as_table", "thread_limits_in_words"),
    ),
    "webtrial.results.validity.tables": (
        *("budgets_table", "machine_as_table", "same_work_as_table", "versions_table"),
        *("gates_table", "threats_as_table", "validity_as_table", "verdicts_as_table"),
    ),
    "webtrial.results.latency.tables": ("latency_as_table",),
    "webtrial.results.overview.plan_text": (
        *("parameters_table", "rates_table", "plan_in_words", "run_in_words"),
    ),
    "webtrial.results.overview.tables": (
        *("stacks_table", "findings_of", "findings_table", "matched_as_table", "scoreboard"),
    ),
    "webtrial.results.throughput.tables": (
        "throughput_as_table",
        "ratios_as_table",
    ),
    "webtrial.results.comparison.drawn": (
        "draw_changes",
        "draw_replication",
    ),
    "webtrial.results.choosing.drawn": ("draw_choosing",),
    "webtrial.results.choosing.tables": (
        *("cores_as_table", "left_out_as_table", "money_as_table", "moves_as_table"),
        *("recommended_as_table", "scores_as_table", "weights_as_table"),
    ),
    "webtrial.results.choosing.text": (
        "choosing_in_words",
        "money_in_words",
        "moves_in_words",
    ),
    "webtrial.results.choosing.sliders": ("weigh",),
    "webtrial.results.explorer.explorer": (
        "explore",
        "response_times",
    ),
    "webtrial.results.comparison.tables": (
        *("changes_as_table", "differences_as_table", "disagreements_as_table", "pairs_as_table"),
        *("regressions_as_table",),
    ),
    "webtrial.results.comparison.text": (
        *("changes_in_words", "differences_in_words", "regressions_in_words"),
        *("replication_in_words",),
    ),
    "webtrial.results.capabilities.text": (
        "capabilities_as_table",
        "footprint_as_table",
    ),
    "webtrial.results.claims.drawn": (
        "draw_claims",
        "draw_references",
    ),
    "webtrial.results.claims.text": (
        *("claim_rules_in_words", "claims_in_words", "claims_told", "references_in_words"),
        *("disagreeing_statements_in_words", "requests_in_flight_in_words"),
        *("undecided_claims_in_words",),
    ),
    "webtrial.results.claims.tables": (
        *("claim_counts_as_table", "claims_as_table", "facts_as_table", "references_as_table"),
    ),
    "webtrial.results.validity.audits": (
        "audit",
        "audits_in_words",
    ),
    "webtrial.results.validity.robustness": ("hardening_as_table",),
    "webtrial.results.overview.text": (
        *("answer_in_words", "machine_in_words", "stacks_in_words", "undecided_in_words"),
    ),
    "webtrial.results.validity.text": (
        *("errors_in_words", "machine_noise_in_words", "load_in_words", "noise_floor_in_words"),
        *("verdicts_in_words",),
    ),
    "webtrial.results.latency.text": (
        "percentiles_in_words",
        "percentile_rule_in_words",
    ),
    "webtrial.results.throughput.text": ("verdict_rule_in_words",),
    "webtrial.run.store": (
        "latest_run",
        "open_run",
    ),
    "webtrial.results.base.display": (
        "Prose",
        "Table",
    ),
    "webtrial.results.capabilities.estimate": (
        "capability_findings",
        "capability_table",
    ),
    "webtrial.results.claims.case": ("Limits",),
    "webtrial.results.claims.evaluate": ("verify",),
    "webtrial.results.claims.references": ("reference_table",),
    "webtrial.results.overview.findings": ("headline",),
    "webtrial.stats.ratios": (
        "noise_floors",
        "ratio_table",
    ),
    "webtrial.stats.estimates": (
        "at_main_load",
        "estimates",
        "throughput_table",
    ),
    "webtrial.results.latency.estimate": (
        *("distribution", "latency_against_load", "search_by_selectivity"),
    ),
    "webtrial.results.cost.estimate": (
        "cost_table",
        "dashboard_parts",
        "same_work_table",
    ),
    "webtrial.results.validity.gates": (
        "machine_table",
        "validity_table",
        "verdict_table",
    ),
    "webtrial.results.latency.timeline": (
        "timeline",
        "typical_trial",
    ),
    "webtrial.results.attribution.estimate": ("attribution",),
    "webtrial.results.capacity.estimate": ("sweep",),
    "webtrial.results.comparison.changes": (
        "changes",
        "machine_speed",
        "regressions",
    ),
    "webtrial.results.choosing.estimate": (
        "moves",
        "recommended",
        "scores",
        "totals",
    ),
    "webtrial.results.choosing.criteria": ("criteria",),
    "webtrial.results.comparison.differences": ("differences",),
    "webtrial.results.latency.over_time": ("over_time",),
    "webtrial.results.explorer.estimate": (
        *("STATISTICS", "Selection", "places", "ratios_to_first", "requests_of", "selected"),
        *("with_units",),
    ),
    "webtrial.results.connections.estimate": (
        "connections",
        "most_held",
    ),
    "webtrial.results.cost.floor": ("floor",),
    "webtrial.results.capacity.pilot_shares": ("pilot_shares",),
    "webtrial.results.dashboard.thread_limits": ("thread_limits",),
    "webtrial.results.validity.threats": ("threats",),
    "webtrial.results.migration.estimate": (
        "migration_costs",
        "migration_ratios",
    ),
    "webtrial.stats.in_time": (
        "offered_rates",
        "rates_in_time",
    ),
    "webtrial.results.choosing.money": (
        "cores_needed",
        "million_requests",
    ),
    "webtrial.stats.pairs": (
        "apart_in",
        "over_deployed",
    ),
    "webtrial.results.comparison.replication": ("replication",),
    "webtrial.results.cost.request_time": ("request_time",),
    "webtrial.results.search.estimate": (
        "search_ratios",
        "search_spread",
    ),
    "webtrial.stats.trials": (
        "latencies",
        "trials_table",
    ),
    "webtrial.results.fan_out": ("fan_out",),
    "webtrial.results.fan_out.estimate": ("pairs_in_turn",),
}
_PLACES = {name: module for module, names in _PARTS.items() for name in names}

__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
