"""What errors say, read from the sources: each text with … where a value stands."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import webtrial
from webtrial import errors

PACKAGE = Path(webtrial.__file__).parent
ERRORS = {
    name
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.WebtrialError)
}


class Said(NamedTuple):
    """An error that is raised, and what it says."""

    error: str
    text: str


def said() -> Iterator[Said]:
    """Everything that the package raises of its own errors."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name_of(node.func) in ERRORS and node.args:
                yield Said(_name_of(node.func), text_of(node.args[0]))


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr) -> str:
    """The text of an expression, … for whatever is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return _joined(text_of(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([text_of(left), text_of(right)])
    return "…"


def _joined(parts: "Iterator[str] | list[str]") -> str:
    text = "".join(parts)
    while "……" in text:
        text = text.replace("……", "…")
    return text
