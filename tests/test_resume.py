"""What a run that was broken off may go on with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.test_runs import a_manifest
from tests.trial_builder import DISTURBED, LOST, STALLED, a_trial
from webtrial.errors import RunError
from webtrial.measure.resume import demand_same, missing, reopened
from webtrial.run.records import Role, Validity
from webtrial.run.store import open_run
from webtrial.run.writer import RunWriter


def test_every_difference_is_listed_with_both_values() -> None:
    manifest = a_manifest()
    found = {"versions": {"Django": "5.3", "Flask": "3.1"}, "machine": {"cores": 2}}
    with pytest.raises(RunError) as error:
        demand_same(manifest, found)
    assert str(error.value).splitlines()[1:3] == [
        "  versions, Django: 5.2 in the run, 5.3 now",
        "  versions, Flask: None in the run, 3.1 now",
    ]


def test_the_time_that_it_took_to_make_the_data_may_differ() -> None:
    manifest = a_manifest().model_copy(update={"data": {"sha256": "ab", "seconds": 4.1}})
    demand_same(manifest, {"data": {"sha256": "ab", "seconds": 5.2}})


def test_what_the_manifest_does_not_know_yet_is_not_compared() -> None:
    demand_same(a_manifest(), {"budgets": {"threads": 16}})


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"machine": {"cores": 64}}, "machine, cores: 2 in the run, 64 now"),
        ({"versions": {"Django": "5.3"}}, "versions, Django: 5.2 in the run, 5.3 now"),
    ],
)
def test_a_changed_machine_or_version_is_rejected_and_the_run_is_unchanged(
    tmp_path: Path, other: dict[str, Any], message: str
) -> None:
    path = RunWriter(a_manifest(), tmp_path).path
    before = (path / "manifest.json").read_bytes()
    with pytest.raises(RunError, match=message):
        reopened(open_run(path), a_manifest().model_copy(update=other))
    assert (path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("role", "validity", "again"),
    [
        ("measure", DISTURBED, True),
        ("measure", LOST, True),
        ("measure", STALLED, False),
        ("a/a", LOST, True),
        ("pilot", DISTURBED, False),
        ("pilot", LOST, True),
    ],
)
def test_what_was_disturbed_or_lost_is_missing_as_long_as_it_may_be_repeated(
    role: Role, validity: Validity, again: bool
) -> None:
    last = a_trial(role=role, validity=validity)
    assert missing([last.planned], {1: last}, attempts=1) == ([last.planned] if again else [])
    assert missing([last.planned], {1: replace(last, attempt=2)}, attempts=1) == []
    assert missing([last.planned], {}, attempts=0) == [last.planned]
