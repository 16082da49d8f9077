"""Invalidation under load: what was changed is never shown again once its invalidation has returned, by no node."""
import concurrent.futures
import json
import random
import threading
import time
import unittest

import cluster
import play

URLS, REQUESTS, INVALIDATIONS = 100, 10_000, 200  # at least so many requests, as long as there are invalidations
READERS, WRITERS = 24, 4


class World:
    """Pictures whose width tells their version, and what every answer from now on has to show at least."""

    def __init__(self, origin):
        self.origin = origin
        self.version = [1] * URLS
        self.promised = [0] * URLS
        for number in range(URLS):
            self.publish(number)

    def url(self, number):
        return self.origin.url(f"/{number}.png")

    def publish(self, number):
        self.origin.put(f"/{number}.png", play.png(self.version[number], 2))

    def change(self, number):
        self.version[number] += 1
        self.publish(number)


class InvalidationUnderLoad(cluster.ClusterTest):
    def test_nothing_older_is_shown_after_an_invalidation_has_returned(self):
        world, seed = World(self.origin), random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        failures, results = [], []
        done, count = threading.Event(), threading.Semaphore(REQUESTS)

        def read(index):
            chance = random.Random(seed + index)
            clients = [play.Client(node.port) for node in self.nodes]
            seen = {}
            while count.acquire(blocking=False) or not done.is_set():
                number, client = chance.randrange(URLS), chance.choice(clients)
                promised = world.promised[number]
                answer = client.get(play.image_target("convert", world.url(number), type="png"))
                if answer.status != 200:
                    failures.append(f"{number}: {answer}")
                    continue
                seen[answer.cache] = seen.get(answer.cache, 0) + 1
                width, _ = play.png_size(answer.body)
                if width < promised:
                    failures.append(f"{number}: version {width} after {promised} was promised, {answer.cache}")
            for client in clients:
                client.close()
            return seen

        def invalidate(index):
            chance = random.Random(seed - 1 - index)
            mine = range(index, URLS, WRITERS)
            for _ in range(INVALIDATIONS // WRITERS):
                number = chance.choice(mine)
                world.change(number)
                begun = time.monotonic()
                answer = chance.choice(self.nodes).invalidate(world.url(number))
                results.append(time.monotonic() - begun)
                error = json.loads(answer.text)["invalidationError"]
                if answer.status != 200:
                    failures.append(f"{number}: not invalidated: {error}")
                world.promised[number] = world.version[number]

        with concurrent.futures.ThreadPoolExecutor(READERS + WRITERS) as pool:
            writers = [pool.submit(invalidate, index) for index in range(WRITERS)]
            readers = [pool.submit(read, index) for index in range(READERS)]
            concurrent.futures.wait(writers)
            done.set()
            for writer in writers:
                writer.result()
            tally = {}
            for reader in readers:
                for result, number in reader.result().items():
                    tally[result] = tally.get(result, 0) + number
        results.sort()
        print(f"{tally}; an invalidation took {results[len(results) // 2] * 1000:.0f} ms, at most "
              f"{results[-1] * 1000:.0f} ms", flush=True)
        self.assertEqual(failures, [])
        self.assertEqual(len(results), INVALIDATIONS)
        # And at rest all nodes show the last version.
        for number in range(URLS):
            for node in self.nodes:
                answer = node.get(play.image_target("convert", world.url(number), type="png"))
                self.assertEqual(play.png_size(answer.body)[0], world.version[number])


if __name__ == "__main__":
    unittest.main()
