"""`webtrial bench`: benchmark the load driver and the analysis."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from webtrial.cli.arguments import JsonFile
from webtrial.cli.supervised import is_supervised, run_supervised
from webtrial.errors import ParameterError
from webtrial.system.output import show
from webtrial.system.supervisor import scratch_dir


class Part(StrEnum):
    """What is benchmarked."""

    CLIENTS = "clients"
    SCALE = "scale"


def bench(
    part: Annotated[
        Part | None,
        typer.Argument(
            help="Only the load driver against other clients, or only the analysis of large runs."
        ),
    ] = None,
    json: JsonFile = None,
    rounds: Annotated[int, typer.Option(help="Repetitions of requests per CPU-second.")] = 5,
    pairs: Annotated[int, typer.Option(help="Repetitions of throughput against wrk.")] = 9,
    samples: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Number of samples to summarise; repeatable."
            " [default: 10^6, 10^7 and 10^8, which take 1.5 GiB of disk]",
        ),
    ] = None,
) -> int | None:
    """Benchmark the load driver and the analysis of large runs."""
    if not is_supervised():
        return run_supervised("bench", *_arguments(part, json, rounds, pairs, samples or []))

    from webtrial.selftest.scale import scale

    parts = [part] if part else list(Part)
    if json and Part.CLIENTS not in parts:
        raise ParameterError("--json writes the table of clients: add it to a benchmark of clients")
    sizes = samples or scale.SIZES
    if Part.SCALE in parts:
        scale.demand_room(sizes, scratch_dir())
    if Part.CLIENTS in parts:
        _bench_clients(json, rounds, pairs)
    if Part.SCALE in parts:
        _bench_scale(sizes)
    return None


def _arguments(
    part: Part | None, json: Path | None, rounds: int, pairs: int, samples: Sequence[int]
) -> list[str]:
    """Return the same arguments for the supervised process."""
    arguments = [part.value] if part else []
    arguments += ["--rounds", str(rounds), "--pairs", str(pairs)]
    arguments += ["--json", str(json)] if json else []
    return arguments + [word for each in samples for word in ("--samples", str(each))]


def _bench_clients(json: Path | None, rounds: int, pairs: int) -> None:
    from webtrial.selftest.bench import agreement, connections, efficiency

    table = efficiency.summarise(efficiency.measure(rounds))
    if json:
        wanted = table[["client", "connections", "requests_per_cpu_s"]]
        json.write_text(wanted.to_json(orient="records", indent=1) + "\n", encoding="utf-8")
    show("Requests per CPU-second of the client, and webtrial's ratio to it (95 % interval):")
    show(table.to_string(index=False, float_format="{:,.2f}".format))
    found = agreement.measure(pairs, os.environ.get("DATABASE_URL"))
    show(f"\n{agreement.SCENARIO} on {agreement.STACK}, {agreement.CONNECTIONS} connections:")
    show(found.to_string(index=False, float_format="{:,.0f}".format))
    for name, median in agreement.differences(found).median().items():
        show(f"median difference of {name}: {median:+.1%}")
    costs = connections.measure()
    show("\nConnections open at the same time, and the cost of each to the driver:")
    show(", ".join(f"{name} {value:,.1f}" for name, value in costs.items()) + "\n")


def _bench_scale(sizes: Sequence[int]) -> None:
    from webtrial.selftest.scale import scale

    table = scale.measure(sizes, scratch_dir())
    show("A run's percentiles with their intervals, from samples on disk, in a new process:")
    formats: dict[Any, Any] = {"samples": "{:,}".format, "samples_per_s": "{:,.0f}".format}
    formats |= dict.fromkeys(("seconds", "cpu_s"), "{:.2f}".format)
    formats |= {"peak_memory_mib": "{:.0f}".format}
    show(table.to_string(index=False, formatters=formats))
