"""Schema changes that the service itself manages."""

import subprocess
from collections.abc import Iterator

from webtrial.measure.capabilities.probes import Answer, Subject, probe, yes_or_no
from webtrial.measure.launch import prepare_command, service_environment
from webtrial.run.stacks import SERVICES

NO_COMMAND = "services/stacks.toml"


@probe("migrations")
def are_applied(subject: Subject) -> Iterator[Answer]:
    """Whether all of them are applied to the database, according to the service's own command."""
    command = prepare_command(subject.stack)
    yield Answer(
        "applied to the service's database",
        yes_or_no(bool(command) and _passes(subject, [*command, "--check"])),
        "the stack's `prepare` command with --check, which fails if a migration is missing",
        f"{subject.stack.folder}/{' '.join(command[1:])} --check" if command else NO_COMMAND,
    )


def _passes(subject: Subject, command: list[str]) -> bool:
    done = subprocess.run(
        command,
        cwd=SERVICES / subject.stack.folder,
        env=service_environment(subject.stack, subject.settings),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0
