"""Purging and blocking accounts and blobs, what is kept for how long, and the cache of an original proxy."""
import json
import os
import time

from blobs import ALICE, BOB, blob_path, img, put_blob, register
from pictures import jpegs
from play import Play, png, run, wait_until

PRESETS = ("avatar", "avatar_small", "banner", "content_preview", "content_full", "embed_thumbnail")


class Moderated(Play):
    def setUp(self):
        super().setUp()
        for did in (ALICE, BOB):
            register(self.origin, did)
        self.first, self.second = png(64, 48, 1), png(64, 48, 2)
        self.cids = [put_blob(self.origin, ALICE, blob) for blob in (self.first, self.second)]
        put_blob(self.origin, BOB, self.first)

    def proxy(self, **values):
        return self.serve(image_proxy_plc_url=self.origin.url(""), **values)

    @staticmethod
    def admin(server, method, path, body=None, token=None):
        return server.ask(path, method, {"Authorization": "Bearer " + (token or server.token())},
                          json.dumps(body) if body is not None else None)


class Purges(Moderated):
    def test_one_blob_of_an_account_in_every_preset(self):
        server = self.proxy()
        for preset in PRESETS:
            for cid in self.cids:
                self.assertStatus(server.get(img(preset, ALICE, cid)), 200)
            self.assertStatus(server.get(img(preset, BOB, self.cids[0])), 200)
        answer = self.admin(server, "DELETE", f"/img/{ALICE}/{self.cids[0]}")
        self.assertStatus(answer, 200)
        told = json.loads(answer.body)
        self.assertEqual((told["did"], told["cid"], told["blobs"]), (ALICE, self.cids[0], [self.cids[0]]))
        self.assertEqual(told["purged"], len(PRESETS) + 1, "the pictures and the original")
        for preset in PRESETS:
            self.assertEqual(server.get(img(preset, ALICE, self.cids[1])).cache, "hit-memory")
            self.assertEqual(server.get(img(preset, BOB, self.cids[0])).cache, "hit-memory")
        asked = self.origin.count(blob_path(ALICE, self.cids[0]))
        self.assertEqual(server.get(img("avatar", ALICE, self.cids[0])).cache, "miss")
        self.assertEqual(self.origin.count(blob_path(ALICE, self.cids[0])), asked + 1)

    def test_all_of_an_account(self):
        server = self.proxy()
        for cid in self.cids:
            self.assertStatus(server.get(img("avatar", ALICE, cid)), 200)
        self.assertStatus(server.get(img("avatar", BOB, self.cids[0])), 200)
        server.wait_metric('imcaxy_cache_entries{tier="originals"}', 3)
        server.wait_metric('imcaxy_cache_entries{tier="blobs"}', 3)
        told = json.loads(self.admin(server, "DELETE", "/img/" + ALICE).body)
        self.assertEqual((told["purged"], sorted(told["blobs"])), (4, sorted(self.cids)))
        self.assertEqual(server.get(img("avatar", ALICE, self.cids[0])).cache, "miss")
        self.assertEqual(server.get(img("avatar", BOB, self.cids[0])).cache, "hit-memory")

    def test_needs_the_token_and_right_names(self):
        server = self.proxy()
        for method, path in (("DELETE", "/img/" + ALICE), ("DELETE", f"/img/{ALICE}/{self.cids[0]}"),
                             ("POST", "/img/block"), ("GET", "/img/block"), ("DELETE", "/img/block?did=" + ALICE)):
            answer = self.admin(server, method, path, token="wrong")
            self.assertEqual((answer.status, answer.text), (401, "access token authorization failed"))
        self.assertEqual(self.admin(server, "DELETE", "/img/nonsense").text, "invalid DID format")
        self.assertEqual(self.admin(server, "DELETE", f"/img/{ALICE}/nonsense").text, "invalid CID format")
        self.assertStatus(self.admin(server, "PUT", "/img/block"), 405)

    def test_a_cdn_is_told(self):
        purged = []

        def purge(handler):
            purged.append((handler.path, handler.headers["Fastly-Key"]))
            handler.send_response(404 if "@avif" in handler.path else 200)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.origin.any_method("PURGE", purge)
        server = self.proxy(image_proxy_cdn_url=self.origin.url(""), image_proxy_cdn_purge=True,
                            image_proxy_cdn_purge_header="Fastly-Key: secret")
        told = json.loads(self.admin(server, "DELETE", f"/img/{ALICE}/{self.cids[0]}").body)
        paths = {path for path, key in purged if key == "secret"}
        self.assertEqual(len(paths), 5 * len(PRESETS))
        self.assertIn(img("avatar", ALICE, self.cids[0]), paths)
        self.assertIn(img("banner", ALICE, self.cids[0]) + "@webp", paths)
        self.assertEqual((told["cdnPurged"], told["cdnFailed"]), (4 * len(PRESETS), len(PRESETS)))


