"""The data folder on a real file system of 4 MB that gets full: the cache suffers, the answers do not."""
import os
import shutil
import subprocess
import tempfile

from play import Play, image_target, png, wait_until

PICTURES = 65
SIDE = 280  # as a PNG of noise some 140 kB: 9 MB together


def small_file_systems():
    """Why there can't be one; empty when there can."""
    try:
        done = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=4m", "play", "/mnt"],
                              capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or "unshare failed"


class FullDisk(Play):
    def setUp(self):
        super().setUp()
        missing = small_file_systems()
        if missing:
            self.skipTest(f"this system allows no mount in a user namespace: {missing}")

    def serve_small(self, **values):
        folder = os.path.join(self.folder(), "disk")
        os.mkdir(folder)
        script = 'mount -t tmpfs -o size=4m play "$1" && shift && exec "$@"'
        server = self.serve(data=folder, wrapper=["unshare", "-rm", "sh", "-c", script, "sh", folder], access_log="",
                            memory_cache_mb=0, **values)
        # The mount is seen from the outside through the process only.
        server.data = f"/proc/{server.process.pid}/root{folder}"
        return server

    def folder(self):
        path = tempfile.mkdtemp(prefix="imcaxy-play-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def make_many(self, server):
        """Far more than the disk holds; targets in the order of their making."""
        made = {}
        total = 0
        for number in range(PICTURES):
            url = self.origin.put(f"/{number}.png", png(SIDE, SIDE, seed=number))
            target = image_target("resize", url, width=SIDE - 1, height=SIDE - 1, force="true")
            answer = server.get(target)
            self.assertServed(answer, "miss")
            made[target] = answer.body
            total += len(answer.body)
        self.assertGreater(total, 2 * 4 << 20, "not enough to fill the disk")
        return made

    def check(self, server):
        made = self.make_many(server)
        metrics = server.metrics()
        suffered = sum(metrics[f'imcaxy_cache_{what}_total{{tier="{tier}"}}']
                       for what in ("evictions", "write_errors") for tier in ("disk", "originals"))
        self.assertGreater(suffered, 0)
        used = os.statvfs(server.data)
        self.assertLess(used.f_blocks * used.f_frsize, (4 << 20) + 1, "not on the small disk")

        targets = list(made)
        wait_until(lambda: server.get(targets[-1]).cache == "hit-disk", "the newest picture is served from disk")
        from_disk = 0
        for target in [*targets[:-11:-1], *targets[:5]]:
            answer = server.get(target)
            self.assertEqual((200, made[target]), (answer.status, answer.body), target)
            from_disk += answer.cache == "hit-disk"
        self.assertGreater(from_disk, 2)
        wait_until(lambda: not server.staged_files(), "nothing is left half written")
        return targets[-1]

    def check_invalidation(self, server, target):
        wait_until(lambda: server.get(target).cache == "hit-disk", "the picture is served from disk")
        before = server.get(target)
        # Not sooner: what had to leave the disk meanwhile would be made of the new one.
        url = self.origin.put(f"/{PICTURES - 1}.png", png(SIDE, SIDE, seed="new"))
        self.assertStatus(server.invalidate(url), 200)
        after = server.get(target)
        self.assertServed(after, "miss")
        self.assertNotEqual(before.body, after.body)
        self.assertStatus(server.get("/latestInvalidation?projectName=play"), 200)

    def test_results_and_originals(self):
        server = self.serve_small()
        last = self.check(server)
        self.check_invalidation(server, last)
        self.assertEqual(0, server.stop())

    def test_results_only(self):
        server = self.serve_small(originals_percent=0)
        last = self.check(server)
        self.check_invalidation(server, last)
        self.assertEqual(0, server.stop())

    def test_limit_below_the_disk(self):
        server = self.serve_small(disk_cache_mb=2, originals_percent=50)
        last = self.check(server)
        metrics = server.metrics()
        self.assertEqual(0, metrics['imcaxy_cache_write_errors_total{tier="disk"}'], server.log())
        self.assertEqual(0, metrics['imcaxy_cache_write_errors_total{tier="originals"}'], server.log())
        self.check_invalidation(server, last)
