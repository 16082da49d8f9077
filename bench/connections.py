#!/usr/bin/env python3
"""Many keep-alive connections that all ask for one hot picture: failures, and memory for each connection.

Usage: bench/connections.py [--bin bin/imcaxy] [--connections 8192] [--rounds 5] [--tls]
Every connection asks once a round; memory is the server's resident set with all of them open, less what it was before.
Exits 1 when a request failed or a connection takes more than --max-kb.
"""
import argparse, http.server, os, re, resource, selectors, shutil, signal, socket, ssl, struct, subprocess, sys, tempfile, threading, time, zlib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))
from free_port import free_port  # noqa: E402

a = argparse.ArgumentParser()
a.add_argument("--bin", default="bin/imcaxy"); a.add_argument("--connections", type=int, default=8192)
a.add_argument("--rounds", type=int, default=5); a.add_argument("--max-kb", type=float, default=30)
a.add_argument("--tls", action="store_true", help="with a certificate made by the openssl command")
o = a.parse_args()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def png(width, height):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * y + c) % 256 for x in range(width) for c in range(3)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = png(300, 200)


class Source(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", str(len(PICTURE))); self.end_headers(); self.wfile.write(PICTURE)

    def log_message(self, *args): pass


def resident_kb(pid): return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


source = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
threading.Thread(target=source.serve_forever, daemon=True).start()
folder, port = tempfile.mkdtemp(prefix="connections-"), free_port()
env = {**os.environ, "IMCAXY_PORT": str(port), "IMCAXY_BIND": "127.0.0.1", "IMCAXY_DATA_DIR": folder + "/data", "IMCAXY_ALLOW_PRIVATE_SOURCES": "true",
       "IMCAXY_LOG_LEVEL": "error", "IMCAXY_MAX_CONNECTIONS": str(o.connections + 100)}
trusting = ssl._create_unverified_context()
if o.tls:
    env |= {"IMCAXY_TLS_CERT": folder + "/certificate.pem", "IMCAXY_TLS_KEY": folder + "/key.pem"}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                    "-keyout", env["IMCAXY_TLS_KEY"], "-out", env["IMCAXY_TLS_CERT"]], check=True, capture_output=True)


def connect():
    s = socket.create_connection(("127.0.0.1", port))
    return trusting.wrap_socket(s) if o.tls else s


server = subprocess.Popen([o.bin, "serve"], env=env)
ok = False
try:
    request = (f"GET /imaginary/resize?width=100&url=http://127.0.0.1:{source.server_port}/a.png HTTP/1.1\r\nHost: x\r\n\r\n").encode()

    def ask(s):
        s.sendall(request)

    def answer(s, buffer):
        """The status once the answer is whole, else None."""
        head, end, body = bytes(buffer).partition(b"\r\n\r\n")
        if not end: return None
        length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        return int(head[9:12]) if len(body) >= length else None

    for _ in range(100):
        try: s = connect(); break
        except OSError: time.sleep(0.1)
    for _ in range(3):  # the hot picture, and what the server needs once
        ask(s); buffer = bytearray()
        while answer(s, buffer) is None: buffer += s.recv(1 << 20)
    time.sleep(0.5)
    before = resident_kb(server.pid)
    sockets = [connect() for _ in range(o.connections)]
    failures, took = 0, []
    for _ in range(o.rounds):
        began = time.time(); waiting = selectors.DefaultSelector()
        for s in sockets: ask(s); waiting.register(s, selectors.EVENT_READ, bytearray())
        open_ = len(sockets)
        while open_:
            ready = waiting.select(20)
            if not ready: failures += open_; break
            for key, _ in ready:
                data = key.fileobj.recv(1 << 18)
                while o.tls and key.fileobj.pending(): data += key.fileobj.recv(1 << 18)
                key.data.extend(data)
                status = answer(key.fileobj, key.data) if data else 0
                if status is None: continue
                failures += status != 200; open_ -= 1; waiting.unregister(key.fileobj)
        waiting.close(); took.append(time.time() - began)
    each = (resident_kb(server.pid) - before) / o.connections
    print(f"{o.connections} connections, {o.rounds} requests each: {failures} failures, {each:.1f} kB of memory each, "
          f"{o.connections / sorted(took)[len(took) // 2]:.0f} req/s in the median round (the client is one Python thread)")
    ok = failures == 0 and each <= o.max_kb
finally:
    server.send_signal(signal.SIGTERM); server.wait(60); shutil.rmtree(folder, ignore_errors=True)
raise SystemExit(0 if ok else 1)
