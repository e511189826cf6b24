#!/usr/bin/python3
"""Answers on Elasticsearch's ports as a single node in good health would."""
import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ["ELASTIC_VERSION"]
CLUSTER = os.environ.get("cluster.name", "docker-cluster")
NODE = os.environ.get("node.name", socket.gethostname())


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0].rstrip("/")
        if path == "":
            self.answer(200, {
                "name": NODE,
                "cluster_name": CLUSTER,
                "version": {"number": VERSION},
                "es_java_opts": os.environ.get("ES_JAVA_OPTS", ""),
                "tagline": "You Know, for Search",
            })
        elif path == "/_cluster/health":
            self.answer(200, {
                "cluster_name": CLUSTER,
                "status": "green",
                "timed_out": False,
                "number_of_nodes": 1,
                "number_of_data_nodes": 1,
                "version": {"number": VERSION},
            })
        else:
            self.answer(404, {"error": f"no handler found for {self.path}", "status": 404})

    do_HEAD = do_GET

    def answer(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=UTF-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def transport(listener):
    """Port 9300 speaks a binary protocol; here it only accepts."""
    while True:
        listener.accept()[0].close()


if os.environ.get("discovery.type") != "single-node":
    sys.exit("ERROR: [1] bootstrap checks failed\n"
             "[1]: the default discovery settings are unsuitable for production use; "
             "set discovery.type=single-node")
try:
    # The real one takes a lock there: a data directory that uid 1000 may not
    # write is a mistake often made, so it shows here too.
    open("/usr/share/elasticsearch/data/node.lock", "w").close()
except OSError as error:
    sys.exit(f"ERROR: java.nio.file.AccessDeniedException: {error}")

signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
threading.Thread(target=transport, args=[socket.create_server(("", 9300))], daemon=True).start()
server = ThreadingHTTPServer(("", 9200), Handler)
print(json.dumps({"type": "server", "level": "INFO", "message": "started"}), flush=True)
server.serve_forever()
