"""Pictures of AT Protocol accounts, from a real PLC directory and real Personal Data Servers."""
import concurrent.futures
import hashlib
import http.client
import json
import threading
import time
import unittest

import pictures
from atproto_world import World
from play import Play, png, png_size

PRESETS = {"avatar": (1000, 1000), "avatar_small": (360, 360), "banner": (640, 300), "content_preview": None,
           "content_full": None, "embed_thumbnail": (720, 360)}
UNKNOWN_CID = "bafkreiemqpndzewx4bioklzfvhtiegsfny5fxuc3nkjk2vmcpjxiammsti"
UNKNOWN_DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"


def target(preset, did, cid):
    return f"/img/{preset}/plain/{did}/{cid}"


def jpeg_size(data):
    """(width, height) of a JPEG, from its frame header."""
    assert data.startswith(b"\xff\xd8"), data[:40]
    at = 2
    while True:
        marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
        if 0xc0 <= marker <= 0xcf and marker not in (0xc4, 0xc8, 0xcc):
            return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")
        at += 2 + length


def expected_size(preset, width, height):
    if PRESETS[preset]:
        return PRESETS[preset]
    widest = {"content_preview": 800, "content_full": 1600}[preset]
    return (width, height) if width <= widest else (widest, widest * height // width)


WRONG = ("text.png", "drawing.svg", "cut.png", "cut.jpg")  # blobs that are no pictures, or not whole ones
_shared = None


def shared_world():
    """One for the plays that change nothing in it: its start takes seconds. Everybody has a.png, alice0 the rest, too."""
    global _shared
    if not _shared:
        whole = png(300, 200)
        photo, upright, quarters = pictures.jpegs(pictures.photograph_png(800, 600), png(300, 500),
                                                  pictures.quarters_png(400))
        files = {"wide.png": png(2000, 1500), "small.png": png(400, 300), "clear.png": pictures.half_clear_png(500, 400),
                 "photo.jpg": photo, "lying.jpg": pictures.with_orientation(upright, 6),
                 "turned.jpg": pictures.with_orientation(quarters, 6), "animated.gif": pictures.gif(90, 60),
                 "photo.png": pictures.photograph_png(320, 240), "text.png": b"just some text",
                 "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
                 "cut.png": whole[:len(whole) // 2], "cut.jpg": photo[:len(photo) // 2]}
        _shared = World({"a.png": png(640, 480), **{"alice0/" + name: data for name, data in files.items()}})
        unittest.addModuleCleanup(_shared.close)
    return _shared


class WorldPlay(Play):
    def server(self, world, **values):
        return self.serve(image_proxy_plc_url=world.plc, **values)

    def world(self, files, servers=1):
        world = World(files, servers)
        self.addCleanup(world.close)
        return world

    def assert_refused(self, answer, status, body):
        self.assertEqual((answer.status, answer.text), (status, body))
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"), answer)


class Presets(WorldPlay):
    def test_every_preset_of_every_kind_of_blob(self):
        sizes = {"wide.png": (2000, 1500), "small.png": (400, 300), "clear.png": (500, 400), "photo.jpg": (800, 600),
                 "lying.jpg": (500, 300), "animated.gif": (90, 60)}
        world = shared_world()
        server = self.server(world)
        account = world.accounts[0]
        for blob in account.blobs:
            if blob["file"] not in sizes and blob["file"] not in WRONG:
                continue
            for preset in PRESETS:
                with self.subTest(file=blob["file"], preset=preset):
                    answer = server.get(target(preset, account.did, blob["cid"]))
                    if blob["file"].startswith("cut"):
                        self.assert_refused(answer, 500, "image processing failed")
                    elif blob["file"] not in sizes:
                        self.assert_refused(answer, 400, "unsupported image format")
                    else:
                        self.assertEqual(answer.status, 200, answer)
                        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
                        self.assertEqual(jpeg_size(answer.body), expected_size(preset, *sizes[blob["file"]]))
                        self.assertNotIn(b"Exif", answer.body)

    def test_pixels_are_upright_in_srgb_and_white_where_they_were_clear(self):
        world = shared_world()
        server = self.server(world, image_proxy_presets='{"tiny": {"width": 32, "height": 32, "quality": 95}}')
        account = world.accounts[0]

        def quarters_of(file):
            """The colours in the middle of each quarter, from the upper left to the lower right."""
            answer = server.get(target("tiny", account.did, account.cid(file)))
            self.assertEqual(answer.status, 200, answer)
            plain = server.ask("/imaginary/convert?type=png", "POST", {"Content-Type": "image/jpeg"}, answer.body)
            rows = pictures.rgb_pixels(plain.body)
            return [rows[32 * y + x] for y in (8, 24) for x in (8, 24)]

        def near(seen, wanted):
            off = max(abs(a - b) for one, other in zip(seen, wanted) for a, b in zip(one, other))
            self.assertLess(off, 16, seen)

        # Orientation 6: what is stored upper left is seen upper right.
        near(quarters_of("turned.jpg"), ((0, 0, 255), (255, 0, 0), (255, 255, 255), (0, 255, 0)))
        near(quarters_of("clear.png"), ((255, 255, 255), (0, 160, 0)) * 2)

    def test_headers_conditions_ranges_and_formats(self):
        world = shared_world()
        server = self.server(world)
        account = world.accounts[0]
        cid = account.cid("a.png")
        path = target("avatar_small", account.did, cid)
        first = server.get(path)
        self.assertEqual(first.cache, "miss")
        self.assertEqual(first.headers["ETag"], f'"avatar_small-{cid}"')
        self.assertEqual(first.headers["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(first.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(first.headers["Content-Security-Policy"], "default-src 'none'; sandbox")
        self.assertEqual(first.headers["Access-Control-Allow-Origin"], "*")
        again = server.get(path)
        self.assertEqual((again.cache, again.body), ("hit-memory", first.body))
        for name in ("ETag", "Cache-Control", "Content-Security-Policy", "X-Content-Type-Options", "Content-Type",
                     "Access-Control-Allow-Origin"):
            self.assertEqual(again.headers[name], first.headers[name])

        head = server.ask(path, "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(int(head.headers["Content-Length"]), len(first.body))
        part = server.get(path, {"Range": "bytes=10-19"})
        self.assertEqual((part.status, part.body), (206, first.body[10:20]))
        for tags in (first.headers["ETag"], "W/" + first.headers["ETag"], '"x", ' + first.headers["ETag"], "*"):
            answer = server.get(path, {"If-None-Match": tags})
            self.assertEqual((answer.status, answer.body), (304, b""), tags)
            self.assertEqual(answer.headers["ETag"], first.headers["ETag"])
        self.assertEqual(server.get(path, {"If-None-Match": '"other"'}).status, 200)

        seen = {first.headers["ETag"]}
        for format, mime in (("png", "image/png"), ("webp", "image/webp"), ("avif", "image/avif")):
            answer = server.get(path + "@" + format)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, mime))
            self.assertNotIn(answer.headers["ETag"], seen)
            seen.add(answer.headers["ETag"])
        self.assertEqual(png_size(server.get(path + "@png").body), (360, 360))
        same = server.get(path + "@jpeg")
        self.assertEqual((same.cache, same.body), ("hit-memory", first.body))
        escaped = server.get(target("avatar_small", account.did.replace(":", "%3A"), cid))
        self.assertEqual((escaped.cache, escaped.body), ("hit-memory", first.body))
        for method in ("POST", "PUT", "OPTIONS", "PATCH"):
            answer = server.ask(path, method)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))

    def test_a_cdn_is_told_the_tag_of_the_blob(self):
        world = shared_world()
        server = self.server(world, cache_tags=True)
        account = world.accounts[0]
        path = target("avatar_small", account.did, account.cid("a.png"))
        blob = f"at://{account.did}/{account.cid('a.png')}"
        tag = "i-" + hashlib.sha256(blob.encode()).hexdigest()[:20]
        for answer in (server.get(path), server.get(path), server.get(target("avatar", account.did, account.cid("a.png")))):
            self.assertEqual((answer.headers["Cache-Tag"], answer.headers["Surrogate-Key"]), (tag, tag))
        self.assertNotIn("Cache-Tag", self.server(world).get(path).headers)

    def test_negotiation_is_a_matter_of_the_preset(self):
        world = shared_world()
        own = json.dumps({"card": {"width": 200, "height": 100, "format": "auto"}, "extends": "coves"})
        server = self.server(world, auto_format="avif,webp,jpeg", image_proxy_presets=own)
        account = world.accounts[0]
        path = target("card", account.did, account.cid("photo.png"))
        modern = server.get(path, {"Accept": "image/avif,image/webp,*/*"})
        self.assertEqual((modern.status, modern.headers["Content-Type"]), (200, "image/avif"))
        self.assertIn("Accept", modern.headers["Vary"])
        plain = server.get(path, {"Accept": "*/*"})
        self.assertEqual(plain.headers["Content-Type"], "image/jpeg")
        self.assertNotEqual(plain.headers["ETag"], modern.headers["ETag"])
        tag = {"If-None-Match": modern.headers["ETag"]}
        self.assertEqual(server.get(path, {"Accept": "image/avif,image/webp,*/*", **tag}).status, 304)
        self.assertEqual(server.get(path, {"Accept": "*/*", **tag}).status, 200)
        fixed = server.get(target("avatar", account.did, account.cid("photo.png")), {"Accept": "image/avif,*/*"})
        self.assertEqual(fixed.headers["Content-Type"], "image/jpeg")
        self.assertIsNone(fixed.headers["Vary"])

    def test_the_presets_of_the_bluesky_app_view(self):
        world = shared_world()
        server = self.server(world, image_proxy_presets="bluesky")
        account = world.accounts[0]
        for preset, size in (("avatar", (1000, 1000)), ("avatar_thumbnail", (128, 128)), ("banner", (3000, 1000)),
                             ("feed_thumbnail", (640, 480)), ("feed_fullsize", (640, 480))):
            answer = server.get(target(preset, account.did, account.cid("a.png")) + "@jpeg")
            self.assertEqual((answer.status, jpeg_size(answer.body)), (200, size))
        self.assert_refused(server.get(target("content_full", account.did, account.cid("a.png"))), 400,
                            "invalid preset: content_full")


class Refusals(WorldPlay):
    def test_what_can_not_be_right_costs_no_look_up(self):
        server = self.serve(image_proxy_plc_url="http://127.0.0.1:9")
        did, cid = UNKNOWN_DID, UNKNOWN_CID
        cases = [("/img//plain/" + did + "/" + cid, 400, "missing required parameters"),
                 ("/img/avatar/plain//" + cid, 400, "missing required parameters"),
                 (target("big", did, cid), 400, "invalid preset: big"),
                 (target("Avatar", did, cid), 400, "invalid preset: Avatar"),
                 (target("avatar", "did:plc:abc", cid), 400, "invalid DID format"),
                 (target("avatar", "notadid", cid), 400, "invalid DID format"),
                 (target("avatar", "did:key:z6Mk", cid), 400, "invalid DID format"),
                 (target("avatar", "did:web:example.com:user", cid), 400, "invalid DID format"),
                 (target("avatar", "..", cid), 400, "invalid DID format"),
                 (target("avatar", "%2e%2e%2fetc", cid), 400, "invalid DID format"),
                 (target("avatar", "did:plc:" + "a" * 5000, cid), 400, "invalid DID format"),
                 (target("avatar", did, "nonsense"), 400, "invalid CID format"),
                 (target("avatar", did, cid.upper()), 400, "invalid CID format"),
                 (target("avatar", did, cid + "@gif"), 400, "invalid format: it has to be @jpeg, @png, @webp or @avif"),
                 (target("avatar", did, ""), 404, "404 page not found\n"),
                 (target("avatar", did, cid) + "/", 404, "404 page not found\n"),
                 (f"/img/avatar/fancy/{did}/{cid}", 404, "404 page not found\n"),
                 ("/img/", 404, "404 page not found\n"), ("/img/avatar", 404, "404 page not found\n")]
        for path, status, body in cases:
            with self.subTest(path=path[:100]):
                self.assert_refused(server.get(path), status, body)
        self.assertEqual(server.metrics()["imcaxy_identity_lookups_total"], 0)

    def test_what_the_servers_say_no_to(self):
        world = self.world({"a.png": png(64, 48), "b.png": png(64, 48, 1), "c.png": png(64, 48, 2)}, servers=2)
        server = self.server(world, negative_ttl_seconds=0)
        alice, bob = world.account("alice0"), world.account("bob0")

        def get(account, cid):
            return server.get(target("avatar", account.did, cid))

        self.assert_refused(get(alice, UNKNOWN_CID), 404, "blob not found")
        self.assert_refused(server.get(target("avatar", UNKNOWN_DID, alice.cid("a.png"))), 502, "failed to resolve DID")
        self.assert_refused(server.get(target("avatar", "did:web:localhost%253A9", UNKNOWN_CID)), 502,
                            "failed to resolve DID")
        world.tell("remove", alice.did, alice.cid("a.png"))
        self.assert_refused(get(alice, alice.cid("a.png")), 404, "blob not found")
        world.tell("takedown", alice.did, alice.cid("b.png"))
        self.assert_refused(get(alice, alice.cid("b.png")), 404, "blob not found")
        world.tell("takedown", alice.did)
        self.assert_refused(get(alice, alice.cid("c.png")), 404, "blob not found")
        world.tell("restore", alice.did)
        self.assertEqual(get(alice, alice.cid("c.png")).status, 200)
        world.tell("deactivate", bob.did)
        self.assert_refused(get(bob, bob.cid("a.png")), 404, "blob not found")
        world.tell("activate", bob.did)
        self.assertEqual(get(bob, bob.cid("a.png")).status, 200)
        gone = world.account("bob1")
        world.tell("tombstone", gone.did)
        self.assert_refused(get(gone, gone.cid("a.png")), 502, "failed to resolve DID")

    def test_an_account_of_the_web(self):
        world = shared_world()
        server = self.server(world)
        account = next(a for a in world.accounts if a.did.startswith("did:web:"))
        answer = server.get(target("avatar", account.did.replace("%", "%25"), account.cid("a.png")))
        self.assertEqual(answer.status, 200, answer)
        closed = self.server(world, allow_private_sources=False)
        self.assert_refused(closed.get(target("avatar", account.did.replace("%", "%25"), account.cid("a.png"))), 400,
                            "invalid DID format")

    def test_private_addresses_are_not_asked(self):
        world = shared_world()
        server = self.server(world, allow_private_sources=False)
        alice = world.account("alice0")
        self.assert_refused(server.get(target("avatar", alice.did, alice.cid("a.png"))), 502, "failed to resolve DID")


class Outages(WorldPlay):
    def test_a_known_etag_needs_no_look_up(self):
        world = self.world({"a.png": png(64, 48)})
        server = self.server(world)
        cid = world.accounts[0].cid("a.png")
        world.tell("stop", "plc")
        answer = server.get(target("avatar", UNKNOWN_DID, cid), {"If-None-Match": f'"avatar-{cid}"'})
        self.assertEqual(answer.status, 304)

    def test_an_account_that_moves_is_found(self):
        world = self.world({"a.png": png(64, 48), "b.png": png(64, 48, 1)}, servers=2)
        server = self.server(world)
        alice = world.account("alice0")
        self.assertEqual(server.get(target("avatar", alice.did, alice.cid("a.png"))).status, 200)
        world.tell("move", alice.did, "1")
        time.sleep(5.1)  # what was looked up just now is not looked up again
        self.assertEqual(server.get(target("avatar", alice.did, alice.cid("b.png"))).status, 200)

    def test_stopped_servers(self):
        world = self.world({"a.png": png(64, 48), "b.png": png(64, 48, 1), "c.png": png(64, 48, 2)}, servers=2)
        server = self.server(world, image_proxy_identity_ttl_seconds=1, negative_ttl_seconds=0)
        alice = world.account("alice0")
        path = target("avatar", alice.did, alice.cid("a.png"))
        first = server.get(path)
        self.assertEqual(first.status, 200)
        world.tell("stop", "plc")
        time.sleep(1.1)
        self.assertEqual(server.get(target("avatar", alice.did, alice.cid("b.png"))).status, 200, "a stale identity")
        world.tell("stop", "0")
        self.assert_refused(server.get(target("avatar", alice.did, alice.cid("c.png"))), 502,
                            "failed to fetch blob from PDS")
        self.assertEqual(server.get(path).cache, "hit-memory")
        server.restart()
        kept = server.get(path)
        self.assertEqual((kept.cache, kept.body), ("hit-disk", first.body))

    def test_servers_that_hang(self):
        world = self.world({"a.png": png(64, 48), "b.png": png(64, 48, 1)})
        server = self.server(world, image_proxy_fetch_timeout_seconds=1, negative_ttl_seconds=0)
        alice = world.account("alice0")
        self.assertEqual(server.get(target("avatar", alice.did, alice.cid("a.png"))).status, 200)
        world.hang()
        begun = time.monotonic()
        self.assert_refused(server.get(target("avatar", alice.did, alice.cid("b.png"))), 504, "request timed out")
        self.assertLess(time.monotonic() - begun, 10)
        world.wake()
        self.assertEqual(server.get(target("avatar", alice.did, alice.cid("b.png"))).status, 200)


class Once(WorldPlay):
    def test_500_requests_for_one_cold_blob_fetch_it_once(self):
        world = shared_world()
        server = self.server(world)
        alice = world.account("alice0")
        path = target("avatar", alice.did, alice.cid("wide.png"))
        barrier = threading.Barrier(500)

        def ask(_):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)
            connection.connect()
            barrier.wait()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, body

        with concurrent.futures.ThreadPoolExecutor(500) as pool:
            answers = set(pool.map(ask, range(500)))
        self.assertEqual(len(answers), 1)
        self.assertEqual(answers.pop()[0], 200)
        counted = server.metrics()
        self.assertEqual(counted["imcaxy_blobs_asked_total"], 1)
        self.assertEqual(counted["imcaxy_identity_lookups_total"], 1)
        self.assertEqual(counted["imcaxy_blobs_processed_total"], 1)

    def test_presets_share_the_blob(self):
        world = shared_world()
        server = self.server(world)
        alice = world.account("alice0")
        for preset in PRESETS:
            self.assertEqual(server.get(target(preset, alice.did, alice.cid("a.png"))).status, 200)
            server.wait_metric('imcaxy_cache_entries{tier="originals"}', 1)
        self.assertEqual(server.metrics()["imcaxy_blobs_asked_total"], 1)


if __name__ == "__main__":
    unittest.main()
