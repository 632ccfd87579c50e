"""Stop a process for a while."""

import os
import signal
import time
from threading import Thread
from time import perf_counter_ns


class Stop:
    """Stops a process once; `began_ns` and `ended_ns` (perf_counter_ns) record when."""

    def __init__(self, after_s: float, for_s: float) -> None:
        self._after_s = after_s
        self._for_s = for_s
        self.began_ns = self.ended_ns = 0

    def soon(self, pid: int, from_ns: int) -> None:
        """Stop `pid` some seconds after `from_ns`, from a separate thread."""
        at_ns = from_ns + int(self._after_s * 1e9)
        Thread(target=self._stop, args=(pid, at_ns), daemon=True).start()

    def _stop(self, pid: int, at_ns: int) -> None:
        time.sleep(max(0.0, (at_ns - perf_counter_ns()) / 1e9))
        self.began_ns = perf_counter_ns()
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self._for_s)
        finally:
            os.kill(pid, signal.SIGCONT)
            self.ended_ns = perf_counter_ns()
