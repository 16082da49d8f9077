"""The options of Imaginary that change answers: keys, signatures, sources, placeholders, throttle and the rest."""
import base64
import gzip
import hashlib
import hmac
import json
import os
import tempfile
import urllib.parse

from play import Play, image_target, png, png_size, run

KEY = "a key"
SIGNATURE_KEY = "0123456789abcdef0123456789abcdef"


def sign(path, parameters, key=SIGNATURE_KEY):
    """Imaginary's documented signature, by Python's own means."""
    message = path + urllib.parse.urlencode(sorted(parameters.items()))
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Options(Play):
    def setUp(self):
        super().setUp()
        self.picture = self.origin.put("/a.png", png(64, 48))

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="imcaxy-play-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def assertRefused(self, answer, status, message):
        self.assertStatus(answer, status)
        self.assertEqual({"message": message, "status": status}, json.loads(answer.body))


class ApiKey(Options):
    def test_everything_below_imaginary_needs_it(self):
        server = self.serve(api_key=KEY)
        for target in (image_target("resize", self.picture, width=8), "/imaginary/health", "/imaginary/form",
                       "/imaginary", "/imaginary/", image_target("resize", self.picture, width=8, key="wrong"),
                       image_target("resize", self.picture, width=8, key="")):
            self.assertRefused(server.get(target), 401, "Invalid or missing API key")
        self.assertStatus(server.ask(image_target("resize", width=8), "POST", body=png(8, 8)), 401)
        self.assertEqual(0, self.origin.count("/a.png"), "nothing is fetched for a stranger")
        for target in ("/health", "/ready", "/metrics"):
            self.assertStatus(server.get(target), 200)

    def test_in_header_and_query(self):
        server = self.serve(api_key=KEY)
        self.assertServed(server.image("resize", self.picture, {"API-Key": KEY}, width=8), "miss")
        self.assertServed(server.image("resize", self.picture, key=KEY, width=8), "hit-memory")
        self.assertStatus(server.image("resize", self.picture, {"API-Key": "wrong"}, key=KEY, width=8), 401)
        self.assertStatus(server.ask(image_target("resize", width=8), "POST", {"API-Key": KEY}, png(8, 8)), 200)

    def test_what_one_may_see_is_not_given_to_all(self):
        server = self.serve(api_key=KEY)
        for _ in range(3):
            self.assertStatus(server.image("resize", self.picture, {"API-Key": KEY}, width=8), 200)
            refused = server.image("resize", self.picture, width=8)
            self.assertStatus(refused, 401)
            self.assertEqual("no-store", refused.headers["Cache-Control"])

    def test_it_is_not_kept_or_logged(self):
        server = self.serve(api_key="hunter2")
        self.assertStatus(server.image("resize", self.picture, key="hunter2", width=8), 200)
        self.assertEqual(0, server.stop())
        self.assertIn("key=***", server.access_log())
        self.assertNotIn("hunter2", server.access_log() + server.log())
        for folder, _, names in os.walk(server.data):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"hunter2", file.read(), name)


class UrlSignature(Options):
    def test_only_signed_urls_are_served(self):
        server = self.serve(url_signature_key=SIGNATURE_KEY)
        parameters = {"width": "8", "url": self.picture}
        for path in ("/resize", "/imaginary/resize"):
            signed = {**parameters, "sign": sign(path, parameters)}
            self.assertStatus(server.get(image_target("resize", **signed)), 200)
            self.assertRefused(server.get(image_target("resize", **{**signed, "width": 9})), 403, "URL signature mismatch")
            self.assertRefused(server.get(image_target("crop", **signed)), 403, "URL signature mismatch")
        self.assertRefused(server.get(image_target("resize", **parameters)), 403, "URL signature mismatch")
        self.assertRefused(server.get(image_target("resize", **parameters, sign="***")), 400, "Invalid URL signature")
        self.assertStatus(server.get("/imaginary/health"), 200)

    def test_uploads_are_signed_too(self):
        server = self.serve(url_signature_key=SIGNATURE_KEY)
        signed = image_target("resize", width=8, sign=sign("/resize", {"width": "8"}))
        self.assertStatus(server.ask(signed, "POST", body=png(16, 16)), 200)
        self.assertStatus(server.ask(image_target("resize", width=8), "POST", body=png(16, 16)), 403)

    def test_with_a_prefix(self):
        server = self.serve(url_signature_key=SIGNATURE_KEY, path_prefix="/api/v1")
        parameters = {"width": "8", "url": self.picture}
        for path in ("/resize", "/api/v1/resize", "/api/v1/imaginary/resize"):
            self.assertStatus(server.get(image_target("resize", **parameters, sign=sign(path, parameters))), 200)
        self.assertStatus(server.get(image_target("resize", **parameters, sign=sign("/v1/resize", parameters))), 403)

    def test_a_key_that_is_too_short_stops_the_start(self):
        status, _, errors = run("serve", url_signature_key="short", port=0)
        self.assertNotEqual(0, status)
        self.assertIn("IMCAXY_URL_SIGNATURE_KEY", errors)
        self.assertIn("32 characters", errors)


