"""One source of a service: which of its lines hold code, and what it uses where.

A line of code is one with more on it than a comment or a part of a docstring; of a template, one
that is not blank.
"""

import ast
import io
import re
import tokenize
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from webtrial.errors import CapabilityError

TEMPLATES = (".html",)

_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
_WHOLE = (ast.Import, ast.ImportFrom, ast.Call, ast.keyword, ast.Assign, ast.AnnAssign)
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name at a line of a source: `place` is file:line below services/."""

    name: str
    place: str


@dataclass(frozen=True)
class Source:
    """A file of a service: where it lies below the service's folder, of that name, and its text."""

    folder: str
    path: str
    text: str

    @cached_property
    def lines(self) -> frozenset[int]:
        """The numbers of the lines that hold code, from 1."""
        if self.path.endswith(TEMPLATES):
            return frozenset(n for n, line in enumerate(self.text.splitlines(), 1) if line.strip())
        return frozenset(_lines_of_tokens(self.text) - _lines_of_docstrings(self._tree))

    @cached_property
    def lines_in_functions(self) -> frozenset[int]:
        """The lines of code of functions and methods, their decorators and signatures included:
        what is computed, not declared."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return self.lines & {
            line
            for node in ast.walk(self._tree)
            if isinstance(node, functions)
            for line in _decorated_extent(node)
        }

    @cached_property
    def imports(self) -> list[Mention]:
        """What is imported, by its full name, but for what belongs to the same package."""
        found = []
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                found += [self._mention(alias.name, node) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = (f"{node.module}.{alias.name}" for alias in node.names)
                found += [self._mention(name, node) for name in names]
        return found

    @cached_property
    def texts(self) -> list[Mention]:
        """Every text that could be the name of a module."""
        constants = (node for node in ast.walk(self._tree) if isinstance(node, ast.Constant))
        return [
            self._mention(node.value, node)
            for node in constants
            if isinstance(node.value, str) and _DOTTED.fullmatch(node.value)
        ]

    def lines_with(self, names: Collection[str]) -> frozenset[int]:
        """The lines of code where one of `names`, or what is imported from it, occurs: as an
        identifier, or as a text or module that may go on after a dot. Of an import, a call, an
        argument and an assignment, all lines."""
        names = {*names, *self._imported_from(names)}
        found: set[int] = set()
        for node in ast.walk(self._tree):
            if any(is_within(each, name) for each in _names_of(node) for name in names):
                extent = _extent(node)
                found.update(extent if isinstance(node, _WHOLE) else extent[:1])
        return frozenset(found & self.lines)

    def extent_of(self, name: str) -> range:
        """The lines of a class or function at the top level; CapabilityError if there is none."""
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name == name
            ):
                return _decorated_extent(node)
        raise CapabilityError(f"{self.folder}/{self.path} has no {name}: correct capabilities.toml")

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse("" if self.path.endswith(TEMPLATES) else self.text)

    def _imported_from(self, names: Collection[str]) -> set[str]:
        """The identifiers that imports from modules of those names bind."""
        return {
            alias.asname or alias.name
            for node in ast.walk(self._tree)
            if isinstance(node, ast.ImportFrom) and node.level == 0
            for alias in node.names
            if any(is_within(f"{node.module}.{alias.name}", name) for name in names)
        }

    def _mention(self, name: str, node: ast.AST) -> Mention:
        return Mention(name, f"{self.folder}/{self.path}:{_extent(node).start}")


def is_within(name: str, module: str) -> bool:
    """Whether a dotted name is `module` or of something in it."""
    return name == module or name.startswith(f"{module}.")


def _lines_of_tokens(text: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        line
        for token in tokens
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }


def _lines_of_docstrings(tree: ast.Module) -> set[int]:
    """Those of statements that are nothing but a text."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in _extent(node)
    }


def _names_of(node: ast.AST) -> list[str]:
    """What a node is called, calls, assigns to or imports from."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return [name]
        case ast.keyword(arg=str(name)) | ast.ImportFrom(module=str(name)):
            return [name]
        case ast.Call(func=inner) | ast.AnnAssign(target=inner):
            return _names_of(inner)
        case ast.Assign(targets=targets):
            return [name for target in targets for name in _names_of(target)]
        case ast.Import(names=aliases):
            return [alias.name for alias in aliases]
    return []


def _decorated_extent(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    """The lines of a class or function with its decorators."""
    first = min((each.lineno for each in node.decorator_list), default=node.lineno)
    return range(first, _extent(node).stop)


def _extent(node: ast.AST) -> range:
    """The lines of a node that has some."""
    first = getattr(node, "lineno", 0)
    return range(first, (getattr(node, "end_lineno", None) or first) + 1)
