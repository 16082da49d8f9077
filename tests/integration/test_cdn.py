"""What `imcaxy invalidate --cdn` asks of CDNs: requests as their documentation has them, after our own cache is empty."""
import hashlib
import hmac
import json
import os
import re
import unittest.mock
import urllib.parse
import xml.etree.ElementTree

from play import png
from repository import Front
from test_invalidate import Site

SECRETS = {"CLOUDFLARE_API_TOKEN": "cloudflare-secret", "FASTLY_API_TOKEN": "fastly-secret",
           "AWS_ACCESS_KEY_ID": "AKIAPLAY", "AWS_SECRET_ACCESS_KEY": "aws-secret", "AWS_SESSION_TOKEN": "session+/="}
XML = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"


def tag_of(url):
    return "i-" + hashlib.sha256(url.encode()).hexdigest()[:20]


def signature(request, secret):
    """That of AWS' version 4, recomputed from a request: (given, right)."""
    method, path, body, headers = request
    found = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request, ?"
                     r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$", headers["Authorization"])
    _, day, region, service, names, given = found.groups()
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join([method, path, "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return given, hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), scope, names.split(";")


class Cdn(Site):
    """A server that tags its answers, and CDNs' APIs that are one local server."""

    options = {"cache_tags": True}

    def setUp(self):
        super().setUp()
        self.failing = None  # a part of a path, and what is answered there in turn; the last stays
        self.known_meanwhile = []

        def answers(method, path, body):
            self.known_meanwhile.append(self.known())
            if self.failing and self.failing[0] in path:
                return self.failing.pop(1) if len(self.failing) > 2 else self.failing[1]
            if path.startswith("/zones/"):
                return 200, b'{"success": true, "errors": [], "messages": [], "result": {"id": "x"}}'
            if path.startswith("/2020-05-31/"):
                return 201, b"<Invalidation/>"
            return 200, b'{"status": "ok"}'
        self.api = Front(0, answers)
        self.addCleanup(self.api.close)

    def purge(self, *words, status=0):
        with unittest.mock.patch.dict(os.environ, SECRETS):
            return self.report(*words, "--cdn-api", self.api.url, status=status)

    def edit(self, *names):
        for name in names:
            self.repository.write("public/" + name, png(16, 16, seed=name + "new"))
        head = self.repository.commit()
        self.repository.publish(self.origin)
        return head

    def test_answers_are_tagged(self):
        self.begin("größe.png")
        tag = tag_of(self.origin.url("/gr%C3%B6%C3%9Fe.png"))
        for cache in ("hit-memory", "hit-memory"):
            answer = self.picture("größe.png")
            self.assertServed(answer, cache)
            self.assertEqual((tag, tag), (answer.headers["Cache-Tag"], answer.headers["Surrogate-Key"]))
        self.server.restart()
        self.assertEqual(tag, self.picture("größe.png").headers["Cache-Tag"])
        plain = self.serve()
        answer = plain.image("resize", self.origin.url("/gr%C3%B6%C3%9Fe.png"), width=8)
        self.assertNotIn("Cache-Tag", answer.headers)
        self.assertNotIn("Surrogate-Key", answer.headers)

    def test_by_tag_in_order(self):
        self.begin("a.png", "b.png")
        before = self.known()
        head = self.edit("a.png", "b.png")
        report = self.purge("--cdn", "cloudfront:DIST", "--cdn", "fastly:service", "--cdn", "cloudflare:zone/1")
        tags = sorted(tag_of(self.origin.url("/" + name)) for name in ("a.png", "b.png"))
        self.assertEqual(2, report["cdnPurged"])
        (cloudflare, fastly, cloudfront) = self.api.requests
        self.assertEqual(("POST", "/zones/zone%2F1/purge_cache", {"tags": tags}),
                         (*cloudflare[:2], json.loads(cloudflare[2])))
        self.assertEqual("Bearer cloudflare-secret", cloudflare[3]["Authorization"])
        self.assertEqual("application/json", cloudflare[3]["Content-Type"])
        self.assertEqual(("POST", "/service/service/purge", {"surrogate_keys": tags}),
                         (*fastly[:2], json.loads(fastly[2])))
        self.assertEqual("fastly-secret", fastly[3]["Fastly-Key"])
        self.assertEqual(("POST", "/2020-05-31/distribution/DIST/invalidation"), cloudfront[:2])
        batch = xml.etree.ElementTree.fromstring(cloudfront[2])
        self.assertEqual(XML + "InvalidationBatch", batch.tag)
        self.assertEqual(["#" + tag for tag in tags], [path.text for path in batch.iter(XML + "Path")])
        self.assertEqual("2", batch.find(f"{XML}Paths/{XML}Quantity").text)
        given, right, scope, names = signature(cloudfront, "aws-secret")
        self.assertEqual(right, given)
        self.assertTrue(scope.endswith("/us-east-1/cloudfront/aws4_request"), scope)
        self.assertIn("x-amz-security-token", names)
        # Ours was empty before, and the commit was recorded after.
        self.assertEqual([before] * 3, self.known_meanwhile)
        self.assertEqual(head, self.known())

    def test_by_address(self):
        self.begin("a.png")
        self.server.image("resize", self.origin.url("/a.png"), width=4, height=4)
        self.server.wait_metric('imcaxy_cache_entries{tier="disk"}', 2)
        self.edit("a.png")
        self.purge("--cdn", "cloudflare:zone", "--cdn", "fastly:service", "--cdn", "cloudfront:DIST", "--cdn-url",
                   "https://img.example.com/")
        quoted = urllib.parse.quote_plus(self.origin.url("/a.png"))
        paths = [f"/imaginary/resize?width=4&height=4&url={quoted}", f"/imaginary/resize?width=8&url={quoted}"]
        cloudflare, *fastly, cloudfront = self.api.requests
        self.assertEqual({"files": ["https://img.example.com" + path for path in paths]}, json.loads(cloudflare[2]))
        self.assertEqual([("POST", "/purge/img.example.com" + path, b"") for path in paths],
                         [request[:3] for request in fastly])
        self.assertEqual(paths, [path.text for path in
                                 xml.etree.ElementTree.fromstring(cloudfront[2]).iter(XML + "Path")])
        given, right, _, _ = signature(cloudfront, "aws-secret")
        self.assertEqual(right, given)

    def test_parts(self):
        self.repository.write("public/a.png", "x")
        self.repository.commit()
        self.done("--since", "HEAD")
        self.repository.commit_files({f"public/{i}.png": b"%d" % i for i in range(600)})
        self.purge("--cdn", "cloudflare:zone", "--cdn", "fastly:service", "--cdn", "cloudfront:DIST")
        sizes = [len(list(json.loads(body).values())[0]) for _, _, body, _ in self.api.requests[:-1]]
        self.assertEqual([100] * 6 + [256, 256, 88], sizes)

    def test_failure_is_made_good(self):
        self.begin("a.png")
        before = self.known()
        head = self.edit("a.png")
        for failing in (("/zones/", (200, b'{"success": false, "errors": [{"message": "no such zone"}]}')),
                        ("/zones/", (403, b"no")), ("/service/", (401, b'{"msg": "Provided credentials are bad"}')),
                        ("/2020-05-31/", (403, b"<ErrorResponse>SignatureDoesNotMatch</ErrorResponse>"))):
            self.failing = failing
            report = self.purge("--cdn", "cloudflare:zone", "--cdn", "fastly:s", "--cdn", "cloudfront:d", status=1)
            self.assertIn("did not purge", report["error"])
            for secret in SECRETS.values():
                self.assertNotIn(secret, json.dumps(report))
            self.assertEqual((before, False), (self.known(), report["recorded"]))
        self.failing = None
        self.assertEqual(1, self.purge("--cdn", "cloudflare:zone")["cdnPurged"])
        self.assertEqual(head, self.known())

    def test_retries(self):
        self.begin("a.png")
        self.edit("a.png")
        self.failing = ["/zones/", (429, b"slow down"), (503, b"later"), (200, b'{"success": true}')]
        self.assertEqual(1, self.purge("--cdn", "cloudflare:zone")["cdnPurged"])
        self.assertEqual(3, len(self.api.requests))

    def test_nothing_changed(self):
        self.begin("a.png")
        self.purge("--cdn", "cloudflare:zone")
        self.assertEqual([], self.api.requests)

    def test_wrong_usage(self):
        self.begin("a.png")
        for words, about in ((["--cdn", "akamai:1"], "cloudflare:ZONE"), (["--cdn", "fastly:"], "fastly:SERVICE"),
                             (["--cdn", "cloudflare:1"], "CLOUDFLARE_API_TOKEN"), (["--cdn", "fastly:1"], "FASTLY_API_TOKEN"),
                             (["--cdn", "cloudfront:1"], "AWS_ACCESS_KEY_ID"), (["--cdn-url", "https://e.com"], "--cdn"),
                             (["--cdn", "fastly:1", "--cdn-url", "ftp://e.com"], "--cdn-url")):
            status, out, err = self.invalidate(*words)
            self.assertEqual((2, ""), (status, out), words)
            self.assertIn(about, err)
