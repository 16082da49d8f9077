"""Sources, requests and clients that are wrong or hostile: each gets an answer to act on, and the server stays up."""
import contextlib
import json
import re
import socket
import struct
import threading
import time
import zlib

from play import PATIENCE, Play, free_port, image_target, png, png_chunk, png_size, raw, read_all, status_of
from play import wait_until

MOST_MEMORY = 1 << 30  # of the whole process, also in a sanitizer's build


class BadInput(Play):
    """After each test the server has to be as good as new."""

    values = {}

    def setUp(self):
        super().setUp()
        self.server = self.serve(**self.values)
        self.good = self.origin.put("/good.png", png(32, 32))

    def tearDown(self):
        if self.server.process.poll() is not None:
            self.fail(f"the server ended with {self.server.process.returncode}: {self.server.log()}")
        self.assertStatus(self.server.get("/ready"), 200)
        self.assertStatus(self.server.image("resize", self.good, width=8), 200)
        self.assertLess(self.server.peak_bytes(), MOST_MEMORY)
        self.assertEqual(0, self.server.stop())

    def assertError(self, answer, status, *words):
        """Imaginary's form of an error, with these words in its message."""
        self.assertStatus(answer, status)
        error = json.loads(answer.body)
        self.assertEqual(status, error["status"])
        for word in words:
            self.assertIn(word, error["message"])

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        self.addCleanup(sock.close)
        return sock

    def assertRefused(self, data, *statuses):
        answer = raw(self.server.port, data)
        self.assertIn(status_of(answer), statuses, (data[:200], answer[:500]))
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"\r\nConnection: close", head)
        self.assertTrue(json.loads(body)["message"], answer)
        return answer


class Parameters(BadInput):
    def test_unknown_operation(self):
        self.assertError(self.server.image("explode", self.good, width=8), 404, "Not found")

    def test_missing(self):
        missing = "missing or invalid params"
        self.assertError(self.server.get("/imaginary/resize?width=8"), 400, missing)
        self.assertError(self.server.get("/imaginary/resize?width=8&url="), 400, missing)
        self.assertError(self.server.get("/imaginary/resize"), 400, missing)
        for operation in ("resize", "crop", "fit", "enlarge", "thumbnail"):
            self.assertError(self.server.image(operation, self.good), 400, "Missing required param", "height", "width")
        for operation in ("fit", "enlarge"):
            self.assertError(self.server.image(operation, self.good, width=8), 400, "height, width")
        self.assertError(self.server.image("convert", self.good), 400, "Missing required param: type")

    def test_wrong(self):
        for name, value in (("width", "abc"), ("width", "--1"), ("width", "1e999"), ("height", "0x"), ("flip", "maybe"),
                            ("background", "1,2"), ("width", "99999999999999999999"), ("width", "nan"),
                            ("width", "9" * 400)):
            self.assertError(self.server.image("resize", self.good, **{"width": 8, name: value}), 400, f'"{name}"')
        self.assertError(self.server.image("resize", self.good, width=8, type="exe"), 400, "output image format")
        self.assertError(self.server.image("convert", self.good, type="pdf"), 400, "output")

    def test_too_large_a_picture_is_asked_for(self):
        for operation in ("resize", "enlarge", "crop", "fit", "thumbnail"):
            for side in (2000000, 2147483647):
                answer = self.server.image(operation, self.good, width=side, height=side, force="true")
                if answer.status == 200:  # some never enlarge
                    self.assertLessEqual(max(png_size(answer.body)), 32, operation)
                else:
                    self.assertIn(answer.status, (400, 422), answer)
                    self.assertTrue(json.loads(answer.body)["message"])

    def test_odd_values(self):
        """Whatever they mean, they get an answer."""
        for query in ("width=8&rotate=33", "width=8&quality=1000", "width=8&sigma=100000", "width=-8", "width=0.4",
                      "width=8&aspectratio=0:0", "width=8&aspectratio=x", "width=8&width=x", "width=8&compression=77",
                      "width=8&top=-5&left=99999&areawidth=5&areaheight=5", "width=8&colorspace=zzz",
                      "width=8&speed=-1", "width=8&%00=%00", "width=8&%ff=%fe", "width=8&%zz=1", "&&&=&=&width=8",
                      "width=8&sigma=nan"):
            answer = self.server.get(f"/imaginary/resize?{query}&url={self.good}")
            self.assertIn(answer.status, (200, 400, 422), (query, answer))

    def test_bad_urls(self):
        for url in ("nonsense", "ftp://127.0.0.1/a.png", "file:///etc/passwd", "http://", "http://[::1", "http:// h/",
                    "http://u:p@127.0.0.1/", "gopher://127.0.0.1/", "http://127.0.0.1:99999/", "//127.0.0.1/a",
                    "http://127.0.0.1/\0", "http://" + "a" * 300 + "/"):
            answer = self.server.image("resize", url, width=8)
            self.assertIn(answer.status, (400, 403), (url, answer))
            self.assertTrue(json.loads(answer.body)["message"])
        self.assertError(self.server.get("/imaginary/resize?width=8&url=http%3A%2F%2Fexample.com%2F%25zz"), 400, "URL")


