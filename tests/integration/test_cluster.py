"""Many nodes, one cache, with the real MinIO and the MongoDB-compatible server."""
import concurrent.futures
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import cluster
import play
import test_freshness


class Sharing(cluster.ClusterTest):
    def test_a_picture_of_one_node_is_a_hit_on_another(self):
        self.origin.put("/a.png", play.png(64, 48))
        first, second, third = self.nodes
        made = first.image("resize", self.origin.url("/a.png"), width=32)
        self.assertEqual((made.status, made.cache), (200, "miss"), made)
        self.settle()
        shared = second.image("resize", self.origin.url("/a.png"), width=32)
        self.assertEqual((shared.status, shared.cache, shared.body), (200, "hit-shared", made.body), shared)
        self.assertEqual(shared.headers["ETag"], made.headers["ETag"])
        self.assertEqual(second.image("resize", self.origin.url("/a.png"), width=32).cache, "hit-memory")
        self.assertEqual(third.image("resize", self.origin.url("/a.png"), width=32).cache, "hit-shared")
        self.assertEqual(self.origin.counts["/a.png"], 1)
        second.restart()
        self.assertEqual(second.image("resize", self.origin.url("/a.png"), width=32).cache, "hit-disk")

    def test_conditions_and_ranges_of_large_pictures_while_they_come(self):
        self.origin.put("/large.png", play.png(1500, 1000))
        made = self.nodes[0].image("flip", self.origin.url("/large.png"), type="png")
        self.assertGreater(len(made.body), 1 << 20)
        self.settle()
        target = play.image_target("flip", self.origin.url("/large.png"), type="png")
        part = self.nodes[1].get(target, {"Range": "bytes=100-199"})
        self.assertEqual((part.status, part.body), (206, made.body[100:200]), part)
        whole = self.nodes[2].get(target)
        self.assertEqual((whole.status, whole.cache, whole.body), (200, "hit-shared", made.body))
        self.assertEqual(int(whole.headers["Content-Length"]), len(made.body))
        fresh = self.start_node()
        same = fresh.get(target, {"If-None-Match": made.headers["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""), same)
        fresh.wait_metric('imcaxy_productions{kind="results"}', 0)
        self.assertEqual(fresh.get(target).body, made.body)

    def test_equal_requests_on_all_nodes_are_made_once(self):
        picture = play.png(300, 200)
        self.origin.put("/once.png", picture)
        gate = self.origin.hold("/once.png")
        before = len(self.objects())
        with concurrent.futures.ThreadPoolExecutor(300) as pool:
            answers = [pool.submit(self.nodes[i % 3].image, "resize", self.origin.url("/once.png"), width=150)
                       for i in range(300)]
            gate.wait_for(1)
            play.wait_until(lambda: self.total("imcaxy_readers") == 300, "all of them wait")
            gate.release()
            bodies = {answer.result().body for answer in answers}
            self.assertEqual({answer.result().status for answer in answers}, {200})
        self.assertEqual(len(bodies), 1)
        self.settle()
        self.assertEqual(self.origin.counts["/once.png"], 1)
        self.assertEqual(self.total("imcaxy_processed_total"), 1)
        self.assertEqual(len(self.objects()) - before, 1)

    def test_what_one_node_asked_its_source_about_is_fresh_for_all(self):
        source = test_freshness.Source(self.origin, "/timed.png")
        first, second, third = self.nodes = [self.start_node(cache_ttl=2) for _ in range(3)]
        made = first.image("resize", source.url, width=32)
        self.settle()
        self.assertEqual(second.image("resize", source.url, width=32).cache, "hit-shared")
        time.sleep(2.1)
        # While it is served, its source is asked behind it, and the others are told.
        self.assertEqual(first.image("resize", source.url, width=32).cache, "hit-memory")
        first.wait_metric('imcaxy_revalidations_total{result="unchanged"}', 1)
        self.settle()
        shared = third.image("resize", source.url, width=32)
        self.assertEqual((shared.cache, shared.body), ("hit-shared", made.body), shared)
        # Who had it before asks for itself; it knew the times, so that nobody waited.
        self.assertEqual(second.image("resize", source.url, width=32).cache, "hit-memory")
        source.change(1)
        time.sleep(2.1)
        third.image("resize", source.url, width=32)
        self.settle()
        renewed = third.image("resize", source.url, width=32)
        self.assertNotEqual(renewed.body, made.body)
        self.assertEqual(self.start_node().image("resize", source.url, width=32).body, renewed.body)

    def test_a_failure_is_found_once(self):
        self.origin.put("/gone.png", b"no", status=404)
        gate = self.origin.hold("/gone.png")
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            answers = [pool.submit(self.nodes[i % 3].image, "resize", self.origin.url("/gone.png"), width=150)
                       for i in range(30)]
            play.wait_until(lambda: self.total("imcaxy_readers") == 30, "all of them wait")
            gate.release()
            self.assertEqual({answer.result().status for answer in answers}, {404})
        self.assertEqual(self.origin.counts["/gone.png"], 1)

    def test_a_slow_leader_holds_nobody_up(self):
        self.origin.put("/slow.png", play.png(30, 20))
        gate = self.origin.hold("/slow.png", most=1)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(self.nodes[0].image, "resize", self.origin.url("/slow.png"), width=15)
            gate.wait_for(1)
            begun = time.monotonic()
            other = self.nodes[1].image("resize", self.origin.url("/slow.png"), width=15)
            self.assertEqual((other.status, other.cache), (200, "miss"), other)
            self.assertLess(time.monotonic() - begun, 6)
            gate.release()
            self.assertEqual(first.result().body, other.body)
        self.assertEqual(self.nodes[1].metrics()["imcaxy_shared_hedged_total"], 1)

    def test_a_leader_that_dies_holds_nobody_up(self):
        self.origin.put("/dead.png", play.png(30, 20))
        gate = self.origin.hold("/dead.png", most=1)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(self.nodes[0].image, "resize", self.origin.url("/dead.png"), width=15)
            gate.wait_for(1)
            self.nodes[0].kill()
            gate.release()
            with self.assertRaises(Exception):
                first.result()
            begun = time.monotonic()
            self.assertEqual(self.nodes[1].image("resize", self.origin.url("/dead.png"), width=15).status, 200)
            self.assertLess(time.monotonic() - begun, 8)

    def test_a_fast_client_does_not_cancel_storing(self):
        self.origin.put("/left.png", play.png(30, 20))
        gate = self.origin.hold("/left.png")
        with socket.create_connection(("127.0.0.1", self.nodes[0].port)) as client:
            target = play.image_target("resize", self.origin.url("/left.png"), width=15)
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            gate.wait_for(1)
        gate.release()
        play.wait_until(lambda: self.nodes[0].metrics().get("imcaxy_shared_stored_total") == 1, "it is stored")
        self.assertEqual(self.nodes[1].get(target).cache, "hit-shared")

    def test_pictures_in_several_formats_do_not_replace_each_other(self):
        nodes = [self.start_node(auto_format="webp,jpeg") for _ in range(2)]
        self.origin.put("/auto.png", play.png(64, 48))
        url = self.origin.url("/auto.png")
        webp = nodes[0].image("resize", url, {"Accept": "image/webp"}, width=32)
        other = nodes[0].image("resize", url, {"Accept": "image/png"}, width=32)
        self.assertNotEqual(webp.headers["Content-Type"], other.headers["Content-Type"])
        nodes[0].wait_metric('imcaxy_productions{kind="results"}', 0)
        for accept, made in (("image/webp", webp), ("image/png", other)):
            shared = nodes[1].image("resize", url, {"Accept": accept}, width=32)
            self.assertEqual((shared.cache, shared.body), ("hit-shared", made.body))

    def test_what_is_damaged_or_gone_is_made_again(self):
        self.origin.put("/b.png", play.png(64, 48))
        url = self.origin.url("/b.png")
        before = set(self.objects())
        made = self.nodes[0].image("resize", url, width=32)
        self.settle()
        [name] = set(self.objects()) - before
        folder = self.parts.folder / "minio" / self.bucket / name
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        again = self.nodes[1].image("resize", url, width=32)
        self.assertEqual((again.status, again.cache, again.body), (200, "miss", made.body))
        self.settle()
        self.assertEqual(self.nodes[2].image("resize", url, width=32).cache, "hit-shared")

    def test_what_the_original_system_stored_is_served(self):
        """Its documents lack our fields, and its objects are named by it (design section 13)."""
        self.origin.put("/old.png", play.png(8, 8))
        picture = play.png(5, 4)
        url = self.origin.url("/old.png")
        first = self.nodes[0].image("resize", url, width=4)
        self.settle()
        document = json.loads(self.mongo(
            f"d = db.cachedImages.find_one({{'sourceImageURL': {url!r}}}, {{'_id': 0}})\n"
            "old = {k: d[k] for k in ('rawRequest', 'requestSignature', 'processorType', 'processorEndpoint', 'mimeType',"
            " 'sourceImageURL', 'processingParams')}\n"
            "old['requestSignature'] = old['requestSignature'].replace('width=4', 'width=5')\n"
            f"old['imageSize'] = {len(picture)}\n"
            "print(json.dumps(old))\n"
            "db.cachedImages.insert_one(old)"))
        name = "::".join(urllib.parse.quote(document[field], safe="-_.~$&+=:@")
                         for field in ("requestSignature", "processorType"))
        self.put_object(name, picture)
        taken = self.nodes[1].image("resize", url, width=5)
        self.assertEqual((taken.status, taken.cache, taken.body), (200, "hit-shared", picture), (taken, first))
        self.assertEqual(taken.headers["Content-Type"], "image/png")
        self.assertTrue(taken.headers["ETag"])


class Invalidation(cluster.ClusterTest):
    def everywhere(self, url, **parameters):
        return [node.image("resize", url, **parameters) for node in self.nodes]

    def test_reaches_every_node_and_every_tier(self):
        self.origin.put("/a.png", play.png(64, 48, 1))
        url = self.origin.url("/a.png")
        old = {answer.body for answer in self.everywhere(url, width=32)}
        self.assertEqual(len(old), 1)
        self.settle()
        self.origin.put("/a.png", play.png(64, 48, 2))
        begun = time.monotonic()
        answer = self.nodes[1].invalidate(url)
        self.assertLess(time.monotonic() - begun, 2)
        model = json.loads(answer.text)
        self.assertEqual((answer.status, model["invalidationError"], model["doneInvalidations"]), (200, None, [url]), model)
        self.assertEqual([image["sourceImageURL"] for image in model["invalidatedImages"]], [url])
        new = self.everywhere(url, width=32)
        self.assertFalse(old & {answer.body for answer in new})
        self.assertEqual(len({answer.body for answer in new}), 1)
        for node in self.nodes:
            self.assertEqual(json.loads(node.get("/latestInvalidation?projectName=play").text), model)

    def test_prefixes_too(self):
        self.origin.put("/dir/b.png", play.png(64, 48, 1))
        url = self.origin.url("/dir/b.png")
        old = self.everywhere(url, width=32)[0].body
        self.settle()
        self.origin.put("/dir/b.png", play.png(64, 48, 2))
        self.assertEqual(self.nodes[0].invalidate(prefixes=[self.origin.url("/dir/")]).status, 200)
        self.assertNotIn(old, [answer.body for answer in self.everywhere(url, width=32)])

    def test_a_node_that_was_paused_drops_what_it_missed_before_it_serves(self):
        self.origin.put("/c.png", play.png(64, 48, 1))
        url = self.origin.url("/c.png")
        old = self.everywhere(url, width=32)[0].body
        self.settle()
        self.nodes[2].pause()
        self.origin.put("/c.png", play.png(64, 48, 2))
        answer = self.nodes[0].invalidate(url)
        error = json.loads(answer.text)["invalidationError"]
        self.assertEqual(answer.status, 500)
        self.assertIn("could not be reached", error)
        name = (self.nodes[2].data + "/node")
        with open(name, encoding="ascii") as file:
            self.assertIn(file.read().strip(), error)
        self.nodes[2].resume()
        self.assertNotEqual(self.nodes[2].image("resize", url, width=32).body, old)

    def test_a_node_that_was_off_drops_what_it_missed(self):
        self.origin.put("/d.png", play.png(64, 48, 1))
        url = self.origin.url("/d.png")
        old = self.everywhere(url, width=32)[0].body
        self.settle()
        self.assertEqual(self.nodes[2].stop(), 0)
        self.origin.put("/d.png", play.png(64, 48, 2))
        self.assertEqual(self.nodes[0].invalidate(url).status, 200, "who has left need not be waited for")
        self.nodes[2].start()
        self.assertNotEqual(self.nodes[2].image("resize", url, width=32).body, old)

    def test_a_late_writer_does_not_bring_the_old_picture_back(self):
        """A node that was paused while it stored what an invalidation made stale."""
        self.origin.put("/e.png", play.png(64, 48, 1))
        url = self.origin.url("/e.png")
        self.parts.pause("minio")
        try:
            old = self.nodes[0].image("resize", url, width=32)  # waits to be stored
            self.assertEqual(old.status, 200)
            self.origin.put("/e.png", play.png(64, 48, 2))
            self.nodes[1].invalidate(url)
        finally:
            self.parts.resume("minio")
        self.settle()
        for node in self.nodes:
            self.assertNotEqual(node.image("resize", url, width=32).body, old.body)

    def test_blocks_of_moderators(self):
        did, cid = "did:plc:" + "a" * 24, "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
        headers = {"Authorization": "Bearer " + cluster.TOKEN}
        body = json.dumps({"did": did, "cid": cid, "reason": "play"})
        answer = self.nodes[0].ask("/img/block", "POST", headers, body)
        self.assertEqual(answer.status, 200, answer)
        for node in self.nodes + [self.start_node()]:
            self.assertEqual([block["did"] for block in json.loads(node.get("/img/block", headers).text)["blocks"]], [did])
        self.assertEqual(self.nodes[1].ask(f"/img/block?did={did}&cid={cid}", "DELETE", headers).status, 200)
        for node in self.nodes:
            play.wait_until(lambda: not json.loads(node.get("/img/block", headers).text)["blocks"], "it is off the list")


class Tls(cluster.ClusterTest):
    """MinIO and the database behind TLS, with a certificate that no public authority knows."""
    nodes_at_first = 2

    @classmethod
    def setUpClass(cls):
        certs = pathlib.Path(tempfile.mkdtemp(prefix="imcaxy-play-certs-"))
        cls.addClassCleanup(shutil.rmtree, certs)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", certs / "private.key", "-out", certs / "public.crt"],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=play.PATIENCE)
        cls.parts = cluster.Parts(certs)
        cls.addClassCleanup(cls.parts.close)

    def test_nodes_share_over_it(self):
        self.assertIn("tls=true", self.parts.values["mongo_connection_string"])
        self.origin.put("/a.png", play.png(64, 48))
        made = self.nodes[0].image("resize", self.origin.url("/a.png"), width=32)
        self.settle()
        shared = self.nodes[1].image("resize", self.origin.url("/a.png"), width=32)
        self.assertEqual((shared.cache, shared.body), ("hit-shared", made.body), shared)

    def test_a_certificate_of_a_stranger_stops_the_start(self):
        believed = "&tlsCAFile=" + str(self.parts.folder / "mongo-certs/public.crt")
        for variable, changes in {
                "IMCAXY_MONGO_CONNECTION_STRING":
                    {"mongo_connection_string": self.parts.values["mongo_connection_string"].replace(believed, "")},
                "IMCAXY_MINIO": {"minio_ca": ""}}.items():
            values = {**self.parts.values, "invalidate_security_token": cluster.TOKEN, **changes}
            status, _, told = play.run("config", "--check", **values)
            self.assertEqual(status, 1)
            self.assertIn(variable, told)
            self.assertIn("certificate", told)


if __name__ == "__main__":
    unittest.main()
