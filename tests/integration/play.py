"""What the plays share: the server as a process, an origin that can misbehave, pictures made with zlib, a small client.

The program under test is the one that IMCAXY_BIN names. Time-outs are long, because it may be a sanitizer's build.
"""
import collections
import contextlib
import ctypes
import http.client
import http.server
import os
import random
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import zlib

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts"))
from free_port import free_port  # noqa: E402

BINARY = os.environ.get("IMCAXY_BIN", "")
PATIENCE = 90  # seconds until something that has to happen counts as not happening

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1

_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(_hard, 20000) if _hard > 0 else _soft, _hard))


def binary():
    if not BINARY:
        raise RuntimeError("IMCAXY_BIN has to name the imcaxy program")
    return BINARY


def wait_until(condition, what, patience=PATIENCE):
    """Polls until `condition()` is true and returns its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.01)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, seed=0):
    """An RGB picture; the same seed gives the same bytes, another one another picture."""
    noise = random.Random(f"{seed} {width} {height}").randbytes(3 * (width + height))
    rows = b"".join(b"\0" + noise[3 * y:3 * (y + width)] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows, 1)) +
            png_chunk(b"IEND", b""))


def png_size(data):
    """(width, height) of a PNG file."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n"), data[:40]
    return struct.unpack(">II", data[16:24])


