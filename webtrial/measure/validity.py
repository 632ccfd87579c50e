"""Validity gates: whether a trial measured what it claims to, judged from that trial alone.

Instrument gates detect that the load driver measured itself; machine gates detect that something
else ran. What the service does (errors, timeouts, queues) is an outcome and never fails a gate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from webtrial.run.bounds import (
    CLOCK_MAX,
    CPU_INVALID,
    CPU_SUSPECT,
    DRIFT_MAX,
    FOREIGN_MAX,
    LAG_MIN_MS,
    LAG_OF_MEDIAN,
    LITTLE_FLOOR,
    LITTLE_MAX,
    REOPENED_MAX,
    SENT_MIN,
    STALL_INVALID_MS,
    STALL_SUSPECT_MS,
    STOLEN_MAX,
    SUSPENDED_MAX_S,
    THROTTLED_MAX,
)
from webtrial.run.records import Client, Counts, Load, Machine, Reason, Validity, Verdict, Worker

_WORST: tuple[Verdict, ...] = ("valid", "suspect", "invalid")


def judge(
    load: Load,
    counts: Counts,
    client: Client,
    machine: Machine,
    broken: int = 0,
    of_workers: tuple[Reason, ...] = (),
) -> Validity:
    """Return the verdict on a trial: the worst that its gates give, with every reason.

    `broken` connections were ended by a failed request: the client did not choose to open them
    again. A gate that `of_workers` already reports is not reported again for all workers together.
    """
    reported = {reason.gate for reason in of_workers}
    overall = [
        each for each in _instrument(load, counts, client, broken) if each.gate not in reported
    ]
    reasons = (*of_workers, *overall, *_machine(machine))
    verdicts = {reason.verdict for reason in reasons}
    return Validity(max(verdicts, key=_WORST.index) if verdicts else "valid", reasons)


def judge_workers(
    load: Load, workers: Sequence[Worker], broken: Sequence[int], window_s: float
) -> tuple[Reason, ...]:
    """Return the gate failures of the drivers that shared a load, one reason per gate.

    Each reason is as severe as for the worst driver and names all drivers that failed the gate.
    """
    by_gate: dict[str, list[Reason]] = {}
    for worker, broken_of_worker in zip(workers, broken, strict=True):
        reasons = (
            *_instrument(load, worker.counts, worker.client, broken_of_worker),
            *_clock(worker, window_s),
        )
        for reason in reasons:
            text = f"worker {worker.index + 1} of {len(workers)}: {reason.text}"
            by_gate.setdefault(reason.gate, []).append(replace(reason, text=text))
    return tuple(map(_merged, by_gate.values()))


def _merged(reasons: list[Reason]) -> Reason:
    worst = max(reasons, key=lambda reason: _WORST.index(reason.verdict))
    return replace(worst, text="; ".join(reason.text for reason in reasons))


def disturbed(validity: Validity) -> bool:
    """Whether the machine was disturbed, in which case another attempt may do better."""
    return any(reason.kind == "machine" for reason in validity.reasons)


def lost(validity: Validity) -> bool:
    """Whether nothing was measured because a load driver died, failed or stopped reporting."""
    return any(reason.gate == "driver" for reason in validity.reasons)


def lag_bound_ms(client: Client) -> float:
    """Return the limit of the p99 dispatch lag: 1 ms, or 5 % of the median latency if larger."""
    return max(LAG_MIN_MS, LAG_OF_MEDIAN * (client.median_latency_ms or 0.0))


def _instrument(load: Load, counts: Counts, client: Client, broken: int) -> Iterator[Reason]:
    yield from _client_cpu(client)
    yield from _unsent(load, counts, client)
    yield from _lag(load, client)
    yield from _stall(client)
    yield from _little(client)
    yield from _reopened(client, broken)
    yield from _unread(client)


def _client_cpu(client: Client) -> Iterator[Reason]:
    used = client.cpu_fraction
    text = f"the load driver used {used:.1%} of its core"
    if used > CPU_INVALID:
        yield _invalid("client_cpu", f"{text}, more than {CPU_INVALID:.0%}")
    elif used > CPU_SUSPECT:
        yield _suspect("client_cpu", f"{text}, more than {CPU_SUSPECT:.0%}")


def _unsent(load: Load, counts: Counts, client: Client) -> Iterator[Reason]:
    """Yield a reason if arrivals were dropped and the driver may be the cause.

    Arrivals are dropped when every connection waits for a response. If the driver was awake and
    punctual, the service did not respond, which is an outcome. If not, the driver may have kept the
    connections busy itself, and the cause is unknown.
    """
    if load.kind == "closed" or not counts.scheduled:
        return
    sent = counts.sent / counts.scheduled
    if sent < SENT_MIN and not _driver_kept_up(client):
        yield _invalid(
            "unsent",
            f"{sent:.1%} of the scheduled arrivals were sent, less than {SENT_MIN:.0%}, and the"
            " load driver itself was busy, late or stalled",
        )


def _driver_kept_up(client: Client) -> bool:
    return (
        client.cpu_fraction <= CPU_SUSPECT
        and client.lag_p99_ms <= lag_bound_ms(client)
        and client.worst_stall_ms <= STALL_SUSPECT_MS
    )


def _lag(load: Load, client: Client) -> Iterator[Reason]:
    """Yield a reason if the p99 dispatch lag is too large.

    A closed loop has no schedule and cannot be late: its users send after each response.
    """
    bound_ms = lag_bound_ms(client)
    if load.kind != "closed" and client.lag_p99_ms > bound_ms:
        yield _invalid(
            "lag",
            f"p99 dispatch lag was {client.lag_p99_ms:.2f} ms, more than {bound_ms:.2f} ms"
            f" ({LAG_MIN_MS:g} ms or {LAG_OF_MEDIAN:.0%} of the median latency)",
        )


def _stall(client: Client) -> Iterator[Reason]:
    text = f"the load driver's event loop stalled for {client.worst_stall_ms:.1f} ms"
    if client.worst_stall_ms > STALL_INVALID_MS:
        yield _invalid("stall", f"{text}, more than {STALL_INVALID_MS:g} ms")
    elif client.worst_stall_ms > STALL_SUSPECT_MS:
        yield _suspect("stall", f"{text}, more than {STALL_SUSPECT_MS:g} ms")


def _little(client: Client) -> Iterator[Reason]:
    counted, by_latency = client.in_flight_observed, client.in_flight_by_latency
    difference = abs(counted - by_latency)
    if difference > LITTLE_FLOOR and difference > LITTLE_MAX * counted:
        yield _invalid(
            "little",
            f"{counted:.2f} requests were in flight by count and {by_latency:.2f} by latency, which"
            f" differ by more than {LITTLE_MAX:.0%} (Little's law)",
        )


def _reopened(client: Client, broken: int) -> Iterator[Reason]:
    reopened, connections = client.connections_reopened - broken, client.connections
    if reopened > REOPENED_MAX * connections:
        yield _invalid(
            "reopened",
            f"{reopened} of {connections} connections were reopened, more than"
            f" {REOPENED_MAX:.1%}: latency includes connecting",
        )


def _unread(client: Client) -> Iterator[Reason]:
    if client.responses_unread > 0:
        yield _invalid("unread", f"{client.responses_unread} responses were not read completely")


def _clock(worker: Worker, window_s: float) -> Iterator[Reason]:
    bound_ms = CLOCK_MAX * window_s * 1000
    if worker.clock_error_ms > bound_ms:
        yield _invalid(
            "clock",
            f"its clock offset is uncertain by {worker.clock_error_ms:.1f} ms, more than"
            f" {bound_ms:.1f} ms ({CLOCK_MAX:.0%} of the window): the workers' windows may differ",
        )


def _machine(machine: Machine) -> Iterator[Reason]:
    if machine.stolen_fraction > STOLEN_MAX:
        yield _disturbed(
            "stolen",
            f"the host stole {machine.stolen_fraction:.1%} of the machine's time, more than"
            f" {STOLEN_MAX:.0%}",
        )
    if machine.foreign_cpu_fraction > FOREIGN_MAX:
        yield _disturbed(
            "foreign_cpu",
            f"other processes used {machine.foreign_cpu_fraction:.1%} of the machine,"
            f" more than {FOREIGN_MAX:.0%}",
        )
    yield from _stopped(machine)
    before, after = machine.speed_before_per_s, machine.speed_after_per_s
    if abs(after - before) > DRIFT_MAX * before:
        yield _disturbed(
            "speed_drift",
            f"the machine's speed changed by {after / before - 1:+.1%} during the trial,"
            f" more than {DRIFT_MAX:.0%}",
        )


def _stopped(machine: Machine) -> Iterator[Reason]:
    """Yield reasons if a quota or a suspend stopped load driver and services alike."""
    throttled, suspended_s = machine.throttled_periods, machine.suspended_s
    if throttled is not None and throttled > THROTTLED_MAX:
        yield _disturbed(
            "throttled",
            f"the CPU quota throttled all processes in {throttled} periods, more than"
            f" {THROTTLED_MAX}",
        )
    if suspended_s is not None and suspended_s > SUSPENDED_MAX_S:
        text = f"the machine was suspended for {suspended_s:.1f} s, more than {SUSPENDED_MAX_S:g} s"
        yield Reason("suspended", "machine", "invalid", text)


def _invalid(gate: str, text: str) -> Reason:
    return Reason(gate, "instrument", "invalid", text)


def _suspect(gate: str, text: str) -> Reason:
    return Reason(gate, "instrument", "suspect", text)


def _disturbed(gate: str, text: str) -> Reason:
    return Reason(gate, "machine", "suspect", text)
