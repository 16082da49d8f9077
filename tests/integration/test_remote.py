"""A remote Imaginary: what it is given, what is believed of its answers, and what is served without it."""
import http.client
import json
import os
import pathlib
import re
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request

import play
from play import Gate, Origin, Play, free_port, image_target, png, png_size, run, wait_until

IMAGINARY = pathlib.Path(__file__).resolve().parents[2] / ".services" / "bin" / "imaginary"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
CHECK = "/resize?width=1"  # what the server tries from time to time


class FakeImaginary(Origin):
    """Answers every POST by `self.reply(handler)`; what the server tries by itself is answered and not counted."""

    def __init__(self):
        super().__init__()
        self.asked = []  # (target, headers, body)
        self.well = True
        self.reply = self.picture(png(30, 20, seed="answer"))
        self.any_method("POST", self._post)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _post(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        handler.close_connection = True  # so that it is gone when it is closed
        if handler.path == CHECK:
            return self.picture(png(1, 1))(handler) if self.well else handler.send_error(500)
        self.asked.append((handler.path, handler.headers, body))
        return self.reply(handler)

    @staticmethod
    def picture(body, content_type="image/png", status=200):
        def send(handler):
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        return send

    @classmethod
    def mistake(cls, status, message):
        return cls.picture(json.dumps({"message": message, "status": status}).encode(), "application/json", status)

    @staticmethod
    def in_pieces(pieces, *, chunked=False, length=None, ends=True):
        """Each piece is bytes or a Gate that is waited at; without `chunked` and `length` the connection's end ends it."""
        def send(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", "image/png")
            if chunked:
                handler.send_header("Transfer-Encoding", "chunked")
            elif length is not None:
                handler.send_header("Content-Length", str(length))
            else:
                handler.send_header("Connection", "close")
            handler.end_headers()
            for piece in pieces:
                if isinstance(piece, Gate):
                    piece.pass_through()
                else:
                    handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                    handler.wfile.flush()
            if chunked and ends:
                handler.wfile.write(b"0\r\n\r\n")
        return send


class Remote(Play):
    def setUp(self):
        super().setUp()
        self.imaginary = FakeImaginary()
        self.addCleanup(self.imaginary.close)
        self.body = png(64, 48)
        self.picture = self.origin.put("/a.png", self.body)

    def with_remote(self, **values):
        return self.serve(**{"imaginary_service_url": self.imaginary.address, "negative_ttl_seconds": 0, **values})

    def assertFallback(self, answer, body=None):
        self.assertStatus(answer, 200)
        self.assertIn("X-Imcaxy-Fallback", answer.headers)
        self.assertEqual("public, max-age=10", answer.headers["Cache-Control"])
        self.assertEqual(body or self.body, answer.body)


class Forwarding(Remote):
    def test_path_and_parameters_as_they_came_and_the_picture(self):
        server = self.with_remote(api_key="ours", imaginary_api_key="theirs")
        given = [("width", "30"), ("text", "a b&c=ä%"), ("width", "99"), ("empty", ""), ("url", self.picture)]
        target = "/imaginary/watermark?" + urllib.parse.urlencode([*given, ("key", "ours"), ("sign", "x")])
        self.assertServed(server.get(target), "miss")
        (path, headers, body), = self.imaginary.asked
        parts = urllib.parse.urlsplit(path)
        self.assertEqual("/watermark", parts.path)
        self.assertEqual(given, urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.assertEqual(self.body, body)
        self.assertEqual("theirs", headers["API-Key"])
        self.assertEqual("image/png", headers["Content-Type"])

    def test_one_fetch_for_many_sizes_and_one_request_for_many_clients(self):
        server = self.with_remote()
        gate = Gate()
        body = png(31, 21)
        self.imaginary.reply = self.imaginary.in_pieces([gate, body], length=len(body))
        answers = []
        clients = [threading.Thread(target=lambda i=i: answers.append(server.image("resize", self.picture, width=5 + i % 2)))
                   for i in range(60)]
        for client in clients:
            client.start()
        gate.wait_for(2)
        gate.release()
        for client in clients:
            client.join()
        self.assertEqual({body}, {answer.body for answer in answers})
        self.assertEqual(2, len(self.imaginary.asked))
        self.assertEqual(1, self.origin.count("/a.png"))

    def test_answers_are_cached_as_others_are(self):
        server = self.with_remote()
        first = server.image("resize", self.picture, width=30)
        self.assertServed(first, "miss")
        etag = first.headers["ETag"]
        target = image_target("resize", self.picture, width=30)
        self.assertServed(server.get(target), "hit-memory")
        self.assertStatus(server.get(target, {"If-None-Match": etag}), 304)
        part = server.get(target, {"Range": "bytes=2-9"})
        self.assertStatus(part, 206)
        self.assertEqual(first.body[2:10], part.body)
        head = server.ask(target, "HEAD")
        self.assertEqual((str(len(first.body)), b""), (head.headers["Content-Length"], head.body))
        wait_until(server.entry_files, "it is on disk")
        server.restart()
        self.assertServed(server.get(target), "hit-disk")
        self.assertEqual(1, len(self.imaginary.asked))
        model = json.loads(server.invalidate(self.picture).body)
        image, = model["invalidatedImages"]
        self.assertEqual(("imaginary", "/resize"), (image["processorType"], image["processorEndpoint"]))
        self.assertServed(server.get(target), "miss")
        self.assertEqual(2, len(self.imaginary.asked))

    def test_what_was_made_here_is_another_answer(self):
        server = self.serve()
        self.assertServed(server.image("resize", self.picture, width=30), "miss")
        server.stop()
        other = self.with_remote(data=server.data)
        self.assertServed(other.image("resize", self.picture, width=30), "miss")
        self.assertEqual(1, len(self.imaginary.asked))

    def test_auto_is_what_imaginary_makes_of_it(self):
        server = self.with_remote(auto_format="avif,webp,jpeg")
        for accept, told in (("image/avif,image/webp,*/*", "image/webp"), ("image/png;q=0.5", "image/png"), ("text/html", "*/*")):
            answer = server.image("resize", self.picture, {"Accept": accept}, width=30, type="auto")
            self.assertServed(answer, "miss")
            self.assertIn("Accept", answer.headers["Vary"])
            self.assertEqual(told, self.imaginary.asked[-1][1]["Accept"])
            self.assertIn("type=auto", self.imaginary.asked[-1][0])
        self.assertServed(server.image("resize", self.picture, {"Accept": "image/webp"}, width=30, type="auto"), "hit-memory")
        plain = server.image("resize", self.picture, {"Accept": "image/avif,image/webp"}, width=30)
        self.assertNotIn("Accept", plain.headers.get("Vary", ""))
        self.assertServed(server.image("resize", self.picture, width=30), "hit-memory")

    def test_uploads(self):
        server = self.with_remote()
        target = image_target("resize", width=30)
        self.assertServed(server.ask(target, "POST", body=self.body), "miss")
        form = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + self.body + b"\r\n--x--\r\n")
        again = server.ask(target, "POST", {"Content-Type": "multipart/form-data; boundary=x"}, form)
        self.assertServed(again, "hit-memory")
        (path, _, body), = self.imaginary.asked
        self.assertEqual(("/resize?width=30", self.body), (path, body))

    def test_info_is_json(self):
        server = self.with_remote()
        self.imaginary.reply = self.imaginary.picture(b'{"width":64}', "text/plain")
        answer = server.image("info", self.picture)
        self.assertStatus(answer, 200)
        self.assertEqual(("application/json", b'{"width":64}'), (answer.headers["Content-Type"], answer.body))
        self.imaginary.reply = self.imaginary.picture(self.body)
        self.assertStatus(server.image("info", self.picture, x=1), 502)


class Pieces(Remote):
    """Answers that take their time reach their readers while they come."""

    def setUp(self):
        super().setUp()
        self.answer = png(200, 200, seed="large")
        self.half = len(self.answer) // 2
        self.gate = Gate()
        self.addCleanup(self.gate.release)

    def open(self, server, target):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=play.PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", target)
        return connection.getresponse()

    def both_halves(self, **how):
        return self.imaginary.in_pieces([self.answer[:self.half], self.gate, self.answer[self.half:]], **how)

    def test_every_reader_gets_them_at_once(self):
        for how in ({"length": len(self.answer)}, {"chunked": True}, {}):
            with self.subTest(how):
                self.gate = Gate()
                self.imaginary.reply = self.both_halves(**how)
                server = self.with_remote()
                target = image_target("resize", self.picture, width=30)
                readers = [self.open(server, target) for _ in range(3)]
                for reader in readers:
                    self.assertEqual(200, reader.status)
                    self.assertEqual("image/png", reader.headers["Content-Type"])
                    self.assertEqual(self.answer[:self.half], reader.read(self.half))
                self.assertEqual(how.get("length"), readers[0].length and readers[0].length + self.half)
                self.gate.release()
                for reader in readers:
                    self.assertEqual(self.answer[self.half:], reader.read())
                # Who knows the length has all of it a moment before the server knows that it is all.
                wait_until(lambda: server.get(target).cache == "hit-memory", "it is kept")
                hit = server.get(target)
                self.assertEqual(self.answer, hit.body)
                self.assertEqual({hit.headers["ETag"]}, {reader.headers["ETag"] for reader in readers})
                self.assertStatus(server.get(target, {"If-None-Match": readers[0].headers["ETag"]}), 304)
                self.assertEqual(["miss", "coalesced", "coalesced"], [reader.headers["X-Cache"] for reader in readers])

    def test_a_break_is_seen_and_nothing_is_kept(self):
        for how in ({"length": len(self.answer) + 5}, {"chunked": True, "ends": False}, {}):
            with self.subTest(how):
                self.gate = Gate()
                self.imaginary.reply = self.imaginary.in_pieces([self.answer[:self.half], self.gate], **how)
                server = self.with_remote()
                target = image_target("resize", self.picture, width=30)
                reader = self.open(server, target)
                self.assertEqual(self.answer[:self.half], reader.read(self.half))
                self.gate.release()
                with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
                    reader.read()
                self.imaginary.reply = self.imaginary.picture(self.answer)
                again = server.get(target)
                self.assertServed(again, "miss")
                self.assertEqual(self.answer, again.body)

    def test_a_reader_that_leaves_disturbs_nobody(self):
        self.imaginary.reply = self.both_halves()
        server = self.with_remote()
        target = image_target("resize", self.picture, width=30)
        first = self.open(server, target)
        first.read(10)
        first.close()
        self.gate.release()
        wait_until(lambda: server.get(target).cache == "hit-memory", "it is stored all the same")
        self.assertEqual(1, len(self.imaginary.asked))


class Mistakes(Remote):
    def test_those_of_clients_are_told_in_imaginarys_words(self):
        server = self.with_remote()
        for status, message in ((400, "Error while processing parameters, x"), (406, "Unsupported media type"),
                                (400, "Unsupported output image format"), (501, "Not implemented endpoint")):
            self.imaginary.reply = self.imaginary.mistake(status, message)
            answer = server.image("resize", self.picture, width=30)
            self.assertStatus(answer, status)
            self.assertEqual({"message": message, "status": status}, json.loads(answer.body))
        self.imaginary.reply = self.imaginary.mistake(400, "Error while processing the image: Missing required param: height or width")
        self.assertStatus(server.image("resize", self.picture), 400)
        self.assertEqual(5, server.metrics()['imcaxy_imaginary_requests_total{end="refused"}'])

    def failures(self):
        """What an Imaginary may do wrong, and the status of its error."""
        fake = self.imaginary
        whole = png(60, 60)
        return {
            "answers 500": (fake.picture(b"oops", "text/plain", 500), 502),
            "is busy": (fake.picture(b"", "text/plain", 503), 503),
            "is behind a gateway": (fake.picture(b"<html>", "text/html", 504), 504),
            "wants a key": (fake.mistake(401, "Invalid or missing API key"), 502),
            "knows no such operation": (fake.mistake(404, "Not found"), 502),
            "can't process it": (fake.mistake(400, "Error while processing the image: vips: no"), 400),
            "redirects": (fake.picture(b"", "text/plain", 302), 502),
            "closes": (lambda handler: None, 502),
            "hangs": (lambda handler: time.sleep(3), 504),
            "hangs in the middle": (fake.in_pieces([whole[:20], Gate()], length=len(whole)), 504),
            "is cut off": (fake.in_pieces([whole[:-30]], length=len(whole)), 502),
            "is cut off, without saying how long it is": (fake.in_pieces([whole[:-30]]), 502),
            "is endless": (fake.in_pieces([whole[:100]] + [b"\0" * 10000] * 100), 502),
            "is a page": (fake.picture(b"<!doctype html><p>" + b"sign in " * 100, "image/png"), 502),
            "is a drawing": (fake.picture(SVG + b" " * 100, "image/svg+xml"), 502),
            "is nothing": (fake.picture(b""), 502),
            "has an endless header": (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100000), 502),
        }

    def test_what_imaginary_does_wrong_is_answered_with_the_original(self):
        values = {"imaginary_timeout_seconds": 1, "imaginary_max_bytes": 200000}
        server, strict = self.with_remote(**values), self.with_remote(**values, fallback="none")
        for what, (reply, status) in self.failures().items():
            with self.subTest(what):
                self.imaginary.reply = reply
                self.assertFallback(server.image("resize", self.picture, width=30))
                error = strict.image("resize", self.picture, width=30)
                self.assertStatus(error, status)
                self.assertEqual(status, json.loads(error.body)["status"])
                self.imaginary.reply = self.imaginary.picture(self.body)  # lest both leave it alone
                for each in (server, strict):
                    self.assertServed(each.image("resize", self.picture, width=30, what=what), "miss")
        self.assertServed(server.image("resize", self.picture, width=30), "miss")

    def test_no_original_for_a_wrong_request_or_what_is_no_picture(self):
        server = self.with_remote()
        self.imaginary.reply = self.imaginary.picture(b"oops", "text/plain", 500)
        svg = self.origin.put("/a.svg", SVG, "image/svg+xml")
        for operation, source, parameters in (("resize", self.picture, {"width": "abc"}), ("resize", self.picture, {}),
                                              ("convert", self.picture, {"type": "exe"}), ("info", self.picture, {}),
                                              ("extract", self.picture, {"top": 1, "left": 1, "areawidth": 900, "areaheight": 9}),
                                              ("resize", svg, {"width": 5})):
            answer = server.image(operation, source, **parameters)
            self.assertStatus(answer, 502)
            self.assertNotIn("X-Imcaxy-Fallback", answer.headers)

    def test_without_it_the_server_goes_on_and_says_so(self):
        server = self.with_remote()
        self.assertServed(server.image("resize", self.picture, width=30), "miss")
        self.assertEqual("ready\n", server.get("/ready").text)
        self.imaginary.close()
        for width in range(40, 50):
            self.assertFallback(server.image("resize", self.picture, width=width))
        self.assertServed(server.image("resize", self.picture, width=30), "hit-memory")
        ready = server.get("/ready")
        self.assertStatus(ready, 200)
        self.assertIn("without the image processor", ready.text)
        self.assertNotIn(str(self.imaginary.port), ready.text)
        health = json.loads(server.get("/health").body)
        self.assertEqual(("degraded", 1), (health["status"], len(health["missing"])))
        metrics = server.metrics()
        self.assertEqual(0, metrics["imcaxy_imaginary_up"])
        self.assertGreater(metrics["imcaxy_imaginary_left_alone_total"], 0)
        wait_until(lambda: "no answer" in server.log(), "the log says what is wrong")

    def test_it_is_used_again_when_it_is_back(self):
        server = self.with_remote()
        self.imaginary.well = False
        self.imaginary.reply = self.imaginary.picture(b"", "text/plain", 502)
        for width in range(40, 50):
            self.assertFallback(server.image("resize", self.picture, width=width))
        self.imaginary.well = True
        self.imaginary.reply = self.imaginary.picture(self.body)
        wait_until(lambda: server.image("resize", self.picture, width=40).cache == "hit-memory", "it is asked again", 15)
        wait_until(lambda: server.get("/ready").text == "ready\n", "nothing is missing", 15)


class Guard(Remote):
    """Nothing that a client names is fetched by Imaginary, which has no guard."""

    def test_refused_sources_are_not_forwarded(self):
        for values, status in (({"allow_private_sources": False}, 403), ({"allowed_domains": "example.com"}, 403)):
            server = self.with_remote(**values)
            self.assertStatus(server.image("resize", self.picture, width=30), status)
        self.assertEqual([], self.imaginary.asked)

    def test_what_imaginary_would_fetch_is_laid_on_here(self):
        server = self.with_remote()
        mark = self.origin.put("/mark.png", png(8, 8))
        steps = ['[{"operation":"watermarkImage","params":{"image":"%s"}}]' % mark,
                 '[{"operation":"crop","Operation":"watermarkImage","params":{"width":9,"image":"%s"}}]' % mark,
                 '[{"Operation":"watermarkImage","operation":"crop","params":{"width":9,"image":"%s"}}]' % mark,
                 '[{"operation":"watermarkImage","operation":"crop","params":{"width":9,"image":"%s"}}]' % mark,
                 '[{"operation":"\\u0077atermarkImage","params":{"image":"%s"}}]' % mark,
                 '[{"operation":"watermarkImage","params":{"image":"%s"}}] x' % mark,
                 '\ufeff[{"operation":"WatermarkImage","params":{"image":"%s"}}]' % mark]
        self.assertServed(server.image("watermarkimage", self.picture, image=mark), "miss")
        self.assertServed(server.image("pipeline", self.picture, operations=steps[0]), "miss")
        for operations in steps:
            server.image("pipeline", self.picture, operations=operations)
            server.get(image_target("pipeline", self.picture, operations="[]") + "&" +
                       urllib.parse.urlencode({"operations": operations}))
            server.get(image_target("pipeline", self.picture) + "&operations=%zz&operations=" + urllib.parse.quote(operations))
        self.assertEqual([], self.imaginary.asked)
        harmless = '[{"operation":"crop","params":{"width":9}}]'
        self.assertServed(server.image("pipeline", self.picture, operations=harmless), "miss")
        self.assertEqual(1, len(self.imaginary.asked))

    def test_disabled_operations_stay_disabled(self):
        server = self.with_remote(disable_endpoints="crop")
        self.assertStatus(server.image("crop", self.picture, width=9), 501)
        self.assertStatus(server.image("pipeline", self.picture, operations='[{"operation":"crop","params":{"width":9}}]'), 400)
        self.assertEqual([], self.imaginary.asked)


class Check(Remote):
    """`imcaxy config --check` tries it, and says what to do."""

    def check(self, url=None):
        return run("config", "--check", imaginary_service_url=url or self.imaginary.address)

    def test_in_order(self):
        for url in (self.imaginary.address, f"http://{self.imaginary.address}", f"http://{self.imaginary.address}/"):
            self.assertEqual((0, "", ""), self.check(url))

    def test_what_is_wrong(self):
        def answer_with(function):
            self.imaginary.any_method("POST", function)
        cases = ((self.imaginary.mistake(401, "Invalid or missing API key"), "IMCAXY_IMAGINARY_API_KEY"),
                 (self.imaginary.mistake(404, "Not found"), "-path-prefix"),
                 (self.imaginary.mistake(400, "Invalid URL signature"), "-enable-url-signature"),
                 (self.imaginary.picture(b"<html>", "text/html"), "is this an Imaginary?"),
                 (self.imaginary.mistake(500, "no"), "status 500, no"))
        for function, word in cases:
            answer_with(function)
            status, _, err = self.check()
            self.assertEqual(1, status)
            self.assertIn("IMCAXY_IMAGINARY_SERVICE_URL", err)
            self.assertIn(word, err)
        status, _, err = self.check(f"127.0.0.1:{free_port()}")
        self.assertEqual(1, status)
        self.assertIn("start Imaginary", err)

    def test_wrong_addresses_stop_the_start(self):
        for url, word in (("imaginary", "port is missing"), ("ftp://imaginary:9000", "host:port"), ("http://", "host"),
                          ("http://user:secret@imaginary:9000", "credentials"), ("imaginary:9000?x", "leave out"),
                          ("imaginary:99999", "1 to 65535"), ("http://imaginary:9000/a b", "path")):
            status, _, err = self.check(url)
            self.assertEqual(1, status, url)
            self.assertIn("IMCAXY_IMAGINARY_SERVICE_URL", err)
            self.assertIn(word, err)


class Real(Play):
    """The same with servers that really process pictures."""

    def compare(self, url, **values):
        picture = self.origin.put("/a.png", png(64, 48))
        broken = self.origin.put("/b.png", png(8, 8)[:8] + b"broken")
        self.assertEqual((0, "", ""), run("config", "--check", imaginary_service_url=url, **values))
        server = self.serve(imaginary_service_url=url, **values)
        answer = server.image("resize", picture, width=32)
        self.assertServed(answer, "miss")
        self.assertEqual((32, 24), png_size(answer.body))
        self.assertServed(server.image("resize", picture, width=32), "hit-memory")
        webp = server.image("resize", picture, {"Accept": "image/webp,*/*"}, width=32, type="auto")
        self.assertEqual(("image/webp", b"WEBP"), (webp.headers["Content-Type"], webp.body[8:12]))
        info = json.loads(server.image("info", picture).body)
        self.assertEqual((64, 48, "png"), (info["width"], info["height"], info["type"]))
        native = self.serve()
        for operation, parameters in (("resize", {}), ("crop", {"width": "abc"}), ("rotate", {}), ("convert", {"type": "exe"}),
                                      ("watermark", {}), ("zoom", {}), ("pipeline", {"operations": "[]"})):
            there, here = server.image(operation, picture, **parameters), native.image(operation, picture, **parameters)
            self.assertEqual((here.status, json.loads(here.body)), (there.status, json.loads(there.body)), operation)
        steps = '[{"operation":"crop","params":{"width":20,"height":10}},{"operation":"convert","params":{"type":"jpeg"}}]'
        self.assertEqual("image/jpeg", server.image("pipeline", picture, operations=steps).headers["Content-Type"])
        self.assertIn("X-Imcaxy-Fallback", server.image("resize", broken, width=10).headers)

    def test_imcaxy(self):
        other = self.serve(api_key="theirs")
        self.compare(f"http://127.0.0.1:{other.port}/imaginary", imaginary_api_key="theirs")

    def test_imaginary(self):
        if not IMAGINARY.exists():
            if os.environ.get("CI") == "true":
                self.fail("Imaginary is not installed")
            self.skipTest("Imaginary is not installed: scripts/services/install.sh says why")
        port = free_port()
        process = subprocess.Popen([IMAGINARY, "-a", "127.0.0.1", "-p", str(port), "-key", "theirs"], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def answers():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/health?key=theirs", timeout=2).status == 200
            except OSError:
                return False
        wait_until(answers, "Imaginary answers")
        self.compare(f"127.0.0.1:{port}", imaginary_api_key="theirs")


if __name__ == "__main__":
    unittest.main()
