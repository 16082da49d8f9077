"""The world that README.md and docs/get-started.md speak of, on this machine: runs every shell block of a page in it, as it is written.

usage: document_world.py PAGE, in a network and mount namespace of its own (see test_shell_blocks.py)

There is a host example.com with pictures, img.example.com that leads to port 8080, both by HTTPS with a certificate that this machine
trusts, and an address that is public, so that no option has to allow them. The folder looks like a checkout that was built, and is a
git repository with pictures in public/images. What a block prints has to have the lines of the ```text block behind it, `...` for anything.
"""
import http.client
import http.server
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading

from play import Server, ask, png, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ADDRESS = "93.184.215.14"
HOSTS = ("example.com", "www.example.com", "img.example.com")
SERVED = "img.example.com"
# These would do what runs this test, or run for minutes: make only says what it would do.
ONLY_PLANNED = {"make test", "make fuzz", "make robustness", "make bench", "make package"}
PRELUDE = """
set -Eeuo pipefail -m
trap 'echo "### failed: $BASH_COMMAND" >&2' ERR
server=
end_server() { [ -z "$server" ] || { kill -- "-$server" 2>/dev/null; wait "$server" || true; server=; }; }
ready() {
  for _ in $(seq 600); do
    ! curl -fsS http://localhost:8080/ready >/dev/null 2>&1 || return 0
    kill -0 "$server" || break
    sleep 0.1
  done
  echo "### the server did not start" >&2
  cat server.log >&2
  return 1
}
"""


def blocks(page):
    """(language, text) of each block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def commands(text):
    """Lines as bash takes them: with what a backslash continues, and here-documents whole."""
    found, end = [], None
    for line in text.splitlines():
        if end or (found and found[-1].endswith("\\")):
            found[-1] += "\n" + line
            end = None if line == end else end
        else:
            found.append(line)
            here = re.search(r"<<'?(\w+)'?", line)
            end = here[1] if here else None
    return found


def as_run(command):
    plain = re.sub(r"\s+#.*$", "", command) if "\n" not in command else command
    if plain in ONLY_PLANNED:
        return plain.replace("make", "make --dry-run", 1) + " >/dev/null"
    if plain == "make run" or re.search(r"(^|/| )imcaxy serve\b", plain):
        return f"end_server\n{plain} >>server.log 2>&1 &\nserver=$!\nready"
    return command


def script(page):
    lines = [PRELUDE]
    for number, (language, text) in enumerate(blocks(page)):
        if language == "sh":
            lines += [f"echo; echo '### block {number}'", *map(as_run, commands(text))]
    return "\n".join([*lines, "echo; echo '### end'", "end_server"])


def has_line(output, line):
    pattern = r".*".join(re.escape(part) for part in line.strip().split("..."))
    return re.search(rf"^\s*{pattern}\s*$", output, re.MULTILINE | re.IGNORECASE)


def not_as_shown(page, output):
    """Lines that the page shows and a run did not print."""
    outputs = dict(re.findall(r"^### block (\d+)\n(.*?)(?=^### )", output, re.MULTILINE | re.DOTALL))
    found, before = [], None
    for number, (language, text) in enumerate(blocks(page)):
        if language == "text":
            found += [line for line in text.splitlines() if line.strip() and not has_line(outputs[str(before)], line)]
        before = number
    return found


class Hosts(http.server.BaseHTTPRequestHandler):
    """example.com, whose files are `site`, and img.example.com."""
    site = pathlib.Path()

    def do_GET(self):
        if self.headers.get("Host") == SERVED:
            return self.hand_on()
        path = self.site / self.path.lstrip("/").split("?")[0]
        return self.reply(200 if path.is_file() else 404, [], path.read_bytes() if path.is_file() else b"")

    do_DELETE = do_HEAD = do_GET

    def hand_on(self):
        length = int(self.headers.get("Content-Length", 0))
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
        connection.request(self.command, self.path, self.rfile.read(length) if length else None, dict(self.headers))
        answer = connection.getresponse()
        own = ("content-length", "transfer-encoding", "connection", "date", "server")
        self.reply(answer.status, [(k, v) for k, v in answer.getheaders() if k.lower() not in own], answer.read())

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def call(*words, **named):
    subprocess.run(words, check=True, capture_output=True, **named)


def make_network(home):
    call("ip", "link", "set", "lo", "up")
    call("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    key, certificate, bundle, hosts = (home / name for name in ("key.pem", "certificate.pem", "bundle.pem", "hosts"))
    names = ",".join(f"DNS:{name}" for name in HOSTS)
    call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=example.com", "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate))
    trusted = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    bundle.write_text(trusted.read_text() + certificate.read_text())
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{ADDRESS} {name}\n" for name in HOSTS))
    call("mount", "--bind", str(bundle), str(trusted))
    call("mount", "--bind", str(hosts), "/etc/hosts")
    server = http.server.ThreadingHTTPServer((ADDRESS, 443), Hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def make_checkout(folder, photo):
    """What make has built, with a repository of pictures in it."""
    for path in ROOT.iterdir():
        if path.name not in (".git", "data", "public"):
            (folder / path.name).symlink_to(path)
    for path in (ROOT / "build/package").glob("imcaxy-linux-*.tar.gz"):
        (folder / path.name).symlink_to(path)
    images = folder / "public/images"
    images.mkdir(parents=True)
    for name in ("team.jpg", "logo.jpg"):
        (images / name).write_bytes(photo)
    (folder / "public/photo.jpg").write_bytes(photo)
    (folder / "public/sitemap.xml").write_text(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<url><loc>https://example.com/</loc><image:image><image:loc>https://example.com/photo.jpg</image:loc></image:image></url></urlset>")
    call("git", "init", "-q", "-b", "main", cwd=folder)
    call("git", "add", "public", cwd=folder)
    call("git", "commit", "-q", "-m", "pictures", cwd=folder)
    Hosts.site = folder / "public"


def photo():
    with Server() as server:
        return ask(server.port, "/imaginary/convert?type=jpeg", "POST", {"Content-Type": "image/png"}, png(1200, 800)).body


def main(page):
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        make_network(home)
        folder = home / "imcaxy"
        folder.mkdir()
        os.environ.update(GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="A",
                          GIT_COMMITTER_EMAIL="a@example.com", GIT_CONFIG_GLOBAL="/dev/null", HOME=str(home))
        make_checkout(folder, photo())
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("IMCAXY_", "MAKE", "MFLAGS"))}
        environment["PATH"] = f"{folder}/bin:{environment['PATH']}"
        # A file keeps what is printed in its order.
        log = home / "output"
        with log.open("w") as out:
            done = subprocess.run(["bash", "--norc", "-c", script(page)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=out, timeout=500, check=False)
        output = log.read_text(errors="replace")
        print(output)
        if done.returncode != 0 or "### end" not in output:
            return 1
        missing = not_as_shown(page, output)
        for line in missing:
            print(f"### shown, but not printed: {line}")
        return 1 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    assert run("version")[0] == 0
    sys.exit(main(pathlib.Path(sys.argv[1])))
