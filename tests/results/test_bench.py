"""The benchmark of the analysis: what it makes is a run, and all of it is summed up."""

import json

import pandas as pd
import pytest

from webtrial.errors import ParameterError, RunError
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import open_run
from webtrial.selftest.scale import scale, summarise
from webtrial.selftest.scale.synthetic import BLOCKS, MEDIAN_MS, PIECE, make_run
from webtrial.stats.trials import latencies, trials_table

SAMPLES_MADE = 20_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return open_run(make_run(SAMPLES_MADE, tmp_path_factory.mktemp("made")))


def test_as_many_samples_are_made_as_asked_for(made):
    trials = trials_table(made)

    assert len(trials) == BLOCKS * len(MEDIAN_MS)
    assert trials["sent"].sum() == len(latencies(made, trials)) == SAMPLES_MADE
    assert list(made.samples(made.trials[0]).columns) == SAMPLES.names


def test_a_trial_longer_than_what_is_drawn_repeats_it(tmp_path, monkeypatch):
    monkeypatch.setattr("webtrial.selftest.scale.synthetic.PIECE", 300)
    run = open_run(make_run(7000, tmp_path))
    latency_ms = latencies(run, trials_table(run).iloc[:1])["latency_ms"]

    assert PIECE > 300
    assert len(latency_ms) == 700
    assert latency_ms[300:600].tolist() == latency_ms[:300].tolist()
    assert latency_ms[600:].tolist() == latency_ms[:100].tolist()


def test_the_stacks_differ_as_they_were_made_to(made):
    medians = latency_against_load(made, (50,)).set_index("stack")["latency_ms"]

    assert medians.to_dict() == pytest.approx(MEDIAN_MS, rel=0.3)


def test_every_sample_is_summed_up(made, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["summarise", str(made.path)])
    summarise.main()
    found = json.loads(capsys.readouterr().out)

    assert found["samples"] == SAMPLES_MADE
    assert found["seconds"] > 0
    assert found["peak_memory_mib"] > 0


@pytest.mark.parametrize("sizes", [[1000], pytest.param([1000, 2000], marks=pytest.mark.full)])
def test_a_run_is_made_summed_up_and_removed_for_each_size(tmp_path, sizes):
    table = scale.measure(sizes, tmp_path)

    assert table["samples"].tolist() == sizes
    rates = table["samples"] / table["seconds"]
    pd.testing.assert_series_equal(table["samples_per_s"], rates, check_names=False)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_on_the_disk_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(RunError, match="GiB"):
        scale.measure([1000, 10**15], tmp_path)
    with pytest.raises(ParameterError, match="1,000 or more"):
        scale.measure([999], tmp_path)

    assert list(tmp_path.iterdir()) == []
