"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use of it, under one name: `import webtrial as wt`. Each part is loaded when it is
first asked for, since most of our processes need none of it.
"""

from importlib import import_module
from typing import Any

_PARTS = {
    "webtrial.publish.given": ("parameters_given", "run_given", "runs_given", "find_run"),
    "webtrial.publish.measuring": ("measure_run",),
    "webtrial.results.drawings": (
        *("draw_cost", "draw_dashboard", "draw_distribution", "draw_latency", "draw_machine"),
        *(
            "draw_cost_of_all",
            "draw_noise_floor",
            "draw_over_time",
            "draw_ratios",
            "draw_search",
            "draw_search_of_all",
            "draw_tail",
            "draw_throughput",
            "draw_throughput_of_all",
            "draw_timeline",
            "draw_typical",
            "draw_verdicts",
        ),
    ),
    "webtrial.results.drawings_of_causes": (
        *("draw_attribution", "draw_capacity", "draw_connections", "draw_fan_out"),
        *("draw_migration", "draw_request_time"),
    ),
    "webtrial.results.tables_of_causes": (
        *("attribution_as_table", "corners_as_table"),
        "crossovers_as_table",
        "fan_out_costs_as_table",
        *("fan_out_ratios_as_table", "floor_as_table", "migration_as_table", "paths_as_table"),
        *("rates_in_time_as_table", "request_time_as_table", "search_ratios_as_table"),
        "search_spread_as_table",
        "variants_as_table",
    ),
    "webtrial.results.tables_of_connections": (
        *("connections_as_table", "servers_as_table", "silent_as_table"),
    ),
    "webtrial.results.sentences_of_causes": (
        *("at_once_in_words", "attribution_in_words", "connections_in_words", "fan_out_in_words"),
        *("floor_in_words", "migration_in_words", "processes_in_words"),
        "rates_in_time_in_words",
        *("search_spread_in_words", "silent_in_words"),
    ),
    "webtrial.results.validity.pair_gaps_text": ("pair_gaps_in_words",),
    "webtrial.results.capacity.pilot_shares_text": (
        "pilot_shares_as_table",
        "pilot_shares_in_words",
    ),
    "webtrial.results.dashboard.thread_limits_text": (
        "thread_limits_as_table",
        "thread_limits_in_words",
    ),
    "webtrial.results.tables": (
        *("budgets_table", "cost_as_table", "dashboard_as_table", "latency_as_table"),
        *("machine_as_table", "parameters_table", "rates_table", "same_work_as_table"),
        *(
            "search_as_table",
            "stacks_table",
            "throughput_as_table",
            "upstreams_table",
            "versions_table",
        ),
    ),
    "webtrial.results.tables_of_pairs": (
        *("findings_of", "findings_table", "matched_as_table", "ratios_as_table", "scoreboard"),
    ),
    "webtrial.results.drawings_of_choosing": (
        *("draw_changes", "draw_choosing", "draw_replication"),
    ),
    "webtrial.results.tables_of_choosing": (
        *("cores_as_table", "left_out_as_table", "money_as_table", "moves_as_table"),
        *("recommended_as_table", "scores_as_table", "weights_as_table"),
    ),
    "webtrial.results.sentences_of_choosing": (
        *("choosing_in_words", "money_in_words", "moves_in_words"),
    ),
    "webtrial.results.choosing.sliders": ("weigh",),
    "webtrial.results.explorer.explorer": ("explore", "response_times"),
    "webtrial.results.tables_of_comparison": (
        *("changes_as_table", "differences_as_table", "disagreements_as_table"),
        *("pairs_as_table", "regressions_as_table"),
    ),
    "webtrial.results.sentences_of_comparison": (
        *("changes_in_words", "differences_in_words", "regressions_in_words"),
        "replication_in_words",
    ),
    "webtrial.results.capabilities.text": ("capabilities_as_table", "footprint_as_table"),
    "webtrial.results.drawings_of_claims": ("draw_claims", "draw_references"),
    "webtrial.results.sentences_of_claims": (
        *("claim_rules_in_words", "claims_in_words", "claims_told", "references_in_words"),
        *("disagreeing_statements_in_words", "requests_in_flight_in_words"),
        "undecided_claims_in_words",
    ),
    "webtrial.results.tables_of_claims": (
        *("claim_counts_as_table", "claims_as_table", "facts_as_table", "references_as_table"),
    ),
    "webtrial.results.validity.audits": ("audit", "audits_in_words"),
    "webtrial.results.validity.robustness": ("hardening_as_table",),
    "webtrial.results.validity.tables": (
        *("gates_table", "threats_as_table", "validity_as_table", "verdicts_as_table"),
    ),
    "webtrial.results.sentences": (
        *(
            "answer_in_words",
            "dashboard_in_words",
            "errors_in_words",
            "machine_in_words",
            "machine_noise_in_words",
        ),
        *(
            "load_in_words",
            "noise_floor_in_words",
            "percentiles_in_words",
            "percentile_rule_in_words",
            "plan_in_words",
            "run_in_words",
            "search_in_words",
            "stacks_in_words",
        ),
        *("undecided_in_words", "upstreams_in_words", "verdict_rule_in_words"),
        "verdicts_in_words",
    ),
    "webtrial.run.store": ("latest_run", "open_run"),
    "webtrial.results.base.display": ("Prose", "Table"),
    "webtrial.results.capabilities.estimate": ("capability_findings", "capability_table"),
    "webtrial.results.claims.case": ("Limits",),
    "webtrial.results.claims.evaluate": ("verify",),
    "webtrial.results.claims.references": ("reference_table",),
    "webtrial.results.overview.findings": ("headline",),
    "webtrial.stats.ratios": ("noise_floors", "ratio_table"),
    "webtrial.stats.estimates": ("at_main_load", "estimates", "throughput_table"),
    "webtrial.results.latency.estimate": (
        "distribution",
        "latency_against_load",
        "search_by_selectivity",
    ),
    "webtrial.results.cost.estimate": ("cost_table", "dashboard_parts", "same_work_table"),
    "webtrial.results.validity.gates": ("machine_table", "validity_table", "verdict_table"),
    "webtrial.results.latency.timeline": ("timeline", "typical_trial"),
    "webtrial.results.attribution.estimate": ("attribution",),
    "webtrial.results.capacity.estimate": ("sweep",),
    "webtrial.results.comparison.changes": ("changes", "machine_speed", "regressions"),
    "webtrial.results.choosing.estimate": ("moves", "recommended", "scores", "totals"),
    "webtrial.results.choosing.criteria": ("criteria",),
    "webtrial.results.comparison.differences": ("differences",),
    "webtrial.results.latency.over_time": ("over_time",),
    "webtrial.results.explorer.estimate": (
        *("STATISTICS", "Selection", "places", "ratios_to_first", "requests_of"),
        *("selected", "with_units"),
    ),
    "webtrial.results.connections.estimate": ("connections", "most_held"),
    "webtrial.results.fan_out.estimate": (
        *("crossovers", "fan_out", "fan_out_costs", "fan_out_ratios", "pairs_in_turn"),
    ),
    "webtrial.results.cost.floor": ("floor",),
    "webtrial.results.capacity.pilot_shares": ("pilot_shares",),
    "webtrial.results.dashboard.thread_limits": ("thread_limits",),
    "webtrial.results.validity.threats": ("threats",),
    "webtrial.results.migration.estimate": ("migration_costs", "migration_ratios"),
    "webtrial.stats.in_time": ("offered_rates", "rates_in_time"),
    "webtrial.results.choosing.money": ("cores_needed", "million_requests"),
    "webtrial.stats.pairs": ("apart_in", "over_deployed"),
    "webtrial.results.comparison.replication": ("replication",),
    "webtrial.results.cost.request_time": ("request_time",),
    "webtrial.results.search.estimate": ("search_ratios", "search_spread"),
    "webtrial.stats.trials": ("latencies", "trials_table"),
}
_PLACES = {name: module for module, names in _PARTS.items() for name in names}

__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
