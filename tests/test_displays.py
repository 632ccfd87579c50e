"""How a run and its records show themselves: rich, short, and whatever they hold escaped."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.synthetic_run import LATE, synthetic_run
from webtrial.run import cards
from webtrial.run.records import ENDS_SHOWN, Load, PlannedTrial, Trials, Validity
from webtrial.run.store import Run

HOSTILE = '<script>alert("1")</script>&<img src=x onerror=alert(1)>'


class _Tags(HTMLParser):
    """The tags and the text of a piece of HTML, and whether all that opens is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN = {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "code"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return synthetic_run(tmp_path_factory.mktemp("shown"), blocks=2)


def test_a_run_says_what_it_is_and_what_to_do_next(run: Run) -> None:
    shown = _Tags(run._repr_html_())

    assert shown.tags <= PLAIN
    assert f"Run {run.manifest.id}" in shown.text
    assert f"{len(run.trials)} ({len(run.trials)} valid)" in shown.text
    assert "webtrial.explore(run)" in shown.text


def test_a_run_is_short_in_a_terminal_and_names_no_folder(run: Run) -> None:
    assert repr(run) == f"<run {run.manifest.id}, finished>"
    assert str(run.path) not in run._repr_html_()


def test_a_manifest_shows_parameters_machine_and_versions(run: Run) -> None:
    shown = _Tags(run.manifest._repr_html_())

    assert shown.tags <= PLAIN
    assert run.manifest.started_at in shown.text
    assert ", ".join(run.manifest.stacks) in shown.text
    assert "2 blocks" in shown.text


def test_what_a_manifest_holds_is_escaped(run: Run) -> None:
    hostile = run.manifest.model_copy(
        update={
            "id": HOSTILE,
            "why": HOSTILE,
            "machine": {"processor": HOSTILE, "cores": HOSTILE},
            "versions": {HOSTILE: HOSTILE},
            "stacks": {HOSTILE: {}},
            "git": {"commit": HOSTILE},
        }
    )
    for html in (hostile._repr_html_(), Run(run.path, hostile)._repr_html_()):
        shown = _Tags(html)
        assert shown.tags <= PLAIN
        assert shown.text.count(HOSTILE) >= 7


def test_what_a_trial_holds_is_escaped(run: Run) -> None:
    trial = run.trials[0]
    planned = replace(trial.planned, stack=HOSTILE, scenario=HOSTILE)
    hostile = replace(trial, planned=planned, service_ended=HOSTILE, samples=HOSTILE)
    for html in (hostile._repr_html_(), Trials([hostile])._repr_html_()):
        shown = _Tags(html)
        assert shown.tags <= PLAIN
        assert shown.text.count(HOSTILE) >= 2


def test_a_trial_shows_every_field_and_those_of_its_parts(run: Run) -> None:
    shown = _Tags(run.trials[0]._repr_html_())

    for name in ("window_s", "PlannedTrial", "speed_before_per_s", "cpu_fraction"):
        assert name in shown.text


def test_records_within_records_are_counted(run: Run) -> None:
    shown = _Tags(run.trials[0]._repr_html_())

    assert f"{len(run.trials[0].resource_samples)} × ResourceSample" in shown.text
    assert "1 × Reason" in _Tags(LATE._repr_html_()).text
    assert "none" in _Tags(Validity("valid")._repr_html_()).text


def test_a_load_shows_itself_as_axes_do() -> None:
    planned = PlannedTrial(1, 1, 1, "flask", "ping", Load("closed", users=100), seed=1)
    assert "100 users" in _Tags(planned._repr_html_()).text


def test_many_attempts_are_shown_by_the_first_and_last_of_them(run: Run) -> None:
    many = Trials([*run.trials] * 10)
    rows = many._repr_html_().count("<tr>") - 1

    assert rows == 2 * ENDS_SHOWN
    assert f"{len(many):,} attempts" in many._repr_html_()
    assert repr(many).startswith(f"<{len(many)} trial attempts; webtrial.trials_table(run)")
    assert many == tuple(many)


def test_no_attempt_is_no_row(tmp_path: Path) -> None:
    assert "0 attempts" in Trials()._repr_html_()


def test_a_card_lets_nothing_through_but_what_shows_itself() -> None:
    class Rich:
        def _repr_html_(self) -> str:
            return "<b>rich</b>"

    shown = _Tags(cards.card(HOSTILE, {HOSTILE: HOSTILE, "none": None, "rich": Rich()}))

    assert shown.tags <= PLAIN
    assert shown.text.count(HOSTILE) == 3
    assert "–" in shown.text
    assert _Tags(cards.rows_as_html([HOSTILE], [[HOSTILE]])).text.count(HOSTILE) == 2
