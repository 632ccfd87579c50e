"""FastAPI's routes with async and in threads: one meaning, read from the sources."""

import ast
from pathlib import Path

import pytest

from webtrial.run.stacks import SERVICES

APP = SERVICES / "fastapi_service" / "app"
THREADS = APP / "threads"

# What has to differ: how many upstreams and passwords are dealt with at once, what there is to
# choose from, and what a function is typed as.
OWN_MODULES = {"__init__.py", "data/__init__.py", "plain/__init__.py"}
OWN_MODULES |= {"dependencies.py", "figures.py", "resources.py", "upstreams.py"}
OWN_FUNCTIONS = {"_engine", "authenticate"}
NAMES = {
    "AsyncConnection": "Connection",
    "AsyncConnectionPool": "ConnectionPool",
    "AsyncCountingPool": "CountingPool",
    "AsyncEngine": "Engine",
    "AsyncIterator": "Iterator",
    "AsyncRawCursor": "RawCursor",
    "AsyncSession": "Session",
    "Shop": "Any",  # a protocol of async methods
    "async_sessionmaker": "sessionmaker",
    "asynccontextmanager": "contextmanager",
}

MODULES = sorted(
    {path.relative_to(THREADS).as_posix() for path in THREADS.rglob("*.py")} - OWN_MODULES
)


class WithoutAsync(ast.NodeTransformer):
    """Takes async, await and the names that go with them out of a syntax tree."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.generic_visit(ast.FunctionDef(**dict(ast.iter_fields(node))))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.generic_visit(ast.With(**dict(ast.iter_fields(node))))

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(NAMES.get(node.id, node.id), node.ctx)


def statements(path: Path) -> list[str]:
    """A module's statements without async, but for imports, its docstring and OWN_FUNCTIONS."""
    module = WithoutAsync().visit(ast.parse(path.read_text()))
    kept = [
        node
        for node in module.body[1:]
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and getattr(node, "name", None) not in OWN_FUNCTIONS
    ]
    return [ast.unparse(ast.fix_missing_locations(node)) for node in kept]


def test_there_are_routes_and_ways_to_the_data_in_threads():
    assert {"routers/users.py", "plain/routers.py", "data/raw_psycopg.py"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_what_runs_in_threads_is_what_runs_on_the_loop_without_async(module):
    assert statements(THREADS / module) == statements(APP / module)
