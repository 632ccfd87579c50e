"""Responses over time: counts in DuckDB equal those in pandas; silences have their true length."""

import numpy as np
import pytest

import webtrial as wt
from webtrial.results.latency.over_time import BINS_PER_DECADE, TIME_BINS, over_time
from webtrial.results.latency.timeline import find_trial
from webtrial.stats.trials import in_ticks

STACKS = ["django", "flask", "fastapi"]


@pytest.fixture(scope="module")
def found(run):
    return over_time(run, "user_detail", "100 users", STACKS)


def _responses(run, row):
    """The responses of a drawn trial within its window, in their order."""
    trial = find_trial(run, row["number"], row["attempt"])
    samples = run.samples(trial)
    times = ["intended_ns", "done_ns"]
    samples[times] = samples[times].apply(in_ticks)  # as the analysis reads them
    responses = samples[(samples["outcome"] == "ok") & (samples["done_ns"] >= 0)]
    responses = responses[responses["done_ns"] < 1e9 * trial.window_s].sort_values("done_ns")
    return responses, trial.window_s


def test_every_response_is_counted_at_its_time_and_response_time(run, found):
    for row in found.trials.to_dict("records"):
        responses, window_s = _responses(run, row)
        moments = responses["done_ns"] * TIME_BINS // round(1e9 * window_s)
        took_ms = (responses["done_ns"] - responses["intended_ns"]) / 1e6
        steps = np.floor(BINS_PER_DECADE * np.log10(took_ms)).astype(int)
        expected = responses.groupby([moments.rename("moment"), steps.rename("step")]).size()
        cells = found.cells[found.cells["stack"] == row["stack"]]

        assert cells.set_index(["moment", "step"])["requests"].to_dict() == expected.to_dict()


def test_a_silence_is_the_longest_time_between_two_responses(run, found):
    for row in found.trials.to_dict("records"):
        responses, window_s = _responses(run, row)
        times_s = [0.0, *(responses["done_ns"] / 1e9), window_s]

        assert row["silence_ms"] == pytest.approx(1000 * np.diff(times_s).max())
        assert row["silent_from_s"] == pytest.approx(times_s[int(np.diff(times_s).argmax())])
        assert row["requests"] == len(responses)


def test_the_title_names_the_stack_with_the_longest_silence(run, found):
    longest = found.trials.loc[found.trials["silence_ms"].idxmax()]
    drawing = wt.latency(run).figure("over_time")

    assert drawing.title.startswith(
        f"In a typical trial of user detail at 100 users, {longest['title']} sent no response for"
    )
    assert len([axes for axes in drawing.figure.axes if axes.images]) == len(STACKS)


def test_a_stack_without_a_trial_is_omitted(run):
    found = over_time(run, "dashboard", "100 users", ["flask", "flask-raw", "none such"])

    assert "none such" not in found.trials["stack"].tolist()
    assert "flask" in found.trials["stack"].tolist()


def test_without_a_trial_there_is_nothing_to_draw(run):
    assert "Nothing to draw" in wt.latency(run).figure("over_time", "user_detail", "7 users").text
