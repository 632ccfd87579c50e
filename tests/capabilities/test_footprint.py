"""Starting services one at a time, and what they take."""

from pathlib import Path

import pytest

from tests.test_launch import SETTINGS, small
from tests.waiting import LIMIT_S
from webtrial.errors import LaunchError
from webtrial.measure.capabilities import footprint
from webtrial.measure.capabilities.footprint import Footprint, answers, measure


def test_services_take_turns_and_every_process_is_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start_child = footprint.start_child

    def start(*arguments, **options):
        process = start_child(*arguments, **options)
        started.append((options["log"].stem, process.pid))
        return process

    monkeypatch.setattr(footprint, "start_child", start)
    monkeypatch.setattr(footprint, "READY_S", LIMIT_S)
    monkeypatch.setattr(footprint, "REST_S", 0.0)
    wanted = {name: (small(), SETTINGS, tmp_path / f"{name}.log") for name in ("a", "b")}
    found = measure(wanted, users=3, cores=None, repeats=2, requests=20)
    assert [name for name, _ in started] == ["a", "b"] * 3  # the first of each is not counted
    assert len({pid for _, pid in started}) == 6
    assert {name: len(each) for name, each in found.items()} == {"a": 2, "b": 2}
    for each in [*found["a"], *found["b"]]:
        assert each.first_response_s > 0
        assert 1 < each.idle_mib <= each.used_mib + 1
        assert each.requests == 20


def test_a_service_that_exits_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    wanted = {"a": (small(DIES="no secret"), SETTINGS, tmp_path / "log")}
    with pytest.raises(LaunchError, match=r"small did not respond(.|\n)*no secret"):
        measure(wanted, users=1, cores=None, repeats=1, requests=1)


def test_figures_are_median_minimum_and_maximum() -> None:
    processes = [Footprint(s, 10 * s, 20 * s, requests=3000) for s in (1.0, 4.0, 2.0)]
    values = {answer.question: answer.value for _, answer in answers(processes)}
    assert values == {
        "first response, median": "2.00",
        "first response, minimum": "1.00",
        "first response, maximum": "4.00",
        "idle, median": "20",
        "idle, minimum": "10",
        "idle, maximum": "40",
        "after 3,000 requests, median": "40",
        "after 3,000 requests, minimum": "20",
        "after 3,000 requests, maximum": "80",
    }
    assert all(answer.absolute for _, answer in answers([Footprint(1, 1, 1, 1)]))


def test_questions_and_methods_state_requests_and_repetitions() -> None:
    measured = [answer for _, answer in answers([Footprint(1, 1, 1, requests=7)] * 2)]
    assert {answer.question for answer in measured if answer.question.startswith("after")} == {
        f"after 7 requests, {figure}" for figure in ("median", "minimum", "maximum")
    }
    assert all("; 2 new processes" in answer.how for answer in measured)
