"""A run that was trimmed shows what the whole one shows, in every chapter that reads a run."""

import ast
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import webtrial
from tests.synthetic_run import (
    CLOSED,
    HELD,
    LATE,
    OPEN,
    OWN,
    STOLEN,
    VALID,
    Truth,
    synthetic_run,
    vouch_for,
)
from webtrial.publish import sample
from webtrial.publish.execute import NOTEBOOKS
from webtrial.publish.report import MEASURES, chapter_names
from webtrial.publish.sample import make_sample
from webtrial.results.base.display import Drawing, Drawings, Table
from webtrial.results.claims.evaluate import Verification
from webtrial.results.latency.over_time import over_time
from webtrial.results.latency.timeline import shown_trial, timeline
from webtrial.run.records import PHASES, Load
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import Run, open_run
from webtrial.stats.trials import trials_table

CHAPTERS = [name for name in chapter_names() if name != MEASURES]
IN_SHORT = ("7-validity-and-method",)
"""These read requests, seconds and moments of all loads; the others take longer."""
EXTRA_STACKS = {
    "ping": ("flask-raw",),
    "user_detail": ("django-plain", "flask-raw", "fastapi-orm"),
    "product_search": ("fastapi-gather", "fastapi-no-index"),
    "dashboard": ("flask-fan-out", "fastapi-in-turn", "fastapi-aiohttp"),
    "fan_out": ("flask-fan-out", "fastapi-in-turn"),
}
STACKS = dict.fromkeys(["django", "flask", "fastapi", *sum(EXTRA_STACKS.values(), ())], 40.0)
LOADS = (CLOSED, Load("closed", users=10), OPEN, OWN, HELD, replace(HELD, idle=200))
AFTER_NS = 700_000_000  # beyond the window


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with everything that a chapter reads, with repeated, suspect and invalid trials, and
    with requests after the window as a real one has them."""
    verdicts = {
        (1, "flask", "user_detail"): [STOLEN, VALID],
        (2, "django", "crud"): [STOLEN, STOLEN],
        (2, "fastapi", "dashboard"): [LATE],
    }
    run = synthetic_run(
        tmp_path_factory.mktemp("whole"),
        Truth(STACKS | {"django": 60.0, "fastapi": 10.0}, timeouts=0.002, verdicts=verdicts),
        scenarios=("ping", "user_detail", "crud", "product_search", "dashboard", "fan_out"),
        loads=LOADS,
        blocks=2,
        window_s=0.5,
        pilot=True,
        aa_stack="flask",
        extra_stacks=EXTRA_STACKS,
    )
    for trial in run.trials:
        _with_cooldown(run.path / trial.samples)
    vouch_for(run.path)
    return open_run(run.path)


def _with_cooldown(path: Path) -> None:
    rows = pq.read_table(path)
    later = rows.slice(0, 20)
    for name in ("intended_ns", "sent_ns", "done_ns"):
        times = pa.array([each + AFTER_NS for each in later[name].to_pylist()])
        later = later.set_column(later.column_names.index(name), name, times)
    phase = pa.DictionaryArray.from_arrays(
        pa.array([PHASES.index("cooldown")] * len(later), pa.int8()), pa.array(list(PHASES))
    )
    later = later.set_column(0, "phase", phase)
    both = pa.concat_tables([rows.unify_dictionaries(), later.cast(SAMPLES)])
    pq.write_table(both.unify_dictionaries(), path)


@pytest.fixture(scope="module")
def trimmed(whole: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    judged = Verification(pd.DataFrame({"id": ["a"], "verdict": ["partly"]}), pd.DataFrame())
    with pytest.MonkeyPatch.context() as patch:  # claims are compared below, chapter by chapter
        patch.setattr(sample, "verify", lambda _: judged)
        patch.setattr(sample, "write_verdicts", lambda *_: None)
        yield make_sample(whole, tmp_path_factory.mktemp("trimmed") / "sample")


Shown = list[tuple[str, Any]]


def shown_by(name: str) -> Shown:
    """What the cells of a chapter show of the given run, each with the cell's id."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    shown: Shown = []
    names: dict[str, Any] = {}
    for cell in [cell for cell in cells if cell.cell_type == "code"]:
        names["display"] = lambda *objects, cell=cell: shown.extend((cell.id, o) for o in objects)
        *statements, last = ast.parse(cell.source).body
        if not isinstance(last, ast.Expr):
            statements.append(last)
        exec(compile(ast.Module(statements, []), cell.id, "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(
                (cell.id, eval(compile(ast.Expression(last.value), cell.id, "eval"), names))
            )
    return [(place, one) for place, each in shown for one in _single(each)]


def _single(shown: Any) -> Sequence[Any]:
    """What is shown, one by one; nothing of nothing."""
    if isinstance(shown, Drawings):
        return shown.drawings
    return [] if shown is None else [shown]


def _contents(shown: Shown) -> Iterator[tuple[str, str, Any]]:
    """Tables cell by cell, figures by their words and by the data that they are drawn from."""
    for place, each in shown:
        kind = type(each).__name__
        if isinstance(each, Table):
            yield place, kind, (each.caption, each.cells())
        elif isinstance(each, Drawing):
            yield place, kind, (each.title, each.alt, each.caption, each.csv())
            plt.close(each.figure)
        else:
            yield place, kind, each.text


Contents = Callable[[str, Run], list[tuple[str, str, Any]]]


@pytest.fixture(scope="module")
def contents() -> Iterator[Contents]:
    """What a chapter shows of a run, each told once."""
    known: dict[tuple[str, Run], list[tuple[str, str, Any]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawing, "__post_init__", lambda _: None)  # the layout, which takes longest

        def of(name: str, run: Run) -> list[tuple[str, str, Any]]:
            if (name, run) not in known:
                patch.setattr(webtrial, "run_given", lambda *_: run)
                known[name, run] = list(_contents(shown_by(name)))
            return known[name, run]

        yield of


@pytest.mark.parametrize(
    "name",
    [
        *IN_SHORT,
        *(pytest.param(name, marks=pytest.mark.full) for name in CHAPTERS if name not in IN_SHORT),
    ],
)
def test_a_chapter_shows_of_a_trimmed_run_what_it_shows_of_the_whole(
    name: str, whole: Run, trimmed: Run, contents: Contents
) -> None:
    assert len(contents(name, whole)) > 2
    assert contents(name, trimmed) == contents(name, whole)


@pytest.mark.full
def test_the_chapters_have_tables_figures_and_sentences_to_compare(
    whole: Run, contents: Contents
) -> None:
    kinds = [kind for name in CHAPTERS for _, kind, _ in contents(name, whole)]

    assert min(kinds.count(kind) for kind in ("Table", "Drawing", "Prose")) > 25


def test_something_was_trimmed_of_every_kind_of_load(whole: Run, trimmed: Run) -> None:
    rows = {
        run: [pq.read_metadata(run.path / trial.samples).num_rows for trial in run.trials]
        for run in (whole, trimmed)
    }
    kinds = {
        trial.planned.load.kind
        for trial, before, after in zip(whole.trials, rows[whole], rows[trimmed], strict=True)
        if after < before
    }

    assert kinds == {"closed", "open", "persistent"}


# --- what reads more of a trial than its window's requests


def test_the_trial_that_is_shown_moment_by_moment_keeps_its_warm_up(
    whole: Run, trimmed: Run
) -> None:
    place = shown_trial(whole)
    before, after = (timeline(run, *place) for run in (whole, trimmed))

    assert shown_trial(trimmed) == place
    assert (before.requests["t_s"] < 0).any()
    assert after.requests.equals(before.requests)
    assert after.bins.equals(before.bins)


def test_another_trial_has_no_rates_in_the_warm_up_that_was_not_kept(trimmed: Run) -> None:
    trials = trials_table(trimmed).query("load == '100 users' and used and role == 'measure'")
    places = list(zip(trials["number"], trials["attempt"], strict=True))
    number, attempt = next(place for place in places if place != shown_trial(trimmed))
    bins = timeline(trimmed, number, attempt).bins
    warmup = bins[bins["t_s"] < 0]

    assert len(warmup) > 0
    assert warmup[["sent_per_s", "completed_per_s"]].isna().all(axis=None)
    assert bins.loc[bins["t_s"] >= 0, "sent_per_s"].notna().all()
    drawn = webtrial.latency(trimmed).figure("trial", number, attempt)
    assert "The warm-up requests of this trial were trimmed from the run." in drawn.caption
    plt.close(drawn.figure)


def test_a_run_that_lacks_the_answers_to_its_warm_up_makes_no_silence_of_them(
    whole: Run, trimmed: Run, tmp_path: Path
) -> None:
    stacks = ["django", "flask", "fastapi"]
    place = ("dashboard", str(CLOSED), stacks)
    told = over_time(whole, *place).trials.set_index("stack")
    shutil.copytree(trimmed.path, tmp_path / "lacking")
    for trial in trimmed.trials:
        path = tmp_path / "lacking" / trial.samples
        rows = pq.read_table(path)
        is_measured = pc.equal(rows["phase"].cast("string"), "measured")
        pq.write_table(rows.filter(is_measured), path)
    vouch_for(tmp_path / "lacking")
    lacking = open_run(tmp_path / "lacking")
    found = over_time(lacking, *place).trials.set_index("stack")

    assert (told["lost_rows"] == 0).all()
    assert (found["lost_rows"] > 0).all()
    assert (found["lost_rows"] == told["requests"] - found["requests"]).all()
    assert (found["silent_from_s"] > 0).all()  # not from the window's start to the first answer
    drawn = webtrial.latency(lacking).figure("over_time", "dashboard")
    assert "the time before the first response shown is unknown" in drawn.caption
    assert "trimmed" not in webtrial.latency(whole).figure("over_time", "dashboard").caption
