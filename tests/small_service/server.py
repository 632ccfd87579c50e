"""A small service for tests: answers anything, after as much work as it is told; or fails in the
way it is told."""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece

    def do_GET(self):
        sum(range(int(os.environ.get("WORK", "0"))))
        body = repr(dict(os.environ)).encode()
        self.send_response(200 if os.environ.get("HEALTHY", "yes") == "yes" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    if os.environ.get("DIES"):
        sys.exit(f"{os.environ['DIES']}\nSECOND LINE")
    while os.environ.get("SILENT"):
        time.sleep(1)
    for _ in range(int(os.environ.get("IDLE_THREADS", "0"))):
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        if os.environ.get("FORKS"):
            os.fork()
        server.serve_forever()