class AllowedSources(Options):
    def test_hosts_and_paths(self):
        server = self.serve(allowed_sources=f"{self.origin.url('/in')}, http://elsewhere.example")
        inside = self.origin.put("/in/a.png", png(8, 8))
        self.assertStatus(server.image("resize", inside, width=4), 200)
        where = f"127.0.0.1:{self.origin.port}"
        for path in ("/a.png", "/in/../a.png", "/in-other/a.png"):
            answer = server.image("resize", self.origin.url(path), width=4)
            self.assertStatus(answer, 400)
            self.assertIn(f"not allowed remote URL origin: {where}/", answer.text)
        self.assertEqual(0, self.origin.count("/a.png"))
        self.assertStatus(server.ask(image_target("resize", width=8), "POST", body=png(16, 16)), 200)

    def test_redirects_and_marks_do_not_leave_them(self):
        server = self.serve(allowed_sources=self.origin.url("/in"))
        self.origin.put("/in/out", b"", status=302, headers={"Location": "/a.png"})
        inside = self.origin.put("/in/a.png", png(8, 8))
        self.assertIn("not allowed", server.image("resize", self.origin.url("/in/out"), width=4).text)
        self.assertIn("not allowed", server.image("watermarkimage", inside, image=self.picture).text)
        self.assertEqual(0, self.origin.count("/a.png"))

    def test_redirects_do_not_leave_the_allowed_domains(self):
        server = self.serve(allowed_domains="localhost")
        self.origin.put("/out", b"", status=302, headers={"Location": self.picture})
        answer = server.image("resize", f"http://localhost:{self.origin.port}/out", width=4)
        self.assertStatus(answer, 403)
        self.assertEqual("source image domain not allowed", answer.text)
        self.assertEqual(0, self.origin.count("/a.png"))

    def test_an_entry_that_is_none_stops_the_start(self):
        status, _, errors = run("serve", allowed_sources="a.example,ftp://b.example", port=0)
        self.assertNotEqual(0, status)
        self.assertIn("'ftp://b.example'", errors)


class DisabledEndpoints(Options):
    def test_they_are_gone(self):
        server = self.serve(disable_endpoints="crop, Rotate,health,form")
        for target in (image_target("crop", self.picture, width=8), image_target("rotate", self.picture, rotate=90),
                       "/imaginary/health", "/imaginary/form"):
            self.assertRefused(server.get(target), 501, "Not implemented endpoint")
        self.assertStatus(server.ask(image_target("crop", width=8), "POST", body=png(16, 16)), 501)
        self.assertStatus(server.image("resize", self.picture, width=8), 200)
        self.assertStatus(server.get("/health"), 200)

    def test_also_in_pipelines(self):
        server = self.serve(disable_endpoints="crop,watermarkimage")
        for name in ("crop", "watermarkImage"):
            steps = json.dumps([{"operation": "resize", "params": {"width": 8}}, {"operation": name, "params": {}}])
            answer = server.image("pipeline", self.picture, operations=steps)
            self.assertStatus(answer, 400)
            self.assertIn(f"the operation {name} is switched off", answer.text)
            upload = server.ask(image_target("pipeline", operations=steps), "POST", body=png(16, 16))
            self.assertStatus(upload, 400)

    def test_a_name_that_is_none_stops_the_start(self):
        status, _, errors = run("serve", disable_endpoints="crop,corp", port=0)
        self.assertNotEqual(0, status)
        self.assertIn("'corp' is no endpoint", errors)


