"""The run that comes with the project, and the chapters executed on it."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pyarrow.parquet as pq
import pytest

from tests.synthetic_run import CLOSED, HELD, STOLEN, VALID, Truth, synthetic_run
from webtrial.errors import PublishError
from webtrial.publish import sample
from webtrial.publish.execute import NOTEBOOKS
from webtrial.publish.report import MEASURES, chapter_names
from webtrial.publish.sample import LARGEST_MIB, make_sample
from webtrial.results.claims.evaluate import verify
from webtrial.results.latency.timeline import shown_trial
from webtrial.run.store import SAMPLE, Run, open_run
from webtrial.stats.trials import trials_table

READING = [name for name in chapter_names() if name != MEASURES]
WITHOUT_WORDS = {"image/svg+xml"}  # is not compared


def code_of(name: str) -> list[Any]:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    medians_ms = {"django": 40.0, "flask": 30.0, "fastapi": 10.0}
    truth = Truth(medians_ms, verdicts={(1, "flask"): (STOLEN, VALID)})
    folder = tmp_path_factory.mktemp("whole")
    return synthetic_run(folder, truth, loads=(CLOSED, HELD), window_s=0.5)


@pytest.fixture(scope="module")
def trimmed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_sample(run, tmp_path_factory.mktemp("trimmed") / "sample")


# --- the one that is there


def test_the_sample_is_a_finished_run_of_the_profile_to_publish() -> None:
    manifest = open_run(SAMPLE).manifest
    assert manifest.state == "finished"
    assert manifest.parameters.profile == "standard"
    assert manifest.parameters.blocks >= 5


def test_the_sample_is_small_enough_to_come_with_the_project() -> None:
    sizes = [path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= LARGEST_MIB * 2**20


def test_the_sample_is_judged_as_it_was_when_it_was_committed(sample: Run) -> None:
    then = json.loads((SAMPLE / "claims.json").read_text())
    now = verify(sample).table
    assert len(then) == 44
    assert dict(zip(now["id"], now["verdict"], strict=True)) == {
        claim["id"]: claim["verdict"] for claim in then
    }


@pytest.mark.parametrize("name", READING)
def test_a_chapter_is_committed_as_it_was_executed_from_top_to_bottom(name: str) -> None:
    cells = code_of(name)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assigned: dict[str, Any] = {}
    exec(cells[0].source, {}, assigned)
    assert assigned["run"] == "sample"


@pytest.mark.parametrize("name", READING)
def test_a_chapter_shows_what_can_be_compared(name: str) -> None:
    outputs = [output for cell in code_of(name) for output in cell.outputs]
    assert "error" not in {output.output_type for output in outputs}
    compared = [set(output.get("data", {})) - WITHOUT_WORDS for output in outputs]
    assert sum(map(bool, compared)) >= len(code_of(name)) / 2


# --- how it is made


def test_every_attempt_stays_with_its_record(run: Run, trimmed: Run) -> None:
    assert trimmed.trials == run.trials
    assert trimmed.manifest == run.manifest


def test_what_was_measured_stays_of_the_attempts_that_count(run: Run, trimmed: Run) -> None:
    final = trials_table(run).set_index(["number", "attempt"])["final"]
    for trial in run.trials:
        whole, kept = run.samples(trial), trimmed.samples(trial)
        place = trial.planned.number, trial.attempt
        is_held = trial.planned.load.kind == "persistent"
        is_read = (whole["phase"] == "measured") | (whole["done_ns"] >= -512) | is_held
        expected = len(whole) if place == shown_trial(run) else is_read.sum()
        assert len(kept) == (expected if final[place] else 0)
    assert not final.all()


def test_requests_that_were_answered_in_the_window_stay_whenever_they_were_sent(
    run: Run, trimmed: Run
) -> None:
    for trial in run.trials:
        kept = trimmed.samples(trial)
        in_flight = (kept["phase"] == "warmup") & (kept["done_ns"] >= 0)
        if len(kept) and trial.planned.load.kind == "closed":
            assert in_flight.sum() == trial.planned.load.users


def test_times_stay_to_a_microsecond(run: Run, trimmed: Run) -> None:
    for trial in run.trials:
        kept, whole = (
            frame[frame["phase"] == "measured"].reset_index(drop=True)
            for frame in (trimmed.samples(trial), run.samples(trial))
        )
        if trial.planned.load.kind == "closed" and len(kept):
            assert (kept["done_ns"] - whole["done_ns"]).abs().max() <= 512


def test_samples_are_written_as_those_of_any_run(run: Run, trimmed: Run) -> None:
    for trial in run.trials:
        schemas = [pq.read_schema(each.path / trial.samples) for each in (run, trimmed)]
        assert schemas[0].equals(schemas[1])


def test_a_sample_that_is_too_large_is_refused_with_its_size(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "LARGEST_MIB", 0.01)
    with pytest.raises(PublishError, match=r"MiB, larger than 0\.01 MiB; use a shorter run"):
        make_sample(run, tmp_path / "sample")


def test_a_sample_that_is_judged_otherwise_is_refused_with_the_claim(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = verify(run).table
    told = iter([table, table.assign(verdict=["refuted", *table["verdict"][1:]])])
    monkeypatch.setattr(sample, "verify", lambda _: Judged(next(told)))
    with pytest.raises(PublishError, match=f"trimming changes the verdicts on {table['id'][0]}"):
        make_sample(run, tmp_path / "sample")


class Judged:
    """What `verify` returns, as far as it is looked at."""

    def __init__(self, table: Any) -> None:
        self.table = table