class Blocks(Moderated):
    def test_a_blob_and_an_account(self):
        server = self.proxy()
        path, other = img("avatar", ALICE, self.cids[0]), img("avatar", ALICE, self.cids[1])
        tag = server.get(path).headers["ETag"]
        self.assertStatus(server.get(other), 200)
        answer = self.admin(server, "POST", "/img/block", {"did": ALICE, "cid": self.cids[0], "reason": "a complaint"})
        self.assertStatus(answer, 200)
        for headers in ({}, {"If-None-Match": tag}):
            blocked = server.get(path, headers)
            self.assertEqual((blocked.status, blocked.text), (404, "blob not found"))
        self.assertEqual(server.get(other).cache, "hit-memory")
        self.assertStatus(server.get(img("avatar", BOB, self.cids[0])), 200)

        server.restart()
        self.assertStatus(server.get(path), 404)
        listed = json.loads(self.admin(server, "GET", "/img/block").body)["blocks"]
        self.assertEqual([(b["did"], b["cid"], b["reason"]) for b in listed], [(ALICE, self.cids[0], "a complaint")])
        self.assertStatus(self.admin(server, "POST", "/img/block", {"did": ALICE}), 200)
        self.assertStatus(server.get(other), 404)
        self.assertStatus(self.admin(server, "DELETE", f"/img/block?did={ALICE}"), 200)
        self.assertStatus(server.get(other), 200)
        self.assertStatus(server.get(path), 404)
        self.assertStatus(self.admin(server, "DELETE", f"/img/block?did={ALICE}&cid={self.cids[0]}"), 200)
        self.assertStatus(server.get(path), 200)
        self.assertStatus(self.admin(server, "DELETE", f"/img/block?did={ALICE}&cid={self.cids[0]}"), 404)

    def test_who_waits_for_a_picture_that_is_blocked_meanwhile_does_not_get_it(self):
        server = self.proxy()
        gate = self.origin.hold(blob_path(ALICE, self.cids[0]))
        waiting = self.in_background(server.get, img("avatar", ALICE, self.cids[0]))
        gate.wait_for(1)
        self.assertStatus(self.admin(server, "POST", "/img/block", {"did": ALICE}), 200)
        gate.release()
        self.assertStatus(waiting(), 404)
        server.wait_metric('imcaxy_productions{kind="blobs"}', 0)
        self.assertEqual(server.metrics()['imcaxy_cache_entries{tier="memory"}'], 0)

    def test_for_legal_reasons(self):
        server = self.proxy(image_proxy_blocked_status=451)
        self.assertStatus(self.admin(server, "POST", "/img/block", {"did": ALICE}), 200)
        answer = server.get(img("avatar", ALICE, self.cids[0]))
        self.assertEqual((answer.status, answer.text), (451, "unavailable for legal reasons"))

    def test_mistakes_are_named(self):
        server = self.proxy()
        for body, part in (("[]", "JSON object"), ("{", "JSON object"), ("{}", "invalid DID format"),
                           ('{"did": 7}', "did in the JSON body has to be a string"),
                           (json.dumps({"did": ALICE, "cid": "x"}), "invalid CID format"),
                           (json.dumps({"did": ALICE, "reason": "x" * 1001}), "reason has to be at most 1000 bytes")):
            answer = server.ask("/img/block", "POST", {"Authorization": "Bearer " + server.token()}, body)
            self.assertStatus(answer, 400)
            self.assertIn(part, answer.text)

    def test_a_damaged_list_is_no_empty_list(self):
        server = self.proxy()
        self.assertStatus(self.admin(server, "POST", "/img/block", {"did": ALICE}), 200)
        server.stop()
        for suffix in ("-wal", "-shm"):
            if os.path.exists(os.path.join(server.data, "blocks.db" + suffix)):
                os.remove(os.path.join(server.data, "blocks.db" + suffix))
        with open(os.path.join(server.data, "blocks.db"), "wb") as file:
            file.write(b"no database at all" * 1000)
        status, _, told = run("serve", "--data-dir", server.data, port=0)
        self.assertEqual(status, 1)
        self.assertIn("blocks.db is damaged: bring it back from a backup", told)


