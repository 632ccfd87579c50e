"""`webtrial run`: measure without notebooks."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webtrial.cli.opened import open_named
from webtrial.errors import ParameterError
from webtrial.system.output import show
from webtrial.system.yaml_text import parse_yaml, read_yaml

if TYPE_CHECKING:
    from webtrial.run.parameters import Parameters


def run(
    profile: Annotated[
        str | None, typer.Option(help="Name of a profile in notebooks/profiles/.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Measure what is missing of this run.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="YAML file of parameters.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "-p", metavar="NAME VALUE", help="One parameter, its value in YAML; repeatable."
        ),
    ] = None,
) -> None:
    """Measure, without notebooks."""
    from webtrial.measure.runner import measure
    from webtrial.publish.notebook_parameters import resumed_parameters
    from webtrial.publish.progress import on_terminal
    from webtrial.run.store import RUNS

    given = _given(parameters, changes or [])
    if resume:
        _demand_private(profile, parameters, given)
        interrupted = open_named(resume)
        to_measure, path = resumed_parameters(interrupted, given), interrupted.path
    else:
        to_measure, path = _validated(profile, given), None
    with on_terminal() as view:
        measured = measure(to_measure, view, RUNS, resume=path)
    show(measured)


def _given(file: Path | None, changes: list[str]) -> dict[str, Any]:
    """Return the parameters of the file, then of the command line, then DATABASE_URL."""
    given = _read(file) | dict(map(_change, changes))
    url = os.environ.get("DATABASE_URL")
    return {"database_url": url} | given if url else given


def _change(text: str) -> tuple[str, Any]:
    name, is_pair, value = text.partition("=")
    if not is_pair:
        raise ParameterError(f"-p {text}: give a name and a value, for example -p blocks 5")
    return name, parse_yaml(value, f"-p {name} {value!r}")


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise ParameterError(f"{file} has no parameters: write `name: value` on each line")
    return content


def _validated(profile: str | None, given: dict[str, Any]) -> "Parameters":
    from webtrial.run.parameters import read_parameters, read_profile

    return read_profile(profile, **given) if profile else read_parameters(given)


def _demand_private(profile: str | None, file: Path | None, given: dict[str, Any]) -> None:
    from webtrial.run.parameters import PRIVATE

    if profile or file or given.keys() - PRIVATE:
        raise ParameterError(
            "--resume uses the run's own parameters: remove --profile, --parameters and -p."
            f" Only -p for {', '.join(sorted(PRIVATE))} is accepted, because a run does not"
            " store these"
        )