class Placeholder(Options):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.folder(), "holder.png")
        with open(self.file, "wb") as file:
            file.write(png(40, 30))

    def test_instead_of_errors(self):
        server = self.serve(placeholder=self.file, api_key=KEY)
        missing = self.origin.url("/missing.png")
        answer = server.image("resize", missing, {"API-Key": KEY}, width=20, height=10)
        self.assertStatus(answer, 404)
        self.assertEqual("image/png", answer.headers["Content-Type"])
        self.assertEqual((20, 10), png_size(answer.body))
        self.assertEqual({"message": f"error fetching remote http image: (status=404) (url={missing})", "status": 404},
                         json.loads(answer.headers["Error"]))
        self.assertEqual((20, 15), png_size(server.image("resize", missing, {"API-Key": KEY}, width=20).body))
        self.assertEqual((40, 30), png_size(server.image("resize", missing, {"API-Key": KEY}).body))
        stranger = server.image("resize", self.picture, width=20)
        self.assertStatus(stranger, 401)
        self.assertEqual("image/png", stranger.headers["Content-Type"])

    def test_with_what_can_be_read_of_a_wrong_request(self):
        server = self.serve(placeholder=self.file)
        for parameters, size in (({"width": "x", "height": 15}, (20, 15)), ({"width": 20, "rotate": "y"}, (20, 15)),
                                 ({"width": 20, "type": "nonsense"}, (20, 15)), ({"width": "-"}, (40, 30))):
            answer = server.image("resize", self.picture, **parameters)
            self.assertStatus(answer, 400)
            self.assertEqual(size, png_size(answer.body), parameters)
        jpeg = server.image("resize", self.picture, rotate="x", type="jpeg")
        self.assertEqual(("image/jpeg", b"\xff\xd8"), (jpeg.headers["Content-Type"], jpeg.body[:2]))

    def test_too_large_a_placeholder_is_the_plain_error(self):
        server = self.serve(placeholder=self.file, max_source_megapixels=1)
        answer = server.image("resize", self.origin.url("/missing.png"), width=30000, height=30000)
        self.assertStatus(answer, 404)
        self.assertEqual("application/json", answer.headers["Content-Type"])

    def test_status_and_default(self):
        server = self.serve(placeholder="default", placeholder_status=200)
        answer = server.image("resize", self.origin.url("/missing.png"), width=20, height=10, type="png")
        self.assertStatus(answer, 200)
        self.assertEqual((20, 10), png_size(answer.body))
        self.assertNotIn("stale", answer.headers["Cache-Control"], "it is not for long")
        self.assertIn("Error", answer.headers)

    def test_it_is_made_once(self):
        server = self.serve(placeholder=self.file)
        for i in range(5):
            server.image("resize", self.origin.url(f"/missing{i}.png"), width=20, height=10)
        self.assertEqual(1, server.metrics()["imcaxy_processed_total"])

    def test_what_is_no_picture_stops_the_start(self):
        for path, words in ((self.file + ".missing", "can't be read"), (__file__, "no picture")):
            status, _, errors = run("serve", placeholder=path, port=0)
            self.assertNotEqual(0, status)
            self.assertIn(words, errors)


class ReturnSize(Options):
    def test_sizes_in_headers(self):
        server = self.serve(return_size=True)
        for cache in ("miss", "hit-memory"):
            answer = server.image("resize", self.picture, width=32)
            self.assertServed(answer, cache)
            self.assertEqual(("32", "24"), (answer.headers["Image-Width"], answer.headers["Image-Height"]))
        server.restart()
        answer = server.image("resize", self.picture, width=32)
        self.assertServed(answer, "hit-disk")
        self.assertEqual(("32", "24"), (answer.headers["Image-Width"], answer.headers["Image-Height"]))
        self.assertNotIn("Image-Width", server.image("info", self.picture).headers)

    def test_not_unless_asked_for(self):
        self.assertNotIn("Image-Width", self.serve().image("resize", self.picture, width=32).headers)


