"""docs/errors.md: generated from the error classes and from the messages in the code.

`python -m tests.error_messages` writes it; a test compares the file with what would be written.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import webtrial
from webtrial import errors

PACKAGE = Path(webtrial.__file__).parent
PAGE = PACKAGE.parent / "docs" / "errors.md"
CLASSES = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.WebtrialError)
}
INTRODUCTION = """\
# Errors

Every error that Webtrial raises on purpose, by class; `…` stands for a value. This page is
generated from the code (`make docs`).

Each message says what happened and what to do next. On the command line it is printed alone; in a
notebook it replaces the traceback. All classes derive from `WebtrialError`, so
`except webtrial.errors.WebtrialError` catches every one. If a run had begun, the message ends with
its folder: `make report RESUME=<run>` or `webtrial run --resume <run>` measures what is missing.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | `check`, `compare --fail-over` or `doctor` found something |
| 2 | an error, printed as one message; or wrong arguments |
| 129, 130 | the terminal was closed; Ctrl-C |
"""


class Message(NamedTuple):
    """The class of an error that the code raises, and its text with … for values."""

    error: str
    text: str


def messages() -> list[Message]:
    """Return every message of an error of ours: by class as in errors.py, then by text."""
    order = list(CLASSES)
    found = {message for path in PACKAGE.rglob("*.py") for message in _raised_in(path)}
    return sorted(found, key=lambda each: (order.index(each.error), each.text.lower()))


def page() -> str:
    """Return docs/errors.md."""
    parts = [INTRODUCTION]
    for error, group in groupby(messages(), key=lambda each: each.error):
        items = [f"- `{each.text.replace('`', '')}`" for each in group]
        parts.append("\n".join([f"## {error}\n", _description(error), "", *items]))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _description(error: str) -> str:
    return inspect.cleandoc(CLASSES[error].__doc__ or "")


def _raised_in(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name_of(node.func) in CLASSES and node.args:
            text = " ".join(text_of(node.args[0]).split())
            if any(map(str.isalpha, text)):
                yield Message(_name_of(node.func), text)


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr) -> str:
    """Return the text of an expression, with … for whatever is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return _joined([text_of(part) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([text_of(left), text_of(right)])
    return "…"


def _joined(parts: list[str]) -> str:
    text = "".join(parts)
    while "……" in text:
        text = text.replace("……", "…")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
