"""Locust's FastHttpUser under the same conditions as `clients`: same arguments, same output."""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - gevent must come first
import os  # noqa: E402
import sys  # noqa: E402
from time import perf_counter, process_time  # noqa: E402

import gevent  # noqa: E402
from locust import FastHttpUser, constant, task  # noqa: E402
from locust.env import Environment  # noqa: E402

from webtrial.load.descriptors import raise_descriptor_limit  # noqa: E402
from webtrial.selftest.bench.window import WARMUP_S, Window  # noqa: E402


class Pinger(FastHttpUser):
    """A user that requests /ping repeatedly."""

    wait_time = constant(0)

    @task
    def ping(self) -> None:
        """Send one request."""
        self.client.get("/ping")


def main() -> None:
    """Measure once."""
    url, connections, seconds, core = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    raise_descriptor_limit()
    environment = Environment(user_classes=[Pinger], host=url)
    runner = environment.create_local_runner()
    runner.start(int(connections), spawn_rate=int(connections))
    gevent.sleep(1 + WARMUP_S)  # starting all users takes a second
    total = environment.stats.total
    opening = Window(total.num_requests, perf_counter(), process_time())
    gevent.sleep(float(seconds))
    window = Window(total.num_requests, perf_counter(), process_time()) - opening
    if total.num_failures:
        sys.exit(f"{total.num_failures} of {total.num_requests} requests failed")
    print(json.dumps(window.as_json()), flush=True)
    os._exit(0)  # no need to stop its users one by one


if __name__ == "__main__":
    main()
