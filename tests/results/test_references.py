"""Published ratios beside those of runs whose truth is known."""

from math import exp, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, Truth, synthetic_run
from webtrial.errors import ClaimError
from webtrial.results.claims.references import (
    COLUMNS,
    furthest_first,
    read_references,
    reference_table,
)
from webtrial.results.claims.references_figure import references_figure
from webtrial.results.claims.text import references_text
from webtrial.run.scenario_names import SCENARIOS
from webtrial.run.stacks import load_stacks
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table

MEDIANS = {"django": 60.0, "django-plain": 40.0, "flask": 50.0, "flask-raw": 30.0, "fastapi": 12.0}


def measured(folder: Path, blocks: int = 3) -> Run:
    return synthetic_run(folder, Truth(MEDIANS, noise=0.005), loads=(CLOSED,), blocks=blocks)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return measured(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def table(run: Run) -> pd.DataFrame:
    return reference_table(run)


def test_every_reference_says_who_when_on_what_and_what_differs() -> None:
    references = read_references()
    assert tuple(references.columns) == COLUMNS
    words = references.drop(columns=["stack_per_s", "baseline_per_s"])
    assert (words != "").all(axis=None)
    assert set(references["scenario"]) <= set(SCENARIOS)
    assert {*references["stack"], *references["baseline"]} <= set(load_stacks())


def test_ours_is_the_ratio_of_the_run_and_theirs_of_their_rates(
    run: Run, table: pd.DataFrame
) -> None:
    trials = trials_table(run)
    by_block = trials.pivot(index="block", columns="stack", values="throughput_per_s")
    expected = exp(np.log(by_block["fastapi"] / by_block["flask-raw"]).mean())
    rows = table.query("baseline == 'flask-raw'")
    assert rows["ratio"].tolist() == pytest.approx([expected] * len(rows))
    assert rows["published"].iloc[0] == 66782 / 31282
    assert (rows["apart"] == rows["published"] / rows["ratio"]).all()


def test_a_published_ratio_agrees_if_it_lies_within_our_interval(table: pd.DataFrame) -> None:
    measured = table.dropna(subset=["ratio"])
    for row in measured.itertuples():
        assert row.agrees == (row.low <= row.published <= row.high)
    assert measured["agrees"].eq(False).any()


def test_a_ratio_that_the_run_lacks_is_shown_as_published_only(table: pd.DataFrame) -> None:
    missing = table[table["scenario"] == "catalog"]
    assert len(missing) > 0
    assert all(isnan(ratio) for ratio in missing["ratio"])
    assert missing["agrees"].isna().all()


def test_the_one_furthest_from_ours_comes_first(table: pd.DataFrame) -> None:
    factors = furthest_first(table)["factor"].tolist()
    assert factors == sorted(factors, reverse=True)
    assert min(factors) >= 1


def test_sentences_name_the_largest_difference_and_its_reasons(table: pd.DataFrame) -> None:
    first = furthest_first(table).query("agrees == False").iloc[0]
    text = references_text(table).text
    assert first["source"] in text
    assert first["differs"] in text


def test_the_figure_shows_every_published_ratio_with_one_of_ours(
    table: pd.DataFrame,
) -> None:
    drawing = references_figure(table)
    shown = table["ratio"].notna().sum()
    assert drawing.title.startswith(f"{shown} published ratios compared with ours")
    assert drawing.alt.count(": ") >= shown


def test_one_block_agrees_with_nothing(tmp_path: Path) -> None:
    table = reference_table(measured(tmp_path, blocks=1))
    assert table["agrees"].isna().all()
    assert "nan" not in references_text(table).text
    assert "lie within" not in references_figure(table).title


def test_an_invalid_rate_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "references.csv"
    path.write_text(f"{','.join(COLUMNS)}\na,b,c,d,e,f,g,h,many,2,i\n")
    with pytest.raises(ClaimError, match=r"references.csv cannot be read: .*many"):
        read_references(path)
