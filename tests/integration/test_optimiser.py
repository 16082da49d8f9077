"""Popular answers give way to smaller ones while nobody waits: with a new entity tag, and never in anybody's way."""
import contextlib
import math
import os
import random
import struct
import threading
import time
import unittest
import zlib

import cluster
import play
from play import Play, png_chunk, wait_until
from test_memory import is_sanitized

REPLACED, RUNNING = "imcaxy_optimiser_replaced_total", "imcaxy_optimiser_running"
WAITING, SAVED = "imcaxy_optimiser_waiting", "imcaxy_optimiser_saved_bytes"
SCHED_IDLE = 5


def overtaken(server):
    return server.metrics()['imcaxy_optimiser_skipped_total{why="overtaken"}']


def photograph(width=320, height=240, seed=0):
    """Something like one, as PNG: soft shapes, and grain."""
    grain = random.Random(seed)
    across = [[math.sin(x * f / width * 6.3 + seed) for x in range(width)] for f in (1, 3, 7)]
    down = [[math.cos(y * f / height * 6.3 + 2 * seed) for y in range(height)] for f in (1, 2, 5)]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        a, b, c = down[0][y], down[1][y], down[2][y]
        noise = grain.randbytes(width)
        for x in range(width):
            value = 128 + 50 * across[0][x] * a + 40 * across[1][x] * b + 20 * across[2][x] * c + (noise[x] & 15)
            rows += bytes((int(value), int(value * 0.8) + 10, int(value * 0.6) + 40))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(bytes(rows), 1)) +
            png_chunk(b"IEND", b""))