class Times(Moderated):
    def test_what_nobody_asked_for_in_days_leaves(self):
        server = self.proxy(image_proxy_cache_ttl_days=2)
        for cid in self.cids:
            self.assertStatus(server.get(img("avatar", ALICE, cid)), 200)
        server.wait_metric('imcaxy_cache_entries{tier="blobs"}', 2)
        server.stop()
        old, new = server.entry_files("blobs")
        os.utime(old, (time.time() - 49 * 3600,) * 2)
        os.utime(new, (time.time() - 47 * 3600,) * 2)
        server.start()
        self.assertEqual(server.metrics()['imcaxy_cache_entries{tier="blobs"}'], 1)
        answers = {server.get(img("avatar", ALICE, cid)).cache for cid in self.cids}
        self.assertEqual(answers, {"hit-disk", "miss"})
        self.assertGreater(os.stat(new).st_mtime, time.time() - 3600, "its use is noted")

    def test_a_blob_can_be_asked_for_again(self):
        server = self.proxy(image_proxy_revalidate_seconds=2, negative_ttl_seconds=0)
        path = img("avatar", ALICE, self.cids[0])
        self.assertStatus(server.get(path), 200)
        self.assertEqual(server.get(path).cache, "hit-memory")
        self.origin.put(blob_path(ALICE, self.cids[0]),
                        json.dumps({"error": "InvalidRequest", "message": "Blob not found"}).encode(), status=400)
        wait_until(lambda: server.get(path).status == 404, "what was taken down at its server is gone here")

    def test_the_disk_is_bounded(self):
        server = self.proxy(image_proxy_cache_max_gb="0.0001", memory_cache_mb=0)
        for seed in range(12):
            cid = put_blob(self.origin, ALICE, png(300, 200, 100 + seed))
            self.assertStatus(server.get(img("avatar_small", ALICE, cid)), 200)
        wait_until(lambda: server.metrics()['imcaxy_cache_evictions_total{tier="blobs"}'] > 0, "something left")
        wait_until(lambda: server.metrics()['imcaxy_cache_bytes{tier="blobs"}'] <= 0.0001 * (1 << 30), "it fits")


class Coves(Moderated):
    """The layout of the original: preset/did with : as _/cid, without an extension."""

    def fill(self, folder):
        picture, = jpegs(png(40, 30))
        files = {f"avatar/{ALICE.replace(':', '_')}/{self.cids[0]}": picture,
                 f"banner/{ALICE.replace(':', '_')}/{self.cids[0]}": picture,
                 f"avatar/{BOB.replace(':', '_')}/{self.cids[0]}": picture,
                 f"avatar/{BOB.replace(':', '_')}/{self.cids[1]}.tmp": picture,
                 f"avatar/{BOB.replace(':', '_')}/{self.cids[1]}": picture[:-20],
                 f"avatar/did_web_a_b/{self.cids[1]}": picture, f"other/{ALICE.replace(':', '_')}/{self.cids[0]}": picture,
                 "avatar/readme": b"x", f"avatar/{ALICE.replace(':', '_')}/nonsense": picture}
        for name, data in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        return picture

    def test_is_taken_over_at_the_start_and_once(self):
        folder = os.path.join(self.proxy().home, "coves")
        picture = self.fill(folder)
        server = self.proxy(image_proxy_cache_path=folder)
        wait_until(lambda: "3 pictures taken over" in server.log(), "taken over")
        for path in (img("avatar", ALICE, self.cids[0]), img("banner", ALICE, self.cids[0]),
                     img("avatar", BOB, self.cids[0])):
            answer = server.get(path)
            self.assertEqual((answer.cache, answer.body), ("hit-disk", picture))
            self.assertEqual(answer.headers["ETag"], f'"{path.split("/")[2]}-{self.cids[0]}"')
        self.assertTrue(os.path.exists(os.path.join(folder, "avatar", "readme")), "the old cache stays as it is")
        self.assertStatus(self.admin(server, "DELETE", "/img/" + BOB), 200)
        server.restart()
        self.assertNotIn("taken over", server.log())
        self.assertEqual(server.get(img("avatar", BOB, self.cids[0])).cache, "miss", "what was purged stays away")
        self.assertEqual(server.get(img("avatar", ALICE, self.cids[0])).body, picture)

    def test_is_migrated_by_command(self):
        server = self.proxy()
        folder = os.path.join(server.home, "coves")
        picture = self.fill(folder)
        status, _, told = run("migrate", "--from", "coves:" + folder, "--to", server.data)
        self.assertEqual(status, 1, told)
        self.assertIn("in use", told)
        server.stop()
        status, out, told = run("migrate", "--from", "coves:" + folder, "--to", server.data)
        self.assertEqual(status, 0, told)
        self.assertIn("3 pictures taken over", out)
        server.start()
        self.assertEqual(server.get(img("avatar", ALICE, self.cids[0])).body, picture)
        for wrong, part in ((("--from", folder, "--to", "x"), "coves:"), (("--from", "coves:/nowhere", "--to", "x"), "no folder")):
            status, _, told = run("migrate", *wrong)
            self.assertNotEqual(status, 0)
            self.assertIn(part, told)
