"""A small service for tests: answers anything, after as much work as it is told; or fails in the
way it is told."""

import mmap
import os
import resource
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

GARBAGE = b"\x00\xff this is no HTTP \r\n\r\n"

served = count(1)
leaked = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece

    def do_GET(self):
        sum(range(int(os.environ.get("WORK", "0"))))
        turned = os.environ.get("TURNS") if next(served) > int(os.environ.get("AFTER", "0")) else ""
        if turned == "hang":
            time.sleep(3600)
        if turned == "garbage":
            self.wfile.write(GARBAGE)
            self.close_connection = True
            return
        leak(int(os.environ.get("LEAKS_MIB", "0")))
        body = repr(dict(os.environ)).encode()
        self.send_response(200 if os.environ.get("HEALTHY", "yes") == "yes" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def leak(mib):
    """Keep so much more, untouched, which takes no time; at the limit end as the kernel ends who
    asks for too much."""
    try:
        leaked.append(mmap.mmap(-1, mib * 2**20) if mib else None)
    except (MemoryError, OSError):
        os.write(2, b"out of memory\n")
        os.kill(os.getpid(), signal.SIGKILL)


def talk_nonsense(port):
    """Answer whoever connects with what no client can read."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            line, _ = listening.accept()
            with line:
                line.sendall(GARBAGE)


if __name__ == "__main__":
    if os.environ.get("DIES"):
        sys.exit(f"{os.environ['DIES']}\nSECOND LINE")
    while os.environ.get("IDLE"):
        time.sleep(1)
    if os.environ.get("GARBAGE"):
        talk_nonsense(int(sys.argv[1]))
    if limit_mib := int(os.environ.get("LIMIT_MIB", "0")):
        resource.setrlimit(resource.RLIMIT_AS, (limit_mib * 2**20, limit_mib * 2**20))
    for _ in range(int(os.environ.get("IDLE_THREADS", "0"))):
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        if os.environ.get("FORKS"):
            os.fork()
        server.serve_forever()
