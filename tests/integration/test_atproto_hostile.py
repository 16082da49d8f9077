"""Servers of accounts that mean harm: every one gets its status, nothing of theirs is kept, memory stays bounded."""
import gzip
import io
import json
import time

from blobs import ALICE, blob_path, cid_of, img, put_blob, register
from play import Play, png

GOOD = png(64, 48)
CID = cid_of(GOOD)
PATH = blob_path(ALICE, CID)


def raw_answer(pieces, pause=0):
    """An answer as these bytes, one piece after the other, until the client has enough of it."""
    def send(handler):
        handler.close_connection = True
        for piece in pieces():
            handler.wfile.write(piece)
            if pause:
                time.sleep(pause)
    return send


class Hostile(Play):
    def setUp(self):
        super().setUp()
        register(self.origin, ALICE)
        self.server = self.proxy()

    def proxy(self, **values):
        return self.serve(image_proxy_plc_url=self.origin.url(""), negative_ttl_seconds=0,
                          image_proxy_fetch_timeout_seconds=2, image_proxy_max_source_size_mb=1, **values)

    def ask(self, server=None, cid=CID):
        return (server or self.server).get(img("avatar_small", ALICE, cid))

    def assertRefused(self, answer, status, body, server=None):
        self.assertEqual((answer.status, answer.text), (status, body), answer)
        counted = (server or self.server).metrics()
        for tier in ("memory", "originals", "blobs"):
            self.assertEqual(counted[f'imcaxy_cache_entries{{tier="{tier}"}}'], 0, tier)

    def test_other_bytes_than_those_of_the_cid(self):
        self.origin.put(PATH, png(64, 48, seed=2))
        self.assertRefused(self.ask(), 502, "failed to fetch blob from PDS")
        self.assertEqual(self.server.metrics()["imcaxy_blobs_wrong_total"], 1)
        self.origin.put(PATH, GOOD)
        self.assertEqual(self.ask().status, 200)

    def test_a_body_without_an_end(self):
        def endless():
            yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"
            while True:
                yield b"x" * 65536
        self.origin.answer(PATH, raw_answer(endless))
        self.assertRefused(self.ask(), 400, "image too large")

    def test_a_body_that_is_announced_to_be_too_large(self):
        self.origin.put(PATH, b"x" * (2 << 20))
        self.assertRefused(self.ask(), 400, "image too large")

    def test_a_slow_drip(self):
        def drip():
            yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n"
            for _ in range(100):
                yield b"x"
        self.origin.answer(PATH, raw_answer(drip, pause=0.1))
        begun = time.monotonic()
        self.assertRefused(self.ask(), 504, "request timed out")
        self.assertLess(time.monotonic() - begun, 20)

    def test_a_header_without_an_end(self):
        before = self.server.peak_bytes()

        def header():
            yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
            for i in range(1 << 20):
                yield b"X-%d: " % i + b"y" * 1000 + b"\r\n"
        self.origin.answer(PATH, raw_answer(header))
        self.assertRefused(self.ask(), 502, "failed to fetch blob from PDS")
        self.assertLess(self.server.peak_bytes() - before, 64 << 20)

    def test_a_line_of_a_header_without_an_end(self):
        def header():
            yield b"HTTP/1.1 200 OK\r\nX-Long: "
            for _ in range(1 << 10):
                yield b"y" * (1 << 20)
        self.origin.answer(PATH, raw_answer(header))
        self.assertRefused(self.ask(), 502, "failed to fetch blob from PDS")

    def test_a_bomb_of_gzip(self):
        before = self.server.peak_bytes()
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
            for _ in range(500):
                file.write(bytes(1 << 20))
        self.origin.put(PATH, packed.getvalue(), headers={"Content-Encoding": "gzip"})
        self.assertRefused(self.ask(), 400, "image too large")
        self.assertLess(self.server.peak_bytes() - before, 64 << 20)

    def test_a_page_that_says_it_is_a_picture(self):
        page = b"<!doctype html><script>alert(1)</script>"
        cid = put_blob(self.origin, ALICE, page, "image/jpeg")
        answer = self.ask(cid=cid)
        self.assertEqual((answer.status, answer.text), (400, "unsupported image format"))
        drawing = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
        cid = put_blob(self.origin, ALICE, drawing, "image/png")
        self.assertEqual((self.ask(cid=cid).status, self.ask(cid=cid).text), (400, "unsupported image format"))

    def test_a_picture_of_too_many_pixels(self):
        small = self.proxy(image_proxy_max_source_megapixels="0.01")
        cid = put_blob(self.origin, ALICE, png(200, 100))
        answer = self.ask(small, cid)
        self.assertEqual((answer.status, answer.text), (400, "image too large"))

    def test_redirects(self):
        self.origin.put("/cdn", GOOD)
        self.origin.put(PATH, b"", status=302, headers={"Location": self.origin.url("/cdn")})
        self.assertEqual(self.ask().status, 200)

    def test_redirects_to_where_nobody_may_go(self):
        # The server itself may be asked, and nothing else.
        guarded = self.proxy(allow_private_sources="127.0.0.1/32")
        for location in ("http://127.0.0.2:80/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
                         "http://10.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://user:pw@127.0.0.1/"):
            self.origin.put(PATH, b"", status=302, headers={"Location": location})
            with self.subTest(location=location):
                self.assertRefused(self.ask(guarded), 502, "failed to fetch blob from PDS", guarded)
        closed = self.proxy(allow_private_sources=False)
        self.assertRefused(self.ask(closed), 502, "failed to resolve DID", closed)

    def test_redirects_in_a_circle(self):
        self.origin.put(PATH, b"", status=302, headers={"Location": self.origin.url(PATH)})
        self.assertRefused(self.ask(), 502, "failed to fetch blob from PDS")
        self.assertLess(self.origin.count(PATH), 10)

    def test_documents_that_are_none(self):
        for document in (b"", b"[" * 200000, b'{"id": "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz"}', b"\xff\xfe", b"x" * (1 << 20)):
            server = self.proxy()
            self.origin.put("/" + ALICE, document)
            self.assertRefused(self.ask(server), 502, "failed to resolve DID", server)
        self.origin.put("/" + ALICE, json.dumps({"id": ALICE, "service": []}).encode())
        server = self.proxy()
        self.assertRefused(self.ask(server), 502, "no PDS endpoint found", server)
        register(self.origin, ALICE, "http://user:secret@127.0.0.1/")
        server = self.proxy()
        self.assertRefused(self.ask(server), 502, "no PDS endpoint found", server)

    def test_a_server_that_is_busy_is_left_alone(self):
        self.origin.put(PATH, b"", status=429, headers={"Retry-After": "3600"})
        for _ in range(5):
            self.assertRefused(self.ask(), 504, "request timed out")
        self.assertEqual(self.origin.count(PATH), 1)


class Switches(Play):
    def test_off_where_sources_are_limited(self):
        register(self.origin, ALICE)
        cid = put_blob(self.origin, ALICE, GOOD)
        plc = {"image_proxy_plc_url": self.origin.url("")}
        for values, status in (({}, 200), ({"image_proxy_enabled": False}, 404),
                               ({"allowed_domains": "example.com"}, 404), ({"api_key": "x"}, 404),
                               ({"url_signature_key": "k" * 32}, 404), ({"allowed_sources": "example.com"}, 404),
                               ({"allowed_domains": "example.com", "image_proxy_enabled": True}, 200)):
            with self.subTest(**values):
                self.assertStatus(self.serve(**plc, **values).get(img("avatar", ALICE, cid)), status)

    def test_below_a_prefix(self):
        register(self.origin, ALICE)
        cid = put_blob(self.origin, ALICE, GOOD)
        server = self.serve(image_proxy_plc_url=self.origin.url(""), path_prefix="/api/v1")
        self.assertStatus(server.get(img("avatar", ALICE, cid)), 200)
