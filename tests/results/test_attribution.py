"""Decomposition: runs whose stacks cost what their levels say, so that every part is known."""

from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from math import exp, isnan, log, prod

import numpy as np
import pytest
from scipy import stats

from tests.synthetic_run import CROSSED, LATE, STOLEN, Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.attribution import paths
from webtrial.results.attribution.estimate import WHOLE, Crossing, Decomposition, decomposition
from webtrial.results.attribution.paths import FACTORS, lattice_between, level_of, part_name
from webtrial.run.records import Load
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table

COSTS_MS = {  # what a request costs by level, the levels of a factor by their axes
    ("data access", "ORM"): 4.0,
    ("data access", "raw SQL"): 1.0,
    ("serialisation", "Django REST Framework"): 3.0,
    ("serialisation", "marshmallow"): 2.5,
    ("serialisation", "none"): 0.5,
    ("serialisation", "Pydantic"): 1.0,
    ("concurrency with its server", "threads"): 1.6,
    ("concurrency with its server", "greenlets"): 1.4,
    ("concurrency with its server", "async"): 1.2,
    ("driver", "psycopg"): 1.5,
    ("driver", "asyncpg"): 0.9,
    ("framework", "Django"): 2.0,
    ("framework", "Flask"): 1.3,
    ("framework", "FastAPI"): 1.1,
}
PARTED = ["data access", "serialisation", "concurrency with its server", "driver", "framework"]
FROM_DJANGO = (
    *("django", "django-plain", "django-raw", "django-async", "django-async-raw"),
    *("fastapi-psycopg-plain", "fastapi-plain", "fastapi-psycopg", "fastapi"),
)
NO_NODES = (
    *("django-fan-out", "flask", "fastapi-threads", "fastapi-in-turn", "fastapi-aiohttp"),
    *("fastapi-gather", "fastapi-no-index", "fastapi-orm-psycopg"),
)
FROM_FLASK = (
    *("flask", "flask-plain", "flask-raw", "flask-raw-plain", "fastapi-psycopg-plain"),
    *("fastapi-plain", "fastapi-psycopg", "fastapi-orm", "fastapi-orm-psycopg", "fastapi"),
)
FEW = ("django", "django-plain", "flask", "flask-raw", "fastapi", "fastapi-orm")


def costs_ms(stack: str) -> dict[str, float]:
    """What a stack's levels cost, by factor."""
    levels = {factor: level_of(stack, factor, CROSSED)[0] for factor in FACTORS}
    return {factor: COSTS_MS[factor, level] for factor, level in levels.items()}


def multiplied(stack: str) -> float:
    return prod(costs_ms(stack).values())


def added(stack: str) -> float:
    return sum(costs_ms(stack).values())


def a_run(
    tmp_path, names, cost: Callable[[str], float] = multiplied, noise=0.0, blocks=3, **truth
) -> Run:
    medians = dict.fromkeys(names, 40.0)
    cpu_ms = {name: cost(name) for name in names}
    drawn = Truth(medians, noise=noise, cpu_ms=cpu_ms, **truth)
    return synthetic_run(tmp_path, drawn, blocks=blocks, window_s=0.2)


def ratios(found: Decomposition) -> dict[str, float]:
    return dict(zip(found.parts["part"], found.parts["ratio"], strict=True))


def parted(found: Decomposition) -> Mapping[str, float]:
    """The parts without the whole."""
    return {part: ratio for part, ratio in ratios(found).items() if part != WHOLE}


def test_multiplicative_costs_are_decomposed_exactly(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_DJANGO), "fastapi", "django")
    above, below = costs_ms("fastapi"), costs_ms("django")

    assert parted(found) == pytest.approx({part: above[part] / below[part] for part in PARTED})
    assert found.parts["smallest"].tolist() == pytest.approx(found.parts["largest"].tolist())
    assert ratios(found)[WHOLE] == pytest.approx(multiplied("fastapi") / multiplied("django"))
    assert found.baseline_ms == pytest.approx(multiplied("django"))
    assert (found.load, found.limitation) == ("100 users", "")


