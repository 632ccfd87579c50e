"""Whether a worker thread has one request at a time, told from what upstreams took."""

from math import nan

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import Judged, Part, band, reasons_of, untestable, verdict_of
from webtrial.analyse.phrases import interval, number
from webtrial.analyse.statistics import MINIMUM_BLOCKS, Estimate, geometric_mean
from webtrial.analyse.summary import records_of
from webtrial.records import Trial


@predicate
def one_per_thread(claim: Claim, case: Case) -> Judged:
    """Requests that wait for upstreams at a time, per thread: throughput × the time that the
    upstreams take in turn (Little's law), over the service's threads. More than the claimed number
    would need a thread that has several."""
    budgets = case.run.manifest.budgets
    threads = budgets.get("threads_per_process", 0) * budgets.get("server_processes", 0)
    stack, scenario = claim.stack[0], claim.scenario[0]
    if not threads:
        return untestable("needs a run that says how many threads its services have")
    if lacking := case.lacks((stack,), scenario, claim.load):
        return untestable(lacking)
    cell = case.cell(scenario, claim.load)
    rows = cell[(cell["stack"] == stack) & (cell["role"] == "measure")]
    waiting = [_waiting(trial) / threads for trial in records_of(case.run, rows)]
    part = _part(claim, geometric_mean(waiting), int((rows["verdict"] == "valid").sum()), threads)
    reason = reasons_of([part])
    return Judged(verdict_of([part]), part.value, part.low, part.high, reason, (part,))


def _waiting(trial: Trial) -> float:
    took_ms = sum(each.took_mean_ms or 0 for each in trial.upstreams)
    return trial.counts.completed / trial.window_s * took_ms / 1000


def _part(claim: Claim, found: Estimate, untouched: int, threads: int) -> Part:
    allowed = band(claim.comparator, claim.numbers)
    decided = untouched >= MINIMUM_BLOCKS
    holds = allowed.holds(found.low, found.high) if decided else None
    span = f" ({interval(found.low, found.high)})" if found.blocks > 1 else ""
    reason = (
        f"{number(found.value)}{span} requests wait for upstreams in each of {threads} threads"
        " at a time; above 1 a thread would have several"
    )
    if not decided:
        reason += f"; fewer than {MINIMUM_BLOCKS} untouched blocks"
    low, high = (found.low, found.high) if decided else (nan, nan)
    return Part("requests per thread", allowed, found.value, low, high, holds, holds, reason)
