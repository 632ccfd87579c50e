"""Whether a worker thread has one request at a time, told from what upstreams took."""

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import Judged, Part, band, reasons_of, untestable, verdict_of
from webtrial.analyse.phrases import interval, number
from webtrial.analyse.statistics import MINIMUM_BLOCKS, Estimate, geometric_mean
from webtrial.analyse.summary import records_of
from webtrial.analyse.upstreams import upstream_times
from webtrial.records import Trial


@predicate
def one_per_thread(claim: Claim, case: Case) -> Judged:
    """Requests that wait for upstreams at a time, per thread: throughput × the time that the
    upstreams take in turn (Little's law), over the service's threads. More than the claimed number
    would take a thread that has several; less is what one at a time allows."""
    budgets = case.run.manifest.budgets
    threads = budgets.get("threads_per_process", 0) * budgets.get("server_processes", 0)
    stack, scenario = claim.stack[0], claim.scenario[0]
    if not threads:
        return untestable("needs a run that says how many threads its services have")
    if lacking := case.lacks((stack,), scenario, claim.load):
        return untestable(lacking)
    rows = case.measured(stack, scenario, claim.load)
    waiting = geometric_mean([_waiting(each) / threads for each in records_of(case.run, rows)])
    part = _part(claim, waiting, int((rows["verdict"] == "valid").sum()), threads)
    ends = (part.value, part.low, part.high)
    return Judged(verdict_of([part]), reasons_of([part]), *ends, (part,))


def _waiting(trial: Trial) -> float:
    times = upstream_times(trial)
    took_ms = times.in_turn_ms if times else 0.0
    return trial.counts.completed / trial.window_s * took_ms / 1000


def _part(claim: Claim, found: Estimate, untouched: int, threads: int) -> Part:
    what, allowed = "requests per thread", band(claim.comparator, claim.numbers)
    seen = f"requests wait for upstreams in each of {threads} threads at a time"
    if untouched < MINIMUM_BLOCKS:
        few = f"fewer than {MINIMUM_BLOCKS} untouched blocks"
        reason = f"{number(found.value)} {seen}; {few}"
        return Part(what, allowed, found.value, reason=reason, unit=claim.unit)
    holds = allowed.holds(found.low, found.high)
    reason = f"{number(found.value)} ({interval(found.low, found.high)}) {seen}"
    ends = (found.value, found.low, found.high)
    return Part(what, allowed, *ends, holds, holds, reason, unit=claim.unit)
