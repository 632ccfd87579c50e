"""What DuckDB counts in a run's files against pandas over the same requests."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import EXAMPLES
from tests.synthetic_run import CLOSED, OPEN, SLOW_TO_FAST, synthetic_run
from tests.trial_builder import a_trial
from webtrial.errors import RunError
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import Run
from webtrial.run.writer import RunWriter
from webtrial.stats import counting
from webtrial.stats.counting import by_trial, query_samples, request_counts
from webtrial.stats.histogram import RESOLUTION, histogram
from webtrial.stats.trials import TICK_NS, latencies, measured, trials_table

FLASK = replace(SLOW_TO_FAST, median_ms={"flask": 20.0})


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """One stack whose requests time out or are refused now and then."""
    truth = replace(FLASK, timeouts=0.05, refused=0.05)
    return synthetic_run(tmp_path_factory.mktemp("troubled"), truth, loads=(CLOSED, OPEN))


@pytest.mark.parametrize("clock", ["response", "service"])
def test_every_latency_is_counted_in_its_own_trial(troubled, clock):
    trials = trials_table(troubled).sample(frac=1, random_state=1)
    groups = latencies(troubled, trials, clock).groupby(["number", "attempt"], observed=True)
    found = by_trial(request_counts(troubled, trials, clock))

    assert set(found) == set(groups.groups)
    for key, requests in groups:
        assert len(found[key]) == len(requests)
        assert found[key].censored.sum() == requests["censored"].sum() > 0
        assert found[key].mean_ms == pytest.approx(requests["latency_ms"].mean())


def test_percentiles_of_files_are_those_of_pandas_within_the_resolution(troubled):
    trials = trials_table(troubled)
    every = latencies(troubled, trials)["latency_ms"]
    shares = np.linspace(0, 1, 101)

    found = histogram(request_counts(troubled, trials)).quantiles_ms(shares)
    assert found == pytest.approx(every.quantile(shares).to_numpy(), rel=RESOLUTION)


def test_kinds_are_counted_apart_and_add_up(run):
    trials = measured(trials_table(run)).query("scenario == 'product_search'")
    counts = request_counts(run, trials, kinds=True)
    expected = latencies(run, trials).groupby("kind", observed=True).size()

    assert counts.groupby("kind")["requests"].sum().to_dict() == expected.to_dict()
    together, apart = histogram(request_counts(run, trials)), histogram(counts)
    assert apart.requests.tolist() == together.requests.tolist()


def test_a_file_is_read_once_for_a_question_as_long_as_it_is_known(tmp_path, monkeypatch):
    run = synthetic_run(tmp_path, FLASK, blocks=3)
    trials, read = trials_table(run), []

    def noted(files, select):
        read.append(list(files))
        return query_samples(files, select)

    monkeypatch.setattr(counting, "query_samples", noted)
    monkeypatch.setattr(counting, "FILES_CACHED", 3)
    paths = [run.path / trial.samples for trial in run.trials]
    first = request_counts(run, trials.iloc[[1]])
    every = request_counts(run, trials)
    assert read == [paths[1:2], [paths[0], paths[2]]]
    pd.testing.assert_frame_equal(request_counts(run, trials), every)
    own = every[every["number"] == trials["number"].iloc[1]]
    assert own["requests"].tolist() == first["requests"].tolist()
    # A fourth file: the counts of the first one are dropped.
    request_counts(run, trials.iloc[:1], phase="warmup")
    request_counts(run, trials.iloc[[1]])
    assert read[2:] == [paths[:1], paths[1:2]]


def test_of_no_trials_nothing_is_counted(run):
    none = request_counts(run, trials_table(run).iloc[:0], kinds=True)

    assert by_trial(none) == {}
    assert list(none.columns) == list(request_counts(run, trials_table(run), kinds=True).columns)


@settings(EXAMPLES, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["warmup", "measured", "cooldown"]),
            st.sampled_from(["ok", "timeout", "refused"]),
            st.integers(1, 60_000_000_000),
        ),
        max_size=60,
    )
)
def test_only_measured_requests_that_ended_or_were_given_up_are_counted(
    tmp_path_factory, run, rows
):
    alone = _run_of(tmp_path_factory.mktemp("any"), run, rows)
    took_ms = [ns / 1e6 for phase, how, ns in rows if phase == "measured" and how != "refused"]
    late = [phase == "measured" and how == "timeout" for phase, how, _ in rows]

    found = histogram(request_counts(alone, trials_table(alone)))

    assert (len(found), found.censored.sum()) == (len(took_ms), sum(late))
    if took_ms:
        quantiles = np.quantile(took_ms, [0, 0.5, 1])
        near = pytest.approx(quantiles, rel=RESOLUTION, abs=TICK_NS / 1e6)  # times are in ticks
        assert found.quantiles_ms(np.array([0, 0.5, 1])) == near


def _run_of(folder, run, rows):
    """One trial whose requests all start at 1 ms."""
    frame = pd.DataFrame(rows, columns=["phase", "outcome", "took_ns"])
    constant = {"connection": 0, "kind": "read", "status": 0, "body_bytes": 0}
    times = {"intended_ns": 10**6, "sent_ns": 10**6, "done_ns": frame.pop("took_ns") + 10**6}
    frame = frame.assign(**constant, **times)[SAMPLES.names]
    writer = RunWriter(run.manifest, folder)
    writer.append(a_trial(), pa.Table.from_pandas(frame, SAMPLES, preserve_index=False))
    return Run(writer.path, run.manifest)


def test_a_percentile_among_timeouts_is_shown_as_a_bound(tmp_path):
    run = synthetic_run(tmp_path, replace(FLASK, timeouts=0.2), blocks=3)
    found = latency_against_load(run, (50, 90)).set_index("percentile")

    assert not found.loc[50, "is_bound"]
    assert found.loc[90, "is_bound"]
    assert found.loc[90, "latency_ms"] == pytest.approx(10_000)


def test_the_median_found_is_the_median_drawn_from(tmp_path):
    truth = replace(FLASK, drift=0.0, noise=0.0)
    run = synthetic_run(tmp_path, truth, loads=(CLOSED, OPEN), blocks=2)
    by_load = latency_against_load(run, (50,)).set_index("load")["latency_ms"]

    assert by_load["100 users"] == pytest.approx(20.0, rel=0.03)
    assert by_load["200/s"] == pytest.approx(20.0 * truth.open_share, rel=0.1)


def test_samples_that_are_gone_are_named(tmp_path):
    run = synthetic_run(tmp_path, FLASK, blocks=1)
    (run.path / run.trials[0].samples).unlink()

    with pytest.raises(RunError, match=r"0001-1\.parquet"):
        request_counts(run, trials_table(run))
