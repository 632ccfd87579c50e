"""Webtrial puts a comparison of Django, Flask and FastAPI on trial.

What notebooks use of it, under one name: `import webtrial as wt`. Each part is loaded when it is
first asked for, since most of our processes need none of it.
"""

from importlib import import_module
from typing import Any

_PARTS = {
    "webtrial.publish.given": ("parameters_given", "run_given", "runs_given", "find_run"),
    "webtrial.publish.measuring": ("measure_run",),
    "webtrial.publish.drawings": (
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
    "webtrial.publish.drawings_of_causes": (
        *("draw_attribution", "draw_capacity", "draw_connections", "draw_fan_out"),
        *("draw_migration", "draw_request_time"),
    ),
    "webtrial.publish.tables_of_causes": (
        *("attribution_as_table", "corners_as_table"),
        "crossovers_as_table",
        "fan_out_costs_as_table",
        *("fan_out_ratios_as_table", "floor_as_table", "migration_as_table", "paths_as_table"),
        *("rates_in_time_as_table", "request_time_as_table", "search_ratios_as_table"),
        "search_spread_as_table",
        "variants_as_table",
    ),
    "webtrial.publish.tables_of_connections": (
        *("connections_as_table", "servers_as_table", "silent_as_table"),
    ),
    "webtrial.publish.sentences_of_causes": (
        *("at_once_in_words", "attribution_in_words", "connections_in_words", "fan_out_in_words"),
        *("floor_in_words", "migration_in_words", "processes_in_words"),
        "rates_in_time_in_words",
        *("search_spread_in_words", "silent_in_words"),
    ),
    "webtrial.publish.pair_gaps": ("pair_gaps_in_words",),
    "webtrial.publish.pilot_shares": ("pilot_shares_as_table", "pilot_shares_in_words"),
    "webtrial.publish.thread_limits": ("thread_limits_as_table", "thread_limits_in_words"),
    "webtrial.publish.tables": (
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
    "webtrial.publish.tables_of_pairs": (
        *("findings_of", "findings_table", "matched_as_table", "ratios_as_table", "scoreboard"),
    ),
    "webtrial.publish.drawings_of_choosing": (
        *("draw_changes", "draw_choosing", "draw_replication"),
    ),
    "webtrial.publish.tables_of_choosing": (
        *("cores_as_table", "left_out_as_table", "money_as_table", "moves_as_table"),
        *("recommended_as_table", "scores_as_table", "weights_as_table"),
    ),
    "webtrial.publish.sentences_of_choosing": (
        *("choosing_in_words", "money_in_words", "moves_in_words"),
    ),
    "webtrial.publish.sliders": ("weigh",),
    "webtrial.publish.exploring": ("explore", "response_times"),
    "webtrial.publish.tables_of_comparison": (
        *("changes_as_table", "differences_as_table", "disagreements_as_table"),
        *("pairs_as_table", "regressions_as_table"),
    ),
    "webtrial.publish.sentences_of_comparison": (
        *("changes_in_words", "differences_in_words", "regressions_in_words"),
        "replication_in_words",
    ),
    "webtrial.publish.capability_tables": ("capabilities_as_table", "footprint_as_table"),
    "webtrial.publish.drawings_of_claims": ("draw_claims", "draw_references"),
    "webtrial.publish.sentences_of_claims": (
        *("claim_rules_in_words", "claims_in_words", "claims_told", "references_in_words"),
        *("disagreeing_statements_in_words", "requests_in_flight_in_words"),
        "undecided_claims_in_words",
    ),
    "webtrial.publish.tables_of_claims": (
        *("claim_counts_as_table", "claims_as_table", "facts_as_table", "references_as_table"),
    ),
    "webtrial.publish.audits": ("audit", "audits_in_words"),
    "webtrial.publish.hardening": ("hardening_as_table",),
    "webtrial.publish.gate_tables": (
        *("gates_table", "threats_as_table", "validity_as_table", "verdicts_as_table"),
    ),
    "webtrial.publish.sentences": (
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
    "webtrial.runs": ("latest_run", "open_run"),
    "webtrial.analyse.show": ("Prose", "Table"),
    "webtrial.analyse.capabilities": ("capability_findings", "capability_table"),
    "webtrial.analyse.claims.case": ("Limits",),
    "webtrial.analyse.claims.evaluate": ("verify",),
    "webtrial.analyse.references": ("reference_table",),
    "webtrial.analyse.headline": ("headline",),
    "webtrial.analyse.compare": ("noise_floors", "ratio_table"),
    "webtrial.analyse.estimates": ("at_main_load", "estimates", "throughput_table"),
    "webtrial.analyse.latency": ("distribution", "latency_against_load", "search_by_selectivity"),
    "webtrial.analyse.work": ("cost_table", "dashboard_parts", "same_work_table"),
    "webtrial.analyse.gates": ("machine_table", "validity_table", "verdict_table"),
    "webtrial.analyse.timeline": ("timeline", "typical_trial"),
    "webtrial.analyse.attribution": ("attribution",),
    "webtrial.analyse.capacity": ("sweep",),
    "webtrial.analyse.changes": ("changes", "machine_speed", "regressions"),
    "webtrial.analyse.choosing": ("moves", "recommended", "scores", "totals"),
    "webtrial.analyse.criteria": ("criteria",),
    "webtrial.analyse.differences": ("differences",),
    "webtrial.analyse.over_time": ("over_time",),
    "webtrial.analyse.selection": (
        *("STATISTICS", "Selection", "places", "ratios_to_first", "requests_of"),
        *("selected", "with_units"),
    ),
    "webtrial.analyse.connections": ("connections", "most_held"),
    "webtrial.analyse.fan_out": (
        *("crossovers", "fan_out", "fan_out_costs", "fan_out_ratios", "pairs_in_turn"),
    ),
    "webtrial.analyse.floor": ("floor",),
    "webtrial.analyse.pilot_shares": ("pilot_shares",),
    "webtrial.analyse.thread_limits": ("thread_limits",),
    "webtrial.analyse.threats": ("threats",),
    "webtrial.analyse.migration": ("migration_costs", "migration_ratios"),
    "webtrial.analyse.in_time": ("offered_rates", "rates_in_time"),
    "webtrial.analyse.money": ("cores_needed", "million_requests"),
    "webtrial.analyse.pairs": ("apart_in", "over_deployed"),
    "webtrial.analyse.replication": ("replication",),
    "webtrial.analyse.request_time": ("request_time",),
    "webtrial.analyse.searches": ("search_ratios", "search_spread"),
    "webtrial.analyse.summary": ("latencies", "trials_table"),
}
_PLACES = {name: module for module, names in _PARTS.items() for name in names}

__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"webtrial has no {name!r}; there are {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