def process_environment(values):
    """This process' environment without its own options; `http_cache_ttl=5` sets IMCAXY_HTTP_CACHE_TTL, and
    `image_proxy_enabled=True` sets IMAGE_PROXY_ENABLED."""
    own = ("IMCAXY_", "IMAGE_PROXY_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(own) and k != "PORT"}
    for name, value in values.items():
        variable = name.upper() if name.startswith("image_proxy_") else "IMCAXY_" + name.upper()
        environment[variable] = str(value).lower() if isinstance(value, bool) else str(value)
    return environment


def run(*arguments, patience=PATIENCE, **values):
    """Runs the program to its end: (status, stdout, stderr)."""
    done = subprocess.run([binary(), *arguments], env=process_environment(values), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=patience)
    return done.returncode, done.stdout, done.stderr


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def cache(self):
        return self.headers.get("X-Cache")

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        lines = "".join(f"\n  {name}: {value}" for name, value in self.headers.items())
        shown = self.body if len(self.body) <= 300 else self.body[:300] + b"..."
        return f"status {self.status}{lines}\n  {len(self.body)} bytes: {shown!r}"


def any_certificate():
    """A TLS context for clients that trust everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def ask(port, target, method="GET", headers=None, body=None, patience=PATIENCE, tls=None):
    """One request on a connection of its own; `tls`: the context of an encrypted one."""
    if tls:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=patience, context=tls)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Client:
    """Requests on one connection that is kept."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def get(self, target, headers=None):
        self.connection.request("GET", target, headers=headers or {})
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def close(self):
        self.connection.close()


def read_all(sock):
    """All bytes until the other side closes, however it does that."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65536):
            data += piece
    return data


def raw(port, data, patience=PATIENCE):
    """Sends these bytes and returns all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(data)
        return read_all(sock)


def status_of(data):
    """The status of a raw answer; None when it is none."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", data)
    return int(found[1]) if found else None


def image_target(operation, url=None, **parameters):
    query = dict(parameters)
    if url is not None:
        query["url"] = url
    return f"/imaginary/{operation}?{urllib.parse.urlencode(query)}"


class Server:
    """`imcaxy serve` on a free port. Values are options: Server(http_cache_ttl=5) sets IMCAXY_HTTP_CACHE_TTL=5.

    `data` is a folder to serve from; without it there is a temporary one, which close() removes. `wrapper` is a command
    line in front of the program's. Start it from the main thread: when that dies, the server is killed, too.
    """

    def __init__(self, data=None, wrapper=(), flags=(), **values):
        self.home = tempfile.mkdtemp(prefix="imcaxy-play-")
        self.data = data or os.path.join(self.home, "data")
        self.wrapper, self.flags, self.values = list(wrapper), list(flags), values
        self.process = None
        self.port = 0
        self.starts = 0
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _spawn(self):
        self.port = self.values.get("port") or free_port()
        # Without negotiation an answer has its source's format, which most plays look at, and it stays what it was.
        values = {"bind": "127.0.0.1", "data_dir": self.data, "allow_private_sources": True, "auto_format": "",
                  "optimiser": False, **self.values, "port": self.port}
        self.starts += 1
        with open(self._file("out"), "wb") as out, open(self._file("err"), "wb") as err:
            self.process = subprocess.Popen(
                [*self.wrapper, binary(), "serve", *self.flags], env=process_environment(values),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))

    def _file(self, kind):
        return os.path.join(self.home, f"{self.starts}.{kind}")

    def start(self):
        for attempt in range(3):
            self._spawn()
            if self._wait_ready():
                return self
            taken = "cannot listen" in self.log() and "port" not in self.values
            if not taken or attempt == 2:
                break
        raise AssertionError(f"the server ended with {self.process.returncode} at its start: {self.log()}")

    def _wait_ready(self):
        def state():
            if self.process.poll() is not None:
                return "ended"
            with contextlib.suppress(OSError, http.client.HTTPException):
                return "ready" if self.get("/ready").status == 200 else None
            return None
        return wait_until(state, "the server is ready") == "ready"

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, patience=PATIENCE):
        """SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(patience)

    def wait(self, patience=PATIENCE):
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {patience} s: {self.log()}") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        status = self.stop()
        if status != 0:
            raise AssertionError(f"the server ended with {status}: {self.log()}")
        return self.start()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self):
        """Standard error of the last start: the application log."""
        with open(self._file("err"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def access_log(self):
        """Standard output of the last start."""
        with open(self._file("out"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, target, method="GET", headers=None, body=None, patience=PATIENCE):
        tls = any_certificate() if self.values.get("tls_cert") else None
        return ask(self.port, self.values.get("path_prefix", "") + target, method, headers, body, patience, tls)

    def get(self, target, headers=None):
        return self.ask(target, headers=headers)

    def image(self, operation, url, headers=None, **parameters):
        return self.get(image_target(operation, url, **parameters), headers)

    def metrics(self):
        """Samples by name with labels, as `imcaxy_cache_bytes{tier="disk"}`."""
        samples = {}
        for line in self.get("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        return samples

    def wait_metric(self, name, value):
        wait_until(lambda: self.metrics().get(name) == value, f"{name} is {value}")

    def token(self):
        with open(os.path.join(self.data, "token"), encoding="ascii") as file:
            return file.read().strip()

    def invalidate(self, *urls, prefixes=(), project="play", commit="1"):
        query = [("projectName", project), ("latestCommitHash", commit)]
        query += [("urls", url) for url in urls] + [("prefixes", prefix) for prefix in prefixes]
        return self.ask("/invalidate?" + urllib.parse.urlencode(query), "DELETE",
                        {"Authorization": "Bearer " + self.token()})

    def _memory(self, figure):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(figure + r":\s+(\d+) kB", file.read())[1]) * 1024

    def peak_bytes(self):
        """The most memory that it had at a time."""
        return self._memory("VmHWM")

    def resident_bytes(self):
        """The memory that it has now."""
        return self._memory("VmRSS")

    def entry_files(self, tier="results"):
        """Paths of the disk cache's entries."""
        found = []
        for folder, _, names in os.walk(os.path.join(self.data, "cache", tier)):
            found += [os.path.join(folder, name) for name in names if os.path.basename(folder) != "staging"]
        return found

    def staged_files(self):
        return [name for tier in ("results", "originals")
                for name in os.listdir(os.path.join(self.data, "cache", tier, "staging"))]


class Gate:
    """Holds requests at the origin until it is released; `most`: only the first so many."""

    def __init__(self, most=None):
        self._open = threading.Event()
        self._lock = threading.Lock()
        self.waiting = 0
        self._most = most

    def pass_through(self):
        with self._lock:
            if self._most is not None and self.waiting >= self._most:
                return
            self.waiting += 1
        self._open.wait(PATIENCE)

    def wait_for(self, count=1):
        wait_until(lambda: self.waiting >= count, f"{count} requests wait at the origin")

    def release(self):
        self._open.set()


class _OriginServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass  # servers under test leave whenever they like


class Origin:
    """An HTTP server of pictures: `origin.put("/a.png", png(8, 8))`, or `origin.answer("/b", function(handler))`."""

    def __init__(self):
        self.counts = collections.Counter()
        self.headers = {}  # of the last request, by path
        self._answers, self._gates, self._methods = {}, {}, {}
        self._lock = threading.Lock()
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                origin._handle(self)

            def __getattr__(self, name):
                if name.startswith("do_") and name[3:] in origin._methods:
                    return lambda: origin._methods[name[3:]](self)
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        self._server = _OriginServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        for gate in self._gates.values():
            gate.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path, body, content_type="image/png", status=200, headers=None):
        def send(handler):
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)
        return self.answer(path, send)

    def answer(self, path, function):
        self._answers[path] = function
        return self.url(path)

    def any_method(self, method, function):
        """`function(handler)` answers these requests, whatever their path."""
        self._methods[method] = function

    def hold(self, path, most=None):
        gate = self._gates[path] = Gate(most)
        return gate

    def count(self, path):
        with self._lock:
            return self.counts[path]

    def _handle(self, handler):
        path = handler.path
        with self._lock:
            self.counts[path] += 1
            self.headers[path] = handler.headers
        gate = self._gates.get(path)
        if gate:
            gate.pass_through()
        # However it is escaped.
        answer = self._answers.get(path) or self._answers.get(urllib.parse.quote(urllib.parse.unquote(path)))
        if answer:
            answer(handler)
        else:
            handler.send_error(404)


class Play(unittest.TestCase):
    """A test with an origin, and servers that end with it."""

    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def serve(self, **values):
        server = Server(**values)
        self.addCleanup(self._end, server)
        return server

    def _end(self, server):
        """What a sanitizer or a crash left behind fails the test, too."""
        status, log = server.process.poll(), server.log()
        server.close()
        self.assertIn(status, (None, 0, -signal.SIGKILL), log)
        self.assertNotIn("Sanitizer", log)

    def assertStatus(self, answer, status):
        self.assertEqual(status, answer.status, answer)

    def assertServed(self, answer, cache, body=None):
        self.assertEqual((200, cache), (answer.status, answer.cache), answer)
        if body is not None:
            self.assertEqual(body, answer.body, "another picture")

    def in_background(self, function, *arguments, **named):
        """Starts a thread; the returned function waits for it and gives its value, or raises what it raised."""
        result = {}

        def work():
            try:
                result["value"] = function(*arguments, **named)
            except BaseException as error:  # handed over to whoever waits
                result["error"] = error
        thread = threading.Thread(target=work, daemon=True)
        thread.start()

        def join():
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive(), "a request did not end")
            if "error" in result:
                raise result["error"]
            return result["value"]
        return join
