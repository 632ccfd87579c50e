"""A quick run through which something is killed every twenty seconds, and which ends all the same
with what an undisturbed one says."""

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.counted import injected
from tests.faults.under_way import PARTS, UnderWay, kill, measuring, resuming
from webtrial.results.claims.evaluate import verify
from webtrial.run.store import Run

EVERY_S = 20.0
MOST_RESUMES = 200
OPPOSITE = {("supported", "refuted"), ("refuted", "supported")}


@pytest.mark.soak
def test_a_quick_run_under_fire_says_what_an_undisturbed_one_says(tmp_path: Path) -> None:
    calm = undisturbed(tmp_path / "calm")
    fired, hits = under_fire(tmp_path / "fired")
    assert fired.manifest.state == "finished"
    assert fired.damage == {}
    numbers = {trial.planned.number for trial in fired.trials}
    assert numbers == set(range(1, fired.manifest.planned_trials + 1))
    verdicts = [verify(run).table.set_index("id")["verdict"] for run in (calm, fired)]
    both = list(zip(*(each.items() for each in verdicts), strict=True))
    print(*(f"{name}: {one}, under fire {two}" for (name, one), (_, two) in both), sep="\n")
    print(hits, f"{len(fired.manifest.interruptions)} interruptions")
    assert not [name for (name, one), (_, two) in both if (one, two) in OPPOSITE]
    assert hits.total() >= len(fired.manifest.interruptions) > 0
    injected("a kill every 20 s during a quick run", hits.total())


def undisturbed(folder: Path) -> Run:
    with measuring(folder, "--profile", "quick", parameters=None) as going:
        while going.process.poll() is None:
            going.look()
            time.sleep(1.0)
        assert going.end() == 0, going.said
        return going.the_run()


def under_fire(folder: Path) -> tuple[Run, Counter[str]]:
    """The run once it is finished, and what was hit how often on the way."""
    draw, hits = random.Random(1), Counter[str]()
    run: Run | None = None
    for _ in range(MOST_RESUMES):
        started = (
            measuring(folder, "--profile", "quick", parameters=None)
            if run is None
            else resuming(folder, run)
        )
        with started as going:
            _fire_at(going, draw, hits)
        run = going.the_run()
        if run.manifest.state == "finished":
            return run, hits
    raise AssertionError(f"not finished after {MOST_RESUMES} times: {hits}")


def _fire_at(going: UnderWay, draw: random.Random, hits: Counter[str]) -> None:
    """Something is killed every EVERY_S, until the command ends."""
    last_s = time.monotonic()
    while going.process.poll() is None:
        going.look()
        # Before there is a run there is nothing to go on with.
        if time.monotonic() - last_s >= EVERY_S and list(going.runs.glob("*/manifest.json")):
            last_s = time.monotonic()
            hits[_hit_one_of(going, draw)] += 1
        time.sleep(0.2)
    going.end()


def _hit_one_of(going: UnderWay, draw: random.Random) -> str:
    """Hit what is there of all that can be hit; its name."""
    there = {part: found for part in PARTS if (found := going.that_play(part))}
    part = draw.choice([*there, "Ctrl-C", "the command"])
    if part == "Ctrl-C":
        going.process.send_signal(signal.SIGINT)
    elif part == "the command":
        going.process.kill()
    else:
        kill(draw.choice(there[part]))
    return part