class Mount(Options):
    def setUp(self):
        super().setUp()
        self.server = None
        self.home = self.folder()
        for name, size in (("pics/a.png", 40), ("pics/sub dir/b+c 100%.png", 20), ("pics-other/private.png", 10)):
            self.write(name, png(size, size))

    def write(self, name, data):
        path = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def start(self, **values):
        self.server = self.serve(mount=os.path.join(self.home, "pics"), **values)

    def file(self, name, **parameters):
        return self.server.get(image_target("resize", file=name, width=8, **parameters))

    def test_files(self):
        self.start()
        self.assertServed(self.file("a.png"), "miss")
        self.assertServed(self.file("/a.png"), "hit-memory")
        self.assertServed(self.file("sub dir/../a.png"), "hit-memory")
        self.assertStatus(self.file("sub dir/b+c 100%.png"), 200)
        self.assertStatus(self.file(urllib.parse.quote("sub dir/b+c 100%.png", safe="")), 200)
        self.assertStatus(self.server.image("resize", self.picture, width=8), 200)

    def test_a_changed_file_is_another_picture(self):
        self.start()
        before = self.file("a.png")
        self.write("pics/a.png", png(40, 40, seed=1))
        after = self.file("a.png")
        self.assertServed(after, "miss")
        self.assertNotEqual(before.body, after.body)

    def test_nothing_else_can_be_read(self):
        self.start()
        for name in ("../pics-other/private.png", "../../../../etc/passwd", "/etc/passwd", "missing.png", "sub dir",
                     "..%2fpics-other%2fprivate.png", "."):
            self.assertRefused(self.file(name), 400, "Invalid file path")

    def test_without_a_folder_there_are_no_files(self):
        self.server = self.serve()
        self.assertRefused(self.file("a.png"), 400, "Cannot process the image due to missing or invalid params")

    def test_a_file_is_no_larger_than_a_source_may_be(self):
        self.start(max_source_bytes=100)
        self.assertStatus(self.file("a.png"), 400)

    def test_what_is_no_folder_stops_the_start(self):
        for path in ("/", os.path.join(self.home, "pics/a.png"), os.path.join(self.home, "missing")):
            status, _, errors = run("serve", mount=path, port=0)
            self.assertNotEqual(0, status)
            self.assertIn(f"IMCAXY_MOUNT={path}: ", errors)


class Forwarding(Options):
    """A source that gives its picture to those it knows."""

    def setUp(self):
        super().setUp()
        pictures = {"ann": png(16, 16, seed=1), "bob": png(16, 16, seed=2)}

        def answer(handler):
            who = (handler.headers.get("Authorization") or handler.headers.get("X-Token") or "").lower()
            body = pictures.get(who, b"")
            handler.send_response(200 if body else 401)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        self.private = self.origin.answer("/private.png", answer)

    def ask_as(self, server, **headers):
        return server.image("resize", self.private, {k.replace("_", "-"): v for k, v in headers.items()}, width=8)

    def test_each_client_gets_its_own(self):
        server = self.serve(forward_headers="X-Token")
        ann, bob = self.ask_as(server, X_Token="ann"), self.ask_as(server, X_Token="bob")
        self.assertServed(ann, "miss")
        self.assertServed(bob, "miss")
        self.assertNotEqual(ann.body, bob.body)
        self.assertServed(self.ask_as(server, X_Token="ann"), "hit-memory", ann.body)
        self.assertStatus(self.ask_as(server), 401)
        self.assertStatus(self.ask_as(server, X_Token="eve"), 401)
        server.restart()
        self.assertServed(self.ask_as(server, X_Token="bob"), "hit-disk", bob.body)
        self.assertStatus(self.ask_as(server), 401)

    def test_shared_caches_are_told(self):
        for ttl, expected in ((None, "private, max-age=600"), (60, "private, max-age=60, no-transform")):
            server = self.serve(forward_headers="X-Token,X-Other", **({} if ttl is None else {"http_cache_ttl": ttl}))
            for _ in range(2):
                answer = self.ask_as(server, X_Token="ann")
                self.assertEqual((expected, "X-Token, X-Other"),
                                 (answer.headers["Cache-Control"], answer.headers["Vary"]))
            self.assertIn("public", server.image("resize", self.picture, width=8).headers["Cache-Control"])

    def test_authorization(self):
        server = self.serve(enable_auth_forwarding=True)
        self.assertStatus(self.ask_as(server, Authorization="ann"), 200)
        self.assertStatus(self.ask_as(server, X_Forward_Authorization="ann", Authorization="eve"), 200)
        self.assertStatus(self.ask_as(server, Authorization="eve"), 401)
        self.assertStatus(self.ask_as(server), 401)

    def test_the_servers_own_authorization(self):
        server = self.serve(authorization="ann", enable_auth_forwarding=True)
        self.assertStatus(self.ask_as(server, Authorization="eve"), 200)
        self.assertServed(self.ask_as(server), "hit-memory")

    def test_nothing_is_forwarded_by_itself(self):
        server = self.serve()
        self.assertStatus(self.ask_as(server, Authorization="ann", X_Token="ann"), 401)

    def test_one_invalidation_is_for_all(self):
        server = self.serve(forward_headers="X-Token")
        for who in ("ann", "bob"):
            self.ask_as(server, X_Token=who)
        self.assertStatus(server.invalidate(self.private), 200)
        for who in ("ann", "bob"):
            self.assertServed(self.ask_as(server, X_Token=who), "miss")


