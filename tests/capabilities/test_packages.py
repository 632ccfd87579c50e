"""What packages require, and how much room they take."""

from pathlib import Path

import pytest

from webtrial.errors import CapabilityError
from webtrial.measure.capabilities.anatomy import read_anatomies
from webtrial.measure.capabilities.packages import closure, owners, size_mib
from webtrial.run.stacks import SERVICES

MIB = 2**20
PACKAGES = {
    "Upper": [
        "lower>=1",
        "not-there; python_version < '3'",
        "with-extra; extra == 'more'",
        "never-there; extra == 'else'",
    ],
    "lower": ["Upper"],
    "with_extra": ["lower"],
    "broken": ["not-there"],
}


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are installed for the test: each holds a file of half a MiB."""
    for name, requires in PACKAGES.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        (folder / "METADATA").write_text("\n".join([*lines, ""]))
        (tmp_path / f"{name}.py").touch()  # what is not there is not counted by every Python
        (folder / "RECORD").write_text(
            f"{name}.py,sha256=x,{MIB // 2}\n{name}-1.0.dist-info/RECORD,,\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_what_is_required_is_followed_to_its_end_though_in_a_circle() -> None:
    assert closure(["upper"]) == {"Upper", "lower"}


def test_an_extra_is_followed_where_it_is_asked_for() -> None:
    assert closure(["Upper[more]"]) == {"Upper", "lower", "with_extra"}


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(CapabilityError, match="not-there is not installed"):
        closure(["broken"])


def test_sizes_are_those_of_the_records() -> None:
    assert size_mib({"Upper", "lower"}) == 1.0


def test_a_module_belongs_to_its_package() -> None:
    assert owners("jwt.exceptions") == {"PyJWT"}
    assert owners("json") == set()


@pytest.mark.parametrize("framework", read_anatomies())
def test_what_a_service_needs_is_among_the_requirements(framework: str) -> None:
    ours = (SERVICES.parent / "requirements.txt").read_text().splitlines()
    pinned = {line.partition("==")[0].partition("[")[0].strip().lower() for line in ours}
    needed = {
        name.lower().replace("_", "-") for name in closure(read_anatomies()[framework].requirements)
    }
    assert needed <= pinned