def searches(server):
    """Process ids of the searches that this server runs."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii") as file:
                parent = file.read().rsplit(")", 1)[1].split()[1]
            with open(f"/proc/{name}/cmdline", encoding="ascii") as file:
                is_search = "--refine-for" in file.read()
        except (OSError, ValueError):
            continue
        if is_search and int(parent) == server.process.pid:
            found.append(int(name))
    return found


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def hurry(server):
    """Gives searches the priority of others: a machine that runs tests is never idle, and they would not come to an end."""
    for pid in searches(server):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, pid, 0)


class Optimiser(Play):
    def serve(self, **values):
        return super().serve(**{"optimiser": True, **values})

    def wait_hurrying(self, server, condition, what):
        def hurried():
            hurry(server)
            return condition()
        return wait_until(hurried, what)

    def wait_replaced(self, server, count):
        self.wait_hurrying(server, lambda: server.metrics()[REPLACED] >= count, f"{count} answers are replaced")

    def wait_until_done(self, server):
        def done():
            figures = server.metrics()
            return figures[RUNNING] == 0 and figures[WAITING] == 0
        self.wait_hurrying(server, done, "all searches have ended")

    def test_an_answer_gives_way_to_a_smaller_one(self):
        url = self.origin.put("/a.png", photograph())
        server = self.serve(auto_format="avif,webp,jpeg")
        kinds = ("image/avif,image/webp", "image/webp", "*/*")
        before = {accept: server.image("resize", url, {"Accept": accept}, width=200) for accept in kinds}
        self.wait_replaced(server, len(kinds))
        saved = 0
        for accept, old in before.items():
            self.assertServed(old, "miss")
            now = server.image("resize", url, {"Accept": accept}, width=200)
            self.assertServed(now, "hit-memory")
            self.assertIn(now.headers["Content-Type"], (old.headers["Content-Type"], "image/jpeg"))  # whichever got smaller
            self.assertNotEqual(old.headers["ETag"], now.headers["ETag"])
            self.assertEqual("Accept, Save-Data", now.headers["Vary"])
            self.assertGreaterEqual(float(now.headers["X-Imcaxy-Score"]), 75)
            self.assertLess(float(now.headers["X-Imcaxy-Score"]), 77.5)
            saved += len(old.body) - len(now.body)
            for tag, status in ((old.headers["ETag"], 200), (now.headers["ETag"], 304)):
                again = server.image("resize", url, {"Accept": accept, "If-None-Match": tag}, width=200)
                self.assertStatus(again, status)
        self.assertEqual(saved, server.metrics()[SAVED])
        after = {accept: server.image("resize", url, {"Accept": accept}, width=200).body for accept in kinds}

        server.restart()
        for accept, body in after.items():
            self.assertServed(server.image("resize", url, {"Accept": accept}, width=200), "hit-disk", body)
        self.wait_until_done(server)
        self.assertEqual(0, server.metrics()[REPLACED], "what is done is not done again")

    def test_qualities_that_are_named_stay(self):
        url = self.origin.put("/a.png", photograph())
        server = self.serve()
        old = server.image("resize", url, width=200, type="webp", quality=80)
        other = server.image("resize", url, width=200, type="webp")
        self.wait_replaced(server, 1)
        self.assertServed(server.image("resize", url, width=200, type="webp", quality=80), "hit-memory", old.body)
        self.assertNotEqual(other.body, server.image("resize", url, width=200, type="webp").body)

    def test_switched_off(self):
        url = self.origin.put("/a.png", photograph())
        server = self.serve(optimiser=False)
        old = server.image("resize", url, width=200, type="webp")
        time.sleep(1)
        self.assertServed(server.image("resize", url, width=200, type="webp"), "hit-memory", old.body)
        self.assertEqual([], searches(server))

    def a_long_search(self, server, path="/large.png"):
        """Its process, while it searches for a large AVIF."""
        url = self.origin.put(path, photograph(1200, 900))
        self.assertServed(server.image("resize", url, width=1200, type="avif"), "miss")
        return url, wait_until(lambda: searches(server), "a search has begun")[0]

    def test_an_invalidation_ends_the_search(self):
        server = self.serve()
        url, process = self.a_long_search(server)
        self.origin.put("/large.png", photograph(1200, 900, 5))
        self.assertStatus(server.invalidate(url), 200)
        wait_until(lambda: process not in searches(server), "the search has ended")
        wait_until(lambda: overtaken(server) == 1, "it is told")
        self.assertEqual(0, server.metrics()[REPLACED])
        self.assertServed(server.image("resize", url, width=1200, type="avif"), "miss")

    def test_it_stands_still_while_a_picture_is_made(self):
        server = self.serve(cpu_threads=2)
        other = self.origin.put("/other.png", photograph(1200, 900, 7))
        _, process = self.a_long_search(server)
        wait_until(lambda: os.sched_getscheduler(process) == SCHED_IDLE, "whoever else wants the processor gets it")
        states = set()
        ended = threading.Event()

        def watch():
            while not ended.is_set():
                states.add(state_of(process))
                time.sleep(0.001)
        watcher = threading.Thread(target=watch)
        watcher.start()
        miss = server.image("resize", other, width=1100, type="avif", quality=60)
        ended.set()
        watcher.join()
        self.assertServed(miss, "miss")
        self.assertIn("T", states)
        wait_until(lambda: state_of(process) != "T", "it goes on")

    def test_a_server_that_is_killed_leaves_nothing_and_goes_on_later(self):
        server = self.serve()
        small = self.origin.put("/small.png", photograph())
        old = server.image("resize", small, width=200, type="webp")
        self.wait_replaced(server, 1)
        url, process = self.a_long_search(server)
        server.kill()
        wait_until(lambda: not os.path.exists(f"/proc/{process}") or state_of(process) == "Z", "its search ends with it")
        server.start()
        self.assertServed(server.image("resize", url, width=1200, type="avif"), "hit-disk")
        self.assertServed(server.image("resize", small, width=200, type="webp"), "hit-disk")
        wait_until(lambda: searches(server), "it searches for what was not done")
        self.assertEqual(0, server.metrics()[REPLACED], "and not for what was")
        self.assertNotEqual(old.body, server.image("resize", small, width=200, type="webp").body)

    def test_it_ends_with_the_server(self):
        server = self.serve()
        _, process = self.a_long_search(server)
        began = time.monotonic()
        self.assertEqual(0, server.stop())
        self.assertLess(time.monotonic() - began, 30, "nobody waits for a search")
        self.assertFalse(os.path.exists(f"/proc/{process}"))

    @unittest.skipIf(is_sanitized(), "a sanitizer's build keeps what was given back")
    def test_its_memory_goes_back(self):
        url = self.origin.put("/a.png", photograph(800, 600))
        server = self.serve()
        server.image("resize", url, width=700, type="png")
        before = server.resident_bytes()
        for width in (600, 601, 602):
            self.assertServed(server.image("resize", url, width=width, type="webp"), "miss")
        self.wait_replaced(server, 3)
        self.wait_until_done(server)
        self.assertEqual([], searches(server))
        time.sleep(2)  # until the heap has given back what it keeps for the next picture
        self.assertLess(server.resident_bytes() - before, 24 << 20)

    def test_misses_are_not_held_up(self):
        """Twenty misses one after the other, beside a search and without one: the lower quarter, which noise spares."""
        busy, quiet = self.serve(cpu_threads=2), self.serve(cpu_threads=2, optimiser=False)
        urls = [self.origin.put(f"/{n}.png", photograph(seed=n)) for n in range(20)]

        def lower_quarter(server):
            times = []
            for url in urls:
                began = time.monotonic()
                self.assertServed(server.image("resize", url, width=250, type="avif"), "miss")
                times.append(time.monotonic() - began)
                time.sleep(0.03)  # long enough for a search to go on in between
            return sorted(times)[len(times) // 4]
        without = lower_quarter(quiet)
        _, process = self.a_long_search(busy)
        beside = lower_quarter(busy)
        self.assertIn(process, searches(busy), "it was there all the time")
        print(f"a miss takes {1000 * without:.1f} ms alone, {1000 * beside:.1f} ms beside a search")
        self.assertLess(beside, without + 0.05)


class OptimiserOfManyNodes(cluster.ClusterTest):
    nodes_at_first = 2

    def start_node(self, **values):
        return super().start_node(optimiser=True, **values)

    def test_one_node_searches_and_the_others_take_it_over(self):
        self.origin.put("/a.png", photograph(800, 600))
        target = play.image_target("resize", self.origin.url("/a.png"), width=700, type="avif")
        first, second = self.nodes
        old = first.get(target)
        self.assertEqual((old.status, old.cache), (200, "miss"), old)
        first.wait_metric('imcaxy_productions{kind="results"}', 0)
        shared = second.get(target)
        self.assertEqual((shared.cache, shared.body), ("hit-shared", old.body), shared)

        def replaced_at(node):
            hurry(first)
            self.assertEqual([], searches(second), "one node searches for all")
            return node.metrics()[REPLACED] == 1
        wait_until(lambda: replaced_at(first), "the node that has the original finds a smaller one")
        better = first.get(target)
        self.assertEqual("hit-memory", better.cache)
        self.assertNotEqual(old.headers["ETag"], better.headers["ETag"])
        wait_until(lambda: replaced_at(second), "the other takes it over")
        learned = second.get(target)
        self.assertEqual(("hit-memory", better.body, better.headers["ETag"], better.headers["X-Imcaxy-Score"]),
                         (learned.cache, learned.body, learned.headers["ETag"], learned.headers["X-Imcaxy-Score"]))
        third = self.start_node()
        fresh = third.get(target)
        self.assertEqual(("hit-shared", better.body), (fresh.cache, fresh.body))


if __name__ == "__main__":
    unittest.main()