class Throttle(Options):
    def test_a_burst_and_no_more(self):
        server = self.serve(concurrency=1, burst=4)
        answers = [server.image("resize", self.picture, width=8) for _ in range(12)]
        self.assertEqual([200] * 5, [a.status for a in answers[:5]])
        refused = answers[-1]
        self.assertStatus(refused, 429)
        self.assertEqual(("text/plain; charset=utf-8", "1", "5", "0"),
                         tuple(refused.headers[n] for n in ("Content-Type", "Retry-After", "X-RateLimit-Limit",
                                                            "X-RateLimit-Remaining")))
        self.assertStatus(server.ask(image_target("resize", width=8), "POST", body=png(16, 16)), 200)
        self.assertStatus(server.get("/health"), 200)


    def test_a_sources_own_429_is_an_error_as_any(self):
        busy = self.origin.put("/busy.png", b"", status=429)
        self.assertRefused(self.serve().image("resize", busy, width=8), 429,
                           f"error fetching remote http image: (status=429) (url={busy})")


class Others(Options):
    def test_gzip_for_texts_only(self):
        server = self.serve()
        accepts = {"Accept-Encoding": "br, gzip"}
        for target in ("/metrics", "/imaginary/form"):
            packed, plain = server.get(target, accepts), server.get(target, {"Accept-Encoding": "gzip;q=0"})
            self.assertEqual("gzip", packed.headers["Content-Encoding"], target)
            self.assertNotIn("Content-Encoding", plain.headers)
            self.assertIn("Accept-Encoding", plain.headers["Vary"])
            self.assertEqual(plain.body[:50], gzip.decompress(packed.body)[:50])
        self.assertNotIn("Content-Encoding", server.image("resize", self.picture, accepts, width=32).headers)

    def test_preflight(self):
        question = {"Origin": "https://www.example.com", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "api-key"}
        answer = self.serve().ask("/imaginary/resize", "OPTIONS", question)
        self.assertStatus(answer, 204)
        self.assertEqual(("*", "GET, HEAD, POST", "api-key"),
                         tuple(answer.headers["Access-Control-Allow-" + n] for n in ("Origin", "Methods", "Headers")))
        strict = self.serve(allowed_origins="https://www.example.com")
        self.assertEqual("https://www.example.com",
                         strict.ask("/imaginary/resize", "OPTIONS", question).headers["Access-Control-Allow-Origin"])
        self.assertStatus(strict.ask("/imaginary/resize", "OPTIONS", {**question, "Origin": "https://evil.example"}), 403)
        self.assertStatus(self.serve().ask("/imaginary/resize", "OPTIONS"), 405)

    def test_two_options_do_not_undo_each_other(self):
        server = self.serve(api_key=KEY, url_signature_key=SIGNATURE_KEY, allowed_sources=self.origin.url("/a.png"))
        parameters = {"width": "8", "url": self.picture}
        target = image_target("resize", **parameters, sign=sign("/resize", parameters))
        self.assertStatus(server.get(target), 401)
        self.assertStatus(server.get(target, {"API-Key": KEY}), 200)
        self.assertStatus(server.get(target), 401)
        unsigned = image_target("resize", **parameters)
        self.assertStatus(server.get(unsigned, {"API-Key": KEY}), 403)

