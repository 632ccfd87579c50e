"""What other systems than Linux lack: by typeshed, which mypy brings along, and by our pins."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mypy
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_imports import WEBTRIAL, imported

STANDARD = Path(mypy.__file__).parent / "typeshed" / "stdlib"
REQUIREMENTS = WEBTRIAL.parent / "requirements.txt"
OS_NAMES = {"darwin": "posix", "win32": "nt"}


@cache
def lacks(platform: str) -> dict[str, Any]:
    """What `platform` (as sys.platform has it) lacks beside Linux: `modules` of the standard
    library that webtrial uses, `names` by module, and `packages`, by what they are imported as."""
    used = [module for module in standard_modules() if _stub(module)]
    names = {module: missing for module in used if (missing := _missing(module, platform))}
    return {
        "platform": platform,
        "os_name": OS_NAMES[platform],
        "modules": [module for module in names if not _names(module, platform)],
        "names": {module: sorted(missing) for module, missing in names.items()},
        "packages": sorted(packages_for_linux()),
    }


@cache
def standard_modules() -> list[str]:
    """The modules of the standard library that webtrial imports, and what it takes from them: some
    of that are modules, too."""
    named = {name for source in WEBTRIAL.rglob("*.py") for name in imported(source)}
    standard = {name for name in named if name.partition(".")[0] in sys.stdlib_module_names}
    return sorted(standard | {name.rpartition(".")[0] for name in standard if "." in name})


def _missing(module: str, platform: str) -> frozenset[str]:
    return _names(module, "linux") - _names(module, platform)


def _stub(module: str) -> Path | None:
    place = STANDARD.joinpath(*module.split("."))
    files = (place / "__init__.pyi", place.with_name(f"{place.name}.pyi"))
    return next((file for file in files if file.is_file()), None)


@cache
def _names(module: str, platform: str) -> frozenset[str]:
    stub = _stub(module)
    assert stub
    return frozenset(_defined(ast.parse(stub.read_text(encoding="utf-8")).body, platform))


def _defined(body: Iterable[ast.stmt], platform: str) -> Iterator[str]:
    """The names that statements of a stub define on that platform. Of what it imports, only what
    it names anew (`as`) is the module's own."""
    for node in body:
        match node:
            case ast.If():
                chosen = node.body if _holds(node.test, platform) else node.orelse
                yield from _defined(chosen, platform)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign():
                yield from (each.id for each in node.targets if isinstance(each, ast.Name))
            case ast.Import() | ast.ImportFrom():
                yield from (each.asname for each in node.names if each.asname)


def _holds(test: ast.expr, platform: str) -> bool:
    told = {"sys": SimpleNamespace(platform=platform, version_info=sys.version_info)}
    return bool(eval(compile(ast.Expression(test), "<stub>", "eval"), told))


def packages_for_linux() -> set[str]:
    """The importable names of those pinned packages that our markers keep for Linux. What only
    Windows is without, as pexpect, others use by their own choice."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    kept = {canonicalize_name(pin.name) for pin in map(Requirement, lines) if _is_for_linux(pin)}
    return {
        name
        for name, packages in packages_distributions().items()
        if {canonicalize_name(each) for each in packages} <= kept
    }


def _is_for_linux(pin: Requirement) -> bool:
    marker = pin.marker
    if marker is None or not marker.evaluate():
        return False
    others = ({"sys_platform": each, "os_name": OS_NAMES[each]} for each in OS_NAMES)
    return not any(marker.evaluate(other) for other in others)
