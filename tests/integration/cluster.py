"""The real parts of scale-out mode, and nodes of imcaxy that share them."""
import datetime
import hashlib
import hmac
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest
import urllib.parse

import play

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "services"
TOKEN = "token-of-all-nodes"


def missing():
    """Why the parts can't be started here; nothing when they can."""
    parts = {"MinIO": ".services/bin/minio", "the MongoDB-compatible server": ".services/venv/bin/secantusd-py"}
    names = [name for name, path in parts.items() if not (ROOT / path).exists()]
    return f"{' and '.join(names)} not installed: scripts/services/install.sh says why" if names else ""


def need():
    if not missing():
        return
    if os.environ.get("CI") == "true":
        raise AssertionError(missing())
    raise unittest.SkipTest(missing())


class Parts:
    """MinIO and the MongoDB-compatible server, for as long as this process lives."""

    def __init__(self, certs=None):
        need()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imcaxy-cluster-"))
        self.options = ["--certs", certs] if certs else []
        self.start()

    def start(self):
        """What runs stays; what does not begins with its data, its port and its credentials."""
        subprocess.run([SCRIPTS / "start.sh", self.folder, "--until", str(os.getpid()), *self.options, "minio", "mongo"], check=True,
                       timeout=150)
        lines = (self.folder / "env").read_text().splitlines()
        values = dict(line.split("=", 1) for line in lines)
        self.values = {name.removeprefix("IMCAXY_").lower(): value for name, value in values.items()}

    def close(self):
        subprocess.run([SCRIPTS / "stop.sh", self.folder, "--clean"], check=True, timeout=60)

    def pid(self, part):
        return int((self.folder / f"{part}.pid").read_text())

    def pause(self, part):
        os.kill(self.pid(part), signal.SIGSTOP)

    def resume(self, part):
        os.kill(self.pid(part), signal.SIGCONT)

    def kill(self, part):
        pid = self.pid(part)
        os.kill(pid, signal.SIGKILL)
        play.wait_until(lambda: not pathlib.Path(f"/proc/{pid}/cmdline").exists() or
                        not pathlib.Path(f"/proc/{pid}/cmdline").read_bytes(), f"{part} is gone")

    def connection_string(self, database):
        return self.values["mongo_connection_string"].replace("/imcaxy?", f"/{database}?")


class Node(play.Server):
    def token(self):
        return TOKEN

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait_in_step(self, patience=play.PATIENCE):
        """Until nothing is missing."""
        play.wait_until(lambda: self.get("/ready").text == "ready\n", "the node has all parts", patience)


class ClusterTest(unittest.TestCase):
    """Parts for all plays of a class, and nodes."""
    plays = 0  # each has a database and a bucket of its own
    nodes_at_first = 3

    @classmethod
    def setUpClass(cls):
        cls.parts = Parts()
        cls.addClassCleanup(cls.parts.close)

    def setUp(self):
        ClusterTest.plays += 1
        self.database = self.bucket = f"play{ClusterTest.plays}"
        self.origin = play.Origin()
        self.addCleanup(self.origin.close)
        self.nodes = [self.start_node() for _ in range(self.nodes_at_first)]

    def start_node(self, **values):
        values = {**self.parts.values, "minio_bucket": self.bucket, "invalidate_security_token": TOKEN,
                  "mongo_connection_string": self.parts.connection_string(self.database), **values}
        node = Node(**values)
        self.addCleanup(node.close)
        return node

    def settle(self):
        """Until everything that was started is stored."""
        for node in self.nodes:
            if node.process.poll() is None:
                node.wait_metric('imcaxy_productions{kind="results"}', 0)

    def total(self, name):
        return sum(node.metrics().get(name, 0) for node in self.nodes)

    def mongo(self, script):
        """Runs Python that sees `db`, and returns what it prints."""
        code = ("import pymongo, os, sys, json, datetime\n"
                "db = pymongo.MongoClient(os.environ['URI']).get_default_database()\n" + script)
        done = subprocess.run([ROOT / ".services/venv/bin/python", "-c", code], check=True, capture_output=True, text=True,
                              env={**os.environ, "URI": self.parts.connection_string(self.database)}, timeout=60)
        return done.stdout.strip()

    def objects(self):
        """Names of the objects in the bucket, from MinIO's own folder."""
        bucket = self.parts.folder / "minio" / self.bucket
        return sorted(str(path.parent.relative_to(bucket)) for path in bucket.rglob("xl.meta"))

    def put_object(self, name, body, content_type="image/png"):
        """As any client of S3 would: AWS Signature V4."""
        values, now = self.parts.values, datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        path, digest = f"/{self.bucket}/{urllib.parse.quote(name, safe='-_.~')}", hashlib.sha256(body).hexdigest()
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        signed = f"host:{values['minio_endpoint']}\nx-amz-content-sha256:{digest}\nx-amz-date:{now}\n"
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = hashlib.sha256(f"PUT\n{path}\n\n{signed}\n{names}\n{digest}".encode()).hexdigest()
        key = ("AWS4" + values["minio_secret_key"]).encode()
        for part in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{canonical}"]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={values['minio_access_key']}/{scope}, "
                                    f"SignedHeaders={names}, Signature={key.hex()}",
                   "x-amz-content-sha256": digest, "x-amz-date": now, "Content-Type": content_type}
        port = int(values["minio_endpoint"].rsplit(":", 1)[1])
        answer = play.ask(port, path, "PUT", headers, body)
        self.assertEqual(answer.status, 200, answer)
