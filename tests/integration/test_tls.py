"""HTTPS: the program with a certificate, spoken to by Python's ssl."""
import os
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import zlib

from play import PATIENCE, Play, any_certificate, ask, image_target, png, png_chunk, png_size, raw, run, status_of
from play import wait_until


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)


class Tls(Play):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="imcaxy-play-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.certificate, self.key = self.path("fullchain.pem"), self.path("privkey.pem")
        self.issue("first.localhost")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, certificate=None, key=None):
        """A certificate for localhost, signed by itself."""
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", key or self.key, "-out", certificate or self.certificate)

    def issue_with_chain(self):
        """A certificate of a middle authority; the root, which the files do not have, is returned."""
        root, root_key, middle, middle_key = (self.path(n) for n in ("root.pem", "root.key", "middle.pem", "middle.key"))
        own, request = self.path("own.pem"), self.path("request.pem")
        self.issue("root", root, root_key)

        def sign(name, key, out, issuer, issuer_key, extensions):
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
            with open(self.path("extensions"), "w", encoding="ascii") as file:
                file.write(extensions)
            openssl("x509", "-req", "-in", request, "-CA", issuer, "-CAkey", issuer_key, "-CAcreateserial", "-days", "2",
                    "-extfile", self.path("extensions"), "-out", out)
        sign("middle", middle_key, middle, root, root_key, "basicConstraints=critical,CA:TRUE\n")
        sign("own", self.key, own, middle, middle_key, "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        with open(self.certificate, "wb") as chain:
            for path in (own, middle):
                with open(path, "rb") as file:
                    chain.write(file.read())
        return root

    def serve_tls(self, **values):
        return self.serve(tls_cert=self.certificate, tls_key=self.key, **values)

    def connect(self, server, context=None, session=None):
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        secured = (context or any_certificate()).wrap_socket(plain, server_hostname="localhost", session=session)
        self.addCleanup(secured.close)
        return secured

    def exchange(self, sock, target="/version"):
        """One request on this connection, which is kept."""
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            piece = sock.recv(65536)
            self.assertTrue(piece, data)
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        while len(body) < length:
            body += sock.recv(65536)
        self.assertEqual(200, status_of(data), data)
        return body

    def name_of(self, sock):
        """The common name in the certificate that the server showed."""
        der = ssl.DER_cert_to_PEM_cert(sock.getpeercert(binary_form=True))
        shown = subprocess.run(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline"], input=der,
                               capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        return re.search(r"commonName += (\S+)", shown)[1]


class Serving(Tls):
    def test_misses_hits_and_uploads(self):
        server = self.serve_tls()
        self.assertIn("serves on https://", server.log())
        url = self.origin.put("/a.png", png(300, 200))
        first = server.image("resize", url, width=200)
        self.assertServed(first, "miss")
        self.assertServed(server.image("resize", url, width=200), "hit-memory", first.body)
        part = server.image("resize", url, {"Range": "bytes=10-19"}, width=200)
        self.assertEqual((206, first.body[10:20]), (part.status, part.body))
        head = server.ask(image_target("resize", url, width=200), "HEAD")
        self.assertEqual((200, b"", str(len(first.body))), (head.status, head.body, head.headers["Content-Length"]))
        posted = server.ask("/imaginary/resize?width=200", "POST", {"Content-Type": "image/png"}, png(300, 200))
        self.assertStatus(posted, 200)
        server.wait_metric('imcaxy_cache_entries{tier="disk"}', 2)
        server.restart()
        self.assertServed(server.image("resize", url, width=200), "hit-disk", first.body)

    def test_a_large_picture_both_ways(self):
        server = self.serve_tls()
        width, height = 1600, 1800
        rows = b"".join(b"\0" + random.randbytes(3 * width) for _ in range(height))
        noise = (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                 png_chunk(b"IDAT", zlib.compress(rows, 0)) + png_chunk(b"IEND", b""))
        self.assertGreater(len(noise), 8 << 20)
        answer = server.ask("/imaginary/convert?type=png", "POST", {"Content-Type": "image/png"}, noise)
        self.assertStatus(answer, 200)
        self.assertGreater(len(answer.body), 8 << 20)
        self.assertEqual((width, height), png_size(answer.body))

    def test_a_client_that_checks(self):
        trusted = ssl.create_default_context(cafile=self.issue_with_chain())
        trusted.set_alpn_protocols(["h2", "http/1.1"])
        server = self.serve_tls()
        self.assertStatus(ask(server.port, "/version", tls=trusted), 200)
        sock = self.connect(server, trusted)
        self.assertEqual("http/1.1", sock.selected_alpn_protocol())
        self.assertEqual("TLSv1.3", sock.version())
        with self.assertRaises(ssl.SSLCertVerificationError):
            ask(server.port, "/version", tls=ssl.create_default_context())
        self.assertStatus(server.get("/ready"), 200)

    def test_sessions_resume(self):
        server = self.serve_tls()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = any_certificate()
            context.maximum_version = version
            first = self.connect(server, context)
            self.exchange(first)
            self.assertFalse(first.session_reused)
            session = first.session
            first.close()
            again = self.connect(server, context, session)
            self.exchange(again)
            self.assertTrue(again.session_reused, version)

    def test_plain_http_is_told(self):
        server = self.serve_tls()
        answer = raw(server.port, b"GET /version HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(400, status_of(answer), answer)
        self.assertIn(b"https://", answer)
        for rubbish in (b"DELETE /invalidate HTTP/1.1\r\n\r\n", b"\0" * 4000, b"\x16\x03\x01\x00\x02\x01", b"SSH-2.0-x\r\n",
                        os.urandom(3000)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
                sock.sendall(rubbish)
        self.assertStatus(server.get("/ready"), 200)

    def test_a_drain_finishes_what_runs_and_says_goodbye(self):
        server = self.serve_tls()
        url = self.origin.put("/a.png", png(32, 32))
        gate = self.origin.hold("/a.png")
        reader = self.in_background(server.image, "resize", url, width=8)
        gate.wait_for(1)
        idle = self.connect(server)
        self.exchange(idle)
        server.signal(signal.SIGTERM)
        self.assertEqual(b"", idle.recv(1), "anything but a goodbye raises")
        gate.release()
        answer = reader()
        self.assertServed(answer, "miss")
        self.assertEqual("close", answer.headers["Connection"])
        self.assertEqual(0, server.wait())


class Renewal(Tls):
    def reload(self, server, line):
        count = server.log().count(line)
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.log().count(line) > count, f"the log says: {line}")

    def test_sighup_loads_the_new_certificate(self):
        server = self.serve_tls()
        before = self.connect(server)
        self.assertEqual("first.localhost", self.name_of(before))
        self.issue("second.localhost")
        self.assertEqual("first.localhost", self.name_of(self.connect(server)), "only a signal changes it")
        self.reload(server, "is valid until")
        after = self.connect(server)
        self.assertEqual("second.localhost", self.name_of(after))
        self.exchange(after)
        self.exchange(before)

    def test_a_broken_new_certificate_changes_nothing(self):
        server = self.serve_tls()
        failed = "the certificate was not loaded again, the old one stays"
        self.issue("second.localhost", key=self.path("elsewhere.pem"))
        self.reload(server, failed)
        self.assertEqual("first.localhost", self.name_of(self.connect(server)))
        os.remove(self.certificate)
        self.reload(server, failed)
        sock = self.connect(server)
        self.assertEqual("first.localhost", self.name_of(sock))
        self.exchange(sock)
        self.issue("third.localhost")
        self.reload(server, "is valid until")
        self.assertEqual("third.localhost", self.name_of(self.connect(server)))

    def test_sighup_without_tls(self):
        server = self.serve()
        self.reload(server, "log files opened again")
        self.assertStatus(server.get("/ready"), 200)
        self.assertNotIn("certificate", server.log())


class Start(Tls):
    def assertRefused(self, *words, **values):
        status, _, err = run("serve", data_dir=self.path("data"), port=0, bind="127.0.0.1", **values)
        self.assertEqual(1, status, err)
        for word in words:
            self.assertIn(word, err)

    def test_one_of_the_two(self):
        self.assertRefused("imcaxy: IMCAXY_TLS_CERT is set, but IMCAXY_TLS_KEY is missing", tls_cert=self.certificate)
        self.assertRefused("imcaxy: IMCAXY_TLS_KEY is set, but IMCAXY_TLS_CERT is missing", tls_key=self.key)
        status, _, err = run("config", "--check", tls_key=self.key)
        self.assertEqual(1, status)
        self.assertIn("IMCAXY_TLS_CERT is missing", err)

    def test_files_that_do_not_fit(self):
        other, other_key, words = self.path("other.pem"), self.path("other.key"), self.path("words")
        self.issue("other.localhost", other, other_key)
        with open(words, "w", encoding="ascii") as file:
            file.write("these are words\n")
        locked = self.path("locked.key")
        openssl("pkey", "-in", self.key, "-aes256", "-passout", "pass:swordfish", "-out", locked)
        self.assertRefused(f"imcaxy: IMCAXY_TLS_KEY: the key in '{other_key}' does not belong to the certificate in "
                           f"'{self.certificate}'", tls_cert=self.certificate, tls_key=other_key)
        self.assertRefused(f"imcaxy: IMCAXY_TLS_CERT: the file '{self.path('none')}' can't be read",
                           tls_cert=self.path("none"), tls_key=self.key)
        self.assertRefused(f"imcaxy: IMCAXY_TLS_CERT: '{words}' holds no certificate in PEM form",
                           tls_cert=words, tls_key=self.key)
        self.assertRefused(f"imcaxy: IMCAXY_TLS_KEY: '{words}' holds no private key in PEM form",
                           tls_cert=self.certificate, tls_key=words)
        self.assertRefused("is locked by a passphrase", tls_cert=self.certificate, tls_key=locked)
