"""A git repository whose folder `public` an origin publishes, and a server's front that can fail."""
import http.client
import http.server
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

from play import PATIENCE

IDENTITY = ["-c", "user.name=Play", "-c", "user.email=play@example.com", "-c", "commit.gpgsign=false",
            "-c", "protocol.file.allow=always", "-c", "core.quotePath=false"]


class Repository:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imcaxy-repository-"))
        self.git("init", "-q", "-b", "main", ".")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def git(self, *words, folder=None):
        done = subprocess.run(["git", *IDENTITY, *words], cwd=folder or self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        text = done.stdout.decode("utf-8", "replace").strip()
        if done.returncode != 0:
            raise AssertionError(f"git {' '.join(words)}: {text}")
        return text

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message="change"):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def commit_files(self, files):
        """A commit of these contents by path, on top of the last, without checking anything out: for thousands."""
        stream = [b"commit refs/heads/main\ncommitter Play <play@example.com> 1 +0000\ndata 0\n"]
        if (self.folder / ".git/refs/heads/main").exists():
            stream.append(b"from refs/heads/main^0\n")
        for path, content in files.items():
            stream.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(content), content))
        subprocess.run(["git", "fast-import", "--quiet"], cwd=self.folder, input=b"".join(stream), check=True,
                       timeout=PATIENCE)
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD")

    def publish(self, origin):
        """What a deployment does: the origin has what is checked out below public/, and nothing else."""
        origin._answers.clear()
        root = self.folder / "public"
        for path in root.rglob("*"):
            if path.is_file():
                origin.put("/" + urllib.parse.quote(path.relative_to(root).as_posix()), path.read_bytes())


class Front:
    """Passes requests on to a server, but for those that `answers` has an answer for: a function of method, path and
    body, which gives None, or (status, body)."""

    def __init__(self, port, answers):
        front = self
        self.seen = []  # (method, path, body)
        self.requests = []  # and the headers

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                front.seen.append((self.command, self.path, body))
                front.requests.append((self.command, self.path, body, self.headers))
                answer = answers(self.command, self.path, body)
                if answer is None:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                    headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
                    connection.request(self.command, self.path, body or None, headers)
                    response = connection.getresponse()
                    answer = response.status, response.read(), response.headers.get("Content-Encoding")
                    connection.close()
                if answer == "drop":
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                self.send_response(answer[0])
                if len(answer) > 2 and answer[2]:
                    self.send_header("Content-Encoding", answer[2])
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

            do_GET = do_DELETE = do_POST = handle_one

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
