"""That a stack without a serialiser has none in its process."""

import json
import subprocess
import sys

import pytest

from tests.waiting import LIMIT_S
from webtrial.run.stacks import SERVICES

LIBRARIES = ("marshmallow", "webargs", "flask_smorest")

_LOADED = """
import json, sys
from importlib import import_module
from shop import APIS
import_module(f"shop.{APIS[sys.argv[1]]}")
print(json.dumps(sorted(sys.modules)))
"""


def loaded(serialiser):
    """The modules in a process of the Flask service with that serialiser."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, serialiser],
        cwd=SERVICES / "flask_service",
        capture_output=True,
        timeout=LIMIT_S,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("serialiser", "expected"), [("marshmallow", set(LIBRARIES)), ("none", set())]
)
def test_flask_loads_marshmallow_where_it_is_the_serialiser_and_only_there(serialiser, expected):
    assert loaded(serialiser) & set(LIBRARIES) == expected
