"""Invalidation and its token, what probes and Prometheus see, and the answers to what is no route."""
import json
import os
import re
import stat
import urllib.parse

from play import Play, image_target, png, wait_until

LABEL = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"'
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{' + LABEL + '(?:,' + LABEL + r')*\})?'
                    r' (?:[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|[-+]?Inf|NaN)$')


class Token(Play):
    def delete(self, server, headers):
        return server.ask("/invalidate?projectName=p&latestCommitHash=c&urls=http://example.com/a", "DELETE", headers)

    def assertUnauthorized(self, answer):
        self.assertEqual((401, "access token authorization failed"), (answer.status, answer.text), answer)
        self.assertEqual("Bearer", answer.headers["WWW-Authenticate"])

    def test_made_and_kept(self):
        server = self.serve()
        path = os.path.join(server.data, "token")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        token = server.token()
        self.assertRegex(token, r"^[0-9a-f]{32,}$")
        self.assertStatus(self.delete(server, {"Authorization": "Bearer " + token}), 200)
        self.assertNotIn(token, server.log())
        server.restart()
        self.assertEqual(token, server.token())
        self.assertStatus(self.delete(server, {"Authorization": "Bearer " + token}), 200)

    def test_wrong_or_missing(self):
        server = self.serve()
        token = server.token()
        for value in (None, "", "Bearer", "Bearer ", "Bearer wrong", token, "Basic " + token, "Bearer " + token[:-1],
                      "Bearer " + token + "0", "Bearer " + token.upper() + "X"):
            self.assertUnauthorized(self.delete(server, {} if value is None else {"Authorization": value}))
        missing = server.ask("/invalidate", "DELETE")
        self.assertUnauthorized(missing)  # before anything is said about the parameters

    def test_from_the_environment(self):
        server = self.serve(invalidate_security_token="secret-of-the-play")
        self.assertFalse(os.path.exists(os.path.join(server.data, "token")))
        self.assertStatus(self.delete(server, {"Authorization": "Bearer secret-of-the-play"}), 200)
        self.assertUnauthorized(self.delete(server, {"Authorization": "Bearer other"}))
        self.assertNotIn("secret-of-the-play", server.log() + server.access_log())


