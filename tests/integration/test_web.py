"""The pages for browsers, and what they ask: tokens, streams, headers."""
import gzip
import http.client
import json
import re
import threading
import time
import unittest
import urllib.parse

import pictures
from play import Play, Server, ask, image_target, png, wait_until

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DATA = ("live", "entries?url=http://example.com/a.png", "invalidations", "invalidations?project=p", "nothing", "")


def has_pages():
    """Whether this program was built with them."""
    with Server() as server:
        return server.get("/playground/").status == 200


class Pages(Play):
    @classmethod
    def setUpClass(cls):
        if not has_pages():
            raise unittest.SkipTest("this imcaxy was built without Node.js, so it has no pages")

    def test_headers(self):
        server = self.serve()
        for path in ("/", "/playground/", "/dashboard/"):
            page = server.get(path, HTML)
            self.assertStatus(page, 200)
            policy = page.headers["Content-Security-Policy"]
            for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
                self.assertIn(part, policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual("nosniff", page.headers["X-Content-Type-Options"])
            self.assertEqual("no-cache", page.headers["Cache-Control"])
            self.assertEqual(["Accept-Encoding"], page.headers.get_all("Vary"))
            again = server.get(path, {**HTML, "If-None-Match": page.headers["ETag"]})
            self.assertEqual((304, b""), (again.status, again.body))
            # Nothing inline, which the policy would refuse, and nothing from elsewhere.
            self.assertNotRegex(page.text, r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=")
            self.assertNotRegex(page.text, r"(?:src|href)=\"(?:https?:)?//")

    def test_assets(self):
        server = self.serve()
        for path in ("/", "/playground/", "/dashboard/"):
            links = re.findall(r'(?:src|href)="([^"]*assets/[^"]+)"', server.get(path, HTML).text)
            self.assertTrue(links)
            for link in links:
                target = urllib.parse.urljoin(path, link)
                asset = server.get(target)
                self.assertStatus(asset, 200)
                self.assertEqual("public, max-age=31536000, immutable", asset.headers["Cache-Control"])
                self.assertEqual("nosniff", asset.headers["X-Content-Type-Options"])
                packed = server.get(target, {"Accept-Encoding": "gzip"})
                if packed.headers["Content-Encoding"]:
                    self.assertEqual(asset.body, gzip.decompress(packed.body))
                    self.assertNotEqual(asset.headers["ETag"], packed.headers["ETag"])
                    brotli = server.get(target, {"Accept-Encoding": "gzip, br"})
                    self.assertEqual("br", brotli.headers["Content-Encoding"])
                    self.assertLess(len(brotli.body), len(packed.body))
                    self.assertEqual("Accept-Encoding", brotli.headers["Vary"])

    def test_below_a_prefix(self):
        server = self.serve(path_prefix="/api/v1")
        moved = server.get("/playground", HTML)
        self.assertEqual((301, "playground/"), (moved.status, moved.headers["Location"]))
        page = server.get("/playground/", HTML)
        link = re.search(r'src="([^"]*assets/[^"]+)"', page.text)[1]
        self.assertStatus(ask(server.port, urllib.parse.urljoin("/api/v1/playground/", link)), 200)
        self.assertStatus(server.get("/playground/api/grammar"), 200)
        self.assertStatus(ask(server.port, "/playground/"), 404)

    def test_other_methods(self):
        server = self.serve()
        for path in ("/playground/", "/dashboard/", "/dashboard/api/live"):
            answer = server.ask(path, "POST", body=b"x")
            self.assertEqual((405, "GET, HEAD"), (answer.status, answer.headers["Allow"]), path)
        head = server.ask("/playground/", "HEAD", HTML)
        self.assertEqual((200, b""), (head.status, head.body))

    def test_playground_switched_off(self):
        server = self.serve(playground=False)
        for path in ("/playground/", "/playground/api/grammar", "/playground/api/score/resize?width=8&url=x"):
            self.assertStatus(server.get(path, HTML), 404)
        self.assertStatus(server.get("/dashboard/", HTML), 200)


class Stream:
    """An open stream of events."""

    def __init__(self, server, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.connection.request("GET", "/dashboard/api/live", headers={"Authorization": "Bearer " + (token or server.token())})
        self.answer = self.connection.getresponse()

    def event(self):
        line = self.answer.readline()
        if not line:
            return None
        assert line.startswith(b"data: "), line
        assert self.answer.readline() == b"\n"
        return json.loads(line[6:])

    def close(self):
        self.connection.close()


class DashboardData(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def data(self, path, token=None):
        return self.server.get("/dashboard/api/" + path, {"Authorization": "Bearer " + (token or self.server.token())})

    def stream(self):
        stream = Stream(self.server)
        self.addCleanup(stream.close)
        return stream

    def test_needs_the_token(self):
        token = self.server.token()
        for path in DATA:
            for value in (None, "", "Bearer wrong", token, "Bearer " + token[:-1], "Basic " + token):
                answer = self.server.get("/dashboard/api/" + path, {} if value is None else {"Authorization": value})
                self.assertEqual((401, "access token authorization failed"), (answer.status, answer.text), path)
                self.assertEqual(("Bearer", "no-store"), (answer.headers["WWW-Authenticate"], answer.headers["Cache-Control"]))
        # Not as a parameter either, where it would end up in logs.
        self.assertStatus(self.server.get("/dashboard/api/invalidations?token=" + token), 401)
        self.assertStatus(self.data("invalidations"), 200)
        self.assertStatus(self.data("nothing"), 404)

    def test_live(self):
        url = self.origin.put("/a.png", png(64, 64))
        stream = self.stream()
        self.assertEqual((200, "text/event-stream", "no-store"), (stream.answer.status, stream.answer.headers["Content-Type"],
                                                                  stream.answer.headers["Cache-Control"]))
        first = stream.event()
        self.assertEqual({"version", "boundsMs", "memoryLimit", "diskLimit"}, set(first["server"]))
        for _ in range(4):
            self.assertStatus(self.server.image("resize", url, width=16), 200)
        self.assertStatus(self.server.image("resize", self.origin.url("/gone.png"), width=16, key="secret"), 404)
        seen = {"hit-memory": 0, "miss": 0, "errors": 0}

        def complete():
            event = stream.event()
            self.assertNotIn("server", event)
            for sample in event["samples"]:
                seen["hit-memory"] += sample["pictures"]["byResult"]["hit-memory"]
                seen["miss"] += sample["pictures"]["byResult"]["miss"]
                seen["errors"] += sample["pictures"]["clientErrors"]
            return event if sum(seen.values()) == 5 else None
        event = wait_until(complete, "all answers are told")
        self.assertEqual({"hit-memory": 3, "miss": 1, "errors": 1}, seen)
        self.assertIn({"url": url, "count": 4}, event["sources"])
        failure, = event["failures"]
        self.assertEqual((404, 1), (failure["status"], failure["count"]))
        self.assertNotIn("secret", json.dumps(event))
        self.assertEqual(4 * len(png(64, 64)), event["sums"]["originalBytes"])
        figures = {(figure["name"], figure["label"]): figure["value"] for figure in event["figures"]}
        self.assertEqual(1, figures["imcaxy_cache_entries", "memory"])
        # Whoever comes later is told what was before.
        self.assertGreaterEqual(len(self.stream().event()["samples"]), 1)

    def test_a_stream_does_not_hold_up_the_end(self):
        stream = self.stream()
        stream.event()
        begun = time.monotonic()
        self.assertEqual(0, self.server.stop())
        self.assertLess(time.monotonic() - begun, 10)
        while stream.event():
            pass  # it ended as a stream does, not by a broken connection

    def test_streams_are_bounded(self):
        streams = [self.stream() for _ in range(32)]
        for stream in streams:
            stream.event()
        self.assertEqual(503, self.stream().answer.status)
        streams.pop().close()
        wait_until(lambda: self.stream().answer.status == 200, "there is a place again")

    def test_entries(self):
        url = self.origin.put("/a%20b.png", png(64, 64))
        for width in (8, 16):
            self.assertStatus(self.server.image("resize", url, width=width), 200)
        self.server.image("resize", url, width=16)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 2)
        # However it is written.
        for written in (url, url.replace("%20", " "), url.replace("http", "HTTP", 1)):
            found = json.loads(self.data("entries?url=" + urllib.parse.quote(written, safe="")).body)
            self.assertEqual(3, len(found["entries"]), found)
        kinds = {entry["target"].split("?")[0] + entry["kind"]: entry for entry in found["entries"]}
        by_width = {entry["width"]: entry for entry in found["entries"] if entry["kind"] == "picture"}
        self.assertEqual({"8", "16"}, set(by_width), kinds)
        self.assertEqual((1, ["memory", "results"]), (by_width["16"]["hits"], by_width["16"]["tiers"]))
        self.assertEqual(len(png(64, 64)), by_width["16"]["originalBytes"])
        original, = [entry for entry in found["entries"] if entry["kind"] == "original"]
        self.assertEqual((None, ["originals"], len(png(64, 64))), (original["hits"], original["tiers"], original["bytes"]))
        # And over a restart, when nothing is in memory.
        self.server.restart()
        found = json.loads(self.data("entries?url=" + urllib.parse.quote(url, safe="")).body)
        self.assertEqual([None] * 3, [entry["hits"] for entry in found["entries"]])
        self.assertStatus(self.server.invalidate(url), 200)
        self.assertEqual([], json.loads(self.data("entries?url=" + urllib.parse.quote(url, safe="")).body)["entries"])

    def test_entries_of_nothing(self):
        self.assertStatus(self.data("entries"), 400)
        for wrong in ("nonsense", "ftp://example.com/a", "http://user:password@example.com/a"):
            self.assertStatus(self.data("entries?url=" + wrong), 400)
        for unknown in ("http://example.com/a", "body:" + "0" * 64, "at://did:plc:x/y", "file:///etc/passwd"):
            self.assertEqual([], json.loads(self.data("entries?url=" + unknown).body)["entries"])

    def test_invalidations(self):
        self.assertEqual([], json.loads(self.data("invalidations").body)["projects"])
        self.server.invalidate("http://example.com/1", "http://example.com/2", project="shop", commit="one")
        self.server.invalidate("http://example.com/3", project="ma\u00df & co", commit="two")
        self.server.invalidate("nonsense", project="shop", commit="three")
        projects = json.loads(self.data("invalidations").body)["projects"]
        self.assertEqual([("shop", 2), ("ma\u00df & co", 1)], [(project["name"], project["kept"]) for project in projects])
        shop = json.loads(self.data("invalidations?project=shop").body)["invalidations"]
        self.assertEqual(["three", "one"], [item["commit"] for item in shop])
        self.assertEqual((2, 2, None), (shop[1]["requested"], shop[1]["done"], shop[1]["error"]))
        self.assertIn("nonsense", shop[0]["error"])
        other = json.loads(self.data("invalidations?project=" + urllib.parse.quote("ma\u00df & co")).body)["invalidations"]
        self.assertEqual(["http://example.com/3"], other[0]["sources"])


class Playground(Play):
    def score(self, server, operation, url, headers=None, **parameters):
        return server.get(image_target(operation, url, **parameters).replace("/imaginary/", "/playground/api/score/"), headers)

    def test_grammar(self):
        server = self.serve(disable_endpoints="blur")
        grammar = json.loads(server.get("/playground/api/grammar").body)
        self.assertIn("resize", grammar["operations"])
        self.assertNotIn("blur", grammar["operations"])
        self.assertIn("focal", grammar["parameters"])
        self.assertEqual((False, False), (grammar["needsKey"], grammar["needsSignature"]))

    def test_score(self):
        server = self.serve()
        url = self.origin.put("/photo.png", pictures.photograph_png(96, 64))
        scores = {}
        for quality in (20, 90):
            answer = self.score(server, "resize", url, width=64, type="jpeg", quality=quality)
            self.assertStatus(answer, 200)
            scores[quality] = json.loads(answer.body)
            sent = server.image("resize", url, width=64, type="jpeg", quality=quality)
            self.assertEqual(("hit-memory", len(sent.body)), (sent.cache, scores[quality]["bytes"]), "it is the answer itself")
            self.assertEqual(len(pictures.photograph_png(96, 64)), scores[quality]["originalBytes"])
        self.assertLess(scores[20]["score"], scores[90]["score"])
        self.assertEqual(100, json.loads(self.score(server, "resize", url, width=64, type="png").body)["score"])
        uploaded = server.ask("/playground/api/score/resize?width=64&type=jpeg&quality=20", "POST", body=pictures.photograph_png(96, 64))
        self.assertEqual(scores[20]["score"], json.loads(uploaded.body)["score"])

    def test_score_is_refused(self):
        server = self.serve()
        url = self.origin.put("/a.png", png(64, 64))
        for status, operation, parameters in ((404, "nothing", {}), (400, "info", {}), (400, "pipeline", {"operations": "[]"}),
                                              (400, "resize", {}), (400, "resize", {"width": 4}),
                                              (400, "enlarge", {"width": 3000, "height": 3000, "type": "jpeg"})):
            answer = self.score(server, operation, url, **parameters)
            self.assertStatus(answer, status)
            self.assertTrue(json.loads(answer.body)["message"])
        self.assertStatus(self.score(server, "resize", self.origin.url("/gone.png"), width=16), 404)
        self.assertStatus(server.ask("/playground/api/score/resize?width=16", "DELETE"), 405)

    def test_score_asks_the_gate(self):
        url = self.origin.put("/a.png", png(64, 64))
        server = self.serve(api_key="secret")
        self.assertStatus(self.score(server, "resize", url, width=16), 401)
        self.assertStatus(self.score(server, "resize", url, {"API-Key": "secret"}, width=16), 200)
        signed = self.serve(url_signature_key="0123456789012345678901234567890123")
        self.assertStatus(self.score(signed, "resize", url, width=16), 403)
        strict = self.serve(allowed_domains="example.com")
        self.assertStatus(self.score(strict, "resize", url, width=16), 403)

    def test_score_is_bounded(self):
        server = self.serve()
        url = self.origin.put("/a.png", png(256, 256))
        statuses = []

        def many():
            for _ in range(20):
                statuses.append(self.score(server, "resize", url, width=128, type="jpeg").status)
        threads = [threading.Thread(target=many) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({200, 429}, set(statuses))
        self.assertLess(statuses.count(200), 40)
        wait_until(lambda: self.score(server, "resize", url, width=128, type="jpeg").status == 200, "scores go on")