def test_what_adds_up_is_worth_the_mean_over_paths(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_DJANGO, added), "fastapi", "django")
    onwards = [
        [*("django", "django-plain"), middle, "django-async-raw", "fastapi-psycopg-plain", last]
        for middle in ("django-raw", "django-async")
        for last in ("fastapi-plain", "fastapi-psycopg")
    ]
    logs = {part: [] for part in PARTED}
    for path in onwards:
        worth = dict.fromkeys(PARTED, 0.0)
        for start, end in pairwise([*path, "fastapi"]):
            (part,) = [f for f in FACTORS if level(start, f) != level(end, f)]
            worth[part] += log(added(end) / added(start))
        for part, each in worth.items():
            logs[part].append(each)

    frame = found.parts.set_index("part")
    assert found.paths["path"].nunique() == len(onwards)
    for part, each in logs.items():
        assert frame.loc[part, "ratio"] == pytest.approx(exp(np.mean(each)))
        assert frame.loc[part, "smallest"] == pytest.approx(exp(min(each)))
        assert frame.loc[part, "largest"] == pytest.approx(exp(max(each)))
    assert frame.loc["data access", "smallest"] < 0.99 * frame.loc["data access", "largest"]


def level(stack: str, factor: str) -> tuple[str, ...]:
    return level_of(stack, factor, CROSSED)


@pytest.mark.parametrize("baseline", ["django", "flask"])
def test_parts_multiply_to_the_whole(tmp_path, baseline):
    names = sorted({*FROM_DJANGO, *FROM_FLASK})
    found = decomposition(a_run(tmp_path, names, added, noise=0.1), "fastapi", baseline)
    steps = found.paths.groupby("path")["ratio"].prod().tolist()

    assert prod(parted(found).values()) == pytest.approx(ratios(found)[WHOLE])
    assert steps == pytest.approx([ratios(found)[WHOLE]] * len(steps))


def test_no_factor_is_in_two_parts_whichever_stacks_were_measured() -> None:
    middle = [name for name in FROM_DJANGO if name not in ("django", "fastapi")]
    subsets = [names for size in range(len(middle) + 1) for names in combinations(middle, size)]
    for names in subsets:
        stacks = {name: CROSSED[name] for name in ("django", *names, "fastapi")}
        lattice = lattice_between("django", "fastapi", stacks)
        parts = lattice.finest_parts()
        named = [factor for part in parts for factor in part]
        assert len(named) == len(set(named)) == len(FACTORS), names
        assert lattice.paths_separating(parts), names


def test_what_all_paths_change_in_one_step_is_no_mean(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_DJANGO), "fastapi", "django")
    frame = found.parts.set_index("part")

    assert frame["independent"].to_dict() == {
        "data access": True,
        "serialisation": False,
        "concurrency with its server": True,
        "driver": True,
        "framework": False,
        WHOLE: True,
    }
    assert frame["steps"].to_dict() | {WHOLE: 0} == dict(
        zip([*PARTED, WHOLE], (2, 3, 2, 2, 1, 0), strict=True)
    )
    assert frame.loc["framework", "via"] == "Django, async, raw SQL → FastAPI, psycopg, plain"
    assert frame.loc["serialisation", "via"] == "Django → Django, no DRF"


def test_a_single_path_is_no_mean_over_ways(tmp_path):
    names = ("fastapi-orm-psycopg", "fastapi-psycopg", "fastapi")
    found = decomposition(a_run(tmp_path, names), "fastapi", "fastapi-orm-psycopg")

    assert found.paths["path"].nunique() == 1
    assert found.parts["independent"].tolist() == [False, False, True]


def test_the_step_that_changes_the_framework_names_its_intermediate_stack(tmp_path):
    run = a_run(tmp_path, sorted({*FROM_DJANGO, *FROM_FLASK}))
    over = decomposition(run, "fastapi", "django").crossing

    assert over == Crossing("Django, async, raw SQL", "FastAPI, psycopg, plain", "async Django")
    back = decomposition(run, "django", "fastapi").crossing
    assert back == Crossing("FastAPI, psycopg, plain", "Django, async, raw SQL", "async Django")
    at_once = decomposition(run, "fastapi", "flask").crossing
    assert at_once == Crossing("Flask, raw SQL, plain", "FastAPI, psycopg, plain", "")


def test_paths_that_change_the_framework_in_different_steps_have_no_crossing(tmp_path):
    found = decomposition(a_run(tmp_path, FEW), "fastapi", "flask")

    assert found.crossing is None
    assert found.parts.set_index("part")["independent"].all()


