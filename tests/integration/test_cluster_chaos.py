"""Load on three nodes while MinIO, MongoDB and nodes are paused and killed at random, from a seeded schedule.

IMCAXY_CHAOS_SEED repeats a schedule, IMCAXY_CHAOS_SECONDS makes it longer.
"""
import concurrent.futures
import contextlib
import http.client
import os
import random
import threading
import time
import unittest

import cluster
import play

SECONDS = int(os.environ.get("IMCAXY_CHAOS_SECONDS", "60"))
URLS, WIDTHS, READERS = 60, range(8, 40), 12
LONGEST_ANSWER = 20  # seconds, but for what was paused


class Chaos(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        self.pictures = [play.png(40 + number, 30, number) for number in range(URLS)]
        for number, picture in enumerate(self.pictures):
            self.origin.put(f"/{number}.png", picture)
        # A node that is alone says what is right.
        alone = play.Server()
        self.addCleanup(alone.close)
        self.alone, self.right = alone, {}
        self.down = [threading.Event() for _ in self.nodes]  # paused, or dead
        self.runs = [0] * len(self.nodes)                     # how often it was begun
        self.failures, self.tally, self.lock = [], {}, threading.Lock()
        self.own = [set() for _ in self.nodes]                # what this run of a node surely has

    def target(self, picture):
        number, width = picture
        return play.image_target("resize", self.origin.url(f"/{number}.png"), width=width)

    def is_right(self, picture, body):
        if picture not in self.right:
            self.right[picture] = self.alone.get(self.target(picture)).body
        return self.right[picture] == body

    def read(self, seed, until):
        chance = random.Random(seed)
        while time.monotonic() < until:
            # A few that everybody has, and many that have to be made.
            index = chance.randrange(len(self.nodes))
            picture = (chance.randrange(URLS), WIDTHS[0] if chance.random() < 0.9 else chance.choice(WIDTHS))
            if self.down[index].is_set():
                time.sleep(0.01)
                continue
            node, run, owned = self.nodes[index], self.runs[index], picture in self.own[index]
            begun, answer = time.monotonic(), None
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = node.get(self.target(picture))
            if self.down[index].is_set() or run != self.runs[index]:
                continue  # it was paused or killed meanwhile: no answer, or a late one
            self.judge(index, picture, owned, answer, time.monotonic() - begun)

    def judge(self, index, picture, owned, answer, took):
        what = f"{time.monotonic() - self.begun:.1f} s: node {index}, picture {picture}"
        if answer is None:
            self.failures.append(f"{what}: no answer from a node that runs")
            return
        with self.lock:
            key = answer.cache if answer.status == 200 else str(answer.status)
            self.tally[key] = self.tally.get(key, 0) + 1
        if answer.status == 200:
            if not self.is_right(picture, answer.body):
                self.failures.append(f"{what}: wrong bytes, {answer.cache}")
            if answer.cache in ("hit-memory", "hit-disk"):
                self.own[index].add(picture)
        elif owned:
            self.failures.append(f"{what}: {answer.status}, though the node has it: {answer.text}")
        if took > LONGEST_ANSWER:
            self.failures.append(f"{what}: {answer.status} after {took:.1f} s")

    def disturb(self, kind, part, seconds):
        """One thing that goes wrong, and what ends it."""
        print(f"{time.monotonic() - self.begun:5.1f} s: {kind} {part if isinstance(part, str) else f'node {part}'} "
              f"for {seconds:.1f} s", flush=True)
        if isinstance(part, str):
            (self.parts.pause if kind == "pause" else self.parts.kill)(part)
            time.sleep(seconds)
            self.parts.resume(part) if kind == "pause" else self.parts.start()
            return
        node = self.nodes[part]
        self.down[part].set()
        time.sleep(0.05)
        if kind == "pause":
            node.pause()
            time.sleep(seconds)
            node.resume()
        else:
            node.kill()
            time.sleep(seconds)
            self.own[part].clear()
            node.start()
        self.runs[part] += 1
        self.down[part].clear()

    def test_nothing_wrong_is_shown_and_all_recovers(self):
        seed = int(os.environ.get("IMCAXY_CHAOS_SEED", "0")) or random.randrange(1, 1 << 32)
        print(f"\nIMCAXY_CHAOS_SEED={seed}", flush=True)
        chance, self.begun = random.Random(seed), time.monotonic()
        until = self.begun + SECONDS
        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(self.read, seed + 1 + index, until) for index in range(READERS)]
            # Each of them once, in a random order, and then at random.
            events = [(kind, part) for kind in ("pause", "kill") for part in ("minio", "mongo", 0, 1, 2)]
            chance.shuffle(events)
            while time.monotonic() < until - 4:
                event = events.pop() if events else (chance.choice(["pause", "kill"]), chance.choice(["minio", "mongo", 0, 1, 2]))
                self.disturb(*event, chance.uniform(0.5, 4))
                time.sleep(chance.uniform(0.2, 1.5))
            for reader in readers:
                reader.result()
        quiet = time.monotonic()
        for node in self.nodes:
            node.wait_in_step(10)
        self.origin.put("/after.png", play.png(50, 30, 1))
        self.assertEqual(self.nodes[0].image("resize", self.origin.url("/after.png"), width=20).status, 200)
        self.settle()
        self.assertEqual(self.nodes[1].image("resize", self.origin.url("/after.png"), width=20).cache, "hit-shared")
        print(f"{dict(sorted(self.tally.items()))}; all in step {time.monotonic() - quiet:.1f} s after the end", flush=True)
        self.assertEqual(self.failures, [])


if __name__ == "__main__":
    unittest.main()
