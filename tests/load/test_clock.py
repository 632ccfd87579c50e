"""Another clock's offset is found, and is never further off than is said."""

import random

from webtrial.load.clock import SAME_CLOCK, compare_clocks


class Far:
    """A clock ahead by `ahead_ns`, reached and left after drawn delays, on simulated time."""

    def __init__(self, ahead_ns: int, seed: int) -> None:
        self.now_ns = 0
        self._ahead_ns = ahead_ns
        self._random = random.Random(seed)

    def ours(self) -> int:
        return self.now_ns

    def ask(self) -> int:
        self.now_ns += int(self._random.expovariate(1 / 2_000_000))
        theirs_ns = self.now_ns + self._ahead_ns
        self.now_ns += int(self._random.expovariate(1 / 500_000))
        return theirs_ns


def test_the_offset_is_within_its_error_whatever_the_network_does() -> None:
    for seed in range(200):
        far = Far(-7_000_000_000, seed)
        clock = compare_clocks(far.ask, far.ours)
        assert abs(clock.offset_ns - -7_000_000_000) <= clock.error_ns


def test_more_rounds_know_it_better_and_the_best_round_is_taken() -> None:
    once, often = (
        sum(compare_clocks((far := Far(0, seed)).ask, far.ours, n).error_ns for seed in range(50))
        for n in (1, 9)
    )
    assert often < once / 2


def test_it_shows_ours_plus_the_offset() -> None:
    far = Far(5_000, 1)
    clock = compare_clocks(far.ask, far.ours)
    assert clock.remote_ns_at(100) == 100 + clock.offset_ns
    assert SAME_CLOCK.remote_ns_at(100) == 100
    assert SAME_CLOCK.error_ns == 0