def test_corners_stand_beside_the_parts(tmp_path):
    run = a_run(tmp_path, [*FROM_DJANGO, "fastapi-threads-plain"])
    found = decomposition(run, "fastapi", "django").corners.set_index("concurrency")

    assert found["stack"].to_dict() == {
        "async": "fastapi-psycopg-plain",
        "threads": "fastapi-threads-plain",
    }
    assert found["baseline"].to_dict() == {"async": "django-async-raw", "threads": "django-raw"}
    assert found["differs"].to_dict() == {"async": "", "threads": "server"}
    assert found["ratio"].tolist() == pytest.approx([1.1 / 2.0] * 2)
    assert (found["low"] <= found["ratio"]).all()
    assert (found["blocks"] == 3).all()


def test_a_factor_that_alone_costs_anything_is_given_all(tmp_path):
    def cost(stack: str) -> float:
        return 1.0 + 3.0 * (CROSSED[stack]["data_access"] == "ORM")

    found = decomposition(a_run(tmp_path, FROM_DJANGO, cost, noise=0.02), "fastapi", "django")
    frame = found.parts.set_index("part")

    assert frame.loc["data access", "ratio"] == pytest.approx(1 / 4, rel=0.05)
    assert frame.loc["data access", "verdict"] == "lower"
    others = frame.drop(index=["data access", WHOLE])["ratio"].tolist()
    assert others == pytest.approx([1] * 4, rel=0.05)


def test_intervals_are_students_t_of_the_parts_of_each_block(tmp_path):
    run = a_run(tmp_path, FROM_DJANGO, added, noise=0.1, blocks=4)
    found = decomposition(run, "fastapi", "django").parts.set_index("part").loc["data access"]
    logs = np.log(
        trials_table(run).pivot(index="block", columns="stack", values="cpu_ms_per_request")
    )
    early = logs["django-raw"] - logs["django-plain"]
    late = logs["django-async-raw"] - logs["django-async"]
    by_block = (early + late) / 2
    reach = stats.t.ppf(0.975, 3) * by_block.std(ddof=1) / 2

    assert log(found["ratio"]) == pytest.approx(by_block.mean())
    assert log(found["low"]) == pytest.approx(by_block.mean() - reach)
    assert log(found["high"]) == pytest.approx(by_block.mean() + reach)
    assert found["blocks"] == 4


def test_stacks_that_differ_otherwise_are_on_no_path(tmp_path):
    run = a_run(tmp_path, sorted({*FROM_DJANGO, *NO_NODES}))
    walked = decomposition(run, "fastapi", "django").paths

    assert {*walked["start"], *walked["end"]} == {*FROM_DJANGO}


def test_a_stack_that_calls_upstreams_differently_is_used_if_no_other_has_its_levels():
    names = ("django", "django-async-raw", "fastapi")
    asking = {**CROSSED["django-async-raw"], "sources": "threads", "http_client": "aiohttp"}
    stacks = {name: CROSSED[name] for name in names} | {"django-async-raw": asking}

    assert set(lattice_between("django", "fastapi", stacks).positions) == {*names}


def test_paths_come_in_the_order_of_the_stacks() -> None:
    lattice = lattice_between("django", "fastapi", CROSSED)
    order = list(lattice.positions)
    assert lattice.paths == sorted(
        lattice.paths, key=lambda path: [order.index(name) for name in path]
    )
    assert len(lattice.paths) > 2


def test_factors_that_change_together_are_a_bundle_with_a_limitation(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_FLASK), "fastapi", "flask")
    bundle = "framework + concurrency with its server"

    assert list(parted(found)) == ["data access", "serialisation", "driver", bundle]
    assert found.parts.set_index("part").loc[bundle, "factors"] == 2
    assert found.limitation == (
        "Framework and concurrency with its server change together and cannot be separated; a stack"
        " like Flask, raw SQL, plain (raw SQL, no serialiser, threads on gunicorn gthread, psycopg,"
        " Flask), but with FastAPI or async on uvicorn, would separate them."
    )


def test_a_path_that_bundles_what_others_part_is_shown_and_does_not_count(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_FLASK), "fastapi", "flask")
    left_out = found.paths[~found.paths["counts"]]
    bundled = "framework + concurrency with its server + serialisation"

    assert found.paths["path"].nunique() == 6
    assert left_out["path"].unique().tolist() == [5, 6]
    assert bundled in set(left_out["part"])
    assert bundled not in set(found.paths.loc[found.paths["counts"], "part"])


