"""Progress of a measurement: its events and the time left."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from webtrial.run.parameters import Parameters
from webtrial.run.plan import window_of
from webtrial.run.records import PlannedTrial, Trial

EmitEvent = Callable[[dict[str, Any]], None]

OVERHEAD_S = 1.0  # per trial, besides warm-up and window: a first guess, corrected during the run


class Progress:
    """Counts trials and reports when each begins and when it has been judged.

    The time left is the nominal time of the remaining trials, multiplied by the ratio of actual to
    nominal time of the finished ones. This includes starting stacks and repeating trials.
    """

    def __init__(
        self,
        parameters: Parameters,
        emit: EmitEvent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parameters = parameters
        self._emit = emit
        self._clock = clock
        self._created_s = clock()
        self._started_s: float | None = None
        self._remaining: dict[int, float] = {}  # trial number → nominal seconds
        self._done = 0
        self._nominal_done_s = 0.0
        self._nominal_total_s = 0.0

    def step(self, text: str) -> None:
        """Report a step other than measuring."""
        self._emit({"event": "step", "text": text})

    def expect(self, trials: Iterable[PlannedTrial]) -> None:
        """Set the trials that remain, as far as known."""
        self._remaining = {trial.number: self._nominal_s(trial) for trial in trials}
        self._nominal_total_s = self._nominal_done_s + sum(self._remaining.values())
        self._emit({"event": "plan", "trials": self._done + len(self._remaining)})

    def skip(self, numbers: Iterable[int]) -> None:
        """Mark as done the trials that were recorded before the run was resumed."""
        self._done += len(
            [self._remaining.pop(number) for number in numbers if number in self._remaining]
        )

    def trial_started(self, planned: PlannedTrial, attempt: int) -> None:
        """Report that a trial begins."""
        if self._started_s is None:
            self._started_s = self._clock()
        self._emit(
            {
                "event": "trial",
                "done": self._done,
                "of": self._done + len(self._remaining),
                "block": planned.block,
                "blocks": self._parameters.blocks,
                "stack": planned.stack,
                "scenario": planned.scenario,
                "load": str(planned.load),
                "role": planned.role,
                "attempt": attempt,
                "seconds_left": round(self._remaining_s(planned), 1),
            }
        )

    def trial_judged(self, trial: Trial) -> None:
        """Report the verdict on a trial; only its first attempt advances the progress bar."""
        number = trial.planned.number
        if number in self._remaining:
            self._nominal_done_s += self._remaining.pop(number)
            self._done += 1
        self._emit(
            {
                "event": "verdict",
                "number": number,
                "verdict": trial.validity.verdict,
                "reasons": [reason.text for reason in trial.validity.reasons],
            }
        )

    def has_time_to_repeat(self) -> bool:
        """Whether the run, at its present pace, would end within `repeats_within_min`.

        This distributes repeats over the blocks. A machine that is always disturbed then gives a
        run with many suspect trials, not an endless run.
        """
        limit_min = self._parameters.repeats_within_min
        if limit_min is None:
            return True
        fraction_done = (
            self._nominal_done_s / self._nominal_total_s if self._nominal_total_s else 0.0
        )
        return self._clock() - self._created_s <= 60 * limit_min * fraction_done

    def _remaining_s(self, current: PlannedTrial) -> float:
        """Estimate the time for all planned trials and for the current one if it is a repeat."""
        nominal_s = sum(({current.number: self._nominal_s(current)} | self._remaining).values())
        if self._started_s is None or not self._nominal_done_s:
            return nominal_s
        return nominal_s * (self._clock() - self._started_s) / self._nominal_done_s

    def _nominal_s(self, planned: PlannedTrial) -> float:
        return sum(window_of(planned, self._parameters)) + OVERHEAD_S
