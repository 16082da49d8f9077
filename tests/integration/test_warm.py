"""`imcaxy warm`: lists, sitemaps, and servers that want a key."""
import gzip
import os
import tempfile
import time

from blobs import ALICE, img, put_blob, register
from play import Play, image_target, png, run

SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n' \
          '<{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" ' \
          'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{1}</{0}>'


class Warm(Play):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.urls = [self.origin.put(f"/{i}.png", png(16, 16, seed=i)) for i in range(4)]

    def warm(self, *words, server=None, **values):
        server = server or self.server
        return run("warm", "--server", f"http://127.0.0.1:{server.port}" + server.values.get("path_prefix", ""), *words,
                   **values)

    def list(self, *lines):
        file = tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False)
        self.addCleanup(os.remove, file.name)
        with file:
            file.write("\n".join(lines))
        return file.name

    def sitemap(self, path, *entries, root="urlset"):
        return self.origin.put(path, SITEMAP.format(root, "".join(entries)).encode(), "application/xml")

    def assertWarm(self, url, width=8):
        self.assertServed(self.server.image("resize", url, width=width), "hit-memory")

    def test_list(self):
        target = image_target("resize", self.urls[0], width=8)
        other = f"http://127.0.0.1:{self.server.port}" + image_target("resize", self.urls[1], width=8)
        file = self.list("# what the start page shows", "", target, "  " + other + "\r", target)
        status, out, err = self.warm("--urls", file)
        self.assertEqual((0, "2 pictures asked for, 0 failed\n", ""), (status, out, err))
        for url in self.urls[:2]:
            self.assertWarm(url)
        self.assertEqual(1, self.origin.count("/0.png"))

    def test_blobs_of_accounts(self):
        server = self.serve(image_proxy_plc_url=self.origin.url(""))
        register(self.origin, ALICE)
        cids = [put_blob(self.origin, ALICE, png(16, 16, seed=i)) for i in range(3)]
        lines = [f"{ALICE} {cid} {preset}" for cid in cids for preset in ("avatar_small", "banner")]
        lines[1] = lines[1].replace(" ", ",\t")
        status, out, err = self.warm("--atproto", self.list("# the start page", *lines), "--rate", "50", server=server)
        self.assertEqual((0, "6 pictures asked for, 0 failed\n", ""), (status, out, err))
        for cid in cids:
            self.assertEqual("hit-memory", server.get(img("banner", ALICE, cid)).cache)
        for wrong in ("did:plc:x bafy avatar", f"{ALICE} {cids[0]}", f"{ALICE} {cids[0]} avatar more"):
            status, _, err = self.warm("--atproto", self.list(*lines, wrong), server=server)
            self.assertEqual(2, status)
            self.assertIn(f"'{wrong}' is no line such as", err)
        status, out, err = self.warm("--atproto", self.list(f"{ALICE} {cids[0]} nothing"), server=server)
        self.assertEqual((1, "1 picture asked for, 1 failed\n"), (status, out))
        self.assertIn("invalid preset: nothing", err)

    def test_addresses_of_originals(self):
        status, out, err = self.warm("--urls", self.list(*self.urls), "--request", "/imaginary/resize?width=8",
                                     "--request", "/imaginary/resize?width=4")
        self.assertEqual((0, "8 pictures asked for, 0 failed\n", ""), (status, out, err))
        for url in self.urls:
            self.assertWarm(url)
            self.assertWarm(url, 4)

    def test_foreign_addresses(self):
        target = image_target("resize", self.urls[0], width=8)
        status, out, err = self.warm("--urls", self.list(target, self.urls[1], "no address"))
        self.assertEqual((0, "1 picture asked for, 0 failed\n"), (status, out))
        self.assertIn("2 addresses are no request", err)
        status, _, err = self.warm("--urls", self.list(self.urls[1]))
        self.assertEqual(2, status)
        self.assertIn("--request", err)

    def test_failures(self):
        good, bad = (image_target("resize", url, width=8) for url in (self.urls[0], self.origin.url("/none.png")))
        status, out, err = self.warm("--urls", self.list(good, bad))
        self.assertEqual((1, "2 pictures asked for, 1 failed\n"), (status, out))
        self.assertIn("404", err)
        self.assertIn("none.png", err)

    def test_rate(self):
        targets = [image_target("resize", self.urls[0], width=width) for width in range(1, 7)]
        begin = time.monotonic()
        self.assertEqual(0, self.warm("--urls", self.list(*targets), "--rate", "5")[0])
        self.assertGreater(time.monotonic() - begin, 0.9)

    def test_api_key_and_prefix(self):
        server = self.serve(api_key="key-of-the-play", path_prefix="/pictures")
        file = self.list("/pictures" + image_target("resize", self.urls[0], width=8),
                         image_target("resize", self.urls[1], width=8))
        status, _, err = self.warm("--urls", file, server=server)
        self.assertEqual(1, status)
        self.assertIn("IMCAXY_API_KEY", err)
        self.assertEqual("2 pictures asked for, 0 failed\n",
                         self.warm("--urls", file, server=server, api_key="key-of-the-play")[1])

    def test_sitemap(self):
        on_server = f"http://127.0.0.1:{self.server.port}" + image_target("resize", self.urls[3], width=8)
        pages = self.sitemap("/pages.xml", "<url><loc>https://example.com/page</loc><image:image><image:loc>",
                             self.urls[0], "</image:loc></image:image></url>", "<url><loc>\n  ", self.urls[1],
                             "\n</loc></url>", "<url><loc>", on_server.replace("&", "&amp;"), "</loc></url>")
        more = self.sitemap("/more.xml", "<url><loc>https://example.com/</loc><image:image><image:loc><![CDATA[",
                            self.urls[2], "]]></image:loc></image:image></url>")
        index = self.sitemap("/index.xml", "<sitemap><loc>", pages, "</loc></sitemap><sitemap><loc>", more,
                             "</loc></sitemap>", root="sitemapindex")
        self.origin.put("/moved.xml", b"", status=301, headers={"Location": index})
        status, out, err = self.warm("--sitemap", self.origin.url("/moved.xml"), "--request", "/imaginary/resize?width=8")
        self.assertEqual((0, "4 pictures asked for, 0 failed\n", ""), (status, out, err))
        for url in self.urls:
            self.assertWarm(url)

    def test_what_is_no_sitemap(self):
        bomb = b'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><urlset>&b;</urlset>'
        for body, about in ((b"<html></html>", "no sitemap"), (b"hello", "no XML"), (bomb, "document type"),
                            (b"<urlset>" + b"<a>" * 100000, "no sitemap"), (b"", "no XML"),
                            (gzip.compress(b"<urlset/>"), "gzip")):
            url = self.origin.put("/s.xml", body, "application/xml")
            status, _, err = self.warm("--sitemap", url)
            self.assertEqual(1, status, body[:40])
            self.assertIn(about, err)
            self.assertIn(url, err)
        status, _, err = self.warm("--sitemap", self.origin.url("/none.xml"))
        self.assertEqual(1, status)
        self.assertIn("answers 404", err)
        self.origin.put("/loop.xml", b"", status=302, headers={"Location": self.origin.url("/loop.xml")})
        self.assertIn("without an end", self.warm("--sitemap", self.origin.url("/loop.xml"))[2])
        self.sitemap("/self.xml", "<sitemap><loc>", self.origin.url("/self.xml"), "</loc></sitemap>",
                     root="sitemapindex")
        self.assertEqual((0, "0 pictures asked for, 0 failed\n", ""),
                         self.warm("--sitemap", self.origin.url("/self.xml")))

    def test_wrong_usage(self):
        file = self.list(*self.urls)
        for words, about in ((["--urls", file, "--sitemap", "http://example.com/"], "--sitemap"), ([], "--urls"),
                             (["--urls", "/nowhere"], "/nowhere"), (["--urls", file, "--request", "resize"], "--request"),
                             (["--urls", file, "--rate", "-1"], "--rate")):
            status, _, err = self.warm(*words)
            self.assertEqual(2, status, (words, err))
            self.assertIn(about, err)
