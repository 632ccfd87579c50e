"""One source file of a service: the lines that hold code, and the names that it uses.

A line of code has more on it than a comment or a part of a docstring. In a template, every line
that is not blank counts.
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
    """A name on a line of a source; `place` is file:line below services/."""

    name: str
    place: str


@dataclass(frozen=True)
class Source:
    """A source file: the service's folder, the path below that folder, and the text."""

    folder: str
    path: str
    text: str

    @cached_property
    def lines(self) -> frozenset[int]:
        """Return the numbers of the lines that hold code, counted from 1."""
        if self.path.endswith(TEMPLATES):
            return frozenset(n for n, line in enumerate(self.text.splitlines(), 1) if line.strip())
        return frozenset(_lines_of_tokens(self.text) - _lines_of_docstrings(self._tree))

    @cached_property
    def lines_in_functions(self) -> frozenset[int]:
        """Return the lines of code in functions and methods, with their decorators and signatures.

        This is code that computes, as opposed to declarations.
        """
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return self.lines & {
            line
            for node in ast.walk(self._tree)
            if isinstance(node, functions)
            for line in _decorated_extent(node)
        }

    @cached_property
    def imports(self) -> list[Mention]:
        """Return all imports by full name, except those from the same package."""
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
        """Return every string that could be the name of a module."""
        constants = (node for node in ast.walk(self._tree) if isinstance(node, ast.Constant))
        return [
            self._mention(node.value, node)
            for node in constants
            if isinstance(node.value, str) and _DOTTED.fullmatch(node.value)
        ]

    def lines_with(self, names: Collection[str]) -> frozenset[int]:
        """Return the lines of code that use one of `names` or something imported from it.

        A use is an identifier, or a string or module equal to the name or continuing after a dot.
        For an import, a call, an argument and an assignment, all its lines count.
        """
        names = {*names, *self._imported_from(names)}
        found: set[int] = set()
        for node in ast.walk(self._tree):
            if any(is_within(each, name) for each in _names_of(node) for name in names):
                extent = _extent(node)
                found.update(extent if isinstance(node, _WHOLE) else extent[:1])
        return frozenset(found & self.lines)

    def extent_of(self, name: str) -> range:
        """Return the lines of a top-level class or function.

        Raises CapabilityError if there is none of that name.
        """
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name == name
            ):
                return _decorated_extent(node)
        raise CapabilityError(
            f"{self.folder}/{self.path} has no class or function {name}: correct"
            " services/capabilities.toml"
        )

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse("" if self.path.endswith(TEMPLATES) else self.text)

    def _imported_from(self, names: Collection[str]) -> set[str]:
        """Return the identifiers bound by imports from modules with those names."""
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
    """Whether a dotted name is `module` or a member of it."""
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
    """Return the lines of statements that consist of a string alone."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in _extent(node)
    }


def _names_of(node: ast.AST) -> list[str]:
    """Return the names that a node has, calls, assigns to or imports from."""
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
    """Return the lines of a class or function, including its decorators."""
    first = min((each.lineno for each in node.decorator_list), default=node.lineno)
    return range(first, _extent(node).stop)


def _extent(node: ast.AST) -> range:
    """Return the lines of a node."""
    first = getattr(node, "lineno", 0)
    return range(first, (getattr(node, "end_lineno", None) or first) + 1)
