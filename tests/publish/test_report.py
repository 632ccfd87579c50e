"""A report comes out of every run, however poor."""

import re
from pathlib import Path

import pytest

from tests.synthetic_run import CLOSED, LATE, SLOW_TO_FAST, Truth, synthetic_run
from webtrial.publish.report import report_of_run


@pytest.mark.full
def test_a_run_without_one_valid_trial_is_published_and_says_so(tmp_path: Path) -> None:
    medians = {name: SLOW_TO_FAST.median_ms[name] for name in ("django", "flask", "fastapi")}
    truth = Truth(medians, verdicts={(1, name): [LATE] for name in medians})
    run = synthetic_run(tmp_path / "runs", truth, loads=(CLOSED,), blocks=1, window_s=0.5)
    report_of_run(str(run.path), lambda _: None, tmp_path / "dist")
    text = (tmp_path / "dist" / "index.html").read_text()
    assert (tmp_path / "dist" / "report.pdf").stat().st_size > 10_000
    assert "0 valid, 0 suspect and 3 invalid" in text
    assert not re.search(r">\s*nan\b|\binf\b", text)