class Invalidation(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.urls = [self.origin.put(f"/{folder}/{i}.png", png(16, 16, seed=f"{folder}{i}"))
                     for folder in ("one", "two") for i in range(2)]

    def delete(self, query, body=None):
        return self.server.ask("/invalidate?" + urllib.parse.urlencode(query), "DELETE",
                               {"Authorization": "Bearer " + self.server.token()}, body)

    def fill(self):
        for url in self.urls:
            self.assertStatus(self.server.image("resize", url, width=8), 200)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', len(self.urls))

    def cached(self):
        """Which of the pictures are still in the cache; those that were not are in it afterwards."""
        return [self.server.image("resize", url, width=8).cache != "miss" for url in self.urls]

    def test_missing_parameters(self):
        full = {"projectName": "p", "latestCommitHash": "c", "urls": self.urls[0]}
        for name in full:
            for value in (None, ""):
                query = {k: v for k, v in full.items() if k != name}
                if value is not None and name != "urls":
                    query[name] = value
                answer = self.delete(query)
                self.assertEqual((400, f"{name} query parameter is required"), (answer.status, answer.text))

    def test_urls(self):
        self.fill()
        answer = self.delete([("projectName", "p"), ("latestCommitHash", "c1"), ("urls", self.urls[0]),
                              ("urls", self.urls[3])])
        self.assertStatus(answer, 200)
        model = json.loads(answer.body)
        self.assertEqual(["projectName", "commitHash", "invalidationDate", "requestedInvalidations",
                          "doneInvalidations", "invalidatedImages", "invalidationError"], list(model))
        self.assertEqual(("p", "c1", None), (model["projectName"], model["commitHash"], model["invalidationError"]))
        self.assertEqual([self.urls[0], self.urls[3]], model["requestedInvalidations"])
        self.assertEqual([self.urls[0], self.urls[3]], model["doneInvalidations"])
        self.assertRegex(model["invalidationDate"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        images = {image["sourceImageURL"]: image for image in model["invalidatedImages"]}
        self.assertEqual({self.urls[0], self.urls[3]}, set(images))
        image = images[self.urls[0]]
        self.assertEqual(("image/png", "/resize"), (image["mimeType"], image["processorEndpoint"]))
        self.assertEqual(image_target("resize", self.urls[0], width=8), image["rawRequest"])
        self.assertEqual({"width": ["8"]}, image["processingParams"])
        self.assertEqual([False, True, True, False], self.cached())

    def test_all_sizes_of_a_picture(self):
        for width in (4, 8, 12):
            self.server.image("resize", self.urls[0], width=width)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 3)
        model = json.loads(self.server.invalidate(self.urls[0]).body)
        self.assertEqual(3, len(model["invalidatedImages"]))
        for width in (4, 8, 12):
            self.assertServed(self.server.image("resize", self.urls[0], width=width), "miss")

    def test_json_body(self):
        self.fill()
        body = {"projectName": "p", "latestCommitHash": "c", "urls": [self.urls[0]],
                "prefixes": self.origin.url("/two/")}
        answer = self.delete({}, json.dumps(body))
        self.assertStatus(answer, 200)
        self.assertEqual([self.urls[0], self.origin.url("/two/")], json.loads(answer.body)["doneInvalidations"])
        self.assertEqual([False, True, False, False], self.cached())

    def test_bad_json_bodies(self):
        query = {"projectName": "p", "latestCommitHash": "c"}
        for body, about in (("{", "JSON object"), ("[]", "JSON object"), ('"a"', "JSON object"),
                            ("\xff", "JSON object"), ('{"urls": [1]}', "urls"), ('{"projectName": 1}', "projectName"),
                            ('{"prefixes": {"a": 1}}', "prefixes")):
            answer = self.delete(query, body.encode("latin-1"))
            self.assertStatus(answer, 400)
            self.assertIn(about, answer.text)
        for body in ('{"urls": null, "prefixes": []}', '{"prefixes": []}', "{}"):
            answer = self.delete(query, body)
            self.assertEqual((400, "urls query parameter is required"), (answer.status, answer.text))

    def test_nothing_changed(self):
        """A list that is there and empty records the commit, so that the next difference begins there."""
        self.fill()
        answer = self.delete({"projectName": "play", "latestCommitHash": "c5"}, '{"urls": []}')
        self.assertStatus(answer, 200)
        model = json.loads(answer.body)
        self.assertEqual(([], [], [], None), (model["requestedInvalidations"], model["doneInvalidations"],
                                              model["invalidatedImages"], model["invalidationError"]))
        self.assertEqual("c5", json.loads(self.server.get("/latestInvalidation?projectName=play").body)["commitHash"])
        self.assertEqual([True] * 4, self.cached())

    def test_prefixes(self):
        self.fill()
        answer = self.server.invalidate(prefixes=[self.origin.url("/one/")])
        self.assertStatus(answer, 200)
        self.assertEqual([False, False, True, True], self.cached())
        self.server.restart()
        self.assertStatus(self.server.invalidate(prefixes=[self.origin.url("/")]), 200)
        self.assertEqual([False] * 4, self.cached())

    def test_after_a_restart(self):
        self.fill()
        self.server.restart()
        self.assertStatus(self.server.invalidate(self.urls[1]), 200)
        self.assertEqual([True, False, True, True], self.cached())

    def test_wrong_url_among_good_ones(self):
        self.fill()
        wrong = "ftp://example.com/a.png"
        answer = self.server.invalidate(self.urls[0], wrong, self.urls[1], commit="c9")
        self.assertStatus(answer, 500)
        model = json.loads(answer.body)
        self.assertEqual([self.urls[0], wrong, self.urls[1]], model["requestedInvalidations"])
        self.assertEqual([self.urls[0], self.urls[1]], model["doneInvalidations"])
        self.assertIn(wrong, model["invalidationError"])
        self.assertEqual(2, len(model["invalidatedImages"]))
        self.assertEqual([False, False, True, True], self.cached())
        latest = self.server.get("/latestInvalidation?projectName=play")
        self.assertEqual((200, model), (latest.status, json.loads(latest.body)))

    def test_latest(self):
        for path in ("/latestInvalidation", "/lastInvalidation"):
            missing = self.server.get(path)
            self.assertEqual((400, "projectName query parameter is required"), (missing.status, missing.text))
            none = self.server.get(path + "?projectName=play")
            self.assertStatus(none, 404)
            self.assertEqual({"projectName": "play", "commitHash": "", "requestedInvalidations": [],
                              "doneInvalidations": [], "invalidatedImages": [], "invalidationError": None},
                             {k: v for k, v in json.loads(none.body).items() if k != "invalidationDate"})
        self.server.invalidate(self.urls[0], commit="c1")
        self.server.invalidate(self.urls[0], commit="other", project="other")
        model = json.loads(self.server.invalidate(self.urls[0], commit="c2").body)
        for _ in range(2):
            for path in ("/latestInvalidation", "/lastInvalidation"):
                answer = self.server.get(path + "?projectName=play")
                self.assertEqual((200, model), (answer.status, json.loads(answer.body)))
                self.assertEqual("no-store", answer.headers["Cache-Control"])
            self.server.restart()

    def test_survives_a_kill(self):
        model = json.loads(self.server.invalidate(self.urls[0], commit="c7").body)
        self.server.kill()
        self.server.start()
        self.assertEqual(model, json.loads(self.server.get("/latestInvalidation?projectName=play").body))


class Status(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def test_health(self):
        for path in ("/health", "/imaginary/health"):
            answer = self.server.get(path)
            self.assertStatus(answer, 200)
            self.assertEqual("application/json", answer.headers["Content-Type"])
            self.assertEqual("no-store", answer.headers["Cache-Control"])
            health = json.loads(answer.body)
            for name in ("uptime", "allocatedMemory", "totalAllocatedMemory", "goroutines", "completedGCCycles", "cpus",
                         "maxHeapUsage", "heapInUse", "objectsInUse", "OSMemoryObtained"):
                self.assertIsInstance(health[name], (int, float), name)
                self.assertGreaterEqual(health[name], 0, name)
            self.assertGreater(health["heapInUse"], 1)
            self.assertGreater(health["cpus"], 0)
            self.assertEqual("ok", health["status"])

    def test_ready(self):
        answer = self.server.get("/ready")
        self.assertEqual((200, "ready\n", "no-store"), (answer.status, answer.text, answer.headers["Cache-Control"]))

    def make_traffic(self):
        url = self.origin.put("/a.png", png(32, 32))
        for _ in range(2):
            self.server.image("resize", url, width=8)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 1)
        self.server.image("resize", self.origin.url("/missing.png"), width=8)
        self.server.get("/nothing")
        # An answer is counted once it has been sent.
        for route in ("imaginary", "other"):
            self.server.wait_metric(f'imcaxy_requests_total{{route="{route}",status="404",cache="none"}}', 1)

    def test_metrics(self):
        self.make_traffic()
        answer = self.server.get("/metrics")
        self.assertStatus(answer, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer)
        types, samples = {}, {}
        for line in answer.text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                self.assertNotIn(name, types, "a family stands twice")
                types[name] = kind
            elif line.startswith("# HELP "):
                self.assertGreater(len(line.split(" ", 3)), 3, line)
            else:
                found = SAMPLE.match(line)
                self.assertTrue(found, f"no sample of Prometheus' text format: {line}")
                family = re.sub(r"_(bucket|sum|count)$", "", found[1])
                self.assertIn(types.get(found[1]) or types.get(family), ("counter", "gauge", "histogram"), line)
                self.assertNotIn(line.rsplit(" ", 1)[0], samples)
                samples[line.rsplit(" ", 1)[0]] = float(line.rsplit(" ", 1)[1])
        for name, kind in (("imcaxy_requests_total", "counter"), ("imcaxy_stage_seconds", "histogram"),
                           ("imcaxy_queue_length", "gauge"), ("imcaxy_productions", "gauge"),
                           ("imcaxy_readers", "gauge"), ("imcaxy_connections", "gauge"),
                           ("imcaxy_cache_bytes", "gauge"), ("imcaxy_cache_entries", "gauge"), ("imcaxy_cache_evictions_total", "counter"),
                           ("imcaxy_cache_write_errors_total", "counter"), ("imcaxy_source_errors_total", "counter"),
                           ("imcaxy_vips_memory_bytes", "gauge")):
            self.assertEqual(kind, types.get(name), name)
        self.check_figures(samples)

    def check_figures(self, samples):
        def requests(route, status, cache):
            return samples[f'imcaxy_requests_total{{route="{route}",status="{status}",cache="{cache}"}}']
        self.assertEqual(1, requests("imaginary", 200, "miss"))
        self.assertEqual(1, requests("imaginary", 200, "hit-memory"))
        self.assertEqual(1, requests("imaginary", 404, "none"))
        self.assertEqual(1, requests("other", 404, "none"))
        self.assertEqual(1, samples["imcaxy_source_errors_total"])
        self.assertEqual(1, samples["imcaxy_processed_total"])
        for tier in ("memory", "disk", "originals"):
            self.assertEqual(1, samples[f'imcaxy_cache_entries{{tier="{tier}"}}'])
            self.assertGreater(samples[f'imcaxy_cache_bytes{{tier="{tier}"}}'], 0)
        for stage in ("total", "cache", "fetch", "queue", "process"):
            buckets = [v for k, v in samples.items() if k.startswith(f'imcaxy_stage_seconds_bucket{{stage="{stage}"')]
            self.assertEqual(sorted(buckets), buckets, stage)
            self.assertEqual(samples[f'imcaxy_stage_seconds_bucket{{stage="{stage}",le="+Inf"}}'],
                             samples[f'imcaxy_stage_seconds_count{{stage="{stage}"}}'])
            self.assertGreater(samples[f'imcaxy_stage_seconds_count{{stage="{stage}"}}'], 0, stage)

    def test_gauges_fall_back(self):
        self.make_traffic()
        idle = ('imcaxy_productions{kind="results"}', 'imcaxy_productions{kind="originals"}', "imcaxy_readers",
                'imcaxy_queue_length{pool="cpu"}', 'imcaxy_queue_length{pool="disk"}', "imcaxy_fetches",
                "imcaxy_source_buffered_bytes")
        wait_until(lambda: not any(self.server.metrics()[name] for name in idle), "nothing is under way")
        self.server.wait_metric("imcaxy_connections", 1)  # the one that asks

    def test_stats(self):
        self.make_traffic()
        answer = self.server.get("/stats")
        self.assertStatus(answer, 200)
        stats = json.loads(answer.body)
        self.assertEqual((1, 1), (stats["cache"]["miss"], stats["cache"]["hit-memory"]))
        self.assertGreaterEqual(stats["requests"], 4)
        self.assertGreaterEqual(stats["uptimeSeconds"], 0)
        self.assertEqual(1, stats["figures"]["imcaxy_cache_entries/disk"])

    def test_version(self):
        version = json.loads(self.server.get("/version").body)
        self.assertEqual({"imcaxy", "libvips"}, set(version))
        for value in version.values():
            self.assertRegex(value, r"^\d+\.\d+\.\d+")

    def test_index(self):
        page = self.server.get("/", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        self.assertStatus(page, 200)
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"), page)
        self.assertTrue(page.text.startswith("<!doctype html>"), page)
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        for target, headers in (("/", {}), ("/", {"Accept": "*/*"}), ("/", {"Accept": "application/json"}),
                                ("/imaginary", {}), ("/imaginary/", {})):
            answer = self.server.get(target, headers)
            self.assertStatus(answer, 200)
            self.assertEqual("application/json", answer.headers["Content-Type"])
            self.assertEqual({"imaginary", "bimg", "libvips"}, set(json.loads(answer.body)))

    def test_links_of_the_index_lead_somewhere(self):
        page = self.server.get("/", {"Accept": "text/html"})
        links = re.findall(r'href="([^"]+)"', page.text)
        self.assertTrue(links)
        for link in links:
            self.assertStatus(self.server.get(urllib.parse.urljoin("/", link)), 200)

    def test_head(self):
        for path in ("/health", "/ready", "/version", "/stats", "/metrics", "/"):
            head = self.server.ask(path, "HEAD")
            self.assertEqual((200, b""), (head.status, head.body), path)
            self.assertGreater(int(head.headers["Content-Length"]), 0)


class NoRoute(Play):
    def test_not_found(self):
        server = self.serve()
        for target in ("/nothing", "/imaginaryX", "/imaginary/nothing?url=http://example.com/a.png",
                       "/imaginary/resize/more?url=http://example.com/a.png", "/health/", "//", "/../etc/passwd",
                       "/%2e%2e/etc/passwd", "/imaginary/../health"):
            answer = server.get(target)
            self.assertEqual((404, {"message": "Not found", "status": 404}), (answer.status, json.loads(answer.body)),
                             target)

    def test_wrong_methods(self):
        server = self.serve()
        for method, target, allow in (("POST", "/health", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
                                      ("PUT", "/ready", "GET, HEAD"), ("POST", "/latestInvalidation", "GET, HEAD"),
                                      ("POST", "/", "GET, HEAD"), ("GET", "/invalidate", "DELETE"),
                                      ("POST", "/invalidate", "DELETE"),
                                      ("PUT", "/imaginary/resize", "GET, HEAD, POST"),
                                      ("DELETE", "/imaginary/resize", "GET, HEAD, POST")):
            answer = server.ask(target, method)
            self.assertEqual((405, allow), (answer.status, answer.headers["Allow"]), (method, target, answer))

    def test_unknown_operation(self):
        server = self.serve()
        for method in ("GET", "HEAD", "POST"):
            self.assertStatus(server.ask("/imaginary/sharpest?url=http://example.com/a.png", method), 404)