class Sources(BadInput):
    values = {"max_source_bytes": 2000000, "fetch_timeout_seconds": 1}

    def resize(self, url):
        return self.server.image("resize", url, width=8)

    def test_unreachable(self):
        url = f"http://127.0.0.1:{free_port()}/a.png"
        self.assertError(self.resize(url), 400, "error fetching remote http image", url)

    def test_unknown_host(self):
        answer = self.resize("http://no-such-host.invalid/a.png")
        self.assertIn(answer.status, (400, 504), answer)
        self.assertIn("no-such-host.invalid", answer.text)

    def test_its_errors(self):
        for status in (404, 410, 403, 500, 503):
            url = self.origin.put(f"/{status}", b"no", "text/plain", status)
            self.assertError(self.resize(url), status, f"(status={status})", url)
        for status in (204, 304, 300):
            url = self.origin.put(f"/{status}", b"", "text/plain", status)
            self.assertError(self.resize(url), 503, f"(status={status})")

    def test_failures_are_remembered_for_a_while(self):
        url = self.origin.url("/missing.png")
        for _ in range(5):
            self.assertStatus(self.resize(url), 404)
        self.assertEqual(1, self.origin.count("/missing.png"))
        self.origin.put("/missing.png", png(8, 8))
        wait_until(lambda: self.resize(url).status == 200, "the source is asked again")

    def test_text(self):
        texts = (b"just text", b"<html><body>no picture</body></html>", b"\0" * 100)
        for number, body in enumerate(texts):
            url = self.origin.put(f"/{number}.png", body)
            self.assertError(self.resize(url), 406, "Unsupported media type")
        self.assertError(self.resize(self.origin.put("/a.pdf", b"%PDF-1.4\n")), 400, "Error while processing the image")

    def test_empty(self):
        self.assertError(self.resize(self.origin.put("/empty.png", b"")), 400, "Empty or unreadable image")

    def test_png_bomb(self):
        head = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
        packed = zlib.compress(b"\0" * 3000000, 9)
        bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
        self.assertLess(len(bomb), 10000)
        url = self.origin.put("/bomb.png", bomb)
        for operation in ("resize", "info"):
            self.assertError(self.server.image(operation, url, width=8), 422, "resolution is too big")
        self.assertError(self.server.ask("/imaginary/resize?width=8", "POST", {}, bomb), 422)

    def test_truncated(self):
        whole = {"png": png(200, 200)}
        whole["jpeg"] = self.server.image("convert", self.origin.put("/whole.png", whole["png"]), type="jpeg").body
        whole["webp"] = self.server.image("convert", self.origin.url("/whole.png"), type="webp").body
        whole["gif"] = self.server.image("convert", self.origin.url("/whole.png"), type="gif").body
        for name, data in whole.items():
            for size in (4, 9, 12, 30, 60, len(data) // 2, len(data) - 1):
                url = self.origin.put(f"/{size}.{name}", data[:size])
                answer = self.resize(url)
                if answer.status == 200:  # what there is of it, or the original instead
                    original = "X-Imcaxy-Fallback" in answer.headers
                    self.assertEqual(original, answer.body == data[:size], (name, size))
                else:
                    self.assertIn(answer.status, (400, 406), (name, size, answer))
                    self.assertTrue(json.loads(answer.body)["message"])

    def test_damaged(self):
        data = bytearray(png(100, 100))
        for place in range(8, 80, 3):
            changed = bytes(data[:place]) + bytes([data[place] ^ 0xff]) + bytes(data[place + 1:])
            answer = self.server.ask("/imaginary/resize?width=8", "POST", {}, changed)
            self.assertIn(answer.status, (200, 400, 406, 422), (place, answer))

    def test_larger_than_allowed(self):
        url = self.origin.put("/large.png", png(8, 8) + bytes(2000000))
        self.assertError(self.resize(url), 400, "exceeds maximum allowed 2000000 bytes")

    def forever(self, chunked):
        stopped = threading.Event()

        def answer(handler):
            handler.close_connection = True
            handler.send_response(200)
            if chunked:
                handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            piece = b"\x89PNG\r\n\x1a\n".ljust(65536, b"x")
            framed = b"10000\r\n" + piece + b"\r\n" if chunked else piece
            try:
                while True:
                    handler.wfile.write(framed)
            except OSError:
                stopped.set()
        return answer, stopped

    def test_endless(self):
        for number, chunked in enumerate((True, False)):
            answer, stopped = self.forever(chunked)
            url = self.origin.answer(f"/endless{number}", answer)
            self.assertError(self.resize(url), 400, "more than the allowed 2000000 bytes")
            self.assertTrue(stopped.wait(PATIENCE), "the download goes on")

    def test_packed_bomb(self):
        packed = zlib.compressobj(9, wbits=31)
        body = packed.compress(bytes(100 << 20)) + packed.flush()
        self.assertLess(len(body), 200000)
        url = self.origin.put("/packed.png", body, headers={"Content-Encoding": "gzip"})
        self.assertError(self.resize(url), 400, "more than the allowed 2000000 bytes")

    def test_never_answers(self):
        self.origin.put("/held.png", png(8, 8))
        gate = self.origin.hold("/held.png")
        self.assertError(self.resize(self.origin.url("/held.png")), 504, "no complete answer in time")
        gate.release()

    def test_stops_in_the_middle(self):
        leave = threading.Event()
        self.addCleanup(leave.set)

        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"\x89PNG\r\n\x1a\n")
            leave.wait(PATIENCE)
        self.assertError(self.resize(self.origin.answer("/half", answer)), 504, "no complete answer in time")

    def test_breaks_off(self):
        def answer(handler):
            handler.close_connection = True
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"\x89PNG\r\n\x1a\n")
        self.assertError(self.resize(self.origin.answer("/broken", answer)), 400, "error fetching remote http image")

    def test_garbage_instead_of_http(self):
        def answer(handler):
            handler.close_connection = True
            handler.wfile.write(b"\0\1\2 this is no HTTP \xff\xfe\r\n\r\n" * 10)
        self.assertError(self.resize(self.origin.answer("/garbage", answer)), 400, "error fetching remote http image")

    def test_redirects(self):
        loop = self.origin.put("/loop", b"", status=302, headers={"Location": "/loop"})
        self.assertError(self.resize(loop), 400, "redirect")
        self.assertLess(self.origin.count("/loop"), 20)
        once = self.origin.put("/once", b"", status=301, headers={"Location": "/good.png"})
        self.assertStatus(self.resize(once), 200)
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/", "http://", "/\0"):
            url = self.origin.put("/away" + str(len(target)), b"", status=302, headers={"Location": target})
            self.assertEqual(400, self.resize(url).status, target)

    def test_endless_header(self):
        def answer(handler):
            handler.close_connection = True
            with contextlib.suppress(OSError):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while True:
                    handler.wfile.write(b"X-Filler: " + b"y" * 1000 + b"\r\n")
        self.assertError(self.resize(self.origin.answer("/header", answer)), 400, "error fetching remote http image")


