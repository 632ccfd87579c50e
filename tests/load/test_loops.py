"""When users of a closed loop begin."""

import asyncio
from time import perf_counter_ns

import uvloop

from webtrial.load.loops import sleep_until


def test_waiting_until_a_time_never_ends_before_it() -> None:
    async def ends_early(after_ns: int) -> bool:
        at_ns = perf_counter_ns() + after_ns
        await sleep_until(at_ns)
        return perf_counter_ns() < at_ns

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert not any(runner.run(ends_early(170_000 * number)) for number in range(60))
