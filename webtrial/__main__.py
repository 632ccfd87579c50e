"""Command line: the only module that parses arguments, prints and exits."""

# ruff: noqa: PLC0415 - each command loads only what it needs, which is little for half of them

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from webtrial.errors import ParameterError, WebtrialError
from webtrial.run.parameters import PRIVATE, Parameters, read_parameters, read_profile
from webtrial.system import output
from webtrial.system.interruption import hang_up_raised, signal_of
from webtrial.system.linux import demand_linux, die_with_parent, is_linux
from webtrial.system.output import complain, say, show
from webtrial.system.places import use_short_temporary_folder
from webtrial.system.supervisor import SCRATCH, scratch_dir, supervise
from webtrial.system.yaml_text import parse_yaml, read_yaml

NOT_PASSED = 1
FAILED = 2
INTERRUPTED = 128  # plus the number of the signal: 130 after Ctrl-C
BENCHES = ("clients", "scale")

if TYPE_CHECKING:
    from webtrial.run.store import Run

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    if arguments is None:
        output.restart_in_utf8_mode()
        output.write_as_terminals_read()
    try:
        given = _parsed(arguments)
        status = _obey(given)
        output.flush()
    except output.OutputLostError as error:
        if error.is_reader_gone:
            return output.BROKEN_PIPE
        complain(f"webtrial: {error}")
        return FAILED
    return status


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return _parser().parse_args(arguments)
    except SystemExit:
        output.flush()  # the requested help
        raise


def _obey(given: argparse.Namespace) -> int:
    if "MAKELEVEL" in os.environ and SCRATCH not in os.environ:
        die_with_parent()
    try:
        use_short_temporary_folder()
        with hang_up_raised():
            status: int | None = given.does(given)
    except KeyboardInterrupt as interruption:
        # Everything has ended by now: another Ctrl-C could only cut off this message.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        complain("".join(["interrupted", *map(str, interruption.args)]))
        return INTERRUPTED + signal_of(interruption)
    except WebtrialError as error:
        complain(f"webtrial: {error}")
        return FAILED
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="webtrial", description=_purpose())
    commands = parser.add_subparsers(required=True, metavar="command")
    for add in _COMMANDS:
        add(commands)
    return parser


def _run_command(commands: _Commands) -> None:
    command = commands.add_parser("run", help="measure, without notebooks")
    command.add_argument("--profile", help="of notebooks/profiles/")
    command.add_argument("--resume", metavar="PATH", help="measure what is missing of this run")
    command.add_argument(
        "--parameters", type=Path, metavar="FILE", help="a YAML file of parameters"
    )
    command.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        dest="changes",
        help="one parameter, its value in YAML; may be repeated",
    )
    command.set_defaults(does=_run)


def _report_command(commands: _Commands) -> None:
    command = commands.add_parser("report", help="measure and publish, or publish a run")
    source = command.add_mutually_exclusive_group()
    source.add_argument("--profile", default="quick", help="what to measure (default: quick)")
    source.add_argument("--run", metavar="PATH", help="publish this run, measure nothing")
    source.add_argument("--resume", metavar="PATH", help="measure what is missing of this run")
    command.add_argument("--into", type=Path, metavar="FOLDER", help="instead of report/dist")
    command.set_defaults(does=_report)


def _publish_command(commands: _Commands) -> None:
    command = commands.add_parser(
        "publish", help="a folder for any static host, of a run that exists"
    )
    command.add_argument(
        "run", nargs="?", help="a folder, or the name of one in data/runs/ (default: the sample)"
    )
    command.add_argument("--into", type=Path, metavar="FOLDER", help="instead of report/dist")
    command.set_defaults(does=_publish)


def _verify_command(commands: _Commands) -> None:
    command = commands.add_parser("verify", help="what a run says of each of the article's claims")
    command.add_argument("run", metavar="RUN", help="a folder, or the name of one in data/runs/")
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="instead of claims.json in the run's folder"
    )
    command.add_argument(
        "--p99-limit-ms",
        type=_positive,
        metavar="MS",
        help="within which 99 %% of the requests of users and connections are to be answered",
    )
    command.add_argument(
        "--assumed-think-time",
        type=_positive,
        metavar="S",
        help="how long a user is assumed to think between two requests",
    )
    command.set_defaults(does=_verify)