class PrivateSources(BadInput):
    values = {"allow_private_sources": False}

    def tearDown(self):
        self.good = None
        self.assertStatus(self.server.get("/ready"), 200)
        self.assertStatus(self.server.ask("/imaginary/resize?width=8", "POST", {}, png(8, 8)), 200)

    def test_refused(self):
        port = self.origin.port
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]",
                     "0.0.0.0", "10.1.2.3", "192.168.0.1", "169.254.169.254", "172.16.5.5", "[fe80::1]", "[fd00::1]"):
            url = f"http://{host}:{port}/good.png"
            self.assertError(self.server.image("resize", url, width=8), 403, "IMCAXY_ALLOW_PRIVATE_SOURCES")
        self.assertEqual(0, self.origin.count("/good.png"))


class Requests(BadInput):
    values = {"header_timeout_seconds": 1, "max_body_bytes": 1000000}

    def test_announced_body_of_5_gb(self):
        answer = self.assertRefused(b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\n"
                                    b"Content-Length: 5000000000\r\n\r\n", 413)
        self.assertIn(b"1000000 bytes", answer)

    def test_larger_body(self):
        self.assertError(self.server.ask("/imaginary/resize?width=8", "POST", {}, bytes(1000001)), 413)
        self.assertError(self.server.ask("/imaginary/resize?width=8", "POST", {}, bytes(1000000)), 406)

    def test_body_where_none_belongs(self):
        self.assertRefused(b"GET /ready HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000000\r\n\r\n", 413)
        self.assertStatus(self.server.ask("/ready", "GET", {}, b"ignored"), 200)

    def test_endless_chunked_body(self):
        sock = self.connect()
        sock.sendall(b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100 << 20:
                sock.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
                sent += 65536
        self.assertLess(sent, 100 << 20, "all of it was taken")
        answer = read_all(sock)
        if answer:  # else the answer was lost with the connection
            self.assertEqual(413, status_of(answer), answer[:300])

    def test_chunked_body_just_too_large(self):
        chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
        self.assertRefused(b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                           chunk * 16, 413)

    def test_bad_chunks(self):
        head = b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        for chunk in (b"zz\r\n", b"-5\r\nhello", b"ffffffffffffffffff\r\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"\r\n\r\n"):
            self.assertRefused(head + chunk, 400, 413)

    def test_header_that_never_ends(self):
        self.assertRefused(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-Filler: yyyyyyyyyyyyyyyy\r\n" * 5000, 431)
        self.assertRefused(b"GET / HTTP/1.1\r\nHost: h\r\nX-Filler: " + b"y" * 100000, 431)
        self.assertRefused(b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % i for i in range(1500)) + b"\r\n", 431)

    def test_header_that_comes_too_slowly(self):
        sock = self.connect()
        sock.sendall(b"GET /ready HTTP/1.1\r\nHost: h\r\nX-Slow: ")
        sock.settimeout(0.2)
        answer = b""
        end = time.monotonic() + PATIENCE
        while not answer and time.monotonic() < end:
            with contextlib.suppress(ConnectionError):
                sock.sendall(b"y")
            try:
                answer = sock.recv(65536)
            except TimeoutError:
                continue
            break
        self.assertEqual(408, status_of(answer), answer)

    def test_too_long_target(self):
        self.assertRefused(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414)
        long_url = self.server.image("resize", self.good + "?" + "a" * 7000, width=8)
        self.assertError(long_url, 404)
        self.assertRefused(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414, 431)

    def test_garbage(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), b"\0" * 100 + b"\r\n\r\n",
                     b"\xff\xfe\xfd\r\n\r\n", b"GET\r\n\r\n", b"GET / \r\n\r\n", b" GET / HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n", b"GET / http/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
                     b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", b"G\x01T / HTTP/1.1\r\n\r\n", b"GET /a b HTTP/1.1\r\n\r\n"):
            self.assertRefused(data, 400, 408)  # 408: it could still have become a request

    def test_http_0_9(self):
        self.assertRefused(b"GET /ready\r\n\r\n", 400)

    def test_http_1_0(self):
        answer = raw(self.server.port, b"GET /ready HTTP/1.0\r\n\r\n")
        self.assertEqual(200, status_of(answer), answer)
        self.assertTrue(answer.endswith(b"ready\n"))

    def test_ambiguous_lengths(self):
        start = b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\n"
        for lines in (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: 5, 6\r\n",
                      b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                      b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"Content-Length: -5\r\n",
                      b"Content-Length: 5x\r\n", b"Content-Length: 99999999999999999999999\r\n",
                      b"Content-Length: +5\r\n", b"Transfer-Encoding: gzip\r\n",
                      b"Transfer-Encoding: chunked, gzip\r\n"):
            answer = raw(self.server.port, start + lines + b"\r\n0\r\n\r\nGET /version HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertIn(status_of(answer), (400, 413, 501), (lines, answer))
            answers = re.findall(rb"HTTP/1\.1 \d", answer)
            self.assertEqual(1, len(answers), (lines, "what follows was taken for a request", answer))

    def test_client_that_says_nothing(self):
        silent = [self.connect() for _ in range(50)]
        self.assertStatus(self.server.get("/ready"), 200)
        for sock in silent:
            sock.close()

    def test_client_that_resets(self):
        for data in (b"", b"GET", b"GET /ready HTTP/1.1\r\nHost: h\r\n\r\n",
                     b"POST /imaginary/resize?width=8 HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n12345"):
            for _ in range(10):
                sock = self.connect()
                sock.sendall(data)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.close()
        self.server.wait_metric("imcaxy_connections", 1)

    def test_pipelined_requests(self):
        request = b"GET /ready HTTP/1.1\r\nHost: h\r\n\r\n"
        answer = raw(self.server.port, request * 20 + request.replace(b"Host", b"Connection: close\r\nHost"))
        self.assertEqual(21, answer.count(b"HTTP/1.1 200 OK"))


class SlowReader(BadInput):
    values = {"memory_cache_mb": 64}

    def test_one_byte_at_a_time(self):
        url = self.origin.put("/large.png", png(1600, 1200))
        target = image_target("resize", url, width=1500, height=1100, force="true")
        whole = self.server.get(target)
        self.assertStatus(whole, 200)
        self.assertGreater(len(whole.body), 2 << 20)

        slow = socket.socket()
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(PATIENCE)
        slow.connect(("127.0.0.1", self.server.port))
        slow.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        received = slow.recv(1)
        for _ in range(50):
            self.assertServed(self.server.get(target), "hit-memory", whole.body)
            received += slow.recv(1)
        self.assertEqual(51, len(received))
        received += read_all(slow)
        self.assertEqual(whole.body, received.partition(b"\r\n\r\n")[2])

    def test_many_that_read_nothing(self):
        url = self.origin.put("/large.png", png(1600, 1200))
        target = image_target("resize", url, width=1500, height=1100, force="true")
        whole = self.server.get(target)
        stuck = [self.connect() for _ in range(100)]
        for sock in stuck:
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        self.assertServed(self.server.get(target), "hit-memory", whole.body)
        self.assertLess(self.server.peak_bytes(), MOST_MEMORY)
        for sock in stuck:
            sock.close()
        self.server.wait_metric("imcaxy_connections", 1)


class Limits(BadInput):
    values = {"max_connections": 8, "max_in_flight_requests": 2, "io_threads": 2}

    def test_too_many_connections(self):
        self.server.wait_metric("imcaxy_connections", 1)
        held = []
        refused = []
        for _ in range(20):
            sock = self.connect()
            sock.sendall(b"GET /ready HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = sock.recv(65536)
            (held if status_of(answer) == 200 else refused).append((sock, answer))
        self.assertTrue(0 < len(held) <= 8, len(held))
        for _, answer in refused:
            self.assertEqual(503, status_of(answer), answer)
            self.assertIn(b"too many connections", answer)
            self.assertIn(b"\r\nRetry-After: ", answer)
        for sock, _ in held + refused:
            sock.close()
        wait_until(lambda: self.server.get("/ready").status == 200, "there is room again")

    def test_too_many_productions(self):
        gates = []
        for number in range(3):
            self.origin.put(f"/{number}.png", png(16, 16, seed=number))
            gates.append(self.origin.hold(f"/{number}.png"))
        readers = [self.in_background(self.server.image, "resize", self.origin.url(f"/{number}.png"), width=8)
                   for number in range(2)]
        self.server.wait_metric('imcaxy_productions{kind="results"}', 2)
        busy = self.server.image("resize", self.origin.url("/2.png"), width=8)
        self.assertError(busy, 503, "busy")
        self.assertEqual("1", busy.headers["Retry-After"])
        for gate in gates:
            gate.release()
        for join in readers:
            self.assertStatus(join(), 200)
        wait_until(lambda: self.server.image("resize", self.origin.url("/2.png"), width=8).status == 200, "room again")
