#!/usr/bin/python3
"""`catalina.sh run`: 200 at every path, but /db tries the database's port."""
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DB_HOST = os.environ.get("DB_HOST", "mysql")


def database():
    try:
        socket.create_connection((DB_HOST, 3306), timeout=3).close()
        return 200, f"ok {DB_HOST}:3306"
    except OSError as error:
        return 503, f"fail {DB_HOST}:3306: {error}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        version = os.environ.get("TOMCAT_VERSION", "")
        status, text = database() if self.path == "/db" else (200, f"Apache Tomcat/{version}")
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if sys.argv[1:] != ["run"]:
    sys.exit("usage: catalina.sh run")
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
server = ThreadingHTTPServer(("", 8080), Handler)
print("Server startup in [42] milliseconds", flush=True)
server.serve_forever()
