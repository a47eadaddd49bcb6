"""A version of a service: `python3 upstream.py NAME PORT [STATUS]` answers with its name, and with STATUS."""

import http.server
import sys

NAME, PORT = sys.argv[1], int(sys.argv[2])
STATUS = int(sys.argv[3]) if len(sys.argv) > 3 else 200


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{NAME}\n".encode()
        self.send_response(STATUS)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
