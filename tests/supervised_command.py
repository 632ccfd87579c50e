"""Everything that could be left behind, at once: PostgreSQL, a server with workers, a daemon that
forks twice into a session of its own and ignores every signal it can.

Prints what it started as one line of JSON, then does as its argument says. The one that is deaf to
interruption, and only says when it comes, has no PostgreSQL.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from webtrial.measure.embedded import embedded
from webtrial.system.supervisor import scratch_dir

SERVER = """
import os, socket, sys, time
with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen()
    if os.fork() and os.fork():
        print(server.getsockname()[1], flush=True)  # once all of them are there
    time.sleep(3600)
"""

DAEMON = """
import os, signal, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(3600)
"""


def first_line(code):
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    return int(process.stdout.readline())


def stay(manner):
    if manner == "ends":
        os._exit(7)  # without a word to PostgreSQL
    if manner == "fails":
        raise RuntimeError("this failure is meant")
    time.sleep(3600)


def stay_deaf():
    signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
    start_others()
    time.sleep(3600)


def start_others(*ports, **beside):
    """Start server and daemon; tell of them and of what stands beside them."""
    started = {
        "command": os.getpid(),
        "scratch": str(scratch_dir()),
        "ports": [first_line(SERVER), *ports],
        "daemon": first_line(DAEMON),
    }
    print(json.dumps(started | beside), flush=True)


def main(manner):
    if manner == "is deaf":
        stay_deaf()
        return
    with embedded(scratch_dir(), max_connections=20) as postgres:
        port = urlsplit(postgres.url).port
        try:
            start_others(port, postgres=postgres.pid, database=postgres.url)
            stay(manner)
        except KeyboardInterrupt:
            Path(os.environ["WITNESS"]).write_text("interrupted")
            sys.exit(9)


if __name__ == "__main__":
    main(sys.argv[1])
