"""The gates: whether a trial measured what it claims to, judged on itself.

Instrument gates say that the load driver measured itself; machine gates that something else ran.
What the service does (errors, timeouts, queues) is an outcome and never strikes a gate.
"""

from collections.abc import Iterator

from webtrial.bounds import (
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
)
from webtrial.records import Client, Counts, Load, Machine, Reason, Validity, Verdict

_WORST: tuple[Verdict, ...] = ("valid", "suspect", "invalid")


def judge(
    load: Load, counts: Counts, client: Client, machine: Machine, broken: int = 0
) -> Validity:
    """The verdict on a trial: the worst of what its gates say, with every reason.

    `broken` connections were ended by a request that failed: to open them again is no choice of
    the client's.
    """
    reasons = (
        *_client_cpu(client),
        *_unsent(load, counts, client),
        *_lag(load, client),
        *_stall(client),
        *_little(client),
        *_reopened(client, broken),
        *_unread(client),
        *_machine(machine),
    )
    found = {reason.verdict for reason in reasons}
    return Validity(max(found, key=_WORST.index) if found else "valid", reasons)


def disturbed(validity: Validity) -> bool:
    """Whether the machine was disturbed, so that another attempt may do better."""
    return any(reason.kind == "machine" for reason in validity.reasons)


def lag_bound_ms(client: Client) -> float:
    """How late the p99 of dispatch may be: 1 ms, or 5 % of the median latency if that is more."""
    return max(LAG_MIN_MS, LAG_OF_MEDIAN * (client.median_latency_ms or 0.0))


def _client_cpu(client: Client) -> Iterator[Reason]:
    used = client.cpu_fraction
    text = f"the load driver used {used:.1%} of its core"
    if used > CPU_INVALID:
        yield _invalid("client_cpu", f"{text}, more than {CPU_INVALID:.0%}")
    elif used > CPU_SUSPECT:
        yield _suspect("client_cpu", f"{text}, more than {CPU_SUSPECT:.0%}")


def _unsent(load: Load, counts: Counts, client: Client) -> Iterator[Reason]:
    """Arrivals are dropped when every connection waits for an answer. If the driver was awake
    and punctual, it is the service that did not answer, which is an outcome. If not, the driver
    may have kept the connections busy itself, and nobody can tell."""
    if load.kind == "closed" or not counts.scheduled:
        return
    sent = counts.sent / counts.scheduled
    if sent < SENT_MIN and not _driver_was_fit(client):
        yield _invalid(
            "unsent",
            f"{sent:.1%} of the scheduled arrivals were sent, less than {SENT_MIN:.0%},"
            " while the load driver was busy, late or stalled itself",
        )


def _driver_was_fit(client: Client) -> bool:
    return (
        client.cpu_fraction <= CPU_SUSPECT
        and client.lag_p99_ms <= lag_bound_ms(client)
        and client.worst_stall_ms <= STALL_SUSPECT_MS
    )


def _lag(load: Load, client: Client) -> Iterator[Reason]:
    """A closed loop has no timetable to be late for: its user sends when it was answered."""
    bound_ms = lag_bound_ms(client)
    if load.kind == "open" and client.lag_p99_ms > bound_ms:
        yield _invalid(
            "lag",
            f"one arrival in a hundred was sent {client.lag_p99_ms:.2f} ms late or later, more than"
            f" {bound_ms:.2f} ms ({LAG_MIN_MS:g} ms or {LAG_OF_MEDIAN:.0%} of the median latency)",
        )


def _stall(client: Client) -> Iterator[Reason]:
    text = f"the load driver's loop stood still for {client.worst_stall_ms:.1f} ms"
    if client.worst_stall_ms > STALL_INVALID_MS:
        yield _invalid("stall", f"{text}, more than {STALL_INVALID_MS:g} ms")
    elif client.worst_stall_ms > STALL_SUSPECT_MS:
        yield _suspect("stall", f"{text}, more than {STALL_SUSPECT_MS:g} ms")


def _little(client: Client) -> Iterator[Reason]:
    counted, by_latency = client.in_flight_counted, client.in_flight_by_latency
    apart = abs(counted - by_latency)
    if apart > LITTLE_FLOOR and apart > LITTLE_MAX * counted:
        yield _invalid(
            "little",
            f"{counted:.2f} requests were in flight by count and {by_latency:.2f} by their"
            f" latencies, more than {LITTLE_MAX:.0%} apart (Little's law)",
        )


def _reopened(client: Client, broken: int) -> Iterator[Reason]:
    reopened, connections = client.connections_reopened - broken, client.connections
    if reopened > REOPENED_MAX * connections:
        yield _invalid(
            "reopened",
            f"{reopened} of {connections} connections were opened again, more than"
            f" {REOPENED_MAX:.1%}: part of the latency is connecting",
        )


def _unread(client: Client) -> Iterator[Reason]:
    if client.responses_unread > 0:
        yield _invalid("unread", f"{client.responses_unread} responses were not read whole, not 0")


def _machine(machine: Machine) -> Iterator[Reason]:
    if machine.stolen_fraction > STOLEN_MAX:
        yield _disturbed(
            "stolen",
            f"{machine.stolen_fraction:.1%} of the machine's time was stolen by its host,"
            f" more than {STOLEN_MAX:.0%}",
        )
    if machine.foreign_cpu_fraction > FOREIGN_MAX:
        yield _disturbed(
            "foreign_cpu",
            f"other processes used {machine.foreign_cpu_fraction:.1%} of the machine,"
            f" more than {FOREIGN_MAX:.0%}",
        )
    before, after = machine.speed_before_per_s, machine.speed_after_per_s
    if abs(after - before) > DRIFT_MAX * before:
        yield _disturbed(
            "speed_drift",
            f"the machine's speed changed by {after / before - 1:+.1%} during the trial,"
            f" more than {DRIFT_MAX:.0%}",
        )


def _invalid(gate: str, text: str) -> Reason:
    return Reason(gate, "instrument", "invalid", text)


def _suspect(gate: str, text: str) -> Reason:
    return Reason(gate, "instrument", "suspect", text)


def _disturbed(gate: str, text: str) -> Reason:
    return Reason(gate, "machine", "suspect", text)