def _sample_command(commands: _Commands) -> None:
    command = commands.add_parser("sample", help="make a run the one that comes with the project")
    command.add_argument("run", metavar="RUN", help="a folder, or the name of one in data/runs/")
    command.set_defaults(does=_sample)


def _compare_command(commands: _Commands) -> None:
    command = commands.add_parser("compare", help="two runs: what changed, what was found again")
    command.add_argument("before", metavar="A", help="a run: its folder, or its name in data/runs/")
    command.add_argument("after", metavar="B", help="the run that is held against it")
    command.add_argument(
        "--fail-over",
        type=float,
        metavar="PERCENT",
        help="exit 1 where a stack certainly got worse by more than that",
    )
    command.add_argument("--markdown", action="store_true", help="as a pull request shows it")
    command.set_defaults(does=_compare)


def _serve_command(commands: _Commands) -> None:
    command = commands.add_parser("serve", help="the three services up, for a person to try")
    command.set_defaults(does=_serve)


def _capabilities_command(commands: _Commands) -> None:
    command = commands.add_parser(
        "capabilities", help="ask what each framework can do, write data/capabilities.csv"
    )
    command.set_defaults(does=_capabilities)


def _bench_command(commands: _Commands) -> None:
    command = commands.add_parser("bench", help="what the instrument itself can do")
    command.add_argument(
        "part",
        nargs="?",
        choices=BENCHES,
        help="only the load driver beside other clients, or only the analysis of ever more samples",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the clients' figures too")
    command.add_argument("--rounds", type=int, default=5, help="of requests per CPU-second")
    command.add_argument("--pairs", type=int, default=9, help="of throughput beside another client")
    command.add_argument(
        "--samples",
        type=int,
        nargs="+",
        metavar="N",
        help="so many are summed up (default: 10^6, 10^7 and 10^8, which take 1.5 GiB of disk)",
    )
    command.set_defaults(does=_bench)


def _check_command(commands: _Commands) -> None:
    command = commands.add_parser("check", help="whether the instrument tells the truth")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    command.set_defaults(does=_check)


def _lab_command(commands: _Commands) -> None:
    command = commands.add_parser("lab", help="the notebooks in JupyterLab")
    command.set_defaults(does=_lab)


def _doctor_command(commands: _Commands) -> None:
    command = commands.add_parser("doctor", help="what will interfere with measuring here")
    command.set_defaults(does=_doctor)


_COMMANDS = (
    *(_run_command, _report_command, _publish_command, _verify_command),
    *(_sample_command, _compare_command, _serve_command, _capabilities_command),
    *(_bench_command, _check_command, _lab_command, _doctor_command),
)
"""Commands in the order in which help lists them."""


def _purpose() -> str:
    return "A reproducible benchmark report on Django, Flask and FastAPI."


def _run(given: argparse.Namespace) -> None:
    from webtrial.measure.runner import measure
    from webtrial.publish.given import find_run, resumed_parameters
    from webtrial.publish.progress import on_terminal
    from webtrial.run.store import RUNS

    if given.resume:
        _demand_only_private(given)
        run = find_run(given.resume)
        _say_damage(run)
        parameters, resumed = resumed_parameters(run, _changes(given)), run.path
    else:
        parameters, resumed = _parameters(given), None
    with on_terminal() as view:
        path = measure(parameters, view, RUNS, resume=resumed)
    show(path)


def _say_damage(run: "Run") -> None:
    """Say what is left out of a damaged run."""
    if run.damage:
        complain(run.damage_in_words)


def _demand_only_private(given: argparse.Namespace) -> None:
    named = {name for name, _ in given.changes}
    if given.profile or given.parameters or named - PRIVATE:
        raise ParameterError(
            "--resume goes on with the run's own parameters: leave --profile, --parameters and -p"
            f" out, save -p for {', '.join(sorted(PRIVATE))}, which a run does not keep"
        )


def _parameters(given: argparse.Namespace) -> Parameters:
    changes = _changes(given)
    return read_profile(given.profile, **changes) if given.profile else read_parameters(changes)


def _changes(given: argparse.Namespace) -> dict[str, Any]:
    changes = _of_file(given.parameters) | {
        name: parse_yaml(text, f"-p {name} {text!r}") for name, text in given.changes
    }
    url = os.environ.get("DATABASE_URL")
    return {"database_url": url} | changes if url else changes


def _of_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ParameterError(f"{path} holds no parameters: write `name: value` on each line")
    return content


def _report(given: argparse.Namespace) -> int | None:
    if not given.run and not _is_fit_to_measure():
        return NOT_PASSED

    from webtrial.publish import report
    from webtrial.publish.progress import on_terminal

    into = given.into or report.DIST
    if given.run:
        report.report_of_run(given.run, say, into)
    elif given.resume:
        report.report_of_resumed(given.resume, on_terminal, say, into)
    else:
        report.report_of_profile(given.profile, on_terminal, say, into)
    return None


def _is_fit_to_measure() -> bool:
    """Whether anything can be measured here; prints what will interfere.

    On other systems than Linux it returns True, because the measurement itself reports the problem.
    """
    if not is_linux():
        return True

    from webtrial.selftest.doctor.examine import as_text, examine, is_hopeless

    found = [finding for finding in examine() if finding.matters]
    if found:
        say(as_text(found, shutil.get_terminal_size().columns))
    return not is_hopeless(found)


def _doctor(_: argparse.Namespace) -> int:
    demand_linux()

    from webtrial.selftest.doctor.examine import as_text, conclusion, examine, is_hopeless

    found = examine()
    show(as_text(found, shutil.get_terminal_size().columns))
    show(conclusion(found))
    return NOT_PASSED if is_hopeless(found) else 0


def _publish(given: argparse.Namespace) -> None:
    from webtrial.publish import publication
    from webtrial.publish.report import DIST

    publication.publish(publication.run_to_publish(given.run), say, given.into or DIST)


def _verify(given: argparse.Namespace) -> None:
    from webtrial.publish.given import find_run
    from webtrial.results.claims.case import Limits
    from webtrial.results.claims.evaluate import verify
    from webtrial.results.claims.written import as_text, write_verdicts

    run = find_run(given.run)
    _say_damage(run)
    told = {
        "p99_limit_ms": given.p99_limit_ms,
        "assumed_think_time_s": given.assumed_think_time,
    }
    limits = Limits(**{name: value for name, value in told.items() if value is not None})
    table = verify(run, limits).table
    written = write_verdicts(table, given.json or run.path / "claims.json")
    show(as_text(table, shutil.get_terminal_size().columns))
    show(written)


def _sample(given: argparse.Namespace) -> None:
    from webtrial.publish.given import find_run
    from webtrial.publish.sample import execute_for_reading, make_sample

    say(make_sample(find_run(given.run)).path)
    for path in execute_for_reading():
        say(path)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _compare(given: argparse.Namespace) -> int:
    from webtrial.publish.given import find_run
    from webtrial.results.comparison.page import compare_runs

    before, after = find_run(given.before), find_run(given.after)
    _say_damage(before)
    _say_damage(after)
    found = compare_runs(before, after, given.fail_over)
    show(found.markdown() if given.markdown else found.text())
    return NOT_PASSED if found.regressed else 0


def _serve(_: argparse.Namespace) -> int | None:
    if SCRATCH not in os.environ:
        return _under_supervisor("serve")

    from webtrial.measure.serving import serve

    serve(os.environ.get("DATABASE_URL"), say)
    return None


def _capabilities(_: argparse.Namespace) -> int | None:
    if SCRATCH not in os.environ:
        return _under_supervisor("capabilities")

    from webtrial.measure.capabilities.examine import examine
    from webtrial.run import capabilities

    capabilities.write_findings(examine(os.environ.get("DATABASE_URL"), say))
    show(capabilities.FILE)
    return None


def _bench(given: argparse.Namespace) -> int | None:
    if SCRATCH not in os.environ:
        return _under_supervisor("bench", *_bench_arguments(given))

    from webtrial.selftest.scale import scale

    parts = [given.part] if given.part else BENCHES
    sizes = given.samples or scale.SIZES
    if "scale" in parts:
        scale.demand_room(sizes, scratch_dir())
    if "clients" in parts:
        _bench_clients(given)
    if "scale" in parts:
        _bench_scale(sizes)
    return None


def _bench_arguments(given: argparse.Namespace) -> list[str]:
    part = [given.part] if given.part else []
    file = ["--json", str(given.json)] if given.json else []
    counts = ["--rounds", str(given.rounds), "--pairs", str(given.pairs)]
    samples = ["--samples", *map(str, given.samples)] if given.samples else []
    return [*part, *counts, *file, *samples]


def _bench_clients(given: argparse.Namespace) -> None:
    from webtrial.selftest.bench import agreement, connections, efficiency

    table = efficiency.summarise(efficiency.measure(given.rounds))
    if given.json:
        wanted = table[["client", "connections", "requests_per_cpu_s"]]
        given.json.write_text(wanted.to_json(orient="records", indent=1) + "\n", encoding="utf-8")
    show("Requests per CPU-second of the client, and webtrial's ratio to it (95 % interval):")
    show(table.to_string(index=False, float_format="{:,.2f}".format))
    pairs = agreement.measure(given.pairs, os.environ.get("DATABASE_URL"))
    show(f"\n{agreement.SCENARIO} on {agreement.STACK}, {agreement.CONNECTIONS} connections:")
    show(pairs.to_string(index=False, float_format="{:,.0f}".format))
    for name, median in agreement.differences(pairs).median().items():
        show(f"median difference of {name}: {median:+.1%}")
    held = connections.measure()
    show("\nHeld at a time, with what each costs the driver:")
    show(", ".join(f"{name} {value:,.1f}" for name, value in held.items()) + "\n")


def _bench_scale(sizes: Sequence[int]) -> None:
    from webtrial.selftest.scale import scale

    table = scale.measure(sizes, scratch_dir())
    show("A run's percentiles with their intervals, from samples on disk, in a fresh process:")
    formats: dict[Any, Any] = {"samples": "{:,}".format, "samples_per_s": "{:,.0f}".format}
    formats |= dict.fromkeys(("seconds", "cpu_s"), "{:.2f}".format)
    formats |= {"peak_memory_mib": "{:.0f}".format}
    show(table.to_string(index=False, formatters=formats))


def _check(given: argparse.Namespace) -> int | None:
    if SCRATCH not in os.environ:
        return _under_supervisor("check", *(["--json", str(given.json)] if given.json else []))

    from webtrial.selftest.check import experiments, rows

    found = list(experiments.run(say, os.environ.get("DATABASE_URL")))
    if given.json:
        given.json.write_text(rows.as_json(found) + "\n", encoding="utf-8")
    show(rows.as_text(found))
    return 0 if all(row.passed for row in found) else NOT_PASSED


def _under_supervisor(*arguments: str) -> int:
    with supervise([sys.executable, "-m", "webtrial", *arguments]) as kept:
        return kept.wait()


def _lab(_: argparse.Namespace) -> int:
    from webtrial.publish.execute import NOTEBOOKS

    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    own = "--ServerApp.kernel_spec_manager_class=webtrial.publish.kernelspecs.OwnKernelSpecs"
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(NOTEBOOKS), own, *as_root]
    if os.name == "posix":
        os.execve(sys.executable, command, os.environ)  # noqa: S606 - no shell is needed
    # On Windows execve returns to the terminal at once.
    return subprocess.call(command, env=os.environ)


if __name__ == "__main__":
    sys.exit(main())
