"""Schemathesis over each stack's own document, with every check that it has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.counted import tried

HOOKS = "tests.hostile.careful"
REPOSITORY = Path(__file__).parent.parent.parent
LONGEST_S = 3600
OTHERS = ("django", "fastapi")


@pytest.fixture(params=["flask", *(pytest.param(name, marks=pytest.mark.full) for name in OTHERS)])
def stack(request, deployed):
    """One after another."""
    return deployed[request.param]


def test_no_request_that_schemathesis_makes_up_finds_a_fault(
    stack, client, seeded, amounts, tmp_path
):
    form = {"username": "account003", "password": seeded.password}
    token = client.post("/token", data=form).json()["access_token"]
    said = stack.log.stat().st_size
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{stack.url}/openapi.json"),
            *("--checks", "all", "--max-examples", str(amounts.examples), "--seed", "1"),
            *("--header", f"Authorization: Bearer {token}"),
            *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
            *("--report", "json", "--report-json-path", str(tmp_path / "report.json")),
        ],
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(REPOSITORY)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    print(done.stdout[-3000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    stack.expect_no_exception(since=said)
    tried("Schemathesis cases", stack.name, cases_in(tmp_path / "report.json"))


def cases_in(path):
    """How many requests were made, by its own report."""
    report = json.loads(path.read_text())
    return report["test_cases"]["generated"]
