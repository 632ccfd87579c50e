"""Installed packages: their requirements, their modules and their size on disk."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.metadata import packages_distributions as _packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from webtrial.errors import CapabilityError

_MIB = 2**20


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the names of all packages that `requirements` need on this machine, including them.

    Raises CapabilityError for a package that is not installed.
    """
    found: set[tuple[str, str]] = set()
    pending = [Requirement(each) for each in requirements]
    while pending:
        requirement = pending.pop()
        for extra in ("", *requirement.extras):
            key = canonicalize_name(requirement.name), extra
            if key not in found:
                found.add(key)
                pending += _required(_installed(requirement.name), extra)
    return {_name(_installed(name)) for name, _ in found}


def size_mib(names: Iterable[str]) -> float:
    """Return the size of the packages' files in MiB, as their installer recorded it."""
    files = (file for name in names for file in _installed(name).files or ())
    return sum(file.size or 0 for file in files) / _MIB


def owners(module: str) -> set[str]:
    """Return the packages that a module belongs to; empty for Python's own and unknown modules."""
    return set(_packages_distributions_once().get(module.partition(".")[0], ()))


def _required(package: Distribution, extra: str) -> list[Requirement]:
    """Return the requirements of a package itself and of one of its extras."""
    requirements = [Requirement(each) for each in package.requires or ()]
    return [
        each for each in requirements if not each.marker or each.marker.evaluate({"extra": extra})
    ]


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise CapabilityError(
            f"{name} is not installed, but a package in services/capabilities.toml requires it:"
            " install requirements.txt"
        ) from None


def _name(package: Distribution) -> str:
    return str(package.metadata["Name"])


@cache
def _packages_distributions_once() -> dict[str, list[str]]:
    return dict(_packages_distributions())
