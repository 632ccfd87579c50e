"""Composition of a service: lines of code by purpose, and packages with their size."""

from collections.abc import Iterator

from webtrial.errors import CapabilityError
from webtrial.measure.capabilities.anatomy import PURPOSES
from webtrial.measure.capabilities.packages import closure, owners, size_mib
from webtrial.measure.capabilities.probes import Answer, Subject, probe

_LINES = (
    "lines without blanks, comments and docstrings in the files that the service loaded, by purpose"
    " as in services/capabilities.toml"
)
_PACKAGES = "all direct and indirect requirements according to importlib.metadata"


@probe("lines of code")
def by_purpose(subject: Subject) -> Iterator[Answer]:
    """Lines of code for each purpose, and in total."""
    lines = subject.sources.lines_by_purpose()
    folder = f"services/{subject.stack.folder}"
    for purpose in PURPOSES:
        yield Answer(purpose, str(lines[purpose]), _LINES, folder, unit="lines")
    yield Answer("total", str(lines.total()), _LINES, folder, unit="lines")


@probe("installed packages")
def by_themselves(subject: Subject) -> Iterator[Answer]:
    """Packages of the framework alone, and of all that the service needs."""
    _demand_all_listed(subject)
    yield from _packages("the framework", (subject.anatomy.package,))
    yield from _packages("the service", subject.anatomy.requirements)


def _packages(what: str, requirements: tuple[str, ...]) -> Iterator[Answer]:
    names = closure(requirements)
    listed = ", ".join(sorted(names, key=str.casefold))
    yield Answer(
        f"{what}: packages", str(len(names)), _PACKAGES, ", ".join(requirements), "packages"
    )
    yield Answer(f"{what}: package names", listed, _PACKAGES, ", ".join(requirements))
    yield Answer(
        f"{what}: size",
        f"{size_mib(names):.1f}",
        "sum of the file sizes in each package's RECORD",
        ", ".join(requirements),
        "MiB",
        absolute=True,
    )


def _demand_all_listed(subject: Subject) -> None:
    """Raise CapabilityError if the service imports packages that `requirements` do not install."""
    installed = closure(subject.anatomy.requirements)
    for file in subject.sources.files:
        for each in file.imports:
            if (packages := owners(each.name)) and not packages & installed:
                raise CapabilityError(
                    f"services/{each.place} imports {each.name}: add {' or '.join(packages)} to the"
                    f" requirements of {subject.framework} in services/capabilities.toml"
                )
