"""Who may import whom, read from the sources."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from webtrial.run.stacks import SERVICES

WEBTRIAL = SERVICES.parent / "webtrial"
# From the top: each may import itself and what stands below it.
LAYERS = (
    "__main__",
    "cli",
    "selftest",
    "publish",
    "results",
    "measure",
    "stats",
    "load",
    "run",
    "system",
)
LAYERS += ("errors",)


def imported(source: Path) -> set[str]:
    """The dotted names of the modules that a file imports, relative ones left out."""
    return names_imported(ast.walk(ast.parse(source.read_text())))


def names_imported(nodes: Iterable[ast.AST]) -> set[str]:
    """The same of some nodes of a file, not of what is within them."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of(source: Path) -> str:
    return source.relative_to(WEBTRIAL).parts[0].removesuffix(".py")


def test_services_and_webtrial_never_import_each_other() -> None:
    ours = {path.stem for path in SERVICES.glob("*/*") if path.is_dir() or path.suffix == ".py"}
    for source in SERVICES.rglob("*.py"):
        assert not {name for name in imported(source) if name.split(".")[0] == "webtrial"}, source
    for source in WEBTRIAL.rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(source)} & (ours | {"services"}), source


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_stands_below_it(layer: str) -> None:
    below = LAYERS[LAYERS.index(layer) :]
    sources = [source for source in WEBTRIAL.rglob("*.py") if layer_of(source) == layer]
    assert sources
    for source in sources:
        used = {name.split(".")[1] for name in imported(source) if name.startswith("webtrial.")}
        assert used <= set(below), f"{source} imports {sorted(used - set(below))}"


def test_every_module_has_its_layer() -> None:
    found = {layer_of(source) for source in WEBTRIAL.rglob("*.py")}
    assert found - {"__init__"} == set(LAYERS)


def test_statistics_never_draw() -> None:
    """What draws has `figure` in its name; a topic's other modules compute or speak."""
    for source in [*(WEBTRIAL / "stats").rglob("*.py"), *(WEBTRIAL / "results").glob("*/*.py")]:
        if source.parent.name != "base" and "figure" not in source.stem:
            drawn = {name for name in imported(source) if name.startswith("matplotlib")}
            assert not drawn, source


FIRST_TRIAL = """
import sys, webtrial.measure.experiment
from webtrial.measure.attempt import _Observed, samples_with
samples_with(_Observed(1.0, None, None, None).samples, ["ok"])
print({"pandas", "scipy", "matplotlib", "IPython"} & sys.modules.keys())
"""


def test_who_measures_loads_nothing_that_only_analysis_needs() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_TRIAL], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports at the top of modules, tests included; what is imported within a function or for
    types alone is loaded later or never."""
    roots = (WEBTRIAL, Path(__file__).parent)
    sources = {_name_of(path): path for root in roots for path in root.rglob("*.py")}
    graph = {name: _loaded_with(path, sources) - {name} for name, path in sources.items()}
    assert _cycle_in(graph) == []


def _cycle_in(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _name_of(source: Path) -> str:
    parts = source.relative_to(WEBTRIAL.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _loaded_with(source: Path, sources: dict[str, Path]) -> set[str]:
    """The modules of ours that a module imports at its top."""
    names = names_imported(ast.parse(source.read_text()).body)
    modules = {name if name in sources else name.rpartition(".")[0] for name in names}
    return modules & sources.keys()
