"""A PostgreSQL for the tests, started under a supervisor so that it ends however they end."""

import json
import signal
from dataclasses import asdict

from webtrial.measure.embedded import embedded
from webtrial.system.supervisor import scratch_dir

if __name__ == "__main__":
    with embedded(scratch_dir()) as server:
        print(json.dumps(asdict(server)), flush=True)
        signal.pause()