def test_a_few_stacks_share_out_what_they_can(tmp_path):
    run = a_run(tmp_path, FEW)
    django, flask = (decomposition(run, "fastapi", each) for each in ("django", "flask"))
    together = "framework + driver + concurrency with its server + serialisation"

    assert list(parted(django)) == [f"{together} + data access"]
    assert parted(django) == pytest.approx({f"{together} + data access": ratios(django)[WHOLE]})
    assert list(parted(flask)) == ["data access", together]
    assert parted(flask)["data access"] == pytest.approx(1 / 4)


def test_a_pair_of_ones_own_is_shared_out_too(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_FLASK), "fastapi-orm", "fastapi-psycopg")

    assert parted(found) == pytest.approx({"data access": 4.0, "driver": 0.9 / 1.5})


def test_without_both_stacks_the_limitation_names_the_missing_one(tmp_path):
    found = decomposition(a_run(tmp_path, ["django", "flask"]), "fastapi", "django")

    assert found.parts.empty
    assert found.paths.empty
    assert found.limitation == (
        "The difference between fastapi and Django cannot be decomposed: this takes trials of both"
        " in user detail in a closed loop that count, but this run has none of fastapi."
    )


def test_two_stacks_that_differ_in_no_factor_are_refused():
    expected = r"do not differ in any of data access, .*: name two stacks that do"
    with pytest.raises(ParameterError, match=expected):
        lattice_between("fastapi", "fastapi-aiohttp", CROSSED)


def test_too_many_paths_are_refused(monkeypatch):
    monkeypatch.setattr(paths, "MAX_PATHS", 3)
    with pytest.raises(ParameterError, match="more than 3 paths lead from django to fastapi"):
        lattice_between("django", "fastapi", CROSSED).finest_parts()


def test_of_the_closed_loads_the_largest_is_shared_out(tmp_path):
    medians = {"fastapi-orm": 20.0, "fastapi": 10.0}
    loads = [Load("closed", users=users) for users in (10, 50)] + [Load("open", rate_per_s=90.0)]
    run = synthetic_run(tmp_path, Truth(medians), loads=loads, window_s=0.2)

    assert decomposition(run, "fastapi", "fastapi-orm").load == "50 users"


def test_a_block_without_one_of_the_stacks_does_not_count(tmp_path):
    names = ("fastapi-orm", "fastapi-psycopg", "fastapi-orm-psycopg", "fastapi")
    verdicts = {(2, "fastapi-psycopg"): [LATE]}
    found = decomposition(
        a_run(tmp_path, names, noise=0.1, blocks=4, verdicts=verdicts),
        "fastapi",
        "fastapi-orm-psycopg",
    )

    assert set(found.parts["blocks"]) == {3}
    assert prod(parted(found).values()) == pytest.approx(ratios(found)[WHOLE])


def test_suspect_trials_decide_nothing(tmp_path):
    names = ("fastapi-orm", "fastapi")
    enough = {(2, "fastapi"): [STOLEN]}
    too_few = enough | {(1, "fastapi-orm"): [STOLEN]}
    sure, unsure = (
        decomposition(
            a_run(tmp_path / str(len(verdicts)), names, blocks=4, verdicts=verdicts),
            "fastapi",
            "fastapi-orm",
        ).parts.iloc[0]
        for verdicts in (enough, too_few)
    )

    assert (sure["blocks"], sure["suspect"], sure["verdict"]) == (3, False, "lower")
    assert (unsure["blocks"], unsure["suspect"], unsure["verdict"]) == (4, True, "inconclusive")
    assert unsure["blocks_untouched"] == 2


def test_one_block_gives_parts_without_intervals(tmp_path):
    found = decomposition(a_run(tmp_path, FROM_DJANGO, blocks=1), "fastapi", "django").parts

    assert all(isnan(low) for low in found["low"])
    assert set(found["verdict"]) == {"inconclusive"}
    assert found["ratio"].notna().all()


def test_bundles_are_named_by_their_factors_the_most_sweeping_first():
    changed = frozenset({"driver", "framework"})

    assert part_name(changed) == "framework + driver"
