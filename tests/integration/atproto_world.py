"""A PLC directory and Personal Data Servers with accounts, on loopback: ../atproto/world.mjs as a process, README.md there."""
import contextlib
import ctypes
import dataclasses
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.parse

from play import PATIENCE, ask

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "atproto")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def get(url, **named):
    """The answer of a server that listens on 127.0.0.1."""
    parts = urllib.parse.urlsplit(url)
    return ask(parts.port, parts._replace(scheme="", netloc="").geturl(), **named)


def blob_url(pds, did, cid):
    return f"{pds}/xrpc/com.atproto.sync.getBlob?{urllib.parse.urlencode({'did': did, 'cid': cid})}"


@dataclasses.dataclass
class Account:
    """As it was when its world began."""
    did: str
    handle: str
    pds: str
    blobs: list  # of {"file", "cid", "mimeType", "size"}

    def cid(self, file):
        return next(blob["cid"] for blob in self.blobs if blob["file"] == file)


def _check_installed():
    if not shutil.which("node"):
        raise RuntimeError("the AT Protocol servers need Node.js 20 or later: there is no program node on the PATH")
    if not os.path.exists(os.path.join(_FOLDER, "node_modules", ".package-lock.json")):
        raise RuntimeError("the AT Protocol servers are not installed: `make -B .stamps/atproto` does it")


class World:
    """Running servers. `pictures` are bytes by file name, for all accounts; "alice0/b.png" is for the account alice0 alone.

    Each server has accounts, alice0 and bob0 on the first, alice1 and bob1 on the second; carol with a did:web is on the
    first. `plc` and `servers` are URLs. It ends, with all that it stored, when this process does.
    """

    def __init__(self, pictures, servers=1):
        self.home = tempfile.mkdtemp(prefix="imcaxy-world-")
        self.process = None
        self._lines = queue.Queue()
        try:
            self._write(pictures)
            _check_installed()
            self._spawn(servers)
            told = json.loads(self._next_line("to start"))
        except BaseException:
            self.close()
            raise
        self.plc, self.servers = told["plc"], told["servers"]
        self.accounts = [Account(**account) for account in told["accounts"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def account(self, name):
        return next(account for account in self.accounts if account.handle == name + ".test")

    def tell(self, *words):
        """A command, `world.tell("takedown", did)`; returns when it is done."""
        command = " ".join(map(str, words))
        with contextlib.suppress(BrokenPipeError):  # the missing answer says it better
            self.process.stdin.write(command.encode() + b"\n")
            self.process.stdin.flush()
        answer = self._next_line(f"to {command}")
        if answer != "ok":
            raise AssertionError(f"{command}: {answer}")

    def hang(self):
        """All servers accept connections from now on, and say nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """The servers end and remove what they stored; the exit status."""
        self.wake()
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self.stop()
            self.process.kill()
            self.process.wait()
            self._reader.join()
            self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self):
        with open(os.path.join(self.home, "err"), encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def state(self):
        """The folder that holds all that the servers store."""
        return os.path.join(self.home, "state")

    def _write(self, pictures):
        os.mkdir(self.state)
        for name, data in {".": None, **pictures}.items():
            path = os.path.join(self.home, "pictures", name)
            os.makedirs(path if data is None else os.path.dirname(path), exist_ok=True)
            if data is not None:
                with open(path, "wb") as file:
                    file.write(data)

    def _spawn(self, servers):
        command = ["node", os.path.join(_FOLDER, "world.mjs"), os.path.join(self.home, "pictures"), str(servers)]
        with open(os.path.join(self.home, "err"), "wb") as err:
            # When this process dies, the end of standard input tells the servers to go; they hear it only when they don't hang.
            self.process = subprocess.Popen(
                command, env={**os.environ, "TMPDIR": self.state}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGCONT))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.decode().rstrip("\n"))
        self._lines.put(None)

    def _next_line(self, what):
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"the AT Protocol servers took more than {PATIENCE} s {what}: {self.log()}") from None
        if line is None:
            raise AssertionError(f"the AT Protocol servers ended instead {what}: {self.log()}")
        return line
