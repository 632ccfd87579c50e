"""The source files that a service has loaded, and their purposes."""

import shutil
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from webtrial.errors import CapabilityError
from webtrial.measure.capabilities.anatomy import Purpose
from webtrial.measure.capabilities.source import TEMPLATES, Mention, Source, is_within


@dataclass(frozen=True)
class Sources:
    """The files that a service has loaded, with the patterns that give their purposes."""

    files: tuple[Source, ...]
    purposes: Mapping[Purpose, tuple[str, ...]]

    def lines_by_purpose(self) -> Counter[Purpose]:
        """Return the lines of code per purpose; raise CapabilityError for a file that has none."""
        lines_of: Counter[Purpose] = Counter()
        for file in self.files:
            for purpose, lines in self._purposes_of(file).items():
                lines_of[purpose] += len(lines)
        return lines_of

    def lines_in_functions(self, purpose: Purpose) -> int:
        """Return how many lines of code serve `purpose` within functions and methods."""
        return sum(
            len(self._purposes_of(file).get(purpose, set()) & file.lines_in_functions)
            for file in self.files
        )

    def lines_with(self, names: Collection[str], purpose: Purpose) -> int:
        """Return how many lines of code serve `purpose` or hold one of `names`."""
        return sum(
            len(self._purposes_of(file).get(purpose, set()) | file.lines_with(names))
            for file in self.files
        )

    def mentions_of(self, modules: Collection[str]) -> Iterator[Mention]:
        """Yield where one of `modules` or a member is imported, then where a string names it."""
        imports = (mention for file in self.files for mention in file.imports)
        texts = (mention for file in self.files for mention in file.texts)
        for mention in (*imports, *texts):
            if any(is_within(mention.name, module) for module in modules):
                yield mention

    def _purposes_of(self, file: Source) -> dict[Purpose, set[int]]:
        """Return the lines of a file by purpose.

        Classes and functions with a purpose of their own come first; the other lines have the
        purpose of the file.
        """
        by_purpose: dict[Purpose, set[int]] = {}
        remaining = set(file.lines)
        for purpose, name in self._parts_of(file):
            lines = remaining & set(file.extent_of(name))
            by_purpose.setdefault(purpose, set()).update(lines)
            remaining -= lines
        if remaining:
            by_purpose.setdefault(self._purpose_of(file), set()).update(remaining)
        return by_purpose

    def _parts_of(self, file: Source) -> list[tuple[Purpose, str]]:
        return [
            (purpose, name)
            for purpose, patterns in self.purposes.items()
            for path, _, name in (pattern.partition(":") for pattern in patterns)
            if name and path == file.path
        ]

    def _purpose_of(self, file: Source) -> Purpose:
        purposes = [
            purpose
            for purpose, patterns in self.purposes.items()
            if any(fnmatchcase(file.path, pattern) for pattern in patterns)
        ]
        if len(purposes) != 1:
            raise CapabilityError(
                f"{file.folder}/{file.path} has {len(purposes)} purposes"
                f" ({', '.join(purposes) or 'none'}): give it exactly one in"
                " services/capabilities.toml"
            )
        return purposes[0]


def copy_sources(folder: Path, into: Path) -> None:
    """Copy a service without bytecode; `loaded_sources` can then tell which files it loads."""
    shutil.copytree(folder, into, ignore=shutil.ignore_patterns("__pycache__"))


def loaded_sources(folder: Path, name: str) -> tuple[Source, ...]:
    """Return the sources that a service has loaded in `folder`, a fresh copy of services/`name`.

    Python writes the bytecode of every module that it loads next to the module. Templates count if
    they belong to a package that was loaded.
    """
    modules = [path for path in sorted(folder.rglob("*.py")) if _was_loaded(path)]
    packages = {path.parent for path in modules}
    templates = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in TEMPLATES and _package_of(path) in packages
    ]
    return tuple(
        Source(name, path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
        for path in [*modules, *templates]
    )


def _was_loaded(path: Path) -> bool:
    bytecode = f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    return (path.parent / "__pycache__" / bytecode).exists()


def _package_of(path: Path) -> Path:
    """Return the nearest parent folder that holds modules."""
    return next(folder for folder in path.parents if any(folder.glob("*.py")))
