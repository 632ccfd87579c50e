"""The cause on the first screen: no factor twice, one corner said to be one, every interval."""

import re

from tests.synthetic_run import CLOSED, Truth, synthetic_run
from webtrial.results.overview.key_findings import key_findings
from webtrial.stats.ratios import ratio_table

DEPLOYED = {"django": 9.0, "flask": 5.0, "fastapi": 2.0}
ON_THE_WAY = {
    **{"django-plain": 6.0, "django-raw": 4.0, "django-async": 12.0, "django-async-raw": 9.0},
    **{"fastapi-psycopg-plain": 2.2, "fastapi-plain": 1.9, "fastapi-psycopg": 2.3},
    "fastapi-threads-plain": 2.4,
}


def cause_of(tmp_path, costs, noise=0.01):
    truth = Truth({name: 5 * ms for name, ms in costs.items()}, noise=noise, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, loads=(CLOSED,), window_s=0.2)
    said = key_findings(run, ratio_table(run))
    (found,) = [each for each in said if "CPU time" in each]
    return found


def test_the_cause_has_intervals_and_names_the_corner(tmp_path):
    said = cause_of(tmp_path, DEPLOYED | ON_THE_WAY)

    assert said.startswith("A request takes 4.")
    assert re.search(r"×\s4\.\d+ \(\d\.\d+–\d\.\d+\) from framework via async Django", said)
    assert re.search(r"with threads on both sides ×\s1\.\d+ \([\d.–]+\) from framework", said)
    assert said.count("(") == said.count("×") + said.count("÷") + 1
    assert said.count("serialisation") == 1
    assert "%" not in said


def test_few_stacks_are_one_bundle_and_no_factor_is_named_twice(tmp_path):
    said = cause_of(tmp_path, DEPLOYED | {"django-plain": 6.0})

    assert said.endswith(
        "as much CPU time with Django as with FastAPI; these factors cannot be separated here:"
        " framework, driver, concurrency with its server, serialisation and data access."
    )
    assert said.count("serialisation") == 1
