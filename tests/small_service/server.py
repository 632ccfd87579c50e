"""A small service for the launcher's tests: answers /ping, or fails in the way it is told."""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.environ.get("HEALTHY", "yes") == "yes" else 503)
        self.end_headers()
        self.wfile.write(repr(dict(os.environ)).encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    if os.environ.get("DIES"):
        sys.exit(f"{os.environ['DIES']}\nSECOND LINE")
    while os.environ.get("SILENT"):
        time.sleep(1)
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        if os.environ.get("FORKS"):
            os.fork()
        server.serve_forever()
