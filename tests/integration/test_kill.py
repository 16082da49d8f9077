"""Kills the server again and again while it writes. What it then serves from disk is what it made first."""
import http.client
import os
import random
import re
import threading
import time

from play import Client, Play, image_target, png

ROUNDS = 50
WRITERS = 4
SOURCES = 6
SIDES = range(20, 400)
CHECKED = 12  # answers of earlier rounds that are asked for again after each restart


class Kill(Play):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20240501)
        self.urls = [self.origin.put(f"/{i}.png", png(200, 150, seed=i)) for i in range(SOURCES)]
        self.bodies = {}  # by target, as made first
        self.lock = threading.Lock()
        self.wrong = []
        self.from_disk = 0

    def take(self, target, answer):
        """Compares a complete answer with the first one."""
        with self.lock:
            if answer.status != 200:
                self.wrong.append((target, answer))
                return
            if answer.cache == "hit-disk":
                self.from_disk += 1
            if self.bodies.setdefault(target, answer.body) != answer.body:
                self.wrong.append((target, "another body", answer))

    def write(self, port, seed, killed):
        """Asks for many sizes until the server is gone."""
        choice = random.Random(seed)
        client = Client(port)
        try:
            while not killed.is_set():
                target = image_target("resize", choice.choice(self.urls), width=choice.choice(SIDES),
                                      height=choice.choice(SIDES), force="true")
                self.take(target, client.get(target))
        except (OSError, http.client.HTTPException) as error:
            if not killed.is_set():
                self.wrong.append(("the server left before it was killed", error))
        finally:
            client.close()

    def check_folder(self, server):
        self.assertEqual([], server.staged_files())
        for tier in ("results", "originals"):
            for path in server.entry_files(tier):
                self.assertRegex(os.path.basename(path), re.compile(r"^[0-9a-f]{32}$"), path)
                self.assertGreater(os.path.getsize(path), 40, path)

    def check_answers(self, server):
        known = sorted(self.bodies)
        client = Client(server.port)
        try:
            for target in self.random.sample(known, min(CHECKED, len(known))):
                self.take(target, client.get(target))
        finally:
            client.close()

    def test_fifty_kills(self):
        server = self.serve(access_log="")
        for number in range(ROUNDS):
            killed = threading.Event()
            writers = [threading.Thread(target=self.write, args=(server.port, f"{number} {i}", killed), daemon=True)
                       for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(self.random.uniform(0.02, 0.25))  # the random moment is the point
            killed.set()
            server.kill()
            for writer in writers:
                writer.join(60)
                self.assertFalse(writer.is_alive(), "a request outlived its server")
            server.start()
            self.check_folder(server)
            self.check_answers(server)
            self.assertEqual([], self.wrong, f"in round {number}")
            for tier in ("disk", "originals"):
                damaged = server.metrics()[f'imcaxy_cache_damaged_total{{tier="{tier}"}}']
                self.assertEqual(0, damaged, "a kill leaves whole entries or none")
        self.assertGreater(self.from_disk, 0)
        self.assertGreater(len(self.bodies), ROUNDS // 5)
        for url in self.urls:
            self.assertStatus(server.invalidate(url), 200)
        self.assertEqual([], server.entry_files())
        print(f"{ROUNDS} kills, {len(self.bodies)} pictures, {self.from_disk} answers from disk: all equal")
