"""A PostgreSQL for the tests, started under a keeper so that it ends however they end."""

import json
import signal
from dataclasses import asdict

from webtrial.measure.embedded import embedded
from webtrial.system.supervisor import kept_scratch

if __name__ == "__main__":
    with embedded(kept_scratch()) as server:
        print(json.dumps(asdict(server)), flush=True)
        signal.pause()
