"""The scripts that start and stop MinIO and the MongoDB-compatible server, as `make dev` and the tests use them."""
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.request

import play

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "services"


def missing():
    """Why the parts can't be started here; nothing when they can."""
    parts = {"MinIO": ".services/bin/minio", "the MongoDB-compatible server": ".services/venv/bin/secantusd-py"}
    names = [name for name, path in parts.items() if not (ROOT / path).exists()]
    return f"{' and '.join(names)} not installed: scripts/services/install.sh says why" if names else ""


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Services(unittest.TestCase):
    def setUp(self):
        if missing():
            if os.environ.get("CI") == "true":
                self.fail(missing())
            self.skipTest(missing())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imcaxy-services-"))
        self.addCleanup(self.stop, "--clean")

    def start(self, *arguments):
        subprocess.run([SCRIPTS / "start.sh", self.folder, *arguments], check=True, timeout=150)
        return dict(line.split("=", 1) for line in (self.folder / "env").read_text().splitlines())

    def stop(self, *arguments):
        subprocess.run([SCRIPTS / "stop.sh", self.folder, *arguments], check=True, timeout=60)

    def pids(self):
        return {part: int((self.folder / f"{part}.pid").read_text()) for part in ("minio", "mongo")}

    def test_start_again_and_clean(self):
        first = self.start("minio", "mongo")
        pids = self.pids()
        with urllib.request.urlopen(f"http://{first['IMCAXY_MINIO_ENDPOINT']}/minio/health/ready", timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual((self.folder / "env").stat().st_mode & 0o077, 0, "credentials are for their owner alone")
        self.assertEqual(self.start("minio", "mongo"), first)
        self.assertEqual(self.pids(), pids, "a second start begins nothing")
        self.stop("--clean")
        self.assertFalse([pid for pid in pids.values() if alive(pid)])
        self.assertFalse(self.folder.exists())

    def test_stopping_keeps_data_port_and_credentials(self):
        first = self.start("minio")
        minio = int((self.folder / "minio.pid").read_text())
        self.stop()
        self.assertFalse(alive(minio))
        self.assertTrue((self.folder / "minio").is_dir())
        self.assertEqual(self.start("minio"), first)

    def test_end_with_the_process_they_are_for(self):
        whom = subprocess.Popen(["sleep", "600"])
        self.addCleanup(whom.wait)
        self.start("--until", str(whom.pid), "minio")
        minio = int((self.folder / "minio.pid").read_text())
        whom.kill()
        whom.wait()
        play.wait_until(lambda: not alive(minio), "MinIO's end")

    def test_a_mistake_is_told(self):
        done = subprocess.run([SCRIPTS / "start.sh", self.folder, "minioo"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("minioo", done.stderr)


if __name__ == "__main__":
    unittest.main()
