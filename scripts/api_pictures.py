#!/usr/bin/env python3
"""Sends the example requests of docs/api.md to the server and writes the pictures that the page shows.

usage: api_pictures.py BINARY
"""
import http.client
import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from free_port import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/api.md"
EXAMPLES = ROOT / "docs/examples"
SITE = "https://example.com/"


def examples():
    """(target, picture or None) for each request of the page, the picture as the page names it."""
    found = []
    for block in re.finditer(r"```http\nGET (/imaginary/\w+\?[^\n<]+)\n```\n(?:\n!\[[^\]]*\]\(([^)]+)\))?", PAGE.read_text()):
        found.append((block[1], block[2]))
    return found


def target_on(target, origin):
    """The example with the origin's address for the site's, escaped as a client does."""
    path, _, query = target.partition("?")
    pairs = [(name, value.replace(SITE, origin)) for name, value in urllib.parse.parse_qsl(query)]
    return path + "?" + urllib.parse.urlencode(pairs)


class Origin:
    """Serves what `pictures` has."""

    def __init__(self):
        self.pictures = pictures = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = pictures.get(self.path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"


def ask(port, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST" if body else "GET", target, body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type"), answer.read()
    finally:
        connection.close()


def fill(origin, port):
    """The two drawings, as pictures made of pixels."""
    for name, made in (("landscape.svg", "landscape.jpg"), ("mark.svg", "mark.png")):
        kind = {"jpg": "jpeg", "png": "png"}[made[-3:]]
        status, _, body = ask(port, f"/imaginary/convert?type={kind}&quality=90", (EXAMPLES / name).read_bytes())
        if status != 200:
            raise SystemExit(f"{name}: {status} {body[:300]!r}")
        origin.pictures["/" + made] = body


def main(binary):
    port, origin = free_port(), Origin()
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "IMCAXY_PORT": str(port), "IMCAXY_BIND": "127.0.0.1", "IMCAXY_DATA_DIR": data,
                       "IMCAXY_ALLOW_PRIVATE_SOURCES": "true", "IMCAXY_ACCESS_LOG": "", "IMCAXY_LOG_LEVEL": "error"}
        server = subprocess.Popen([binary, "serve"], env=environment)
        try:
            for _ in range(600):
                try:
                    if ask(port, "/ready")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.05)
            fill(origin, port)
            wanted = [(target, picture) for target, picture in examples() if picture]
            for number, (target, picture) in enumerate(wanted, 1):
                status, _, body = ask(port, target_on(target, origin.url))
                if status != 200:
                    raise SystemExit(f"{target}: {status} {body[:300]!r}")
                path = PAGE.parent / picture
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(body)
                print(f"   [{number}/{len(wanted)}] {path.relative_to(ROOT)}", flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
