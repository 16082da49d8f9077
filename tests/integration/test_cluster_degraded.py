"""A part that is stopped, slow or gone: nodes serve what they have, say what is missing, and heal by themselves."""
import concurrent.futures
import json
import time
import unittest

import cluster
import play


class Degraded(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        for name in ("a", "b", "c"):
            self.origin.put(f"/{name}.png", play.png(64, 48, ord(name)))
        for number in range(24):
            self.origin.put(f"/more{number}.png", play.png(64, 48, number))

    def resize(self, node, name):
        return node.image("resize", self.origin.url(f"/{name}.png"), width=32)

    def quickly(self, node, name, seconds):
        begun = time.monotonic()
        answer = self.resize(node, name)
        self.assertEqual(answer.status, 200, answer)
        self.assertLess(time.monotonic() - begun, seconds)
        return answer

    def without(self, part, breaks, heals):
        first, second, third = self.nodes
        kept = self.resize(first, "a").body
        self.settle()
        breaks()
        try:
            self.assertEqual(self.quickly(first, "a", 1).cache, "hit-memory")
            made = self.quickly(first, "b", 10)
            self.assertEqual(made.cache, "miss")
            play.wait_until(lambda: f"without {part}" in first.get("/ready").text, "the node says what is missing")
            self.assertEqual(first.get("/ready").status, 200)
            self.assertEqual(json.loads(first.get("/health").text)["status"], "degraded")
            self.assertEqual(first.metrics()[f'imcaxy_shared_part_up{{part="{part}"}}'], 0)
            # Once it is known that there is nobody, nobody waits for it, nor finds out whether it is still so.
            self.quickly(first, "c", 2)
            for number in range(12):
                self.quickly(first, f"more{number}", 2)
                time.sleep(0.25)
            self.assertEqual(self.quickly(first, "a", 1).body, kept)
        finally:
            heals()
        begun = time.monotonic()
        for node in self.nodes:
            node.wait_in_step(10)
        # What was made meanwhile is shared, without a restart.
        self.settle()
        play.wait_until(lambda: first.metrics()["imcaxy_shared_late_writes"] == 0, "late writes are done", 10)
        self.assertLess(time.monotonic() - begun, 10)
        for name in ("b", "c"):
            self.assertEqual(self.resize(third, name).cache, "hit-shared", name)
        self.assertEqual(self.resize(third, "b").body, made.body)

    def test_mongo_paused(self):
        self.without("MongoDB", lambda: self.parts.pause("mongo"), lambda: self.parts.resume("mongo"))

    def test_mongo_killed(self):
        self.without("MongoDB", lambda: self.parts.kill("mongo"), self.parts.start)

    def test_minio_paused(self):
        """It takes connections and says nothing: of a picture that others have the bytes are made anew, soon, and what
        is to be stored keeps nobody from asking the database."""
        first, second, _ = self.nodes
        shared = [f"more{number}" for number in range(12)]
        for name in shared:
            self.resize(second, name)
        self.settle()
        self.parts.pause("minio")
        try:
            self.assertEqual(self.quickly(first, shared[0], 4).cache, "miss")
            with concurrent.futures.ThreadPoolExecutor(12) as clients:
                list(clients.map(lambda number: self.quickly(first, f"more{number}", 4), range(12, 24)))
            self.quickly(first, "b", 4)
            play.wait_until(lambda: "without MinIO" in first.get("/ready").text, "the node says what is missing", 30)
            for name in shared[1:]:
                self.assertEqual(self.quickly(first, name, 2).cache, "miss")
                time.sleep(0.25)
        finally:
            self.parts.resume("minio")
        for node in self.nodes:
            node.wait_in_step(15)
        self.settle()  # what hung until now is stored, or waits to be
        first.wait_metric("imcaxy_shared_late_writes", 0)
        self.assertEqual(self.resize(self.nodes[2], "b").cache, "hit-shared")

    def test_minio_killed(self):
        self.without("MinIO", lambda: self.parts.kill("minio"), self.parts.start)

    def test_an_invalidation_that_the_others_can_not_be_told(self):
        first = self.nodes[0]
        url = self.origin.url("/a.png")
        old = self.resize(first, "a").body
        self.settle()
        self.parts.kill("mongo")
        try:
            self.origin.put("/a.png", play.png(64, 48, 77))
            answer = first.invalidate(url)
            model = json.loads(answer.text)
            self.assertEqual((answer.status, model["doneInvalidations"]), (500, []))
            self.assertIn("MongoDB", model["invalidationError"])
            self.assertNotEqual(self.resize(first, "a").body, old, "here it is done")
        finally:
            self.parts.start()
        for node in self.nodes:
            node.wait_in_step(15)
        self.assertEqual(first.invalidate(url).status, 200)
        for node in self.nodes:
            self.assertNotEqual(self.resize(node, "a").body, old)

    def test_a_node_that_begins_while_both_are_gone(self):
        kept = self.resize(self.nodes[0], "a").body
        self.settle()
        self.nodes[0].stop()
        self.parts.kill("mongo")
        self.parts.kill("minio")
        try:
            self.nodes[0].start()
            answer = self.resize(self.nodes[0], "a")
            self.assertEqual((answer.status, answer.cache, answer.body), (200, "hit-disk", kept))
            self.assertEqual(self.resize(self.nodes[0], "b").status, 200)
        finally:
            self.parts.start()
        self.nodes[0].wait_in_step(15)
        self.nodes[0].wait_metric('imcaxy_productions{kind="results"}', 0)
        self.nodes[0].wait_metric("imcaxy_shared_late_writes", 0)
        self.nodes[1].wait_in_step(15)
        self.assertEqual(self.resize(self.nodes[1], "b").cache, "hit-shared")


class Mistakes(unittest.TestCase):
    """Each stops the start, and names the variable and the repair; `config --check` says the same."""

    @classmethod
    def setUpClass(cls):
        cls.parts = cluster.Parts()
        cls.addClassCleanup(cls.parts.close)

    def refused(self, *texts, **changes):
        values = {**self.parts.values, "invalidate_security_token": cluster.TOKEN, **changes}
        values = {name: value for name, value in values.items() if value is not None}
        for command in (["serve", "--port", str(play.free_port())], ["config", "--check"]):
            status, _, told = play.run(*command, **values)
            self.assertEqual(status, 1, told)
            for text in texts:
                self.assertIn(text, told, command)
            self.assertNotIn(self.parts.values["minio_secret_key"], told)

    def test_all_is_well(self):
        status, _, told = play.run("config", "--check", **self.parts.values, invalidate_security_token=cluster.TOKEN)
        self.assertEqual((status, told), (0, ""))

    def test_one_of_the_two_only(self):
        self.refused("IMCAXY_MINIO_ENDPOINT is missing", minio_endpoint=None)
        self.refused("IMCAXY_MONGO_CONNECTION_STRING is missing", mongo_connection_string=None)
        self.refused("IMCAXY_MINIO_SECRET_KEY is missing", minio_secret_key=None)

    def test_no_token(self):
        self.refused("IMCAXY_INVALIDATE_SECURITY_TOKEN is missing", invalidate_security_token=None)

    def test_connection_strings(self):
        right = self.parts.values["mongo_connection_string"]
        self.refused("IMCAXY_MONGO_CONNECTION_STRING", "no database", "mongodb://user:password@host:27017/imcaxy",
                     mongo_connection_string=right.replace("/imcaxy?", "/?"))
        self.refused("IMCAXY_MONGO_CONNECTION_STRING", "mongodb://", mongo_connection_string="localhost:27017")
        password = right.split(":")[2].split("@")[0]
        self.refused("IMCAXY_MONGO_CONNECTION_STRING", mongo_connection_string=right.replace(password, "wrong"))

    def test_endpoints(self):
        right = self.parts.values["minio_endpoint"]
        self.refused("IMCAXY_MINIO_ENDPOINT", "host:port", minio_endpoint="http://" + right)
        self.refused("IMCAXY_MINIO", "key", minio_secret_key="wrong-wrong-wrong")
        self.refused("IMCAXY_MINIO", "location", minio_location="no where")

    def test_a_check_of_what_does_not_answer(self):
        values = {**self.parts.values, "invalidate_security_token": cluster.TOKEN, "minio_endpoint": "127.0.0.1:9"}
        status, _, told = play.run("config", "--check", **values)
        self.assertEqual(status, 1)
        self.assertIn("IMCAXY_MINIO", told)


if __name__ == "__main__":
    unittest.main()
