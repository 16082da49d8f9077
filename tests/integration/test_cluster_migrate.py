"""`imcaxy migrate` between a node's folder and what nodes share."""
import os
import unittest

import cluster
import play


class Migrate(cluster.ClusterTest):
    nodes_at_first = 0

    def setUp(self):
        super().setUp()
        for number in range(5):
            self.origin.put(f"/{number}.png", play.png(30 + number, 20))
        self.values = {**self.parts.values, "minio_bucket": self.bucket, "invalidate_security_token": cluster.TOKEN,
                       "mongo_connection_string": self.parts.connection_string(self.database)}

    def migrate(self, source, target, **values):
        status, out, told = play.run("migrate", "--from", source, "--to", target, **{**self.values, **values})
        self.assertEqual(status, 0, told)
        return out.strip()

    def alone(self):
        """A node that is alone, and what it answered before it ended."""
        server = play.Server()
        self.addCleanup(server.close)
        answers = [server.image("resize", self.origin.url(f"/{number}.png"), width=10).body for number in range(5)]
        self.assertEqual(server.stop(), 0)
        return server, answers

    def test_from_a_folder_to_all_and_back(self):
        server, answers = self.alone()
        self.assertEqual(self.migrate(server.data, "shared"), "5 pictures copied, 0 were here already, 0 skipped")
        self.assertEqual(self.migrate(server.data, "shared"), "0 pictures copied, 5 were here already, 0 skipped")
        node = self.start_node()
        for number, body in enumerate(answers):
            answer = node.image("resize", self.origin.url(f"/{number}.png"), width=10)
            self.assertEqual((answer.cache, answer.body), ("hit-shared", body))
        # What the nodes know to be stale is moved in neither direction.
        self.assertEqual(node.invalidate(self.origin.url("/0.png")).status, 200)
        self.assertEqual(self.migrate(server.data, "shared"), "0 pictures copied, 4 were here already, 1 skipped")
        folder = os.path.join(server.home, "other")
        self.assertEqual(self.migrate("shared", folder), "4 pictures copied, 0 were here already, 0 skipped")
        self.assertEqual(self.migrate("shared", folder), "0 pictures copied, 4 were here already, 0 skipped")
        copy = play.Server(data=folder)
        self.addCleanup(copy.close)
        answer = copy.image("resize", self.origin.url("/3.png"), width=10)
        self.assertEqual((answer.cache, answer.body), ("hit-disk", answers[3]))

    def test_it_goes_on_where_it_was_ended(self):
        server, _ = self.alone()
        self.parts.pause("minio")
        try:
            status, _, told = play.run("migrate", "--from", server.data, "--to", "shared", **self.values)
        finally:
            self.parts.resume("minio")
        self.assertEqual(status, 1)
        self.assertIn("bucket", told)
        self.assertIn("5 pictures copied", self.migrate(server.data, "shared"))

    def test_mistakes(self):
        for arguments, part in ((("shared", "shared"), "'shared'"), (("/a", "/b"), "'shared'"),
                                (("/nowhere", "shared"), "no folder")):
            status, _, told = play.run("migrate", "--from", arguments[0], "--to", arguments[1], **self.values)
            self.assertEqual(status, 1)
            self.assertIn(part, told)
        status, _, told = play.run("migrate", "--from", "shared", "--to", "/tmp/x")
        self.assertEqual(status, 1)
        self.assertIn("IMCAXY_MONGO_CONNECTION_STRING", told)
        server = play.Server()
        self.addCleanup(server.close)
        status, _, told = play.run("migrate", "--from", server.data, "--to", "shared", **self.values)
        self.assertEqual(status, 1, "its server runs")
        self.assertIn("another", told)


if __name__ == "__main__":
    unittest.main()
